"""Products of tensors by index letters: einsum and its kin, as transposes, one matrix product, and sums."""

from typing import Any

import numpy as np

from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.core.shapes import product
from fastnn.core.types import Tensor
from fastnn.ops.forms import WIDE
from fastnn.ops.functions.arithmetic import add, divide, multiply, subtract
from fastnn.ops.functions.complex import conjugate
from fastnn.ops.functions.create import diagonal
from fastnn.ops.functions.elementwise import affine, sqrt, square
from fastnn.ops.functions.layout import expand_dims, moveaxis, ravel, reshape, split, stack, transpose
from fastnn.ops.functions.letters import paired, parsed
from fastnn.ops.functions.matmul import matmul
from fastnn.ops.functions.operands import calculate, cast_to, dtype_of, floating, operand, result_dtype, same_floats
from fastnn.ops.functions.reduction import mean, sum
from fastnn.ops.functions.slicing import flip, getitem, pad

__all__ = ["trapezoid", "cdist", "correlate", "einsum", "tensordot", "dot", "vdot", "inner", "outer", "kron", "cross",
           "diff", "cov", "corrcoef"]  # fmt: skip


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: Any = -1) -> Tensor:
    """The integral of y along an axis by the trapezoidal rule, at the points x or at equal steps dx.

    Args:
        y: numbers of any shape; integers become the default float type.
        x: the points, of y's shape or (n,); None for equal steps.
        dx: the step, a number.
        axis: an int; negative ones count from the end.

    >>> float(trapezoid([1.0, 2.0, 3.0]))
    4.0
    """
    y = moveaxis(floating(y), axis, -1)
    if x is not None:
        x = operand(x)
        x = moveaxis(x, axis, -1) if len(x.shape) > 1 else x
    middle = affine(add(getitem(y, (..., slice(1, None))), getitem(y, (..., slice(None, -1)))), 0.5)
    return sum(multiply(middle, dx if x is None else diff(x)), axis=-1)


def cdist(x: Any, y: Any) -> Tensor:
    """The Euclidean distances between the rows of two matrices x and y.

    Args:
        x, y: floats (..., n, d) and (..., m, d).

    Returns (..., n, m).

    >>> cdist([[0.0, 0.0]], [[3.0, 4.0]])
    array([[5.]], dtype=float32)
    """
    x, y = same_floats(x, y)
    shapes = f"Received shapes: x.shape={tuple(x.shape)}, y.shape={tuple(y.shape)}"
    if min(len(x.shape), len(y.shape)) < 2:
        raise ShapeError(f"Inputs to `cdist` must have rank >= 2. {shapes}")
    if None not in (x.shape[-1], y.shape[-1]) and x.shape[-1] != y.shape[-1]:
        raise ShapeError(f"The last dimension of inputs to `cdist` must match. {shapes}")
    d = subtract(expand_dims(x, -2), expand_dims(y, -3))
    return sqrt(sum(square(d), axis=-1))


