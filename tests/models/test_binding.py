"""Data in dicts bind by key: the order of the keys may be another one at every call and in every batch."""

import itertools
import warnings

import numpy as np
import pytest

import fastnn
from fastnn.core.errors import ArgumentError, GraphError, ShapeError

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


class TestStructuresThatDoNotMatch:
    """Keras's warnings and errors for inputs in another structure than the model's."""

    @staticmethod
    def model(keys):
        inputs = {key: fastnn.Input((2,), name=key) for key in keys}
        return fastnn.Model(inputs, fastnn.layers.Subtract()([inputs["a"], inputs["b"]]))

    def test_a_list_for_a_dict_goes_by_the_sorted_keys_with_a_warning(self):
        one, two = np.ones((3, 2), "float32"), np.full((3, 2), 5.0, "float32")
        with pytest.warns(UserWarning, match="doesn't match the expected structure") as caught:
            out = self.model("ab").predict([one, two], verbose=0)
        assert out[0, 0] == -4.0 and len(caught) == 1

    def test_a_list_for_a_dict_in_another_order_is_refused(self):
        with pytest.raises(ShapeError, match=r"doesn't match the expected structure[\s\S]*Pass a dict"):
            self.model("ba")([np.ones((3, 2)), np.ones((3, 2))])

    @pytest.mark.parametrize(
        "x, words",
        [
            (np.zeros((2, 2)), r"expects 2 named input\(s\) with keys \['a', 'b'\]"),
            ({"a": np.zeros((2, 2)), "b": None}, "'b' is not optional"),
            ({"a": np.zeros((2, 2)), "b": np.zeros((2, 3))}, r"expected shape=\(None, 2\), found shape=\(2, 3\)"),
        ],
    )
    def test_what_is_wrong_is_said(self, x, words):
        with pytest.raises(ShapeError, match=words):
            self.model("ab")(x)

    def test_an_output_that_no_input_leads_to(self):
        a, b = fastnn.Input((2,), name="a"), fastnn.Input((2,), name="b")
        with pytest.raises(GraphError, match=r"Output with path `more\.1` is not connected to `inputs`.*tensor.*'?b"):
            fastnn.Model(a, {"one": a * 2, "more": [a + 1, b * 3]})


@pytest.mark.parametrize("sequential", [True, False])
def test_a_clone_is_compiled_as_the_model_is(sequential):
    def own_loss(y_true, y_pred):
        return fastnn.ops.mean(fastnn.ops.abs(y_true - y_pred))

    model = fastnn.Sequential([fastnn.Input((2,)), fastnn.layers.Dense(1)])
    model = model if sequential else fastnn.Model(model.inputs, model.outputs)
    model.compile(fastnn.optimizers.SGD(0.25, momentum=0.5), own_loss, metrics=["mse"])
    twin = fastnn.models.clone_model(model)
    assert twin.compiled and twin.optimizer is not model.optimizer
    assert twin.optimizer.get_config() == model.optimizer.get_config() and twin.loss is own_loss
    history = twin.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0).history
    assert sorted(history) == ["loss", "mse"]
    assert not fastnn.models.clone_model(fastnn.Sequential([fastnn.Input((2,))])).compiled


def test_a_clone_on_inputs_of_another_structure():
    a, b = fastnn.Input((2,), name="a"), fastnn.Input((2,), name="b")
    model = fastnn.Model({"a": a, "b": b}, a + b)
    with pytest.raises(ArgumentError, match=r"must have the same structure as model\.input"):
        fastnn.models.clone_model(model, input_tensors=(a, b))
