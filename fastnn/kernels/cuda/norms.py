"""Layer and batch normalisation on a device.

Rows have LANES threads or a whole block each.  Statistics of channels are made by blocks of LANES channels and DEEP
rows side by side: centred, from the mean of a block of rows, and then combined in float64, as on the CPU.
"""

import numpy as np

from fastnn.core.blocks import CODES, DEEP, LANES, MAPPED
from fastnn.core.jit import at, device, f64, sizeof, words
from fastnn.core.jit_cuda import block, blocks, cuda_kernel, shared, thread
from fastnn.core.simd import fma
from fastnn.kernels.cpu.vecmath import sigmoid, tanh
from fastnn.kernels.cuda.rows import row_sum
from fastnn.kernels.cuda.trees import by_rows, split, sum_across, sum_down

RELU, SIGMOID = CODES["relu"], CODES["sigmoid"]
THREADS = LANES * DEEP


# ------------------------------------------------------------------ rows
@by_rows("f32", "f64", length=7)
def layer_norm(F, a, i, mine, s, t, lane, width):
    """y = (x - mean) * r * gamma + beta over rows of c; not centred (RMS): mean = 0.

    args: x, y, mean, r, gamma or 0, beta or 0, eps, c, centred.  items: rows.
    """
    xs, ys, means, rs, gammas, betas, epsilon, c, centred = words(a, 9)
    S = sizeof(F)
    x, y, gamma, beta = at(F, xs + i * c * S), at(F, ys + i * c * S), at(F, gammas), at(F, betas)
    m = row_sum(F, x, c, s, t, lane, width) / F(c) if centred else F(0)
    v = F(0)
    for j in range(lane, c, width):
        v = fma(F, x[j] - m, x[j] - m, v)
    r = F(1) / np.sqrt(sum_across(F, s, v, t, width) / F(c) + F(f64(epsilon)))
    if mine:
        if lane == 0:
            at(F, means)[i] = m
            at(F, rs)[i] = r
        for j in range(lane, c, width):
            g, b = gamma[j] if gammas else F(1), beta[j] if betas else F(0)
            y[j] = fma(F, (x[j] - m) * r, g, b)
    return 0


@by_rows("f32", "f64", length=6)
def layer_norm_grad_rows(F, a, i, mine, s, t, lane, width):
    """gx = r (g - mean(g) - xhat mean(g xhat)), g = gy gamma.

    args: gy, x, mean, r, gamma or 0, gx, c, centred.  items: rows.
    """
    gys, xs, means, rs, gammas, gxs, c, centred = words(a, 8)
    S = sizeof(F)
    gy, x, gx, gamma = at(F, gys + i * c * S), at(F, xs + i * c * S), at(F, gxs + i * c * S), at(F, gammas)
    m, r, u, v = at(F, means)[i], at(F, rs)[i], F(0), F(0)
    for j in range(lane, c, width):
        g = gy[j] * gamma[j] if gammas else gy[j]
        u, v = u + g, fma(F, g, (x[j] - m) * r, v)
    mean_g, mean_gh = sum_across(F, s, u, t, width) / F(c), sum_across(F, s, v, t, width) / F(c)
    mean_g = mean_g if centred else F(0)
    if mine:
        for j in range(lane, c, width):
            g = gy[j] * gamma[j] if gammas else gy[j]
            gx[j] = r * fma(F, -((x[j] - m) * r), mean_gh, g - mean_g)
    return 0


