"""Softmax and the cross-entropies on a device: a row by LANES threads side by side, or by a whole block.

Words as on the CPU (kernels/cpu/softmax.py); its workspaces are not used: what is needed twice is made twice.
"""

import numpy as np

from fastnn.core.jit import at, device, f64, sizeof, words
from fastnn.core.simd import fma
from fastnn.kernels.cpu.vecmath import exp, log
from fastnn.kernels.cuda.trees import by_rows, max_across, most, sum_across


@device
def row_max(F, x, c, s, t, lane, width):
    """The largest of the c elements at x, NaN where one is."""
    v = x[0]
    for j in range(lane, c, width):
        v = most(F, v, x[j])
    return max_across(F, s, v, t, width)


@device
def row_sum(F, x, c, s, t, lane, width):
    """The sum of the c elements at x."""
    v = F(0)
    for j in range(lane, c, width):
        v = v + x[j]
    return sum_across(F, s, v, t, width)


@device
def row_dot(F, x, y, c, s, t, lane, width):
    """The sum of x[j] * y[j], j < c."""
    v = F(0)
    for j in range(lane, c, width):
        v = fma(F, x[j], y[j], v)
    return sum_across(F, s, v, t, width)


@device
def exp_sum(F, x, m, c, s, t, lane, width):
    """The sum of exp(x[j] - m), j < c."""
    v = F(0)
    for j in range(lane, c, width):
        v = v + exp(F, x[j] - m)
    return sum_across(F, s, v, t, width)


@by_rows("f32", "f64", length=2)
def softmax(F, a, i, mine, s, t, lane, width):
    """y = exp(x - m) / sum.  args: x, y, c.  items: rows."""
    xs, ys, c = words(a, 3)
    x, y = at(F, xs + i * c * sizeof(F)), at(F, ys + i * c * sizeof(F))
    m = row_max(F, x, c, s, t, lane, width)
    inv = F(1) / exp_sum(F, x, m, c, s, t, lane, width)
    if mine:
        for j in range(lane, c, width):
            y[j] = exp(F, x[j] - m) * inv
    return 0


@by_rows("f32", "f64", length=2)
def log_softmax(F, a, i, mine, s, t, lane, width):
    """y = (x - m) - log(sum(exp(x - m))).  args: x, y, c.  items: rows."""
    xs, ys, c = words(a, 3)
    x, y = at(F, xs + i * c * sizeof(F)), at(F, ys + i * c * sizeof(F))
    m = row_max(F, x, c, s, t, lane, width)
    total = log(F, exp_sum(F, x, m, c, s, t, lane, width))
    if mine:
        for j in range(lane, c, width):
            y[j] = (x[j] - m) - total
    return 0


@by_rows("f32", "f64", length=3)
def softmax_grad(F, a, i, mine, s, t, lane, width):
    """gx = y * (gy - sum(gy * y)).  args: gy, y, gx, c.  items: rows."""
    gys, ys, gxs, c = words(a, 4)
    S = sizeof(F)
    gy, y, gx = at(F, gys + i * c * S), at(F, ys + i * c * S), at(F, gxs + i * c * S)
    total = row_dot(F, gy, y, c, s, t, lane, width)
    if mine:
        for j in range(lane, c, width):
            gx[j] = y[j] * (gy[j] - total)
    return 0


@by_rows("f32", "f64", length=3)
def log_softmax_grad(F, a, i, mine, s, t, lane, width):
    """gx = gy - exp(y) * sum(gy).  args: gy, y, gx, c.  items: rows."""
    gys, ys, gxs, c = words(a, 4)
    S = sizeof(F)
    gy, y, gx = at(F, gys + i * c * S), at(F, ys + i * c * S), at(F, gxs + i * c * S)
    total = row_sum(F, gy, c, s, t, lane, width)
    if mine:
        for j in range(lane, c, width):
            gx[j] = fma(F, -exp(F, y[j]), total, gy[j])
    return 0


@by_rows("f32", "f64", length=4)
def softmax_cross_entropy(F, a, i, mine, s, t, lane, width):
    """loss = log(sum exp(x - m)) sum(t) - sum(t (x - m)), probs = softmax(x).

    args: x, t, loss, probs, c.  items: rows.
    """
    xs, ts, losses, probs, c = words(a, 5)
    S = sizeof(F)
    x, target, p = at(F, xs + i * c * S), at(F, ts + i * c * S), at(F, probs + i * c * S)
    m = row_max(F, x, c, s, t, lane, width)
    total = exp_sum(F, x, m, c, s, t, lane, width)
    inv, ls, v = F(1) / total, log(F, total), F(0)
    for j in range(lane, c, width):
        if target[j] != F(0):  # 0 * inf: a class of probability 0 costs nothing
            v = v + target[j] * (ls - (x[j] - m))
    v = sum_across(F, s, v, t, width)
    if mine:
        if lane == 0:
            at(F, losses)[i] = v
        for j in range(lane, c, width):
            p[j] = exp(F, x[j] - m) * inv
    return 0


@by_rows("f32", "f64", length=4)
def softmax_cross_entropy_grad(F, a, i, mine, s, t, lane, width):
    """gx = (probs * sum(t) - t) * gy.  args: probs, t, gy, gx, c.  items: rows."""
    probs, ts, gys, gxs, c = words(a, 5)
    S = sizeof(F)
    p, target, gx = at(F, probs + i * c * S), at(F, ts + i * c * S), at(F, gxs + i * c * S)
    g, total = at(F, gys)[i], row_sum(F, target, c, s, t, lane, width)
    if mine:
        for j in range(lane, c, width):
            gx[j] = fma(F, p[j], total, -target[j]) * g
    return 0


