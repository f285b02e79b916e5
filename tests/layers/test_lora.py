"""LoRA of every layer that has it: what it computes and trains, files both ways, arguments, errors."""

import numpy as np
import pytest

import fastnn as keras
from fastnn import layers as L
from fastnn.core.errors import ArgumentError

LAYERS = {
    "dense": (lambda **k: L.Dense(3, **k), (4,), "kernel"),
    "einsum": (lambda **k: L.EinsumDense("abc,cd->abd", (5, 3), bias_axes="d", **k), (5, 4), "kernel"),
    "embedding": (lambda **k: L.Embedding(7, 4, **k), (5,), "embeddings"),
    "conv1": (lambda **k: L.Conv1D(3, 2, **k), (6, 2), "kernel"),
    "conv2": (lambda **k: L.Conv2D(4, 3, groups=2, **k), (5, 5, 4), "kernel"),
    "conv3": (lambda **k: L.Conv3D(2, 2, **k), (3, 3, 3, 2), "kernel"),
}  # fmt: skip


def built(name, **arguments):
    make, shape, weight = LAYERS[name]
    layer = make(**arguments)
    layer.build((None, *shape))
    rng = np.random.default_rng(0)
    x = rng.integers(0, 7, (4, *shape)) if name == "embedding" else rng.normal(size=(4, *shape)).astype("float32")
    return layer, x, weight


@pytest.mark.parametrize("name", LAYERS)
def test_the_output_is_that_of_the_changed_weight(name):
    layer, x, weight = built(name)
    before = np.asarray(layer(x))
    layer.enable_lora(2, lora_alpha=3.0, b_initializer="glorot_uniform")
    a, b = (getattr(layer, f"lora_{weight}_{part}") for part in "ab")
    own = layer.weights[0]
    assert a.path.endswith(f"/lora_{weight}_a") and a.path.split("/")[:-1] == own.path.split("/")[:-1]
    assert a.shape == (*own.shape[:-1], 2) and b.shape == (2, own.shape[-1]) and {a.dtype, b.dtype} == {"float32"}
    assert not own.trainable and len(layer.trainable_weights) == len(layer.weights) - 1
    plain, _, _ = built(name)
    rest = [w.numpy() for w in layer.weights[1:] if w is not a and w is not b]
    plain.set_weights([own.numpy() + 1.5 * a.numpy() @ b.numpy(), *rest])
    np.testing.assert_allclose(layer(x), plain(x), rtol=1e-4, atol=1e-5)
    b.assign(np.zeros(b.shape))
    np.testing.assert_allclose(layer(x), before, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", LAYERS)
def test_training_moves_the_parts_alone_and_files_hold_the_changed_weight(name, tmp_path):
    layer, x, weight = built(name, lora_rank=2)
    model = keras.Sequential([keras.Input(x.shape[1:], dtype="int32" if name == "embedding" else "float32"), layer])
    before = [w.numpy() for w in layer.weights]
    y = np.random.default_rng(1).normal(size=model(x).shape).astype("float32")
    model.compile(keras.optimizers.Adam(0.05), "mse")
    history = model.fit(x, y, epochs=5, verbose=0).history["loss"]
    assert history[-1] < history[0]
    moved = [bool((w.numpy() != old).any()) for w, old in zip(layer.weights, before)]
    assert moved[0] is False and all(moved[1:])
    expected = model.predict(x, verbose=0)
    model.save(tmp_path / "m.keras", include_optimizer=False)
    again = keras.models.load_model(tmp_path / "m.keras")
    assert again.layers[-1].lora_enabled and again.layers[-1].get_config()["lora_alpha"] == 2
    np.testing.assert_allclose(again.predict(x, verbose=0), expected, rtol=1e-5, atol=1e-5)
    again.fit(x, y, verbose=0)  # a change that is zero can still be trained
    assert getattr(again.layers[-1], f"lora_{weight}_b").numpy().any()
    model.save_weights(tmp_path / "m.weights.h5")
    plain = keras.Sequential([keras.Input(x.shape[1:]), LAYERS[name][0]()])
    plain.load_weights(tmp_path / "m.weights.h5")
    np.testing.assert_allclose(plain.predict(x, verbose=0), expected, rtol=1e-5, atol=1e-5)
    plain.save_weights(tmp_path / "p.weights.h5")
    model.load_weights(tmp_path / "p.weights.h5")
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-5, atol=1e-5)


