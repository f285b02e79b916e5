"""Layers that hold themselves or each other, and structures that hold themselves: they work, or an error says where."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import fastnn as keras
from fastnn import layers, ops
from fastnn.core.errors import ArgumentError
from fastnn.layers.layer import Layer
from fastnn.metrics import Metric

X, Y = np.ones((4, 2), "f4"), np.ones((4, 3), "f4")


def itself(layer):
    layer.me = layer


def list_of_itself(layer):
    layer.parts = [layer, {"me": (layer,)}]


def later(layer):
    layer.parts = []
    layer.parts += [layer, layer.parts]


def parent(layer):
    layer.inner.parent = layer


def parents(layer):
    layer.inner.parents = {"all": [layer]}


def before_it_is_held(layer):
    layer.inner, layer.other = layers.Dense(3), Member()
    layer.other.parent = layer
    layer.other.inner.owner = layer.other


def a_list(layer):
    layer.parts = [1]
    ring = [2]
    ring.append(ring)
    layer.ring = ring


def a_dict(layer):
    ring = {}
    ring["x"] = (ring,)
    layer.ring = ring
    layer.ring["y"] = layer.ring


def a_tuple(layer):
    ring = []
    layer.ring = (ring,)
    ring.append(layer.ring)


def an_overridden_property(layer):
    layer.inner = Weights()
    layer.inner.parent = layer
    layer.inner.twin = Weights()
    layer.inner.twin.twin = layer.inner


SHAPES = [itself, list_of_itself, later, parent, parents, before_it_is_held, a_list, a_dict, a_tuple,
          an_overridden_property]  # fmt: skip


class Member(Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner = layers.Dense(3)

    def call(self, x):
        return self.inner(x)


class Weights(layers.Dense):
    """A layer with properties of its own."""

    def __init__(self, units=3, **kwargs):
        super().__init__(units, **kwargs)

    @property
    def weights(self):
        return super().weights

    @property
    def trainable(self):
        return super().trainable

    @trainable.setter
    def trainable(self, value):
        Layer.trainable.fset(self, value)


@keras.saving.register_keras_serializable("circles")
class Circle(Member):
    def __init__(self, shape="itself", **kwargs):
        super().__init__(**kwargs)
        self.shape = shape
        globals()[shape](self)


@pytest.mark.parametrize("shape", [shape.__name__ for shape in SHAPES])
def test_a_layer_in_a_circle_is_a_layer(shape, tmp_path):
    layer = Circle(shape)
    model = keras.Sequential([keras.Input((2,)), layer])
    expected = ops.convert_to_numpy(layer.inner(X))
    assert np.array_equal(model(X), expected) and np.array_equal(model.predict(X, verbose=0), expected)
    assert len(model.weights) == len(model.variables) == len(model.trainable_weights) == 2
    layer.trainable = False
    assert not layer.inner.trainable and model.trainable_weights == []
    layer.trainable = True
    assert len(model.trainable_weights) == 2 and model.losses == [] and layer.metrics == []
    assert model.count_params() == 9 and "Circle" in repr(layer) and layer.get_config()["shape"] == shape
    text = []
    model.summary(print_fn=text.append, expand_nested=True)
    assert "Total params: 9" in "".join(text)
    model.compile("sgd", "mse", metrics=["mae"])
    assert set(model.fit(X, Y, verbose=0).history) == {"loss", "mae"}
    expected = model.predict(X, verbose=0)
    model.save(tmp_path / "m.keras")
    model.save_weights(tmp_path / "m.weights.h5")
    twin = keras.models.clone_model(model)
    twin.load_weights(tmp_path / "m.weights.h5")
    copies = [keras.models.load_model(tmp_path / "m.keras"), twin, copy.deepcopy(model),
              pickle.loads(pickle.dumps(model))]  # fmt: skip
    for again in copies:
        assert np.array_equal(again.predict(X, verbose=0), expected)
    assert len(copy.deepcopy(layer).weights) == 2


def test_a_model_that_holds_itself_and_a_layer_that_knows_its_model(tmp_path):
    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.net, self.all, self.out = self, {"nets": [self]}, layers.Dense(3)
            self.out.model = self

        def call(self, x):
            return self.out(x)

    net = Net()
    net.compile("adam", "mse")
    net.fit(X, Y, verbose=0)
    assert len(net.weights) == 2 and net.layers == [net.out]
    net.save_weights(tmp_path / "n.weights.h5")
    twin = Net()
    twin(X)
    twin.load_weights(tmp_path / "n.weights.h5")
    assert np.array_equal(twin.predict(X, verbose=0), net.predict(X, verbose=0))


def test_what_a_circle_has_lost_is_not_among_its_weights():
    layer = Circle("parent")
    layer(X)
    layer.me = layer
    del layer.inner
    assert layer.weights == [] and layer._flatten_layers() == [layer]


def test_tracked_lists_keep_their_circle():
    layer = Circle("a_list")
    assert layer.ring[1] is layer.ring
    again = pickle.loads(pickle.dumps(layer.ring))
    assert type(again) is list and again[0] == 2 and again[1] is again
    layer.ring[1] = layers.Dense(1)
    assert len(layer._layers) == 2
    layer.ring.clear()
    assert layer._layers == [layer.inner]


def test_a_stack_that_would_call_itself():
    model = keras.Sequential([layers.Dense(2)], name="outer")
    around = keras.Sequential([layers.Dense(2), model], name="around")
    for layer in (model, around):
        with pytest.raises(ArgumentError, match="'outer' cannot be a layer of its own stack"):
            model.add(layer)
        assert len(model.layers) == 1
    backward = Member()
    backward.model = model  # calls nothing of it
    model.add(backward)
    assert model(X).shape == (4, 3)


def test_a_metric_that_holds_itself():
    class Count(Metric):
        def __init__(self, name="count"):
            super().__init__(name=name)
            self.total, self.mine = self.add_variable(()), [self]
            self.me = self

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.total.assign_add(1.0)

        def result(self):
            return self.total

    metric = Count()
    model = keras.Sequential([keras.Input((2,)), layers.Dense(3)])
    model.compile("sgd", "mse", metrics=[metric])
    assert model.fit(X, Y, batch_size=2, verbose=0).history["count"] == [2.0]
    assert metric.variables == [metric.total]


RING = [np.ones((1, 2), "f4")]
RING.append({"again": RING})
FIRST = [{}]
FIRST[0]["again"] = FIRST
SHAPES_OF = [(1, 2)]
SHAPES_OF.append((SHAPES_OF, 1))
IN_TUPLES = {}
IN_TUPLES["x"] = (IN_TUPLES,)
PLAIN = [1]
PLAIN.append((PLAIN,))


def dense():
    model = keras.Sequential([keras.Input((2,)), layers.Dense(3)])
    model.compile("sgd", "mse")
    return model


REFUSED = {
    "call": lambda: dense()(RING),
    "fit": lambda: dense().fit(RING, Y),
    "first": lambda: dense().fit(FIRST, Y),
    "shapes": lambda: Member().build(SHAPES_OF),
    "dataset": lambda: keras.data.Dataset.from_tensors(({"x": [1]}, IN_TUPLES)),
    "targets": lambda: dense().fit(X, RING),
    "evaluate": lambda: dense().evaluate(RING, Y),
    "predict": lambda: dense().predict(RING),
    "train_on_batch": lambda: dense().train_on_batch(RING, Y),
    "loss": lambda: dense().compile("sgd", RING),
    "metrics": lambda: dense().compile("sgd", "mse", metrics=RING),
    "inputs": lambda: keras.Model(RING, RING),
    "layer": lambda: layers.Add()(RING),
    "get_config": lambda: Unchecked(PLAIN).get_config(),
    "serialize": lambda: keras.saving.serialize_keras_object(PLAIN),
    "flatten": lambda: keras.tree.flatten(PLAIN),
    "flatten_with_path": lambda: keras.tree.flatten_with_path(PLAIN),
    "map_structure": lambda: keras.tree.map_structure(str, PLAIN),
    "map_shape_structure": lambda: keras.tree.map_shape_structure(str, PLAIN),
    "traverse": lambda: keras.tree.traverse(lambda part: None, PLAIN),
    "same": lambda: keras.tree.assert_same_structure(PLAIN, PLAIN),
}


class Unchecked(Member):
    def __init__(self, parts, **kwargs):
        super().__init__(**kwargs)
        self.count = len(parts)


@pytest.mark.parametrize("use", REFUSED)
def test_structures_that_hold_themselves_are_refused_by_name(use):
    with pytest.raises(ArgumentError, match=r"holds itself: (\[\S+\])+ is (the whole|\[)"):
        REFUSED[use]()
