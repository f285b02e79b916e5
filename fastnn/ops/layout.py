"""Shapes, order, parts and constants: the public functions over the records of movement.py."""
import builtins

import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.core.shapes import broadcast, normalize_axis, product
from fastnn.graph.trace import current
from fastnn.ops import movement as records
from fastnn.ops.common import cast_to, dtype_of, is_symbol, operand, result_dtype

__all__ = ["reshape", "expand_dims", "squeeze", "transpose", "broadcast_to", "broadcast_shapes", "concatenate",
           "stack", "unstack",
           "split", "getitem", "slice", "slice_update", "pad", "flip", "tile", "repeat", "roll", "ravel", "swapaxes",
           "moveaxis",
           "append", "vstack", "hstack", "full_like", "zeros_like", "ones_like", "empty_like", "full", "zeros", "ones",
           "empty", "shape",
           "ndim", "size", "convert_to_tensor", "convert_to_numpy", "is_tensor", "array", "copy", "rot90",
           "array_split"]


def _ints(shape):
    return tuple(int(d) for d in shape) if isinstance(shape, (tuple, list, np.ndarray)) else (int(shape),)


def reshape(x, newshape):
    """The same elements in another shape; one size may be -1. None (rows not known yet) counts as -1.

    >>> reshape([1, 2, 3, 4], (2, -1))
    array([[1, 2],
           [3, 4]], dtype=int32)
    """
    x = operand(x)
    wanted = list(newshape) if isinstance(newshape, (tuple, list)) else [newshape]
    if None in wanted:
        if -1 in wanted and None not in x.shape[1:]:            # (rows, -1): the rest follows from the known sizes
            known = product(d for d in wanted if d not in (None, -1))
            wanted[wanted.index(-1)] = product(x.shape[1:]) // builtins.max(known, 1)
        wanted = [-1 if d is None else d for d in wanted]
    return records._reshape(x, shape=_ints(wanted))


def ravel(x):
    """All elements in one dimension.

    >>> ravel([[1, 2], [3, 4]])
    array([1, 2, 3, 4], dtype=int32)
    """
    return reshape(x, (-1,))


def expand_dims(x, axis):
    """x with a new dimension of size 1 at `axis` (an int, or several), as positions in the result.

    >>> expand_dims([1, 2], 0).shape
    (1, 2)
    """
    return records._expand_dims(operand(x), axis=tuple(axis) if isinstance(axis, (list, tuple)) else axis)


def squeeze(x, axis=None):
    """x without dimensions of size 1: all of them, or those of `axis`.

    >>> squeeze([[1], [2]]).shape
    (2,)
    """
    return records._squeeze(operand(x), axis=tuple(axis) if isinstance(axis, (list, tuple)) else axis)


def transpose(x, axes=None):
    """x with its dimensions in the order `axes` (reversed, if None).

    >>> transpose([[1, 2], [3, 4]])
    array([[1, 3],
           [2, 4]], dtype=int32)
    """
    x = operand(x)
    rank = len(x.shape)
    axes = tuple(range(rank))[::-1] if axes is None else tuple(normalize_axis(a, rank, "axes") for a in axes)
    return x if axes == tuple(range(rank)) and is_symbol(x) else records._transpose(x, axes=axes)


def swapaxes(x, axis1, axis2):
    """x with two dimensions exchanged.

    >>> swapaxes([[1, 2]], 0, 1).shape
    (2, 1)
    """
    x = operand(x)
    axes = list(range(len(x.shape)))
    a, b = normalize_axis(axis1, len(axes)), normalize_axis(axis2, len(axes))
    axes[a], axes[b] = b, a
    return transpose(x, axes)


def moveaxis(x, source, destination):
    """x with dimensions moved from `source` to `destination` positions; the others keep their order.

    >>> moveaxis([[[1, 2]]], -1, 0).shape
    (2, 1, 1)
    """
    x = operand(x)
    rank = len(x.shape)
    source = [normalize_axis(a, rank) for a in (source if isinstance(source, (tuple, list)) else (source,))]
    target = [normalize_axis(a, rank) for a in (destination if isinstance(destination, (tuple, list))
                                                else (destination,))]
    axes = [a for a in range(rank) if a not in source]
    for t, s in sorted(zip(target, source)):
        axes.insert(t, s)
    return transpose(x, axes)


