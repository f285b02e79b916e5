"""Functions of Keras's private modules: what Keras 3.15.1 gave for the same calls."""

import numpy as np
import pytest

import fastnn
from fastnn import layers, ops
from fastnn.compat.keras3 import private
from fastnn.core.errors import ArgumentError, NotSupportedError, ShapeError

CALLS = [
    ("standardize_shape", ([None, np.int64(3)],), (None, 3)), ("shape_equal", ((None, 2), (3, 2)), True),
    ("shape_equal", ((2,), (2, 1)), False), ("shape_equal", ((1, 2, 3), (4, 2, 5), (0, -1)), True),
    ("shape_equal", ((1, 2), (4, 3), 0), False), ("shape_equal", ((None, 2), (3, 2), None, False), False),
    ("shape_equal", ((None, 2), (None, 2), None, False), True), ("to_tuple_or_list", (None,), None), ("to_tuple_or_list", (3,), (3,)),
    ("canonicalize_axis", (-1, 4), 3), ("standardize_tuple", (2, 2, "strides"), (2, 2)),
    ("standardize_tuple", ([0, 1], 2, "strides", True), (0, 1)), ("validate_string_arg", ("a", {"a"}, "f", "x"), None),
    ("validate_string_arg", (None, {"a"}, "f", "x", True), None),
    ("validate_string_arg", (len, {"a"}, "f", "x", False, True), None), ("is_default", (len,), False),
    ("pythonify_logs", ({"b": np.float32(1), "a": {"d": 2, "c": "x"}},), {"c": "x", "d": 2.0, "b": 1.0}),
    ("pythonify_logs", (None,), {}), ("list_to_tuple", ([1, [2]],), (1, [2])), ("list_to_tuple", (1,), 1),
    ("check_data_cardinality", ([np.ones((2, 3)), None, np.ones(2)],), None), ("never", (1,), False),
    ("get_global_attribute", ("nobody_set_this", 4), 4), ("get_global_attribute", ("nobody_set_this",), None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args", "expected"), CALLS)
def test_helpers(name, args, expected):
    assert getattr(private, name)(*args) == expected


@pytest.mark.parametrize(("call", "error", "words"), [
    (lambda: private.standardize_shape(None), ShapeError, "Undefined shapes"),
    (lambda: private.standardize_shape(3), ShapeError, "Cannot convert '3'"),
    (lambda: private.standardize_shape((1, "2")), ShapeError, "invalid dimension '2'"),
    (lambda: private.standardize_shape((1.0,)), ShapeError, "invalid dimension"),
    (lambda: private.standardize_shape((-1,)), ShapeError, "Negative dimensions"),
    (lambda: private.standardize_tuple(0, 2, "strides"), ArgumentError, "`strides` argument must be a tuple of 2"),
    (lambda: private.validate_string_arg("b", {"a"}, "f", "x"), ArgumentError, "Unknown value for `x` argument of f"),
    (lambda: private.check_data_cardinality([np.ones(2), np.ones(3)]), ShapeError, "cardinality is ambiguous"),
    (lambda: private.set_keras_mask(np.ones(2), None), ArgumentError, "expected a tensor"),
])  # fmt: skip
def test_errors(call, error, words):
    with pytest.raises(error, match=words):
        call()


class _Masking(layers.Layer):
    def call(self, x):
        y = x * 1.0
        private.set_keras_mask(y, ops.any(ops.not_equal(x, 0.0), axis=-1))
        assert private.get_keras_mask(y) is not None
        return y


class _Masked(layers.Layer):
    supports_masking = True

    def call(self, x, mask=None):
        return x if mask is None else ops.cast(mask, "float32")


def test_masks_that_a_call_sets_reach_the_next_layer():
    model = fastnn.Sequential([_Masking(), _Masked()])
    x = np.array([[[1, 1], [0, 0], [2, 0.0]]], "float32")
    assert model.predict(x, verbose=0).tolist() == [[1.0, 0.0, 1.0]]
    symbol = fastnn.Input((3, 2))
    assert private.get_keras_mask(symbol) is None
    private.set_keras_mask(symbol, None)
    with pytest.raises(NotSupportedError, match="compute_mask"):
        private.set_keras_mask(symbol, np.ones(3, bool))


def test_shapes_of_a_function_and_symbols_among_arguments():
    x = fastnn.KerasTensor((None, 3))
    spec = private.compute_output_spec(lambda a, axis: ops.sum(a, axis=axis), x, axis=1)
    assert tuple(spec.shape) == (None,) and spec.dtype == "float32"
    assert private.any_symbolic_tensors((1, [x])) and private.any_symbolic_tensors(kwargs={"a": x})
    assert not private.any_symbolic_tensors((np.ones(2),), {"b": None})


def test_scopes():
    assert not private.in_stateless_scope() and private.get_stateless_scope() is None
    with fastnn.StatelessScope() as outer, fastnn.StatelessScope() as inner:
        assert private.get_stateless_scope() is inner and outer is not inner and private.in_stateless_scope()
    assert not private.in_symbolic_scope()
    with fastnn.SymbolicScope():
        assert private.in_symbolic_scope()
    with fastnn.name_scope("a"), fastnn.name_scope("b"):
        assert private.current_path() == "a/b"
    assert private.get_current_remat_mode() is None
    with fastnn.RematScope("full") as scope:
        assert private.get_current_remat_mode() is scope


def test_values_kept_under_names():
    assert private.get_global_attribute("kept_by_a_test", [1], set_to_default=True) == [1]
    assert private.get_global_attribute("kept_by_a_test") == [1]
    private.set_global_attribute("kept_by_a_test", None)
    assert private.get_global_attribute("kept_by_a_test") is None


def test_weights_of_classes_and_common_dtypes():
    weights = private.class_weight_to_sample_weights(np.eye(3)[[0, 2]], {2: 3.0})
    assert weights.tolist() == [1.0, 3.0] and weights.dtype == "float32"
    narrow, wide = np.ones(1, "float16"), np.ones(1, "float32")
    assert [str(x.dtype) for x in private.cast_to_common_dtype([narrow, np.ones(1, "int32"), wide])] == ["float32"] * 3
    whole = [np.ones(1, "int32")]
    assert private.cast_to_common_dtype(whole) is whole


def test_what_is_marked_and_what_is_taken_out():
    assert private.is_default(private.default(lambda: 1))
    first, second = layers.Dense(1), layers.Dense(1)
    found = [first, second, first]
    private.remove_by_id(found, first)
    private.remove_by_id(found, 3)
    assert found == [second, first]
