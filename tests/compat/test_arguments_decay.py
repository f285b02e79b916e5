"""`decay` and `schedule_decay` as Keras 1 and 2 wrote them: the rate of step t, from 0, is lr / (1 + decay t)."""

import numpy as np
import pytest

import fastnn
from fastnn.compat import backend as K
from fastnn.compat.arguments import OPTIMIZERS, adapt, restore
from fastnn.core.errors import ArgumentError

ONES = np.ones((2, 1), "float32")
STEPS = 4


@pytest.fixture(autouse=True)
def old_arguments():
    for name in OPTIMIZERS:
        adapt(getattr(fastnn.optimizers, name))
    yield
    restore()


def model_with(optimizer):
    model = fastnn.Sequential([fastnn.Input((1,)), fastnn.layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
    model.compile(optimizer, lambda y_true, y_pred: fastnn.ops.mean(y_pred))
    return model


def steps_of(model, n=STEPS):
    """How far each of n steps goes."""
    at = [float(model.get_weights()[0][0, 0])]
    for _ in range(n):
        model.train_on_batch(ONES, ONES)
        at.append(float(model.get_weights()[0][0, 0]))
    return -np.diff(at)


def rates(name, lr, n=STEPS, **arguments):
    """The rates of n steps, from those of an optimizer with the rate 1 throughout."""
    cls = getattr(fastnn.optimizers, name)
    kwargs = {"weight_decay": 0.0} if name == "AdamW" else {}
    return steps_of(model_with(cls(lr=lr, **arguments, **kwargs)), n) / steps_of(model_with(cls(lr=1.0, **kwargs)), n)


@pytest.mark.parametrize("name", [n for n in OPTIMIZERS if n != "Ftrl"])  # Ftrl's steps are not in proportion
def test_every_optimizer_of_those_years(name):
    for decay in (0.0, 1.0, 0.25):
        assert rates(name, 0.1, decay=decay) == pytest.approx(0.1 / (1 + decay * np.arange(STEPS)), rel=2e-5)


def test_sgd_in_numbers_and_ftrl_at_its_first_step():
    assert steps_of(model_with(fastnn.optimizers.SGD(lr=0.1, decay=1.0)), 3) == pytest.approx([0.1, 0.05, 0.1 / 3])
    first, second = (steps_of(model_with(fastnn.optimizers.Ftrl(lr=0.1, **a)), 2) for a in ({}, {"decay": 1.0}))
    assert first[0] == second[0] and second[1] < first[1]


def test_gradients_by_hand_decay_too():
    optimizer, v = fastnn.optimizers.SGD(lr=0.1, decay=1.0), fastnn.Variable([0.0])
    for _ in range(2):
        optimizer.apply_gradients([(np.ones(1, "float32"), v)])
    assert float(v.numpy()[0]) == pytest.approx(-0.15)


def test_the_rate_can_be_read_and_set_beside_it():
    optimizer = fastnn.optimizers.SGD(lr=0.1, decay=1.0)
    model = model_with(optimizer)
    steps_of(model, 1)
    assert K.get_value(optimizer.lr) == np.float32(0.1) and K.get_value(optimizer.decay) == 1.0
    K.set_value(optimizer.lr, 0.4)
    assert steps_of(model, 1) == pytest.approx([0.2])
    now = K.get_value(optimizer.lr) / (1 + K.get_value(optimizer.decay) * K.get_value(optimizer.iterations))
    assert steps_of(model, 1) == pytest.approx([now])
    assert fastnn.optimizers.Adam().decay == 0.0


@pytest.mark.parametrize(
    ("callback", "epochs"),
    [
        (lambda: fastnn.callbacks.LearningRateScheduler(lambda epoch: 0.1 * (epoch + 1)), [0.1, 0.2, 0.3]),
        (lambda: fastnn.callbacks.ReduceLROnPlateau("loss", 0.5, patience=1, min_delta=100.0), [0.1, 0.1, 0.05]),
    ],
)
def test_callbacks_work_beside_it(callback, epochs):
    model, ends = model_with(fastnn.optimizers.SGD(lr=0.1, decay=1.0)), []
    end = fastnn.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: ends.append(float(model.get_weights()[0][0, 0]))
    )
    model.fit(ONES, ONES, epochs=3, callbacks=[end, callback()], verbose=0)
    assert -np.diff([0.0, *ends]) == pytest.approx([lr / (1 + t) for t, lr in enumerate(epochs)])


def test_configs_and_files_keep_it(tmp_path):
    optimizer = fastnn.optimizers.RMSprop(lr=0.1, decay=0.5)
    twin = type(optimizer).from_config(optimizer.get_config())
    assert twin.time_decay == 0.5 and "decay" not in fastnn.optimizers.RMSprop(0.1).get_config()
    model = model_with(optimizer)
    model.compile(optimizer, "mse")
    model.train_on_batch(ONES, ONES)
    restore()  # a file says it without the old names, too
    for name in ("m.keras", "m.h5"):
        model.save(tmp_path / name)
        again = fastnn.models.load_model(tmp_path / name)
        assert again.optimizer.time_decay == 0.5 and int(again.optimizer.iterations.numpy()) == 1
        again.train_on_batch(ONES, ONES)
        expected = fastnn.models.load_model(tmp_path / name)
        expected.optimizer.time_decay, expected.optimizer.learning_rate = 0.0, 0.1 / 1.5
        expected.train_on_batch(ONES, ONES)
        assert np.allclose(again.get_weights()[0], expected.get_weights()[0], rtol=1e-6)


def test_outside_old_scripts_the_name_is_keras_threes():
    restore()
    with pytest.warns(UserWarning, match="time_decay"):
        assert fastnn.optimizers.SGD(0.1, decay=1.0).time_decay == 0.0
    with pytest.raises(ArgumentError, match="decay"):
        fastnn.optimizers.SGD(0.1, time_decay=-1.0)


# ---- Nadam's schedule ----------------------------------------------------------------------------------
def nadam_of_keras_2(n, lr, schedule_decay, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    """The steps of Keras 2's Nadam for gradients of 1."""
    product, m, v, out = 1.0, 0.0, 0.0, []
    for t in range(1, n + 1):
        u, u_next = (beta_1 * (1 - 0.5 * 0.96 ** (k * schedule_decay)) for k in (t, t + 1))
        product *= u
        m, v = beta_1 * m + (1 - beta_1), beta_2 * v + (1 - beta_2)
        bar = (1 - u) / (1 - product) + u_next * m / (1 - product * u_next)
        out.append(lr * bar / (np.sqrt(v / (1 - beta_2**t)) + epsilon))
    return out


@pytest.mark.parametrize("schedule_decay", [0.004, 1.0, 0.0, 30.0])
def test_nadam(schedule_decay):
    model = model_with(fastnn.optimizers.Nadam(lr=0.1, schedule_decay=schedule_decay))
    assert steps_of(model) == pytest.approx(nadam_of_keras_2(STEPS, 0.1, schedule_decay), rel=2e-5)
    config = model.optimizer.get_config()
    assert fastnn.optimizers.Nadam.from_config(config).schedule_decay == schedule_decay
    plain = fastnn.optimizers.Nadam(lr=0.1)
    assert "schedule_decay" not in plain.get_config()
    assert steps_of(model_with(plain)) == pytest.approx(nadam_of_keras_2(STEPS, 0.1, 1.0), rel=2e-5)