def correlate(x1: Any, x2: Any, mode: Any = "valid") -> Tensor:
    """The cross-correlation of two vectors: at each place the sum of the products (x2 conjugated, if complex).

    Args:
        x1, x2: numbers (n,) and (m,); integers become the default float type.
        mode: "valid": where the shorter lies within the longer; "full": where they overlap; "same": the middle n of
            these.

    Raises ArgumentError for another mode, ShapeError for what is no vector.

    >>> correlate([1.0, 2.0, 3.0], [1.0, 1.0])
    array([3., 5.], dtype=float32)
    """
    a, b = same_floats(x1, x2)
    if len(a.shape) != 1 or len(b.shape) != 1:
        raise ShapeError(f"correlate: expected two vectors. Received shapes {tuple(a.shape)} and {tuple(b.shape)}.")
    n, m = a.shape[0], b.shape[0]
    if n < m:
        return conjugate(flip(correlate(b, a, mode), 0))
    b = conjugate(b)
    margins = {"valid": (0, 0), "full": (m - 1, m - 1), "same": (m // 2, m - 1 - m // 2)}.get(mode)
    if margins is None:
        raise ArgumentError(f"correlate: received mode={mode!r}, expected 'valid', 'same' or 'full'.")
    a = pad(a, (margins,))
    size = a.shape[0] - m + 1
    parts = [multiply(getitem(a, slice(i, i + size)), getitem(b, i)) for i in range(m)]
    return sum(stack(parts), axis=0)


def _drop(x, term, keep):
    """x summed over the letters that nobody else wants."""
    axes = tuple(i for i, c in enumerate(term) if c not in keep)
    return (sum(x, axis=axes), "".join(c for c in term if c in keep)) if axes else (x, term)


def _size(*dims):
    """The product of sizes, -1 if one is not known."""
    return -1 if None in dims else product(dims)


def _contract(x, a, y, b, out):
    """Two operands with letters a and b into one whose letters are all those of `out` that they have."""
    x, a = _drop(x, a, set(b) | set(out))
    y, b = _drop(y, b, set(a) | set(out))
    batch = [c for c in a if c in b and c in out]
    inner = [c for c in a if c in b and c not in out]
    rows, cols = [c for c in a if c not in b], [c for c in b if c not in a]
    if not inner:  # no sum: an element-wise product
        letters = batch + rows + cols
        return multiply(_lay(x, a, letters), _lay(y, b, letters)), "".join(letters)
    size = {**dict(zip(a, x.shape)), **dict(zip(b, y.shape))}
    x = transpose(x, [a.index(c) for c in batch + rows + inner])
    y = transpose(y, [b.index(c) for c in batch + inner + cols])
    lead = tuple(-1 if size[c] is None else size[c] for c in batch)
    k = _size(*(size[c] for c in inner))
    z = matmul(
        reshape(x, (*lead, _size(*(size[c] for c in rows)), k)), reshape(y, (*lead, k, _size(*(size[c] for c in cols))))
    )
    letters = batch + rows + cols
    return reshape(z, tuple(-1 if size[c] is None else size[c] for c in letters)), "".join(letters)


def _lay(x, term, letters):
    """x with a dimension for each letter, of size 1 where it has none."""
    have = [c for c in letters if c in term]
    x = transpose(x, [term.index(c) for c in have])
    missing = tuple(i for i, c in enumerate(letters) if c not in term)
    return expand_dims(x, missing) if missing else x


def einsum(subscripts: Any, *operands: Any, **kwargs: Any) -> Tensor:
    """The product of operands whose dimensions are named by letters; letters not in the result are summed over.

    Args:
        subscripts: letters of the dimensions, as in "ij,jk->ik"; "..." stands for any.
        operands: numbers, one for each group of letters.
        kwargs: Keras's arguments about how to calculate; the result is the same.

    >>> einsum("ij,jk->ik", [[1.0, 2.0]], [[3.0], [4.0]])
    array([[11.]], dtype=float32)
    """
    xs = [operand(x) for x in operands]
    names = {dtype_of(x) for x in xs}
    terms, out = parsed(subscripts, xs)
    dtype = result_dtype(*xs)
    return cast_to(_einsum(xs, terms, out, dtype, subscripts), "int32" if names == {"int8"} else dtype)


def _einsum(xs, terms, out, dtype, subscripts):
    """The contraction for a dtype; small integers are multiplied in 32 bits, which the result has."""
    wide = WIDE.get(dtype, dtype)
    xs, terms = zip(*(_diagonals(cast_to(x, wide), t) for x, t in zip(xs, terms)))
    left = list(zip(xs, terms))
    for step in _path(left, out):
        chosen = [left[i] for i in step]
        left = [pair for i, pair in enumerate(left) if i not in step]
        x, term = chosen[0]
        for k, (y, other) in enumerate(chosen[1:], 2):
            later = {c for _, t in (*left, *chosen[k:]) for c in t}
            x, term = _contract(x, term, y, other, set(out) | later)
        left.append((x, term))
    x, term = _drop(*left[0], set(out))
    if set(term) != set(out):
        raise ArgumentError(f"einsum: the result of {subscripts!r} has letters that no operand has.")
    order = [term.index(c) for c in out]
    y = transpose(x, order) if order != list(range(len(order))) else x
    return y


def _path(pairs, out):
    """Which operands meet, step by step: NumPy's greedy order of three or more, whose results come last."""
    if len(pairs) < 3 or any(None in x.shape for x, _ in pairs) or not set(out) <= {c for _, t in pairs for c in t}:
        return [tuple(range(len(pairs)))] if len(pairs) > 1 else []
    shapes = [np.broadcast_to(np.empty(()), tuple(x.shape)) for x, _ in pairs]  # of one element each
    return np.einsum_path(",".join(t for _, t in pairs) + "->" + out, *shapes, optimize="greedy")[0][1:]


def _diagonals(x, term):
    """x with one dimension for each letter: the diagonal where a letter is repeated."""
    for c in dict.fromkeys(term):
        while term.count(c) > 1:
            i = term.index(c)
            j = term.index(c, i + 1)
            x, term = diagonal(x, 0, i, j), term[:i] + term[i + 1 : j] + term[j + 1 :] + c
    return x, term


def tensordot(x1: Any, x2: Any, axes: Any = 2) -> Tensor:
    """The sum of products over pairs of dimensions: the last `axes` of x1 with the first of x2, or ([of x1], [of x2]).

    Args:
        x1, x2: numbers whose paired dimensions have equal sizes.
        axes: an int, or a pair of lists of ints.

    >>> tensordot([[1.0, 2.0]], [[3.0, 4.0]], axes=2)
    array(11., dtype=float32)
    """
    x1, x2 = operand(x1), operand(x2)
    (a, b), out = paired([x1, x2], axes)
    size = dict(zip(b, x2.shape))
    if any(size.get(c, n) not in (n, None) for c, n in zip(a, x1.shape) if n is not None):
        raise ShapeError(
            f"Shape must match on the paired axes of `x1` and `x2`. Received: x1.shape={tuple(x1.shape)}, "
            f"x2.shape={tuple(x2.shape)}, axes={axes}"
        )
    return cast_to(einsum(f"{a},{b}->{out}", x1, x2), result_dtype(x1, x2))


def dot(x1: Any, x2: Any) -> Tensor:
    """The last dimension of x1 times the last but one (the only one, of a vector) of x2; plain products with a number.

    Args:
        x1, x2: numbers whose paired dimensions have equal sizes.

    >>> dot([1.0, 2.0], [3.0, 4.0])
    array(11., dtype=float32)
    """
    x1, x2 = operand(x1), operand(x2)
    if not x1.shape or not x2.shape:
        return multiply(x1, x2)
    return tensordot(x1, x2, ([-1], [-2 if len(x2.shape) > 1 else -1]))


def vdot(x1: Any, x2: Any) -> Tensor:
    """The sum of the products of all elements of x1 (conjugated, if complex) and x2.

    Args:
        x1, x2: numbers with as many elements.

    >>> vdot([[1.0, 2.0]], [[3.0, 4.0]])
    array(11., dtype=float32)
    """
    return cast_to(sum(multiply(conjugate(ravel(x1)), ravel(x2))), result_dtype(x1, x2))


def inner(x1: Any, x2: Any) -> Tensor:
    """The sums of products over the last dimensions of x1 and x2.

    Args:
        x1, x2: numbers whose last dimensions have equal sizes.

    Raises ShapeError where the sizes differ.

    >>> inner([1.0, 2.0], [3.0, 4.0])
    array(11., dtype=float32)
    """
    x1, x2 = operand(x1), operand(x2)
    if not x1.shape or not x2.shape:
        return multiply(x1, x2)
    if None not in (x1.shape[-1], x2.shape[-1]) and x1.shape[-1] != x2.shape[-1]:
        raise ShapeError(
            f"inner: the last dimension of both must be equal. Received shapes {tuple(x1.shape)} and {tuple(x2.shape)}."
        )
    return tensordot(x1, x2, ([-1], [-1]))


def outer(x1: Any, x2: Any) -> Tensor:
    """All products of an element of x1 with one of x2, both flattened.

    Args:
        x1, x2: numbers of any shape.

    >>> outer([1, 2], [3, 4])
    array([[3, 4],
           [6, 8]], dtype=int32)
    """
    return multiply(reshape(x1, (-1, 1)), reshape(x2, (1, -1)))


def kron(x1: Any, x2: Any) -> Tensor:
    """The Kronecker product: x2 scaled by each element of x1, block by block.

    Args:
        x1, x2: numbers of any shape.

    >>> kron([1, 2], [1, 1])
    array([1, 1, 2, 2], dtype=int32)
    """
    x1, x2 = operand(x1), operand(x2)
    rank = max(len(x1.shape), len(x2.shape))
    a, b = ((1,) * (rank - len(x.shape)) + tuple(x.shape) for x in (x1, x2))
    z = multiply(reshape(x1, [v for d in a for v in (d, 1)]), reshape(x2, [v for d in b for v in (1, d)]))
    return reshape(z, [p * q for p, q in zip(a, b)])


def cross(x1: Any, x2: Any, axisa: Any = -1, axisb: Any = -1, axisc: Any = -1, axis: Any = None) -> Tensor:
    """The cross product of vectors of three numbers; of vectors in a plane (two numbers) its third number.

    Args:
        x1, x2: numbers, two or three along the axis.
        axisa, axisb, axisc: the axis of the vectors in x1, in x2, and in the result.
        axis: one axis in place of the three.

    Raises ShapeError for another size of the axis.

    >>> cross([1, 0, 0], [0, 1, 0])
    array([0, 0, 1], dtype=int32)
    """
    axisa, axisb, axisc = (axis,) * 3 if axis is not None else (axisa, axisb, axisc)
    x, y = moveaxis(operand(x1), axisa, -1), moveaxis(operand(x2), axisb, -1)
    flat = x.shape[-1] == y.shape[-1] == 2
    if not {x.shape[-1], y.shape[-1]} <= {2, 3}:
        raise ShapeError(
            f"cross: received shapes {tuple(x.shape)} and {tuple(y.shape)}, expected 2 or 3 numbers along the axis."
        )
    x, y = (v if v.shape[-1] == 3 else pad(v, ((0, 0),) * (len(v.shape) - 1) + ((0, 1),)) for v in (x, y))
    (a, b, c), (d, e, f) = ([getitem(v, (Ellipsis, i)) for i in range(3)] for v in (x, y))
    parts = [
        subtract(multiply(b, f), multiply(c, e)),
        subtract(multiply(c, d), multiply(a, f)),
        subtract(multiply(a, e), multiply(b, d)),
    ]
    return parts[2] if flat else moveaxis(stack(parts, -1), -1, axisc)


def diff(a: Any, n: Any = 1, axis: Any = -1) -> Tensor:
    """Differences of neighbours along an axis.

    Args:
        a: numbers of any shape.
        n: how many times, an int.
        axis: an int; negative ones count from the end.

    >>> diff([1, 4, 9])
    array([3, 5], dtype=int32)
    """
    x = operand(a)
    for _ in range(n):
        rest = split(x, [1], axis)[1]
        last = split(x, [-1], axis)[0]
        x = subtract(rest, last)
    return x


def cov(x: Any) -> Tensor:
    """The covariance matrix of the rows of x (divided by n - 1).

    Args:
        x: numbers (variables, observations); integers become the default float type.

    >>> cov([[1.0, 3.0], [2.0, 2.0]])
    array([[2., 0.],
           [0., 0.]], dtype=float32)
    """
    x = floating(x)
    d = subtract(x, mean(x, -1, True))
    return divide(matmul(d, transpose(d)), float(max(x.shape[-1] - 1, 1)))


def corrcoef(x: Any) -> Tensor:
    """The correlation matrix of the rows of x.

    Args:
        x: numbers (variables, observations); integers become the default float type.

    >>> corrcoef([[1.0, 3.0], [2.0, 4.0]]).round(3).tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    x = floating(x)
    if len(x.shape) == 1:
        return reshape(corrcoef(expand_dims(x, 0)), ())

    def scaled(v):
        c = cov(v)
        s = sqrt(diagonal(c))
        return divide(c, outer(s, s))

    return calculate(scaled, [x], dtype_of(x))
