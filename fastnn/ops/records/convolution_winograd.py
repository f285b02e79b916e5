"""Winograd convolutions: when they pay, and how they become instructions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastnn.core import config
from fastnn.core.blocks import PLANE_CHANNELS, TILE_GROUP, TILE_PAD, WEIGHT_GAP
from fastnn.ops.records.convolution_geometry import panels
from fastnn.ops.records.matmul import CHUNK_FLOPS, CHUNKS, PARTIALS

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter


BLOCK_TILES = 48  # tiles of a block at most: with more, their planes leave L2, with fewer U is read too often
WINOGRAD_BYTES = 24 << 20  # bound on all partial sums of a gradient


def winograd_pays(s: Any, dtype: str) -> Any:
    """Whether F(4x4, 3x3) is the faster way: 3x3, stride 1, enough channels, and tiles that are mostly output."""
    tiles = -(-s.Ho // 4) * -(-s.Wo // 4)
    return (
        dtype == "float32"
        and config.matmul_precision() != "highest"
        and s.groups == 1
        and (s.kh, s.kw, s.sh, s.sw, s.dh, s.dw) == (3, 3, 1, 1, 1, 1)
        and min(s.C, s.K) >= 16
        and 2 * s.Ho * s.Wo >= 16 * tiles  # at least half of the tiles' area
        and s.N * tiles >= 48
    )  # or the transform of w is not paid back


def _blocks(s: Any, chunks: int) -> Any:
    """(rows of tiles per chunk, tiles per block): V and M of a block stay near L2, U is read once per block."""
    across, rows = -(-s.Wo // 4), s.N * -(-s.Ho // 4)
    chunks = max(1, min(chunks, int(s.flops / 3 / CHUNK_FLOPS), max(2, rows * across // BLOCK_TILES)))
    step = -(-rows // chunks)
    if 2 * chunks <= s.N:  # whole images, which then can go with their neighbours
        step = -(-s.N // chunks) * -(-s.Ho // 4)
    each = -(-step * across // -(-step * across // BLOCK_TILES))
    return step, -(-each // TILE_GROUP) * TILE_GROUP


def _tile_planes(tiles: int, channels: int, itemsize: int) -> Any:
    """Bytes of the planes of a block of tiles, on any level (the smallest vector has 4 channels, the largest 16)."""
    return tiles // TILE_GROUP * 36 * (panels(TILE_GROUP, channels) + TILE_PAD * -(-channels // 4)) * itemsize


def _workspaces(e: Emitter, s: Any, tiles: int, itemsize: int) -> Any:
    """Planes of a block of tiles: of all C channels, and of as many of K as a product takes at a time."""
    return [e.local(_tile_planes(tiles, c, itemsize)) for c in (s.C, min(s.K, PLANE_CHANNELS))]


def _weight_planes(C: int, K: int, itemsize: int) -> Any:
    """Bytes of 36 planes of weights, on any level."""
    return 36 * (panels(panels(1, C) + 1, K) + WEIGHT_GAP) * itemsize


def winograd(e: Emitter, s: Any, x: Any, w: Any, y: Any, flags: int, bias: Any, code: int) -> None:
    """y = act(conv(x, w) + bias) for a Shape where winograd_pays."""
    size, (step, tiles) = y.itemsize, _blocks(s, CHUNKS)
    u = e.scratch(_weight_planes(s.C, s.K, size))
    e.emit("winograd_weights_f32", w.rd_all, u.wr_all, s.C, s.K, n=s.C, flops=s.C * s.K * 150)
    n = s.N * -(-s.Ho // 4)
    e.emit(
        "winograd_f32",
        x.rd,
        s.H,
        s.W,
        s.C,
        s.top,
        s.left,
        u.rd_all,
        y.wr,
        s.Ho,
        s.Wo,
        s.K,
        flags,
        bias,
        code,
        *_workspaces(e, s, tiles, size),
        tiles,
        n=n,
        chunk=step,
        flops=s.flops / 3,
        parts=s.N,
    )


def winograd_grad_x(e: Emitter, s: Any, gy: Any, w: Any, gx: Any) -> None:
    """gx as the forward of the transposed weights, with pads 2 - pad."""
    transposed = e.scratch(w.nbytes)
    e.emit("transpose_weights_f32", w.rd_all, transposed.wr_all, 9, s.C, s.K, n=9)
    back = s._replace(H=s.Ho, W=s.Wo, C=s.K, K=s.C, Ho=s.H, Wo=s.W, top=2 - s.top, left=2 - s.left)
    winograd(e, back, gy, transposed, gx, 0, 0, 0)


def winograd_grad_w(e: Emitter, s: Any, x: Any, gy: Any, gw: Any) -> None:
    """gw from at most 8 partial sums of the 36 planes, of bounded size together."""
    size, n = gw.itemsize, s.N * -(-s.Ho // 4)
    each = _weight_planes(s.C, s.K, size)
    step, tiles = _blocks(s, max(2, min(PARTIALS, WINOGRAD_BYTES // each)))
    partials = -(-n // step)
    sums = e.scratch(partials * each)
    e.emit(
        "winograd_grad_w_f32",
        x.rd,
        s.H,
        s.W,
        s.C,
        s.top,
        s.left,
        gy.rd,
        s.Ho,
        s.Wo,
        s.K,
        sums.wr_all,
        *_workspaces(e, s, tiles, size),
        tiles,
        step,
        n=n,
        chunk=step,
        flops=s.flops / 3,
        parts=s.N,
        run=step,
    )
    e.emit("winograd_weights_grad_f32", sums.rw_all, partials, s.C, s.K, gw.wr_all, n=s.C)
