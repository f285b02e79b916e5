"""Operations that read places from data, in NumPy."""

import numpy as np


def take(x, indices, axis):
    """Slices of x at indices along an axis"""
    return np.take(x, indices, axis=axis)


def take_grad(gy, indices, axis, size):
    """The slices of gy added at their indices, from zero"""
    flat = np.moveaxis(gy, range(axis, axis + np.ndim(indices)), range(np.ndim(indices)))
    gx = np.zeros((size, *flat.shape[np.ndim(indices) :]))
    for k in np.ndindex(*np.shape(indices)):
        gx[indices[k]] += flat[k]
    return np.moveaxis(gx, 0, axis)


def take_along_axis(x, indices, axis):
    """x[..., indices[..., k, ...], ...]"""
    return np.take_along_axis(x, indices, axis=axis)


def take_along_axis_grad(gy, indices, axis, size):
    """gy added at the indices, from zero"""
    shape = list(gy.shape)
    shape[axis] = size
    gx = np.zeros(shape)
    for k in np.ndindex(*gy.shape):
        place = list(k)
        place[axis] = indices[k]
        gx[tuple(place)] += gy[k]
    return gx


def one_hot(indices, num_classes, dtype):
    """1 at the index, 0 elsewhere"""
    return (np.asarray(indices)[..., None] == np.arange(num_classes)).astype(dtype)


def in_top_k(targets, predictions, k):
    """Whether fewer than k predictions exceed the target's"""
    v = np.take_along_axis(predictions, np.asarray(targets)[:, None], 1)
    return (predictions > v).sum(1) < k
