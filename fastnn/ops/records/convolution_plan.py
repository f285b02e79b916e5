"""How convolutions become instructions: geometry tables, grids of chunks, and the choice between the kernels.

Offsets count elements. See fastnn/kernels/cpu/conv.py for what the tables mean.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastnn.core import config
from fastnn.core.blocks import GRAD_PIXELS, LANE_BLOCK, PANEL_BYTES, PLANE_CHANNELS, TILE_GROUP, TILE_PAD, WEIGHT_GAP
from fastnn.core.shapes import window
from fastnn.core.types import Attrs
from fastnn.ops.records.matmul import CHUNK_FLOPS, CHUNKS, PARTIALS

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter

BAND = 512 * 1024  # bytes of a band's scratch: leaves room for a weight panel in a 1-2 MB L2
REPEATED = 16 * 1024  # bytes of gy per pass there, in L1
MERGE_FLOPS = 100_000  # a gradient of fewer operations does not pay for one more instruction
PIXELS = 512  # small images are grouped until a band has this many output pixels
TOGETHER_FLOPS = 4_000_000  # of a convolution from which idle lanes matter
PARTIAL_BYTES = 1 << 20  # partial sums of gw: 8 of at most this size, else 4


class Shape(NamedTuple):
    """A convolution x (N,H,W,C) * w (kh,kw,C/groups,K) -> y (N,Ho,Wo,K) with explicit pads."""

    N: int
    H: int
    W: int
    C: int
    kh: int
    kw: int
    K: int
    Ho: int
    Wo: int
    sh: int
    sw: int
    top: int
    left: int
    dh: int
    dw: int
    groups: int

    @property
    def flops(self) -> Any:
        """Operations of the direct sum."""
        return 2 * self.N * self.Ho * self.Wo * self.K * self.kh * self.kw * (self.C // self.groups)


def conv_shape(x: Any, w: Any, attrs: Attrs) -> Any:
    """The Shape of a convolution from the shapes of x and w; raises ShapeError where a window does not fit."""
    pads = attrs["padding"]
    axes = [
        window(x[i + 1], w[i], attrs["strides"][i], pads if isinstance(pads, str) else pads[i], attrs["dilation"][i])
        for i in (0, 1)
    ]
    (Ho, top, _), (Wo, left, _) = axes
    return Shape(*(*x, w[0], w[1], w[3], Ho, Wo, *attrs["strides"], top, left, *attrs["dilation"], attrs["groups"]))


class Geometry(NamedTuple):
    """Tables of one correlation; words are those of kernels/cpu/conv.py."""

    words: np.ndarray
    pix: np.ndarray
    tap: np.ndarray
    room: int  # elements of scratch
    band: int  # output rows of a band


@lru_cache(maxsize=64)
def geometry(
    N: int,
    H: int,
    W: int,
    C: int,
    Qh: int,
    Qw: int,
    sh: int,
    sw: int,
    taps: int,
    channels: int,
    itemsize: int,
    apart: Any = 1,
) -> Any:
    """Geometry of `taps` (row, column) over a source (N,H,W,C), `channels` of them per group, to (N,Qh,Qw).

    apart: 1, or sw: the columns that a tap meets lie side by side in the scratch.
    """
    th, tw = np.array(taps, np.int64).reshape(-1, 2).T
    h0, w0, h1, w1 = (int(v) for v in ((th.min(), tw.min(), th.max(), tw.max()) if len(th) else (0, 0, 0, 0)))
    direct = h0 >= 0 and w0 >= 0 and (Qh - 1) * sh + h1 < H and (Qw - 1) * sw + w1 < W
    direct = direct and apart == 1
    Ws = W if direct else -(-((Qw - 1) * sw + w1 - w0 + 1) // apart) * apart
    rows = Qh
    while rows > 1 and ((rows - 1) * sh + h1 - h0 + 1) * Ws * C * itemsize > BAND:
        rows = (rows + 1) // 2
    Hs = H if direct else (rows - 1) * sh + h1 - h0 + 1
    slots = 1 if rows < Qh else max(1, min(N, BAND // (Hs * Ws * C * itemsize), -(-PIXELS // (Qh * Qw))))
    i, q, p = np.ogrid[:slots, :rows, :Qw]
    pix = ((i * Hs + q * sh) * Ws + p * (sw // apart)) * C
    tap = ((th - h0) * Ws + (tw - w0) % apart * (Ws // apart) + (tw - w0) // apart)[:, None] * C + np.arange(channels)
    words = np.array([N, H, W, C, Qh, Qw, sh, sw, h0, w0, Hs, Ws, rows, slots, int(direct), apart], np.int64)
    return Geometry(
        words,
        pix.ravel().astype(np.int64),
        tap.ravel().astype(np.int64),
        0 if direct else slots * Hs * Ws * C,
        slots * rows,
    )


@lru_cache(maxsize=64)
def places(slots: Any, rows: int, Qw: int, OH: int, OW: int, C: int, sh: int, sw: int) -> Any:
    """Offsets of a band's output points in an image (OH,OW,C) that they fill with steps sh, sw."""
    i, q, p = np.ogrid[:slots, :rows, :Qw]
    return (((i * OH + q * sh) * OW + p * sw) * C).ravel().astype(np.int64)


