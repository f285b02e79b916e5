"""Rules of shapes of public operations, where the operation itself cannot be traced while sizes are unknown.

Most operations are traced without data to see what they return. These follow from unknown sizes by a rule that Keras
states: products of tensors pair dimensions that must be equal, so one known size says what another one is; cuts at
given places have known sizes.
"""

import itertools
from typing import Any

from fastnn.core import dtypes
from fastnn.core.errors import ShapeError
from fastnn.core.shapes import broadcast, normalize_axis
from fastnn.layers import nest
from fastnn.layers.leaf import symbol_like
from fastnn.ops.functions.letters import paired, parsed
from fastnn.ops.functions.operands import dtype_of, operand, result_dtype


def _known(*values):
    return all(None not in x.shape for x in values)


def _product(name, values, terms, out, dtype):
    """The result of a product by index letters: a letter has the size that one of the operands knows."""
    size: dict[str, int | None] = {}
    for term, x in zip(terms, values):
        for letter, n in zip(term, x.shape):
            known = size.get(letter)
            if known is None or known == 1:
                size[letter] = n if n != 1 or letter not in size else known
            elif n not in (None, 1, known):
                raise ShapeError(
                    f"{name}: paired dimensions have the sizes {known} and {n}. "
                    f"Received shapes {', '.join(str(tuple(v.shape)) for v in values)}; expected equal sizes."
                )
    return symbol_like([size[letter] for letter in out], dtype)


def _einsum(subscripts, *operands, **kwargs):
    values = [operand(x) for x in operands]
    if _known(*values):
        return None
    narrow = all(dtype_of(x) == "int8" for x in values)
    return _product("einsum", values, *parsed(subscripts, values), "int32" if narrow else result_dtype(*operands))


def _pairs(name, x1, x2, axes):
    values = [operand(x1), operand(x2)]
    if _known(*values) or not all(x.shape for x in values):
        return None
    return _product(name, values, *paired(values, axes), result_dtype(x1, x2))


def _tensordot(x1, x2, axes=2):
    return _pairs("tensordot", x1, x2, axes)


def _dot(x1, x2):
    return _pairs("dot", x1, x2, ([-1], [-2 if len(operand(x2).shape) > 1 else -1]))


def _inner(x1, x2):
    return _pairs("inner", x1, x2, ([-1], [-1]))


def _integers(x, y):
    """Bits and divisors of symbols of any dtype; that they are integers is asked when the graph runs."""
    values = [operand(x), operand(y)]
    if not any(dtypes.is_float(dtype_of(v)) for v in values):
        return None
    return symbol_like(broadcast(*(tuple(v.shape) for v in values)), result_dtype(x, y))


def _cut(x, places, axis=0):
    """The parts between given places along an axis of unknown size: all but the last have known sizes."""
    x = operand(x)
    axis = normalize_axis(axis, len(x.shape))
    if x.shape[axis] is not None:
        return None
    if hasattr(places, "__index__"):
        sizes = [None] * int(places)
    else:
        places = [0, *map(int, places)]
        if any(i < 0 for i in places):
            return None
        sizes = [max(b - a, 0) for a, b in itertools.pairwise(places)] + [None]
    return [symbol_like([*x.shape[:axis], n, *x.shape[axis + 1 :]], x.dtype) for n in sizes]


def _repeat(x, repeats, axis=None):
    """Repeats that are listed for an axis of unknown size."""
    x = operand(x)
    if hasattr(repeats, "__index__") or hasattr(repeats, "origin"):
        return None
    if axis is None:
        return None if _known(x) else symbol_like([None], x.dtype)
    axis = normalize_axis(axis, len(x.shape))
    return None if x.shape[axis] is not None else symbol_like(x.shape, x.dtype)


def _take_along_axis(x, indices, axis=None):
    x, indices = operand(x), operand(indices)
    if axis is None or len(x.shape) != len(indices.shape) or _known(x, indices):
        return None
    axis = normalize_axis(axis, len(x.shape))
    rest = broadcast(*(tuple(d for i, d in enumerate(v.shape) if i != axis) for v in (x, indices)))
    return symbol_like([*rest[:axis], indices.shape[axis], *rest[axis:]], x.dtype)


