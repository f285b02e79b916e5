"""Random numbers of predict and evaluate advance, and every stream goes through files."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastnn as keras
from fastnn import layers, ops
from fastnn.core.errors import FileFormatError
from fastnn.saving import streams

X = np.ones((8, 50), "f4")


@keras.saving.register_keras_serializable("tests")
class MonteCarlo(layers.Dropout):
    """Drops in inference, too."""

    def call(self, x, training=False):
        return super().call(x, training=True)


@keras.saving.register_keras_serializable("tests")
class Sampling(layers.Layer):
    """Adds noise from a generator of its own, or from none."""

    def __init__(self, own=True, **kwargs):
        super().__init__(**kwargs)
        self.own, self.generator = own, keras.random.SeedGenerator(5) if own else None

    def call(self, x):
        return x + keras.random.normal(ops.shape(x), seed=self.generator)

    def get_config(self):
        return {**super().get_config(), "own": self.own}


DRAWING = {"dropout": lambda: MonteCarlo(0.5), "generator": lambda: Sampling(), "no generator": lambda: Sampling(False)}
CALLS = {
    "short predict": lambda m: m.predict(X, verbose=0),
    "predict": lambda m: m.predict(X, batch_size=4, verbose=0),
    "generator": lambda m: m.predict(iter([(X,)]), verbose=0),
    "predict_on_batch": lambda m: m.predict_on_batch(X),
    "model": lambda m: np.asarray(m(X)),
    "evaluate": lambda m: np.asarray(m.evaluate(X, 3 * X, verbose=0)),
    "test_on_batch": lambda m: np.asarray(m.test_on_batch(X, 3 * X)),
}


def net(kind="dropout"):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((50,)), DRAWING[kind]()])
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize("kind", DRAWING)
@pytest.mark.parametrize("call", CALLS)
def test_every_call_and_every_batch_draws_anew(kind, call):
    model = net(kind)
    found = [CALLS[call](model) for _ in range(3)]
    assert len({f.tobytes() for f in found}) == 3
    if found[0].ndim and call != "evaluate":
        assert not np.array_equal(found[0][:4], found[0][4:])
    assert [CALLS[call](model).tobytes() for model in [net(kind)] for _ in range(3)] == [f.tobytes() for f in found]


@pytest.mark.parametrize("call", ["short predict", "predict", "evaluate"])
@pytest.mark.parametrize("kind", DRAWING)
def test_a_seed_begins_anew(kind, call):
    model = net(kind)
    first = CALLS[call](model).tobytes()
    assert CALLS[call](model).tobytes() != first
    keras.utils.set_random_seed(1)
    assert CALLS[call](model).tobytes() == first


def test_looking_does_not_move_the_training():
    def train(look):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((50,)), MonteCarlo(0.5), layers.Dropout(0.3), layers.Dense(1)])
        model.compile("sgd", "mse")
        for _ in range(3):
            model.train_on_batch(X, X[:, :1])
            look(model)
        return [w.tobytes() for w in model.get_weights()]

    assert train(lambda m: None) == train(lambda m: (m.predict(X, verbose=0), m.evaluate(X, X[:, :1], verbose=0)))


# ------------------------------------------------------------------ files
ROWS = np.random.default_rng(0).random((20, 6), dtype="f4")
LAYERS = {
    "dropout": lambda: layers.Dropout(0.5),
    "seeded": lambda: layers.Dropout(0.5, seed=3),
    "noise": lambda: layers.GaussianNoise(0.2),
    "alpha": lambda: layers.AlphaDropout(0.2),
    "sampling": lambda: Sampling(),
    "sampling without": lambda: Sampling(False),
    "gaussian": lambda: layers.GaussianDropout(0.3),
    "plain": lambda: layers.Dense(4),
}


def trained(kinds, epochs):
    model = keras.Sequential([keras.Input((6,)), layers.Dense(5), *(LAYERS[k]() for k in kinds), layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(ROWS, ROWS[:, :1], batch_size=8, epochs=epochs, verbose=0)
    model.predict(ROWS[:3], verbose=0)
    return model


def after(model):
    """What a model does next: the bits of its further training, evaluation and prediction."""
    history = model.fit(ROWS, ROWS[:, :1], batch_size=8, epochs=2, verbose=0).history["loss"]
    return [
        history,
        model.evaluate(ROWS, ROWS[:, :1], verbose=0),
        model.predict(ROWS, verbose=0).tobytes(),
        model.predict(ROWS[:2], verbose=0).tobytes(),
        *(w.tobytes() for w in model.get_weights()),
    ]


def through(how, model, folder):
    if how == "pickle":
        return pickle.loads(pickle.dumps(model))
    if how == "deepcopy":
        return copy.deepcopy(model)
    path = folder / f"m.{how}"
    model.save(path)
    return keras.models.load_model(path)


@given(
    st.lists(st.sampled_from(sorted(LAYERS)), min_size=1, max_size=3),
    st.integers(0, 2),
    st.sampled_from(("keras", "h5", "pickle", "deepcopy")),
    st.integers(0, 5),
)
def test_a_loaded_model_goes_on_with_the_bits_of_the_saved_one(tmp_path_factory, kinds, epochs, how, seed):
    keras.utils.set_random_seed(7)
    model = trained(kinds, epochs)
    twin = through(how, model, tmp_path_factory.mktemp("m"))
    expected = after(model)
    assert after(twin) == expected


def test_a_loaded_model_does_not_need_the_seed_of_its_process(tmp_path):
    keras.utils.set_random_seed(7)
    model = trained(["dropout", "sampling without"], 2)
    model.save(tmp_path / "m.keras")
    expected = after(model)
    keras.utils.set_random_seed(1234)
    layers.Dropout(0.5)
    assert after(keras.models.load_model(tmp_path / "m.keras")) == expected


def test_streams_in_a_file_are_checked():
    keras.utils.set_random_seed(7)
    model = trained(["dropout", "sampling"], 1)
    good = streams.dump(model)
    assert sorted(good["generators"]) == ["layers/dropout/seed_generator", "layers/sampling/generator"]
    streams.load(model, good, "the file")
    before = streams.dump(model)
    bad = [None, [], {}, {**good, "position": {}}, {**good, "position": {**good["position"], "train": -1}},
           {**good, "position": {**good["position"], "seed": 2 ** 70}}, {**good, "generators": []},
           {**good, "generators": {"layers/dropout/seed_generator": [1, 2]}},
           {**good, "generators": {"layers/dropout/seed_generator": 5}},
           {**good, "position": {**good["position"], "fits": 1.5}},
           {**good, "position": {**good["position"], "fits": True}}]  # fmt: skip
    for saved in bad:
        with pytest.raises(FileFormatError, match="the file"):
            streams.load(model, saved, "the file")
    assert streams.dump(model) == before
    with pytest.warns(UserWarning, match="differ at layers/dropout"):
        streams.load(model, {**good, "generators": {}}, "the file")


def test_a_file_without_positions_counts_from_the_optimizer(tmp_path):
    keras.utils.set_random_seed(7)
    model = trained(["seeded"], 2)
    streams.load_or_guess(model, None, "the file")
    assert model._random_position()["train"] == 6


def test_a_seed_that_no_run_has_seen_yet_is_saved():
    model = net()
    model.predict(X, verbose=0)
    keras.utils.set_random_seed(5)
    twin = pickle.loads(pickle.dumps(model))
    assert np.array_equal(model.predict(X, verbose=0), twin.predict(X, verbose=0))
