"""tf.debugging: what does not hold is an error that says so; symbols pass where only values would tell."""

import numpy as np
import pytest

import fastnn
from fastnn.compat.tf import checks as tf_checks
from fastnn.compat.tf import names as tf_names
from fastnn.core.errors import ArgumentError, DTypeError, ShapeError

tf = tf_names.table()
X = np.array([[1.0, -2.0]], "float32")


@pytest.mark.parametrize(("name", "args", "error"), [
    ("assert_equal", (X, 1.0), ArgumentError), ("assert_greater", (X, 0.0), ArgumentError),
    ("assert_less", (X, 0.0), ArgumentError), ("assert_greater_equal", (X, 0.0), ArgumentError),
    ("assert_less_equal", (X, 0.0), ArgumentError), ("assert_none_equal", (X, 1.0), ArgumentError),
    ("assert_near", (X, X + 1e-3), ArgumentError), ("assert_positive", (X,), ArgumentError),
    ("assert_negative", (X,), ArgumentError), ("assert_non_negative", (X,), ArgumentError),
    ("assert_non_positive", (X,), ArgumentError), ("assert_rank", (X, 1), ShapeError),
    ("assert_rank_at_least", (X, 3), ShapeError), ("assert_rank_in", (X, (0, 1)), ShapeError),
    ("assert_shapes", ([(X, ("n", "n"))],), ShapeError),
    ("assert_type", (X, "int32"), DTypeError), ("assert_integer", (X,), DTypeError),
    ("assert_scalar", (X,), ShapeError), ("assert_all_finite", (X * np.inf, "here"), ArgumentError),
    ("check_numerics", (X * np.nan, "here"), ArgumentError), ("Assert", (False, [X]), ArgumentError),
])  # fmt: skip
def test_what_does_not_hold(name, args, error):
    with pytest.raises(error):
        tf[f"debugging.{name}"](*args)


def test_a_message_comes_first():
    with pytest.raises(ArgumentError, match=r"^sizes differ "):
        tf["debugging.assert_equal"](1, 2, message="sizes differ")


def test_symbols():
    x = fastnn.Input((2,))
    tf["debugging.assert_positive"](x)
    tf["debugging.assert_shapes"]([(x, ("n", 2))])
    assert tf["ensure_shape"](x, (None, 2)) is x
    with pytest.raises(ShapeError, match="expected"):
        tf["ensure_shape"](x, (None, 3))


def test_print_goes_to_the_error_stream(capsys, tmp_path):
    tf_checks.tf_print("a", X, sep="|", end="!")
    assert capsys.readouterr().err == "a|[[1 -2]]!"
    tf_checks.tf_print("b", output_stream=f"file://{tmp_path / 'log'}")
    assert (tmp_path / "log").read_text() == "b\n"
