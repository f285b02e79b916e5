"""Further names of keras.ops, each a few lines of the others."""
import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError
from fastnn.core.shapes import normalize_axis
from fastnn.ops.common import cast_to, dtype_of, float_call, floating, operand, reserve
from fastnn.ops.functions.activation import _relu
from fastnn.ops.functions.binary import _float_pair, _logaddexp2, add, divide, multiply, power, subtract
from fastnn.ops.functions.compare import equal, less, where
from fastnn.ops.functions.constants import zeros_like
from fastnn.ops.functions.control import map, scan, segments
from fastnn.ops.functions.elementwise import _erfc, affine, clip, sin, sqrt, square
from fastnn.ops.functions.host import right_shift
from fastnn.ops.functions.layout import concatenate, expand_dims, moveaxis, reshape, split, stack, transpose
from fastnn.ops.functions.order import sort
from fastnn.ops.functions.reduction import any, cumsum, min, prod, sum
from fastnn.ops.functions.slicing import flip, getitem
from fastnn.ops.records.cast import cast

__all__ = ["fabs", "fliplr", "flipud", "hsplit", "vsplit", "dsplit", "dstack", "get_item", "imag", "isreal", "isin",
           "erfc", "ldexp", "logaddexp2", "saturate_cast", "segment_min", "segment_prod", "sinc", "trapezoid",
           "sparse_sigmoid", "sparsemax", "vectorize", "dtype", "depth_to_space", "space_to_depth", "cdist",
           "correlate", "associative_scan", "view"]


def fabs(x):
    """|x| as a float.

    >>> fabs([-1])
    array([1.], dtype=float32)
    """
    return abs(floating(x))


def fliplr(x):
    """x with the order along its second axis reversed.

    >>> fliplr([[1, 2]])
    array([[2, 1]], dtype=int32)
    """
    return flip(x, 1)


def flipud(x):
    """x with the order along its first axis reversed.

    >>> flipud([1, 2])
    array([2, 1], dtype=int32)
    """
    return flip(x, 0)


def vsplit(x, indices_or_sections):
    """Parts along the first axis.

    >>> [v.shape for v in vsplit([[1], [2]], 2)]
    [(1, 1), (1, 1)]
    """
    return split(x, indices_or_sections, 0)


def hsplit(x, indices_or_sections):
    """Parts along the second axis (the first, of a vector).

    >>> [v.shape for v in hsplit([[1, 2]], 2)]
    [(1, 1), (1, 1)]
    """
    return split(x, indices_or_sections, 1 if len(operand(x).shape) > 1 else 0)


def dsplit(x, indices_or_sections):
    """Parts along the third axis.

    >>> [v.shape for v in dsplit([[[1, 2]]], 2)]
    [(1, 1, 1), (1, 1, 1)]
    """
    return split(x, indices_or_sections, 2)


def dstack(xs):
    """The values behind each other: along the third axis, which vectors and matrices get.

    >>> dstack([[1, 2], [3, 4]]).shape
    (1, 2, 2)
    """
    def deep(x):
        x = operand(x)
        if len(x.shape) < 2:
            x = reshape(x, (1, -1))
        return expand_dims(x, 2) if len(x.shape) == 2 else x
    return concatenate([deep(x) for x in xs], 2)


def get_item(x, key):
    """x[key].

    >>> int(get_item([1, 2], 1))
    2
    """
    return getitem(x, key)


def imag(x):
    """Zeros: there are no complex values.

    >>> imag([1.0])
    array([0.], dtype=float32)
    """
    return zeros_like(x)


def isreal(x):
    """True everywhere: there are no complex values.

    >>> isreal([1.0])
    array([ True])
    """
    return equal(zeros_like(x), 0)


def isin(x1, x2, assume_unique=False, invert=False):
    """Which elements of x1 occur in x2.

    >>> isin([1, 2, 3], [3, 1])
    array([ True, False,  True])
    """
    from fastnn.ops.functions.elementwise import logical_not
    hit = any(equal(expand_dims(operand(x1), -1), reshape(x2, (-1,))), axis=-1)
    return logical_not(hit) if invert else hit


def erfc(x):
    """1 - erf(x), with all its digits where erf(x) is near 1.

    >>> erfc([0.0])
    array([1.], dtype=float32)
    """
    return float_call(_erfc, x)


def ldexp(x1, x2):
    """x1 * 2^x2.

    >>> ldexp([3.0], [2])
    array([12.], dtype=float32)
    """
    x, name = floating(x1), dtype_of(floating(x1))
    # in four factors, none of which overflows; more than 1100 halvings or doublings do not change what is left
    n = cast_to(clip(operand(x2), -1100, 1100), "int32")
    quarter = right_shift(n, 2)
    for part in (quarter, quarter, quarter, subtract(n, multiply(quarter, 3))):
        x = multiply(x, cast_to(power(2.0, cast_to(part, "float64")), "float64"))
    return cast_to(x, name)


