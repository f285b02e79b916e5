"""Images whose pixels are taken from other places: maps of coordinates, affine and perspective transforms."""

import itertools
from typing import Any

import numpy as np

from fastnn.core import dtypes, hooks
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.core.shapes import product
from fastnn.core.types import Tensor
from fastnn.graph.active import current
from fastnn.graph.tensor import gathers
from fastnn.graph.trace import is_symbolic
from fastnn.ops.forms import WIDE
from fastnn.ops.functions.arithmetic import add, clip, divide, minimum, mod, multiply, subtract
from fastnn.ops.functions.comparison import greater_equal, less, logical_and, where
from fastnn.ops.functions.elementwise import abs, affine, floor, negative, sign, trunc
from fastnn.ops.functions.image_filters import gaussian_blur
from fastnn.ops.functions.image_frame import as_floats, last
from fastnn.ops.functions.indexing import take
from fastnn.ops.functions.layout import broadcast_to, concatenate, expand_dims, reshape, squeeze, stack
from fastnn.ops.functions.linalg import solve
from fastnn.ops.functions.operands import cast_to, dtype_of, float_dtype, floating, operand
from fastnn.ops.functions.slicing import getitem
from fastnn.ops.op import R

ORDERS = {"nearest": 0, "bilinear": 1}


# ------------------------------------------------------------------ reading between the pixels
def _mirror(index, size):
    if size == 1:
        return multiply(index, 0)
    return abs(subtract(mod(add(index, size - 1), 2 * (size - 1)), size - 1))


def _reflect(index, size):
    inside = mod(index, 2 * size)
    return minimum(inside, subtract(2 * size - 1, inside))


# how an index outside becomes one inside
FIXES = {
    "constant": lambda index, size: clip(index, 0, size - 1),
    "nearest": lambda index, size: clip(index, 0, size - 1),
    "wrap": mod,
    "mirror": _mirror,
    "reflect": _reflect,
}


def _check(order, fill_mode):
    if fill_mode not in FIXES:
        raise ArgumentError(
            f"Invalid value for argument `fill_mode`. Expected one of {set(FIXES)}. Received: fill_mode={fill_mode}"
        )
    if order not in (0, 1):
        raise ArgumentError(f"Invalid value for argument `order`. Expected one of [0, 1]. Received: order={order}")


def _away(x):
    """x rounded, halves away from 0."""
    return trunc(add(x, affine(sign(x), 0.5)))


def _neighbours(at, size, order, fill_mode):
    """For each pixel that counts along an axis: (its index, int32 and inside; whether it was inside or None; weight).

    at: places, floats.
    """
    low = floor(at) if order else _away(at)
    share = subtract(at, low) if order else None
    found = []
    for step in range(order + 1):
        index = cast_to(affine(low, 1.0, float(step)), "int32")
        weight = None if share is None else share if step else affine(share, -1.0, 1.0)
        inside = None
        if fill_mode == "constant":
            inside = logical_and(greater_equal(index, 0), less(index, size))
        found.append((FIXES[fill_mode](index, size), inside, weight))
    return found


def _alone(values):
    """Whether nobody can ask for a gradient of what is made of these values now."""
    trace = current()
    if trace is None:
        return not is_symbolic(values) and not gathers(values)
    return bool(trace.extra.get("alone"))


def sampled(x, places, order, fill_mode, fill_value):
    """x (n, *sizes, c) read at places, one (n, *shape) of floats for each of the sizes; returns (n, *shape, c)."""
    n, *sizes, channels = x.shape
    kind = dtype_of(x)
    shape = tuple(places[0].shape)
    if len(sizes) == 2 and x.shape[1:].count(0) == 0 and _alone((x, *places)):  # one kernel, with the same bits
        rows, columns = (broadcast_to(v, (n, *shape[1:])) for v in places)
        return R.sample(x, rows, columns, order=order, fill_mode=fill_mode, fill_value=float(fill_value))
    rows = reshape(x, (-1, channels))
    start = np.arange(n, dtype=np.int32).reshape(-1, *(1,) * (len(shape) - 1)) * product(sizes)
    outside, total = np.asarray(fill_value, dtypes.numpy_type(kind)), None
    for corner in itertools.product(*(_neighbours(at, s, order, fill_mode) for at, s in zip(places, sizes))):
        index, inside, weight = start, None, None
        for k, (i, valid, w) in enumerate(corner):
            index = add(index, multiply(i, product(sizes[k + 1 :])))
            if valid is not None:
                inside = valid if inside is None else logical_and(inside, valid)
            if w is not None:
                weight = w if weight is None else multiply(weight, w)
        value = take(rows, index, axis=0)
        value = value if inside is None else where(expand_dims(inside, -1), value, outside)
        value = value if weight is None else multiply(value, cast_to(expand_dims(weight, -1), kind))
        total = value if total is None else add(total, value)
    return total


