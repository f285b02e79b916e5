"""Leaves of dicts in the order of their sorted keys: layers, weights in files, and files in the order of once."""

import gzip
import io
import json
import pathlib
import sys
import warnings
import zipfile

import numpy as np
import pytest

import fastnn
from fastnn.core.errors import ShapeError

FOLDER = pathlib.Path(__file__).parent / "operations"
sys.path.insert(0, str(FOLDER))
import graphs  # noqa: E402
import heads  # noqa: E402

ORDERS = json.loads(gzip.decompress(pathlib.Path(graphs.FILE).read_bytes()))
ENDS = (".keras", ".h5", ".weights.h5")


@pytest.mark.parametrize("seed", range(graphs.COUNT))
def test_parts_of_a_model_stand_in_the_order_of_keras(seed):
    model = graphs.build(fastnn, seed)
    assert graphs.order(model) == ORDERS[seed]
    again = fastnn.models.model_from_json(model.to_json())
    assert [x.name for x in again.operations] == ORDERS[seed][1]


@pytest.fixture(params=["keras", "older"])
def files(request, tmp_path):
    with zipfile.ZipFile(FOLDER / "heads.zip") as archive:
        for name in archive.namelist():
            if name.startswith(request.param + "."):
                (tmp_path / name).write_bytes(archive.read(name))
        want = np.load(io.BytesIO(archive.read(f"{request.param}.npz")))
        yield str(tmp_path / request.param), {k: want[k] for k in want}


def loaded(path):
    if path.endswith(".weights.h5"):
        model = heads.model(fastnn)
        model.load_weights(path)
        return model
    return fastnn.models.load_model(path)


def check(model, want):
    got = heads.flat(model.predict(heads.data(), verbose=0))
    assert set(got) == set(want)
    for name, value in want.items():
        np.testing.assert_allclose(got[name], value, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("end", ENDS)
def test_heads_get_their_own_weights(files, end, tmp_path):
    prefix, want = files
    model = loaded(prefix + end)
    check(model, want)
    if end != ".keras":
        check(loaded_into_new(prefix + end), want)
    again = str(tmp_path / "again") + end
    (model.save_weights if end == ".weights.h5" else model.save)(again)
    check(loaded(again), want)


def loaded_into_new(path):
    model = heads.model(fastnn)
    model.load_weights(path)
    return model


def test_inputs_as_lists_are_refused_where_the_keys_are_in_another_order():
    model, data = heads.model(fastnn, 1), heads.data()
    with pytest.raises(ShapeError, match="Pass a dict by these keys"):
        model.predict([data["place"], data["size"]], verbose=0)


def test_the_optimizer_of_a_file_in_the_order_of_once_starts_anew(tmp_path):
    model = heads.model(fastnn, 1)
    model.compile("adam", "mse")
    path = str(tmp_path / "m.weights.h5")
    y = {"price": np.ones((4, 1)), "more": {"kind": np.ones((4, 1)), "area": np.ones((4, 1))}}
    model.fit(heads.data(), y, verbose=0)
    order = type(model).layers
    try:
        type(model).layers = type(model).layers_as_written
        model.save_weights(path)
    finally:
        type(model).layers = order
    new = heads.model(fastnn, 2)
    new.compile("adam", "mse")
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        new.load_weights(path)
    assert ["older fastnn" in str(w.message) for w in found] == [True]
    for layer in model.layers:
        for a, b in zip(layer.get_weights(), new.get_layer(layer.name).get_weights()):
            np.testing.assert_array_equal(a, b)


class Private(fastnn.layers.Layer):
    """A layer whose layers are private attributes, with names around those that the engine sets itself."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self._a, self._z = fastnn.layers.Dense(2), [fastnn.layers.Dense(2), fastnn.layers.BatchNormalization()]

    def call(self, inputs):
        for layer in (self._a, *self._z):
            inputs = layer(inputs)
        return inputs


LOOKS = {
    "layers inside": lambda m: list(m.layers[1]._flatten_layers()),
    "summary": lambda m: m.summary(print_fn=lambda *_, **__: None),
    "freeze": lambda m: [setattr(m.layers[1], "trainable", value) for value in (False, True)],
    "weights": lambda m: m.get_weights(),
    "clone": lambda m: fastnn.models.clone_model(m),
    "fit": lambda m: m.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_weights_lie_where_they_did_after_a_look(look, tmp_path):
    def made():
        x = fastnn.Input((3,))
        model = fastnn.Model(x, Private()(x))
        model.compile("sgd", "mse")
        return model

    seen, new = made(), made()
    look(seen)
    seen.save_weights(tmp_path / "m.weights.h5")
    new.load_weights(tmp_path / "m.weights.h5")
    assert all(map(np.array_equal, new.get_weights(), seen.get_weights()))
