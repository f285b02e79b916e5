"""Losses and metrics of symbols that lead to no output of the model."""

import numpy as np
import pytest

import fastnn
from fastnn import layers, ops
from fastnn.core.errors import GraphError

X = np.random.default_rng(0).random((8, 3)).astype("float32")


def test_a_loss_may_use_what_was_computed_of_the_inputs():
    inputs, dense = fastnn.Input((3,)), layers.Dense(2, use_bias=False)
    outputs = dense(inputs)
    upper = ops.matmul(inputs + 0.1, dense.kernel)
    model = fastnn.Model(inputs, outputs)
    model.compile(fastnn.optimizers.SGD(0.1), lambda y, p: ops.mean(ops.square(upper - y), axis=-1),
                  metrics=[lambda y, p: ops.mean(upper - p)])  # fmt: skip
    w = dense.kernel.numpy()
    loss, metric = model.train_on_batch(X, np.zeros((8, 2)))
    np.testing.assert_allclose(loss, np.mean(np.square((X + 0.1) @ w)), rtol=1e-5)
    np.testing.assert_allclose(metric, np.mean(0.1 * w.sum(0)), rtol=1e-4)
    slope = 2 * (X + 0.1).T @ ((X + 0.1) @ w) / 16
    np.testing.assert_allclose(dense.kernel.numpy(), w - 0.1 * slope, rtol=1e-4, atol=1e-6)


def test_layers_on_the_way_train_as_the_model_does():
    inputs = fastnn.Input((3,))
    outputs = layers.Dense(2)(inputs)
    dropped = layers.Dropout(0.999)(inputs)
    model = fastnn.Model(inputs, outputs)
    model.compile("sgd", "mse", metrics=[lambda y, p: ops.mean(ops.abs(dropped))])
    train = model.train_on_batch(X, np.zeros((8, 2)))[1]
    test = model.test_on_batch(X, np.zeros((8, 2)), return_dict=False)[1]
    assert train != pytest.approx(X.mean(), rel=1e-3) and test == pytest.approx(X.mean(), rel=1e-3)


def test_symbols_of_another_input_are_refused():
    inputs, other = fastnn.Input((3,)), fastnn.Input((3,))
    kept = other * 2
    model = fastnn.Model(inputs, layers.Dense(3)(inputs))
    model.compile("sgd", lambda y, p: ops.mean(ops.square(kept - p), axis=-1))
    with pytest.raises(GraphError, match="belongs to another graph"):
        model.train_on_batch(X, X)


def test_a_branch_that_sizes_rule_out_need_not_fit():
    def loss(y, p):
        more = ops.shape(y)[1] - ops.shape(p)[1]
        y = ops.cond(ops.equal(more, 0), lambda: y, lambda: y[:, more:])
        return ops.mean(ops.square(y - p), axis=-1)

    model = fastnn.Sequential([fastnn.Input((3,)), layers.Dense(2)])
    model.compile("sgd", loss)
    expected = np.mean(np.square(np.zeros((8, 2)) - model.predict(X, verbose=0)))
    np.testing.assert_allclose(model.train_on_batch(X, np.zeros((8, 3))), expected, rtol=1e-5)
