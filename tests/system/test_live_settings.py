"""Numbers that a callback changes while a model trains hold from the next step on: variables and optimizer settings."""

import numpy as np
import pytest

import fastnn
from fastnn.core.errors import ArgumentError

ONES = np.ones((4, 1), "float32")


def two_outputs(loss_weights, keys):
    i = fastnn.Input((1,))
    model = fastnn.Model(i, [fastnn.layers.Identity(name=name)(i) for name in "pq"])
    loss = {"p": "mse", "q": "mae"} if keys else ["mse", "mae"]
    model.compile("sgd", loss, loss_weights=loss_weights)
    return model


@pytest.mark.parametrize("keys", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_variable_among_the_loss_weights_is_read_at_each_step(keys, dtype):
    v = fastnn.Variable(1.0, dtype=dtype)
    model = two_outputs({"q": v, "p": 0.5} if keys else [0.5, v], keys)
    y = [2 * ONES, 3 * ONES]  # losses 1 and 2
    losses = []
    for value in (1.0, 3.0, 0.0):
        v.assign(value)
        losses += [model.evaluate(ONES, y, verbose=0)[0], model.train_on_batch(ONES, y)[0]]
    assert losses == [2.5, 2.5, 6.5, 6.5, 0.5, 0.5]


def test_a_callback_moves_a_loss_weight():
    v = fastnn.Variable(1.0)

    class Doubled(fastnn.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            v.assign(v * 2.0)

    model = two_outputs([v, 0.0], keys=False)
    history = model.fit(ONES, [2 * ONES, ONES], epochs=3, callbacks=[Doubled()], verbose=0)
    assert history.history["loss"] == [1.0, 2.0, 4.0]


def test_one_loss_with_a_variable_weight():
    v = fastnn.Variable(3.0)
    model = fastnn.Sequential([fastnn.Input((1,)), fastnn.layers.Identity()])
    model.compile("sgd", "mse", loss_weights=v)
    assert model.evaluate(ONES, 2 * ONES, verbose=0) == 3.0


def test_a_file_holds_the_weight_of_now(tmp_path):
    v = fastnn.Variable(1.0)
    model = two_outputs([v, 0.0], keys=False)
    v.assign(3.0)
    model.save(tmp_path / "m.keras")
    again = fastnn.models.load_model(tmp_path / "m.keras")
    assert again.evaluate(ONES, [2 * ONES, ONES], verbose=0)[0] == 3.0


LOSSES = {
    "Huber": "delta",
    "BinaryCrossentropy": "label_smoothing",
    "CategoricalCrossentropy": "label_smoothing",
    "BinaryFocalCrossentropy": "gamma",
    "CategoricalFocalCrossentropy": "gamma",
    "Tversky": "beta",
}


@pytest.mark.parametrize("name", LOSSES)
def test_a_variable_as_an_argument_of_a_loss(name):
    v, results = fastnn.Variable(0.0), []
    cls, x = getattr(fastnn.losses, name), np.array([[0.2, 0.8], [0.7, 0.3]], "float32")
    y = np.array([[0.0, 1.0], [1.0, 0.0]], "float32")
    model = fastnn.Sequential([fastnn.Input((2,)), fastnn.layers.Identity()])
    model.compile("sgd", cls(**{LOSSES[name]: v}))
    for value in (0.25, 0.5):
        v.assign(value)
        results.append(model.evaluate(x, y, verbose=0))
        assert results[-1] == pytest.approx(float(cls(**{LOSSES[name]: value})(y, x)), rel=1e-6)
    assert results[0] != results[1]


# ---- settings of an optimizer --------------------------------------------------------------------------
def model_with(optimizer):
    model = fastnn.Sequential([fastnn.Input((1,)), fastnn.layers.Dense(1, use_bias=False, kernel_initializer="ones")])
    model.compile(optimizer, lambda y_true, y_pred: fastnn.ops.mean(y_pred))  # the gradient is 1
    return model


def weight(model):
    return float(model.get_weights()[0][0, 0])


def step_of(model):
    before = weight(model)
    model.train_on_batch(ONES, ONES)
    return before - weight(model)


CHANGES = {
    "clipvalue": (0.5, 0.05),
    "clipnorm": (0.25, 0.025),
    "global_clipnorm": (0.5, 0.05),
    "time_decay": (1.0, 0.05),
    "learning_rate": (0.2, 0.2),
    "lr": (fastnn.Variable(0.4), 0.4),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_setting_holds_from_the_next_step_on(name):
    optimizer = fastnn.optimizers.SGD(0.1)
    model = model_with(optimizer)
    assert step_of(model) == pytest.approx(0.1, rel=1e-5)
    value, expected = CHANGES[name]
    setattr(optimizer, name, value)
    assert step_of(model) == pytest.approx(expected, rel=1e-5)


def test_weight_decay_and_momentum_and_a_schedule():
    optimizer = fastnn.optimizers.SGD(0.1, momentum=0.5)
    model = model_with(optimizer)
    step_of(model)
    optimizer.weight_decay = 0.5
    w = weight(model)
    assert step_of(model) == pytest.approx(0.1 * 0.5 * w + 0.1 + 0.5 * 0.1, rel=1e-5)
    optimizer.weight_decay, optimizer.momentum = None, 1.0
    assert step_of(model) == pytest.approx(0.1 + 0.15, rel=1e-5)
    optimizer.learning_rate = fastnn.optimizers.schedules.ExponentialDecay(1.0, 1, 0.5)
    assert step_of(model) == pytest.approx(0.25 + 0.5**3, rel=1e-5)


def test_a_callback_changes_a_setting_from_batch_to_batch():
    steps = []

    class Clip(fastnn.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            self.model.optimizer.clipvalue, self.before = 0.1 * (batch + 1), weight(self.model)

        def on_train_batch_end(self, batch, logs=None):
            steps.append(round(self.before - weight(self.model), 5))

    model = model_with(fastnn.optimizers.SGD(1.0))
    model.fit(np.ones((5, 1)), np.ones((5, 1)), batch_size=2, epochs=2, callbacks=[Clip()], verbose=0)
    assert steps == [0.1, 0.2, 0.3] * 2


def test_the_same_value_makes_no_new_plan_and_other_slots_are_an_error():
    optimizer = fastnn.optimizers.Adam(0.1)
    model = model_with(optimizer)
    step_of(model)
    optimizer.weight_decay, optimizer.beta_1 = None, 0.9
    assert optimizer.changes == 0
    with pytest.raises(ArgumentError, match="new optimizer"):
        optimizer.amsgrad = True
    assert optimizer.amsgrad is False and optimizer.changes == 0 and step_of(model) > 0
