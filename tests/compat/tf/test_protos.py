"""Tensors as messages: TensorFlow's bytes, there and back, and what does not fit is an error."""

import base64

import numpy as np
import pytest

from fastnn.compat.tf import names as tf_names
from fastnn.core.errors import ArgumentError, DataError

tf = tf_names.table()
# tf.io.serialize_tensor of TensorFlow 2.21
STORED = {
    "CAMSCBICCAISAggCIhABAAAA/v///wMAAAAEAAAA": np.array([[1, -2], [3, 4]], "int32"),
    "CAISBhIAEgIIAg==": np.zeros((0, 2), "float64"),
    "CAoSBBICCAIiAgEA": np.array([True, False]),
    "CAESACIEAAAgQA==": np.array(2.5, "float32"),
    "CAgSBBICCAEiCAAAgD8AAABA": np.array([1 + 2j], "complex64"),
    "CAcSBBICCAJCAWFCAA==": np.array([b"a", b""], object),
    "CBESCBICCAESAggCIgQsAQIA": np.array([[300, 2]], "uint16"),
    "CAkSBBICCAEiCAcAAAAAAAAA": np.array([7], "int64"),
    "CBMSBBICCAEiAgA+": np.array([1.5], "float16"),
}


@pytest.mark.parametrize("stored", STORED)
def test_bytes_are_tensorflows(stored):
    data, array = base64.b64decode(stored), STORED[stored]
    assert tf["io.serialize_tensor"](array).numpy() == data
    found = tf["io.parse_tensor"](data, "string" if array.dtype == object else array.dtype.name)
    assert found.dtype == array.dtype and found.shape == array.shape and found.tolist() == array.tolist()


def test_what_does_not_fit():
    data = tf["io.serialize_tensor"](np.ones(3, "int32")).numpy()
    with pytest.raises(ArgumentError, match="out_type=float32, the tensor has dtype int32"):
        tf["io.parse_tensor"](data, "float32")
    for wrong in (data[:-1], b"abc", b"\x08\x03\x12\x04\x12\x02\x08\x02"):
        with pytest.raises(DataError):
            tf["io.parse_tensor"](wrong, "int32")
