"""The geometry of convolutions: shapes, tables of offsets, grids of chunks.

Offsets count elements. See fastnn/kernels/cpu/conv.py for what the tables mean.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastnn.core.shapes import window
from fastnn.core.types import Attrs
from fastnn.ops.records.matmul import CHUNK_FLOPS, CHUNKS, PARTIALS

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter


BAND = 512 * 1024  # bytes of a band's scratch: leaves room for a weight panel in a 1-2 MB L2
PIXELS = 512  # small images are grouped until a band has this many output pixels
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


def partials_of(flops: float, nbytes: int) -> Any:
    """Partial sums of a gradient of `nbytes`: a function of sizes only, bounded memory."""
    return max(1, min(PARTIALS if nbytes <= PARTIAL_BYTES else PARTIALS // 2, int(flops / CHUNK_FLOPS)))


def add_partials(e: Emitter, sums: Any, partials: Any, y: Any) -> None:
    """y = the partial sums, added in order (nothing to do for one)."""
    if partials > 1:
        cols = y.shape[-1]
        e.emit(f"add_partials_{y.t}", sums.rd_all, partials, y.size, y.wr, cols, 0, 0, 0, n=y.size // cols)


def band_of(g: Any) -> Any:
    """Images and output rows of a band."""
    return int(g.words[13]), int(g.words[12])


def residue_classes(s: Any) -> Any:
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
