"""`tf.print` and `tf.debugging`: values are printed and checked where they are known, as arrays."""

import sys

import numpy as np

from fastnn.compat.tf_values import host, operand
from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError
from fastnn.graph import Symbol
from fastnn.graph.tensor import Tensor as Lazy


def _known(*values):
    """The values as arrays, or None where one of them is a symbol, whose value comes later."""
    found = [operand(v) for v in values]
    return None if any(isinstance(v, Symbol) and type(v) is not Lazy for v in found) else [np.asarray(v) for v in found]


def print_values(*inputs, output_stream=None, summarize=3, sep=" ", end="\n", name=None):
    """Print values; a symbol of a model that is being traced as what it is.

    Args:
        inputs: anything; tensors print as NumPy prints arrays.
        output_stream: a file; standard error if None.
        summarize, name: of no effect.
        sep, end: between the values, and behind them.

    >>> import numpy as np, sys
    >>> print_values("sum:", np.float32(2), output_stream=sys.stdout)
    sum: 2.0
    """
    stream = output_stream if hasattr(output_stream, "write") else sys.stderr
    said = [str(np.asarray(v)) if hasattr(v, "numpy") or isinstance(v, np.generic) else str(v) for v in inputs]
    stream.write(sep.join(said) + end)


def _compared(name, holds, sign):
    def check(x, y, message=None, summarize=None, name=None):
        """Nothing where it holds for all elements, and for symbols."""
        known = _known(x, y)
        if known is not None and not np.all(holds(*known)):
            raise ArgumentError(
                f"{message + ': ' if message else ''}Condition x {sign} y did not hold. Received x = {known[0]} and "
                f"y = {known[1]}."
            )

    check.__name__ = name
    return check


def _about(name, holds, what):
    def check(x, message=None, summarize=None, name=None):
        """Nothing where it holds for all elements, and for symbols."""
        known = _known(x)
        if known is not None and not np.all(holds(known[0])):
            raise ArgumentError(f"{message + ': ' if message else ''}Received {known[0]}, expected {what}.")

    check.__name__ = name
    return check


def _rank_of(x):
    return len(operand(x).shape)


def _assert_rank(x, rank, message=None, name=None):
    ranks = [int(r) for r in np.atleast_1d(rank)]
    if _rank_of(x) not in ranks:
        raise ArgumentError(f"{message or 'tf.debugging.assert_rank'}: received rank {_rank_of(x)}, expected {rank}.")


def _assert_rank_at_least(x, rank, message=None, name=None):
    if _rank_of(x) < int(rank):
        raise ArgumentError(
            f"{message or 'tf.debugging.assert_rank_at_least'}: received rank {_rank_of(x)}, expected {rank} or more."
        )


def _assert_shapes(shapes, data=None, summarize=None, message=None, name=None):
    """Each tensor has its shape: sizes are ints, words that stand for one size, or None."""
    sizes = {}
    for x, shape in shapes.items() if isinstance(shapes, dict) else shapes:
        found = tuple(operand(x).shape)
        wanted = [shape] if isinstance(shape, (str, int)) else list(shape)
        fits = len(found) == len(wanted) and all(
            w is None or n is None or n == (sizes.setdefault(w, n) if isinstance(w, str) else int(w))
            for n, w in zip(found, wanted)
        )
        if not fits:
            raise ArgumentError(f"{message or 'tf.debugging.assert_shapes'}: received {found}, expected {shape}.")


def _assert_type(tensor, tf_type, message=None, name=None):
    found = dtypes.standardize(operand(tensor).dtype)
    if found != dtypes.standardize(tf_type):
        raise ArgumentError(f"{message or 'tf.debugging.assert_type'}: received {found}, expected {tf_type}.")


def _check_numerics(tensor, message, name=None):
    """The tensor; an error where it has a NaN or an infinity."""
    known = _known(tensor)
    if known is not None and not np.isfinite(known[0]).all():
        raise ArgumentError(f"{message} : Tensor had {'NaN' if np.isnan(known[0]).any() else 'Inf'} values")
    return operand(tensor)


def _assert_near(x, y, rtol=None, atol=None, message=None, summarize=None, name=None):
    known = _known(x, y)
    if known is None:
        return
    kinds = [v.dtype for v in known if v.dtype.kind == "f"]
    close = 10 * float(np.finfo(kinds[0]).eps if kinds else 0)
    if not np.allclose(*known, rtol=close if rtol is None else rtol, atol=close if atol is None else atol):
        raise ArgumentError(f"{message or 'tf.debugging.assert_near'}: received {known[0]} and {known[1]}.")


def _assert_true(condition, data, summarize=None, name=None):
    known = _known(condition)
    if known is not None and not np.all(known[0]):
        raise ArgumentError(f"Expected {condition} to be true. Summarized data: {data}")


def _is_numeric(tensor):
    return np.asarray(host(operand(tensor))).dtype.kind in "fiub"


_COMPARED = {"equal": (np.equal, "=="), "none_equal": (np.not_equal, "!="), "greater": (np.greater, ">"),
             "greater_equal": (np.greater_equal, ">="), "less": (np.less, "<"),
             "less_equal": (np.less_equal, "<=")}  # fmt: skip
_ABOUT = {"positive": (lambda x: x > 0, "numbers > 0"), "negative": (lambda x: x < 0, "numbers < 0"),
          "non_negative": (lambda x: x >= 0, "numbers >= 0"), "non_positive": (lambda x: x <= 0, "numbers <= 0"),
          "integer": (lambda x: x.dtype.kind in "iu", "integers")}  # fmt: skip
CHECKS = {
    **{f"assert_{n}": _compared(f"assert_{n}", *rest) for n, rest in _COMPARED.items()},
    **{f"assert_{n}": _about(f"assert_{n}", *rest) for n, rest in _ABOUT.items()},
    "assert_rank": _assert_rank, "assert_rank_in": _assert_rank, "assert_rank_at_least": _assert_rank_at_least,
    "assert_shapes": _assert_shapes, "assert_type": _assert_type, "assert_near": _assert_near,
    "assert_all_finite": lambda x, message, name=None: _check_numerics(x, message),
    "check_numerics": _check_numerics, "Assert": _assert_true, "is_numeric_tensor": _is_numeric,
}  # fmt: skip
# Under tf.debugging, and the older ones at the root.
FUNCTIONS = {"print": print_values, **{f"debugging.{n}": f for n, f in CHECKS.items()},
             **{n: f for n, f in CHECKS.items() if n != "is_numeric_tensor"}}  # fmt: skip
