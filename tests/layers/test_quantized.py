"""Quantized weights: Keras's values in all modes, what layers compute, gradients, files, policies, LoRA, errors."""

import json
from pathlib import Path

import numpy as np
import pytest
from layers import quantized_calls

import fastnn as keras
from fastnn import layers as L
from fastnn import quantizers
from fastnn.core.errors import ArgumentError, NotSupportedError

RNG = np.random.default_rng(0)
LAYERS = {
    "dense": (lambda **k: L.Dense(3, **k), (8,), "kernel"),
    "dense3": (lambda **k: L.Dense(3, "relu", **k), (5, 8), "kernel"),
    "einsum": (lambda **k: L.EinsumDense("abc,cde->abde", (5, 2, 3), bias_axes="de", **k), (5, 8), "kernel"),
    "einsum2": (lambda **k: L.EinsumDense("...abc,bcd->...ad", (5, 3), **k), (2, 5, 2, 4), "kernel"),
    "embedding": (lambda **k: L.Embedding(7, 6, **k), (5,), "embeddings"),
}


def built(name, **arguments):
    make, shape, weight = LAYERS[name]
    layer = make(**arguments)
    layer.build((None, *shape))
    for w in layer.weights:
        w.assign(RNG.normal(size=w.shape))
    x = RNG.integers(0, 7, (4, *shape)) if name == "embedding" else RNG.normal(size=(4, *shape)).astype("float32")
    return layer, x, weight


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("inputs", [True, False])
def test_outputs_are_near_and_weights_are_bytes(name, inputs):
    layer, x, weight = built(name)
    expected, before = np.asarray(layer(x)), layer.weights[0].numpy()
    config = quantizers.Int8QuantizationConfig(activation_quantizer="default" if inputs else None)
    layer.quantize(config=config)
    packed, scale = getattr(layer, weight), getattr(layer, f"{weight}_scale")
    assert packed.dtype == "int8" and scale.dtype == "float32" and layer.dtype_policy.name == "int8_from_float32"
    assert np.abs(packed.numpy().astype("int32")).max() == 127 and not packed.trainable and not scale.trainable
    np.testing.assert_allclose(layer._weight_in_floats(), before, atol=0.03)
    span = np.abs(expected).max()
    np.testing.assert_allclose(layer(x), expected, atol=0.03 * span)
    model = keras.Sequential([keras.Input(x.shape[1:], dtype="int32" if name == "embedding" else "float32"), layer])
    np.testing.assert_allclose(model.predict(x, verbose=0), layer(x), rtol=1e-5, atol=1e-5)


def test_products_are_of_whole_numbers():
    layer, x, _ = built("dense")
    layer.quantize("int8")
    packed, scale = quantizers.abs_max_quantize(x, -1)
    whole = packed.astype("int64") @ layer.kernel.numpy().astype("int64")
    np.testing.assert_allclose(layer(x), whole / (scale * layer.kernel_scale.numpy()) + layer.bias.numpy(), rtol=1e-5)


@pytest.mark.parametrize("name", LAYERS)
def test_files_hold_the_bytes(name, tmp_path):
    layer, x, _ = built(name)
    shape = keras.Input(x.shape[1:], dtype="int32" if name == "embedding" else "float32")
    model = keras.Sequential([shape, layer])
    model.quantize("int8")
    expected = model.predict(x, verbose=0)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(again.predict(x, verbose=0), expected)
    assert again.layers[-1].dtype_policy == layer.dtype_policy
    model.save_weights(tmp_path / "m.weights.h5")
    other = keras.Sequential([keras.Input(x.shape[1:]), LAYERS[name][0]()])
    other.quantize("int8")
    other.load_weights(tmp_path / "m.weights.h5")
    np.testing.assert_array_equal(other.predict(x, verbose=0), expected)


def test_what_lies_before_a_quantized_layer_can_be_trained():
    layer, _, _ = built("dense")
    layer.quantize("int8")
    model = keras.Sequential([keras.Input((8,)), L.Dense(8), layer])
    model.compile(keras.optimizers.Adam(0.02), "mse")
    x = RNG.normal(size=(16, 8)).astype("float32")
    history = model.fit(x, np.zeros((16, 3), "float32"), epochs=10, verbose=0).history["loss"]
    assert history[-1] < 0.8 * history[0]


