"""`tf.print` and the checks of `tf.debugging`, of values that are known."""

import io

import numpy as np
import pytest

from fastnn import layers
from fastnn.compat import tf_debugging as debugging
from fastnn.compat.tensorflow import constant
from fastnn.core.errors import ArgumentError

HOLD = [
    ("assert_equal", [1, 2], [1, 2]), ("assert_none_equal", [1, 2], [2, 1]), ("assert_greater", 3, [1, 2]),
    ("assert_greater_equal", 2, [1, 2]), ("assert_less", [1], 2), ("assert_less_equal", [1, 2], 2),
    ("assert_positive", [1.0]), ("assert_negative", [-1.0]), ("assert_non_negative", [0, 1]),
    ("assert_non_positive", [0, -1]), ("assert_integer", [1, 2]), ("assert_rank", [[1]], 2),
    ("assert_rank_in", [[1]], (1, 2)), ("assert_rank_at_least", [[1]], 1), ("assert_type", [1.0], "float32"),
    ("assert_near", [1.0], [1.0 + 1e-7]), ("assert_all_finite", [1.0], "x"), ("check_numerics", [1.0], "x"),
    ("Assert", [True, True], ["said"]), ("assert_shapes", [(np.ones((2, 3)), ("n", 3)), (np.ones(2), "n")]),
]  # fmt: skip
FAIL = [
    ("assert_equal", [1, 2], [1, 3]), ("assert_none_equal", [1], [1]), ("assert_greater", 2, [1, 2]),
    ("assert_greater_equal", 1, [1, 2]), ("assert_less", [2], 2), ("assert_less_equal", [3], 2),
    ("assert_positive", [0.0]), ("assert_negative", [0.0]), ("assert_non_negative", [-1]),
    ("assert_non_positive", [1]), ("assert_integer", [1.0]), ("assert_rank", [[1]], 1),
    ("assert_rank_in", [[1]], (0, 1)), ("assert_rank_at_least", [[1]], 3), ("assert_type", [1.0], "int32"),
    ("assert_near", [1.0], [1.1]), ("assert_all_finite", [np.inf], "x"), ("check_numerics", [np.nan], "x"),
    ("Assert", [True, False], ["said"]), ("assert_shapes", [(np.ones((2, 3)), ("n", 3)), (np.ones(3), "n")]),
]  # fmt: skip


@pytest.mark.parametrize("case", HOLD, ids=lambda case: case[0])
def test_what_holds(case):
    debugging.CHECKS[case[0]](*case[1:])


@pytest.mark.parametrize("case", FAIL, ids=lambda case: case[0])
def test_what_does_not_hold(case):
    with pytest.raises(ArgumentError):
        debugging.CHECKS[case[0]](*case[1:])


def test_both_lists_are_whole_and_names_have_two_homes():
    assert {c[0] for c in HOLD} == {c[0] for c in FAIL} == debugging.CHECKS.keys() - {"is_numeric_tensor"}
    for name in debugging.CHECKS.keys() - {"is_numeric_tensor"}:
        assert debugging.FUNCTIONS[name] is debugging.FUNCTIONS[f"debugging.{name}"]
    assert debugging.FUNCTIONS["debugging.is_numeric_tensor"]([1.0])


def test_symbols_are_checked_by_shape_only():
    x = layers.Input((3,))
    debugging.CHECKS["assert_equal"](x, 1)
    assert debugging.CHECKS["check_numerics"](x, "x") is x
    debugging.CHECKS["assert_shapes"]([(x, ("batch", 3))])
    with pytest.raises(ArgumentError, match="rank 2"):
        debugging.CHECKS["assert_rank"](x, 3)


def test_print():
    stream = io.StringIO()
    debugging.print_values("x =", constant([1.0, 2.0]), {"a": 1}, output_stream=stream, sep="|", end=".")
    assert stream.getvalue() == "x =|[1. 2.]|{'a': 1}."
