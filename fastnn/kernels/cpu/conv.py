"""Convolution on NHWC as an implicit im2col product: forward, and grad_x as one such correlation per residue
of the stride.

    out[q] = sum over taps t of  source[q*step + tap_t] . W_t           (q, tap: pairs of row and column)

Bands of output rows are worked on: the source rows of a band are copied once, with their zero border, into a
private scratch that stays in L2; element (pixel p, tap-channel u) of the implicit matrix is then
scratch[pix[p] + tap[u]]. A register tile is some consecutive output pixels wherever they lie (end of a row,
next image), so small images, few channels, any stride and any dilation need no case of their own. No im2col
matrix is ever written.

The geometry words (made by `fastnn.ops.records.convolution_geometry`), in elements:
0 images · 1, 2 source rows and columns · 3 source channels · 4, 5 output rows and columns · 6, 7 steps ·
8, 9 source row and column of the first tap of output (0, 0) · 10, 11 scratch rows per image, scratch columns ·
12 output rows per band · 13 images per band · 14 whether every tap lies inside the source (no scratch then) ·
15 residues that columns of the scratch are sorted by, or 1
"""

import numpy as np

from fastnn.core.blocks import ACC
from fastnn.core.jit import at, device, kernel, sizeof, words
from fastnn.kernels.cpu.tiles import activate, block, pack_rows, pack_transposed, panel_cols, panel_tile

KC = 4608  # taps * channels per pass: a panel that stays in L2


@device
def next_band(g, r, hi):
    """End of the band that starts at row r of the (image, output row) axis."""
    q = r % g[4]
    if g[13] > 1 and q == 0:
        return min(hi, r + g[13] * g[4])
    return min(hi, r + min(g[12], g[4] - q))


@device(inline=False)
def fill_apart(F, g, x, row, inside):
    """One row of the scratch, the columns of each residue modulo g[15] side by side; x: its source row."""
    S, C = sizeof(F), g[3]
    each = g[11] // g[15]
    for phase in range(g[15]):
        for i in range(each):
            d, col = at(F, row + (phase * each + i) * C * S), g[9] + i * g[15] + phase
            if inside and 0 <= col < g[2]:
                s = at(F, x + col * C * S)
                for j in range(C):
                    d[j] = s[j]
            else:
                for j in range(C):
                    d[j] = F(0)


@device(inline=False)
def fill(F, g, x, scratch, r, end):
    """Copy the source rows of band [r, end) into the scratch, zeros outside the image; addresses in bytes."""
    S = sizeof(F)
    C, line, slot = g[3], g[11] * g[3], 0
    left = max(0, -g[9])  # the first scratch column that lies inside the image
    n = max(0, min(g[2], g[9] + g[11]) - (left + g[9])) * C
    left = min(left, g[11]) * C
    while r < end:
        image, q = r // g[4], r % g[4]
        rows = min(end - r, g[4] - q)
        for i in range(g[10] - (g[12] - rows) * g[6]):
            h = q * g[6] + g[8] + i
            d = at(F, scratch + (slot * g[10] + i) * line * S)
            if g[15] > 1:
                fill_apart(
                    F, g, x + (image * g[1] + h) * g[2] * C * S, scratch + (slot * g[10] + i) * line * S, 0 <= h < g[1]
                )
            elif 0 <= h < g[1] and n > 0:
                s = at(F, x + ((image * g[1] + h) * g[2] * C + left + g[9] * C) * S)
                for j in range(left):
                    d[j] = F(0)
                inner = at(F, scratch + ((slot * g[10] + i) * line + left) * S)
                for j in range(n):
                    inner[j] = s[j]
                for j in range(left + n, line):
                    d[j] = F(0)
            else:
                for j in range(line):
                    d[j] = F(0)
        r += rows
        slot += 1


@device
def band_source(F, g, x, scratch, r, end):
    """Address that pix and tap offsets count from for band [r, end); fills the scratch where one is needed."""
    if g[14]:
        image, q = r // g[4], r % g[4]
        return x + ((image * g[1] + q * g[6] + g[8]) * g[2] + g[9]) * g[3] * sizeof(F)
    fill(F, g, x, scratch, r, end)
    return scratch