def _triangle(x, k=0):
    """Of matrices of unknown sizes: their shape, not that of the mask where the other size is not known."""
    x = operand(x)
    return None if _known(x) or len(x.shape) < 2 else symbol_like(x.shape, x.dtype)


def _square(x, *_, **__):
    """Matrices that are not known to be square are refused at once, as in Keras."""
    shape = tuple(operand(x).shape)
    if len(shape) > 1 and shape[-1] != shape[-2]:
        raise ShapeError(
            f"Expected a square matrix. Received non-square input with shape {shape}; expected square matrices in the "
            "last two dimensions, of known sizes."
        )


def _solved(a, b, lower=False):
    """Equations that are not known to fit are refused at once, as in Keras."""
    _square(a)
    first, second = tuple(operand(a).shape), tuple(operand(b).shape)
    rows = second[-2:-1] if len(second) == len(first) else second[-1:]
    if rows != first[-1:]:
        raise ShapeError(f"Incompatible shapes between `a` and `b`. Received: a.shape={first}, b.shape={second}")


# what a public operation returns for symbols, from its arguments; None: trace it
RULES: dict[str, Any] = {
    "einsum": _einsum, "tensordot": _tensordot, "dot": _dot, "inner": _inner,
    **dict.fromkeys(("bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift", "bitwise_left_shift",
                     "bitwise_right_shift"), _integers),
    **dict.fromkeys(("gcd", "lcm"), lambda x1, x2: _integers(x1, x2)),
    "split": lambda x, indices_or_sections, axis=0: _cut(x, indices_or_sections, axis),
    "array_split": lambda x, indices_or_sections, axis=0: _cut(x, indices_or_sections, axis),
    "vsplit": lambda x, indices_or_sections: _cut(x, indices_or_sections, 0),
    "hsplit": lambda x, indices_or_sections: _cut(x, indices_or_sections, min(1, len(operand(x).shape) - 1)),
    "dsplit": lambda x, indices_or_sections: _cut(x, indices_or_sections, 2),
    **dict.fromkeys(("cholesky", "cholesky_inverse", "det", "inv"), _square),
    "solve": _solved, "solve_triangular": _solved,
    "tril": _triangle, "triu": _triangle, "repeat": _repeat, "take_along_axis": _take_along_axis,
}  # fmt: skip


# which results Keras calls sparse: those of sparse values (of x alone), of several where all, or one, or the first is
_OF_X = frozenset(("abs", "absolute", "arcsin", "arcsinh", "arctan", "arctanh", "ceil", "conj", "conjugate", "copy",
                   "digitize", "expand_dims", "expm1", "fabs", "floor", "imag", "log1p", "mean", "nansum", "negative",
                   "ones_like", "real", "reshape", "round", "sign", "signbit", "sin", "sinh", "sqrt", "square",
                   "squeeze", "sum", "tan", "tanh", "transpose", "zeros_like", "bincount"))  # fmt: skip
_IF_ALL = frozenset(("add", "subtract", "matmul", "maximum", "minimum", "fmax", "fmin", "concatenate"))
_IF_ONE, _IF_FIRST = frozenset(("multiply",)), frozenset(("divide", "divide_no_nan", "true_divide"))
MAY_BE_SPARSE = _OF_X | _IF_ALL | _IF_ONE | _IF_FIRST


def is_sparse(name, arguments):
    """Whether Keras calls the result of the public operation `name` on these symbols sparse; values are dense.

    >>> one = symbol_like((2, 3), "float32")
    >>> is_sparse("add", (one, one))
    False
    """
    if name not in MAY_BE_SPARSE:
        return False
    flags = [getattr(x, "sparse", False) for x in nest.flatten(arguments)]
    if name in _OF_X or name in _IF_FIRST:
        return flags[0] and not (name in _IF_FIRST and any(flags[1:2]))
    return any(flags) if name in _IF_ONE else all(flags)


def by_rule(name, args, kwargs):
    """What the public operation `name` returns for these arguments by its rule; None where it is to be traced.

    >>> by_rule("dot", (symbol_like((None, 3), "float32"), symbol_like((None, 4), "float32")), {}).shape
    (None, 4)
    """
    rule = RULES.get(name)
    if rule is None or not any(hasattr(x, "origin") for x in nest.flatten((args, kwargs))):
        return None
    return rule(*args, **kwargs)
