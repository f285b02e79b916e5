"""GroupQueryAttention and the gate, window and axes of MultiHeadAttention, against plain float64 NumPy."""

import numpy as np
import pytest

import fastnn as keras
from fastnn import layers

RNG = np.random.default_rng(3)


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def expected(layer, query, value, mask=None):
    """What attention over axis 1 of (batch, steps, features) is, and its scores."""

    def part(name, x):
        dense = getattr(layer, f"{name}_dense")
        return np.einsum("btd,dhs->bths", x, np.float64(dense.kernel.numpy())) + np.float64(dense.bias.numpy())

    q, k, v = part("query", query), part("key", value), part("value", value)
    k, v = (np.repeat(x, q.shape[2] // x.shape[2], axis=2) for x in (k, v))
    scores = np.einsum("bths,buhs->bhtu", q, k) / np.sqrt(q.shape[-1])
    scores = softmax(scores if mask is None else np.where(mask, scores, -1e30))
    out = np.einsum("bhtu,buhs->bths", scores, v)
    if layer.use_gate:
        out = out / (1 + np.exp(-part("gate", query)))
    dense = layer.output_dense
    return np.einsum("bths,hsd->btd", out, np.float64(dense.kernel.numpy())) + dense.bias.numpy(), scores


@pytest.mark.parametrize("gate", [False, True])
@pytest.mark.parametrize("window, causal", [(None, False), (2, False), (2, True), (None, True)])
@pytest.mark.parametrize("grouped", [False, True])
def test_values(grouped, window, causal, gate):
    options = {"use_gate": gate, "sliding_window": window, "bias_initializer": "normal"}
    layer = layers.GroupQueryAttention(3, 4, 2, **options) if grouped else layers.MultiHeadAttention(4, 3, **options)
    query, value = RNG.normal(size=(2, 5, 6)), RNG.normal(size=(2, 7, 6))
    distance = np.arange(5)[:, None] - np.arange(7)
    mask = (distance >= 0 if causal else True) & (abs(distance) < (window or 99))
    out, scores = layer(query, value, return_attention_scores=True, use_causal_mask=causal)
    wanted = expected(layer, query, value, mask)
    np.testing.assert_allclose(out, wanted[0], atol=2e-6)
    np.testing.assert_allclose(scores, wanted[1], atol=1e-6)
    np.testing.assert_allclose(layer(query, value, use_causal_mask=causal), wanted[0], atol=2e-6)
    again = layers.deserialize(layers.serialize(layer))
    assert again.get_config() == layer.get_config()


@pytest.mark.parametrize("axes", [2, -2])
def test_attention_over_one_axis_of_several_is_that_of_each_row_of_the_others(axes):
    layer = layers.MultiHeadAttention(2, 3, attention_axes=axes)
    query, value = RNG.normal(size=(2, 3, 4, 6)).astype("float32"), RNG.normal(size=(2, 3, 5, 6)).astype("float32")
    out, scores = layer(query, value, return_attention_scores=True)
    rows = layers.MultiHeadAttention(2, 3)
    flat = query.reshape(6, 4, 6), value.reshape(6, 5, 6)
    rows(*flat)
    rows.set_weights(layer.get_weights())
    wanted, weights = rows(*flat, return_attention_scores=True)
    np.testing.assert_allclose(out, wanted.reshape(2, 3, 4, 6), atol=1e-6)
    np.testing.assert_allclose(scores, weights.reshape(2, 3, 2, 4, 5), atol=1e-6)


def test_attention_over_two_axes_is_that_over_their_product():
    layer, flat = layers.MultiHeadAttention(2, 3, attention_axes=(1, 2)), layers.MultiHeadAttention(2, 3)
    query, value = RNG.normal(size=(2, 3, 4, 6)).astype("float32"), RNG.normal(size=(2, 3, 2, 6)).astype("float32")
    mask = RNG.uniform(size=(2, 3, 4, 3, 2)) < 0.7
    out, scores = layer(query, value, attention_mask=mask, return_attention_scores=True)
    flat(query.reshape(2, 12, 6), value.reshape(2, 6, 6))
    flat.set_weights(layer.get_weights())
    wanted = flat(query.reshape(2, 12, 6), value.reshape(2, 6, 6), attention_mask=mask.reshape(2, 12, 6))
    np.testing.assert_allclose(out, np.reshape(layer(query, value, attention_mask=mask), out.shape), atol=1e-6)
    np.testing.assert_allclose(out, wanted.reshape(out.shape), atol=1e-6)
    symbol, spec = layer(keras.Input((3, 4, 6)), keras.Input((3, 2, 6)), return_attention_scores=True)
    assert scores.shape == (2, 2, 3, 4, 3, 2) and spec.shape == (None, *scores.shape[1:])
    assert symbol.shape == (None, 3, 4, 6)


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: layers.GroupQueryAttention(2, 4, 3), "must be divisible"),
        (lambda: layers.MultiHeadAttention(2, 1.5), "argument `key_dim`"),
        (lambda: layers.MultiHeadAttention(2, 4, sliding_window=0), "sliding_window"),
        (lambda: layers.MultiHeadAttention(2, 4, output_shape=8.0), "Invalid `output_shape`"),
        (lambda: layers.MultiHeadAttention(2, 4, flash_attention=True, dropout=0.1), "Dropout is not supported when"),
        (
            lambda: layers.MultiHeadAttention(2, 4).compute_output_shape((2, 4, 8), (2, 2, 8), (2, 1, 7)),
            "must be equal",
        ),
        (lambda: layers.GroupQueryAttention(2, 4, 2).compute_output_shape((2, 4, 8), (2, 2, 7)), "must be equal"),
    ],
)
def test_what_does_not_fit(make, words):
    with pytest.raises(ValueError, match=words):
        make()


@pytest.mark.parametrize("kind", [layers.GroupQueryAttention, layers.MultiHeadAttention])
def test_an_override_need_not_know_of_scores(kind):
    seen = []

    class Own(kind):
        def _compute_attention(self, query, key, value, attention_mask=None, training=None):
            seen.append(attention_mask)
            return super()._compute_attention(query, key, value, attention_mask, training)

    sizes = (4, 4, 2) if kind is layers.GroupQueryAttention else (4, 4)
    x = RNG.normal(size=(2, 5, 16)).astype("float32")
    assert Own(*sizes)(x, x, use_causal_mask=True).shape == (2, 5, 16)
    assert seen[0] is not None
