"""Depthwise convolutions, one filter per channel: how they become instructions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.core.blocks import LANE_BLOCK
from fastnn.ops.records.convolution_geometry import (
    add_partials,
    band_of,
    chunk_rows,
    forward_taps,
    geometry,
    places,
    residue_classes,
)
from fastnn.ops.records.matmul import PARTIALS

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter


REPEATED = 16 * 1024  # bytes of gy per pass there, in L1


def is_depthwise(s: Any) -> Any:
    """One filter per channel."""
    return s.groups > 1 and s.groups == s.C == s.K


def _depthwise(
    e: Emitter,
    g: Any,
    x: Any,
    w: Any,
    y: Any,
    weights: Any,
    place: Any,
    offsets: Any,
    flags: int,
    bias: Any,
    code: int,
    flops: float,
) -> None:
    n, C = int(g.words[0] * g.words[4]), y.shape[-1]
    long = C + LANE_BLOCK if len(g.pix) > 1 and g.pix[1] - g.pix[0] == C else 0
    row = e.local(g.words[5] * C * y.itemsize) if long and place[1] - place[0] != C else 0
    e.emit(
        f"depthwise_{y.t}",
        x.rd,
        w.rd_all,
        y.wr,
        e.table(g.words),
        e.table(g.pix),
        e.table(g.tap),
        e.table(weights),
        e.table(place),
        e.local(g.room * y.itemsize),
        len(weights),
        *offsets,
        flags,
        bias,
        code,
        e.local((len(weights) + 1) * long * y.itemsize),
        long,
        row,
        n=n,
        chunk=chunk_rows(n, g.band, 4 * flops, images=x.shape[0]),
        flops=flops,
        parts=x.shape[0],
    )


def depthwise(e: Emitter, s: Any, x: Any, w: Any, y: Any, flags: int, bias: Any, code: int) -> None:
    """y = act(depthwise conv(x, w) + bias)."""
    apart = s.sw if s.C < LANE_BLOCK and s.kh * s.kw >= 2 * s.sw else 1
    g = geometry(s.N, s.H, s.W, s.C, s.Ho, s.Wo, s.sh, s.sw, forward_taps(s), 1, y.itemsize, apart)
    place = places(*band_of(g), s.Wo, s.Ho, s.Wo, s.C, 1, 1)
    _depthwise(
        e,
        g,
        x,
        w,
        y,
        np.arange(s.kh * s.kw) * s.C,
        place,
        (0, s.Ho * s.Wo * s.C, s.Wo * s.C),
        flags,
        bias,
        code,
        s.flops,
    )


def depthwise_grad_x(e: Emitter, s: Any, gy: Any, w: Any, gx: Any) -> None:
    """gx of a depthwise convolution, class by class."""
    for use, (Qh, Qw), taps, offsets in residue_classes(s):
        g = geometry(s.N, s.Ho, s.Wo, s.C, Qh, Qw, 1, 1, taps, 1, gx.itemsize)
        weights = np.array([(r * s.kw + q) * s.C for r, q in use], np.int64)
        place = places(*band_of(g), Qw, s.H, s.W, s.C, s.sh, s.sw)
        _depthwise(e, g, gy, w, gx, weights, place, offsets, 0, 0, 0, 2 * s.N * Qh * Qw * s.C * len(use))


def depthwise_grad_w(e: Emitter, s: Any, x: Any, gy: Any, gw: Any) -> None:
    """gw of a depthwise convolution as partial sums."""
    g, n = geometry(s.N, s.H, s.W, s.C, s.Ho, s.Wo, s.sh, s.sw, forward_taps(s), 1, gw.itemsize), s.N * s.Ho
    step = chunk_rows(n, g.band, 4 * s.flops, PARTIALS, s.N)
    partials = -(-n // step)
    sums = gw if partials == 1 else e.scratch(partials * gw.nbytes)
    run = s.kw if s.dw == 1 else 1
    long = 0 if s.C % LANE_BLOCK == 0 else -(-min(run * s.C, s.C + LANE_BLOCK) // 16) * 16 + 16
    most = max(16, REPEATED // ((long or s.C) * gw.itemsize))
    e.emit(
        f"depthwise_grad_w_{gw.t}",
        x.rd,
        gy.rd,
        sums.wr_all,
        e.table(g.words),
        e.table(g.pix),
        e.table(g.tap),
        e.local(g.room * gw.itemsize),
        s.kh * s.kw,
        step,
        run,
        e.local(most * long * gw.itemsize),
        long,
        most,
        n=n,
        chunk=step,
        flops=s.flops,
        parts=s.N,
        run=step,
    )
    add_partials(e, sums, partials, gw)
