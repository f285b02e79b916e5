"""model.profile(): whose time it is, and that looking changes nothing."""

import inspect
import json

import numpy as np
import pytest

import fastnn as keras
from fastnn import layers

HERE = inspect.currentframe().f_code.co_filename


def line_of(offset=0):
    """The place of the caller's line, as a profile names it."""
    return f"{HERE}:{inspect.currentframe().f_back.f_lineno + offset}"


class Twice(layers.Layer):
    """A layer of the user with one inside."""

    def __init__(self, units):
        super().__init__()
        self.inner = layers.Dense(units)
        self.place = line_of(-1)

    def call(self, x):
        return keras.ops.tanh(self.inner(x)) * 2.0


@pytest.fixture
def parts():
    """A compiled model and {layer name: line that made it}."""
    inputs = keras.Input((6,))
    first = layers.Dense(8, name="first")
    places = {"first": line_of(-1)}
    twice = Twice(5)
    places |= {twice.name: line_of(-1), twice.inner.name: twice.place}
    tower = keras.Sequential([keras.Input((5,)), layers.Dense(4, name="first")], name="tower")
    places["tower/first"] = places["tower"] = line_of(-1)
    model = keras.Model(inputs, tower(twice(first(inputs))))
    places[model.name] = line_of(-1)
    model.compile("adam", "mse")
    return model, places


def test_rows_name_the_line_that_made_the_layer(parts):
    model, places = parts
    rows = model.profile(4, batches=2).rows
    seen = set()
    for row in rows:
        names = row["layer"].split("/")
        known = [n for n in ("/".join(names[-2:]), *reversed(names)) if n in places]
        assert row["line"] == (places[known[0]] if known else "")
        seen |= set(known[:1])
    assert {"first", "tower/first"} <= seen and any(n.startswith("dense") for n in seen)


def test_sums_agree_and_the_trace_says_the_same(parts, tmp_path):
    model, _ = parts
    profile = model.profile(4, batches=2)
    assert sum(r["us"] for r in profile.rows) == pytest.approx(profile.total_us)
    assert sum(profile.by("line").values()) == pytest.approx(profile.total_us)
    assert all(r["us"] >= 0 and r["limit"] >= r["peak"] >= 0 for r in profile.rows)
    profile.save_trace(tmp_path / "step.json")
    events = json.loads((tmp_path / "step.json").read_bytes())["traceEvents"]
    assert [e["args"]["line"] for e in events] == [r["line"] for r in profile.rows]
    assert all(place in str(profile) for place in {r["line"] for r in profile.rows})


def test_nothing_is_changed(parts):
    model, _ = parts
    x, y = np.ones((8, 6), np.float32), np.zeros((8, 4), np.float32)
    model.fit(x, y, batch_size=4, verbose=0)
    before = [v.numpy() for v in (*model.variables, *model.optimizer.variables)]
    model.profile(4, batches=3)
    after = [v.numpy() for v in (*model.variables, *model.optimizer.variables)]
    assert all(np.array_equal(a, b) for a, b in zip(before, after))


def test_a_cloned_model_has_lines_too():
    copy = keras.models.clone_model(keras.Sequential([keras.Input((3,)), layers.Dense(2)]))
    place = line_of(-1)
    assert [layer._user_line for layer in copy.layers] == [place]


def test_each_output_is_given_what_its_own_loss_takes():
    x = keras.Input((4,))
    same = keras.layers.Dense(1, activation="sigmoid", name="same")(x)
    kind = keras.layers.Dense(3, name="kind")(x)
    labels = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    for losses in (["binary_crossentropy", labels], {"kind": labels, "same": "mse"}, {"same": "mse", "kind": [labels]}):
        model = keras.Model(x, [same, kind])
        model.compile("sgd", losses)
        assert model.profile(8, batches=1).total_us > 0
        assert model.plan(8).training
        model.fit(np.zeros((8, 4), np.float32), [np.zeros((8, 1)), np.zeros(8, np.int64)], verbose=0)
    by_key = keras.Model(x, {"same": same, "kind": kind})
    by_key.compile("sgd", {"kind": labels, "same": "mse"})
    assert by_key.plan(8).training
    pixels = keras.Sequential([keras.Input((5, 4)), keras.layers.Dense(3)])
    pixels.compile("sgd", labels)
    assert pixels.plan(2).training