def broadcast_to(x, shape):
    """x repeated along new leading dimensions and those of size 1.

    >>> broadcast_to([1, 2], (2, 2))
    array([[1, 2],
           [1, 2]], dtype=int32)
    """
    x, shape = operand(x), tuple(None if d is None else int(d) for d in shape)
    return x if tuple(x.shape) == shape else records._broadcast_to(x, shape=shape)


def broadcast_shapes(*shapes):
    """The shape that values of these shapes broadcast to.

    >>> broadcast_shapes((2, 1), (3,))
    (2, 3)
    """
    return broadcast(*(tuple(s) for s in shapes))


def _joined(xs):
    xs = list(xs)
    if not xs:
        raise ArgumentError("Received an empty list of values to join; expected at least one.")
    dtype = result_dtype(*xs)
    return [cast_to(x, dtype) for x in xs]


def concatenate(xs, axis=0):
    """The values one after the other along an axis; their other sizes must be equal.

    >>> concatenate([[1, 2], [3]])
    array([1, 2, 3], dtype=int32)
    """
    xs = _joined(xs)
    return xs[0] if len(xs) == 1 else records._concatenate(*xs, axis=axis)


def stack(x, axis=0):
    """The values (of one shape) along a new axis.

    >>> stack([[1, 2], [3, 4]], axis=1)
    array([[1, 3],
           [2, 4]], dtype=int32)
    """
    return concatenate([expand_dims(v, axis) for v in _joined(x)], axis)


def unstack(x, num=None, axis=0):
    """The parts of x along an axis, which they lose.

    >>> [int(v) for v in unstack([1, 2])]
    [1, 2]
    """
    x = operand(x)
    n = x.shape[normalize_axis(axis, len(x.shape))]
    if n is None or (num is not None and num != n):
        raise ShapeError(f"unstack: axis {axis} of the shape {tuple(x.shape)} does not have num={num} parts.")
    return [squeeze(v, axis) for v in split(x, n, axis)]


def append(x1, x2, axis=None):
    """x2 after x1 along an axis; both flattened if axis is None.

    >>> append([1, 2], [3])
    array([1, 2, 3], dtype=int32)
    """
    return concatenate([ravel(x1), ravel(x2)] if axis is None else [x1, x2], axis or 0)


def vstack(xs):
    """The values below each other: along the first axis, vectors as rows.

    >>> vstack([[1, 2], [3, 4]])
    array([[1, 2],
           [3, 4]], dtype=int32)
    """
    return concatenate([reshape(x, (1, -1)) if len(x.shape) < 2 else x for x in map(operand, xs)], 0)


def hstack(xs):
    """The values side by side: along the second axis, vectors along their only one.

    >>> hstack([[1, 2], [3]])
    array([1, 2, 3], dtype=int32)
    """
    xs = [reshape(x, (1,)) if not x.shape else x for x in map(operand, xs)]
    return concatenate(xs, 0 if len(xs[0].shape) == 1 else 1)


