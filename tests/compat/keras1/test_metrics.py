"""Keras 1's metrics of a batch."""

import numpy as np
import pytest

from fastnn.compat.keras1 import metrics as old
from fastnn.core.errors import ArgumentError


def test_metrics_of_a_batch():
    y, p = np.array([1.0, 1.0, 0.0, 0.0]), np.array([0.9, 0.2, 0.8, 0.1])
    found = [float(f(y, p)) for f in (old.precision, old.recall, old.fmeasure, old.matthews_correlation)]
    np.testing.assert_allclose(found, [0.5, 0.5, 0.5, 0.0], atol=1e-5)
    np.testing.assert_allclose(float(old.fbeta_score(y, np.ones(4), 2)), 5 * 0.5 / (4 * 0.5 + 1), atol=1e-5)
    with pytest.raises(ArgumentError, match="beta"):
        old.fbeta_score(y, p, -1)
