"""GPTQ and AWQ: Keras's numbers for a layer; models calibrated block by block, their files, errors before a change."""

import json
from pathlib import Path

import numpy as np
import pytest
from layers import quantized_calls
from layers.test_quantized import near

import fastnn as keras
from fastnn import layers as L
from fastnn import quantizers as Q
from fastnn.core.errors import ArgumentError, ArgumentTypeError
from fastnn.layers.calibrated import finish, way_of

VALUES = json.loads(Path(__file__).with_name("quantized_values.json").read_text())
WORDS = ["the quick brown fox jumps over the lazy dog", "pack my box with five dozen liquor jugs"]
MODES = {
    "gptq": lambda **k: Q.GPTQConfig(WORDS, Letters(), group_size=4, **k),
    "gptq8": lambda **k: Q.GPTQConfig(WORDS, Letters(), weight_bits=8, group_size=-1, activation_order=True, **k),
    "gptq3": lambda **k: Q.GPTQConfig(WORDS, Letters(), weight_bits=3, group_size=8, symmetric=True, **k),
    "awq": lambda **k: Q.AWQConfig(WORDS, Letters(), group_size=4, **k),
    "awq_whole": lambda **k: Q.AWQConfig(WORDS, Letters(), group_size=-1, **k),
}


class Letters:
    def tokenize(self, text):
        return [ord(letter) % 29 for letter in text]


def calibrate(layer, config, x):
    way = way_of(layer, config)
    way.see(x[:7])
    way.see(x[7:])
    finish(layer, way)


@pytest.mark.parametrize("case", [c for c in VALUES if c.split()[0] in quantized_calls.CALIBRATED])
def test_a_layer_is_calibrated_as_in_keras(case):
    """The inputs come in two parts here; in Keras 3.15.1 on JAX they came at once."""
    expected, found = VALUES[case], quantized_calls.calibrated(keras, *case.split(), calibrate)
    assert (found["policy"], found["variables"]) == (expected["policy"], expected["variables"])
    for mine, theirs in zip(found["values"], expected["values"], strict=True):
        near(mine, theirs)
    near(found["output"], expected["output"])


def model_of_blocks():
    keras.utils.set_random_seed(3)
    tokens = keras.Input((16,), dtype="int32")
    embed = L.Embedding(29, 8, embeddings_initializer="normal", name="embed")
    first = keras.Sequential([L.Dense(12, "relu"), L.Dense(8)], name="first")
    heads = [L.EinsumDense("btd,dnh->btnh", (None, 2, 3)), L.EinsumDense("btnh,nhd->btd", (None, 8), bias_axes="d")]
    second = keras.Sequential(heads, name="second")
    model = keras.Model(tokens, second(first(embed(tokens))))
    embed.embeddings.assign(embed.embeddings.numpy() * np.linspace(1, 40, 8, dtype="float32"))  # some are much larger
    return model, {"pre_block_layers": [embed], "sequential_blocks": [first, second]}


def quantized(mode, filters="dense", **more):
    model, structure = model_of_blocks()
    given = {"num_samples": 4, "sequence_length": 16, "quantization_layer_structure": structure, **more}
    model.quantize(config=MODES[mode](**given), filters=filters)
    return model


def weighted(model):
    return [layer for layer in model._flatten_layers() if getattr(layer, "_packing", None) is not None]


X = np.array([Letters().tokenize(text)[:16] for text in WORDS])


@pytest.mark.parametrize("mode", MODES)
def test_a_model_is_calibrated_and_comes_back_from_files(mode, tmp_path):
    exact = model_of_blocks()[0].predict(X, verbose=0)
    model = quantized(mode)
    layers = weighted(model)
    assert len(layers) == 4 and all(layer._packing.is_ready(layer) and "_kernel" not in vars(layer) for layer in layers)
    found = model.predict(X, verbose=0)
    far = {"gptq": 0.1, "gptq8": 0.01, "gptq3": 0.3, "awq": 0.1, "awq_whole": 0.2}[mode]
    assert np.abs(found - exact).mean() < far * np.abs(exact).mean()
    model.save_weights(tmp_path / "m.weights.h5")
    other = model_of_blocks()[0]
    for layer in other._flatten_layers():
        if "dense" in layer.name:
            layer.quantize(config=MODES[mode]())
    other.load_weights(tmp_path / "m.weights.h5")
    assert other.predict(X, verbose=0).tobytes() == found.tobytes()


