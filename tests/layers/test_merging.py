"""Merging layers: shapes of other ranks, lists that change."""

import numpy as np
import pytest

from fastnn import Input, Model, layers


@pytest.mark.parametrize(
    ("shapes", "expected"),
    [
        (((None, None), (None,)), (None, None, None)),
        (((3, None), (4,)), (None, 3, None)),
        (((4, 4), (4,)), (None, 4, 4)),
    ],
)
def test_shapes_of_other_ranks(shapes, expected):
    assert layers.Add()([Input(s) for s in shapes]).shape == expected


def test_a_list_that_changes_after_a_call_changes_nothing():
    x = Input((2,))
    parts = [x]
    for _ in range(3):
        parts.append(x)
        y = layers.concatenate(parts)
    model = Model(x, y)
    parts.clear()
    assert model.predict(np.ones((1, 2), "float32"), verbose=0).shape == (1, 8)
