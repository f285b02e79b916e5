"""Optimizer steps over flat parameter buffers, in place: one pass, the formulas of Keras 3.

`hyper` is a float64 vector of 8 words; its head is common: 0 learning rate lr, 1 lr * weight decay, 2 gradient
scale; the rest is named in each kernel.  First p -= p * lr * wd and g *= scale, then the step.  Items are parameters.
"""

import numpy as np

from fastnn.core.jit import at, device, f64, kernel, sizeof, words
from fastnn.core.simd import fma, lanes_sumsq
from fastnn.kernels.cpu.vecmath import exp, log

LR, DECAY, SCALE, H3, H4, H5, H6, H7 = range(8)


@device
def integer_power(x, n):
    """x**n for an int64 n >= 0, by squaring: equal bits everywhere, unlike libm's pow."""
    y = 1.0
    while n > 0:
        if n & 1:
            y *= x
        x *= x
        n >>= 1
    return y


@kernel()
def update_hyper(a, lo, hi):
    """hyper = lr, lr * wd, scale, constants.  args: lr, scale or 0, hyper, wd, 5 constants.  One item."""
    h, lr = at(np.float64, a[2]), at(np.float64, a[0])[0]
    h[LR] = lr
    h[DECAY] = lr * f64(a[3])
    h[SCALE] = at(np.float64, a[1])[0] if a[1] != 0 else 1.0
    for i in range(5):
        h[H3 + i] = f64(a[4 + i])
    return 0


@kernel()
def adam_hyper(a, lo, hi):
    """Then word 6 = lr * sqrt(1 - beta2^t) / (1 - beta1^t).  args: iterations, hyper, beta1, beta2.  One item."""
    h, t = at(np.float64, a[1]), at(np.int64, a[0])[0] + 1
    h[H6] = h[LR] * np.sqrt(1.0 - integer_power(f64(a[3]), t)) / (1.0 - integer_power(f64(a[2]), t))
    return 0


@kernel()
def adamax_hyper(a, lo, hi):
    """Then word 6 = lr / (1 - beta1^t).  args: iterations, hyper, beta1.  One item."""
    h, t = at(np.float64, a[1]), at(np.int64, a[0])[0] + 1
    h[H6] = h[LR] / (1.0 - integer_power(f64(a[2]), t))
    return 0


@kernel()
def nadam_hyper(a, lo, hi):
    """Then words 3, 4 = what m and g count in m_hat, word 7 = 1 / (1 - beta2^t); the product of the u_i grows by u_t.

    args: iterations, product, hyper, new product, beta1, beta2, base of the schedule.  One item.
    """
    h, t = at(np.float64, a[2]), at(np.int64, a[0])[0] + 1
    decay = integer_power(f64(a[6]), t)
    u, u_next = f64(a[4]) * (1.0 - 0.5 * decay), f64(a[4]) * (1.0 - 0.5 * decay * f64(a[6]))
    product = at(np.float64, a[1])[0] * u
    at(np.float64, a[3])[0] = product
    h[H3] = u_next / (1.0 - product * u_next)
    h[H4] = (1.0 - u) / (1.0 - product)
    h[H7] = 1.0 / (1.0 - integer_power(f64(a[5]), t))
    return 0


@kernel()
def advance_step(a, lo, hi):
    """iterations + 1, also into word 0 of the state block.  args: iterations, new iterations, state.  One item."""
    t = at(np.int64, a[0])[0] + 1
    at(np.int64, a[1])[0] = t
    at(np.int64, a[2])[0] = t
    return 0


@device
def decayed(F, p, wd):
    """p - p * wd: the weight decay that comes before a step."""
    return fma(F, -wd, p, p)


@kernel("f32", "f64")
def sgd(a, lo, hi, F):
    """p -= lr g.  args: p, g, hyper."""
    S, h = sizeof(F), at(np.float64, a[2])
    p, g = at(F, a[0] + lo * S), at(F, a[1] + lo * S)
    lr, wd, k = F(h[LR]), F(h[DECAY]), F(h[SCALE])
    for i in range(hi - lo):
        p[i] = fma(F, -lr, g[i] * k, decayed(F, p[i], wd))
    return 0


