"""Complex values and their parts, in NumPy."""

import numpy as np


def view_as_complex(x):
    """Pairs as complex numbers"""
    return x[..., 0] + 1j * x[..., 1]


def view_as_real(x):
    """Complex numbers as pairs"""
    return np.stack([x.real, x.imag], -1)


def complex_join(re, im):
    """re + i im"""
    return re + 1j * im


def complex_split(z):
    """(real part, imaginary part)"""
    return z.real, z.imag


def eig(x):
    """(eigenvalues, eigenvectors)"""
    return tuple(v.astype(complex) for v in np.linalg.eig(x))
