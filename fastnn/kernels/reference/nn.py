"""Softmax and the cross-entropies in float64 NumPy."""

import numpy as np


def _onehot(labels, c):
    return np.eye(c)[np.asarray(labels).astype(np.int64)]


def softmax(x):
    """exp(x) / sum(exp(x)) over the last axis."""
    e = np.exp(x.astype(np.float64) - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_grad(gy, y):
    """y (gy - sum(gy y))."""
    y = y.astype(np.float64)
    return y * (gy - (gy * y).sum(axis=-1, keepdims=True))


def log_softmax(x):
    """log(softmax(x))."""
    d = x.astype(np.float64) - x.max(axis=-1, keepdims=True)
    return d - np.log(np.exp(d).sum(axis=-1, keepdims=True))


def log_softmax_grad(gy, y):
    """gy - exp(y) sum(gy)."""
    return gy - np.exp(y.astype(np.float64)) * gy.sum(axis=-1, keepdims=True)


def softmax_cross_entropy(x, t):
    """(-sum(t log_softmax(x)), softmax(x))."""
    return -(t * log_softmax(x)).sum(axis=-1), softmax(x)


def softmax_cross_entropy_grad(probs, t, gy):
    """(probs sum(t) - t) gy."""
    return (probs.astype(np.float64) * t.sum(axis=-1, keepdims=True) - t) * gy[..., None]


def sparse_softmax_cross_entropy(x, labels):
    """The same for integer labels."""
    return softmax_cross_entropy(x, _onehot(labels, x.shape[-1]))


def sparse_softmax_cross_entropy_grad(probs, labels, gy):
    """(probs - onehot) gy."""
    return (probs.astype(np.float64) - _onehot(labels, probs.shape[-1])) * gy[..., None]


def sigmoid_cross_entropy(x, t):
    """max(x, 0) - x t + log(1 + exp(-|x|))."""
    x = x.astype(np.float64)
    return np.maximum(x, 0) - x * t + np.log1p(np.exp(-np.abs(x)))


def sigmoid_cross_entropy_grad(x, t, gy):
    """(sigmoid(x) - t) gy."""
    return (1 / (1 + np.exp(-x.astype(np.float64))) - t) * gy


def categorical_crossentropy(p, t, epsilon):
    """-sum(t log(clip(p / sum(p))))."""
    q = p.astype(np.float64) / p.astype(np.float64).sum(axis=-1, keepdims=True)
    return -(t * np.log(np.clip(q, epsilon, 1 - epsilon))).sum(axis=-1)


def categorical_crossentropy_grad(p, t, gy, epsilon):
    """Its gradient: clipped entries have none."""
    p = p.astype(np.float64)
    s = p.sum(axis=-1, keepdims=True)
    q = p / s
    u = np.where((q < epsilon) | (q > 1 - epsilon), 0, -t / q)
    return (u - (u * q).sum(axis=-1, keepdims=True)) / s * gy[..., None]


def sparse_categorical_crossentropy(p, labels, epsilon):
    """The same for integer labels."""
    return categorical_crossentropy(p, _onehot(labels, p.shape[-1]), epsilon)


def sparse_categorical_crossentropy_grad(p, labels, gy, epsilon):
    """The same for integer labels."""
    return categorical_crossentropy_grad(p, _onehot(labels, p.shape[-1]), gy, epsilon)


def binary_crossentropy(p, t, epsilon):
    """-(t log(q) + (1 - t) log(1 - q)), q = clip(p)."""
    q = np.clip(p.astype(np.float64), epsilon, 1 - epsilon)
    return -(t * np.log(q) + (1 - t) * np.log(1 - q))


def binary_crossentropy_grad(p, t, gy, epsilon):
    """(q - t) / (q (1 - q)) gy; clipped entries have none."""
    q = p.astype(np.float64)
    return np.where((q < epsilon) | (q > 1 - epsilon), 0, (q - t) / (q * (1 - q)) * gy)