def logaddexp2(x1, x2):
    """log2(2^x1 + 2^x2), without overflow.

    >>> logaddexp2([0.0], [0.0])
    array([1.], dtype=float32)
    """
    return _float_pair(_logaddexp2, x1, x2)


def sinc(x):
    """sin(pi x) / (pi x), 1 at 0.

    >>> sinc([0.0, 1.0]).round(5).tolist()
    [1.0, -0.0]
    """
    v = affine(floating(x), float(np.pi))
    zero = equal(v, 0)
    return where(zero, 1.0, divide(sin(v), where(zero, 1.0, v)))


def trapezoid(y, x=None, dx=1.0, axis=-1):
    """The integral of y along an axis by the trapezoidal rule, at the points x or at equal steps dx.

    >>> float(trapezoid([1.0, 2.0, 3.0]))
    4.0
    """
    from fastnn.ops.functions.products import diff
    y = moveaxis(floating(y), axis, -1)
    middle = affine(add(getitem(y, (..., slice(1, None))), getitem(y, (..., slice(None, -1)))), 0.5)
    return sum(multiply(middle, dx if x is None else diff(x)), axis=-1)


# ------------------------------------------------------------------ dtypes
def dtype(x):
    """The name of x's dtype.

    >>> dtype([1.0])
    'float32'
    """
    return dtype_of(operand(x))


def saturate_cast(x, dtype):
    """cast, with values outside the range of the new dtype moved to its ends, and NaN to 0.

    >>> saturate_cast([-1.0, 300.0], "uint8")
    array([  0, 255], dtype=uint8)
    """
    x, name = operand(x), dtypes.standardize(dtype)
    kind = np.dtype(dtypes.numpy_type(name))
    if kind.kind not in "iu":
        return cast(x, name)
    info = np.iinfo(kind)
    high = float(info.max)
    if dtype_of(x) == "float16":
        x = cast(x, "float32")
    if dtypes.is_float(dtype_of(x)):            # the largest float that is still within the range
        own = dtypes.numpy_type(dtype_of(x))
        high = float(own(info.max)) if float(own(info.max)) <= info.max else float(np.nextafter(own(info.max), own(0)))
        x = where(equal(x, x), x, 0.0)
        return where(less(high, x), np.array(info.max, kind), cast(clip(x, float(info.min), high), name))
    mine = np.iinfo(dtypes.numpy_type(dtype_of(x))) if dtype_of(x) != "bool" else info
    low = info.min if info.min > mine.min else mine.min
    top = info.max if info.max < mine.max else mine.max
    return cast(clip(x, int(low), int(top)), name)


def view(x, dtype=None):
    """x's bytes read as another dtype of the same size. Takes arrays only.

    >>> view(np.array([1.0], "float32"), "int32")
    array([1065353216], dtype=int32)
    """
    return np.asarray(operand(x)).view(dtypes.numpy_type(dtypes.standardize(dtype)))


# ------------------------------------------------------------------ segments, activations
def segment_min(data, segment_ids, num_segments=None, sorted=False):
    """The smallest of the slices of data that share an id; inf (the largest integer) for an id without one.

    >>> segment_min([4.0, 5.0, 3.0], [0, 0, 1], 2)
    array([4., 3.], dtype=float32)
    """
    kind = np.dtype(dtypes.numpy_type(dtype_of(operand(data))))
    return segments(min, data, segment_ids, num_segments, np.inf if kind.kind == "f" else np.iinfo(kind).max)


def segment_prod(data, segment_ids, num_segments=None, sorted=False):
    """The product of the slices of data that share an id; 1 for an id without one.

    >>> segment_prod([4.0, 5.0, 3.0], [0, 0, 1], 2)
    array([20.,  3.], dtype=float32)
    """
    return cast_to(segments(prod, data, segment_ids, num_segments, 1), dtype_of(operand(data)))


def sparse_sigmoid(x):
    """0 for x <= -1, 1 for x >= 1, (x + 1) / 2 between.

    >>> sparse_sigmoid([-2.0, 0.0, 2.0])
    array([0. , 0.5, 1. ], dtype=float32)
    """
    return clip(affine(floating(x), 0.5, 0.5), 0.0, 1.0)


