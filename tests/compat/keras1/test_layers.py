"""MaxoutDense, Highway and the dropout of Embedding, against plain float64 NumPy and in a script of those years."""

import numpy as np
import pytest
from compat.running import run

import fastnn
from fastnn.compat.keras1 import layers as keras1_layers
from fastnn.compat.keras1.layers import DroppingEmbedding, Highway, MaxoutDense
from fastnn.core.errors import NotSupportedError

X = np.random.default_rng(1).normal(size=(5, 4))


@pytest.mark.parametrize("bias", [True, False])
def test_values(bias):
    maxout, highway = MaxoutDense(2, nb_feature=3, bias=bias), Highway(activation="tanh", bias=bias)
    outputs = maxout(X), highway(X)
    w, b = maxout.W.numpy().astype("float64"), maxout.b.numpy() if bias else 0
    np.testing.assert_allclose(outputs[0], (np.einsum("nd,fdo->nfo", X, w) + b).max(axis=1), atol=1e-6)
    w, carry = highway.W.numpy().astype("float64"), highway.W_carry.numpy()
    share = 1 / (1 + np.exp(-(X @ carry + (1 if bias else 0))))
    np.testing.assert_allclose(outputs[1], np.tanh(X @ w) * share + (1 - share) * X, atol=1e-6)
    for layer in (maxout, highway):
        assert type(layer).from_config(layer.get_config()).get_config() == layer.get_config()


def test_words_are_dropped_at_every_place():
    layer = DroppingEmbedding(40, 3, dropout=0.5)
    x = np.arange(80).reshape(4, 20) % 40
    whole, dropped = np.asarray(layer(x)), np.asarray(layer(x, training=True))
    share = np.round(dropped / whole, 5)
    assert set(share.ravel().tolist()) == {0.0, 2.0}
    assert np.array_equal(share[0], share[2]) and np.array_equal(share[1], share[3])  # the same words
    assert np.ptp(share, axis=2).max() == 0
    assert DroppingEmbedding.from_config(layer.get_config()).dropout == 0.5


def test_a_script_drops_words():
    fastnn.compat.install()
    try:
        from keras.layers import Dense, Embedding, Flatten
        from keras.models import Sequential

        class Own(Embedding):
            pass

        first = Embedding(20, 8, input_length=5, dropout=0.2, init="uniform")
        assert type(first) is DroppingEmbedding and isinstance(first, Embedding)
        assert type(Embedding(3, 2, dropout=0.0)) is Embedding and type(Own(3, 2)) is Own
        with pytest.raises(NotSupportedError, match="leave the argument out"):
            Own(3, 2, dropout=0.2)
        model = Sequential([first, Flatten(), Dense(1)])
        model.compile("sgd", "mse")
        model.fit(np.arange(10).reshape(2, 5), np.ones((2, 1)), nb_epoch=1, verbose=0)
    finally:
        fastnn.compat.uninstall()
    assert type(fastnn.layers.Embedding(3, 2)) is fastnn.layers.Embedding
    with pytest.raises(ValueError, match="dropout"):
        fastnn.layers.Embedding(3, 2, dropout=0.2)


def test_a_script_finds_and_trains_them():
    fastnn.compat.install()
    try:
        from keras.layers import Highway as High
        from keras.layers.core import MaxoutDense as Maxout
        from keras.models import Sequential

        model = Sequential()
        model.add(Maxout(3, nb_feature=2, input_dim=4))
        model.add(High(activation="relu"))
        model.compile(loss="mse", optimizer="sgd")
        model.fit(X, X[:, :3], nb_epoch=1, verbose=0)
        assert model.count_params() == 2 * (4 * 3 + 3) + 2 * (9 + 3)
    finally:
        fastnn.compat.uninstall()


def test_softplus_and_srelu_with_weights_of_their_own():
    x = np.array([[-2.0, 0.5], [3.0, -0.25]], "float32")
    soft = keras1_layers.ParametricSoftplus(alpha_init=0.5, beta_init=2.0)
    np.testing.assert_allclose(soft(x), 0.5 * np.log1p(np.exp(2 * x)), rtol=1e-5)
    bent = keras1_layers.SReLU()
    bent.build((None, 2))
    bent.set_weights([np.full(2, v, "float32") for v in (-1.0, 0.5, -2.0, 0.1)])
    left, right = -1.0, 1.0  # the second threshold is the first and the size of the second weight
    wanted = np.where(x < left, left + 0.5 * (x - left), np.where(x >= right, right + 0.1 * (x - right), x))
    np.testing.assert_allclose(bent(x), wanted, rtol=1e-5)
    for layer in (soft, bent, keras1_layers.SReLU(shared_axes=[1])):
        again = type(layer).from_config(layer.get_config())
        again.build((None, 5, 2))
        assert again.weights[0].shape == ((1, 2) if layer.shared_axes else (5, 2))


OF_THE_FIRST_YEARS = """
import numpy as np
import warnings
from keras.layers import ConvLSTM2D, Dense
from keras.models import Sequential

layer = ConvLSTM2D(nb_filter=4, nb_row=3, nb_col=2, border_mode="same", inner_activation="hard_sigmoid")
assert layer.filters == 4 and layer.kernel_size == (3, 2) and layer.padding == "same"
x, y = np.random.rand(8, 3), np.eye(2)[[0, 1] * 4]
for call in ("fit", "evaluate", "train_on_batch"):
    model = Sequential([Dense(2, activation="softmax", input_dim=3)])
    model.compile(loss="categorical_crossentropy", optimizer="sgd", class_mode="categorical")
    own = {"accuracy": True} if "batch" in call else {"show_accuracy": True, "verbose": 0}
    found = getattr(model, call)(x, y, **own)
    assert "accuracy" in found.history if call == "fit" else len(found) == 2
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    model.fit(x, y, nb_epoch=1, verbose=0, class_weight="auto")
assert "no effect" in str(seen[0].message), seen
print("done")
"""


def test_arguments_of_the_first_years(tmp_path):
    status, out, errors = run(OF_THE_FIRST_YEARS, tmp_path)
    assert status == 0 and out.splitlines()[-1] == "done", errors
