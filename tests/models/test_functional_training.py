"""`training=` at a call when a graph is made: what fit, predict and callers say overrules it, as in Keras 3."""

import numpy as np
import pytest

from fastnn import Input, Model, Sequential, layers
from fastnn.layers import context

ONES = np.ones((4, 50), "float32")


def noisy(out):
    return bool((np.asarray(out) == 0).any())


@pytest.fixture(params=[False, True], ids=["keras3", "keras2"])
def nodes_win(request):
    context.prefer_nodes(request.param)
    yield request.param
    context.prefer_nodes(False)


@pytest.mark.parametrize("own", [False, True], ids=["plan", "layer by layer"])
def test_dropout_that_is_always_on(nodes_win, own):
    class Same(layers.Layer):
        def call(self, inputs):
            return inputs

    x = Input((50,))
    dropped = layers.Dropout(0.5)(x, training=True)
    model = Model(x, Same()(dropped) if own else dropped)
    assert noisy(model(ONES))
    assert noisy(model(ONES, training=False)) is nodes_win
    assert noisy(model.predict(ONES, verbose=0)) is nodes_win
    assert noisy(model(ONES, training=True))


def test_statistics_that_are_never_taken(nodes_win):
    base = Sequential([Input((50,)), layers.BatchNormalization()])
    x = Input((50,))
    model = Model(x, base(x, training=False))
    model.compile("sgd", "mse")
    model.fit(ONES, ONES, verbose=0)
    assert bool(base.layers[0].moving_mean.numpy().any()) is not nodes_win