@kernel("f32", "f64")
def sgd_momentum(a, lo, hi, F):
    """m = mu m - lr g; p += m, or p += mu m - lr g (Nesterov).  args: p, g, m, hyper, nesterov.  hyper: 3 mu."""
    S, h = sizeof(F), at(np.float64, a[3])
    p, g, m = at(F, a[0] + lo * S), at(F, a[1] + lo * S), at(F, a[2] + lo * S)
    lr, wd, k, mu = F(h[LR]), F(h[DECAY]), F(h[SCALE]), F(h[H3])
    if a[4]:
        for i in range(hi - lo):
            s = lr * (g[i] * k)
            v = fma(F, mu, m[i], -s)
            m[i] = v
            p[i] = decayed(F, p[i], wd) + fma(F, mu, v, -s)
    else:
        for i in range(hi - lo):
            v = fma(F, mu, m[i], -(lr * (g[i] * k)))
            m[i] = v
            p[i] = decayed(F, p[i], wd) + v
    return 0


@kernel("f32", "f64")
def rmsprop(a, lo, hi, F):
    """v = rho v + (1-rho) g^2; step = lr g / sqrt(v + eps); p -= step.  args: p, g, v, hyper.  hyper: 3 rho, 4 eps."""
    S, h = sizeof(F), at(np.float64, a[3])
    p, g, v = at(F, a[0] + lo * S), at(F, a[1] + lo * S), at(F, a[2] + lo * S)
    lr, wd, k, rho, eps = F(h[LR]), F(h[DECAY]), F(h[SCALE]), F(h[H3]), F(h[H4])
    rest = F(1.0 - h[H3])
    for i in range(hi - lo):
        s = g[i] * k
        u = fma(F, rho, v[i], rest * (s * s))
        v[i] = u
        p[i] = decayed(F, p[i], wd) - lr * s / np.sqrt(u + eps)
    return 0


@kernel("f32", "f64")
def rmsprop_momentum(a, lo, hi, F):
    """As rmsprop, m = mu m + step; p -= m.  args: p, g, v, m, hyper.  hyper: 3 rho, 4 eps, 5 mu."""
    S, h = sizeof(F), at(np.float64, a[4])
    p, g, v, m = at(F, a[0] + lo * S), at(F, a[1] + lo * S), at(F, a[2] + lo * S), at(F, a[3] + lo * S)
    lr, wd, k, rho, eps, mu = F(h[LR]), F(h[DECAY]), F(h[SCALE]), F(h[H3]), F(h[H4]), F(h[H5])
    rest = F(1.0 - h[H3])
    for i in range(hi - lo):
        s = g[i] * k
        u = fma(F, rho, v[i], rest * (s * s))
        v[i] = u
        w = fma(F, mu, m[i], lr * s / np.sqrt(u + eps))
        m[i] = w
        p[i] = decayed(F, p[i], wd) - w
    return 0


@kernel("f32", "f64")
def rmsprop_centered(a, lo, hi, F):
    """As rmsprop_momentum, c = rho c + (1-rho) g, root of max(v - c^2, 0) + eps.  args: p, g, v, m, c, hyper."""
    S, h = sizeof(F), at(np.float64, a[5])
    p, g, v, m = at(F, a[0] + lo * S), at(F, a[1] + lo * S), at(F, a[2] + lo * S), at(F, a[3] + lo * S)
    c = at(F, a[4] + lo * S)
    lr, wd, k, rho, eps, mu = F(h[LR]), F(h[DECAY]), F(h[SCALE]), F(h[H3]), F(h[H4]), F(h[H5])
    rest = F(1.0 - h[H3])
    for i in range(hi - lo):
        s = g[i] * k
        u = fma(F, rho, v[i], rest * (s * s))
        v[i] = u
        b = fma(F, rho, c[i], rest * s)
        c[i] = b
        d = fma(F, -b, b, u)  # rounding can make it negative
        d = F(0) if d < F(0) else d
        w = fma(F, mu, m[i], lr * s / np.sqrt(d + eps))
        m[i] = w
        p[i] = decayed(F, p[i], wd) - w
    return 0


@kernel("f32", "f64")
def adagrad(a, lo, hi, F):
    """v += g^2; p -= lr g / sqrt(v + eps).  args: p, g, v, hyper.  hyper: 3 eps."""
    S, h = sizeof(F), at(np.float64, a[3])
    p, g, v = at(F, a[0] + lo * S), at(F, a[1] + lo * S), at(F, a[2] + lo * S)
    lr, wd, k, eps = F(h[LR]), F(h[DECAY]), F(h[SCALE]), F(h[H3])
    for i in range(hi - lo):
        s = g[i] * k
        u = fma(F, s, s, v[i])
        v[i] = u
        p[i] = decayed(F, p[i], wd) - lr * s / np.sqrt(u + eps)
    return 0