VALUES = json.loads(Path(__file__).with_name("quantized_values.json").read_text())
near = lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("case", [c for c in VALUES if c.split()[-1] in quantized_calls.CONFIGS])
def test_variables_and_outputs_are_those_of_keras(case):
    """Names, dtypes, shapes, bytes, scales, their order in files, the policy: from Keras 3.15.1 on JAX."""
    expected, found = VALUES[case], quantized_calls.quantized(keras, *case.split())
    assert found["policy"] == expected["policy"]
    assert found["variables"] == expected["variables"]
    for kind in ("output", "back"):
        near(found.get(kind, 0.0), expected.get(kind, 0.0))
    for mine, theirs in zip(found["stored"], expected["stored"], strict=True):
        near(mine, theirs)


def test_float8_trains_as_keras_does():
    """Scales and histories, which optimizers take from gradients, after three steps; losses; the trained weights."""
    expected, found = VALUES["float8"], quantized_calls.trained(keras)
    near(found["losses"], expected["losses"])
    near(found["output"], expected["output"])
    assert found["first"].keys() == expected["first"].keys()
    for name, values in expected["first"].items():
        near(found["first"][name], values)


MODES = ("int8", "int4", "float8")


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("mode", MODES)
def test_every_mode_is_near_and_comes_back_from_files(name, mode, tmp_path):
    if (name, mode) == ("embedding", "float8"):
        with pytest.raises(NotSupportedError, match="Expected one of"):
            built(name)[0].quantize(mode)
        return
    layer, x, weight = built(name)
    model = keras.Sequential([keras.Input(x.shape[1:], dtype="int32" if name == "embedding" else "float32"), layer])
    exact = model.predict(x, verbose=0)
    model.quantize(mode)
    expected = model.predict(x, verbose=0)
    np.testing.assert_allclose(expected, exact, atol=(0.15 if mode == "int4" else 0.06) * np.abs(exact).max())
    assert tuple(getattr(layer, weight).shape) == layer._weight_shape  # shown as it is, whatever it is kept as
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert again.predict(x, verbose=0).tobytes() == expected.tobytes()
    assert again.layers[-1].dtype_policy == layer.dtype_policy
    assert again.layers[-1].quantization_config.get_config() == layer.quantization_config.get_config()
    by_policy = LAYERS[name][0](dtype=layer.dtype_policy)
    by_policy.build((None, *x.shape[1:]))
    assert [v.name for v in by_policy.variables].sort() == [v.name for v in layer.variables].sort()
    model.save_weights(tmp_path / "m.weights.h5")
    other = keras.Sequential([keras.Input(x.shape[1:]), LAYERS[name][0]()])
    other.quantize(mode)
    other.load_weights(tmp_path / "m.weights.h5")
    assert other.predict(x, verbose=0).tobytes() == expected.tobytes()


@pytest.mark.parametrize("mode", MODES)
def test_a_policy_that_is_set_quantizes(mode):
    layer = built("dense")[0]
    layer.dtype_policy = f"{mode}_from_float32"
    assert layer.quantization_mode == mode and layer.dtype_policy.name == f"{mode}_from_float32"
    assert len(layer.variables) == {"int8": 3, "int4": 5, "float8": 8}[mode]


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("mode", ["int8", "int4"])
@pytest.mark.parametrize("first", ["lora", "bytes"])
def test_lora_is_trained_beside_the_bytes_and_goes_into_them_in_files(name, mode, first, tmp_path):
    layer, x, _ = built(name)
    kind = "int32" if name == "embedding" else "float32"
    model = keras.Sequential([keras.Input(x.shape[1:], dtype=kind), layer])
    for step in (layer.enable_lora, layer.quantize) if first == "lora" else (layer.quantize, layer.enable_lora):
        step(2 if step == layer.enable_lora else mode)
    assert len(layer.trainable_weights) == 2 + (getattr(layer, "bias", None) is not None)
    model.compile(keras.optimizers.SGD(0.01), "mse")
    before = [w.copy() for w in layer.get_weights()]
    model.fit(x, np.zeros(model(x).shape, "float32"), epochs=2, verbose=0)
    moved = {v.name for v, b in zip(layer.weights, before) if not np.array_equal(v, b)}
    assert any("lora" in n for n in moved) and not any("scale" in n or n in ("kernel", "embeddings") for n in moved)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    expected = model.predict(x, verbose=0)
    assert again.layers[-1].lora_enabled
    far = 0.2 if mode == "int4" else 0.03
    np.testing.assert_allclose(again.predict(x, verbose=0), expected, atol=far * np.abs(expected).max())


