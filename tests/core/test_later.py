"""Results of metrics in a step of one's own: what is computed with them is what they are after the step."""

import numpy as np
import pytest

import fastnn
from fastnn import layers, metrics, ops
from fastnn.core.errors import GraphError
from fastnn.core.later import Later, holds, postponed

LOGS = {
    "perplexity": (lambda a, b: ops.exp(a), lambda a, b: np.exp(a)), "sum": (lambda a, b: a + b, lambda a, b: a + b),
    "mean": (lambda a, b: (a + b) / 2, lambda a, b: (a + b) / 2), "negative": (lambda a, b: -a, lambda a, b: -a),
    "harmonic": (lambda a, b: 2 * a * b / (a + b + 1e-7), lambda a, b: 2 * a * b / (a + b + 1e-7)),
    "largest": (lambda a, b: ops.maximum(a, b), np.maximum), "power": (lambda a, b: 2.0**a, lambda a, b: 2.0**a),
    "difference": (lambda a, b: 1 - ops.square(a), lambda a, b: 1 - a * a),
}  # fmt: skip


class Own(fastnn.Model):
    """A step whose logs are computed with results of metrics."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(1)
        self.first, self.second = metrics.Mean(name="first"), metrics.MeanAbsoluteError(name="second")

    @property
    def metrics(self):
        return [self.first, self.second]

    def call(self, x):
        return self.dense(x)

    def train_step(self, data):
        x, y = data
        with fastnn.GradientTape() as tape:
            predicted = self(x, training=True)
            loss = ops.mean(ops.square(predicted - y))
        weights = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
        self.first.update_state(loss)
        self.second.update_state(y, predicted)
        a, b = self.first.result(), self.second.result()
        parts = {"loss": loss, "with_loss": a - ops.square(loss), "twice": (loss + a) * ops.abs(loss)}
        return {"a": a, "b": b, **parts, **{name: make(a, b) for name, (make, _) in LOGS.items()}}


def test_logs_may_be_computed_with_results():
    model = Own()
    model.compile("sgd")
    x = np.random.default_rng(0).normal(size=(12, 2)).astype("float32")
    history = model.fit(x, x[:, :1] * 2, batch_size=4, epochs=2, verbose=0).history
    a, b = np.array(history["a"]), np.array(history["b"])
    loss = np.array(history["loss"])
    np.testing.assert_allclose(history["with_loss"], a - loss**2, rtol=1e-5)
    np.testing.assert_allclose(history["twice"], (loss + a) * loss, rtol=1e-5)
    for name, (_, expected) in LOGS.items():
        np.testing.assert_allclose(history[name], expected(a, b), rtol=1e-5, err_msg=name)


def test_there_is_no_value_before():
    value = Later(lambda: 2.0, metrics.Mean(name="total"))
    assert holds((1, value)) and not holds((1, 2)) and postponed(pow, (3, value), {}).take() == 9.0
    assert (7 % value).take() == 1.0 and (value // 2).take() == 1.0 and abs(-value).take() == 2.0
    assert (value > 1).take() and not (value == 1).take() and round(value / 3, 1).take() == 0.7 and len({value}) == 1
    for early in (np.asarray, float, int, bool, len, list, "{:.3f}".format, lambda v: max(v, 0.0), lambda v: v in [3]):
        with pytest.raises(GraphError, match="'total' after the step"):
            early(value)


def test_values_have_a_home():
    value = postponed(sum, ([1, 2], postponed(pow, (3, Later(lambda: 2.0, metrics.Mean(name="total"))), {})), {})
    value.place(lambda part: 4 if part == 3 else part)
    assert value.all_homes() == [4] and postponed(max, (value.parts[1], 20), {}).take() == 20
    assert value.parts[1].take() == 16.0
