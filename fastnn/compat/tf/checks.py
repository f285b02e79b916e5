"""tf.debugging: checks of values, shapes and dtypes.  Symbols are checked where their shape or dtype says enough."""

import sys

import numpy as np

from fastnn.compat.tf import printing
from fastnn.compat.tf.values import dtype_of, is_float, operand
from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError, DTypeError, ShapeError
from fastnn.graph import Symbol
from fastnn.graph.tensor import Tensor as Lazy


def _known(*values):
    """The values as arrays, or None where one of them is still to come."""
    found = [operand(v) for v in values]
    return None if any(isinstance(v, Symbol) and type(v) is not Lazy for v in found) else [np.asarray(v) for v in found]


def _said(message):
    return f"{message} " if message else ""


def _pair(name, holds, words):
    def check(x, y, message=None, summarize=None, name=None):
        found = _known(x, y)
        if found is not None and not np.all(holds(*found)):
            raise ArgumentError(f"{_said(message)}Condition x {words} y did not hold: x={found[0]}, y={found[1]}.")

    return check


_equal, _greater, _less = (_pair(*row) for row in (
    ("assert_equal", np.equal, "=="), ("assert_greater", np.greater, ">"), ("assert_less", np.less, "<")))  # fmt: skip
_greater_equal = _pair("assert_greater_equal", np.greater_equal, ">=")
_less_equal = _pair("assert_less_equal", np.less_equal, "<=")


def _none_equal(x, y, summarize=None, message=None, name=None):
    _pair("assert_none_equal", np.not_equal, "!=")(x, y, message)


def _near(x, y, rtol=None, atol=None, message=None, summarize=None, name=None):
    found = _known(x, y)
    if found is None:
        return
    kind = found[0].dtype if found[0].dtype.kind == "f" else np.dtype("float32")
    rtol, atol = (10 * np.finfo(kind).eps if v is None else v for v in (rtol, atol))
    if not np.all(np.abs(found[0] - found[1]) < atol + rtol * np.abs(found[1])):
        raise ArgumentError(f"{_said(message)}x and y are not near: x={found[0]}, y={found[1]}, {rtol=}, {atol=}.")


def _signed(holds, words):
    def check(x, message=None, summarize=None, name=None):
        found = _known(x)
        if found is not None and not np.all(holds(found[0])):
            raise ArgumentError(f"{_said(message)}Condition x {words} did not hold: x={found[0]}.")

    return check


def _rank(x, rank, message=None, name=None):
    _rank_in(x, (rank,), message)


def _rank_at_least(x, rank, message=None, name=None):
    shape = tuple(operand(x).shape)
    if len(shape) < int(rank):
        raise ShapeError(f"{_said(message)}received shape {shape}, expected at least {int(rank)} axes.")


def _rank_in(x, ranks, message=None, name=None):
    shape = tuple(operand(x).shape)
    if len(shape) not in [int(r) for r in ranks]:
        raise ShapeError(f"{_said(message)}received shape {shape}, expected {[int(r) for r in ranks]} axes.")


def _scalar(tensor, message=None, name=None):
    shape = tuple(operand(tensor).shape)
    if shape:
        raise ShapeError(f"{_said(message)}Expected scalar shape, saw shape: {shape}.")


def _shapes(shapes, data=None, summarize=None, message=None, name=None):
    """Each array has the axes that its row names: numbers, or letters that stand for one number everywhere."""
    sizes = {}
    for x, wanted in shapes.items() if isinstance(shapes, dict) else shapes:
        shape = tuple(operand(x).shape)
        wanted = tuple(wanted) if isinstance(wanted, (tuple, list, str)) else (wanted,)
        open_front = bool(wanted) and wanted[0] in (..., "*") and len(wanted) > 1 and wanted[0] is ...
        seen, words = (shape[len(shape) - len(wanted) + 1 :], wanted[1:]) if open_front else (shape, wanted)
        fits = len(seen) == len(words)
        for size, word in zip(seen, words):
            if word is None or word == "." or size is None:
                continue
            number = sizes.setdefault(word, size) if isinstance(word, str) and not word.isdigit() else int(word)
            fits = fits and number == size
        if not fits:
            raise ShapeError(f"{_said(message)}received shape {shape}, expected {wanted} with {sizes}.")


