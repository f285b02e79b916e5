"""Reductions in NumPy."""

import math

import numpy as np


def sum(x, axis, keepdims):
    """The sum along axes"""
    return np.sum(x, axis=axis, keepdims=keepdims)


def mean(x, axis, keepdims):
    """The mean along axes"""
    return np.mean(x, axis=axis, keepdims=keepdims)


def max(x, axis, keepdims):
    """The largest value"""
    return np.max(x, axis=axis, keepdims=keepdims)


def min(x, axis, keepdims):
    """The smallest value"""
    return np.min(x, axis=axis, keepdims=keepdims)


def prod(x, axis, keepdims):
    """The product"""
    return np.prod(x, axis=axis, keepdims=keepdims)


def any(x, axis, keepdims):
    """Whether one is true"""
    return np.any(x, axis=axis, keepdims=keepdims)


def all(x, axis, keepdims):
    """Whether all are true"""
    return np.all(x, axis=axis, keepdims=keepdims)


def prod_second(x, gy, h, axes):
    """gy times the sum, over pairs of other places, of h at one and the product of x at the rest."""
    moved = np.moveaxis(x, axes, range(-len(axes), 0))
    shape = moved.shape
    rows = moved.reshape(-1, math.prod(x.shape[a] for a in axes))
    along = np.moveaxis(h, axes, range(-len(axes), 0)).reshape(rows.shape)
    out = np.zeros_like(rows)
    for j in range(rows.shape[1]):
        for k in range(rows.shape[1]):
            if k != j:
                out[:, j] += along[:, k] * np.delete(rows, [j, k], axis=1).prod(axis=1)
    return np.moveaxis(out.reshape(shape), range(-len(axes), 0), axes) * gy


def prod_grad(x, gy, axis):
    """gy times the product of the other values"""
    gx = np.empty(np.shape(x))
    for i in np.ndindex(*np.shape(x)):
        others = np.array(x, np.float64)
        others[i] = 1
        gx[i] = np.prod(others, axis=axis, keepdims=True)[tuple(0 if a in axis else k for a, k in enumerate(i))]
    return gx * gy


def argmax(x, axis, keepdims):
    """The index of the first largest value"""
    return np.argmax(x, axis=axis, keepdims=keepdims).astype(np.int32)


def argmin(x, axis, keepdims):
    """The index of the first smallest value"""
    return np.argmin(x, axis=axis, keepdims=keepdims).astype(np.int32)


def cumsum(x, axis, reverse):
    """Sums of all values up to each one (or from it on)"""
    return np.flip(np.cumsum(np.flip(x, axis), axis), axis) if reverse else np.cumsum(x, axis)


def var(x, axis, keepdims):
    """The mean squared distance from the mean"""
    return np.var(x, axis=axis, keepdims=keepdims)


def std(x, axis, keepdims):
    """The square root of the variance"""
    return np.std(x, axis=axis, keepdims=keepdims)


def logsumexp(x, axis, keepdims):
    """log sum e^x"""
    return np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))
