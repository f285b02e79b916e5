"""Layers derived from MultiHeadAttention that call its parts by Keras's private names."""

import numpy as np
import pytest

from fastnn import layers, ops
from fastnn.layers.attention_grouped import GroupQueryAttention

rng = np.random.default_rng(0)


class ByParts(layers.MultiHeadAttention):
    """As such layers are written: the projections, the attention, the output, one by one."""

    def call(self, query, value, key=None, attention_mask=None, training=None):
        key = value if key is None else key
        q, k, v = self._query_dense(query), self._key_dense(key), self._value_dense(value)
        out, _ = self._compute_attention(
            query=q, key=k, value=v, attention_mask=attention_mask, training=training, return_attention_scores=False
        )
        return self._output_dense(out)


class ByEquations(layers.MultiHeadAttention):
    """As those that do the attention themselves."""

    def _compute_attention(self, query, key, value, attention_mask=None, training=None, **kwargs):
        query = ops.multiply(query, ops.cast(self._inverse_sqrt_key_dim, query.dtype))
        scores = ops.einsum(self._dot_product_equation, key, query)
        scores = self._masked_softmax(scores, attention_mask)
        kept = self._dropout_layer(scores, training=training)
        return ops.einsum(self._combine_equation, kept, value), scores


CASES = [((2, 4, 5), None), ((2, 3, 4, 5), None), ((2, 3, 4, 5), 2), ((2, 3, 4, 5), (1, 2)), ((2, 3, 4, 5), 1)]


@pytest.mark.parametrize("kind", [ByParts, ByEquations])
@pytest.mark.parametrize(("shape", "axes"), CASES)
def test_they_compute_the_same(kind, shape, axes):
    x, y = rng.normal(size=(2, *shape)).astype("float32")
    whole, own = (c(2, 3, value_dim=4, attention_axes=axes) for c in (layers.MultiHeadAttention, kind))
    expected = whole(x, y)
    own.build(shape, shape)
    own.set_weights(whole.get_weights())
    np.testing.assert_allclose(own(x, y), expected, rtol=1e-5, atol=1e-6)


def test_masks_and_scores():
    x = rng.normal(size=(2, 4, 5)).astype("float32")
    mask = np.tril(np.ones((2, 4, 4), bool))
    whole, own, parts = (c(2, 3) for c in (layers.MultiHeadAttention, ByEquations, ByParts))
    expected, weights = whole(x, x, use_causal_mask=True, return_attention_scores=True)
    for layer in (own, parts):
        layer.build(x.shape, x.shape)
        layer.set_weights(whole.get_weights())
    out, scores = own(x, x, attention_mask=mask, return_attention_scores=True)
    np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(scores, weights, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(parts(x, x, attention_mask=mask), expected, rtol=1e-5, atol=1e-6)
    q, k, v = whole._query_dense(x), whole._key_dense(x), whole._value_dense(x)
    causal, _ = whole._compute_attention(q, k, v, use_causal_mask=True)
    np.testing.assert_allclose(whole._output_dense(causal), expected, rtol=1e-5, atol=1e-6)


def test_names_of_settings():
    layer = layers.MultiHeadAttention(2, 3, output_shape=7, use_bias=False)
    assert (layer._num_heads, layer._key_dim, layer._value_dim, layer._use_bias) == (2, 3, 3, False)
    assert layer._output_shape == (7,) and layer._inverse_sqrt_key_dim == pytest.approx(3**-0.5)
    shared = layer._get_common_kwargs_for_sublayer()
    assert layers.EinsumDense("abc,cd->abd", output_shape=(None, 4), **shared)(np.ones((1, 2, 3))).shape == (1, 2, 4)
    with pytest.raises(AttributeError, match="_no_such_name"):
        _ = layer._no_such_name
    grouped = GroupQueryAttention(3, 4, 2)
    assert grouped(np.ones((1, 2, 5), "float32"), np.ones((1, 2, 5), "float32")).shape == (1, 2, 5)
    assert grouped._num_heads == 4


def test_a_layer_may_make_its_projections_itself():
    """As keras_hub's attention of Whisper: query and value have biases, the key none."""

    class Own(layers.MultiHeadAttention):
        def build(self, query_shape, value_shape, key_shape=None):
            for name, shape in (("query", query_shape), ("key", value_shape), ("value", value_shape)):
                made = layers.EinsumDense(
                    "abc,cde->abde",
                    (None, self._num_heads, self._key_dim),
                    bias_axes=None if name == "key" else "de",
                    **self._get_common_kwargs_for_sublayer(),
                    activity_regularizer=self._activity_regularizer,
                )
                setattr(self, f"_{name}_dense", made)
                made.build(shape)
            self._build_attention(len(query_shape) + 1)
            self._output_dense = layers.EinsumDense("abcd,cde->abe", (None, query_shape[-1]), bias_axes="e")
            self._output_dense.build((*query_shape[:-1], self._num_heads, self._key_dim))

    x = np.random.default_rng(0).normal(size=(2, 4, 6)).astype("float32")
    own, plain = Own(2, 3), layers.MultiHeadAttention(2, 3)
    assert own(x, x).shape == plain(x, x).shape == (2, 4, 6)
    assert [tuple(v.shape) for v in own.weights] == [(6, 2, 3), (2, 3), (6, 2, 3), (6, 2, 3), (2, 3), (2, 3, 6), (6,)]
    weights = [w.numpy() for w in own.weights]
    plain.set_weights([*weights[:3], np.zeros((2, 3)), *weights[3:]])
    np.testing.assert_allclose(own(x, x), plain(x, x), rtol=1e-5, atol=1e-6)