def map_coordinates(inputs: Any, coordinates: Any, order: Any, fill_mode: Any = "constant", fill_value: Any = 0):
    """The values of an array at coordinates, which may lie between its elements.

    Args:
        inputs: an array of rank r.
        coordinates: (r, ...) one place for each dimension.
        order: 0 takes the nearest element, 1 interpolates between neighbours.
        fill_mode: what lies outside: "constant", "nearest", "wrap", "mirror" or "reflect".
        fill_value: the constant.

    Integers are rounded, halves away from 0.

    >>> map_coordinates([[0.0, 1.0], [2.0, 3.0]], [[0.5, 1.0], [0.5, 0.0]], 1).tolist()
    [1.5, 2.0]
    """
    x, at = operand(inputs), operand(coordinates)
    if at.shape[0] != len(x.shape):
        raise ShapeError(
            "First dim of `coordinates` must be the same as the rank of `inputs`. Received inputs with shape: "
            f"{tuple(x.shape)} and coordinate leading dim of {at.shape[0]}"
        )
    if len(at.shape) < 2:
        raise ShapeError(f"Invalid coordinates rank: expected at least rank 2. Received shape: {tuple(at.shape)}")
    _check(order, fill_mode)
    x, own = as_floats(x)
    kind = dtype_of(x)
    x, at = cast_to(x, WIDE.get(kind, kind)), floating(at)
    places = [getitem(at, (slice(k, k + 1),)) for k in range(at.shape[0])]
    y = sampled(expand_dims(x, (0, -1)), places, order, fill_mode, fill_value)
    y = cast_to(reshape(y, tuple(at.shape[1:])), kind)
    return y if kind == dtype_of(operand(inputs)) else own(_away(y))


def _arguments(name, interpolation, fill_mode="constant"):
    """The order of an interpolation, checked."""
    if interpolation not in ORDERS:
        raise ArgumentError(
            "Invalid value for argument `interpolation`. Expected of one "
            f"{set(ORDERS)}. Received: interpolation={interpolation}"
        )
    if fill_mode not in FIXES:
        raise ArgumentError(
            f"Invalid value for argument `fill_mode`. Expected of one {set(FIXES)}. Received: fill_mode={fill_mode}"
        )
    return ORDERS[interpolation]


def read_places(images, places, order, fill_mode, fill_value):
    """Images (n, h, w, c) at (rows, columns), in their own dtype."""
    x, own = as_floats(images)
    kind = dtype_of(x)
    y = sampled(cast_to(x, WIDE.get(kind, kind)), places, order, fill_mode, fill_value)
    return cast_to(y, kind) if kind == dtype_of(images) else own(_away(y))


def affine_transform(
    images: Any,
    transform: Any,
    interpolation: Any = "bilinear",
    fill_mode: Any = "constant",
    fill_value: Any = 0,
    data_format: str | None = None,
) -> Tensor:
    """Images whose pixel (x, y) is that of the given ones at (a0 x + a1 y + a2, b0 x + b1 y + b2).

    Args:
        images: (n, h, w, c) or (h, w, c), or channels first.
        transform: (n, 8) or (8,): a0, a1, a2, b0, b1, b2 and two numbers that do not count.
        interpolation: "bilinear" or "nearest".
        fill_mode: what lies outside: "constant", "nearest", "wrap", "mirror" or "reflect".
        fill_value: the constant.
        data_format: "channels_last" or "channels_first"; the configured one by default.

    >>> import numpy as np
    >>> x = np.arange(4, dtype="float32").reshape(2, 2, 1)
    >>> affine_transform(x, [1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0])[..., 0].tolist()
    [[1.0, 0.0], [3.0, 0.0]]
    """
    order = _arguments("affine_transform", interpolation, fill_mode)
    x, back = last(images, data_format, "affine_transform")
    t = floating(transform)
    if len(t.shape) not in (1, 2) or t.shape[-1] != 8:
        raise ShapeError(
            "Invalid transform rank: expected rank 1 (single transform) or rank 2 (batch of transforms), of 8 numbers. "
            f"Received input with shape: transform.shape={tuple(t.shape)}"
        )
    t = t if len(t.shape) == 2 else expand_dims(t, 0)
    n, height, width = x.shape[:3]
    ys = np.arange(height).reshape(1, -1, 1).astype(dtypes.numpy_type(dtype_of(t)))
    xs = np.arange(width).reshape(1, 1, -1).astype(ys.dtype)
    a = [getitem(t, (slice(None), k, None, None)) for k in range(6)]
    columns = add(add(multiply(a[0], xs), multiply(a[1], ys)), a[2])
    rows = add(add(multiply(a[3], xs), multiply(a[4], ys)), a[5])
    places = [broadcast_to(v, (n, height, width)) for v in (rows, columns)]
    return back(read_places(x, places, order, fill_mode, fill_value))