@kernel("f32", "f64")
def adam(a, lo, hi, F):
    """m += (g - m)(1 - b1); v += (g^2 - v)(1 - b2); p -= alpha m / (sqrt(v) + eps).

    args: p, g, m, v, hyper.  hyper: 3 beta1, 4 beta2, 5 eps, 6 alpha.
    """
    S, h = sizeof(F), at(np.float64, a[4])
    p, g, m, v = at(F, a[0] + lo * S), at(F, a[1] + lo * S), at(F, a[2] + lo * S), at(F, a[3] + lo * S)
    wd, k, eps, alpha = F(h[DECAY]), F(h[SCALE]), F(h[H5]), F(h[H6])
    c1, c2 = F(1.0 - h[H3]), F(1.0 - h[H4])
    for i in range(hi - lo):
        s = g[i] * k
        u = fma(F, s - m[i], c1, m[i])
        w = fma(F, fma(F, s, s, -v[i]), c2, v[i])
        m[i] = u
        v[i] = w
        p[i] = decayed(F, p[i], wd) - alpha * u / (np.sqrt(w) + eps)
    return 0


@kernel("f32", "f64")
def adam_amsgrad(a, lo, hi, F):
    """As adam, with the largest v so far under the root.  args: p, g, m, v, largest, hyper."""
    S, h = sizeof(F), at(np.float64, a[5])
    p, g, m, v = at(F, a[0] + lo * S), at(F, a[1] + lo * S), at(F, a[2] + lo * S), at(F, a[3] + lo * S)
    top = at(F, a[4] + lo * S)
    wd, k, eps, alpha = F(h[DECAY]), F(h[SCALE]), F(h[H5]), F(h[H6])
    c1, c2 = F(1.0 - h[H3]), F(1.0 - h[H4])
    for i in range(hi - lo):
        s = g[i] * k
        u = fma(F, s - m[i], c1, m[i])
        w = fma(F, fma(F, s, s, -v[i]), c2, v[i])
        m[i] = u
        v[i] = w
        w = top[i] if top[i] > w else w
        top[i] = w
        p[i] = decayed(F, p[i], wd) - alpha * u / (np.sqrt(w) + eps)
    return 0


@kernel("f32", "f64")
def adadelta(a, lo, hi, F):
    """v = rho v + (1-rho) g^2; d = g sqrt(u + eps) / sqrt(v + eps); u = rho u + (1-rho) d^2; p -= lr d.

    args: p, g, v, u, hyper.  hyper: 3 rho, 4 eps.
    """
    S, h = sizeof(F), at(np.float64, a[4])
    p, g, v, u = at(F, a[0] + lo * S), at(F, a[1] + lo * S), at(F, a[2] + lo * S), at(F, a[3] + lo * S)
    lr, wd, k, rho, eps = F(h[LR]), F(h[DECAY]), F(h[SCALE]), F(h[H3]), F(h[H4])
    rest = F(1.0 - h[H3])
    for i in range(hi - lo):
        s = g[i] * k
        w = fma(F, rho, v[i], rest * (s * s))
        v[i] = w
        d = np.sqrt(u[i] + eps) * s / np.sqrt(w + eps)
        u[i] = fma(F, rho, u[i], rest * (d * d))
        p[i] = fma(F, -lr, d, decayed(F, p[i], wd))
    return 0


@kernel("f32", "f64")
def adamax(a, lo, hi, F):
    """m += (g - m)(1 - b1); u = max(b2 u, |g|); p -= alpha m / (u + eps).

    args: p, g, m, u, hyper.  hyper: 3 beta1, 4 beta2, 5 eps, 6 alpha.
    """
    S, h = sizeof(F), at(np.float64, a[4])
    p, g, m, u = at(F, a[0] + lo * S), at(F, a[1] + lo * S), at(F, a[2] + lo * S), at(F, a[3] + lo * S)
    wd, k, b2, eps, alpha, c1 = F(h[DECAY]), F(h[SCALE]), F(h[H4]), F(h[H5]), F(h[H6]), F(1.0 - h[H3])
    for i in range(hi - lo):
        s = g[i] * k
        w = fma(F, s - m[i], c1, m[i])
        m[i] = w
        s = -s if s < F(0) else s
        t = b2 * u[i]
        t = t if t > s else s
        u[i] = t
        p[i] = decayed(F, p[i], wd) - alpha * w / (t + eps)
    return 0


