"""Specs of values: their kinds, shapes and what goes with them."""

import numpy as np
import pytest

from fastnn.compat.tf import specs
from fastnn.compat.tf.ragged.tensor import RaggedTensor
from fastnn.compat.tf.sparse import SparseTensor
from fastnn.core.errors import ArgumentTypeError
from fastnn.data import Dataset, TensorSpec

ROWS = RaggedTensor.from_row_lengths(np.array([1, 2, 3], "int32"), [1, 2])


@pytest.mark.parametrize(("value", "spec"), [
    (np.ones((2, 3), "float32"), TensorSpec((2, 3))), (3, TensorSpec((), "int32")), ("a", TensorSpec((), "string")),
    (ROWS, specs.RaggedTensorSpec((2, None), "int32", 1)), (Dataset.range(2), TensorSpec((), "int64")),
    (SparseTensor([[0, 0]], np.ones(1, "float32"), (1, 2)), specs.SparseTensorSpec((1, 2))),
])  # fmt: skip
def test_of_values(value, spec):
    """The spec of a value."""
    assert specs.type_spec_from_value(value) == spec
    assert isinstance(spec, specs.TypeSpec)


def test_what_goes_with_a_spec():
    """Shapes that are known are the same; kinds and dtypes, too."""
    spec = specs.SparseTensorSpec((None, 2))
    there = SparseTensor([[0, 0]], np.ones(1, "float32"), (1, 2))
    assert spec.is_compatible_with(there)
    assert not spec.is_compatible_with(np.ones((1, 2), "float32"))
    assert not specs.SparseTensorSpec((None, 3)).is_compatible_with(there)
    assert not specs.SparseTensorSpec((None, 2), "int32").is_compatible_with(there)
    assert repr(spec) == "SparseTensorSpec(shape=(None, 2), dtype=tf.float32)"
    with pytest.raises(ArgumentTypeError, match="Could not build a TypeSpec"):
        specs.type_spec_from_value(object())
