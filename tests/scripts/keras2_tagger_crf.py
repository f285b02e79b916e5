"""A conditional random field on an LSTM: its loss asks y_pred for the layer, the layer's input and its mask."""

import numpy as np
import tensorflow as tf
from keras import backend as K
from keras.layers import LSTM, Bidirectional, Embedding, InputSpec, Layer
from keras.models import Sequential


def crf_loss(y_true, y_pred):
    crf, place = y_pred._keras_history[:2]
    node = crf._inbound_nodes[place]
    return crf.loss(K.one_hot(K.cast(y_true[:, :, 0], "int32"), crf.tags), node.input_tensors[0], node.input_masks[0])


def crf_accuracy(y_true, y_pred):
    crf, place = y_pred._keras_history[:2]
    node = crf._inbound_nodes[place]
    right = K.equal(
        K.argmax(crf.best(node.input_tensors[0], node.input_masks[0]), -1), K.cast(y_true[:, :, 0], "int64")
    )
    mask = K.cast(node.input_masks[0], K.floatx())
    return K.sum(K.cast(right, K.floatx()) * mask) / K.sum(mask)


class CRF(Layer):
    def __init__(self, tags, **kwargs):
        super(CRF, self).__init__(**kwargs)
        self.supports_masking, self.tags = True, tags

    def build(self, input_shape):
        self.input_spec = [InputSpec(shape=input_shape)]
        self.kernel = self.add_weight((input_shape[-1], self.tags), initializer="glorot_uniform", name="kernel")
        self.chain = self.add_weight((self.tags, self.tags), initializer="orthogonal", name="chain")
        self.built = True

    def compute_output_shape(self, input_shape):
        return input_shape[:2] + (self.tags,)

    def compute_mask(self, inputs, mask=None):
        return mask if mask is None else K.any(mask, axis=1)

    def call(self, x, mask=None):
        return K.in_train_phase(K.zeros_like(K.dot(x, self.kernel)), self.best(x, mask))

    def along(self, scores, mask, how):
        def step(score, states):
            before, i, chain = states[:3]
            window = tf.slice(states[3], [0, K.cast(i[0, 0], dtype="int32")], [-1, 2])
            score = score * K.expand_dims(window[:, 0])
            chain = chain * K.expand_dims(K.expand_dims(window[:, 0] * window[:, 1]))
            return how(chain, score, before, i)

        start = K.zeros_like(scores[:, 0, :])
        mask = K.cast(K.concatenate([mask, K.zeros_like(mask[:, :1])], axis=1), K.floatx())
        first, steps = [start, K.zeros_like(start[:, :1])], K.int_shape(scores)[1]
        constants = [K.expand_dims(self.chain, 0), mask]
        return K.rnn(step, scores, first, constants=constants, input_length=steps, unroll=False)

    def loss(self, y, x, mask):
        scores, counts = K.dot(x, self.kernel), K.cast(mask, K.floatx())

        def summed(chain, score, before, i):
            found = K.logsumexp(-(chain + K.expand_dims(score - before, 2)), 1)
            return found, [found, i + 1]

        total = self.along(scores, mask, summed)[0][:, 0]
        pairs = K.sum(K.dot(y[:, :-1], self.chain) * y[:, 1:], 2) * counts[:, :-1] * counts[:, 1:]
        return total + K.sum(pairs, -1) + K.sum(K.sum(scores * y, 2) * counts, -1)

    def best(self, x, mask):
        def least(chain, score, before, i):
            energy = chain + K.expand_dims(score + before, 2)
            return K.cast(K.argmin(energy, 1), K.floatx()), [K.min(energy, 1), i + 1]

        tables = K.reverse(K.cast(self.along(K.dot(x, self.kernel), mask, least)[1], "int32"), 1)

        def back(table, tag):
            rows = tf.range(K.shape(table)[0])
            tag = K.expand_dims(tf.gather_nd(table, K.transpose(K.stack([rows, tag[0][:, 0]]))))
            return tag, [tag]

        first = [K.expand_dims(tables[:, 0, 0])]
        paths = K.rnn(back, tables, first, input_length=K.int_shape(x)[1], unroll=False)[1]
        return K.one_hot(K.squeeze(K.reverse(paths, 1), 2), self.tags)


rng = np.random.RandomState(0)
x = rng.randint(1, 20, (16, 7))
x[:, 5:] = 0
y = (x % 3)[..., None]
model = Sequential(
    [Embedding(20, 6, input_length=7, mask_zero=True), Bidirectional(LSTM(4, return_sequences=True)), CRF(3)]
)
model.compile("adam", loss=crf_loss, metrics=[crf_accuracy])
history = model.fit(x, y, epochs=4, verbose=0)
assert history.history["loss"][-1] < history.history["loss"][0] and 0 <= history.history["crf_accuracy"][-1] <= 1
assert set(model.predict(x).sum(-1).ravel()) == {1.0}
