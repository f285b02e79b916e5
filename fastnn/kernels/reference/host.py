"""The long tail in NumPy: what its host operations are held against."""

import math

import numpy as np


def _of(f):
    def reference(*xs, **attrs):
        with np.errstate(all="ignore"):
            return f(*xs)

    return reference


arcsin, arccos, arctan = _of(np.arcsin), _of(np.arccos), _of(np.arctan)
arcsinh, arccosh, arctanh = _of(np.arcsinh), _of(np.arccosh), _of(np.arctanh)
arctan2, fmod = _of(np.arctan2), _of(np.fmod)
nextafter = _of(np.nextafter)
bitwise_and, bitwise_or, bitwise_xor = _of(np.bitwise_and), _of(np.bitwise_or), _of(np.bitwise_xor)
left_shift, right_shift, gcd, lcm = _of(np.left_shift), _of(np.right_shift), _of(np.gcd), _of(np.lcm)


def erfinv(x):
    """The number whose erf is x, by bisection"""

    def solve(v):
        low, high = -6.0, 6.0
        for _ in range(80):
            middle = (low + high) / 2
            low, high = (middle, high) if math.erf(middle) < v else (low, middle)
        return (low + high) / 2

    return np.vectorize(solve, otypes=[float])(x)


def bessel_i(x, order):
    """The power series of I_n"""
    return sum((x / 2) ** (2 * k + order) / (math.factorial(k) * math.factorial(k + order)) for k in range(40))


def argsort(x, axis):
    """The order in which values rise; equal ones keep theirs"""
    return np.argsort(x, axis=axis, kind="stable").astype(np.int32)


def top_k_indices(x, k):
    """The places of the k largest values of each row, the largest first"""
    return np.argsort(-x, axis=-1, kind="stable")[..., :k].astype(np.int32)


def searchsorted(sorted_sequence, values, side):
    """Where values would be inserted to keep the order"""
    return np.searchsorted(sorted_sequence, values, side=side).astype(np.int32)


def bincount(x, weights, minlength):
    """How often (with which weight) each number below minlength occurs"""
    return np.array([(x == i).sum() if weights is None else weights[x == i].sum() for i in range(minlength)])


def cumprod(x, axis):
    """Products of all values up to each one"""
    return np.cumprod(x, axis)


def scatter_update(x, indices, updates, reduction):
    """x with some places replaced, or combined with updates"""
    y = np.array(x)
    combine = {None: lambda a, b: b, "add": np.add, "max": np.maximum, "min": np.minimum}[reduction]
    for place in np.ndindex(*indices.shape[:-1]):
        where = tuple(indices[place])
        y[where] = combine(y[where], updates[place])
    return y


def det(x):
    """The determinant"""
    return np.linalg.det(x)


def inv(x):
    """The inverse matrix"""
    return np.linalg.inv(x)


def solve(a, b):
    """x with a x = b"""
    return np.linalg.solve(a, b)


def slogdet(x):
    """The sign of the determinant and the logarithm of its size"""
    d = np.linalg.det(x)
    return np.sign(d), np.log(np.abs(d))


def singular_values(x):
    """The roots of the eigenvalues of x x^T, or of x^T x where that is smaller, falling"""
    t = np.swapaxes(x, -1, -2)
    y = x @ t if x.shape[-2] <= x.shape[-1] else t @ x
    return np.sqrt(np.maximum(np.linalg.eigvalsh(y)[..., ::-1], 0))


def singular_values_grad(x, gy):
    """The sum of gy u v^T over the singular values"""
    u, _, vh = np.linalg.svd(x, full_matrices=False)
    return np.einsum("...ik,...k,...kj->...ij", u, gy, vh)
