"""Convolutions on a device: which tile, how many partial sums, and the instructions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.core.blocks import BLOCKS, DEVICE_PARTS, LANES, tile_name
from fastnn.ops.records.convolution_depthwise import is_depthwise
from fastnn.ops.records.convolution_geometry import conv_shape, forward_taps, residue_classes
from fastnn.ops.records.matmul_cuda import add_parts, choose, kind, ranges
from fastnn.ops.records.matmul_sizes import epilogue

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter

THREADS = 256  # elements of a depthwise convolution that a block makes
PIXELS = 512  # that a partial sum of a depthwise gradient is worth at least


def _geometry(source: tuple[int, ...], grid: tuple[int, ...], steps: tuple[int, ...], taps: list[Any]) -> np.ndarray:
    """The geometry words of kernels/cuda/conv.py; taps: (row, column, offset of the weights)."""
    return np.array([*source, *grid, *steps, len(taps), *(v for tap in taps for v in tap)], np.int64)


def _forward(s: Any) -> np.ndarray:
    each = s.C // s.groups * s.K
    taps = [(y, x, k * each) for k, (y, x) in enumerate(forward_taps(s))]
    return _geometry((s.H, s.W, s.C), (s.Ho, s.Wo), (s.sh, s.sw), taps)


def _backward(s: Any) -> Any:
    """(geometry, pixels, taps, offsets of the result) of each residue of the stride."""
    for use, grid, taps, offsets in residue_classes(s):
        each = s.C // s.groups * s.K
        places = [(y, x, (r * s.kw + q) * each) for (y, x), (r, q) in zip(taps, use, strict=True)]
        g = _geometry((s.Ho, s.Wo, s.K), grid, (1, 1), places)
        yield g, s.N * grid[0] * grid[1], len(use), (*offsets, s.sw * s.C)


def _correlate(
    e: Emitter,
    x: Any,
    w: Any,
    y: Any,
    g: np.ndarray,
    pixels: int,
    sizes: tuple[int, int, int, int],
    steps: tuple[int, int, int],
    offsets: Any,
    end: tuple[Any, ...] = (0, 0, 0),
) -> None:
    """sizes: taps, groups, channels in and out per group.  steps: of w along k, along columns, between groups."""
    taps, groups, C, K = sizes
    tile, _ = choose(y.t, pixels, K, taps * C, groups, most=1)
    e.emit(
        f"{tile_name('correlate', kind(y.t), tile)}_{y.t}",
        x.rd_all,
        w.rd_all,
        y.wr_all,
        e.table(g),
        pixels,
        taps * C,
        groups,
        C,
        K,
        *steps,
        *offsets,
        *end,
        n=groups * -(-K // tile[1]) * -(-pixels // tile[0]),
        flops=2 * pixels * taps * C * K * groups,
    )


def _depthwise(e: Emitter, x: Any, w: Any, y: Any, g: np.ndarray, pixels: int, offsets: Any, end: Any = (0, 0, 0)) -> None:
    n = pixels * y.shape[-1]
    e.emit(
        f"depthwise_pixels_{y.t}",
        x.rd_all,
        w.rd_all,
        y.wr_all,
        e.table(g),
        n,
        *offsets,
        *end,
        n=-(-n // THREADS),
        flops=2 * n * int(g[7]),
    )


def lower(e: Emitter) -> None:
    """y = act(conv(x, w) + b)."""
    (x, w, b), y = e.ins, e.outs[0]
    s = conv_shape(x.shape, w.shape, e.attrs)
    g, pixels, end = _forward(s), s.N * s.Ho * s.Wo, epilogue(e, b)
    offsets = 0, s.Ho * s.Wo * s.K, s.Wo * s.K, s.K
    if is_depthwise(s):
        _depthwise(e, x, w, y, g, pixels, offsets, end)
        return
    C, K = s.C // s.groups, s.K // s.groups
    _correlate(e, x, w, y, g, pixels, (s.kh * s.kw, s.groups, C, K), (s.K, 1, K), offsets, end)


def lower_grad_x(e: Emitter) -> None:
    """gx by one correlation for each residue of the stride; where one has no taps, all was zeros before."""
    (gy, w), gx = e.ins, e.outs[0]
    s = conv_shape(gx.shape, w.shape, e.attrs)
    C, K, classes = s.C // s.groups, s.K // s.groups, list(_backward(s))
    if not all(taps for _, _, taps, _ in classes):
        e.emit(f"fill_{gx.t}", gx.wr, 0.0, n=gx.size, elementwise=True)
    for g, pixels, taps, offsets in classes:
        if not taps:
            continue
        if is_depthwise(s):
            _depthwise(e, gy, w, gx, g, pixels, offsets)
        else:
            _correlate(e, gy, w, gx, g, pixels, (taps, s.groups, K, C), (0, s.K, K), offsets)


def lower_grad_w(e: Emitter) -> None:
    """gw as partial sums over ranges of the pixels, added in order."""
    (x, gy), gw = e.ins, e.outs[0]
    s = conv_shape(x.shape, gw.shape, e.attrs)
    pixels, taps = s.N * s.Ho * s.Wo, s.kh * s.kw
    if is_depthwise(s):
        _depthwise_grad_w(e, s, x, gy, gw)
        return
    C, K = s.C // s.groups, s.K // s.groups
    tile, parts = choose(gw.t, taps * C, K, pixels, s.groups)
    cut = ranges(pixels, parts)
    sums = gw if len(cut) == 1 else e.scratch(len(cut) * gw.nbytes)
    e.emit(
        f"{tile_name('correlate_grad_w', kind(gw.t), tile)}_{gw.t}",
        x.rd_all,
        gy.rd_all,
        sums.wr_all,
        e.table(_forward(s)),
        pixels,
        taps * C,
        s.groups,
        C,
        K,
        cut[0][1],
        n=len(cut) * s.groups * -(-K // tile[1]) * -(-taps * C // tile[0]),
        flops=s.flops,
    )
    add_parts(e, sums, len(cut), gw, s.K)


def _depthwise_grad_w(e: Emitter, s: Any, x: Any, gy: Any, gw: Any) -> None:
    pixels, items = s.N * s.Ho * s.Wo, s.kh * s.kw * -(-s.C // LANES)
    parts = max(1, min(DEVICE_PARTS, pixels // PIXELS, 4 * BLOCKS // items))
    part = -(-pixels // parts)
    parts = -(-pixels // part)
    sums = gw if parts == 1 else e.scratch(parts * gw.nbytes)
    e.emit(
        f"depthwise_sums_{gw.t}",
        x.rd_all,
        gy.rd_all,
        sums.wr_all,
        e.table(_forward(s)),
        pixels,
        part,
        n=parts * items,
        flops=s.flops,
    )
    add_parts(e, sums, parts, gw, s.K)
