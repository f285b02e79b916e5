"""Reductions in NumPy."""

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
