"""Learning-rate schedules against their formulas: called with numbers, and in a trace."""

import math

import numpy as np
import pytest
from evaluate import run

from fastnn import optimizers
from fastnn.core import results
from fastnn.core.errors import ArgumentError
from fastnn.data.tensor import Tensor
from fastnn.optimizers import schedules as s

STEPS = [0, 1, 4, 5, 9, 10, 11, 15, 30, 31, 70, 100]


def cosine(fraction, alpha=0.0):
    return (1 - alpha) * 0.5 * (1 + math.cos(math.pi * fraction)) + alpha


def restarts(t, first=10, t_mul=2.0, m_mul=0.5, alpha=0.1):
    length, height = first, 1.0
    while t >= length:
        t, length, height = t - length, length * t_mul, height * m_mul
    return 0.2 * ((1 - alpha) * height * 0.5 * (1 + math.cos(math.pi * t / length)) + alpha)


def polynomial_cycle(t):
    steps = 10 * max(1.0, math.ceil(t / 10))
    return (0.2 - 0.01) * (1 - t / steps) ** 2 + 0.01


CASES = {
    "exponential": (s.ExponentialDecay(0.2, 10, 0.5), lambda t: 0.2 * 0.5 ** (t / 10)),
    "staircase": (s.ExponentialDecay(0.2, 10, 0.5, staircase=True), lambda t: 0.2 * 0.5 ** (t // 10)),
    "inverse": (s.InverseTimeDecay(0.2, 10, 0.5), lambda t: 0.2 / (1 + 0.5 * t / 10)),
    "inverse_staircase": (s.InverseTimeDecay(0.2, 10, 0.5, True), lambda t: 0.2 / (1 + 0.5 * (t // 10))),
    "piecewise": (
        s.PiecewiseConstantDecay([5, 30], [1.0, 0.5, 0.1]),
        lambda t: 1.0 if t <= 5 else 0.5 if t <= 30 else 0.1,
    ),
    "polynomial": (s.PolynomialDecay(0.2, 30, 0.01, 2.0), lambda t: 0.19 * (1 - min(t, 30) / 30) ** 2 + 0.01),
    "polynomial_cycle": (s.PolynomialDecay(0.2, 10, 0.01, 2.0, cycle=True), polynomial_cycle),
    "cosine": (s.CosineDecay(0.2, 30, alpha=0.1), lambda t: 0.2 * cosine(min(t, 30) / 30, 0.1)),
    "warmup": (
        s.CosineDecay(0.0, 30, warmup_target=0.2, warmup_steps=10),
        lambda t: 0.2 * t / 10 if t < 10 else 0.2 * cosine((min(t, 40) - 10) / 30),
    ),
    "restarts": (s.CosineDecayRestarts(0.2, 10, m_mul=0.5, alpha=0.1), restarts),
    "restarts_equal": (s.CosineDecayRestarts(0.2, 10, t_mul=1.0), lambda t: 0.2 * cosine(t % 10 / 10)),
}


@pytest.mark.parametrize("name", CASES)
def test_values(name):
    schedule, expected = CASES[name]
    values = [schedule(t) for t in STEPS]
    assert all(type(v) is float for v in values)
    np.testing.assert_allclose(values, [expected(t) for t in STEPS], rtol=1e-10, atol=1e-12)
    traced = [run(schedule, [np.asarray(t, "int64")])[0] for t in STEPS[:4]]
    assert traced[0].dtype == np.float64
    np.testing.assert_allclose(traced, values[:4], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", CASES)
def test_configs_go_round(name):
    schedule = CASES[name][0]
    config = s.serialize(schedule)
    again = s.deserialize(config)
    assert type(again) is type(schedule) and again.get_config() == schedule.get_config()
    assert config["module"] == "keras.optimizers.schedules"


@pytest.mark.parametrize("make", [
    lambda: s.ExponentialDecay(0.1, 0, 0.5), lambda: s.CosineDecay(0.1, -1), lambda: s.CosineDecayRestarts(0.1, 0),
    lambda: s.PiecewiseConstantDecay([1, 2], [0.1, 0.2])])  # fmt: skip
def test_arguments_that_do_not_fit(make):
    with pytest.raises(ArgumentError, match="Received"):
        make()


def test_a_schedule_of_ones_own_must_be_written():
    with pytest.raises(NotImplementedError, match="__call__"):
        s.LearningRateSchedule()(0)
    with pytest.raises(NotImplementedError, match="get_config"):
        s.LearningRateSchedule().get_config()


def test_in_tensorflows_place_the_rate_is_a_tensor(monkeypatch):
    monkeypatch.setattr(results, "kind", Tensor)
    monkeypatch.setattr(results, "numpy_joins", False)
    decay = s.ExponentialDecay(0.1, 2, 0.25)
    for rate, shape in ((decay(1), ()), (decay(np.array([1, 1])), (2,))):
        assert rate.numpy().shape == shape and rate.dtype == "float32"
        np.testing.assert_allclose(rate, 0.05, rtol=1e-6)
    assert f"{decay(1):.2f}" == "0.05"
    values = optimizers.SGD(decay).learning_rate
    assert values.numpy() == np.float32(0.1)
