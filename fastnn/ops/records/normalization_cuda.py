"""Batch and layer normalisation on a device: blocks of rows, stripes of channels, and the instructions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastnn.core.blocks import BLOCKS, CODES, DEEP, LANES, MAPPED
from fastnn.ops.forms import words

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter

MANY = 4 * BLOCKS  # blocks of threads that statistics are shared out to
ROWS = 64  # of a block of rows, at least


def _cut(rows: int, c: int) -> tuple[int, int, int]:
    """(rows of a block, blocks, stripes of channels): a function of sizes only."""
    stripes = -(-c // LANES)
    blocks = max(1, min(-(-rows // ROWS), MANY // stripes))
    length = -(-rows // blocks)
    return length, -(-rows // length), stripes


# ------------------------------------------------------------------ layer normalisation
def layer_norm_grad(e: Emitter) -> None:
    """gx row by row; the gradients of gamma and beta from sums over blocks of rows."""
    (gy, x, mean, r, gamma), (gx, ggamma, gbeta) = e.ins, e.outs
    c, t = x.shape[-1], x.t
    rows = x.size // c
    length, blocks, stripes = _cut(max(rows, 1), c)
    part = e.scratch(blocks * 2 * c * x.itemsize)
    e.emit(
        f"layer_norm_grad_sums_{t}",
        gy.rd_all,
        x.rd_all,
        mean.rd_all,
        r.rd_all,
        part.wr_all,
        rows,
        length,
        c,
        n=blocks * stripes,
        flops=4 * x.size,
    )
    e.emit(
        f"layer_norm_grad_rows_{t}",
        gy.rd,
        x.rd,
        mean.rd,
        r.rd,
        *words(gamma),
        gx.wr,
        c,
        int(e.attrs["centered"]),
        n=rows,
        flops=8 * x.size,
    )
    e.emit(f"sum_partials_{t}", part.rd_all, ggamma.wr, blocks, 2 * c, 0, n=c)
    e.emit(f"sum_partials_{t}", part.rd_all, gbeta.wr, blocks, 2 * c, c, n=c)


# ------------------------------------------------------------------ batch normalisation
def _apply(e: Emitter, x: Any, y: Any, mean: Any, var: Any, gamma: Any, beta: Any) -> None:
    c, t = x.shape[-1], x.t
    vectors = e.scratch(3 * c * x.itemsize)
    e.emit(
        f"batch_norm_vectors_{t}",
        mean.rd_all,
        var.rd_all,
        *words(gamma, beta),
        vectors.wr_all,
        float(e.attrs["epsilon"]),
        c,
        n=-(-c // (LANES * DEEP)),
    )
    e.emit(
        f"batch_norm_map_{t}",
        x.rd_all,
        y.wr_all,
        vectors.rd_all,
        c,
        CODES[e.attrs["activation"]],
        x.size,
        n=-(-x.size // MAPPED),
    )


def batch_norm(e: Emitter) -> None:
    """Statistics of blocks of rows, their combination, and y."""
    (x, gamma, beta), (y, mean, var) = e.ins, e.outs
    c, t = x.shape[-1], x.t
    rows = x.size // c
    length, blocks, stripes = _cut(rows, c)
    part = e.scratch(blocks * 2 * c * x.itemsize)
    e.emit(
        f"batch_stats_blocks_{t}",
        x.rd_all,
        part.wr_all,
        rows,
        length,
        c,
        n=blocks * stripes,
        flops=4 * x.size,
    )
    e.emit(f"batch_stats_finish_{t}", part.rd_all, mean.wr_all, var.wr_all, rows, length, c, n=stripes)
    _apply(e, x, y, mean, var, gamma, beta)


def batch_norm_inference(e: Emitter) -> None:
    """y from statistics that are given."""
    x, mean, var, gamma, beta = e.ins
    _apply(e, x, e.outs[0], mean, var, gamma, beta)


def batch_norm_grad(e: Emitter) -> None:
    """Sums over blocks of rows, what follows from them for each channel, and gx."""
    gy, x, mean, var, gamma, y, gmean, gvar = e.ins
    gx, ggamma, gbeta = e.outs
    c, t, act = x.shape[-1], x.t, CODES[e.attrs["activation"]]
    rows = x.size // c
    length, blocks, stripes = _cut(rows, c)
    part, vectors = e.scratch(blocks * 2 * c * x.itemsize), e.scratch(4 * c * x.itemsize)
    keep = y.rd_all if act else 0
    e.emit(
        f"batch_norm_grad_blocks_{t}",
        gy.rd_all,
        x.rd_all,
        keep,
        mean.rd_all,
        part.wr_all,
        rows,
        length,
        c,
        act,
        n=blocks * stripes,
        flops=4 * x.size,
    )
    e.emit(
        f"batch_norm_grad_finish_{t}",
        part.rd_all,
        mean.rd_all,
        var.rd_all,
        *words(gamma, gmean, gvar),
        ggamma.wr_all,
        gbeta.wr_all,
        vectors.wr_all,
        float(e.attrs["epsilon"]),
        rows,
        blocks,
        c,
        n=stripes,
    )
    e.emit(
        f"batch_norm_grad_map_{t}",
        gy.rd_all,
        x.rd_all,
        y.rd_all if act else 0,
        gx.wr_all,
        vectors.rd_all,
        c,
        act,
        x.size,
        n=-(-x.size // MAPPED),
    )
