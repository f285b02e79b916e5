"""Optimizer steps in float64 NumPy, as Keras 3 writes them."""

import numpy as np


def _start(p, g, hyper):
    p, g = p.astype(np.float64), g.astype(np.float64) * hyper[2]
    return p - p * hyper[1], g, hyper[0]


def sgd_update(p, g, hyper):
    """p - lr g."""
    p, g, lr = _start(p, g, hyper)
    return p - lr * g


def sgd_momentum_update(p, g, m, hyper, nesterov):
    """m = mu m - lr g; p + m, or p + mu m - lr g."""
    p, g, lr = _start(p, g, hyper)
    m = hyper[3] * m - lr * g
    return (p + hyper[3] * m - lr * g if nesterov else p + m), m


def rmsprop_update(p, g, v, hyper):
    """v = rho v + (1 - rho) g^2; p - lr g / sqrt(v + eps)."""
    p, g, lr = _start(p, g, hyper)
    v = hyper[3] * v + (1 - hyper[3]) * g**2
    return p - lr * g / np.sqrt(v + hyper[4]), v


def rmsprop_momentum_update(p, g, v, m, hyper):
    """The step goes through m = mu m + step."""
    p, g, lr = _start(p, g, hyper)
    v = hyper[3] * v + (1 - hyper[3]) * g**2
    m = hyper[5] * m + lr * g / np.sqrt(v + hyper[4])
    return p - m, v, m


def rmsprop_centered_update(p, g, v, m, c, hyper):
    """The root is of v - c^2 (not below 0) + eps."""
    p, g, lr = _start(p, g, hyper)
    v = hyper[3] * v + (1 - hyper[3]) * g**2
    c = hyper[3] * c + (1 - hyper[3]) * g
    m = hyper[5] * m + lr * g / np.sqrt(np.maximum(v - c**2, 0) + hyper[4])
    return p - m, v, m, c


def adagrad_update(p, g, v, hyper):
    """v += g^2; p - lr g / sqrt(v + eps)."""
    p, g, lr = _start(p, g, hyper)
    v = v + g**2
    return p - lr * g / np.sqrt(v + hyper[3]), v


def adam_update(p, g, m, v, hyper):
    """m += (g - m)(1 - b1); v += (g^2 - v)(1 - b2); p - alpha m / (sqrt(v) + eps)."""
    p, g, _ = _start(p, g, hyper)
    m = m + (g - m) * (1 - hyper[3])
    v = v + (g**2 - v) * (1 - hyper[4])
    return p - hyper[6] * m / (np.sqrt(v) + hyper[5]), m, v


def adam_amsgrad_update(p, g, m, v, largest, hyper):
    """With the largest v so far."""
    p, g, _ = _start(p, g, hyper)
    m = m + (g - m) * (1 - hyper[3])
    v = v + (g**2 - v) * (1 - hyper[4])
    largest = np.maximum(largest, v)
    return p - hyper[6] * m / (np.sqrt(largest) + hyper[5]), m, v, largest


def adadelta_update(p, g, v, u, hyper):
    """d = g sqrt(u + eps) / sqrt(v + eps); p - lr d."""
    p, g, lr = _start(p, g, hyper)
    v = hyper[3] * v + (1 - hyper[3]) * g**2
    d = g * np.sqrt(u + hyper[4]) / np.sqrt(v + hyper[4])
    return p - lr * d, v, hyper[3] * u + (1 - hyper[3]) * d**2


def adamax_update(p, g, m, u, hyper):
    """u = max(b2 u, |g|); p - alpha m / (u + eps)."""
    p, g, _ = _start(p, g, hyper)
    m = m + (g - m) * (1 - hyper[3])
    u = np.maximum(hyper[4] * u, np.abs(g))
    return p - hyper[6] * m / (u + hyper[5]), m, u


def nadam_update(p, g, m, v, hyper, beta_1, beta_2, epsilon):
    """p - lr (cm m + cg g) / (sqrt(v / (1 - b2^t)) + eps)."""
    p, g, lr = _start(p, g, hyper)
    m = m + (g - m) * (1 - beta_1)
    v = v + (g**2 - v) * (1 - beta_2)
    return p - lr * (hyper[3] * m + hyper[4] * g) / (np.sqrt(v * hyper[7]) + epsilon), m, v


def lion_update(p, g, m, hyper):
    """p - lr sign(b1 m + (1 - b1) g); m = b2 m + (1 - b2) g."""
    p, g, lr = _start(p, g, hyper)
    return p - lr * np.sign(hyper[3] * m + (1 - hyper[3]) * g), hyper[4] * m + (1 - hyper[4]) * g


def ftrl_update(p, g, n, z, hyper, l2_shrinkage, beta):
    """McMahan et al., 2013, with shrinkage."""
    p, g, lr = _start(p, g, hyper)
    power, l1, l2 = hyper[3], hyper[4], hyper[5] + beta / (2 * lr)
    total = n + g**2
    z = z + (g + 2 * l2_shrinkage * p) - (total**power - n**power) / lr * p
    return (np.clip(z, -l1, l1) - z) / (total**power / lr + 2 * l2), total, z


def hyper(lr, scale=None, weight_decay=0.0, constants=()):
    """lr, lr wd, scale, constants."""
    head = [float(lr), float(lr) * weight_decay, 1.0 if scale is None else float(scale)]
    return np.array([*head, *constants, *[0.0] * (5 - len(constants))])


def adam_hyper(iterations, lr, scale=None, weight_decay=0.0, constants=()):
    """Word 6 = lr sqrt(1 - b2^t) / (1 - b1^t)."""
    h, t = hyper(lr, scale, weight_decay, constants), int(iterations) + 1
    h[6] = h[0] * np.sqrt(1 - constants[1] ** t) / (1 - constants[0] ** t)
    return h


def adamax_hyper(iterations, lr, scale=None, weight_decay=0.0, constants=()):
    """Word 6 = lr / (1 - b1^t)."""
    h, t = hyper(lr, scale, weight_decay, constants), int(iterations) + 1
    h[6] = h[0] / (1 - constants[0] ** t)
    return h


def nadam_hyper(iterations, lr, product, scale=None, weight_decay=0.0, constants=()):
    """(words 3, 4, 7 of the step, the product of the u so far)."""
    h, t = hyper(lr, scale, weight_decay), int(iterations) + 1
    u = [constants[0] * (1 - 0.5 * constants[2] ** i) for i in (t, t + 1)]
    product = float(product) * u[0]
    h[3], h[4], h[7] = u[1] / (1 - product * u[1]), (1 - u[0]) / (1 - product), 1 / (1 - constants[1] ** t)
    return h, np.float64(product)


def advance_step(iterations):
    """iterations + 1."""
    return np.int64(iterations + 1)


def sum_squares(x):
    """sum(x^2)."""
    return (x.astype(np.float64) ** 2).sum()