def forward_taps(s: Any) -> Any:
    """Offsets of the taps in x."""
    return tuple((r * s.dh - s.top, q * s.dw - s.left) for r in range(s.kh) for q in range(s.kw))


def forward_geometry(s: Any, itemsize: int) -> Any:
    """The geometry of y from x, also that of gw."""
    return geometry(s.N, s.H, s.W, s.C, s.Ho, s.Wo, s.sh, s.sw, forward_taps(s), s.C // s.groups, itemsize)


def chunk_rows(total: int, band: Any, flops: float, chunks: int = CHUNKS, images: int = 1) -> Any:
    """Output rows per chunk: whole images where there are enough of them, else whole bands."""
    chunks = max(1, min(chunks, int(flops / CHUNK_FLOPS)))
    if images >= 2 * chunks:
        return -(-images // chunks) * (total // images)
    bands = -(-total // band)
    if chunks > 1 and bands >= 4:
        return band * -(-bands // chunks)
    return -(-total // chunks)


def panels(rows: int, cols: Any) -> Any:
    """Elements of packed panels (an upper bound for every level)."""
    return rows * (-(-cols // 16) * 16)


# ------------------------------------------------------------------ direct kernels
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
    place = places(*_band(g), s.Wo, s.Ho, s.Wo, s.K, 1, 1)
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


def _band(g: Any) -> Any:
    return int(g.words[13]), int(g.words[12])


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
    classes = list(_classes(s))
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
        place = places(*_band(g), Qw, s.H, s.W, s.C, s.sh, s.sw)
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


def _classes(s: Any) -> Any:
    """grad_x as correlations, one per residue of the stride: (taps used, grid, their offsets in gy, out offsets)."""
    for oh in range(min(s.sh, s.H)):
        for ow in range(min(s.sw, s.W)):
            use = [
                (r, q)
                for r in range(s.kh)
                for q in range(s.kw)
                if (oh + s.top - r * s.dh) % s.sh == 0 and (ow + s.left - q * s.dw) % s.sw == 0
            ]
            taps = tuple(((oh + s.top - r * s.dh) // s.sh, (ow + s.left - q * s.dw) // s.sw) for r, q in use)
            yield (
                use,
                (-(-(s.H - oh) // s.sh), -(-(s.W - ow) // s.sw)),
                taps,
                ((oh * s.W + ow) * s.C, s.H * s.W * s.C, s.sh * s.W * s.C),
            )


# ------------------------------------------------------------------ depthwise
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
    place = places(*_band(g), s.Wo, s.Ho, s.Wo, s.C, 1, 1)
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
    for use, (Qh, Qw), taps, offsets in _classes(s):
        g = geometry(s.N, s.Ho, s.Wo, s.C, Qh, Qw, 1, 1, taps, 1, gx.itemsize)
        weights = np.array([(r * s.kw + q) * s.C for r, q in use], np.int64)
        place = places(*_band(g), Qw, s.H, s.W, s.C, s.sh, s.sw)
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


def partials_of(flops: float, nbytes: int) -> Any:
    """Partial sums of a gradient of `nbytes`: a function of sizes only, bounded memory."""
    return max(1, min(PARTIALS if nbytes <= PARTIAL_BYTES else PARTIALS // 2, int(flops / CHUNK_FLOPS)))


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


def add_partials(e: Emitter, sums: Any, partials: Any, y: Any) -> None:
    """y = the partial sums, added in order (nothing to do for one)."""
    if partials > 1:
        cols = y.shape[-1]
        e.emit(f"add_partials_{y.t}", sums.rd_all, partials, y.size, y.wr, cols, 0, 0, 0, n=y.size // cols)


# ------------------------------------------------------------------ Winograd
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


# ------------------------------------------------------------------ the choice
def choose(s: Any, dtype: str, direct: Any, depth: Any, wino: Any, transposed: Any = None) -> Any:
    """Which of three ways a Shape takes; `transposed` is the Shape that Winograd's tiles would have."""
    if is_depthwise(s):
        return depth
    return wino if winograd_pays(transposed or s, dtype) else direct
