"""`ops.shape` of symbols of the functional API: unknown sizes to calculate with, outside of layers."""

import json

import numpy as np
import pytest

import fastnn
from fastnn import layers, ops
from fastnn.core.errors import ArgumentError, FastnnError, FileFormatError, ShapeError
from fastnn.layers.sizes import FUNCTIONS

N = None


def rows(x):
    return ops.shape(x)[0]


def size(x):
    return ops.shape(x)[1]


def causal(x):
    mask = ops.arange(size(x))[:, None] >= ops.arange(size(x))
    return x * ops.cast(
        ops.tile(ops.reshape(ops.cast(mask, "int32"), (1, size(x), size(x))), (rows(x), 1, 1)), "float32"
    )


# name: (function of symbols or arrays, shape of the Input, inferred shape)
CASES = {
    "arange": (lambda x: x + ops.cast(ops.arange(size(x)), "float32")[None, :, None], (N, 3), (N, N, 3)),
    "arange from 0": (lambda x: x + ops.cast(ops.arange(0, size(x)), "float32"), (N,), (N, N)),
    "arange, step": (lambda x: x + ops.cast(ops.arange(0, size(x) * 2, 2), "float32"), (N,), (N, N)),
    "zeros": (lambda x: ops.concatenate([x, ops.zeros((rows(x), 4))], -1), (3,), (N, 7)),
    "zeros, both": (lambda x: ops.concatenate([x, ops.zeros((rows(x), size(x), 4))], -1), (N, 3), (N, N, 7)),
    "ones": (lambda x: x * ops.ones((size(x), 1)), (N, 3), (N, N, 3)),
    "full": (lambda x: x * ops.full((size(x), 1), 3.0), (N, 3), (N, N, 3)),
    "reshape to a stack": (lambda x: ops.reshape(x, ops.stack([rows(x), size(x) * 3])), (N, 3), (N, N)),
    "reshape to what is joined": (
        lambda x: ops.reshape(x, ops.concatenate([ops.stack([rows(x), size(x)])[:2], [3, 1]])),
        (N, 3),
        (N, N, 3, 1),
    ),
    "broadcast_to a stack": (
        lambda x: ops.broadcast_to(x[:, :1], ops.cast(ops.stack([rows(x), size(x), 3]), "int32")),
        (N, 3),
        (N, N, 3),
    ),
    "tile by a tensor": (lambda x: ops.tile(x[:, :1], ops.convert_to_tensor([1, size(x), 2])), (N, 3), (N, N, 6)),
    "full of a size": (lambda x: ops.full((rows(x), 2), size(x)), (N, 3), (N, 2)),
    "eye": (lambda x: ops.matmul(ops.eye(size(x)), x), (N, 3), (N, N, 3)),
    "tri": (lambda x: ops.matmul(ops.tri(size(x)), x), (N, 3), (N, N, 3)),
    "reshape, -1": (lambda x: ops.reshape(x, (rows(x), -1)), (N, 3), (N, N)),
    "reshape": (lambda x: ops.reshape(x, (rows(x), size(x) // 2, 6)), (N, 3), (N, N, 6)),
    "reshape, known": (lambda x: ops.reshape(x, (-1, size(x), ops.shape(x)[2] // 2, 2)), (4, 6), (N, 4, 3, 2)),
    "heads": (lambda x: ops.transpose(ops.reshape(x, (rows(x), size(x), 2, 3)), (0, 2, 1, 3)), (N, 6), (N, 2, N, 3)),
    "after pooling": (lambda x: ops.reshape(ops.max_pool(x, 2, 2), (rows(x), size(x) // 2 * 3)), (N, 3), (N, N)),
    "after layers": (
        lambda x: ops.reshape(layers.MaxPooling1D()(layers.ReLU()(x)), (-1, size(x) // 2 * 3)),
        (N, 3),
        (N, N),
    ),
    "tile": (lambda x: ops.tile(x, (1, size(x), 1)), (N, 3), (N, N, 3)),
    "repeat": (lambda x: ops.repeat(x[:, :1], size(x), axis=1), (N, 3), (N, N, 3)),
    "broadcast_to": (lambda x: ops.broadcast_to(x[:, :1], ops.shape(x)), (N, 3), (N, N, 3)),
    "slice": (lambda x: x[:, : size(x) - 1], (N, 3), (N, N, 3)),
    "half": (lambda x: x[:, size(x) // 2 :], (N, 3), (N, N, 3)),
    "index": (lambda x: x[:, size(x) - 1], (N, 3), (N, 3)),
    "negative": (lambda x: x[:, -(size(x) // 2) :], (N,), (N, N)),
    "mean": (lambda x: ops.sum(x, 1) / ops.cast(size(x), "float32"), (N, 3), (N, 3)),
    "divided": (lambda x: ops.sum(x, 1) / size(x), (N, 3), (N, 3)),
    "resize": (lambda x: ops.image.resize(x, (size(x) * 2, ops.shape(x)[2] + 1)), (N, N, 3), (N, N, N, 3)),
    "minimum": (lambda x: ops.cast(ops.arange(ops.minimum(size(x), 5)), "float32") + x[:, :5], (N,), (N, N)),
    "linspace": (lambda x: x * ops.linspace(0.0, 1.0, size(x)), (N,), (N, N)),
    "one_hot": (lambda x: ops.one_hot(ops.cast(x, "int32"), size(x)), (N,), (N, N, N)),
    "top_k": (lambda x: ops.top_k(x, size(x) // 2)[0], (N,), (N, N)),
    "pad": (lambda x: ops.pad(x, ((0, 0), (0, 20 - size(x)))), (N,), (N, 20)),
    "powers": (lambda x: ops.zeros((rows(x), size(x) % 5 + 2**2 + size(x) ** 2)), (N,), (N, N)),
    "size": (lambda x: ops.reshape(x, (ops.size(x),)), (N, 3), (N,)),
    "known sizes": (lambda x: x * ops.shape(x)[2], (N, 3), (N, N, 3)),
    "causal": (causal, (N, N), (N, N, N)),
    "random": (lambda x: x + 0 * fastnn.random.normal((rows(x), size(x)), seed=1), (N,), (N, N)),
    "uniform": (lambda x: x + 0 * fastnn.random.uniform(shape=(rows(x), 4), seed=1), (4,), (N, 4)),
}


@pytest.mark.parametrize("name", CASES)
def test_in_a_functional_model(name):
    function, shape, expected = CASES[name]
    inputs = fastnn.Input(shape)
    model = fastnn.Model(inputs, function(inputs))
    assert model.output_shape == expected
    config = json.loads(json.dumps(model.get_config()))
    others = [fastnn.Model.from_config(config), fastnn.models.clone_model(model)]
    for n, size in ((2, 8), (3, 12)):
        x = np.random.default_rng(0).integers(0, 5, (n, *(size if d is None else d for d in shape))).astype("float32")
        result = model(x)
        np.testing.assert_allclose(result, np.asarray(function(x)), rtol=1e-5)
        np.testing.assert_array_equal(result, model.predict(x, verbose=0))
        for other in others:
            assert other.output_shape == expected
            np.testing.assert_array_equal(result, other(x))


def test_known_sizes_are_ints_and_unknown_ones_equal_none_as_in_keras():
    x = fastnn.Input((None, 3))
    assert ops.shape(x) == (None, None, 3) == x.shape
    assert ops.shape(x)[1] != 3
    assert type(ops.shape(x)[2]) is int
    assert x.shape[1] is None


def test_a_model_with_sizes_inside_another():
    x = fastnn.Input((None, 3))
    inner = fastnn.Model(x, ops.concatenate([x, ops.ones((rows(x), size(x) // 2 + size(x) % 2, 3))], 1))
    known, unknown = fastnn.Input((7, 3)), fastnn.Input((None, 3))
    assert inner(known).shape == (None, 11, 3)
    outer = fastnn.Model(unknown, inner(layers.MaxPooling1D()(unknown)))
    assert outer.output_shape == (None, None, 3)
    assert outer.predict(np.ones((2, 9, 3)), verbose=0).shape == (2, 6, 3)


def test_training_on_batches_of_changing_sizes():
    x = fastnn.Input((None, 3))
    y = layers.Dense(2)(ops.sum(layers.Dense(4)(x), 1) / ops.cast(size(x), "float32"))
    model = fastnn.Model(x, y)
    model.compile("sgd", "mse")
    rng = np.random.default_rng(0)
    for steps in (3, 7, 4):
        assert np.isfinite(model.train_on_batch(rng.normal(size=(4, steps, 3)), rng.normal(size=(4, 2))))


def test_rows_of_a_batch_that_depend_on_their_number_are_predicted_together():
    x = fastnn.Input((3,))
    model = fastnn.Model(x, x / rows(x))
    layer = layers.TimeDistributed(model)
    values = np.ones((2, 5, 3), "float32")
    np.testing.assert_allclose(layer(values), values / 2)


def test_a_size_is_no_output():
    x = fastnn.Input((None, 3))
    with pytest.raises(ArgumentError, match="Received the size"):
        fastnn.Model(x, [x, ops.shape(x)[1]])


def entries(change):
    """A config of a model with sizes whose entries `change` has changed."""
    x = fastnn.Input((None, 3))
    config = json.loads(json.dumps(fastnn.Model(x, ops.zeros((rows(x), size(x) * 2))).get_config()))
    for entry in config["layers"]:
        change(entry["class_name"], entry)
    return config


@pytest.mark.parametrize("change", [
    lambda kind, e: kind == "Size" and e["config"].update(axis="1"),
    lambda kind, e: kind == "Size" and e["config"].update(axis=7),
    lambda kind, e: kind == "Size" and e["config"].update(axis=True),
    lambda kind, e: kind == "SizeCalculation" and e["config"].update(function="eval"),
    lambda kind, e: kind == "SizeCalculation" and e["config"].update(function="negative"),
    lambda kind, e: kind == "SizeCalculation" and e["inbound_nodes"][0]["args"].append(3),
    lambda kind, e: kind == "SizeCalculation" and e["inbound_nodes"][0]["args"].__setitem__(1, "3"),
    lambda kind, e: kind == "Zeros" and e["config"].update(function="os.system"),
    lambda kind, e: kind == "Zeros" and e["config"].update(function="map"),
    lambda kind, e: kind == "Zeros" and e["config"].update(function=["zeros"]),
    lambda kind, e: kind == "Zeros" and e["inbound_nodes"][0].update(args=[[2, 3]]),
    lambda kind, e: kind == "Zeros" and e["config"].update(function="eye") is None
    and e["inbound_nodes"][0].update(args=[e["inbound_nodes"][0]["args"][0][0], 10 ** 12]),
])  # fmt: skip
def test_damaged_configs_are_refused(change):
    text = json.dumps({"class_name": "Functional", "module": "keras.src.models.functional", "config": entries(change)})
    with pytest.raises(FastnnError):
        fastnn.models.model_from_json(text)


def test_large_numbers_in_a_file_cost_no_time():
    def change(kind, entry):
        if kind == "SizeCalculation":
            entry["config"]["function"] = "power"
            entry["inbound_nodes"][0]["args"][1] = 10**12

    with pytest.raises((ShapeError, FileFormatError), match="is no size of an array"):
        fastnn.Model.from_config(entries(change))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_calculation_is_that_of_ints(name):
    x = fastnn.Input((None,))
    operands = [size(x)] if name == "negative" else [size(x), 3]
    result = -operands[0] if name == "negative" else getattr(ops, name)(*operands)
    model = fastnn.Model(x, ops.full((rows(x),), result, dtype="float32"))
    expected = FUNCTIONS[name](*([5] if name == "negative" else [5, 3]))
    assert model(np.zeros((1, 5), "float32")).tolist() == [expected]


def test_the_size_of_a_value_in_files_of_keras():
    x = fastnn.Input((None, 3))
    config = json.loads(json.dumps(fastnn.Model(x, x / ops.cast(ops.sum(x), "float32")).get_config()))
    sum_ = next(e for e in config["layers"] if e["class_name"] == "Sum")
    sum_.update(class_name="Size", registered_name="Size", config={"name": sum_["name"]})
    model = fastnn.Model.from_config(config)
    np.testing.assert_allclose(model(np.ones((2, 4, 3), "float32")), np.full((2, 4, 3), 1 / 24), rtol=1e-6)