def split(x, indices_or_sections, axis=0):
    """A list of parts of x: so many equal ones, or cut before the given indices.

    >>> split([1, 2, 3, 4], 2)
    [array([1, 2], dtype=int32), array([3, 4], dtype=int32)]
    """
    x = operand(x)
    axis = normalize_axis(axis, len(x.shape))
    n = x.shape[axis]
    if n is None:
        raise ShapeError(f"split: the size of axis {axis} of the shape {tuple(x.shape)} is not known yet.")
    if isinstance(indices_or_sections, (int, np.integer)):
        parts = int(indices_or_sections)
        if parts < 1 or n % parts:
            raise ShapeError(f"split: {n} elements along axis {axis} do not divide into {parts} equal parts.")
        sizes = (n // parts,) * parts
    else:
        cuts = [builtins.min(builtins.max(int(i) + (n if i < 0 else 0), 0), n) for i in indices_or_sections]
        sizes = tuple(b - a for a, b in zip([0, *cuts], [*cuts, n]))
    return [x] if len(sizes) == 1 else list(records._split(x, sizes=sizes, axis=axis))


def array_split(x, indices_or_sections, axis=0):
    """Like split, but the parts need not be equal: the first ones are larger by one.

    >>> [len(v) for v in array_split([1, 2, 3], 2)]
    [2, 1]
    """
    x = operand(x)
    n, parts = x.shape[normalize_axis(axis, len(x.shape))], int(indices_or_sections)
    small, extra = divmod(n, parts)
    return split(x, [small * i + builtins.min(i, extra) for i in range(1, parts)], axis)


# ------------------------------------------------------------------ parts
def getitem(x, key):
    """x[key] for ints, slices (negative steps too), None and Ellipsis; a list or array of ints takes rows.

    >>> getitem([[1, 2], [3, 4]], (builtins.slice(None), 1))
    array([2, 4], dtype=int32)
    """
    x = operand(x)
    key = key if isinstance(key, tuple) else (key,)
    rank = len(x.shape)
    used = builtins.sum(k is not None and k is not Ellipsis for k in key)
    if used > rank:
        raise ShapeError(f"Received {used} indices for a value of shape {tuple(x.shape)}.")
    if Ellipsis not in [k for k in key if k is None or k is Ellipsis]:
        key = (*key, Ellipsis)
    slices, drop, add, gather, d, out = [], [], [], [], 0, 0
    for k in key:
        if k is Ellipsis:
            for _ in range(rank - used):
                slices.append((None, None, None))
                d, out = d + 1, out + 1
        elif k is None:
            add.append(out)
            out += 1
        elif isinstance(k, builtins.slice):
            slices.append(tuple(None if v is None else int(v) for v in (k.start, k.stop, k.step)))
            d, out = d + 1, out + 1
        elif hasattr(k, "__index__") and not isinstance(k, (bool, np.bool_)) and not getattr(k, "shape", ()):
            i, n = k.__index__(), x.shape[d]
            if n is not None and not -n <= i < n:
                raise IndexError(f"index {i} is out of range for axis {d} with size {n}")
            i = i + n if i < 0 and n is not None else i
            slices.append((i, i + 1 or None, None))
            drop.append(d)
            d += 1
        else:
            slices.append((None, None, None))
            gather.append((d, k))
            d, out = d + 1, out + 1
    if any(s != (None, None, None) for s in slices):
        x = records._slice(x, key=tuple(slices))
    if gather:
        from fastnn.ops.index import take
        if len(gather) > 1:
            raise ArgumentError("Indexing with several lists or arrays is not supported; use fastnn.ops.take or take_along_axis.")
        axis, indices = gather[0]
        x = take(x, indices, axis=axis)
    x = squeeze(x, tuple(drop)) if drop else x
    return expand_dims(x, tuple(add)) if add else x


def slice(inputs, start_indices, shape):
    """The block of the given shape that begins at start_indices (ints; -1 in shape: up to the end).

    >>> slice([[1, 2], [3, 4]], (0, 1), (2, 1))
    array([[2],
           [4]], dtype=int32)
    """
    return getitem(inputs, tuple(builtins.slice(int(a), None if n == -1 else int(a) + int(n))
                                 for a, n in zip(start_indices, shape)))


def slice_update(inputs, start_indices, updates):
    """inputs with the block that begins at start_indices replaced by updates.

    >>> slice_update([1, 2, 3], [1], [9])
    array([1, 9, 3], dtype=int32)
    """
    from fastnn.ops.binary import where
    x, u = operand(inputs), operand(updates)
    key = tuple((int(a), int(a) + n, None) for a, n in zip(start_indices, u.shape))
    inside = np.zeros(x.shape, bool)
    inside[tuple(builtins.slice(*k) for k in key)] = True
    margins = tuple((k[0], d - k[1]) for k, d in zip(key, x.shape))
    return where(inside, records._pad(cast_to(u, dtype_of(x)), pad_width=margins, constant_value=0.0), x)


def pad(x, pad_width, mode="constant", constant_values=None):
    """x with margins: a number, or the values that "reflect", "symmetric" and "edge" take from x.

    pad_width: an int, one (before, after) pair, or a pair per dimension.

    >>> pad([1, 2], (1, 0))
    array([0, 1, 2], dtype=int32)
    """
    x = operand(x)
    rank = len(x.shape)
    width = np.broadcast_to(np.asarray(pad_width, np.int64), (rank, 2))
    width = tuple((int(a), int(b)) for a, b in width)
    if mode == "constant":
        return records._pad(x, pad_width=width, constant_value=0 if constant_values is None else constant_values)
    if mode not in ("reflect", "symmetric", "edge"):
        raise ArgumentError(f"pad: received mode={mode!r}, expected 'constant', 'reflect', 'symmetric' or 'edge'.")
    from fastnn.ops.index import take
    for axis, margins in enumerate(width):
        if any(margins):
            x = take(x, np.pad(np.arange(x.shape[axis]), margins, mode=mode), axis=axis)
    return x


def flip(x, axis=None):
    """x with the order along some axes (all, if None) reversed.

    >>> flip([1, 2, 3])
    array([3, 2, 1], dtype=int32)
    """
    x = operand(x)
    rank = len(x.shape)
    axes = range(rank) if axis is None else [normalize_axis(a, rank) for a in (axis if isinstance(axis, (tuple, list))
                                                                               else (axis,))]
    return getitem(x, tuple(builtins.slice(None, None, -1) if d in axes else builtins.slice(None) for d in range(rank)))


def rot90(array, k=1, axes=(0, 1)):
    """array turned k times by 90 degrees in the plane of two axes, from the first towards the second.

    >>> rot90([[1, 2], [3, 4]])
    array([[2, 4],
           [1, 3]], dtype=int32)
    """
    a, b = axes
    if k % 4 == 2:
        return flip(array, (a, b))
    if k % 4 == 1:
        return swapaxes(flip(array, b), a, b)
    return flip(swapaxes(array, a, b), b) if k % 4 else operand(array)


def roll(x, shift, axis=None):
    """x with elements moved by `shift` along an axis; what leaves one end enters at the other.

    >>> roll([1, 2, 3], 1)
    array([3, 1, 2], dtype=int32)
    """
    x = operand(x)
    if axis is None:
        return reshape(roll(ravel(x), shift, 0), x.shape)
    if isinstance(axis, (tuple, list)):
        for s, a in zip(shift if isinstance(shift, (tuple, list)) else [shift] * len(axis), axis):
            x = roll(x, s, a)
        return x
    n = x.shape[normalize_axis(axis, len(x.shape))]
    k = n - shift % n if n else 0
    return concatenate(split(x, [k], axis)[::-1], axis) if 0 < k < n else x


def tile(x, repeats):
    """x repeated `repeats` times along each axis.

    >>> tile([1, 2], 2)
    array([1, 2, 1, 2], dtype=int32)
    """
    x, repeats = operand(x), list(_ints(repeats))
    own = [1] * (len(repeats) - len(x.shape)) + list(x.shape)
    repeats = [1] * (len(own) - len(repeats)) + repeats
    return _repeated(x, [v for d in own for v in (1, d)],
                     [v for r, d in zip(repeats, own) for v in (r, d)],
                     [None if d is None else d * r for d, r in zip(own, repeats)])


def _repeated(x, narrow, wide, final):
    return reshape(broadcast_to(reshape(x, narrow), wide), final)


def repeat(x, repeats, axis=None):
    """Each element of x (each slice along an axis) several times in a row; repeats may differ per element.

    >>> repeat([1, 2], 2)
    array([1, 1, 2, 2], dtype=int32)
    """
    x = operand(x)
    if axis is None:
        x, axis = ravel(x), 0
    axis = normalize_axis(axis, len(x.shape))
    if not isinstance(repeats, (int, np.integer)):
        from fastnn.ops.index import take
        counts = np.broadcast_to(np.asarray(repeats), (x.shape[axis],
                                                       )) if np.size(repeats) == 1 else np.asarray(repeats)
        return take(x, np.repeat(np.arange(x.shape[axis]), counts), axis=axis)
    shape = list(x.shape)
    head, n, tail = shape[:axis], shape[axis], shape[axis + 1:]
    return _repeated(x, [*head, n, 1, *tail], [*head, n, int(repeats), *tail],
                     [*head, None if n is None else n * int(repeats), *tail])


# ------------------------------------------------------------------ constants
def full(shape, fill_value, dtype=None):
    """A value of a shape with one number everywhere (the default float type, unless dtype says otherwise).

    >>> full((2,), 3)
    array([3., 3.], dtype=float32)
    """
    name = dtypes.standardize(dtype)
    shape = _ints(shape)
    if is_symbol(fill_value) or np.ndim(fill_value):
        return broadcast_to(cast_to(fill_value, name), shape)
    trace = current()
    if trace is None:
        return np.full(shape, fill_value, dtypes.numpy_type(name))
    return broadcast_to(trace.constant(fill_value, name), shape)


def zeros(shape, dtype=None):
    """Zeros of a shape.

    >>> zeros((2,))
    array([0., 0.], dtype=float32)
    """
    return full(shape, 0, dtype)


def ones(shape, dtype=None):
    """Ones of a shape.

    >>> ones((2,), "int32")
    array([1, 1], dtype=int32)
    """
    return full(shape, 1, dtype)


def empty(shape, dtype=None):
    """A value of a shape whose numbers are not promised (they are zeros).

    >>> empty((2, 3)).shape
    (2, 3)
    """
    return full(shape, 0, dtype)


def full_like(x, fill_value, dtype=None):
    """One number everywhere, in x's shape and dtype.

    >>> full_like([1, 2], 7)
    array([7, 7], dtype=int32)
    """
    x = operand(x)
    name = dtypes.standardize(dtype, dtype_of(x))
    if None in x.shape:
        return records._full_like(x, value=fill_value, dtype=name)
    return full(x.shape, fill_value, name)


def zeros_like(x, dtype=None):
    """Zeros in x's shape and dtype.

    >>> zeros_like([1.0, 2.0])
    array([0., 0.], dtype=float32)
    """
    return full_like(x, 0, dtype)


def ones_like(x, dtype=None):
    """Ones in x's shape and dtype.

    >>> ones_like([1.0, 2.0])
    array([1., 1.], dtype=float32)
    """
    return full_like(x, 1, dtype)


empty_like = zeros_like


# ------------------------------------------------------------------ conversion
def convert_to_tensor(x, dtype=None, sparse=None, ragged=None):
    """x as an array (inside a trace: a symbol), in `dtype` if given.

    >>> convert_to_tensor([1, 2], "float32")
    array([1., 2.], dtype=float32)
    """
    x = operand(x)
    if hasattr(x, "_fastnn_variable"):
        x = x.value
    return x if dtype is None else cast_to(x, dtypes.standardize(dtype))


def array(x, dtype=None):
    """A new array with x's values.

    >>> array([1, 2])
    array([1, 2], dtype=int32)
    """
    x = convert_to_tensor(x, dtype)
    return x.copy() if isinstance(x, np.ndarray) else x


def copy(x):
    """A copy of x.

    >>> copy([1.0])
    array([1.], dtype=float32)
    """
    return array(x)


def convert_to_numpy(x):
    """x as a NumPy array.

    >>> convert_to_numpy([1.0])
    array([1.], dtype=float32)
    """
    return np.asarray(operand(x))


def is_tensor(x):
    """Whether x is a value that operations return: an array or a symbol.

    >>> is_tensor(np.zeros(2)), is_tensor([0.0])
    (True, False)
    """
    return is_symbol(x) or isinstance(x, np.ndarray)


def shape(x):
    """The sizes of x as a tuple; None for the rows while a functional model is being built.

    >>> shape([[1, 2]])
    (1, 2)
    """
    return tuple(operand(x).shape)


def ndim(x):
    """The number of dimensions of x.

    >>> ndim([[1, 2]])
    2
    """
    return len(operand(x).shape)


def size(x):
    """The number of elements of x; None while it is not known.

    >>> size([[1, 2]])
    2
    """
    s = operand(x).shape
    return None if None in s else product(s)
