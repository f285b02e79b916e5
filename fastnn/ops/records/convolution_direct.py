"""Convolutions by the direct kernels: register tiles of a product of patches and panels of weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.core import config
from fastnn.core.blocks import GRAD_PIXELS, PANEL_BYTES
from fastnn.ops.records.convolution_geometry import (
    add_partials,
    band_of,
    chunk_rows,
    forward_geometry,
    geometry,
    panels,
    partials_of,
    places,
    residue_classes,
)

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter

MERGE_FLOPS = 100_000  # a gradient of fewer operations does not pay for one more instruction
TOGETHER_FLOPS = 4_000_000  # of a convolution from which idle lanes matter


def together(s: Any) -> Any:
    """How many neighbouring outputs of a row are computed as one of more channels: few channels would waste lanes.

    The taps of all of them meet each of them, with zeros for weights: a NaN reaches the neighbours in its row too.
    Small convolutions, which take no time anyway, keep it where it belongs.
    """
    if s.flops < TOGETHER_FLOPS or s.groups > 1 or s.kh == 1 or s.dw > 1 or config.matmul_precision() == "highest":
        return 1

    def used(f: Any) -> Any:
        return f * s.K / (-(-f * s.K // 16) * 16) * s.kw / (s.kw + (f - 1) * s.sw)

    best = max((f for f in (1, 2, 4, 8, 16) if s.Wo % f == 0), key=lambda f: (used(f), -f))
    return best if used(best) > 1.2 * used(1) else 1


def _spread(e: Emitter, s: Any, f: Any, w: Any, tap: Any, strides: Any, bias: Any) -> Any:
    """(Shape, weights, bias) of a convolution that computes f neighbouring outputs as one."""
    wide = s.kw + (f - 1) * s.sw
    weights = e.scratch(s.kh * wide * s.C * f * s.K * w.itemsize)
    copies = e.scratch(f * s.K * w.itemsize)
    e.emit(
        f"conv_spread_{w.t}",
        w.rd_all,
        weights.wr_all,
        e.table(tap),
        s.kw,
        s.sw,
        f,
        s.C,
        s.K,
        *strides,
        bias,
        copies.wr_all,
        n=s.kh,
    )
    return s._replace(kw=wide, K=f * s.K, Wo=s.Wo // f, sw=f * s.sw), weights, copies.rd_all if bias else 0


def forward(e: Emitter, s: Any, x: Any, w: Any, y: Any, flags: int, bias: Any, code: int) -> None:
    """y = act(conv(x, w) + bias) by the direct kernel."""
    f = together(s)
    if f > 1:
        s, w, bias = _spread(e, s, f, w, np.arange(s.kh * s.kw) * s.C * s.K, (s.K, 1), bias)
    _direct(e, s, x, w, y, flags, bias, code)


def _direct(e: Emitter, s: Any, x: Any, w: Any, y: Any, flags: int, bias: Any, code: int) -> None:
    C, K = s.C // s.groups, s.K // s.groups
    R = s.kh * s.kw * C
    each = panels(R, K)
    packed = e.scratch(s.groups * each * y.itemsize)
    e.emit(f"conv_panels_{y.t}", w.rd_all, packed.wr_all, R, K, s.groups, each, n=R)
    g = forward_geometry(s, y.itemsize)
    place = places(*band_of(g), s.Wo, s.Ho, s.Wo, s.K, 1, 1)
    _correlate(
        e,
        g,
        x,
        packed,
        y,
        place,
        R,
        s.groups,
        C,
        K,
        each,
        (0, s.Ho * s.Wo * s.K, s.Wo * s.K),
        flags,
        bias,
        code,
        s.flops,
    )


def _correlate(
    e: Emitter,
    g: Any,
    x: Any,
    packed: Any,
    y: Any,
    place: Any,
    R: int,
    groups: int,
    C: int,
    K: int,
    each: Any,
    offsets: Any,
    flags: int,
    bias: Any,
    code: int,
    flops: float,
) -> None:
    n = int(g.words[0] * g.words[4])
    e.emit(
        f"conv_{y.t}",
        x.rd,
        packed.rd_all,
        y.wr,
        e.table(g.words),
        e.table(g.pix),
        e.table(g.tap),
        e.table(place),
        e.local(g.room * y.itemsize),
        R,
        groups,
        C,
        K,
        each,
        *offsets,
        flags,
        bias,
        code,
        n=n,
        chunk=chunk_rows(n, g.band, flops, images=x.shape[0]),
        flops=flops,
        parts=x.shape[0],
    )


def grad_x(e: Emitter, s: Any, gy: Any, w: Any, gx: Any) -> None:
    """gx by one correlation per residue class of the stride; where a class has no taps, all was zeros before."""
    if s.sh == s.sw == s.dh == s.dw == 1 and s.groups == 1:
        back = s._replace(H=s.Ho, W=s.Wo, C=s.K, K=s.C, Ho=s.H, Wo=s.W, top=s.kh - 1 - s.top, left=s.kw - 1 - s.left)
        f = together(back)
        if f > 1:
            transposed = np.arange(s.kh * s.kw)[::-1] * s.C * s.K
            back, w, _ = _spread(e, back, f, w, transposed, (1, s.K), 0)
            _direct(e, back, gy, w, gx, 0, 0, 0)
            return
    C, K, size = s.C // s.groups, s.K // s.groups, gx.itemsize
    classes = list(residue_classes(s))
    if not all(use for use, *_ in classes):
        e.emit(f"fill_{gx.t}", gx.wr, 0.0, n=gx.size, parts=s.N)
    for use, (Qh, Qw), taps, offsets in classes:
        if not use:
            continue
        g = geometry(s.N, s.Ho, s.Wo, s.K, Qh, Qw, 1, 1, taps, K, size)
        each = panels(len(use) * K, C)
        packed = e.scratch(s.groups * each * size)
        e.emit(
            f"conv_panels_t_{gx.t}",
            w.rd_all,
            packed.wr_all,
            e.table([r * s.kw + q for r, q in use]),
            len(use),
            C,
            K,
            s.groups,
            each,
            n=len(use),
        )
        place = places(*band_of(g), Qw, s.H, s.W, s.C, s.sh, s.sw)
        _correlate(
            e,
            g,
            gy,
            packed,
            gx,
            place,
            len(use) * K,
            s.groups,
            K,
            C,
            each,
            offsets,
            0,
            0,
            0,
            2 * s.N * Qh * Qw * s.C * len(use) * K,
        )


def merged(s: Any) -> Any:
    """How many neighbouring pixels of gy are taken as one of more channels: where full register tiles pay for it."""
    if s.groups > 1 or s.dw > 1 or s.flops < MERGE_FLOPS:
        return 1

    def cost(f: Any) -> Any:
        rows, cols = s.kh * (s.kw + (f - 1) * s.sw) * s.C, -(-f * s.K // 16) * 16
        tile = 16 if cols == 16 else 8 if cols == 32 else 6
        return -(-rows // tile) * tile * cols / f

    best = min((f for f in (1, 2, 4, 8, 16) if s.Wo % f == 0), key=cost)
    return best if 1.2 * cost(best) < cost(1) else 1


def grad_w(e: Emitter, s: Any, x: Any, gy: Any, gw: Any) -> None:
    """gw as at most 8 partial sums over fixed ranges of output rows, added in order."""
    size, f, n = gw.itemsize, merged(s), s.N * s.Ho
    w = s._replace(kw=s.kw + (f - 1) * s.sw, K=f * s.K, Wo=s.Wo // f, sw=f * s.sw)
    C, K = s.C // s.groups, w.K // s.groups
    g, R = forward_geometry(w, size), w.kh * w.kw * C
    step = chunk_rows(n, g.band, s.flops, partials_of(s.flops, gw.nbytes), s.N)
    partials = -(-n // step)
    sums = gw if partials == f == 1 else e.scratch(partials * R * w.K * size)
    e.emit(
        f"conv_grad_w_{gw.t}",
        x.rd,
        gy.rd,
        sums.wr_all,
        e.table(g.words),
        e.table(g.pix),
        e.table(g.tap),
        e.local(g.room * size),
        e.local(GRAD_PIXELS * PANEL_BYTES),
        R,
        s.groups,
        C,
        K,
        step,
        n=n,
        chunk=step,
        flops=s.flops,
        parts=s.N,
        run=step,
    )
    if f > 1:
        e.emit(f"conv_merge_{gw.t}", sums.rd_all, partials, gw.wr_all, s.kh, s.kw, s.sw, f, C, s.K, n=s.kh)
    else:
        add_partials(e, sums, partials, gw)
