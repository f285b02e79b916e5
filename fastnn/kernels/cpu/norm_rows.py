"""Layer and RMS normalisation: every row by its own mean and deviation, sums in the fixed shape of `lanes_sum`."""
import numpy as np

from fastnn.core.jit import at, f64, kernel, sizeof
from fastnn.core.simd import fma, lanes_dot, lanes_sum, lanes_sumsq_dev


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
                y[j] = fma(F, (x[j] - m) * r, gamma[j], beta[j])
        elif a[4] != 0:
            gamma = at(F, a[4])
            for j in range(c):
                y[j] = ((x[j] - m) * r) * gamma[j]
        elif a[5] != 0:
            beta = at(F, a[5])
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
            pg[j] = fma(F, gy[j], v, pg[j])
            pb[j] += gy[j]
        if a[4] != 0:
            gamma = at(F, a[4])
            for j in range(c):
                g[j] *= gamma[j]
        mean_g = lanes_sum(F, g, c) / F(c) if a[9] else F(0)
        mean_gh = lanes_dot(F, g, h, c) / F(c)
        for j in range(c):
            gx[j] = r * fma(F, -h[j], mean_gh, g[j] - mean_g)
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
