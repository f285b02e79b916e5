"""Batch, layer and RMS normalisation.

Batch statistics are centred: blocks of rows give mean and squared deviations from their own mean, and the blocks are
combined in order (Chan, Golub, LeVeque 1983), in float64.  Columns are summed "wide": as many rows side by side as
make a row of >= WIDE elements, so that few channels still fill the vectors; the order of the additions depends on
sizes only.

The apply kernels work on elements from any start: their per-channel vectors are stored repeated, `wide + c` long, so
that the element's channel is a pointer offset.
"""
import numpy as np

from fastnn.core.jit import at, device, f64, kernel, sizeof
from fastnn.core.simd import lanes_dot, lanes_sum, lanes_sumsq_dev
from fastnn.kernels.cpu.vecmath import exp, tanh

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
            p[j] += d0 * d0 + d1 * d1
        i += 2 * wide
    while i < n:
        x = at(F, address + i * S)
        for j in range(min(wide, n - i)):
            d = x[j] - mean[j]
            p[j] += d * d
        i += wide
    fold_columns(F, p, wide, c)


@device
def spread(F, p, c, length):
    """Repeat the c elements at p to `length` elements."""
    for j in range(length - c):
        p[c + j] = p[j]


@kernel("f32", "f64")
def batch_stats(a, lo, hi, F):
    """Mean and squared deviations of a block of rows.

    args: x, part (blocks, 2, c), PART, c, wide, workspace (2 wide).  items: rows; one call per block.
    """
    S, c, wide = sizeof(F), a[3], a[4]
    n = hi - lo
    source, target = a[0] + lo * c * S, a[1] + (lo // a[2]) * 2 * c * S
    mean, p = at(F, a[5]), at(F, a[5] + wide * S)
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
    """Combine the blocks.  args: part, mean, var, rows, rows of a block, c.  items: channels."""
    S, rows, block, c = sizeof(F), a[3], a[4], a[5]
    mean, var = at(F, a[1]), at(F, a[2])
    blocks = (rows + block - 1) // block
    for j in range(lo, hi):
        s, m2 = 0.0, 0.0
        for b in range(blocks):
            s += np.float64(at(F, a[0] + (2 * b * c + j) * S)[0]) * np.float64(min(block, rows - b * block))
        s /= np.float64(rows)
        for b in range(blocks):
            p = at(F, a[0] + (2 * b * c + j) * S)
            d = np.float64(p[0]) - s
            m2 += np.float64(p[c]) + d * d * np.float64(min(block, rows - b * block))
        mean[j] = F(s)
        var[j] = F(m2 / np.float64(rows))
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
        if act == RELU:
            for j in range(k):
                v = (x[j] - m[j]) * s[j] + b[j]
                y[j] = F(0) if v < F(0) else v
        else:
            for j in range(k):
                y[j] = (x[j] - m[j]) * s[j] + b[j]
        i += wide
    if act > RELU:              # over the whole range at once: long loops for the polynomials
        y = at(F, a[1] + lo * S)
        if act == SIGMOID:
            for j in range(n):
                y[j] = F(1) / (F(1) + exp(F, -y[j]))
        else:
            for j in range(n):
                y[j] = tanh(F, y[j])
    return 0


@kernel("f32", "f64")
def batch_norm_grad_sums(a, lo, hi, F):
    """Column sums of g and g * (x - mean) over a block of rows, g = gy * act'(y).

    args: gy, x, y or 0, mean, part (blocks, 2, c), PART, c, wide, act, workspace (3 wide).  items: rows, one
    call a block.
    """
    S, c, wide, act = sizeof(F), a[6], a[7], a[8]
    n, start, W = (hi - lo) * c, lo * c * S, wide * S
    mean, p, q = at(F, a[9]), at(F, a[9] + W), at(F, a[9] + 2 * W)
    source = at(F, a[3])
    for j in range(c):
        mean[j] = source[j]
    spread(F, mean, c, wide)
    for j in range(wide):
        p[j] = F(0)
        q[j] = F(0)
    i = 0
    while i < n:
        k = min(wide, n - i)
        gy, x = at(F, a[0] + start + i * S), at(F, a[1] + start + i * S)
        if act == 0:
            for j in range(k):
                p[j] += gy[j]
                q[j] += gy[j] * (x[j] - mean[j])
        else:
            y = at(F, a[2] + start + i * S)
            if act == RELU:
                for j in range(k):
                    v = gy[j] if y[j] > F(0) else F(0)
                    p[j] += v
                    q[j] += v * (x[j] - mean[j])
            elif act == SIGMOID:
                for j in range(k):
                    v = gy[j] * (y[j] * (F(1) - y[j]))
                    p[j] += v
                    q[j] += v * (x[j] - mean[j])
            else:
                for j in range(k):
                    v = gy[j] * (F(1) - y[j] * y[j])
                    p[j] += v
                    q[j] += v * (x[j] - mean[j])
        i += wide
    fold_columns(F, p, wide, c)
    fold_columns(F, q, wide, c)
    part = at(F, a[4] + (lo // a[5]) * 2 * c * S)
    for j in range(c):
        part[j] = p[j]
        part[c + j] = q[j]
    return 0


@kernel("f32", "f64")
def batch_norm_grad_finish(a, lo, hi, F):
    """Gradients of gamma and beta, and the vectors (4, length) of the second pass: mean, s, k1, k0.  One item.

    gx = s g + k1 (x - mean) + k0;  s = gamma r, k1 = -s r^2 sum(g (x - mean)) / n + 2 gvar / n, k0 = -s sum(g) / n +
    gmean / n, r = 1 / sqrt(var + eps).
    args: part, mean, var, gamma or 0, gmean or 0, gvar or 0, ggamma, gbeta, vectors, eps, rows, blocks, c, length.
    """
    S, eps, rows, blocks, c, length = sizeof(F), f64(a[9]), np.float64(a[10]), a[11], a[12], a[13]
    mean, var, ggamma, gbeta = at(F, a[1]), at(F, a[2]), at(F, a[6]), at(F, a[7])
    m, s = at(F, a[8]), at(F, a[8] + length * S)
    k1, k0 = at(F, a[8] + 2 * length * S), at(F, a[8] + 3 * length * S)
    for j in range(c):
        sg, sgx = 0.0, 0.0
        for b in range(blocks):
            p = at(F, a[0] + (2 * b * c + j) * S)
            sg += np.float64(p[0])
            sgx += np.float64(p[c])
        r = 1.0 / np.sqrt(np.float64(var[j]) + eps)
        scale = r
        if a[3] != 0:
            scale = r * np.float64(at(F, a[3])[j])
        u1 = -scale * r * r * sgx
        u0 = -scale * sg
        if a[4] != 0:
            u0 += np.float64(at(F, a[4])[j])
        if a[5] != 0:
            u1 += 2.0 * np.float64(at(F, a[5])[j])
        ggamma[j] = F(sgx * r)
        gbeta[j] = F(sg)
        m[j] = mean[j]
        s[j] = F(scale)
        k1[j] = F(u1 / rows)
        k0[j] = F(u0 / rows)
    spread(F, m, c, length)
    spread(F, s, c, length)
    spread(F, k1, c, length)
    spread(F, k0, c, length)
    return 0


@kernel("f32", "f64")
def batch_norm_grad_apply(a, lo, hi, F):
    """gx = s g + k1 (x - mean) + k0.  args: gy, x, y or 0, gx, vectors, c, wide, act.  items: elements."""
    S, c, wide, act = sizeof(F), a[5], a[6], a[7]
    length, phase, i, n = wide + c, lo % c, 0, hi - lo
    m, s = at(F, a[4] + phase * S), at(F, a[4] + (length + phase) * S)
    k1, k0 = at(F, a[4] + (2 * length + phase) * S), at(F, a[4] + (3 * length + phase) * S)
    while i < n:
        k = min(wide, n - i)
        gy, x, gx = at(F, a[0] + (lo + i) * S), at(F, a[1] + (lo + i) * S), at(F, a[3] + (lo + i) * S)
        if act == 0:
            for j in range(k):
                gx[j] = s[j] * gy[j] + (k1[j] * (x[j] - m[j]) + k0[j])
        else:
            y = at(F, a[2] + (lo + i) * S)
            if act == RELU:
                for j in range(k):
                    v = gy[j] if y[j] > F(0) else F(0)
                    gx[j] = s[j] * v + (k1[j] * (x[j] - m[j]) + k0[j])
            elif act == SIGMOID:
                for j in range(k):
                    gx[j] = s[j] * (gy[j] * (y[j] * (F(1) - y[j]))) + (k1[j] * (x[j] - m[j]) + k0[j])
            else:
                for j in range(k):
                    gx[j] = s[j] * (gy[j] * (F(1) - y[j] * y[j])) + (k1[j] * (x[j] - m[j]) + k0[j])
        i += wide
    return 0


@kernel("f32", "f64")
def layer_norm(a, lo, hi, F):
    """y = (x - mean) * r * gamma + beta over rows of c; not centred (RMS): mean = 0.

    args: x, y, mean, r, gamma or 0, beta or 0, eps, c, centred.  items: rows.
    """
    S, c, eps = sizeof(F), a[7], F(f64(a[6]))
    for i in range(lo, hi):
        x, y = at(F, a[0] + i * c * S), at(F, a[1] + i * c * S)
        m = lanes_sum(F, x, c) / F(c) if a[8] else F(0)
        r = F(1) / np.sqrt(lanes_sumsq_dev(F, x, m, c) / F(c) + eps)
        at(F, a[2])[i] = m
        at(F, a[3])[i] = r
        if a[4] != 0 and a[5] != 0:
            gamma, beta = at(F, a[4]), at(F, a[5])
            for j in range(c):
                y[j] = ((x[j] - m) * r) * gamma[j] + beta[j]
        elif a[4] != 0:
            gamma = at(F, a[4])
            for j in range(c):
                y[j] = ((x[j] - m) * r) * gamma[j]
        elif a[5] != 0:
            beta = at(F, a[5])
            for j in range(c):
                y[j] = (x[j] - m) * r + beta[j]
        else:
            for j in range(c):
                y[j] = (x[j] - m) * r
    return 0


@kernel("f32", "f64")
def layer_norm_grad(a, lo, hi, F):
    """gx = r (g - mean(g) - xhat mean(g xhat)), g = gy gamma; partial sums of gy xhat and gy over the rows of a call.

    args: gy, x, mean, r, gamma or 0, gx, part (calls, 2, c), PART, c, centred, workspace (2 c).  items: rows.
    """
    S, c = sizeof(F), a[8]
    part = a[6] + (lo // a[7]) * 2 * c * S
    pg, pb = at(F, part), at(F, part + c * S)
    g, h = at(F, a[10]), at(F, a[10] + c * S)
    for j in range(c):
        pg[j] = F(0)
        pb[j] = F(0)
    for i in range(lo, hi):
        gy, x, gx = at(F, a[0] + i * c * S), at(F, a[1] + i * c * S), at(F, a[5] + i * c * S)
        m, r = at(F, a[2])[i], at(F, a[3])[i]
        for j in range(c):
            v = (x[j] - m) * r
            h[j] = v
            g[j] = gy[j]
            pg[j] += gy[j] * v
            pb[j] += gy[j]
        if a[4] != 0:
            gamma = at(F, a[4])
            for j in range(c):
                g[j] *= gamma[j]
        mean_g = lanes_sum(F, g, c) / F(c) if a[9] else F(0)
        mean_gh = lanes_dot(F, g, h, c) / F(c)
        for j in range(c):
            gx[j] = r * ((g[j] - mean_g) - h[j] * mean_gh)
    return 0


@kernel("f32", "f64")
def sum_partials(a, lo, hi, F):
    """y[j] = part[0, j] + part[1, j] + ... in order.

    args: part, y, calls, row length, first column.  items: columns.
    """
    S = sizeof(F)
    y = at(F, a[1] + lo * S)
    for j in range(hi - lo):
        y[j] = F(0)
    for b in range(a[2]):
        p = at(F, a[0] + (b * a[3] + a[4] + lo) * S)
        for j in range(hi - lo):
            y[j] += p[j]
    return 0
