"""Merging layers: shapes of other ranks, lists that change."""

import numpy as np
import pytest

from fastnn import Input, Model, layers
from fastnn.layers import context


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


@pytest.fixture(params=[False, True], ids=["today", "keras 2"])
def years(request):
    context.prefer_nodes(request.param)
    yield request.param
    context.prefer_nodes(False)


# {layer: the masks of [1, 0, 1, 1] and [1, 1, 0, 0], or of the first and no mask, merged today and in Keras 2}
MASKS = {
    layers.Add: ([1, 1, 1, 1], [1, 0, 0, 0], None, [1, 0, 1, 1]),
    layers.Concatenate: ([1, 1, 1, 1], [1, 0, 0, 0], [1, 1, 1, 1], [1, 0, 1, 1]),
}


@pytest.mark.parametrize("kind", MASKS)
def test_masks_of_several_inputs(kind, years):
    a, b = np.array([[1, 0, 1, 1]], "int32"), np.array([[1, 1, 0, 0]], "int32")
    masked, plain = layers.Embedding(2, 3, mask_zero=True), layers.Embedding(2, 3)
    x, y = Input((4,)), Input((4,))
    for second, expected in ((masked, MASKS[kind][years]), (plain, MASKS[kind][2 + years])):
        merged = kind()([masked(x), second(y)])
        steps = layers.TimeDistributed(layers.Dense(1, kernel_initializer="ones"))(merged)
        total = layers.SimpleRNN(1, kernel_initializer="zeros", recurrent_initializer="ones", bias_initializer="ones",
                                 activation="linear")(steps)  # fmt: skip
        found = Model([x, y], total).predict([a, b], verbose=0)[0, 0]
        assert found == sum(expected or [1, 1, 1, 1])
