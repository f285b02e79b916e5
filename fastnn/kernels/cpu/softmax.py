"""Softmax and the cross-entropies.  Rows of c elements; the largest element of a row is subtracted first.

Rows are worked on in blocks of about 2048 elements: exp runs over a whole block at once, so that ten classes still fill
the vectors.  Sums have the fixed shape of `lanes_sum`.
"""

import numpy as np

from fastnn.core.jit import at, device, f64, kernel, sizeof, words
from fastnn.core.simd import fma, lanes_dot, lanes_max, lanes_sum
from fastnn.kernels.cpu.vecmath import exp, log, log1p


@device
def shifted_exp(F, source, target, peaks, rows, c):
    """target = exp(source - row maximum) for `rows` rows; the maxima go to `peaks`. source may be target."""
    S = sizeof(F)
    m = at(F, peaks)
    for i in range(rows):
        x, y = at(F, source + i * c * S), at(F, target + i * c * S)
        top = lanes_max(F, x, c)
        # a row of -inf, or with +inf, has no finite maximum to subtract: NaN, as inf - inf says
        m[i] = top
        for j in range(c):
            y[j] = x[j] - top
    y = at(F, target)
    for j in range(rows * c):
        y[j] = exp(F, y[j])


@kernel("f32", "f64")
def softmax(a, lo, hi, F):
    """y = exp(x - m) / sum.  args: x, y, c, rows of a block, workspace (rows of a block).  items: rows."""
    xs, ys, c, block, peaks = words(a, 5)
    S = sizeof(F)
    i = lo
    while i < hi:
        rows = min(block, hi - i)
        target = ys + i * c * S
        shifted_exp(F, xs + i * c * S, target, peaks, rows, c)
        for r in range(rows):
            y = at(F, target + r * c * S)
            inv = F(1) / lanes_sum(F, y, c)
            for j in range(c):
                y[j] *= inv
        i += block
    return 0


@kernel("f32", "f64")
def softmax_grad(a, lo, hi, F):
    """gx = y * (gy - sum(gy * y)).  args: gy, y, gx, c.  items: rows."""
    gys, ys, gxs, c = words(a, 4)
    S = sizeof(F)
    for i in range(lo, hi):
        gy, y, gx = at(F, gys + i * c * S), at(F, ys + i * c * S), at(F, gxs + i * c * S)
        s = lanes_dot(F, gy, y, c)
        for j in range(c):
            gx[j] = y[j] * (gy[j] - s)
    return 0


@kernel("f32", "f64")
def log_softmax(a, lo, hi, F):
    """y = (x - m) - log(sum(exp(x - m))).

    args: x, y, c, rows of a block, workspace (block * (c + 1)).  items: rows.
    """
    xs, ys, c, block, peaks = words(a, 5)
    S = sizeof(F)
    i = lo
    while i < hi:
        rows = min(block, hi - i)
        source, work = xs + i * c * S, peaks + block * S
        shifted_exp(F, source, work, peaks, rows, c)
        for r in range(rows):
            m = at(F, peaks)[r]
            s = log(F, lanes_sum(F, at(F, work + r * c * S), c))
            x, y = at(F, source + r * c * S), at(F, ys + (i + r) * c * S)
            for j in range(c):
                y[j] = (x[j] - m) - s
        i += block
    return 0


@kernel("f32", "f64")
def log_softmax_grad(a, lo, hi, F):
    """gx = gy - exp(y) * sum(gy).  args: gy, y, gx, c.  items: rows."""
    gys, ys, gxs, c = words(a, 4)
    S = sizeof(F)
    for i in range(lo, hi):
        gy, y, gx = at(F, gys + i * c * S), at(F, ys + i * c * S), at(F, gxs + i * c * S)
        s = lanes_sum(F, gy, c)
        for j in range(c):
            gx[j] = fma(F, -exp(F, y[j]), s, gy[j])
    return 0


@kernel("f32", "f64")
def softmax_cross_entropy(a, lo, hi, F):
    """loss = log(sum exp(x - m)) sum(t) - sum(t (x - m)), probs = softmax(x).

    args: x, t, loss, probs, c, rows of a block, workspace (block + c).  items: rows.
    """
    xs, ts, losses, probs, c, block, peaks = words(a, 7)
    S = sizeof(F)
    d = at(F, peaks + block * S)
    i = lo
    while i < hi:
        rows = min(block, hi - i)
        target = probs + i * c * S
        shifted_exp(F, xs + i * c * S, target, peaks, rows, c)
        for r in range(rows):
            x, t, y = at(F, xs + (i + r) * c * S), at(F, ts + (i + r) * c * S), at(F, target + r * c * S)
            m, s = at(F, peaks)[r], lanes_sum(F, y, c)
            inv, ls = F(1) / s, log(F, s)
            for j in range(c):
                v = t[j] * (ls - (x[j] - m))
                d[j] = F(0) if t[j] == F(0) else v  # 0 * inf: a class of probability 0 costs nothing
                y[j] *= inv
            at(F, losses)[i + r] = lanes_sum(F, d, c)
        i += block
    return 0


