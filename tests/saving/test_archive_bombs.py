"""Small files that ask for much: refused before it is made, with the file's name, whatever the argument is."""

import json

import numpy as np
import pytest

import fastnn as keras
from fastnn import layers, ops
from fastnn.core import allowance
from fastnn.core.errors import FileFormatError
from fastnn.graph import Variable
from fastnn.saving.building import build_model

MANY = 10**9
RELU = {"module": "keras.activations", "class_name": "function", "config": "relu", "registered_name": "relu"}


def entry(module, kind, /, **config):
    """The config of an object of keras.`module`."""
    return {"module": f"keras.{module}", "class_name": kind, "config": config, "registered_name": None}


def tensor(name="i", shape=(None, 4)):
    """A tensor of a functional config."""
    return {
        "class_name": "__keras_tensor__",
        "config": {"shape": list(shape), "dtype": "float32", "keras_history": [name, 0, 0]},
    }


def operation(name, /, *args, shape=(None, 4), **config):
    """A functional model of one operation of a config; T in the arguments stands for the model's input."""
    node = {"args": [tensor(shape=shape) if a == "T" else a for a in args], "kwargs": {}}
    start = {
        **entry("layers", "InputLayer", batch_shape=list(shape), dtype="float32", name="i"),
        "name": "i",
        "inbound_nodes": [],
    }
    # fmt: off
    return {"module": "keras.src.models.functional", "class_name": "Functional", "registered_name": "Functional",
            "config": {"name": "f", "trainable": True, "input_layers": [["i", 0, 0]], "output_layers": [["o", 0, 0]],
                       "layers": [start, {"module": "keras.src.ops.numpy", "class_name": name, "registered_name": name,
                                          "name": "o", "config": {"name": "o", **config}, "inbound_nodes": [node]}]}}
    # fmt: on


def sequential(layer, shape=(None, 4), **compile_config):
    """A sequential model of one layer."""
    config = {
        "name": "s",
        "layers": [entry("layers", "InputLayer", batch_shape=list(shape), dtype="float32", name="i"), layer],
    }
    out = {"module": "keras", "class_name": "Sequential", "registered_name": None, "config": config}
    return {**out, "compile_config": {"optimizer": "sgd", "loss": "mse", **compile_config}} if compile_config else out


DENSE = entry("layers", "Dense", units=2, name="d")
CONSTANTS = [
    operation("Linspace", 0.0, 1.0, num=MANY),
    operation("WhileLoop", RELU, RELU, [1.0]),
    operation("Arange", MANY),
    operation("Tile", [1.0], repeats=[MANY]),
    operation("Repeat", [1.0], repeats=MANY),
    operation("Relu"),
    operation("OneHot", [1], num_classes=MANY),
]
BOMBS = [
    operation("Linspace", "T", 1.0, num=MANY), operation("WhileLoop", RELU, RELU, ["T"]),
    operation("Vander", "T", N=MANY, shape=(4,)), operation("Tril", "T", shape=(MANY, MANY)),
    operation("ZerosLike", "T", shape=(MANY, 4)), operation("Diff", "T", n=MANY),
    operation("Unstack", "T", shape=(MANY, 4)),
    operation("Repeat", "T", repeats=[MANY] * 4, axis=1), operation("SegmentMax", "T", [0, 1], num_segments=MANY),
    sequential(entry("layers", "Dense", units=MANY)),
    sequential(entry("layers", "Dense", units=2000, kernel_initializer="orthogonal"), (None, 2000)),
    sequential(entry("layers", "StringLookup", vocabulary=["a"], num_oov_indices=MANY)),
    sequential(entry("layers", "TextVectorization", ngrams=MANY)),
    sequential(entry("layers", "Normalization", mean=1.0, variance=1.0), (None, MANY)),
    *(sequential(DENSE, metrics=[entry("metrics", name, num_classes=MANY, **more)])
      for name, more in (("MeanIoU", {}), ("OneHotIoU", {"target_class_ids": [0]}))),
    sequential(DENSE, metrics=[entry("metrics", "MeanIoU", num_classes=15_000)]),
    sequential(DENSE, metrics=[entry("metrics", "AUC", num_thresholds=MANY)]),
    sequential(DENSE, weighted_metrics=[entry("metrics", "RecallAtPrecision", precision=0.5, num_thresholds=MANY)]),
]  # fmt: skip


