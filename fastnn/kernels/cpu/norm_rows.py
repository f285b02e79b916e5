"""Layer and RMS normalisation: every row by its own mean and deviation, sums in the fixed shape of `lanes_sum`."""

import numpy as np

from fastnn.core.jit import at, f64, kernel, sizeof, words
from fastnn.core.simd import fma, lanes_dot, lanes_sum, lanes_sumsq_dev


@kernel("f32", "f64")
def layer_norm(a, lo, hi, F):
    """y = (x - mean) * r * gamma + beta over rows of c; not centred (RMS): mean = 0.

    args: x, y, mean, r, gamma or 0, beta or 0, eps, c, centred.  items: rows.
    """
    xs, ys, means, rs, gammas, betas, epsilon, c, centred = words(a, 9)
    S, eps = sizeof(F), F(f64(epsilon))
    for i in range(lo, hi):
        x, y = at(F, xs + i * c * S), at(F, ys + i * c * S)
        m = lanes_sum(F, x, c) / F(c) if centred else F(0)
        r = F(1) / np.sqrt(lanes_sumsq_dev(F, x, m, c) / F(c) + eps)
        at(F, means)[i] = m
        at(F, rs)[i] = r
        if gammas != 0 and betas != 0:
            gamma, beta = at(F, gammas), at(F, betas)
            for j in range(c):
                y[j] = fma(F, (x[j] - m) * r, gamma[j], beta[j])
        elif gammas != 0:
            gamma = at(F, gammas)
            for j in range(c):
                y[j] = ((x[j] - m) * r) * gamma[j]
        elif betas != 0:
            beta = at(F, betas)
            for j in range(c):
                y[j] = fma(F, x[j] - m, r, beta[j])
        else:
            for j in range(c):
                y[j] = (x[j] - m) * r
    return 0


@kernel("f32", "f64")
def layer_norm_grad(a, lo, hi, F):
    """gx = r (g - mean(g) - xhat mean(g xhat)), g = gy gamma; partial sums of gy xhat and gy over the rows of a call.

    args: gy, x, mean, r, gamma or 0, gx, part (calls, 2, c), PART, c, centred, workspace (2 c).  items: rows.
    """
    gys, xs, means, rs, gammas, gxs, partials, run, c, centred, work = words(a, 11)
    S = sizeof(F)
    part = partials + (lo // run) * 2 * c * S
    pg, pb = at(F, part), at(F, part + c * S)
    g, h = at(F, work), at(F, work + c * S)
    for j in range(c):
        pg[j] = F(0)
        pb[j] = F(0)
    for i in range(lo, hi):
        gy, x, gx = at(F, gys + i * c * S), at(F, xs + i * c * S), at(F, gxs + i * c * S)
        m, r = at(F, means)[i], at(F, rs)[i]
        for j in range(c):
            v = (x[j] - m) * r
            h[j] = v
            g[j] = gy[j]
            pg[j] = fma(F, gy[j], v, pg[j])
            pb[j] += gy[j]
        if gammas != 0:
            gamma = at(F, gammas)
            for j in range(c):
                g[j] *= gamma[j]
        mean_g = lanes_sum(F, g, c) / F(c) if centred else F(0)
        mean_gh = lanes_dot(F, g, h, c) / F(c)
        for j in range(c):
            gx[j] = r * fma(F, -h[j], mean_gh, g[j] - mean_g)
    return 0


@kernel("f32", "f64")
def sum_partials(a, lo, hi, F):
    """y[j] = part[0, j] + part[1, j] + ... in order.

    args: part, y, calls, row length, first column.  items: columns.
    """
    partials, ys, calls, length, first = words(a, 5)
    S = sizeof(F)
    y = at(F, ys + lo * S)
    for j in range(hi - lo):
        y[j] = F(0)
    for b in range(calls):
        p = at(F, partials + (b * length + first + lo) * S)
        for j in range(hi - lo):
            y[j] += p[j]
    return 0
