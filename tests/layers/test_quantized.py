"""int8 weights: what layers compute, gradients, files both ways, policies, LoRA, errors."""

import numpy as np
import pytest

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
    wide = scale.numpy()[:, None] if name == "embedding" else scale.numpy()
    np.testing.assert_allclose(packed.numpy() / wide, before, atol=0.03)
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


@pytest.mark.parametrize("name", LAYERS)
def test_the_change_of_lora_goes_into_the_bytes(name):
    layer, x, _ = built(name)
    layer.enable_lora(2, b_initializer="glorot_uniform")
    expected = np.asarray(layer(x))
    layer.quantize("int8")
    assert not layer.lora_enabled and len(layer.weights) == 2 + (getattr(layer, "bias", None) is not None)
    np.testing.assert_allclose(layer(x), expected, atol=0.03 * np.abs(expected).max())


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
    (lambda d, m: d.quantize("int4"), NotSupportedError, "Expected 'int8'"),
    (lambda d, m: m.quantize("float8"), NotSupportedError, "Expected 'int8'"),
    (lambda d, m: m.quantize("gptq"), NotSupportedError, "Expected 'int8'"),
    (lambda d, m: m.quantize("int8", filters=3), ArgumentError, "`filters`"),
    (lambda d, m: m.quantize("int8", more=3), ArgumentError, "Unrecognized"),
    (lambda d, m: [d.quantize("int8"), d.quantize("int8")], ArgumentError, "already quantized with dtype_policy="),
    (lambda d, m: L.Dense(2, dtype="int4_from_float32").build((None, 2)), NotSupportedError, "Expected 'int8'"),
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
