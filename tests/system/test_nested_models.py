"""Models inside models, hundreds of levels deep: they are built, called, saved and loaded as all others."""

from __future__ import annotations

import json

import numpy as np
import pytest

import fastnn as keras
from fastnn import layers
from fastnn.core import nesting
from fastnn.core.errors import ArgumentError, FileFormatError


def nested(levels, wrap=lambda model: keras.Sequential([keras.Input((4,)), model])):
    """A Dense layer inside `levels` models."""
    model = keras.Sequential([keras.Input((4,)), layers.Dense(4)])
    for _ in range(levels):
        model = wrap(model)
    return model


def test_400_models_are_one():
    x = np.ones((1, 4), "f4")
    model = nested(400)
    expected = model.predict(x, verbose=0)
    assert np.array_equal(model(x), expected) and model.count_params() == 20
    again = keras.models.model_from_json(model.to_json())
    again.set_weights(model.get_weights())
    assert np.array_equal(again.predict(x, verbose=0), expected)


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_files(ending, tmp_path):
    x = np.ones((1, 4), "f4")
    model = nested(120)
    model.compile("sgd", "mse")
    model.fit(x, x, verbose=0)
    model.save(tmp_path / f"m{ending}")
    again = keras.models.load_model(tmp_path / f"m{ending}")
    assert np.array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


def test_other_ways_to_nest():
    def functional(model):
        i = keras.Input((4,))
        return keras.Model(i, model(i))

    class Holder(keras.Model):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def call(self, x):
            return self.inner(x)

    x = np.ones((1, 4), "f4")
    for wrap in (functional, Holder, lambda model: layers.TimeDistributed(model)):
        model = nested(60, wrap)
        assert len(model._flatten_layers()) > 60
        if isinstance(model, keras.Model):
            assert model(x).shape == (1, 4)


def test_deeper_than_can_be_walked():
    model = nested(nesting.MOST - 1)
    with pytest.raises(ArgumentError, match=f"expected {nesting.MOST} at most"):
        nested(2, lambda inner: keras.Sequential([model, inner, layers.Dense(4)])._tracker.hold(model))


@pytest.mark.parametrize("open_, close", [
    ('{"a": [', "]}"), ("[", "]"), ('{"class_name": "Bidirectional", "config": {"layer": ', "}}"),
    ('{"class_name": "function", "config": ', "}"), ('{"class_name": "Sequential", "config": [', "]}")])  # fmt: skip
@pytest.mark.parametrize("levels", [300, 660, 5000])
def test_configs_that_are_nested_and_no_models(open_, close, levels):
    inner = open_ * levels + "1" + close * levels
    for text in (f'{{"class_name": "Sequential", "config": {inner}}}',
                 f'{{"class_name": "Sequential", "config": {{"name": "x", "layers": [{inner}]}}}}'):  # fmt: skip
        with pytest.raises(FileFormatError) as caught:
            keras.models.model_from_json(text)
        assert len(str(caught.value)) < 20_000


def test_an_object_that_holds_itself():
    config = json.loads(nested(1).to_json())
    config["config"]["layers"].append(config)
    with pytest.raises(FileFormatError):
        keras.layers.deserialize(config)
