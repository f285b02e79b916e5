"""Normalisation in float64 NumPy."""

import numpy as np


def _activate(y, activation):
    if activation is None:
        return y
    return {"relu": lambda: np.maximum(y, 0), "sigmoid": lambda: 1 / (1 + np.exp(-y)), "tanh": lambda: np.tanh(y)}[
        activation
    ]()


def _affine(y, gamma, beta):
    y = y if gamma is None else y * gamma
    return y if beta is None else y + beta


def _rows(x):
    return x.astype(np.float64).reshape(-1, x.shape[-1])


def batch_norm(x, gamma=None, beta=None, epsilon=1e-3, activation=None):
    """(y, mean, population variance) over all axes but the last."""
    rows = _rows(x)
    mean, var = rows.mean(axis=0), rows.var(axis=0)
    y = _affine((rows - mean) / np.sqrt(var + epsilon), gamma, beta)
    return _activate(y, activation).reshape(x.shape), mean, var


def batch_norm_grad(gy, x, mean, var, gamma=None, y=None, gmean=None, gvar=None, epsilon=1e-3, activation=None):
    """(gx, ggamma, gbeta), gmean and gvar being the gradients of the statistics."""
    g, rows, n = _rows(gy), _rows(x), x.size // x.shape[-1]
    if activation is not None:
        y = _rows(y)
        g = g * {"relu": lambda: (y > 0) * 1.0, "sigmoid": lambda: y * (1 - y), "tanh": lambda: 1 - y * y}[activation]()
    r = 1 / np.sqrt(var.astype(np.float64) + epsilon)
    hat = (rows - mean) * r
    ggamma, gbeta = (g * hat).sum(axis=0), g.sum(axis=0)
    gx = (1 if gamma is None else gamma) * r * (g - gbeta / n - hat * ggamma / n)
    if gmean is not None:
        gx = gx + gmean / n
    if gvar is not None:
        gx = gx + gvar * 2 * (rows - mean) / n
    return gx.reshape(x.shape), ggamma, gbeta


def batch_norm_inference(x, mean, var, gamma=None, beta=None, epsilon=1e-3, activation=None):
    """(x - mean) / sqrt(var + epsilon) * gamma + beta along the last axis."""
    y = (x.astype(np.float64) - mean) / np.sqrt(var.astype(np.float64) + epsilon)
    return _activate(_affine(y, gamma, beta), activation)


def layer_norm(x, gamma=None, beta=None, epsilon=1e-3, centered=True):
    """(y, mean, 1 / sqrt(variance + epsilon)) over the last axis; not centered: mean 0."""
    x = x.astype(np.float64)
    mean = x.mean(axis=-1) if centered else np.zeros(x.shape[:-1])
    d = x - mean[..., None]
    r = 1 / np.sqrt((d * d).mean(axis=-1) + epsilon)
    return _affine(d * r[..., None], gamma, beta), mean, r


def layer_norm_grad(gy, x, mean, r, gamma=None, centered=True):
    """(gx, ggamma, gbeta)."""
    gy = gy.astype(np.float64)
    hat = (x - mean[..., None].astype(np.float64)) * r[..., None]
    g = gy if gamma is None else gy * gamma
    along = g.mean(axis=-1, keepdims=True) if centered else 0
    gx = r[..., None] * (g - along - hat * (g * hat).mean(axis=-1, keepdims=True))
    return gx, (gy * hat).reshape(-1, x.shape[-1]).sum(axis=0), gy.reshape(-1, x.shape[-1]).sum(axis=0)