def perspective_transform(
    images: Any,
    start_points: Any,
    end_points: Any,
    interpolation: Any = "bilinear",
    fill_value: Any = 0,
    data_format: str | None = None,
) -> Tensor:
    """Images seen from elsewhere: what was at four start points lies at four end points.

    Args:
        images: (n, h, w, c) or (h, w, c), or channels first.
        start_points, end_points: (n, 4, 2) or (4, 2), (x, y) each.
        interpolation: "bilinear" or "nearest".
        fill_value: of what lies outside.
        data_format: "channels_last" or "channels_first"; the configured one by default.

    >>> import numpy as np
    >>> x = np.arange(4, dtype="float32").reshape(2, 2, 1)
    >>> p = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], "float32")
    >>> perspective_transform(x, p, p[[1, 0, 3, 2]])[..., 0].tolist()
    [[1.0, 0.0], [3.0, 2.0]]
    """
    order = _arguments("perspective_transform", interpolation)
    x, back = last(images, data_format, "perspective_transform")
    points = [operand(start_points), operand(end_points)]
    for which, p in zip(("start_points", "end_points"), points):
        if len(p.shape) not in (2, 3) or tuple(p.shape[-2:]) != (4, 2):
            raise ShapeError(
                f"Invalid {which} shape: expected (4,2) for a single image or (N,4,2) for a batch. "
                f"Received shape: {tuple(p.shape)}"
            )
    if tuple(points[0].shape) != tuple(points[1].shape):
        raise ShapeError(
            "start_points and end_points must have the same shape. Received "
            f"start_points.shape={tuple(points[0].shape)}, end_points.shape={tuple(points[1].shape)}"
        )
    kind = float_dtype(*points)
    kind = WIDE.get(kind, kind)
    start, end = (cast_to(p if len(p.shape) == 3 else expand_dims(p, 0), kind) for p in points)
    h = _homography(start, end)
    n, height, width = x.shape[:3]
    ys = np.arange(height).reshape(1, -1, 1).astype(dtypes.numpy_type(kind))
    xs = np.arange(width).reshape(1, 1, -1).astype(ys.dtype)
    c = [getitem(h, (slice(None), k, None, None)) for k in range(8)]
    below = affine(add(multiply(c[6], xs), multiply(c[7], ys)), 1.0, 1.0)
    columns, rows = (divide(add(add(multiply(c[k], xs), multiply(c[k + 1], ys)), c[k + 2]), below) for k in (0, 3))
    places = [broadcast_to(v, (n, height, width)) for v in (rows, columns)]
    return back(read_places(x, places, order, "constant", fill_value))


def _homography(start, end):
    """(n, 8) numbers h with start x = (h0 x + h1 y + h2) / (h6 x + h7 y + 1) and start y likewise at the end points."""
    sx, sy, ex, ey = (getitem(p, (..., k)) for p in (start, end) for k in (0, 1))
    none, one = multiply(ex, 0.0), affine(ex, 0.0, 1.0)
    above = stack([ex, ey, one, none, none, none, negative(multiply(sx, ex)), negative(multiply(sx, ey))], -1)
    below = stack([none, none, none, ex, ey, one, negative(multiply(sy, ex)), negative(multiply(sy, ey))], -1)
    found = solve(concatenate([above, below], 1), expand_dims(concatenate([sx, sy], -1), -1))
    return squeeze(found, -1)


def elastic_transform(
    images: Any,
    alpha: Any = 20.0,
    sigma: Any = 5.0,
    interpolation: Any = "bilinear",
    fill_mode: Any = "reflect",
    fill_value: Any = 0.0,
    seed: Any = None,
    data_format: str | None = None,
) -> Tensor:
    """Images whose pixels are moved by random, smooth distances (Simard et al., 2003).

    Args:
        images: (n, h, w, c) or (h, w, c), or channels first.
        alpha: how far.
        sigma: how smoothly, in pixels.
        interpolation: "bilinear" or "nearest".
        fill_mode, fill_value: what lies outside, as in `affine_transform`.
        seed: int, SeedGenerator or None.
        data_format: "channels_last" or "channels_first"; the configured one by default.

    >>> import numpy as np
    >>> elastic_transform(np.ones((1, 4, 4, 1), "float32"), seed=1).shape
    (1, 4, 4, 1)
    """
    order = _arguments("elastic_transform", interpolation, fill_mode)
    x, back = last(images, data_format, "elastic_transform")
    n, height, width = x.shape[:3]
    size = int(6 * float(sigma)) | 1
    moved = affine(floating(hooks.call("random_normal", (n, height, width, 2), seed)), float(sigma))
    moved = gaussian_blur(moved, (size, size), (float(sigma), float(sigma)), "channels_last")
    columns, rows = (affine(getitem(moved, (..., k)), float(alpha)) for k in (0, 1))
    rows = add(rows, np.arange(height, dtype=np.float32).reshape(1, -1, 1))
    columns = add(columns, np.arange(width, dtype=np.float32).reshape(1, 1, -1))
    return back(read_places(x, [rows, columns], order, fill_mode, fill_value))