@kernel("f32", "f64")
def softmax_cross_entropy_grad(a, lo, hi, F):
    """gx = (probs * sum(t) - t) * gy.  args: probs, t, gy, gx, c.  items: rows."""
    probs, ts, gys, gxs, c = words(a, 5)
    S = sizeof(F)
    for i in range(lo, hi):
        p, t, gx = at(F, probs + i * c * S), at(F, ts + i * c * S), at(F, gxs + i * c * S)
        g, s = at(F, gys)[i], lanes_sum(F, t, c)
        if probs == gxs:
            for j in range(c):
                gx[j] = fma(F, gx[j], s, -t[j]) * g
        else:
            for j in range(c):
                gx[j] = fma(F, p[j], s, -t[j]) * g
    return 0


@kernel("f32", "f64")
def sparse_softmax_cross_entropy(a, lo, hi, F):
    """loss = log(sum exp(x - m)) - (x[label] - m), probs = softmax(x); status 1 for a label outside [0, c).

    args: x, label, loss, probs, c, rows of a block, workspace (block).  items: rows.
    """
    xs, targets, losses, probs, c, block, peaks = words(a, 7)
    S = sizeof(F)
    labels = at(np.int64, targets)
    for r in range(lo, hi):
        if labels[r] < 0 or labels[r] >= c:
            return 1
    i = lo
    while i < hi:
        rows = min(block, hi - i)
        target = probs + i * c * S
        shifted_exp(F, xs + i * c * S, target, peaks, rows, c)
        for r in range(rows):
            x, y = at(F, xs + (i + r) * c * S), at(F, target + r * c * S)
            m, s = at(F, peaks)[r], lanes_sum(F, y, c)
            inv = F(1) / s
            at(F, losses)[i + r] = log(F, s) - (x[labels[i + r]] - m)
            for j in range(c):
                y[j] *= inv
        i += block
    return 0


@kernel("f32", "f64")
def sparse_softmax_cross_entropy_grad(a, lo, hi, F):
    """gx = (probs - onehot(label)) * gy.  args: probs, label, gy, gx, c.  items: rows."""
    probs, targets, gys, gxs, c = words(a, 5)
    S = sizeof(F)
    for i in range(lo, hi):
        p, gx, label = at(F, probs + i * c * S), at(F, gxs + i * c * S), at(np.int64, targets)[i]
        if label < 0 or label >= c:
            return 1
        g = at(F, gys)[i]
        q = p[label]
        if probs == gxs:
            for j in range(c):
                gx[j] *= g
        else:
            for j in range(c):
                gx[j] = p[j] * g
        gx[label] = (q - F(1)) * g
    return 0


@kernel("f32", "f64")
def sigmoid_cross_entropy(a, lo, hi, F):
    """y = max(x, 0) - x t + log(1 + exp(-|x|)).  args: x, t, y.  items: elements."""
    S = sizeof(F)
    x, t, y = at(F, a[0] + lo * S), at(F, a[1] + lo * S), at(F, a[2] + lo * S)
    for i in range(hi - lo):
        v = x[i]
        u = -v if v > F(0) else v
        top = F(0) if v < F(0) else v
        y[i] = fma(F, -v, t[i], top) + log1p(F, exp(F, u))
    return 0


@kernel("f32", "f64")
def sigmoid_cross_entropy_grad(a, lo, hi, F):
    """gx = (sigmoid(x) - t) * gy.  args: x, t, gy, gx.  items: elements."""
    S = sizeof(F)
    x, t = at(F, a[0] + lo * S), at(F, a[1] + lo * S)
    gy, gx = at(F, a[2] + lo * S), at(F, a[3] + lo * S)
    for i in range(hi - lo):
        gx[i] = (F(1) / (F(1) + exp(F, -x[i])) - t[i]) * gy[i]
    return 0


@device
def clipped(F, q, eps):
    """q within [eps, 1 - eps]; NaN stays."""
    q = eps if q < eps else q
    top = F(1) - eps
    return top if q > top else q


