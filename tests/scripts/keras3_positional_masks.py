"""A Transformer whose embedding says the mask, layers that cannot do without one, masks of several arguments."""

import keras
import numpy as np
from keras import layers, ops

rng = np.random.RandomState(0)
tokens = np.array([[2, 3, 4, 5, 0, 0], [6, 7, 8, 9, 10, 0], [3, 3, 2, 1, 1, 4]])


class PositionalEmbedding(layers.Layer):
    """Tokens and places; padding is 0."""

    def __init__(self, length, vocabulary, width, **kwargs):
        super().__init__(**kwargs)
        self.tokens = layers.Embedding(vocabulary, width)
        self.places = layers.Embedding(length, width)

    def call(self, inputs):
        return self.tokens(inputs) + self.places(ops.arange(0, ops.shape(inputs)[-1], 1))

    def compute_mask(self, inputs, mask=None):
        return ops.not_equal(inputs, 0)


class Encoder(layers.Layer):
    """Attention over what is no padding."""

    def __init__(self, heads, width, **kwargs):
        super().__init__(**kwargs)
        self.attention = layers.MultiHeadAttention(heads, width)
        self.norm = layers.LayerNormalization()
        self.supports_masking = True

    def call(self, inputs, mask=None):
        found = self.attention(inputs, inputs, attention_mask=mask[:, None, :])
        return self.norm(inputs + found)


class Mean(layers.Layer):
    """The mean of the steps that count."""

    def call(self, inputs, mask=None):
        weights = ops.cast(mask, "float32")[..., None]
        return ops.sum(weights * inputs, axis=1) / ops.sum(weights, axis=1)


class Difference(layers.Layer):
    """What two sequences differ by, where both have a step."""

    def call(self, left, right, left_mask=None, right_mask=None):
        return ops.where((left_mask & right_mask)[..., None], left - right, 0.0)


inputs = keras.Input((None,), dtype="int32")
embedded = PositionalEmbedding(6, 12, 8)(inputs)
model = keras.Model(inputs, Mean()(Encoder(2, 4)(embedded)))
model.set_weights([0.5 * rng.randn(*w.shape) for w in model.get_weights()])
whole = model.predict(tokens, verbose=0)
for row, n in ((0, 4), (1, 5), (2, 6)):  # what is padded does not count
    np.testing.assert_allclose(whole[row], model.predict(tokens[row : row + 1, :n], verbose=0)[0], 1e-4, 1e-5)

apart = keras.Model(inputs, Difference()(embedded, PositionalEmbedding(6, 12, 8)(inputs)))
found = apart.predict(tokens, verbose=0)
assert np.all(found[tokens == 0] == 0) and np.all(np.any(found[tokens != 0] != 0, axis=-1))

recurrent = keras.Sequential([inputs, PositionalEmbedding(6, 12, 8), layers.GRU(3), layers.Dense(1)])
recurrent.compile("adam", "mse")
recurrent.fit(tokens, np.ones((3, 1)), epochs=2, verbose=0)
short = recurrent.predict(tokens[:1, :4], verbose=0)
np.testing.assert_allclose(recurrent.predict(tokens, verbose=0)[:1], short, 1e-4, 1e-6)
keras.utils.clear_session()
layers.MultiHeadAttention(1, 2)(keras.Input((3, 4)), keras.Input((3, 4)))
assert layers.Dropout(0.5).name == "dropout_1"
print("done")
