"""Initializers: distributions, seeds, and the fans that scale a first kernel: those of Keras 3."""

import numpy as np
import pytest

import fastnn as keras
from fastnn import Input, initializers, layers, utils
from fastnn.core.errors import ArgumentError


@pytest.mark.parametrize(("name", "deviation", "limit"), [
    ("glorot_uniform", np.sqrt(2 / 700), np.sqrt(6 / 700)), ("he_uniform", np.sqrt(2 / 300), np.sqrt(6 / 300)),
    ("lecun_uniform", np.sqrt(1 / 300), np.sqrt(3 / 300)), ("glorot_normal", np.sqrt(2 / 700), None),
    ("he_normal", np.sqrt(2 / 300), None), ("lecun_normal", np.sqrt(1 / 300), None), ("random_normal", 0.05, None),
    ("random_uniform", 0.1 / np.sqrt(12), 0.05), ("truncated_normal", 0.05 * 0.8796, 0.1)])  # fmt: skip
def test_distributions(name, deviation, limit):
    w = initializers.get(name)((300, 400))
    assert w.dtype == np.float32
    assert abs(w.mean()) < 4 * deviation / np.sqrt(w.size)
    assert abs(w.std() / deviation - 1) < 0.01
    if limit is not None:
        assert abs(w).max() <= limit * (1 + 1e-6)


def test_seeds():
    one, two = initializers.HeNormal(seed=1), initializers.HeNormal(seed=1)
    np.testing.assert_array_equal(one((3, 4)), two((3, 4)))
    np.testing.assert_array_equal(one((3, 4)), one((3, 4)))
    assert (initializers.HeNormal()((3, 4)) != initializers.HeNormal()((3, 4))).any()

    def made():
        utils.set_random_seed(5)
        return [layers.Dense(3)(np.ones((1, 2), "float32")) for _ in range(2)]

    for a, b in zip(made(), made()):
        np.testing.assert_array_equal(a, b)
    with pytest.raises(ArgumentError, match="seed"):
        initializers.HeNormal(seed="x")


def test_orthogonal_and_identity():
    for shape in ((6, 4), (4, 6), (3, 3, 2, 5)):
        w = initializers.Orthogonal(gain=2.0)(shape).reshape(-1, shape[-1])
        product = w.T @ w if w.shape[0] >= w.shape[1] else w @ w.T
        np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-5)
    np.testing.assert_array_equal(initializers.Identity(3.0)((2, 3)), [[3, 0, 0], [0, 3, 0]])
    with pytest.raises(ArgumentError, match="2D"):
        initializers.Identity()((2,))
    with pytest.raises(ArgumentError, match="two-dimensional"):
        initializers.Orthogonal()((2,))


def test_fans_of_convolutions():
    assert initializers.compute_fans((3, 3, 16, 32)) == (144, 288)
    assert initializers.compute_fans((7,)) == (7, 7)
    assert initializers.compute_fans(()) == (1, 1)


# (layer, shape of its input, fan in, fan out)
CASES = [
    ("EinsumDense('abc,cde->abde', (None, 8, 32))", (5, 64), 64, 256),
    ("EinsumDense('abcd,cde->abe', (None, 16))", (5, 8, 32), 256, 16), ("EinsumDense('ab,bc->ac', 32)", (64,), 64, 32),
    ("EinsumDense('...x,xy->...y', 32)", (5, 64), 64, 32), ("EinsumDense('ab...,bc->ac...', (32,))", (64, 3), 64, 32),
    ("Dense(32)", (64,), 64, 32), ("Conv1D(32, 3)", (9, 16), 48, 96), ("Conv2D(16, 3)", (9, 9, 16), 144, 144),
    ("Conv3D(8, 3)", (5, 5, 5, 8), 216, 216), ("Conv2DTranspose(16, 3)", (5, 5, 32), 144, 288),
    ("DepthwiseConv2D(3, depth_multiplier=8)", (9, 9, 32), 288, 72),
    ("DepthwiseConv1D(5, depth_multiplier=16)", (9, 32), 160, 80),
    ("Conv2D(32, 3, groups=4)", (9, 9, 16), 36, 288), ("LSTM(32)", (5, 64), 64, 128), ("GRU(32)", (5, 64), 64, 96),
]  # fmt: skip


