"""Matrix products on a device: which tile, how many ranges of k, and the instructions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.core import config
from fastnn.core.blocks import BLOCKS, DEVICE_PARTS, TILES, tile_name
from fastnn.ops.records.matmul_sizes import Product, epilogue

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter

RANGE = 128  # steps of k that a range of them is worth at least
FILL = 48  # steps of k that the beginning and the end of a tile cost as much as
MOVED = 40.0  # multiply-adds in the time of which a block writes, reads and adds one partial sum

Choice = tuple[tuple[int, ...], int]  # a tile, and how many ranges its sums are cut into


def kind(t: str) -> str:
    """The type of tiles for arrays of type t: tensor cores where that is asked for."""
    return "tf32" if t == "f32" and config.matmul_precision() in ("tf32", "cublas") else t


def choose(t: str, rows: int, cols: int, depth: int, count: int = 1, most: int = DEVICE_PARTS) -> Choice:
    """The tile and the number of ranges of k (at most `most`) for `count` products of rows x depth by depth x cols.

    A function of the sizes only: how sums are cut is a part of the result.
    """
    best: tuple[float, Choice] | None = None
    for tile, rate in TILES[kind(t)].items():
        blocks = count * -(-rows // tile[0]) * -(-cols // tile[1])
        parts = 1
        while parts <= most and (parts == 1 or depth >= parts * RANGE):
            waves = -(-blocks * parts // BLOCKS)
            work = waves * tile[0] * tile[1] * (depth / parts + FILL) / rate
            if parts > 1:
                work += MOVED * count * rows * cols * (parts + 1) / BLOCKS
            if best is None or work < best[0]:
                best = work, (tile, parts)
            parts *= 2
    assert best is not None
    return best[1]


def ranges(depth: int, parts: int) -> list[tuple[int, int]]:
    """(first, length) of the ranges that `depth` is cut into, of whole steps of 32."""
    step = -(-depth // parts)
    step = depth if parts == 1 else -(-step // 32) * 32
    return [(k, min(step, depth - k)) for k in range(0, depth, step)] if depth else [(0, 0)]


def lower(e: Emitter) -> None:
    """y = act(x · w + b), leading dimensions broadcast."""
    p, (x, w, b), y = Product(e), e.ins, e.outs[0]
    flags, bias, code = epilogue(e, b)
    whole = config.matmul_precision() == "cublas"  # the library cuts long sums itself
    tile, parts = choose(y.t, p.M, p.N, p.K, p.batch, 1 if whole else DEVICE_PARTS)
    cut = ranges(p.K, parts)
    starts = np.concatenate([p.starts + [k * p.aks, k * p.bks, 0] for k, _ in cut])
    starts[:, 2] = np.repeat([n for _, n in cut], p.batch)
    sums = y if len(cut) == 1 else e.scratch(len(cut) * y.nbytes)
    e.emit(
        f"{tile_name('matmul', kind(y.t), tile)}_{y.t}",
        x.rd_all,
        p.ars,
        p.aks,
        w.rd_all,
        p.bks,
        p.bns,
        sums.wr_all,
        p.M,
        p.N,
        *((flags, bias, code) if len(cut) == 1 else (0, 0, 0)),
        e.table(starts),
        n=len(starts) * -(-p.M // tile[0]) * -(-p.N // tile[1]),
        flops=p.flops,
    )
    add_parts(e, sums, len(cut), y, p.N, flags, bias, code)


def add_parts(
    e: Emitter, sums: Any, parts: int, y: Any, cols: int, flags: int = 0, bias: Any = 0, code: int = 0
) -> None:
    """y = act(the partial sums, added in order, + bias); nothing to do for one."""
    if parts > 1:
        rows = y.size // cols if cols else 0
        e.emit(f"add_partials_{y.t}", sums.rd_all, parts, y.size, y.wr, cols, flags, bias, code, n=rows)
