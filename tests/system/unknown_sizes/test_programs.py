"""Small programs as courses have them, with Inputs of unknown sizes: built, fitted, saved, used on other sizes."""

import numpy as np
import pytest

import fastnn
from fastnn import layers, ops


def saved(model, folder, custom_objects=None):
    """The model as a file gives it back."""
    model.save(folder / "m.keras")
    return fastnn.models.load_model(folder / "m.keras", custom_objects=custom_objects)


class TokenAndPosition(layers.Layer):
    def __init__(self, length, words, width, **kwargs):
        super().__init__(**kwargs)
        self.length, self.words, self.width = length, words, width
        self.tokens, self.positions = layers.Embedding(words, width), layers.Embedding(length, width)

    def call(self, x):
        return self.tokens(x) + self.positions(ops.arange(start=0, stop=ops.shape(x)[-1], step=1))

    def compute_mask(self, inputs, mask=None):
        return ops.not_equal(inputs, 0)

    def get_config(self):
        return {**super().get_config(), "length": self.length, "words": self.words, "width": self.width}


class Encoder(layers.Layer):
    def __init__(self, width, inner, heads, **kwargs):
        super().__init__(**kwargs)
        self.sizes = width, inner, heads
        self.attention = layers.MultiHeadAttention(heads, width)
        self.dense = fastnn.Sequential([layers.Dense(inner, activation="relu"), layers.Dense(width)])
        self.first, self.second = layers.LayerNormalization(), layers.LayerNormalization()
        self.supports_masking = True

    def call(self, inputs, mask=None):
        padding = None if mask is None else ops.cast(mask[:, None, :], "int32")
        x = self.first(inputs + self.attention(inputs, inputs, inputs, attention_mask=padding))
        return self.second(x + self.dense(x))

    def get_config(self):
        return {**super().get_config(), **dict(zip(("width", "inner", "heads"), self.sizes))}


class Decoder(layers.Layer):
    def __init__(self, width, heads, **kwargs):
        super().__init__(**kwargs)
        self.sizes = width, heads
        self.own, self.other = (layers.MultiHeadAttention(heads, width) for _ in range(2))
        self.norms = [layers.LayerNormalization() for _ in range(2)]
        self.supports_masking = True

    def call(self, inputs, mask=None):
        inputs, encoded = inputs
        causal = self.causal(inputs)
        padding = None
        if mask is not None:
            causal = ops.minimum(ops.cast(mask[0][:, None, :], "int32"), causal)
            padding = None if mask[1] is None else ops.cast(mask[1][:, None, :], "int32")
        x = self.norms[0](inputs + self.own(inputs, inputs, inputs, attention_mask=causal))
        return self.norms[1](x + self.other(x, encoded, encoded, attention_mask=padding))

    def causal(self, inputs):
        shape = ops.shape(inputs)
        batch, steps = shape[0], shape[1]
        mask = ops.cast(ops.arange(steps)[:, None] >= ops.arange(steps), "int32")
        times = ops.concatenate([ops.expand_dims(batch, -1), ops.convert_to_tensor([1, 1])], axis=0)
        return ops.tile(ops.reshape(mask, (1, steps, steps)), times)

    def get_config(self):
        return {**super().get_config(), **dict(zip(("width", "heads"), self.sizes))}


OWN = {c.__name__: c for c in (TokenAndPosition, Encoder, Decoder)}


def test_text_classification_with_a_transformer(tmp_path):
    inputs = fastnn.Input((None,), dtype="int32")
    x = Encoder(8, 8, 2)(TokenAndPosition(20, 30, 8)(inputs))
    outputs = layers.Dense(2, activation="softmax")(layers.Dropout(0.1)(layers.GlobalAveragePooling1D()(x)))
    model = fastnn.Model(inputs, outputs)
    assert x.shape == (None, None, 8)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    rng = np.random.default_rng(0)

    def batches():
        for steps in (6, 9, 6):
            yield rng.integers(1, 30, (4, steps)), rng.integers(0, 2, 4)

    assert np.isfinite(model.fit(batches(), verbose=0).history["loss"][0])
    again = saved(model, tmp_path, OWN)
    for steps in (5, 12):
        words = rng.integers(1, 30, (3, steps))
        np.testing.assert_allclose(again.predict(words, verbose=0), model.predict(words, verbose=0), rtol=1e-5)