@kernel("f32", "f64")
def conv_panels(a, lo, hi, F):
    """Weights (taps*C, groups*K) as panels, group by group.

    args: w, panels, rows R = taps*C, K per group, groups, elements of a group's panels.  items: rows.
    """
    ws, panels, R, K, G, each = words(a, 6)
    S = sizeof(F)
    for g in range(G):
        j = 0
        while j < K:
            w = panel_cols(F, panel_tile(F, K - j))
            pack_rows(
                F,
                panels + (g * each + j * R + lo * w) * S,
                w,
                w,
                ws + (lo * K * G + g * K + j) * S,
                K * G,
                hi - lo,
                K - j,
            )
            j += w
    return 0


@kernel("f32", "f64")
def conv_spread(a, lo, hi, F):
    """Weights that give f neighbouring outputs at once: rows (kernel row, column q, c), columns (output i, k).

    Column q of output i is column q - i*step of w; where w has none, zeros.

    args: w, out, table of w's offsets by tap, columns of w, step, f, C, K, offsets of a c, of a k, bias or 0, its f
    copies.  items: kernel rows.
    """
    ws, outs, taps, cols, step, f, C, K, apart_c, apart_k, biases, repeats = words(a, 12)
    S = sizeof(F)
    w, tap = at(F, ws), at(np.int64, taps)
    wide = cols + (f - 1) * step
    for r in range(lo, hi):
        for q in range(wide):
            for c in range(C):
                out = at(F, outs + ((r * wide + q) * C + c) * f * K * S)
                for i in range(f):
                    col = q - i * step
                    for k in range(K):
                        out[i * K + k] = w[tap[r * cols + col] + c * apart_c + k * apart_k] if 0 <= col < cols else F(0)
    if biases and lo == 0:
        bias, copies = at(F, biases), at(F, repeats)
        for i in range(f):
            for k in range(K):
                copies[i * K + k] = bias[k]
    return 0


@kernel("f32", "f64")
def conv_panels_t(a, lo, hi, F):
    """Weights (taps, C, groups*K), chosen taps, exchanged: panels over C of rows (tap, k), group by group.

    args: w, panels, table of taps, their number, C, K per group, groups, elements of a group's panels.  items:
    chosen taps.
    """
    ws, panels, chosen, count, C, K, G, each = words(a, 8)
    S = sizeof(F)
    taps = at(np.int64, chosen)
    R = count * K
    for g in range(G):
        j = 0
        while j < C:
            w = panel_cols(F, panel_tile(F, C - j))
            for i in range(lo, hi):
                pack_transposed(
                    F,
                    panels + (g * each + j * R + i * K * w) * S,
                    w,
                    ws + ((taps[i] * C + j) * K * G + g * K) * S,
                    K * G,
                    K,
                    min(w, C - j),
                )
            j += w
    return 0


@kernel("f32", "f64")
def conv(a, lo, hi, F):
    """out = act(correlation of x with packed weights + bias).

    args: x, panels, out, geometry, pix, tap and out-pixel tables, scratch, rows R = taps*C of a panel, groups,
    C per group, K per group, elements of a group's panels, out offsets: first, per image, per row; flags,
    bias, activation.
    items: output rows of all images.
    """
    (
        xs,
        panels,
        outs,
        geometry,
        pixel_table,
        tap_table,
        place_table,
        scratch,
        R,
        groups,
        C,
        K,
        each,
        first,
        per_image,
        per_row,
        flags,
        biases,
        activation,
    ) = words(a, 19)
    S = sizeof(F)
    g, pix, place = at(np.int64, geometry), at(np.int64, pixel_table), at(np.int64, place_table)
    r = lo
    while r < hi:
        end = next_band(g, r, hi)
        pixels = (end - r) * g[5]
        src = band_source(F, g, xs, scratch, r, end)
        out = outs + (first + r // g[4] * per_image + r % g[4] * per_row) * S
        for group in range(groups):
            j = 0
            while j < K:
                tile = panel_tile(F, K - j)
                w = panel_cols(F, tile)
                k = group * K + j
                for k0 in range(0, max(R, 1), KC):
                    kn = min(KC, R - k0)
                    fl = ACC if k0 > 0 else 0
                    if k0 + kn == R:
                        fl |= flags
                    block(
                        F,
                        tile,
                        at(F, src + group * C * S),
                        pix,
                        at(np.int64, tap_table + k0 * 8),
                        kn,
                        at(F, panels + (group * each + j * R + k0 * w) * S),
                        w,
                        at(F, out + k * S),
                        place,
                        pixels,
                        min(w, K - j),
                        fl,
                        at(F, biases + k * S),
                    )
                j += w
        if activation > 1:  # forward only: there the pixels of a band are contiguous
            activate(F, activation, out, 0, 1, pixels * K * groups)
        r = end
    return 0
