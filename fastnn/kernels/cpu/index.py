"""Kernels that read places from data: rows by index, their gradients, one-hot rows, and the gathering of batches.

An index outside its range ends the run with status 1.
"""

import numpy as np

from fastnn.core.jit import at, bitcast, device, kernel, sizeof, words

BITS = ("u8", "u16", "i32", "i64")
INDEX = ("i32", "i64")
PAIRS = tuple((t, i) for t in BITS for i in INDEX)
FLOAT_PAIRS = tuple((t, i) for t in ("f32", "f64") for i in INDEX)


@kernel(*PAIRS)
def take(a, lo, hi, F, I):
    """y[o, k] = x[o, index[k]], rows of `inner` elements; negative indices count from the end.

    args: x, index, y, rows of x, inner, indices, least index: -rows, or 0 where none counts from the end.
    Items: (o, k) pairs.
    """
    xs, indices, ys, rows, inner, many, least = words(a, 7)
    S = sizeof(F)
    index = at(I, indices)
    for item in range(lo, hi):
        o = item // many
        r = np.int64(index[item - o * many])
        if r < least or r >= rows:
            return 1
        r = r + rows if r < 0 else r
        x, y = at(F, xs + (o * rows + r) * inner * S), at(F, ys + item * inner * S)
        for j in range(inner):
            y[j] = x[j]
    return 0


