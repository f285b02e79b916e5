"""Constraints against their formulas, and their configs."""

import numpy as np
import pytest

from fastnn import constraints

W = np.array([[3.0, -1.0], [4.0, 0.5]], "float32")


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        (constraints.MaxNorm(2.0), W * np.minimum(1, 2 / np.sqrt((W**2).sum(0)))),
        (constraints.NonNeg(), np.maximum(W, 0)),
        (constraints.UnitNorm(), W / np.sqrt((W**2).sum(0))),
        (
            constraints.MinMaxNorm(2.0, 3.0, rate=0.5),
            W / np.sqrt((W**2).sum(0)) * (0.5 * np.clip(np.sqrt((W**2).sum(0)), 2, 3) + 0.5 * np.sqrt((W**2).sum(0))),
        ),
    ],
)
def test_constraints(constraint, expected):
    np.testing.assert_allclose(constraint(W), expected, rtol=1e-5)
    twin = constraints.deserialize(constraints.serialize(constraint))
    assert twin.get_config() == constraint.get_config()


def test_a_constraint_that_says_nothing_changes_nothing():
    np.testing.assert_array_equal(constraints.Constraint()(np.ones(2)), np.ones(2))
