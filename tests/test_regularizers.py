"""Regularizers against their formulas, their configs, and bad factors."""

import numpy as np
import pytest

from fastnn import regularizers
from fastnn.core.errors import ArgumentError

W = np.array([[3.0, -1.0], [4.0, 0.5]], "float32")


@pytest.mark.parametrize(("regularizer", "expected"), [
    (regularizers.L1(0.1), 0.85), (regularizers.L2(0.1), 2.625), (regularizers.L1L2(0.1, 0.2), 0.85 + 5.25),
    (regularizers.L1L2(), 0.0), (regularizers.get("l2"), 0.2625)])  # fmt: skip
def test_regularizers(regularizer, expected):
    assert float(regularizer(W)) == pytest.approx(expected, rel=1e-5)
    twin = regularizers.deserialize(regularizers.serialize(regularizer))
    assert twin.get_config() == regularizer.get_config()


def test_orthogonal_regularizer():
    rows = W / np.sqrt((W**2).sum(1, keepdims=True))
    assert float(regularizers.OrthogonalRegularizer(0.1)(W)) == pytest.approx(0.1 * abs(rows[0] @ rows[1]), rel=1e-4)
    for bad in (-1.0, "x", float("nan")):
        with pytest.raises(ArgumentError, match="l2"):
            regularizers.L2(bad)
