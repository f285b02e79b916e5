"""Steps of recurrent cells in float64 NumPy, as their formulas read."""

import numpy as np


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm_cell(x, r, c):
    """(h, next c, gates)."""
    i, f, g, o = np.split(x + r, 4, axis=1)
    i, f, g, o = _sigmoid(i), _sigmoid(f), np.tanh(g), _sigmoid(o)
    new = f * c + i * g
    return o * np.tanh(new), new, np.concatenate([i, f, g, o], axis=1)


def lstm_cell_grad(gates, c, new, gh, gn):
    """(gradient of x + r, gradient of c)."""
    i, f, g, o = np.split(gates, 4, axis=1)
    t = np.tanh(new)
    d = gn + gh * o * (1 - t * t)
    return np.concatenate(
        [d * g * i * (1 - i), d * c * f * (1 - f), d * i * (1 - g * g), gh * t * o * (1 - o)], axis=1
    ), d * f


def gru_cell(x, s, h):
    """(next h, gates)."""
    (xz, xr, xn), (sz, sr, sn) = np.split(x, 3, axis=1), np.split(s, 3, axis=1)
    z, r = _sigmoid(xz + sz), _sigmoid(xr + sr)
    n = np.tanh(xn + r * sn)
    return z * h + (1 - z) * n, np.concatenate([z, r, n], axis=1)


def gru_cell_grad(gates, s, h, g):
    """(gradient of x, gradient of s, gradient of h)."""
    z, r, n = np.split(gates, 3, axis=1)
    dn = g * (1 - z) * (1 - n * n)
    dz = g * (h - n) * z * (1 - z)
    dr = dn * np.split(s, 3, axis=1)[2] * r * (1 - r)
    return np.concatenate([dz, dr, dn], axis=1), np.concatenate([dz, dr, dn * r], axis=1), g * z
