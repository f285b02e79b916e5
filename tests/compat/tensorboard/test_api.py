"""Hyperparameters for TensorBoard: domains, and what is refused."""

import random

import pytest

from fastnn.compat.tensorboard.plugins.hparams import api
from fastnn.core.errors import ArgumentError


def test_domains():
    units, rate = api.HParam("units", api.Discrete([32, 16])), api.HParam("rate", api.RealInterval(0.1, 0.5))
    assert units.domain.values == [16, 32] and str(units.domain) == "{16, 32}" and str(rate.domain) == "[0.1, 0.5]"
    rng = random.Random(1)
    assert all(0.1 <= rate.domain.sample_uniform(rng) <= 0.5 for _ in range(5))
    assert {api.IntInterval(1, 2).sample_uniform(rng) for _ in range(20)} == {1, 2}
    assert {units.domain.sample_uniform(rng) for _ in range(20)} == {16, 32}
    for make, error in (
        (lambda: api.RealInterval(1, 2), TypeError),
        (lambda: api.RealInterval(2.0, 1.0), ArgumentError),
        (lambda: api.Discrete([]), ArgumentError),
        (lambda: api.Discrete([1, "a"]), TypeError),
        (lambda: api.HParam("x", [1, 2]), ArgumentError),
        (lambda: api.KerasCallback(None, {units: 1, "units": 2}), ArgumentError),
    ):
        with pytest.raises(error):
            make()


def test_without_a_writer():
    assert api.hparams({"rate": 0.1}) is False and api.hparams_config([api.HParam("a")], [api.Metric("loss")]) is False