@pytest.mark.parametrize("config", CONSTANTS, ids=lambda c: c["config"]["layers"][1]["class_name"])
def test_operations_on_constants_do_not_run(config):
    with pytest.raises(FileFormatError, match=r"constants alone|plain data|due"):
        build_model(config, "bomb", size=10_000)


@pytest.mark.parametrize("config", BOMBS, ids=lambda c: c["config"]["layers"][1]["class_name"])
def test_bombs(config):
    with pytest.raises(FileFormatError, match=r"asks for|runs functions|plain data"):
        build_model(config, "bomb", size=10_000)


@pytest.mark.parametrize(
    "config",
    [c for c in BOMBS if c["class_name"] == "Functional"],
    ids=lambda c: c["config"]["layers"][1]["class_name"],
)
def test_bombs_of_json_alone(config):
    """A text without weights bounds no weights, but the rest."""
    with pytest.raises(FileFormatError, match=r"asks for|runs functions|plain data"):
        keras.models.model_from_json(json.dumps(config))


def test_ordinary_sizes_are_no_bombs():
    for config in (
        operation("Linspace", "T", 1.0, num=100),
        operation("Tril", "T", shape=(500, 500)),
        sequential(
            DENSE,
            metrics=[entry("metrics", "MeanIoU", num_classes=500), entry("metrics", "AUC", num_thresholds=10_000)],
        ),
    ):
        build_model(config, "bomb", size=10_000)


def test_a_graph_in_reverse_order_is_read_in_linear_work():
    """Ten times the nodes cost ten times the visits, not a hundred times."""
    from fastnn.models import graph_check

    class Counted(dict):
        visits = 0

        def get(self, *args):
            Counted.visits += 1
            return super().get(*args)

    visits = []
    for n in (100, 1000):
        pending = [(f"n{i}", {"args": [Counted(tensor(f"n{i + 1}"))], "kwargs": {}}) for i in range(n)]
        made = {f"n{i}": 0 for i in range(n)} | {f"n{n}": 1}
        Counted.visits = 0
        assert [name for name, _ in graph_check.in_order(pending, made)] == [f"n{i}" for i in reversed(range(n))]
        visits.append(Counted.visits)
    assert visits[1] == 10 * visits[0]


def test_order_and_numbers_of_calls():
    """Layers that are called several times, in any order of the entries, are the model that was written."""
    i = keras.Input((4,), name="i")
    shared = layers.Dense(4, name="shared")
    x = i
    for k in range(4):
        x = layers.Add(name=f"add{k}")([shared(x), i])
    model = keras.Model(i, x)
    config = model.get_config()
    data = np.random.default_rng(0).standard_normal((3, 4)).astype("f4")
    for order in (slice(None), slice(None, None, -1)):
        again = keras.Model.from_config({**config, "layers": config["layers"][order]})
        again.set_weights(model.get_weights())
        np.testing.assert_array_equal(again.predict(data, verbose=0), model.predict(data, verbose=0))


@pytest.mark.parametrize(
    "history",
    [
        ["nowhere", 0, 0],
        ["o", 0, 0],
        ["i", 1, 0],
        ["i", -1, 0],
        ["i", True, 0],
        ["i", "0", 0],
        [None, 0, 0],
        ["i"],
        [],
        7,
        ["i", 0, 5],
        ["i", 0, "x"],
    ],
)
def test_references_to_nothing(history):
    config = operation("Relu", "T")
    config["config"]["layers"][1]["inbound_nodes"][0]["args"][0]["config"]["keras_history"] = history
    with pytest.raises(FileFormatError):
        build_model(config, "bomb")


def test_allowance():
    with allowance.limit(None):
        Variable(np.zeros, (10**6,), dtype="float32")
        allowance.reserve(allowance.ROOM // 16, kept=False)
        allowance.reserve(allowance.ROOM // 16)
        with pytest.raises(allowance.Exceeded, match="numbers"):
            allowance.reserve(allowance.ROOM // 8)
        with pytest.raises(allowance.Exceeded, match="graph"):
            allowance.step(10**6)
    with allowance.limit(100), pytest.raises(allowance.Exceeded, match="weight"):
        allowance.spend((30,), 4)
    assert not allowance.limited()
    assert ops.arange(3).tolist() == [0, 1, 2]
