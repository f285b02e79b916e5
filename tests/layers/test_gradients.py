"""Gradients of functional graphs: nodes whose values are derivatives."""

import numpy as np
import pytest

import fastnn as keras
from fastnn import layers, ops
from fastnn.compat import backend as K
from fastnn.core.errors import NotSupportedError
from fastnn.layers.gradients import symbolic_gradients

A = np.random.default_rng(2).random((3, 4), np.float32)


def test_gradients_are_nodes_of_the_graph():
    x = keras.Input((4,))
    model = keras.Sequential([layers.Dense(3, activation="tanh"), layers.Dense(1)])
    y = model(x)
    (gx,) = symbolic_gradients([ops.sum(y)], [x])
    assert gx.shape == (None, 4)
    found = keras.Model(x, gx)(A)
    with keras.GradientTape() as tape:
        tape.watch(A)
        total = ops.sum(model(A))
    np.testing.assert_allclose(found, tape.gradient(total, A), rtol=1e-6)


def test_weights_intermediate_symbols_and_second_derivatives():
    x = keras.Input((4,))
    hidden = layers.Dense(3, activation="tanh", name="hidden")
    h = hidden(x)
    loss = K.mean(K.square(layers.Dense(1)(h)))
    gh, gw = K.gradients(loss, [h, hidden.kernel])
    assert gh.shape == (None, 3) and gw.shape == (4, 3)
    (second,) = K.gradients(K.sum(K.square(K.gradients(loss, x)[0])), [x])
    values = K.function([x], [gh, gw, second])([A])
    assert [v.shape for v in values] == [(3, 3), (4, 3), (3, 4)] and all(np.abs(v).max() > 0 for v in values)


def test_updates_of_a_function_and_of_an_optimizer():
    x, count = keras.Input((4,)), keras.Variable(0.0)
    dense = layers.Dense(1)
    loss = K.mean(K.square(dense(x)))
    optimizer = keras.optimizers.SGD(0.1)
    steps = [*optimizer.get_updates(params=dense.trainable_weights, loss=loss), K.update_add(count, loss)]
    step = K.function([x], [loss], updates=steps)
    seen = [float(step([A])[0]) for _ in range(4)]
    assert seen == sorted(seen, reverse=True) and float(count) == pytest.approx(sum(seen), rel=1e-6)


def test_arrays_keep_no_record():
    with pytest.raises(NotSupportedError, match="GradientTape"):
        symbolic_gradients([A], [A])
