"""Arguments that Keras's constructors refuse: the same builtin class of error, before anything is made."""

import numpy as np
import pytest

import fastnn
from fastnn import layers
from fastnn.core.errors import FastnnError

# a call that makes an object -> the builtin classes that its error is one of
REFUSED = {
    "layers.ZeroPadding1D(1, data_format='other')": ValueError,
    "layers.LSTM(3, seed=1.5)": ValueError,
    "layers.GRUCell(3, seed='x')": ValueError,
    "layers.ConvLSTM2D(4, 3, seed=[1])": ValueError,
    "layers.Dropout(0.5, seed=np.zeros(2))": ValueError,
    "layers.RandomFlip(seed=np.zeros(2))": ValueError,
    "layers.RandAugment(value_range=None)": ValueError,
    "layers.AugMix(value_range=3)": ValueError,
    "layers.Bidirectional(None)": ValueError,
    "layers.InputSpec(shape=3)": ValueError,
    "layers.Dot(axes='a')": TypeError,
    "layers.Dot(axes=1.5)": TypeError,
    "layers.Dot(axes=(1, 2, 3))": ValueError,
    "layers.Dense(3, activation={})": ValueError,
    "layers.Dense(3, kernel_initializer={'a': 1})": ValueError,
    "layers.Dense(3, kernel_regularizer={'a': 1})": ValueError,
    "layers.Dense(3, kernel_constraint={})": ValueError,
    "layers.Embedding(3, 2, activity_regularizer={})": ValueError,
    "initializers.HeNormal(seed=np.zeros(2))": ValueError,
    "initializers.Zeros(1)": TypeError,
    "initializers.Ones(dtype='float32')": TypeError,
    "constraints.NonNeg(axis=0)": TypeError,
}


@pytest.mark.parametrize("call", REFUSED)
def test_what_keras_refuses_is_refused(call):
    names = {name: getattr(fastnn, name) for name in ("layers", "initializers", "constraints")}
    with pytest.raises(REFUSED[call]) as error:
        eval(call, {**names, "np": np})
    assert isinstance(error.value, FastnnError)


def test_first_padding_follows_the_configured_data_format():
    assert layers.ZeroPadding1D(1).data_format == "channels_last"
    fastnn.config.set_image_data_format("channels_first")
    try:
        assert layers.ZeroPadding1D(1)(np.ones((1, 2, 3))).shape == (1, 2, 5)
        assert layers.Cropping1D(1)(np.ones((1, 3, 2))).shape == (1, 1, 2)
    finally:
        fastnn.config.set_image_data_format("channels_last")


# a call on symbols -> the builtin class of its error
REFUSED_CALLS = {
    "layers.Dense(3)(a(4), a(4))": TypeError,
    "layers.Add()(a(4), a(4))": TypeError,
    "layers.Conv1D(3, 2)(a(4, 4), a(4, 4))": TypeError,
    "layers.Flatten()(a(4, 4), nope=3)": TypeError,
    "layers.LSTM(3)(a(4, 4), nope=3)": TypeError,
    "layers.Reshape((16,))(a(4, 4), mask=a(4))": TypeError,
    "layers.Dense(3)(a(4), 4)": ValueError,
    "layers.BatchNormalization()(a(4), True)": ValueError,
    "layers.Softmax()('text')": ValueError,
    "layers.Dense(3)([a(4)])": ValueError,
    "layers.BatchNormalization()([a(4), a(4)])": ValueError,
    "layers.LayerNormalization()([a(4, 4), a(4, 4)])": ValueError,
    "layers.PReLU()([a(4), a(4)])": ValueError,
    "layers.SpectralNormalization(layers.Dense(3))([a(4)])": ValueError,
    "layers.UnitNormalization(axis=2)(a(4))": ValueError,
    "layers.GroupQueryAttention(4, 4, 2)(a(4, 4), a(4, 3))": ValueError,
}


def symbols(*shape):
    return fastnn.Input(shape)


@pytest.mark.parametrize("call", REFUSED_CALLS)
def test_calls_on_symbols_take_what_the_layer_takes(call):
    with pytest.raises(REFUSED_CALLS[call]) as error:
        eval(call, {"layers": layers, "a": symbols})
    assert isinstance(error.value, FastnnError)


@pytest.mark.parametrize(
    ("call", "shape"),
    [
        ("layers.Embedding(5, 3)(a(4), training=True)", (None, 4, 3)),
        ("layers.ReversibleEmbedding(5, 3)(a(4), training=False)", (None, 4, 3)),
        ("layers.Dense(3)(a(4), training=True)", (None, 3)),
        ("layers.Flatten()(a(4, 2), training=True)", (None, 8)),
        ("layers.LSTM(3)(a(4, 2), None, a(4))", (None, 3)),
    ],
)
def test_every_layer_takes_training_on_symbols(call, shape):
    assert eval(call, {"layers": layers, "a": symbols}).shape == shape


@pytest.mark.parametrize(
    ("call", "value"),
    [("Rescaling(2.0)", 6.0), ("Discretization([0.0, 5.0])", 1), ("CategoryEncoding(4)", [0.0, 0.0, 0.0, 1.0])],
)
def test_layers_on_data_take_numbers(call, value):
    np.testing.assert_array_equal(eval(f"layers.{call}(3)", {"layers": layers}), value)


@pytest.mark.parametrize("shape", [(2,), (2, 3)])
def test_images_have_three_axes_or_four(shape):
    for layer in (layers.RandomCrop(2, 2), layers.CenterCrop(2, 2), layers.Resizing(2, 2)):
        with pytest.raises(ValueError):
            layer(np.ones(shape, "float32"))


# what users match: Keras's words
WORDS = {
    "initializers.get('nope')": "Could not interpret initializer identifier: nope",
    "regularizers.get('nope')": "Could not interpret regularizer identifier: nope",
    "constraints.get('nope')": "Could not interpret constraint identifier: nope",
    "activations.get('nope')": "Could not interpret activation function identifier: nope",
    "utils.set_random_seed('a')": "Expected `seed` argument to be an integer",
    "utils.pad_sequences([[1]], padding='x')": 'Padding type "x" not understood',
    "utils.pad_sequences([[1], [2, 3]], truncating='x', maxlen=1)": 'Truncating type "x" not understood',
    "layers.RNN(layers.Dense(2))": "The RNN cell should have a `state_size` attribute",
    "layers.RNN(3)": "Argument `cell` should have a `call` method",
    "layers.Bidirectional(layers.Dense(2))": "Please initialize `Bidirectional` layer with a `keras.layers.Layer`",
    "layers.Bidirectional(layers.LSTM(2), backward_layer=3)": "`backward_layer` need to be a `keras.layers.Layer`",
    "layers.Discretization(num_bins=-1)": "`num_bins` must be greater than or equal to 0",
    "layers.Discretization([1.0], output_mode='x')": "Unknown value for `output_mode` argument of Discretization",
}


@pytest.mark.parametrize("call", WORDS)
def test_words_of_errors(call):
    parts = ("layers", "initializers", "regularizers", "constraints", "activations", "utils")
    with pytest.raises(ValueError) as error:
        eval(call, {part: getattr(fastnn, part) for part in parts})
    assert WORDS[call] in str(error.value)


def test_validation_freq_is_a_list_or_an_int():
    model = fastnn.Sequential([layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.ones((2, 1))
    with pytest.raises(ValueError, match="Expected `validation_freq` to be a list or int"):
        model.fit(x, x, validation_data=(x, x), validation_freq="a", verbose=0)
