"""Batch normalisation.

Batch statistics are centred: blocks of rows give mean and squared deviations from their own mean, and the blocks are
combined in order (Chan, Golub, LeVeque 1983), in float64.  Columns are summed "wide": as many rows side by side as
make a row of >= WIDE elements, so that few channels still fill the vectors; the order of the additions depends on
sizes only.

The apply kernels work on elements from any start: their per-channel vectors are stored repeated, `wide + c` long, so
that the element's channel is a pointer offset.
"""

import numpy as np

from fastnn.core.blocks import CODES
from fastnn.core.jit import at, device, f64, kernel, sizeof, words
from fastnn.core.simd import fma
from fastnn.kernels.cpu.vecmath import sigmoid, tanh

RELU, SIGMOID, TANH = CODES["relu"], CODES["sigmoid"], CODES["tanh"]


@device
def fold_columns(F, p, wide, c):
    """p[j] += p[j + c] + p[j + 2c] + ... : the wide row at p becomes one row of c sums."""
    for k in range(1, wide // c):
        for j in range(c):
            p[j] += p[k * c + j]


@device
def column_sums(F, address, n, wide, c, p):
    """p[:c] = column sums of the n elements (whole rows of c) at `address`; p has room for `wide`."""
    S = sizeof(F)
    for j in range(wide):
        p[j] = F(0)
    i = 0
    while i + 4 * wide <= n:
        x0, x1 = at(F, address + i * S), at(F, address + (i + wide) * S)
        x2, x3 = at(F, address + (i + 2 * wide) * S), at(F, address + (i + 3 * wide) * S)
        for j in range(wide):
            p[j] += (x0[j] + x1[j]) + (x2[j] + x3[j])
        i += 4 * wide
    while i < n:
        x = at(F, address + i * S)
        for j in range(min(wide, n - i)):
            p[j] += x[j]
        i += wide
    fold_columns(F, p, wide, c)


@device
def column_deviations(F, address, n, wide, c, mean, p):
    """p[:c] = column sums of (x - mean)**2; mean is `wide` long."""
    S = sizeof(F)
    for j in range(wide):
        p[j] = F(0)
    i = 0
    while i + 2 * wide <= n:
        x0, x1 = at(F, address + i * S), at(F, address + (i + wide) * S)
        for j in range(wide):
            d0, d1 = x0[j] - mean[j], x1[j] - mean[j]
            p[j] = fma(F, d0, d0, fma(F, d1, d1, p[j]))
        i += 2 * wide
    while i < n:
        x = at(F, address + i * S)
        for j in range(min(wide, n - i)):
            d = x[j] - mean[j]
            p[j] = fma(F, d, d, p[j])
        i += wide
    fold_columns(F, p, wide, c)


@device
def spread(F, p, c, length):
    """Repeat the c elements at p to `length` elements."""
    for j in range(length - c):
        p[c + j] = p[j]


@kernel("f32", "f64")
def batch_stats(a, lo, hi, F):
    """Mean and squared deviations of blocks of rows.

    args: x, part (blocks, 2, c), rows of a block, c, wide, workspace (2 wide).  items: rows, whole blocks.
    """
    xs, partials, block, c, wide, work = words(a, 6)
    S = sizeof(F)
    mean, p = at(F, work), at(F, work + wide * S)
    for row in range(lo, hi, block):
        n = min(block, hi - row)
        source, target = xs + row * c * S, partials + (row // block) * 2 * c * S
        column_sums(F, source, n * c, wide, c, p)
        part, inv = at(F, target), F(1) / F(n)
        for j in range(c):
            mean[j] = p[j] * inv
            part[j] = mean[j]
        spread(F, mean, c, wide)
        column_deviations(F, source, n * c, wide, c, mean, p)
        part = at(F, target + c * S)
        for j in range(c):
            part[j] = p[j]
    return 0


@kernel("f32", "f64")
def batch_stats_finish(a, lo, hi, F):
    """Combine the blocks.  args: part, mean, var, rows, rows of a block, c, workspace (2 c float64).  One item."""
    partials, means, variances, rows, block, c, work = words(a, 7)
    S = sizeof(F)
    mean, var, s, m2 = at(F, means), at(F, variances), at(np.float64, work), at(np.float64, work + 8 * c)
    blocks = (rows + block - 1) // block
    for j in range(c):
        s[j] = 0.0
        m2[j] = 0.0
    for b in range(blocks):
        p, n = at(F, partials + 2 * b * c * S), np.float64(min(block, rows - b * block))
        for j in range(c):
            s[j] = fma(np.float64, np.float64(p[j]), n, s[j])
    for j in range(c):
        s[j] /= np.float64(rows)
    for b in range(blocks):
        p, q = at(F, partials + 2 * b * c * S), at(F, partials + (2 * b + 1) * c * S)
        n = np.float64(min(block, rows - b * block))
        for j in range(c):
            d = np.float64(p[j]) - s[j]
            m2[j] += fma(np.float64, d * d, n, np.float64(q[j]))
    for j in range(c):
        mean[j] = F(s[j])
        var[j] = F(m2[j] / np.float64(rows))
    return 0


@kernel("f32", "f64")
def batch_norm_prepare(a, lo, hi, F):
    """Per-channel vectors (3, length): mean, gamma / sqrt(var + eps), beta.  One item.

    args: mean, var, gamma or 0, beta or 0, vectors, eps, c, length.
    """
    means, variances, gammas, betas, vectors, epsilon, c, length = words(a, 8)
    S, eps = sizeof(F), F(f64(epsilon))
    mean, var = at(F, means), at(F, variances)
    m, s, b = at(F, vectors), at(F, vectors + length * S), at(F, vectors + 2 * length * S)
    for j in range(c):
        m[j] = mean[j]
        s[j] = F(1) / np.sqrt(var[j] + eps)
        b[j] = F(0)
    if gammas != 0:
        gamma = at(F, gammas)
        for j in range(c):
            s[j] *= gamma[j]
    if betas != 0:
        beta = at(F, betas)
        for j in range(c):
            b[j] = beta[j]
    spread(F, m, c, length)
    spread(F, s, c, length)
    spread(F, b, c, length)
    return 0


@device
def normalize(F, act, x, y, m, s, b, n):
    """y = act((x - m) * s + b) for n elements."""
    if act == 0:
        for j in range(n):
            y[j] = fma(F, x[j] - m[j], s[j], b[j])
    elif act == RELU:
        for j in range(n):
            v = fma(F, x[j] - m[j], s[j], b[j])
            y[j] = F(0) if v < F(0) else v
    elif act == SIGMOID:
        for j in range(n):
            y[j] = sigmoid(F, fma(F, x[j] - m[j], s[j], b[j]))
    else:
        for j in range(n):
            y[j] = tanh(F, fma(F, x[j] - m[j], s[j], b[j]))


@kernel("f32", "f64")
def batch_norm_apply(a, lo, hi, F):
    """y = act((x - mean) * scale + beta).  args: x, y, vectors, c, wide, act.  items: elements."""
    xs, ys, vectors, c, wide, act = words(a, 6)
    S = sizeof(F)
    length, phase, i, n = wide + c, lo % c, 0, hi - lo
    m, s = at(F, vectors + phase * S), at(F, vectors + (length + phase) * S)
    b = at(F, vectors + (2 * length + phase) * S)
    while i < n:
        k = min(wide, n - i)
        x, y = at(F, xs + (lo + i) * S), at(F, ys + (lo + i) * S)
        if xs == ys:  # one pointer, or the alias check takes the scalar loop
            normalize(F, act, y, y, m, s, b, k)
        else:
            normalize(F, act, x, y, m, s, b, k)
        i += wide
    return 0


@device
def gradient_sums(F, act, gys, xs, ys, n, wide, mean, p, q):
    """p = wide column sums of g, q those of g * (x - mean), over n elements at the addresses gys, xs, ys."""
    S = sizeof(F)
    for j in range(wide):
        p[j] = F(0)
        q[j] = F(0)
    i = 0
    while i < n:
        k = min(wide, n - i)
        gy, x = at(F, gys + i * S), at(F, xs + i * S)
        if act == 0:
            for j in range(k):
                p[j] += gy[j]
                q[j] = fma(F, gy[j], x[j] - mean[j], q[j])
        else:
            y = at(F, ys + i * S)
            if act == RELU:
                for j in range(k):
                    v = gy[j] if y[j] > F(0) else F(0)
                    p[j] += v
                    q[j] = fma(F, v, x[j] - mean[j], q[j])
            elif act == SIGMOID:
                for j in range(k):
                    v = gy[j] * (y[j] * (F(1) - y[j]))
                    p[j] += v
                    q[j] = fma(F, v, x[j] - mean[j], q[j])
            else:
                for j in range(k):
                    v = gy[j] * fma(F, -y[j], y[j], F(1))
                    p[j] += v
                    q[j] = fma(F, v, x[j] - mean[j], q[j])
        i += wide


@kernel("f32", "f64")
def batch_norm_grad_sums(a, lo, hi, F):
    """Column sums of g and g * (x - mean) over blocks of rows, g = gy * act'(y).

    args: gy, x, y or 0, mean, part (blocks, 2, c), rows of a block, c, wide, act, workspace (3 wide).  items: rows,
    whole blocks.
    """
    gys, xs, ys, means, partials, block, c, wide, act, work = words(a, 10)
    S = sizeof(F)
    W = wide * S
    mean, p, q = at(F, work), at(F, work + W), at(F, work + 2 * W)
    source = at(F, means)
    for j in range(c):
        mean[j] = source[j]
    spread(F, mean, c, wide)
    for row in range(lo, hi, block):
        gradient_sums(
            F, act, gys + row * c * S, xs + row * c * S, ys + row * c * S, min(block, hi - row) * c, wide, mean, p, q
        )
        fold_columns(F, p, wide, c)
        fold_columns(F, q, wide, c)
        part = at(F, partials + (row // block) * 2 * c * S)
        for j in range(c):
            part[j] = p[j]
            part[c + j] = q[j]
    return 0


@kernel("f32", "f64")
def batch_norm_grad_finish(a, lo, hi, F):
    """Gradients of gamma and beta, and the vectors (4, length) of the second pass: mean, s, k1, k0.  One item.

    gx = s g + k1 (x - mean) + k0;  s = gamma r, k1 = -s r^2 sum(g (x - mean)) / n + 2 gvar / n, k0 = -s sum(g) / n +
    gmean / n, r = 1 / sqrt(var + eps).
    args: part, mean, var, gamma or 0, gmean or 0, gvar or 0, ggamma, gbeta, vectors, eps, rows, blocks, c, length,
    workspace (2 c float64).
    """
    (
        partials,
        means,
        variances,
        gammas,
        gmeans,
        gvars,
        ggammas,
        gbetas,
        vectors,
        epsilon,
        items,
        blocks,
        c,
        length,
        work,
    ) = words(a, 15)
    S, eps, rows = sizeof(F), f64(epsilon), np.float64(items)
    mean, var, ggamma, gbeta = at(F, means), at(F, variances), at(F, ggammas), at(F, gbetas)
    m, s = at(F, vectors), at(F, vectors + length * S)
    k1, k0 = at(F, vectors + 2 * length * S), at(F, vectors + 3 * length * S)
    sg, sgx = at(np.float64, work), at(np.float64, work + 8 * c)
    for j in range(c):
        sg[j] = 0.0
        sgx[j] = 0.0
    for b in range(blocks):
        p, q = at(F, partials + 2 * b * c * S), at(F, partials + (2 * b + 1) * c * S)
        for j in range(c):
            sg[j] += np.float64(p[j])
            sgx[j] += np.float64(q[j])
    for j in range(c):
        r = 1.0 / np.sqrt(np.float64(var[j]) + eps)
        scale = r
        if gammas != 0:
            scale = r * np.float64(at(F, gammas)[j])
        u1 = -scale * r * r * sgx[j]
        u0 = -scale * sg[j]
        if gmeans != 0:
            u0 += np.float64(at(F, gmeans)[j])
        if gvars != 0:
            u1 += 2.0 * np.float64(at(F, gvars)[j])
        ggamma[j] = F(sgx[j] * r)
        gbeta[j] = F(sg[j])
        m[j] = mean[j]
        s[j] = F(scale)
        k1[j] = F(u1 / rows)
        k0[j] = F(u0 / rows)
    spread(F, m, c, length)
    spread(F, s, c, length)
    spread(F, k1, c, length)
    spread(F, k0, c, length)
    return 0


@device
def input_gradient(F, act, gy, x, y, gx, m, s, k1, k0, n):
    """gx = s g + (k1 (x - m) + k0), g = gy act'(y), for n elements."""
    if act == 0:
        for j in range(n):
            gx[j] = fma(F, s[j], gy[j], fma(F, k1[j], x[j] - m[j], k0[j]))
    elif act == RELU:
        for j in range(n):
            v = gy[j] if y[j] > F(0) else F(0)
            gx[j] = fma(F, s[j], v, fma(F, k1[j], x[j] - m[j], k0[j]))
    elif act == SIGMOID:
        for j in range(n):
            v = gy[j] * (y[j] * (F(1) - y[j]))
            gx[j] = fma(F, s[j], v, fma(F, k1[j], x[j] - m[j], k0[j]))
    else:
        for j in range(n):
            v = gy[j] * fma(F, -y[j], y[j], F(1))
            gx[j] = fma(F, s[j], v, fma(F, k1[j], x[j] - m[j], k0[j]))


@kernel("f32", "f64")
def batch_norm_grad_apply(a, lo, hi, F):
    """gx = s g + k1 (x - mean) + k0.  args: gy, x, y or 0, gx, vectors, c, wide, act.  items: elements."""
    gys, xs, ys, gxs, vectors, c, wide, act = words(a, 8)
    S = sizeof(F)
    length, phase, i, n = wide + c, lo % c, 0, hi - lo
    m, s = at(F, vectors + phase * S), at(F, vectors + (length + phase) * S)
    k1, k0 = at(F, vectors + (2 * length + phase) * S), at(F, vectors + (3 * length + phase) * S)
    while i < n:
        k, start = min(wide, n - i), (lo + i) * S
        gy, x, y, gx = at(F, gys + start), at(F, xs + start), at(F, ys + start), at(F, gxs + start)
        if gys == gxs:
            input_gradient(F, act, gx, x, y, gx, m, s, k1, k0, k)
        else:
            input_gradient(F, act, gy, x, y, gx, m, s, k1, k0, k)
        i += wide
    return 0
