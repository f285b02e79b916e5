"""Weights by name, files without their compile arguments, and weights that nobody claims."""

import warnings

import numpy as np
import pytest

import fastnn
from fastnn import layers
from fastnn.core.errors import ArgumentError, FileFormatError
from fastnn.saving import hdf5


def stack(*units, names="abcdef"):
    model = fastnn.Sequential([fastnn.Input((3,))] + [layers.Dense(n, name=name) for n, name in zip(units, names)])
    for k, layer in enumerate(model.layers):
        layer.set_weights([np.full(w.shape, k + 1.0, "float32") for w in layer.get_weights()])
    return model


def values(model):
    return [float(layer.get_weights()[0].flat[0]) for layer in model.layers]


def zeroed(*units, names):
    model = stack(*units, names=names)
    model.set_weights([np.zeros_like(w) for w in model.get_weights()])
    return model


@pytest.fixture
def saved(tmp_path):
    path = str(tmp_path / "m.h5")
    stack(4, 5, 2).save(path)
    return path


def test_by_name_sets_the_layers_of_these_names_and_no_others(saved):
    model = zeroed(4, 5, 2, names="axc")
    model.load_weights(saved, by_name=True)
    assert values(model) == [1.0, 0.0, 3.0]
    in_order = zeroed(4, 5, 2, names="axc")
    in_order.load_weights(saved)
    assert values(in_order) == [1.0, 2.0, 3.0]


def test_by_name_a_mismatch_is_an_error_or_skipped(saved):
    model = zeroed(4, 6, 2, names="abc")
    with pytest.raises(FileFormatError, match=r"layer 'b' has weights of shapes \[\(4, 5\)"):
        model.load_weights(saved, by_name=True)
    assert values(model) == [0.0, 0.0, 0.0]
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        model.load_weights(saved, by_name=True, skip_mismatch=True)
    assert ["layer 'b'" in str(found[0].message), "layer 'c'" in str(found[1].message)] == [True, True]
    assert values(model)[:2] == [1.0, 0.0]


def test_in_order_only_shapes_may_be_skipped(saved):
    with pytest.raises(FileFormatError, match="holds 3 layers with weights, the model has 2"):
        zeroed(4, 5, names="ab").load_weights(saved, skip_mismatch=True)
    model = zeroed(4, 6, 2, names="xyz")
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        model.load_weights(saved, skip_mismatch=True)
    assert len(found) == 2 and values(model)[0] == 1.0 and values(model)[1] == 0.0


@pytest.mark.parametrize("end", [".keras", ".weights.h5"])
def test_by_name_is_for_legacy_files(tmp_path, end):
    model, path = stack(4), str(tmp_path / "m") + end
    (model.save_weights if end == ".weights.h5" else model.save)(path)
    for by_name in (True, False):
        with pytest.raises(ArgumentError, match="`by_name` only supports loading legacy"):
            model.load_weights(path, by_name=by_name)


def changed(path, change):
    """The file with its tree of groups changed, and without the digest, as if another program had written it."""
    import h5py

    with h5py.File(path, "r+") as file:
        del file.attrs[hdf5.DIGEST]
        change(file["model_weights"])


@pytest.mark.parametrize(
    "change",
    [
        lambda group: group["b"].create_dataset("more", data=np.ones(3)),
        lambda group: group.attrs.__setitem__("layer_names", ["a", "c"]),
        lambda group: group["b"].attrs.__setitem__("weight_names", ["b/kernel"]),
    ],
)
def test_a_legacy_weight_that_nobody_claims_or_gets_is_an_error(saved, change):
    changed(saved, change)
    model = zeroed(4, 5, 2, names="abc")
    with pytest.raises(FileFormatError, match=r"[Rr]eceived|expects"):
        model.load_weights(saved)
    assert values(model) == [0.0, 0.0, 0.0]
    with pytest.raises(FileFormatError):
        fastnn.models.load_model(saved)


class Scaled(fastnn.Model):
    """A functional model with a weight of its own."""

    def __init__(self, inputs, outputs, **kwargs):
        super().__init__(inputs, outputs, **kwargs)
        self.scale = self.add_weight(shape=(), initializer="ones", name="scale")


def test_the_weights_of_the_model_itself_are_in_legacy_files(tmp_path):
    x = fastnn.Input((3,))
    model, path = Scaled(x, layers.Dense(2, name="d")(x)), str(tmp_path / "m.h5")
    model.scale.assign(5.0)
    model.save(path)
    model.scale.assign(0.0)
    model.load_weights(path)
    assert float(model.scale.numpy()) == 5.0


@pytest.mark.parametrize("end", [".keras", ".h5"])
def test_without_compile_nothing_of_it_is_looked_up(tmp_path, end):
    def mine(y, p):
        return fastnn.ops.mean((y - p) ** 2)

    inner = stack(4)
    inner.compile("sgd", mine)
    x = fastnn.Input((3,))
    model, path = fastnn.Model(x, inner(x)), str(tmp_path / "m") + end
    model.compile("adam", loss=mine, metrics=[mine])
    model.save(path)
    loaded = fastnn.models.load_model(path, compile=False)
    assert not loaded.compiled
    np.testing.assert_array_equal(loaded.predict(np.ones((2, 3)), verbose=0), model.predict(np.ones((2, 3)), verbose=0))
    with pytest.raises(ValueError, match="mine"):
        fastnn.models.load_model(path)


def test_long_lists_of_names_come_in_parts(tmp_path, saved):
    def split(group):
        group.attrs["layer_names0"], group.attrs["layer_names1"] = ["a"], ["b", "c"]
        del group.attrs["layer_names"]

    changed(saved, split)
    model = zeroed(4, 5, 2, names="abc")
    model.load_weights(saved)
    assert values(model) == [1.0, 2.0, 3.0]
    with open(saved, "rb") as file, hdf5.reading(file.read(), "m") as reader:
        assert reader.attribute("model_weights", "layer_names") is None