@pytest.mark.parametrize("mode", MODES)
def test_a_layer_of_a_file_is_built_by_its_policy(mode, tmp_path):
    dense = L.Dense(6, name="d")
    model = keras.Sequential([keras.Input((5,)), dense])
    config = MODES[mode]()
    dense.quantize(config=config)
    calibrate(dense, config, quantized_calls.wave((20, 5)))
    x = quantized_calls.wave((3, 5), 0.3)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert again.predict(x, verbose=0).tobytes() == model.predict(x, verbose=0).tobytes()
    assert again.layers[0].dtype_policy == dense.dtype_policy
    assert again.layers[0].quantization_config.get_config() == config.get_config()


@pytest.mark.parametrize("mode, plain", [("gptq", "int4"), ("awq", "int4")])
def test_a_look_at_data_makes_the_error_of_the_first_block_smaller(mode, plain):
    """Against groups of the same size that were rounded without."""
    exact = model_of_blocks()[0]
    block = lambda m: np.asarray(m.get_layer("first")(m.get_layer("embed")(X)))
    other = model_of_blocks()[0]
    other.quantize(config=Q.Int4QuantizationConfig(block_size=4), filters="^dense")
    error = lambda m: np.mean(np.square(block(m) - block(exact)))
    assert error(quantized(mode, filters="^dense")) < error(other)


def test_before_the_data_have_been_seen_floats_are_used():
    layer, x = quantized_calls.filled(keras, "dense")
    expected = layer(x)
    layer.quantize(config=MODES["gptq"]())
    np.testing.assert_array_equal(layer(x), expected)
    with pytest.raises(NotImplementedError, match="GPTQ"):
        layer.enable_lora(2)


@pytest.mark.parametrize("given, error, words", [
    ({"quantization_layer_structure": None}, ArgumentError, "a valid quantization structure must be provided"),
    ({"quantization_layer_structure": {"sequential_blocks": []}}, ArgumentError, "No sequential blocks"),
    ({"tokenizer": None}, ArgumentError, "requires a dataset and a tokenizer"),
    ({"dataset": []}, ArgumentError, "Provided dataset is empty"),
    ({"dataset": "text"}, ArgumentTypeError, "must be an iterable"),
])  # fmt: skip
@pytest.mark.parametrize("make", [Q.GPTQConfig, Q.AWQConfig])
def test_what_is_missing_is_said_before_a_layer_has_changed(make, given, error, words):
    model, structure = model_of_blocks()
    given = {"dataset": WORDS, "tokenizer": Letters(), "quantization_layer_structure": structure, **given}
    with pytest.raises(error, match=words):
        model.quantize(config=make(**given))
    assert not weighted(model)


@pytest.mark.parametrize("make, given, words", [
    (Q.GPTQConfig, {"weight_bits": 5}, "Unsupported weight_bits"), (Q.AWQConfig, {"weight_bits": 8}, "only supports 4"),
    (Q.GPTQConfig, {"hessian_damping": 2.0}, "must be between 0 and 1"),
    *((make, {name: 0}, name) for make in (Q.GPTQConfig, Q.AWQConfig)
      for name in ("num_samples", "sequence_length", "group_size")),
    (Q.AWQConfig, {"num_grid_points": 0}, "num_grid_points must be a positive"),
])  # fmt: skip
def test_numbers_of_configs_are_checked(make, given, words):
    with pytest.raises(ArgumentError, match=words):
        make(None, None, **given)


@pytest.mark.parametrize("policy", ["gptq/4/128_from_float32", "awq/4/-1_from_float32"])
def test_a_policy_alone_calibrates_nothing(policy):
    layer = quantized_calls.filled(keras, "dense")[0]
    with pytest.raises(ArgumentError, match=r"Implicitly enabling .* is not supported"):
        layer.dtype_policy = policy
    assert layer.dtype_policy.name == "float32"


def test_another_config_of_the_mode_is_refused():
    config = type("Own", (Q.QuantizationConfig,), {"mode": "gptq"})()
    with pytest.raises(ArgumentError, match="requires a valid `config` argument of type `GPTQConfig`"):
        model_of_blocks()[0].quantize(config=config)