def sparsemax(x, axis=-1):
    """The projection of x onto the probabilities along an axis (Martins and Astudillo 2016): many exact zeros.

    >>> sparsemax([0.1, 2.0])
    array([0., 1.], dtype=float32)
    """
    x = moveaxis(floating(x), axis, -1)
    falling = flip(sort(x, -1), -1)
    n = x.shape[-1]
    reserve(n)
    k = np.arange(1, n + 1, dtype=dtypes.numpy_type(dtype_of(x)))
    total = cumsum(falling, -1)
    from fastnn.ops.functions.compare import greater
    inside = cast_to(greater(affine(multiply(falling, k), 1.0, 1.0), total), dtype_of(x))
    count = sum(inside, -1, True)
    tau = divide(affine(sum(multiply(falling, inside), -1, True), 1.0, -1.0), count)
    return moveaxis(_relu(subtract(x, tau)), -1, axis)


# ------------------------------------------------------------------ images, distances
def depth_to_space(x, block_size, data_format="channels_last"):
    """(n, h, w, b b c) as (n, h b, w b, c): blocks of channels become blocks of pixels.

    >>> depth_to_space(np.zeros((1, 2, 2, 4), "float32"), 2).shape
    (1, 4, 4, 1)
    """
    x, b = operand(x), int(block_size)
    x = x if data_format == "channels_last" else transpose(x, (0, 2, 3, 1))
    n, h, w, c = x.shape
    y = transpose(reshape(x, (-1 if n is None else n, h, w, b, b, c // (b * b))), (0, 1, 3, 2, 4, 5))
    y = reshape(y, (-1 if n is None else n, h * b, w * b, c // (b * b)))
    return y if data_format == "channels_last" else transpose(y, (0, 3, 1, 2))


def space_to_depth(x, block_size, data_format="channels_last"):
    """(n, h b, w b, c) as (n, h, w, b b c): blocks of pixels become blocks of channels.

    >>> space_to_depth(np.zeros((1, 4, 4, 1), "float32"), 2).shape
    (1, 2, 2, 4)
    """
    x, b = operand(x), int(block_size)
    x = x if data_format == "channels_last" else transpose(x, (0, 2, 3, 1))
    n, h, w, c = x.shape
    y = transpose(reshape(x, (-1 if n is None else n, h // b, b, w // b, b, c)), (0, 1, 3, 2, 4, 5))
    y = reshape(y, (-1 if n is None else n, h // b, w // b, b * b * c))
    return y if data_format == "channels_last" else transpose(y, (0, 3, 1, 2))


def cdist(x, y):
    """The Euclidean distances between the rows of two matrices.

    >>> cdist([[0.0, 0.0]], [[3.0, 4.0]])
    array([[5.]], dtype=float32)
    """
    d = subtract(expand_dims(floating(x), -2), expand_dims(floating(y), -3))
    return sqrt(sum(square(d), axis=-1))


def correlate(x1, x2, mode="valid"):
    """The cross-correlation of two vectors.

    >>> correlate([1.0, 2.0, 3.0], [1.0, 1.0])
    array([3., 5.], dtype=float32)
    """
    from fastnn.ops.functions.slicing import pad
    a, b = floating(x1), floating(x2)
    n, m = a.shape[0], b.shape[0]
    if n < m:
        return flip(correlate(b, a, mode), 0)
    margins = {"valid": (0, 0), "full": (m - 1, m - 1), "same": (m // 2, m - 1 - m // 2)}.get(mode)
    if margins is None:
        raise ArgumentError(f"correlate: received mode={mode!r}, expected 'valid', 'same' or 'full'.")
    a = pad(a, (margins,))
    size = a.shape[0] - m + 1
    parts = [multiply(getitem(a, slice(i, i + size)), getitem(b, i)) for i in range(m)]
    return sum(stack(parts), axis=0)


# ------------------------------------------------------------------ functions
def vectorize(pyfunc, *, excluded=None, signature=None):
    """A function of values that calls pyfunc for each slice along the first axis and stacks the results.

    >>> vectorize(lambda v: v * 2)(np.array([1.0, 2.0], "float32"))
    array([2., 4.], dtype=float32)
    """
    def over(*xs):
        return map(lambda v: pyfunc(*v), tuple(operand(x) for x in xs))
    return over


def associative_scan(f, elems, reverse=False, axis=0):
    """All running results of an associative f(a, b) along an axis.

    >>> associative_scan(lambda a, b: a + b, np.array([1, 2, 3], "int32"))
    array([1, 3, 6], dtype=int32)
    """
    x = moveaxis(operand(elems), normalize_axis(axis, len(operand(elems).shape)), 0)
    x = flip(x, 0) if reverse else x
    first, rest = getitem(x, 0), getitem(x, slice(1, None))

    def step(carry, v):
        y = f(carry, v)
        return y, y
    if rest.shape[0]:
        _, ys = scan(step, first, rest)
        x = concatenate([expand_dims(first, 0), ys], 0)
    return moveaxis(flip(x, 0) if reverse else x, 0, axis)