@kernel(*FLOAT_PAIRS)
def take_grad(a, lo, hi, F, I):
    """gx[o, index[k]] += gy[o, k] in the order of k, from zero. Items: rows (o, r) of gx.

    Every chunk reads all the indices and adds those that fall into it, so no two chunks write the same row.
    args: gy, index, gx, rows of gx, inner, indices.
    """
    gys, indices, gxs, rows, inner, many = words(a, 6)
    S = sizeof(F)
    index, z = at(I, indices), at(F, gxs + lo * inner * S)
    for j in range((hi - lo) * inner):
        z[j] = F(0)
    for o in range(lo // rows, (hi - 1) // rows + 1):
        first, last = lo - o * rows, hi - o * rows
        for k in range(many):
            r = np.int64(index[k])
            r = r + rows if r < 0 else r
            if r < 0 or r >= rows:
                return 1
            if r >= first and r < last:
                g, z = at(F, gys + (o * many + k) * inner * S), at(F, gxs + (o * rows + r) * inner * S)
                for j in range(inner):
                    z[j] += g[j]
    return 0


@kernel(*PAIRS)
def take_along(a, lo, hi, F, I):
    """y[o, k, j] = x[o, index[o, k, j], j]. args: x, index, y, rows of x, inner, rows of y. Items: o."""
    xs, indices, ys, rows, inner, many = words(a, 6)
    S = sizeof(F)
    for o in range(lo, hi):
        index = at(I, indices + o * many * inner * sizeof(I))
        x, y = at(F, xs + o * rows * inner * S), at(F, ys + o * many * inner * S)
        for k in range(many):
            for j in range(inner):
                r = np.int64(index[k * inner + j])
                r = r + rows if r < 0 else r
                if r < 0 or r >= rows:
                    return 1
                y[k * inner + j] = x[r * inner + j]
    return 0


@kernel(*FLOAT_PAIRS)
def take_along_grad(a, lo, hi, F, I):
    """gx[o, index[o, k, j], j] += gy[o, k, j], from zero. Items: o.

    args: gy, index, gx, rows of gx, inner, rows of gy.
    """
    gys, indices, gxs, rows, inner, many = words(a, 6)
    S = sizeof(F)
    for o in range(lo, hi):
        index = at(I, indices + o * many * inner * sizeof(I))
        g, z = at(F, gys + o * many * inner * S), at(F, gxs + o * rows * inner * S)
        for j in range(rows * inner):
            z[j] = F(0)
        for k in range(many):
            for j in range(inner):
                r = np.int64(index[k * inner + j])
                r = r + rows if r < 0 else r
                if r < 0 or r >= rows:
                    return 1
                z[r * inner + j] += g[k * inner + j]
    return 0


@kernel(*((t, i) for t in ("f32", "f64", "i32", "u8") for i in INDEX))
def one_hot(a, lo, hi, F, I):
    """y[i, index[i]] = 1, all else 0; an index outside [0, classes) gives a row of zeros.

    args: index, y, classes. Items: rows.
    """
    indices, ys, classes = words(a, 3)
    index = at(I, indices)
    for i in range(lo, hi):
        y, r = at(F, ys + i * classes * sizeof(F)), np.int64(index[i])
        for j in range(classes):
            y[j] = F(0)
        if r >= 0 and r < classes:
            y[r] = F(1)
    return 0


@kernel(*FLOAT_PAIRS)
def in_top_k(a, lo, hi, F, I):
    """y[i] = 1 if fewer than k values of row i exceed x[i, target[i]], which must be finite; else 0.

    args: target, x, y (u8), classes, k. Items: rows.
    """
    targets, xs, ys, classes, k = words(a, 5)
    target, y = at(I, targets), at(np.uint8, ys)
    for i in range(lo, hi):
        r, hit = np.int64(target[i]), np.uint8(0)
        if r >= 0 and r < classes:
            x = at(F, xs + i * classes * sizeof(F))
            v, above = x[r], np.int64(0)
            for j in range(classes):
                above += np.int64(1) if x[j] > v else np.int64(0)
            if above < k and v - v == F(0):
                hit = np.uint8(1)
        y[i] = hit
    return 0


# ------------------------------------------------------------------ batches
@device
def _same(D, v):
    return D(v)


@device
def _signed(D, v):
    """An int16 that was read as uint16."""
    i = np.int32(v)
    return D(np.int32(i - 65536) if i >= 32768 else i)


@device
def half(D, v):
    """A float16 that was read as uint16; its subnormals are kept although the tape flushes float32's."""
    m = np.uint32(v & np.uint16(0x7FFF))
    x = bitcast(np.float32, np.uint32((m << np.uint32(13)) + np.uint32(0x38000000)))
    x = bitcast(np.float32, np.uint32((m << np.uint32(13)) | np.uint32(0x7F800000))) if m >= np.uint32(0x7C00) else x
    x = np.float32(m) * np.float32(5.9604644775390625e-08) if m < np.uint32(0x0400) else x
    return D(-x if v >= np.uint16(0x8000) else x)


@device
def brain(D, v):
    """A bfloat16 that was read as uint16: the upper half of a float32."""
    return D(bitcast(np.float32, np.uint32(np.uint32(v) << np.uint32(16))))


@device
def _byte(D, v):
    """Modulo 256, by way of int32."""
    return D(np.int32(v))


def gather(name, D, S, convert):
    """Register out[i] = convert(x[index[row0 + i]]), the rows of one batch. Items: rows of the batch.

    args: io, index, out, elements of a row, state. io: address of int64 words {address of x, bytes from row to row,
    rows}; index: address of a word holding the address of int64 row numbers (0: rows as they lie); row0: word 1 of the
    state block.
    """

    def run(a, lo, hi):
        source, orders, ys, cols, state = words(a, 5)
        io, order, row0 = at(np.int64, source), at(np.int64, orders)[0], at(np.int64, state)[1]
        data, stride, rows = io[0], io[1], io[2]
        for i in range(lo, hi):
            r = row0 + i
            if order != 0:
                r = at(np.int64, order + r * 8)[0]
            if r < 0 or r >= rows:
                return 1
            x, y = at(S, data + r * stride), at(D, ys + i * cols * sizeof(D))
            for j in range(cols):
                y[j] = convert(D, x[j])
        return 0

    run.__name__ = name
    return kernel()(run)


# fmt: off
_SOURCES = (("u8", np.uint8, _same), ("i8", np.int8, _same), ("i16", np.uint16, _signed), ("i32", np.int32, _same),
            ("i64", np.int64, _same), ("f16", np.uint16, half), ("bf16", np.uint16, brain),
            ("f32", np.float32, _same), ("f64", np.float64, _same))
# fmt: on
_TARGETS = (("f32", np.float32), ("f64", np.float64), ("i32", np.int32), ("i64", np.int64))
_BYTES = (("u8", np.uint8, _same), ("i32", np.int32, _byte), ("i64", np.int64, _byte))
GATHERS = (  # name, type of the batch, type of the rows as they lie, conversion
    *((f"gather_rows_{d}_{s}", D, S, f) for d, D in _TARGETS for s, S, f in _SOURCES),
    *((f"gather_rows_u8_{s}", np.uint8, S, f) for s, S, f in _BYTES),
)
for _form in GATHERS:
    gather(*_form)