@kernel("f32", "f64")
def nadam(a, lo, hi, F):
    """m, v as adam; p -= lr (cm m + cg g) / (sqrt(v / (1 - b2^t)) + eps).

    args: p, g, m, v, hyper, 1 - beta1, 1 - beta2, eps.  hyper: 3 cm, 4 cg, 7 1 / (1 - beta2^t).
    """
    S, h = sizeof(F), at(np.float64, a[4])
    p, g, m, v = at(F, a[0] + lo * S), at(F, a[1] + lo * S), at(F, a[2] + lo * S), at(F, a[3] + lo * S)
    lr, wd, k, cm, cg, cv = F(h[LR]), F(h[DECAY]), F(h[SCALE]), F(h[H3]), F(h[H4]), F(h[H7])
    c1, c2, eps = F(f64(a[5])), F(f64(a[6])), F(f64(a[7]))
    for i in range(hi - lo):
        s = g[i] * k
        u = fma(F, s - m[i], c1, m[i])
        w = fma(F, fma(F, s, s, -v[i]), c2, v[i])
        m[i] = u
        v[i] = w
        p[i] = decayed(F, p[i], wd) - lr * fma(F, cm, u, cg * s) / (np.sqrt(w * cv) + eps)
    return 0


@kernel("f32", "f64")
def lion(a, lo, hi, F):
    """p -= lr sign(b1 m + (1-b1) g); m = b2 m + (1-b2) g.  args: p, g, m, hyper.  hyper: 3 beta1, 4 beta2."""
    S, h = sizeof(F), at(np.float64, a[3])
    p, g, m = at(F, a[0] + lo * S), at(F, a[1] + lo * S), at(F, a[2] + lo * S)
    lr, wd, k, b1, b2 = F(h[LR]), F(h[DECAY]), F(h[SCALE]), F(h[H3]), F(h[H4])
    c1, c2 = F(1.0 - h[H3]), F(1.0 - h[H4])
    for i in range(hi - lo):
        s = g[i] * k
        d = fma(F, m[i], b1, s * c1)
        step = lr if d > F(0) else (-lr if d < F(0) else d * F(0))  # keeps NaN
        m[i] = fma(F, m[i], b2, s * c2)
        p[i] = decayed(F, p[i], wd) - step
    return 0


@device
def between(F, x, bound):
    """x clipped to [-bound, bound]; NaN stays."""
    x = bound if x > bound else x
    return -bound if x < -bound else x


@kernel("f32", "f64")
def ftrl(a, lo, hi, F):
    """Follow the regularised leader; see the record for the formula.

    args: p, g, n, z, hyper, l2 shrinkage, beta.  hyper: 3 -learning_rate_power, 4 l1, 5 l2.
    """
    S, h = sizeof(F), at(np.float64, a[4])
    p, g, acc, z = at(F, a[0] + lo * S), at(F, a[1] + lo * S), at(F, a[2] + lo * S), at(F, a[3] + lo * S)
    lr, wd, k, power, l1 = F(h[LR]), F(h[DECAY]), F(h[SCALE]), F(h[H3]), F(h[H4])
    l2, shrink = F(2.0 * (h[H5] + f64(a[6]) / (2.0 * h[LR]))), F(2.0 * f64(a[5]))
    n = hi - lo
    if h[H3] == 0.5:  # Keras' default power: two roots instead of exp and log
        for i in range(n):
            q, s = decayed(F, p[i], wd), g[i] * k
            total = fma(F, s, s, acc[i])
            before, after = np.sqrt(acc[i]), np.sqrt(total)
            u = z[i] + fma(F, (before - after) / lr, q, fma(F, shrink, q, s))
            acc[i] = total
            z[i] = u
            p[i] = (between(F, u, l1) - u) / (after / lr + l2)
    else:
        for i in range(n):
            q, s = decayed(F, p[i], wd), g[i] * k
            total = fma(F, s, s, acc[i])
            before, after = exp(F, power * log(F, acc[i])), exp(F, power * log(F, total))
            u = z[i] + fma(F, (before - after) / lr, q, fma(F, shrink, q, s))
            acc[i] = total
            z[i] = u
            p[i] = (between(F, u, l1) - u) / (after / lr + l2)
    return 0


@kernel("f32", "f64")
def sum_squares_part(a, lo, hi, F):
    """part[lo // PART] = sum of x^2.  args: x, part (f64), PART.  items: elements."""
    at(np.float64, a[1])[lo // a[2]] = np.float64(lanes_sumsq(F, at(F, a[0] + lo * sizeof(F)), hi - lo))
    return 0


@kernel("f32", "f64")
def sum_squares_finish(a, lo, hi, F):
    """y = the partials' sum, in order.  args: part (f64), how many, y.  One item."""
    partials, count, ys = words(a, 3)
    part, s = at(np.float64, partials), 0.0
    for i in range(count):
        s += part[i]
    at(F, ys)[0] = F(s)
    return 0