def _type(tensor, tf_type, message=None, name=None):
    if dtype_of(operand(tensor)) != dtypes.standardize(tf_type):
        raise DTypeError(f"{_said(message)}received dtype {dtype_of(operand(tensor))}, expected {tf_type}.")


def _integer(x, message=None, name=None):
    if not dtype_of(operand(x)).startswith(("int", "uint")):
        raise DTypeError(f"{_said(message)}received dtype {dtype_of(operand(x))}, expected integers.")


def _finite(x, message, name=None):
    found = _known(x)
    if found is not None and not np.isfinite(found[0]).all():
        raise ArgumentError(f"{_said(message)}: Tensor had NaN or Inf values: {found[0]}.")
    return operand(x)


def _numeric(tensor):
    found = operand(tensor)
    return is_float(found) or dtype_of(found).startswith(("int", "uint"))


def _assert(condition, data, summarize=None, name=None):
    found = _known(condition)
    if found is not None and not found[0].all():
        raise ArgumentError(f"Assertion failed: {' '.join(str(np.asarray(d)) for d in data)}")


def _ensure_shape(x, shape, name=None):
    found = operand(x)
    if shape is None:
        return found
    wanted = tuple(shape)
    if len(wanted) != len(found.shape) or any(None not in (a, b) and a != b for a, b in zip(wanted, found.shape)):
        raise ShapeError(f"tf.ensure_shape: received shape {tuple(found.shape)}, expected {wanted}.")
    return found


def tf_print(*inputs, output_stream=None, sep=" ", end="\n", summarize=3, name=None):
    """Print values to the error stream, as TensorFlow does; of symbols what they are.

    Args:
        inputs: values, arrays, or structures of them.
        output_stream: a file, or "file://path" to append to; None: the error stream.
        sep, end: as of print.
        summarize: how many values of an axis are shown at either end; -1: all.
        name: of no effect.
    """
    line = sep.join(printing.line(v, summarize) for v in inputs) + end
    if isinstance(output_stream, str):
        with open(output_stream.removeprefix("file://"), "a", encoding="utf-8") as file:
            file.write(line)
    else:
        (sys.stderr if output_stream is None else output_stream).write(line)


def _both(name):
    return f"debugging.{name} {name}" if name in ("assert_equal", "assert_greater", "assert_less", "assert_rank") else (
        f"debugging.{name}"
    )  # fmt: skip


TABLE = {
    _both("assert_equal"): _equal, _both("assert_greater"): _greater, _both("assert_less"): _less,
    "debugging.assert_greater_equal": _greater_equal, "debugging.assert_less_equal": _less_equal,
    "debugging.assert_none_equal": _none_equal, "debugging.assert_near": _near,
    "debugging.assert_positive": _signed(lambda x: x > 0, "> 0"),
    "debugging.assert_negative": _signed(lambda x: x < 0, "< 0"),
    "debugging.assert_non_negative": _signed(lambda x: x >= 0, ">= 0"),
    "debugging.assert_non_positive": _signed(lambda x: x <= 0, "<= 0"), _both("assert_rank"): _rank,
    "debugging.assert_rank_at_least": _rank_at_least, "debugging.assert_rank_in": _rank_in,
    "debugging.assert_shapes": _shapes, "debugging.assert_type": _type, "debugging.assert_integer": _integer,
    "debugging.assert_scalar": _scalar, "debugging.assert_all_finite": _finite,
    "debugging.check_numerics": lambda tensor, message, name=None: _finite(tensor, message),
    "debugging.is_numeric_tensor": _numeric, "debugging.Assert Assert": _assert, "ensure_shape": _ensure_shape,
}  # fmt: skip
