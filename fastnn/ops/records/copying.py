"""Copies as kernel calls: strided, transposed, repeated, filled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.core import dtypes
from fastnn.core.blocks import TRANSPOSE_BAND
from fastnn.core.shapes import product
from fastnn.core.types import Dims
from fastnn.ops.forms import BITS, broadcast_strides, collapse, strides

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter


# ------------------------------------------------------------------ emitting copies
def emit_copy(
    e: Emitter,
    x: Any,
    y: Any,
    sizes: Any,
    sx: Any,
    sy: Any,
    x0: Any = 0,
    y0: Any = 0,
    dense: Any = True,
    blocks: Any = True,
) -> None:
    """Copy elements x[x0 + i . sx] to y[y0 + i . sy] for all i < sizes.

    dense: y is written as a whole, in order. blocks: x starts at its first element, so that a transpose may be used.
    """
    if not product(sizes):
        return
    sizes, (sx, sy) = collapse(sizes, sx, sy)
    *outer, n = sizes
    kind, size = BITS[y.itemsize], y.itemsize
    if not outer and sx[-1] == sy[-1] == 1:
        e.emit(f"copy_{y.t}", x.part(x0 * size, n * size).rd, y.part(y0 * size, n * size).wr, n=n, elementwise=True)
        return
    if dense and blocks and sx[-1] not in (0, 1) and 1 in sx and n > 1:
        _emit_transpose(e, x, y, sizes, sx, sy)
        return
    table = [len(outer), n, sx[-1], sy[-1], x0, y0]
    for row in zip(outer, sx, sy):
        table += row
    e.emit(f"copy_nd_{kind}", x.rd_all, y.wr if dense else y.wr_all, e.table(table), n=product(outer))


def _emit_transpose(e: Emitter, x: Any, y: Any, sizes: Any, sx: Any, sy: Any) -> None:
    p = sx.index(1)
    table = [len(sizes) - 2, sizes[p], sizes[-1], sx[-1], sy[p]]
    others = [d for d in range(len(sizes) - 1) if d != p]
    for d in others:
        table += [sizes[d], sx[d], sy[d]]
    e.emit(
        f"transpose_{BITS[y.itemsize]}",
        x.rd_all,
        y.wr_all,
        e.table(table),
        n=product(sizes[d] for d in others) * -(-sizes[p] // TRANSPOSE_BAND),
    )


def emit_broadcast(e: Emitter, x: Any, y: Any, shape: Dims) -> None:
    """Write x, broadcast to `shape`, into the memory y."""
    if x.size == 1:
        e.emit(f"spread_{BITS[y.itemsize]}", x.rd_all, y.wr, n=product(shape), elementwise=True)
    else:
        emit_copy(e, x, y, shape, broadcast_strides(x.shape, shape), strides(shape))


def emit_fill(e: Emitter, y: Any, value: Any) -> None:
    """Write one number everywhere into y."""
    if y.dtype in ("float32", "float64"):
        e.emit(f"fill_{y.t}", y.wr, float(value), n=y.size, elementwise=True)
    else:
        bits = np.asarray(value).astype(dtypes.numpy_type(y.dtype))
        bits = bits.view(f"i{bits.itemsize}")
        e.emit(f"fill_bits_{BITS[y.itemsize]}", y.wr, int(bits), n=y.size, elementwise=True)