def test_a_model_quantizes_what_its_filters_name():
    make = lambda: keras.Sequential([keras.Input((4,)), L.Dense(4, name="a"), L.Dropout(0.5), L.Dense(2, name="b")])
    kinds = lambda m: [m.get_layer(n).kernel.dtype for n in "ab"]
    for filters, expected in ((None, ["int8", "int8"]), ("a", ["int8", "float32"]), (["b"], ["float32", "int8"]),
                              (lambda layer: layer.units == 2, ["float32", "int8"])):  # fmt: skip
        model = make()
        model.predict(np.ones((1, 4)), verbose=0)
        model.quantize("int8", filters=filters)
        assert kinds(model) == expected and model.predict(np.ones((1, 4)), verbose=0).shape == (1, 2)


class Mine(L.Dense):
    pass


@pytest.mark.parametrize("call, error, words", [
    (lambda d, m: L.Dense(2).quantize("int8"), ArgumentError, "isn't yet built"),
    (lambda d, m: d.quantize("int7"), ArgumentError, "Invalid quantization mode"),
    (lambda d, m: d.quantize(), ArgumentError, "either `mode` or `config`"),
    (lambda d, m: d.quantize("int8", config=3), ArgumentError, "must be an instance"),
    (lambda d, m: d.quantize("int4", config=quantizers.Int8QuantizationConfig()), ArgumentError, "Contradictory"),
    (lambda d, m: L.Embedding(2, 2).quantized_build((2, 2), "float8"), NotSupportedError, "Expected one of"),
    (lambda d, m: d.quantized_build((3, 2), "int7"), NotSupportedError, "Invalid quantization mode"),
    (lambda d, m: m.quantize("gptq"), ArgumentError, "you must pass a `GPTQConfig`"),
    (lambda d, m: m.quantize("awq"), ArgumentError, "you must pass an `AWQConfig`"),
    (lambda d, m: built("dense", dtype="float16")[0].quantize("int8"), ArgumentError, "doesn't work well"),
    (lambda d, m: m.quantize("int8", filters=3), ArgumentError, "`filters`"),
    (lambda d, m: m.quantize("int8", more=3), ArgumentError, "Unrecognized"),
    (lambda d, m: [d.quantize("int8"), d.quantize("int8")], ArgumentError, "already quantized with dtype_policy="),
])  # fmt: skip
def test_what_cannot_be_quantized(call, error, words):
    dense = L.Dense(2)
    model = keras.Sequential([keras.Input((3,)), dense])
    before = model.predict(np.ones((1, 3)), verbose=0)
    with pytest.raises(error, match=words):
        call(dense, model)
    if dense.dtype_policy.name == "float32":
        np.testing.assert_array_equal(model.predict(np.ones((1, 3)), verbose=0), before)


def test_subclasses_are_left_alone_unless_asked_for():
    model = keras.Sequential([keras.Input((3,)), Mine(2)])
    with pytest.warns(UserWarning, match="does not have a `quantize"):
        model.quantize("int8")
    assert model.layers[0].kernel.dtype == "float32"
    model.quantize("int8", type_check=False)
    assert model.layers[0].kernel.dtype == "int8"


@keras.saving.register_keras_serializable("quantized")
class Pair(L.Layer):
    """Hands its policy to the layers inside, and writes those of quantized ones by their paths."""

    def __init__(self, dtype=None, name="pair", **kwargs):
        super().__init__(dtype=dtype, name=name, **kwargs)
        self.first, self.second = (L.Dense(4, dtype=dtype, name=n) for n in ("first", "second"))

    def call(self, x):
        return self.second(self.first(x))

    def get_config(self):
        found = {x.path: x.dtype_policy for x in (self.first, self.second) if x.quantization_mode}
        policies = keras.dtype_policies.DTypePolicyMap(policy_map=found)
        return {**super().get_config(), **({"dtype": policies} if found else {})}


@pytest.mark.parametrize("mode", ["int8", "int4"])
def test_policies_by_path_come_back_from_files(mode, tmp_path):
    x = keras.Input((4,))
    model = keras.Model(x, Pair()(x))
    model.quantize(mode, filters="second")
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    rows = RNG.normal(size=(3, 4)).astype("float32")
    assert again.predict(rows, verbose=0).tobytes() == model.predict(rows, verbose=0).tobytes()
    pair = again.get_layer("pair")
    assert (pair.first.quantization_mode, pair.second.quantization_mode) == (None, mode)
    assert pair.second.dtype_policy == model.get_layer("pair").second.dtype_policy


def test_variables_made_after_build_lie_where_their_layer_does():
    layer = L.MultiHeadAttention(2, 3, name="mha")
    layer.build((2, 3, 4), (2, 3, 4))
    inner = [part for part in layer._flatten_layers() if hasattr(part, "enable_lora")]
    inner[0].quantize("int8")
    inner[1].enable_lora(2)
    assert [v.path for v in inner[0].variables + inner[1].variables if not v.path.startswith("mha/")] == []