def test_the_regularizer_is_that_of_the_parts():
    layer, x, _ = built("dense", lora_rank=2, kernel_regularizer="l2")
    layer(x)
    assert len(layer.losses) == 2


@pytest.mark.parametrize("name", LAYERS)
def test_what_cannot_be_adapted(name):
    make, _, weight = LAYERS[name]
    with pytest.raises(ArgumentError, match="isn't yet built"):
        make().enable_lora(2)
    with pytest.raises(ArgumentError, match=r"incompatible with .* constraints"):
        make(**{f"{weight}_constraint": "non_neg"}).enable_lora(2)
    layer, _, _ = built(name, lora_rank=1)
    with pytest.raises(ArgumentError, match="already enabled"):
        layer.enable_lora(2)


def test_a_weight_that_is_replaced_is_seen_by_the_next_call():
    layer, x, _ = built("dense")
    model = keras.Sequential([keras.Input((4,)), layer])
    model.predict(x, verbose=0)
    other = keras.Variable(np.zeros((4, 3), "float32"), name="other")
    layer.kernel = other
    assert layer.kernel is other and layer.weights[0] is other and len(layer.weights) == 2
    assert not model.predict(x, verbose=0).any()


@pytest.mark.parametrize("made", [
    lambda: L.MultiHeadAttention(2, 4, output_shape=3), lambda: L.GroupQueryAttention(4, 4, 2, use_bias=False),
    lambda: L.MultiHeadAttention(2, 4, value_dim=3, attention_axes=(1,), use_gate=True),
])  # fmt: skip
def test_the_projections_of_attention_are_adapted(made, tmp_path):
    """As Keras's, which are EinsumDense layers: who walks over the layers of a model finds them."""
    keras.utils.set_random_seed(3)
    inputs = L.Input((5, 6))
    attention = made()
    model = keras.Model(inputs, L.GlobalAveragePooling1D()(attention(inputs, inputs)))
    x = np.random.default_rng(0).normal(size=(8, 5, 6)).astype("float32")
    before = model.predict(x, verbose=0)
    found = [layer for layer in model._flatten_layers() if isinstance(layer, L.EinsumDense)]
    assert {layer.name for layer in found} >= {"query", "key", "value", "attention_output"}
    for layer in found:
        layer.enable_lora(2)
    np.testing.assert_array_equal(model.predict(x, verbose=0), before)
    frozen = [layer._kernel.numpy() for layer in found]
    model.compile("adam", "mse")
    model.fit(x, np.ones_like(before), epochs=2, verbose=0)
    for layer, kernel in zip(found, frozen):
        np.testing.assert_array_equal(layer._kernel.numpy(), kernel)
        assert np.abs(layer.lora_kernel_b.numpy()).max() > 0
        # the layer computes what its equation says
        shape = (2, *(5,) * (len(layer._parts[0]) - 1 - layer._inner), *layer.kernel.shape[: layer._inner])
        given = np.random.default_rng(1).normal(size=shape).astype("float32")
        y = keras.ops.einsum(layer.equation, given, layer.kernel)
        np.testing.assert_allclose(layer(given), y if layer.bias is None else y + layer.bias, rtol=1e-4, atol=1e-5)
    model.save(tmp_path / "m.keras", include_optimizer=False)
    again = keras.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(again.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("make", "name", "shape"),
    [
        (lambda: L.Dense(2), "kernel", (None, 3)),
        (lambda: L.EinsumDense("ab,bc->ac", 2), "kernel", (None, 3)),
        (lambda: L.Conv1D(2, 3), "kernel", (None, 4, 3)),
        (lambda: L.Embedding(4, 2), "embeddings", (None, 3)),
    ],
)
def test_a_weight_is_there_once_the_layer_is_built(make, name, shape):
    layer = make()
    assert not hasattr(layer, name)
    with pytest.raises(AttributeError, match="You must build the layer before accessing"):
        getattr(layer, name)
    layer.build(shape)
    assert getattr(layer, name) is not None
