"""What a page may set: everything that it offers, and nothing beyond."""

import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastnn import activations, optimizers
from fastnn.core.errors import FastnnError
from fastnn.playground.network import Points, build
from fastnn.playground.points import FEATURES, SETS
from fastnn.playground.settings import ACTIVATIONS, LOSSES, OPTIMIZERS, PENALTIES, PENALTY_RATES, RATES, Block, Settings

blocks = st.builds(Block, st.integers(1, 8), st.booleans(), st.sampled_from([0.0, 0.2, 0.5]))
pages = st.builds(
    Settings,
    data=st.sampled_from(list(SETS)),
    noise=st.integers(0, 50),
    train=st.integers(10, 90),
    batch=st.integers(1, 30),
    points_seed=st.integers(0, 2**31 - 1),
    seed=st.integers(0, 2**31 - 1),
    features=st.lists(st.sampled_from(list(FEATURES)), min_size=1, unique=True).map(tuple),
    layers=st.lists(blocks, max_size=6).map(tuple),
    activation=st.sampled_from(ACTIVATIONS),
    rate=st.sampled_from(RATES),
    optimizer=st.sampled_from(list(OPTIMIZERS)),
    penalty=st.sampled_from(PENALTIES),
    penalty_rate=st.sampled_from(PENALTY_RATES),
    loss=st.sampled_from(LOSSES),
)


@given(pages)
def test_plain_data_holds_all_of_it(page):
    assert Settings.from_plain(json.loads(json.dumps(page.to_plain()))) == page


@settings(max_examples=25, deadline=None)
@given(pages)
def test_all_that_is_offered_is_a_keras_model(page):
    points, model = Points(page), build(page)
    widths = [len(page.features), *(b.units for b in page.layers), 1]
    dense = [w for w in model.get_weights() if w.ndim == 2]
    assert [w.shape for w in dense] == list(itertools.pairwise(widths))
    x, y = points.train
    before = [w.copy() for w in model.get_weights()]
    model.train_on_batch(x[: page.batch], y[: page.batch])
    assert any(not np.array_equal(a, b) for a, b in zip(before, model.get_weights())) or page.rate < 1e-3
    assert len(points.test[0]) == 500 - len(x) and len(x) == round(5 * page.train)


def test_all_of_keras_activations_of_one_width_are_offered():
    """Left out are those that halve the width (glu), or that need arguments of their own (threshold)."""
    known = {name for name in dir(activations) if not name.startswith("_") and callable(getattr(activations, name))}
    known -= {"get", "serialize", "deserialize", "glu", "threshold"}
    assert {activations.get(name) for name in known} == {activations.get(name) for name in ACTIVATIONS}


def test_every_optimizer_offered_is_one():
    for name, arguments in OPTIMIZERS.values():
        made = getattr(optimizers, name)(learning_rate=0.1, **arguments)
        assert float(made.learning_rate) == pytest.approx(0.1)


HUGE = [{"units": 8}] * 7
BAD = [
    ({"layers": HUGE}, "layers: received 7 of them, expected a list of 0 to 6"),
    ({"layers": [{"units": 10**9}]}, "units: received 1000000000, expected an int from 1 to 8"),
    ({"layers": [{"units": 0}]}, "units: received 0"), ({"layers": [{"units": 2.5}]}, "units: received 2.5"),
    ({"layers": [{"units": True}]}, "units: received True"), ({"layers": [{}]}, "expected an object with 'units'"),
    ({"layers": [8]}, "layers: received 8, expected an object"), ({"layers": "888"}, "layers: received '888'"),
    ({"layers": [{"units": 2, "norm": 1}]}, "norm=1, expected true or false"),
    ({"layers": [{"units": 2, "dropout": 0.95}]}, "dropout"), ({"layers": [{"units": 2, "size": 1}]}, "'size'"),
    ({"data": "moons"}, "data: received 'moons', expected one of circle"), ({"data": None}, "data: received None"),
    ({"data": "own"}, "load a CSV file first"), ({"noise": 51}, "noise: received 51"), ({"noise": -1}, "noise"),
    ({"train": 5}, "train: received 5, expected an int from 10 to 90"), ({"train": 95}, "train"),
    ({"batch": 0}, "batch: received 0, expected an int from 1 to 30"), ({"batch": 31}, "batch"),
    ({"batch": None}, "batch: received None"), ({"seed": 2**31}, "seed"), ({"seed": "1"}, "seed: received '1'"),
    ({"points_seed": -1}, "points_seed"), ({"features": []}, "features: received 0 of them"),
    ({"features": ["x1", "x1"]}, "each name once"), ({"features": ["x3"]}, "features: received 'x3'"),
    ({"features": ["column_3"]}, "features: received 'column_3'"), ({"features": [["x1"]]}, "features"),
    ({"features": ["x1"] * 10**4}, "features: received 10000"), ({"activation": "glu"}, "activation: received 'glu'"),
    ({"activation": {"class_name": "x"}}, "activation"), ({"rate": 11}, "rate"), ({"rate": 0}, "rate"),
    ({"rate": float("nan")}, "rate"), ({"rate": "fast"}, "rate"), ({"optimizer": "Muon"}, "optimizer"),
    ({"penalty": "l3"}, "penalty"), ({"penalty_rate": -1}, "penalty_rate"), ({"penalty_rate": 1e300}, "penalty_rate"),
    ({"loss": "hinge"}, "loss: received 'hinge', expected one of mse, crossentropy"),
    ({"own": {}}, "own: received"), ({"speed": 3}, "settings: received 'speed'"), ([], "settings: received"),
    (None, "settings: received None"), ("x" * 10**5, "settings: received 'x"),
]  # fmt: skip


@pytest.mark.parametrize(("plain", "words"), BAD)
def test_nonsense_is_refused_before_anything_is_built(plain, words):
    with pytest.raises(FastnnError, match=words) as raised:
        Settings.from_plain(plain)
    assert len(str(raised.value)) < 800
