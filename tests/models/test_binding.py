"""Data in dicts bind by key: the order of the keys may be another one at every call and in every batch."""

import itertools
import warnings

import numpy as np
import pytest

import fastnn
from fastnn.core.errors import ShapeError

ROWS = 6
X = {"p": np.arange(ROWS, dtype="float32")[:, None], "q": np.full((ROWS, 1), 5.0, "float32")}
Y = {"a": np.arange(ROWS) % 3, "b": 100.0 + np.arange(ROWS, dtype="float32")[:, None]}
W = {"a": np.ones(ROWS, "float32"), "b": np.arange(ROWS, dtype="float32")}


def orders(structure):
    """The structure with its keys in every order, at every level."""
    if not isinstance(structure, dict):
        return [structure]
    return [
        dict(zip(keys, values))
        for keys in itertools.permutations(structure)
        for values in itertools.product(*(orders(structure[k]) for k in keys))
    ]


class Subclassed(fastnn.Model):
    """A model that takes the values of its inputs as they come."""

    def __init__(self):
        super().__init__()
        self.a, self.b = (fastnn.layers.Dense(n, name=name) for name, n in (("a", 3), ("b", 1)))

    def call(self, x):
        both = fastnn.ops.concatenate(list(x.values()), axis=-1)
        return {"b": self.b(both), "a": fastnn.ops.softmax(self.a(both))}


def model_of(kind):
    fastnn.utils.set_random_seed(0)
    if kind == "subclassed":
        model = Subclassed()
    else:
        x = {k: fastnn.Input((1,), name=k) for k in "qp"}
        both = fastnn.layers.Concatenate()(list(x.values()))
        y = {
            "b": fastnn.layers.Dense(1, name="b")(both),
            "a": fastnn.layers.Dense(3, activation="softmax", name="a")(both),
        }
        model = fastnn.Model(x if kind != "lists" else list(x.values()), y if kind != "lists" else list(y.values()))
    model.compile(
        "sgd",
        {"a": "sparse_categorical_crossentropy", "b": "mae"},
        loss_weights={"b": 0.1, "a": 1.0},
        metrics={"b": ["mae"], "a": ["accuracy"]},
    )
    return model


def fit(model, x, y, w):
    return model.fit(x, y, sample_weight=w, batch_size=4, shuffle=False, verbose=0, validation_data=(x, y, w)).history


def validated(model, x, y, w):
    return model.fit(x, y, sample_weight=w, validation_split=0.5, shuffle=False, verbose=0).history


def generated(model, x, y, w):
    """Batches whose keys change their order."""

    def batches():
        flips = itertools.cycle([lambda d: d, lambda d: dict(reversed(d.items()))])
        for i, flip in zip(range(0, ROWS, 2), flips):
            yield tuple(flip({k: v[i : i + 2] for k, v in part.items()}) for part in (x, y, w))

    return model.fit(batches(), shuffle=False, verbose=0).history


def on_batch(model, x, y, w):
    return model.train_on_batch(x, y, w, return_dict=True), model.test_on_batch(x, y, w, return_dict=True)


def evaluated(model, x, y, w):
    return model.evaluate(x, y, sample_weight=w, verbose=0, return_dict=True)


def predicted(model, x, y, w):
    out = model.predict(x, batch_size=4, verbose=0)
    return {k: v.tolist() for k, v in out.items()} if isinstance(out, dict) else [v.tolist() for v in out]


@pytest.mark.parametrize("kind", ["dicts", "lists", "subclassed"])
@pytest.mark.parametrize("call", [fit, validated, generated, on_batch, evaluated, predicted])
def test_the_order_of_keys_says_nothing(kind, call):
    expected = None
    again = model_of(kind)
    start = None
    for x, y, w in zip(orders(X) * 2, orders(Y) * 2, [*orders(W), *reversed(orders(W))]):
        fresh = model_of(kind)
        found = call(fresh, x, y, w)
        expected = expected or found
        assert found == expected
        if start is None:  # one model that sees all orders, one after the other
            start = fresh.get_weights()
            call(again, x, y, w)
            first = [again.get_weights(), call(again, x, y, w)]
        else:
            again.set_weights(first[0])
            assert call(again, x, y, w) == first[1]


def test_nested_dicts_bind_by_key():
    p, q, r = (fastnn.Input((1,)) for _ in range(3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # keys are not the names of inputs
        model = fastnn.Model({"u": p, "n": {"z": q, "m": [r]}}, [p * 1.0, q * 1.0, r * 1.0])
    data = {"u": np.full((2, 1), 1.0), "n": {"z": np.full((2, 1), 2.0), "m": [np.full((2, 1), 3.0)]}}
    for x in orders(data):
        assert [float(v[0, 0]) for v in model.predict(x, verbose=0)] == [1.0, 2.0, 3.0]
        assert [float(v[0, 0]) for v in model(x)] == [1.0, 2.0, 3.0]
    with pytest.raises(ShapeError, match="missing \\['m'\\]"):
        model.predict({"u": data["u"], "n": {"z": data["u"]}}, verbose=0)


@pytest.mark.parametrize(("kind", "warns"), [("dicts", True), ("lists", False)])
def test_entries_of_no_input_are_left_out(kind, warns):
    model = model_of(kind)
    expected = predicted(model, X, None, None)
    for extra in ("a", "z"):
        x = {extra: np.full((ROWS, 1), 9.0), **X}
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            assert predicted(model, x, None, None) == expected
        assert bool(seen) == warns and all(repr(extra) in str(w.message) for w in seen)
    with pytest.raises(ShapeError, match="unknown \\['z'\\]"):
        model.predict({"p": X["p"], "z": X["q"]}, verbose=0)