@cuda_kernel("f32", "f64", threads=THREADS)
def layer_norm_grad_sums(a, lo, hi, F):
    """part = column sums of gy * xhat, and of gy, over blocks of rows.

    args: gy, x, mean, r, part (blocks, 2, c), rows, rows of a block, c.  items: (block, stripe of LANES columns).
    """
    gys, xs, means, rs, partials, rows, length, c = words(a, 8)
    gy, x, mean, r, part = at(F, gys), at(F, xs), at(F, means), at(F, rs), at(F, partials)
    s = shared(F, THREADS)
    t, stripes = thread(), (c + LANES - 1) // LANES
    for item in range(lo + block(), hi, blocks()):
        b, j = item // stripes, item % stripes * LANES + t % LANES
        u, v = F(0), F(0)
        if j < c:
            for i in range(b * length + t // LANES, min((b + 1) * length, rows), DEEP):
                g = gy[i * c + j]
                u, v = fma(F, g, (x[i * c + j] - mean[i]) * r[i], u), v + g
        u, v = sum_down(F, s, u, t, DEEP), sum_down(F, s, v, t, DEEP)
        if t < LANES and j < c:
            part[2 * b * c + j] = u
            part[(2 * b + 1) * c + j] = v
    return 0


# ------------------------------------------------------------------ statistics of channels
@cuda_kernel("f32", "f64", threads=THREADS)
def batch_stats_blocks(a, lo, hi, F):
    """Mean and squared deviations of blocks of rows.

    args: x, part (blocks, 2, c), rows, rows of a block, c.  items: (block, stripe of LANES channels).
    """
    xs, partials, rows, length, c = words(a, 5)
    x, part = at(F, xs), at(F, partials)
    s = shared(F, THREADS)
    t, stripes = thread(), (c + LANES - 1) // LANES
    for item in range(lo + block(), hi, blocks()):
        b, j = item // stripes, item % stripes * LANES + t % LANES
        first, last = b * length + t // LANES, min((b + 1) * length, rows)
        v = F(0)
        if j < c:
            for i in range(first, last, DEEP):
                v = v + x[i * c + j]
        m = sum_down(F, s, v, t, DEEP) / F(last - b * length)
        v = F(0)
        if j < c:
            for i in range(first, last, DEEP):
                v = fma(F, x[i * c + j] - m, x[i * c + j] - m, v)
        v = sum_down(F, s, v, t, DEEP)
        if t < LANES and j < c:
            part[2 * b * c + j] = m
            part[(2 * b + 1) * c + j] = v
    return 0


@cuda_kernel("f32", "f64", threads=THREADS)
def batch_stats_finish(a, lo, hi, F):
    """Combine the blocks.  args: part, mean, var, rows, rows of a block, c.  items: stripes of LANES channels."""
    partials, means, variances, rows, length, c = words(a, 6)
    part = at(F, partials)
    s = shared(np.float64, THREADS)
    t, many = thread(), (rows + length - 1) // length
    for item in range(lo + block(), hi, blocks()):
        j = item * LANES + t % LANES
        v = 0.0
        if j < c:
            for b in range(t // LANES, many, DEEP):
                v = fma(np.float64, np.float64(part[2 * b * c + j]), np.float64(min(length, rows - b * length)), v)
        m = sum_down(np.float64, s, v, t, DEEP) / np.float64(rows)
        v = 0.0
        if j < c:
            for b in range(t // LANES, many, DEEP):
                d = np.float64(part[2 * b * c + j]) - m
                n = np.float64(min(length, rows - b * length))
                v += fma(np.float64, d * d, n, np.float64(part[(2 * b + 1) * c + j]))
        v = sum_down(np.float64, s, v, t, DEEP)
        if t < LANES and j < c:
            at(F, means)[j] = F(m)
            at(F, variances)[j] = F(v / np.float64(rows))
    return 0


@device
def before(F, act, gy, y):
    """The gradient before the activation."""
    if act == 0:
        return gy
    if act == RELU:
        return gy if y > F(0) else F(0)
    return gy * (y * (F(1) - y)) if act == SIGMOID else gy * fma(F, -y, y, F(1))


@cuda_kernel("f32", "f64", threads=THREADS)
def batch_norm_grad_blocks(a, lo, hi, F):
    """Column sums of g and g * (x - mean) over blocks of rows, g = gy * act'(y).

    args: gy, x, y or 0, mean, part (blocks, 2, c), rows, rows of a block, c, act.  items: (block, stripe of LANES
    channels).
    """
    gys, xs, ys, means, partials, rows, length, c, act = words(a, 9)
    gy, x, y, mean, part = at(F, gys), at(F, xs), at(F, ys), at(F, means), at(F, partials)
    s = shared(F, THREADS)
    t, stripes = thread(), (c + LANES - 1) // LANES
    for item in range(lo + block(), hi, blocks()):
        b, j = item // stripes, item % stripes * LANES + t % LANES
        u, v = F(0), F(0)
        if j < c:
            m = mean[j]
            for i in range(b * length + t // LANES, min((b + 1) * length, rows), DEEP):
                g = before(F, act, gy[i * c + j], y[i * c + j] if act else F(0))
                u, v = u + g, fma(F, g, x[i * c + j] - m, v)
        u, v = sum_down(F, s, u, t, DEEP), sum_down(F, s, v, t, DEEP)
        if t < LANES and j < c:
            part[2 * b * c + j] = u
            part[(2 * b + 1) * c + j] = v
    return 0


@cuda_kernel("f32", "f64", threads=THREADS)
def batch_norm_grad_finish(a, lo, hi, F):
    """Gradients of gamma and beta, and the vectors (4, c) of the second pass: mean, s, k1, k0.

    gx = s g + k1 (x - mean) + k0;  s = gamma r, k1 = -s r^2 sum(g (x - mean)) / n + 2 gvar / n, k0 = -s sum(g) / n +
    gmean / n, r = 1 / sqrt(var + eps).
    args: part, mean, var, gamma or 0, gmean or 0, gvar or 0, ggamma, gbeta, vectors, eps, rows, blocks, c.  items:
    stripes of LANES channels.
    """
    (partials, means, variances, gammas, gmeans, gvars, ggammas, gbetas, vectors, epsilon, items, many, c) = words(a, 13)
    part, to, rows = at(F, partials), at(F, vectors), np.float64(items)
    s = shared(np.float64, THREADS)
    t = thread()
    for item in range(lo + block(), hi, blocks()):
        j = item * LANES + t % LANES
        u, v = 0.0, 0.0
        if j < c:
            for b in range(t // LANES, many, DEEP):
                u, v = u + np.float64(part[2 * b * c + j]), v + np.float64(part[(2 * b + 1) * c + j])
        u, v = sum_down(np.float64, s, u, t, DEEP), sum_down(np.float64, s, v, t, DEEP)
        if t < LANES and j < c:
            r = 1.0 / np.sqrt(np.float64(at(F, variances)[j]) + f64(epsilon))
            scale = r * np.float64(at(F, gammas)[j]) if gammas else r
            u0 = np.float64(at(F, gmeans)[j]) - scale * u if gmeans else -scale * u
            u1 = -scale * r * r * v
            if gvars:
                u1 += 2.0 * np.float64(at(F, gvars)[j])
            at(F, ggammas)[j] = F(v * r)
            at(F, gbetas)[j] = F(u)
            to[j] = at(F, means)[j]
            to[c + j] = F(scale)
            to[2 * c + j] = F(u1 / rows)
            to[3 * c + j] = F(u0 / rows)
    return 0


# ------------------------------------------------------------------ element by element
@cuda_kernel("f32", "f64", threads=THREADS)
def batch_norm_vectors(a, lo, hi, F):
    """Per-channel vectors (3, c): mean, gamma / sqrt(var + eps), beta.

    args: mean, var, gamma or 0, beta or 0, vectors, eps, c.  items: THREADS channels.
    """
    means, variances, gammas, betas, vectors, epsilon, c = words(a, 7)
    to, eps = at(F, vectors), F(f64(epsilon))
    for item in range(lo + block(), hi, blocks()):
        j = item * THREADS + thread()
        if j < c:
            r = F(1) / np.sqrt(at(F, variances)[j] + eps)
            to[j] = at(F, means)[j]
            to[c + j] = r * at(F, gammas)[j] if gammas else r
            to[2 * c + j] = at(F, betas)[j] if betas else F(0)
    return 0


@cuda_kernel("f32", "f64", threads=THREADS)
def batch_norm_map(a, lo, hi, F):
    """y = act((x - mean) * scale + beta).  args: x, y, vectors, c, act, elements.  items: MAPPED elements."""
    xs, ys, vectors, c, act, n = words(a, 6)
    x, y, of = at(F, xs), at(F, ys), at(F, vectors)
    for item in range(lo + block(), hi, blocks()):
        first = item * MAPPED
        phase = first % c
        for k in range(thread(), min(MAPPED, n - first), THREADS):
            _, j = split(phase + k, c)
            v = fma(F, x[first + k] - of[j], of[c + j], of[2 * c + j])
            if act == RELU:
                v = F(0) if v < F(0) else v
            elif act != 0:
                v = sigmoid(F, v) if act == SIGMOID else tanh(F, v)
            y[first + k] = v
    return 0


@cuda_kernel("f32", "f64", threads=THREADS)
def batch_norm_grad_map(a, lo, hi, F):
    """gx = s g + k1 (x - mean) + k0.  args: gy, x, y or 0, gx, vectors, c, act, elements.  items: MAPPED elements."""
    gys, xs, ys, gxs, vectors, c, act, n = words(a, 8)
    gy, x, y, gx, of = at(F, gys), at(F, xs), at(F, ys), at(F, gxs), at(F, vectors)
    for item in range(lo + block(), hi, blocks()):
        first = item * MAPPED
        phase = first % c
        for k in range(thread(), min(MAPPED, n - first), THREADS):
            _, j = split(phase + k, c)
            g = before(F, act, gy[first + k], y[first + k] if act else F(0))
            gx[first + k] = fma(F, of[c + j], g, fma(F, of[2 * c + j], x[first + k] - of[j], of[3 * c + j]))
    return 0