@kernel("f32", "f64")
def categorical_crossentropy(a, lo, hi, F):
    """loss = -sum(t log(clip(p / sum(p)))).  args: p, t, loss, c, eps, workspace (c).  items: rows."""
    ps, ts, losses, c, epsilon, work = words(a, 6)
    S, eps = sizeof(F), F(f64(epsilon))
    d = at(F, work)
    for i in range(lo, hi):
        p, t = at(F, ps + i * c * S), at(F, ts + i * c * S)
        s = lanes_sum(F, p, c)
        for j in range(c):
            d[j] = -t[j] * log(F, clipped(F, p[j] / s, eps))
        at(F, losses)[i] = lanes_sum(F, d, c)
    return 0


@kernel("f32", "f64")
def categorical_crossentropy_grad(a, lo, hi, F):
    """u = -t / q where q = p / sum(p) is not clipped, else 0; gp = (u - sum(u q)) / sum(p) * gy.

    args: p, t, gy, gp, c, eps, workspace (2 c).  items: rows.
    """
    ps, ts, gys, gps, c, epsilon, work = words(a, 7)
    S, eps = sizeof(F), F(f64(epsilon))
    u, q = at(F, work), at(F, work + c * S)
    for i in range(lo, hi):
        p, t, gp = at(F, ps + i * c * S), at(F, ts + i * c * S), at(F, gps + i * c * S)
        s = lanes_sum(F, p, c)
        for j in range(c):
            v = p[j] / s
            q[j] = v
            u[j] = F(0) if v < eps or v > F(1) - eps else -t[j] / v
        g, m = at(F, gys)[i] / s, lanes_dot(F, u, q, c)
        for j in range(c):
            gp[j] = (u[j] - m) * g
    return 0


@kernel("f32", "f64")
def sparse_categorical_crossentropy(a, lo, hi, F):
    """loss = -log(clip(p[label] / sum(p))); status 1 for a label outside.

    args: p, label, loss, c, eps.  items: rows.
    """
    ps, targets, losses, c, epsilon = words(a, 5)
    S, eps = sizeof(F), F(f64(epsilon))
    for i in range(lo, hi):
        p, label = at(F, ps + i * c * S), at(np.int64, targets)[i]
        if label < 0 or label >= c:
            return 1
        at(F, losses)[i] = -log(F, clipped(F, p[label] / lanes_sum(F, p, c), eps))
    return 0


@kernel("f32", "f64")
def sparse_categorical_crossentropy_grad(a, lo, hi, F):
    """gp = (1 - onehot / q) / sum(p) * gy, 0 where q = p[label] / sum(p) is clipped.

    args: p, label, gy, gp, c, eps.  items: rows.
    """
    ps, targets, gys, gps, c, epsilon = words(a, 6)
    S, eps = sizeof(F), F(f64(epsilon))
    for i in range(lo, hi):
        p, gp, label = at(F, ps + i * c * S), at(F, gps + i * c * S), at(np.int64, targets)[i]
        if label < 0 or label >= c:
            return 1
        s = lanes_sum(F, p, c)
        q = p[label] / s
        g = F(0) if q < eps or q > F(1) - eps else at(F, gys)[i] / s
        for j in range(c):
            gp[j] = g
        gp[label] = g - g / q if g != F(0) else g
    return 0


@kernel("f32", "f64")
def binary_crossentropy(a, lo, hi, F):
    """y = -(t log(q) + (1 - t) log(1 - q)), q = clip(p).  args: p, t, y, eps.  items: elements."""
    S, eps = sizeof(F), F(f64(a[3]))
    p, t, y = at(F, a[0] + lo * S), at(F, a[1] + lo * S), at(F, a[2] + lo * S)
    for i in range(hi - lo):
        q = clipped(F, p[i], eps)
        y[i] = -fma(F, t[i], log(F, q), (F(1) - t[i]) * log(F, F(1) - q))
    return 0


@kernel("f32", "f64")
def binary_crossentropy_grad(a, lo, hi, F):
    """gp = (q - t) / (q (1 - q)) * gy, 0 where p is clipped.  args: p, t, gy, gp, eps.  items: elements."""
    S, eps = sizeof(F), F(f64(a[4]))
    p, t = at(F, a[0] + lo * S), at(F, a[1] + lo * S)
    gy, gp = at(F, a[2] + lo * S), at(F, a[3] + lo * S)
    for i in range(hi - lo):
        q = clipped(F, p[i], eps)
        v = (q - t[i]) / (q * (F(1) - q)) * gy[i]
        gp[i] = F(0) if p[i] < eps or p[i] > F(1) - eps else v
    return 0
