"""Operations that move elements, in NumPy."""

import builtins

import numpy as np


def reshape(x, shape):
    """The same elements in another shape"""
    return np.reshape(x, shape)


def expand_dims(x, axis):
    """New dimensions of size 1"""
    return np.expand_dims(x, axis)


def squeeze(x, axis):
    """Without dimensions of size 1"""
    return np.squeeze(x, axis)


def transpose(x, axes):
    """Dimensions in another order"""
    return np.transpose(x, axes)


def broadcast_to(x, shape):
    """Repeated to a shape"""
    return np.broadcast_to(x, shape)


def concatenate(*xs, axis):
    """One after the other along an axis"""
    return np.concatenate(xs, axis)


def split(x, sizes, axis):
    """Parts of given sizes along an axis"""
    return np.split(x, np.cumsum(sizes)[:-1], axis)


def strided_slice(x, key):
    """x[start:stop:step, ...]"""
    return x[tuple(builtins.slice(*k) for k in key)]


def strided_slice_grad(gy, key, shape):
    """Zeros with gy at the places of a slice"""
    gx = np.zeros(shape)
    gx[tuple(builtins.slice(*k) for k in key)] = gy
    return gx


def pad(x, pad_width, constant_value):
    """x with constant margins"""
    return np.pad(x, pad_width, constant_values=constant_value)


def full_like(x, value, dtype):
    """x's shape, one value"""
    return np.full(np.shape(x), value, dtype or x.dtype)
