"""MaxoutDense and Highway, against plain float64 NumPy and in a script of those years."""

import numpy as np
import pytest

import fastnn
from fastnn.compat.keras1_layers import Highway, MaxoutDense

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
