"""A Gaussian process on the unit cube: what is expected where nothing was tried, and how surely."""

from __future__ import annotations

import numpy as np

from fastnn.core.types import Array

LENGTHS = (0.1, 0.2, 0.4, 0.8, 1.6)  # of the kernel; the likeliest of them is taken


def matern(a: Array, b: Array, length: float) -> Array:
    """The Matern 5/2 kernel (Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, eq. 4.17).

    a: (n, d).  b: (m, d).  Returns (n, m).

    >>> matern(np.zeros((1, 2)), np.zeros((1, 2)), 1.0).tolist()
    [[1.0]]
    """
    r = np.sqrt(np.maximum(((a[:, None, :] - b[None, :, :]) ** 2).sum(-1), 0.0)) * (np.sqrt(5.0) / length)
    found: Array = (1.0 + r + r * r / 3.0) * np.exp(-r)
    return found


class GaussianProcess:
    """Fitted to points x (n, d) and values y (n,); alpha: noise, as a share of the variance of y.

    >>> process = GaussianProcess(np.array([[0.0], [1.0]]), np.array([1.0, 3.0]), 1e-6)
    >>> mean, spread = process.predict(np.array([[0.0], [0.5]]))
    >>> mean.round(2).tolist(), bool(spread[0] < spread[1])
    ([1.0, 2.0], True)
    """

    def __init__(self, x: Array, y: Array, alpha: float = 1e-4) -> None:
        self.x, self.centre, self.scale = x, float(np.mean(y)), float(np.std(y)) or 1.0
        target = (y - self.centre) / self.scale
        best = -np.inf
        for length in LENGTHS:
            kernel = matern(x, x, length) + (alpha + 1e-10) * np.eye(len(x))
            root = np.linalg.cholesky(kernel)
            weights = np.linalg.solve(root.T, np.linalg.solve(root, target))
            likelihood = -0.5 * float(target @ weights) - float(np.log(np.diag(root)).sum())  # eq. 2.30
            if likelihood > best:
                best, self.length, self._root, self._weights = likelihood, length, root, weights

    def predict(self, x: Array) -> tuple[Array, Array]:
        """The mean and the standard deviation at points x (m, d), (m,) each: eq. 2.23, 2.24."""
        cross = matern(x, self.x, self.length)
        solved = np.linalg.solve(self._root, cross.T)
        spread = np.sqrt(np.maximum(1.0 - (solved**2).sum(0), 0.0))
        return cross @ self._weights * self.scale + self.centre, spread * self.scale
