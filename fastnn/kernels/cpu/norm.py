"""Batch normalisation.

Batch statistics are centred: blocks of rows give mean and squared deviations from their own mean, and the blocks are
combined in order (Chan, Golub, LeVeque 1983), in float64.  Columns are summed "wide": as many rows side by side as
make a row of >= WIDE elements, so that few channels still fill the vectors; the order of the additions depends on
sizes only.

The apply kernels work on elements from any start: their per-channel vectors are stored repeated, `wide + c` long, so
that the element's channel is a pointer offset.
"""
import numpy as np

from fastnn.core.jit import at, device, f64, kernel, sizeof
from fastnn.core.simd import fma
from fastnn.kernels.cpu.vecmath import sigmoid, tanh

RELU, SIGMOID, TANH = 1, 2, 3


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
    S, block, c, wide = sizeof(F), a[2], a[3], a[4]
    mean, p = at(F, a[5]), at(F, a[5] + wide * S)
    for row in range(lo, hi, block):
        n = min(block, hi - row)
        source, target = a[0] + row * c * S, a[1] + (row // block) * 2 * c * S
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
    S, rows, block, c = sizeof(F), a[3], a[4], a[5]
    mean, var, s, m2 = at(F, a[1]), at(F, a[2]), at(np.float64, a[6]), at(np.float64, a[6] + 8 * c)
    blocks = (rows + block - 1) // block
    for j in range(c):
        s[j] = 0.0
        m2[j] = 0.0
    for b in range(blocks):
        p, n = at(F, a[0] + 2 * b * c * S), np.float64(min(block, rows - b * block))
        for j in range(c):
            s[j] = fma(np.float64, np.float64(p[j]), n, s[j])
    for j in range(c):
        s[j] /= np.float64(rows)
    for b in range(blocks):
        p, q = at(F, a[0] + 2 * b * c * S), at(F, a[0] + (2 * b + 1) * c * S)
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
    S, c, length, eps = sizeof(F), a[6], a[7], F(f64(a[5]))
    mean, var = at(F, a[0]), at(F, a[1])
    m, s, b = at(F, a[4]), at(F, a[4] + length * S), at(F, a[4] + 2 * length * S)
    for j in range(c):
        m[j] = mean[j]
        s[j] = F(1) / np.sqrt(var[j] + eps)
        b[j] = F(0)
    if a[2] != 0:
        gamma = at(F, a[2])
        for j in range(c):
            s[j] *= gamma[j]
    if a[3] != 0:
        beta = at(F, a[3])
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
    S, c, wide, act = sizeof(F), a[3], a[4], a[5]
    length, phase, i, n = wide + c, lo % c, 0, hi - lo
    m, s = at(F, a[2] + phase * S), at(F, a[2] + (length + phase) * S)
    b = at(F, a[2] + (2 * length + phase) * S)
    while i < n:
        k = min(wide, n - i)
        x, y = at(F, a[0] + (lo + i) * S), at(F, a[1] + (lo + i) * S)
        if a[0] == a[1]:                        # one pointer, or the alias check takes the scalar loop
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
    S, block, c, wide, act = sizeof(F), a[5], a[6], a[7], a[8]
    W = wide * S
    mean, p, q = at(F, a[9]), at(F, a[9] + W), at(F, a[9] + 2 * W)
    source = at(F, a[3])
    for j in range(c):
        mean[j] = source[j]
    spread(F, mean, c, wide)
    for row in range(lo, hi, block):
        gradient_sums(F, act, a[0] + row * c * S, a[1] + row * c * S, a[2] + row * c * S, min(block, hi - row) * c,
                      wide, mean, p, q)
        fold_columns(F, p, wide, c)
        fold_columns(F, q, wide, c)
        part = at(F, a[4] + (row // block) * 2 * c * S)
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
    S, eps, rows, blocks, c, length = sizeof(F), f64(a[9]), np.float64(a[10]), a[11], a[12], a[13]
    mean, var, ggamma, gbeta = at(F, a[1]), at(F, a[2]), at(F, a[6]), at(F, a[7])
    m, s = at(F, a[8]), at(F, a[8] + length * S)
    k1, k0 = at(F, a[8] + 2 * length * S), at(F, a[8] + 3 * length * S)
    sg, sgx = at(np.float64, a[14]), at(np.float64, a[14] + 8 * c)
    for j in range(c):
        sg[j] = 0.0
        sgx[j] = 0.0
    for b in range(blocks):
        p, q = at(F, a[0] + 2 * b * c * S), at(F, a[0] + (2 * b + 1) * c * S)
        for j in range(c):
            sg[j] += np.float64(p[j])
            sgx[j] += np.float64(q[j])
    for j in range(c):
        r = 1.0 / np.sqrt(np.float64(var[j]) + eps)
        scale = r
        if a[3] != 0:
            scale = r * np.float64(at(F, a[3])[j])
        u1 = -scale * r * r * sgx[j]
        u0 = -scale * sg[j]
        if a[4] != 0:
            u0 += np.float64(at(F, a[4])[j])
        if a[5] != 0:
            u1 += 2.0 * np.float64(at(F, a[5])[j])
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
    S, c, wide, act = sizeof(F), a[5], a[6], a[7]
    length, phase, i, n = wide + c, lo % c, 0, hi - lo
    m, s = at(F, a[4] + phase * S), at(F, a[4] + (length + phase) * S)
    k1, k0 = at(F, a[4] + (2 * length + phase) * S), at(F, a[4] + (3 * length + phase) * S)
    while i < n:
        k, start = min(wide, n - i), (lo + i) * S
        gy, x, y, gx = at(F, a[0] + start), at(F, a[1] + start), at(F, a[2] + start), at(F, a[3] + start)
        if a[0] == a[3]:
            input_gradient(F, act, gx, x, y, gx, m, s, k1, k0, k)
        else:
            input_gradient(F, act, gy, x, y, gx, m, s, k1, k0, k)
        i += wide
    return 0