@pytest.mark.filterwarnings("ignore:You are using a softmax")  # a translation begins with one word
def test_translation_with_a_transformer(tmp_path):
    source, target = (fastnn.Input((None,), dtype="int64", name=name) for name in ("source", "target"))
    encoded = Encoder(8, 8, 2)(TokenAndPosition(20, 15, 8)(source))
    encoded_inputs = fastnn.Input((None, 8), name="encoded")
    x = Decoder(8, 2)([TokenAndPosition(20, 15, 8)(target), encoded_inputs])
    decoder = fastnn.Model([target, encoded_inputs], layers.Dense(15, activation="softmax")(x))
    model = fastnn.Model({"source": source, "target": target}, decoder([target, encoded]))
    assert model.output_shape == (None, None, 15)
    model.compile("rmsprop", "sparse_categorical_crossentropy")
    rng = np.random.default_rng(0)
    for n, m in ((5, 7), (8, 4)):
        batch = {"source": rng.integers(1, 15, (3, n)), "target": rng.integers(1, 15, (3, m))}
        assert np.isfinite(model.train_on_batch(batch, rng.integers(0, 15, (3, m))))
    again = saved(model, tmp_path, OWN)
    batch = {"source": rng.integers(1, 15, (2, 6)), "target": rng.integers(1, 15, (2, 6))}
    whole = model.predict(batch, verbose=0)
    np.testing.assert_allclose(again.predict(batch, verbose=0), whole, rtol=1e-5, atol=1e-7)
    # word by word, as a translation is made: later words change nothing
    for steps in (1, 3):
        part = model.predict({**batch, "target": batch["target"][:, :steps]}, verbose=0)
        np.testing.assert_allclose(part, whole[:, :steps], rtol=1e-4, atol=1e-6)


def test_fully_convolutional_segmentation(tmp_path):
    inputs = fastnn.Input((None, None, 3))
    x = skip = layers.Conv2D(6, 3, padding="same", activation="relu")(inputs)
    x = layers.BatchNormalization()(layers.SeparableConv2D(6, 3, padding="same")(layers.MaxPooling2D()(x)))
    x = layers.Conv2DTranspose(6, 3, strides=2, padding="same")(x)
    x = layers.Concatenate()([layers.UpSampling2D()(layers.MaxPooling2D()(x)), skip])
    model = fastnn.Model(inputs, layers.Conv2D(2, 1, activation="softmax")(x))
    assert model.output_shape == (None, None, None, 2)
    model.compile("adam", "sparse_categorical_crossentropy")
    rng = np.random.default_rng(0)

    def batches():
        for size in (8, 12):
            yield rng.normal(size=(2, size, size + 4, 3)), rng.integers(0, 2, (2, size, size + 4))

    model.fit(batches(), verbose=0)
    again = saved(model, tmp_path)
    for size in (6, 10):
        image = rng.normal(size=(1, size, 8, 3))
        assert model.predict(image, verbose=0).shape == (1, size, 8, 2)
        np.testing.assert_allclose(again.predict(image, verbose=0), model.predict(image, verbose=0), rtol=1e-5)


@pytest.mark.parametrize("kind", [layers.LSTM, layers.GRU])
def test_sequence_to_sequence_with_models_for_inference(kind, tmp_path):
    source, target = fastnn.Input((None, 5)), fastnn.Input((None, 6))
    _, *states = kind(4, return_state=True, name="encoder")(source)
    decoder = kind(4, return_sequences=True, return_state=True, name="decoder")
    model = fastnn.Model(
        [source, target], layers.Dense(6, activation="softmax", name="words")(decoder(target, initial_state=states)[0])
    )
    model.compile("rmsprop", "categorical_crossentropy")
    rng = np.random.default_rng(0)
    for n, m in ((5, 4), (7, 9)):
        model.train_on_batch(
            [rng.normal(size=(4, n, 5)), rng.normal(size=(4, m, 6))], np.eye(6)[rng.integers(0, 6, (4, m))]
        )
    model = saved(model, tmp_path)
    encoder = fastnn.Model(model.input[0], model.get_layer("encoder").output[1:])
    given = [fastnn.Input((4,)) for _ in states]
    output, *new = model.get_layer("decoder")(model.input[1], initial_state=given)
    step = fastnn.Model([model.input[1], *given], [model.get_layer("words")(output), *new])
    x, y = rng.normal(size=(2, 3, 5)), rng.normal(size=(2, 5, 6))
    state, words = encoder.predict(x, verbose=0), []
    state = state if isinstance(state, list) else [state]
    for i in range(5):
        word, *state = step.predict([y[:, i : i + 1], *state], verbose=0)
        words.append(word)
    np.testing.assert_allclose(np.concatenate(words, 1), model.predict([x, y], verbose=0), rtol=1e-4, atol=1e-5)
