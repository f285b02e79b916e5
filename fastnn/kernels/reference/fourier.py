"""Discrete Fourier transforms as sums of products."""

import numpy as np


def _turns(rows, columns, n, sign):
    return np.exp(sign * 2j * np.pi * np.outer(np.arange(rows), np.arange(columns)) / n)


def _parts(z):
    return z.real, z.imag


def dft(re, im, inverse):
    """The sum over n of x_n exp(-+ 2 pi i k n / N)"""
    n = re.shape[-1]
    return _parts((re + 1j * im) @ _turns(n, n, n, 1 if inverse else -1))


def rdft(x):
    """The first half of the dft of real values"""
    n = x.shape[-1]
    return _parts(x @ _turns(n, n // 2 + 1, n, -1))


def rdft_transposed(re, im, size):
    """The real part of the sum over k of y_k exp(2 pi i k n / N)"""
    return ((re + 1j * im) @ _turns(re.shape[-1], size, size, 1)).real
