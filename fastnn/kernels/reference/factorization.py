"""Factorisations of the matrices that are drawn for them: of one row or column, where they are plain formulas."""

import numpy as np


def cholesky(x):
    """The root of 1 x 1 matrices, NaN of negative ones"""
    with np.errstate(all="ignore"):
        return np.sqrt(x)


def eigh(x):
    """The number of 1 x 1 matrices"""
    return x[..., 0], np.ones_like(x)


def svd(x, full):
    """Sign and size of 1 x 1 matrices"""
    return np.sign(x), np.abs(x)[..., 0], np.ones_like(x)


def qr(x, complete):
    """LAPACK leaves a 1 x 1 matrix as it is"""
    return np.ones_like(x), x


def pinv(x, rcond):
    """A column over the sum of its squares, lying"""
    return np.swapaxes(x / (x * x).sum((-2, -1), keepdims=True), -1, -2)


def lu_factor(x):
    """A row is its own upper triangle"""
    return x, np.zeros(x.shape[:-1], np.int32)


def matrix_rank(x, tol):
    """1 of a row with a number in it"""
    return (np.abs(x).max((-2, -1)) > 0).astype(np.int32)
