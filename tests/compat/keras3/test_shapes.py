"""Rules of shapes of Keras's private modules: what Keras 3.15.1 gave for the same calls."""

from __future__ import annotations

import pytest

from fastnn import KerasTensor
from fastnn.compat.keras3 import shapes as rules
from fastnn.compat.keras3 import src as keras_src
from fastnn.core.errors import ArgumentError, ShapeError

N = None
CALLS = [
    ("compute_pooling_output_shape", ((N, 5, N, 3), (2, 2), (1, 2)), (N, 4, N, 3)),
    ("compute_pooling_output_shape", ((2, 3, 7, 5), (3, 2), N, "same", "channels_first"), (2, 3, 3, 3)),
    ("compute_conv_output_shape", ((N, 9, 8, 3), 4, (3, 2), (2, 1), "valid", "channels_last", (1, 3)), (N, 4, 5, 4)),
    ("compute_conv_output_shape", ((2, 3, 9), 4, (5,), 2, "causal", "channels_first"), (2, 4, 5)),
    ("compute_conv_transpose_output_shape", ((N, 4, 5, 3), (3, 2), 8, 2, "valid"), [N, 9, 10, 8]),
    ("compute_conv_transpose_output_shape", ((N, 4, 5, 3), (3, 2, 8, 3), 8, 2, "valid"), [N, 9, 10, 8]),
    ("compute_conv_output_shape", ((N, 9, 8, 3), 4, (3, 2, 3, 4), (2, 1), "valid"), (N, 4, 7, 4)),
    ("compute_conv_transpose_output_shape", ((N, 4, N, 3), (3, 3), 8, (2, 1), "same"), [N, 8, N, 8]),
    ("compute_conv_transpose_output_shape", ((N, 4, 5, 3), (3, 4), 8, 2, "same", 1), [N, 8, 9, 8]),
    ("compute_conv_transpose_output_shape", ((N, 3, 4), (3,), 8, 2, "valid", 0, "channels_first", 2), [N, 8, 11]),
    ("compute_expand_dims_output_shape", ((2, 3, 4), (1, -1)), (2, 1, 3, 4, 1)),
    ("compute_expand_dims_output_shape", ((2, N), N), (2, N, 1)),
    ("compute_transpose_output_shape", ((2, N, 4), N), (4, N, 2)),
    ("compute_matmul_output_shape", ((5, 1, 2, 3), (4, 3, N)), (5, 4, 2, N)),
    ("compute_matmul_output_shape", ((3,), (4, 3, 2)), (4, 2)),
    ("compute_take_along_axis_output_shape", ((2, N), (7,), 1), ShapeError),
    ("compute_take_along_axis_output_shape", ((2, 3), (7,), N), [7]),
    ("compute_reshape_output_shape", ((2, 6), (-1, 3), "n"), (4, 3)),
    ("compute_reshape_output_shape", ((N, 6), (-1, 3), "n"), (N, 3)),
    ("compute_reshape_output_shape", ((2, 6), (-1, KerasTensor((), "int32")), "n"), (N, N)),
    ("compute_reshape_output_shape", ((2, 6), KerasTensor((3,), "int32"), "n"), (N, N, N)),
    ("reduce_shape", ((1, 4, 4, 1), [2, 1]), (1, 1)), ("reduce_shape", ((1, N, 4), -1, True), (1, N, 1)),
    ("reduce_shape", ((1, 4),), ()), ("canonicalize_axes", (-1, 3), (2,)),
    ("validate_reshape_shape", ((object(), -1, 8),), N),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args", "want"), CALLS)
def test_shapes(name, args, want):
    if want is ShapeError:
        with pytest.raises(ShapeError):
            getattr(rules, name)(*args)
    else:
        assert getattr(rules, name)(*args) == want


@pytest.mark.parametrize(("call", "error", "words"), [
    (lambda: rules.compute_pooling_output_shape((1, 5, 5, 3), (20, 20), N), ShapeError, "zero or negative"),
    (lambda: rules.compute_pooling_output_shape((1, 5, 5, 3), (2, 2), N, "x"), ArgumentError, "must be either 'valid'"),
    (lambda: rules.compute_conv_output_shape((1, 5, 5, 3), 2, (2, 2), 1, "valid", "channels_last", (1, 2, 3)),
     ShapeError, "one for each of 2"),
    (lambda: rules.compute_matmul_output_shape((2, 3), (2, 3)), ShapeError, "Inner dimensions"),
    (lambda: rules.compute_transpose_output_shape((2, 3), (0, 0)), ShapeError, "valid permutation"),
    (lambda: rules.validate_reshape_shape((-2, 5)), ShapeError, "non-negative integer"),
    (lambda: rules.validate_reshape_shape((-1, object(), -1)), ShapeError, "at most one unknown dimension"),
    (lambda: rules.compute_reshape_output_shape((2, 3), (4,), "n"), ShapeError, "total size of the tensor"),
])  # fmt: skip
def test_errors(call, error, words):
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize("name", sorted({name for name, _, _ in CALLS}))
def test_packages_find_them(name):
    module = "keras.src.backend.common.backend_utils" if "axes" in name else "keras.src.ops.operation_utils"
    assert keras_src.private(module, name) == f"compat.keras3.shapes:{name}"