@by_rows("f32", "f64", length=4)
def sparse_softmax_cross_entropy(F, a, i, mine, s, t, lane, width):
    """loss = log(sum exp(x - m)) - (x[label] - m), probs = softmax(x); status 1 for a label outside [0, c).

    args: x, label, loss, probs, c.  items: rows.
    """
    xs, targets, losses, probs, c = words(a, 5)
    S = sizeof(F)
    x, p, label = at(F, xs + i * c * S), at(F, probs + i * c * S), at(np.int64, targets)[i]
    good = 0 <= label < c
    chosen = x[label] if good else F(np.nan)  # before probs, which may lie where x does
    m = row_max(F, x, c, s, t, lane, width)
    total = exp_sum(F, x, m, c, s, t, lane, width)
    inv = F(1) / total
    if mine:
        if lane == 0:
            at(F, losses)[i] = log(F, total) - (chosen - m)
        for j in range(lane, c, width):
            p[j] = exp(F, x[j] - m) * inv
    return 0 if good else 1


@by_rows("f32", "f64", length=4)
def sparse_softmax_cross_entropy_grad(F, a, i, mine, s, t, lane, width):
    """gx = (probs - onehot(label)) * gy.  args: probs, label, gy, gx, c.  items: rows."""
    probs, targets, gys, gxs, c = words(a, 5)
    p, gx = at(F, probs + i * c * sizeof(F)), at(F, gxs + i * c * sizeof(F))
    label, g = at(np.int64, targets)[i], at(F, gys)[i]
    if mine:
        for j in range(lane, c, width):
            gx[j] = (p[j] - F(1)) * g if j == label else p[j] * g
    return 0 if 0 <= label < c else 1


@device
def clipped(F, q, eps):
    """q within [eps, 1 - eps]; NaN stays."""
    q = eps if q < eps else q
    top = F(1) - eps
    return top if q > top else q


@by_rows("f32", "f64", length=3)
def categorical_crossentropy(F, a, i, mine, s, t, lane, width):
    """loss = -sum(t log(clip(p / sum(p)))).  args: p, t, loss, c, eps.  items: rows."""
    ps, ts, losses, c, epsilon = words(a, 5)
    S, eps = sizeof(F), F(f64(epsilon))
    p, target = at(F, ps + i * c * S), at(F, ts + i * c * S)
    total, v = row_sum(F, p, c, s, t, lane, width), F(0)
    for j in range(lane, c, width):
        v = v - target[j] * log(F, clipped(F, p[j] / total, eps))
    v = sum_across(F, s, v, t, width)
    if mine and lane == 0:
        at(F, losses)[i] = v
    return 0


@device
def slope(F, q, target, eps):
    """-t / q where q is not clipped, else 0."""
    return F(0) if q < eps or q > F(1) - eps else -target / q


@by_rows("f32", "f64", length=4)
def categorical_crossentropy_grad(F, a, i, mine, s, t, lane, width):
    """u = -t / q where q = p / sum(p) is not clipped, else 0; gp = (u - sum(u q)) / sum(p) * gy.

    args: p, t, gy, gp, c, eps.  items: rows.
    """
    ps, ts, gys, gps, c, epsilon = words(a, 6)
    S, eps = sizeof(F), F(f64(epsilon))
    p, target, gp = at(F, ps + i * c * S), at(F, ts + i * c * S), at(F, gps + i * c * S)
    total, v = row_sum(F, p, c, s, t, lane, width), F(0)
    for j in range(lane, c, width):
        v = fma(F, slope(F, p[j] / total, target[j], eps), p[j] / total, v)
    m, g = sum_across(F, s, v, t, width), at(F, gys)[i] / total
    if mine:
        for j in range(lane, c, width):
            gp[j] = (slope(F, p[j] / total, target[j], eps) - m) * g
    return 0


@by_rows("f32", "f64", length=3)
def sparse_categorical_crossentropy(F, a, i, mine, s, t, lane, width):
    """loss = -log(clip(p[label] / sum(p))); status 1 for a label outside.  args: p, label, loss, c, eps.  items: rows."""
    ps, targets, losses, c, epsilon = words(a, 5)
    p, label, eps = at(F, ps + i * c * sizeof(F)), at(np.int64, targets)[i], F(f64(epsilon))
    total, good = row_sum(F, p, c, s, t, lane, width), 0 <= label < c
    if mine and lane == 0 and good:
        at(F, losses)[i] = -log(F, clipped(F, p[label] / total, eps))
    return 0 if good else 1


@by_rows("f32", "f64", length=4)
def sparse_categorical_crossentropy_grad(F, a, i, mine, s, t, lane, width):
    """gp = (1 - onehot / q) / sum(p) * gy, 0 where q = p[label] / sum(p) is clipped.

    args: p, label, gy, gp, c, eps.  items: rows.
    """
    ps, targets, gys, gps, c, epsilon = words(a, 6)
    S, eps, label = sizeof(F), F(f64(epsilon)), at(np.int64, targets)[i]
    p, gp, good = at(F, ps + i * c * S), at(F, gps + i * c * S), 0 <= label < c
    chosen = p[label] if good else F(np.nan)
    total = row_sum(F, p, c, s, t, lane, width)
    q = chosen / total
    g = F(0) if q < eps or q > F(1) - eps else at(F, gys)[i] / total
    if mine and good:
        for j in range(lane, c, width):
            gp[j] = g - g / q if j == label and g != F(0) else g
    return 0 if good else 1