def limit_of(kernel):
    """What a uniform distribution of that many values is bounded by, nearly."""
    return np.abs(kernel).max()


@pytest.mark.parametrize("text, shape, fan_in, fan_out", CASES, ids=[c[0] for c in CASES])
def test_kernels_begin_as_in_keras(text, shape, fan_in, fan_out):
    layer = eval(text, {n: getattr(layers, n) for n in layers.__all__})
    layer(Input(shape))
    want = (6 / (fan_in + fan_out)) ** 0.5
    assert 0.95 * want < limit_of(layer.get_weights()[0]) <= want


def test_projections_of_heads():
    layer = layers.MultiHeadAttention(8, 32)
    layer(Input((5, 64)), Input((5, 64)))
    for name, kernel in zip(("query", "key", "value", "output"), layer.get_weights()[::2]):
        want = (6 / (64 + 8 * 32)) ** 0.5
        assert 0.98 * want < limit_of(kernel) <= want, name


def test_axes_that_the_user_names_stay():
    given = initializers.HeNormal(seed=1, input_axes=[0], output_axes=[1])
    assert initializers.for_axes(given, [1], [0]) is given
    made = initializers.for_axes(initializers.HeNormal(seed=1), [1], [0])
    assert (made.input_axes, made.output_axes) == ([1], [0])
    np.testing.assert_allclose(
        made((4, 16), "float32"), initializers.HeNormal(seed=1)((4, 16), "float32") / 2, rtol=1e-6
    )
    zeros = initializers.Zeros()
    assert initializers.for_axes(zeros, [0], [1]) is zeros


def test_the_layer_keeps_the_initializer_that_it_was_given():
    layer = layers.EinsumDense("ab,bc->ac", 4)
    layer(Input((3,)))
    assert layer.get_config()["kernel_initializer"]["config"]["input_axes"] is None


# as Keras 3.15.1 writes it: saving.serialize_keras_object(GlorotUniform(seed=random.SeedGenerator(3)))
OF_KERAS = {"module": "keras.initializers", "class_name": "GlorotUniform", "registered_name": None, "config": {
    "seed": {"module": "keras.random", "class_name": "SeedGenerator", "registered_name": None,
             "config": {"seed": 3, "name": "seed_generator"}}, "input_axes": None, "output_axes": None}}  # fmt: skip


def test_a_seed_generator_is_a_part_of_the_config(tmp_path):
    made = initializers.GlorotUniform(seed=keras.random.SeedGenerator(3))
    seed = {**OF_KERAS["config"]["seed"], "config": {"seed": 3, "name": made.seed.name}}
    assert keras.saving.serialize_keras_object(made) == {**OF_KERAS, "config": {**OF_KERAS["config"], "seed": seed}}
    again = keras.saving.deserialize_keras_object(OF_KERAS)
    assert again.seed.get_config() == {"seed": 3, "name": "seed_generator"}
    np.testing.assert_array_equal(again((2, 3)), made((2, 3)))
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, kernel_initializer=made)])
    model.save(tmp_path / "m.keras")
    copy = keras.models.load_model(tmp_path / "m.keras").layers[0].kernel_initializer
    assert copy.get_config() == made.get_config()
    assert keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(made.seed)).key == (3, 0)


@pytest.mark.parametrize("name", ["RandomNormal", "RandomUniform", "TruncatedNormal", "HeNormal", "Orthogonal"])
def test_a_seed_generator_gives_other_values_at_each_call(name):
    kind = getattr(initializers, name)
    made = kind(seed=keras.random.SeedGenerator(3))
    first, second = made((4, 4)), made((4, 4))
    assert not np.allclose(first, second)
    again = kind(seed=keras.random.SeedGenerator(3))
    np.testing.assert_array_equal(again((4, 4)), first)
    np.testing.assert_array_equal(again((4, 4)), second)
    fixed = kind(seed=3)
    np.testing.assert_array_equal(fixed((4, 4)), fixed((4, 4)))


def test_weights_of_one_seed_generator_differ():
    dense = keras.layers.Dense(4, kernel_initializer=initializers.HeNormal(seed=keras.random.SeedGenerator(3)))
    other = keras.layers.Dense(4, kernel_initializer=dense.kernel_initializer)
    keras.Sequential([keras.Input((4,)), dense, other])
    assert not np.allclose(dense.kernel, other.kernel)
