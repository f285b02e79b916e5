"""Labels as rows of a matrix, and lists of one length."""

import numpy as np
import pytest

from fastnn import ops, utils
from fastnn.core.errors import DataError, PlaceError


def test_to_categorical():
    np.testing.assert_array_equal(utils.to_categorical([0, 2, 1]), np.eye(3)[[0, 2, 1]])
    assert utils.to_categorical(np.array([[1], [0]]), 4).shape == (2, 4)
    assert utils.to_categorical(np.array([[1, 0]]), 2).shape == (1, 2, 2)
    with pytest.raises(PlaceError, match="from 0 to 1"):
        utils.to_categorical([3], 2)
    with pytest.raises(DataError, match="integers"):
        utils.to_categorical([0.5])


def test_pad_sequences():
    np.testing.assert_array_equal(utils.pad_sequences([[1, 2, 3], [4]], maxlen=2), [[2, 3], [0, 4]])
    np.testing.assert_array_equal(
        utils.pad_sequences([[1, 2, 3], [4]], maxlen=2, padding="post", truncating="post"), [[1, 2], [4, 0]]
    )
    with pytest.raises(DataError):
        utils.pad_sequences([1, 2])


def test_tensors_give_tensors():
    labels = ops.array([0, 1], dtype="int32")
    for made in (utils.to_categorical(labels, 2), utils.normalize(ops.ones((2, 2)))):
        assert ops.is_tensor(made) and made.dtype == "float32"
    for made in (utils.to_categorical(np.array([0, 1])), utils.normalize(np.ones((2, 2)))):
        assert type(made) is np.ndarray and made.dtype == "float64"
