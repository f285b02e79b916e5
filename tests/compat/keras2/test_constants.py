"""`constants` of recurrent layers, by name, in a list, through Bidirectional and through configs."""

import numpy as np
import pytest

from fastnn import Input, Model, compat, layers, ops

X = np.random.default_rng(3).normal(size=(2, 4, 3)).astype("float32")
C = np.array([[1, 2], [3, 0]], "float32")
S = np.array([[5, 6, 7], [8, 9, 1]], "float32")


@pytest.fixture
def keras():
    compat.install()
    import keras as found

    found.layers.RNN  # noqa: B018  what other years had is put there when a name is asked for
    with found.utils.custom_object_scope({"WithConstant": WithConstant}):
        yield found
    compat.uninstall()


class WithConstant(layers.Layer):
    """A cell: its input and half of its state, and a constant, each by weights of its own."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = self.state_size = units

    def build(self, input_shape):
        one, constant = input_shape
        self.of_input = self.add_weight(name="i", shape=(one[-1], self.units), initializer="uniform")
        self.of_constant = self.add_weight(name="c", shape=(constant[-1], self.units), initializer="uniform")
        self.built = True

    def call(self, inputs, states, constants):
        new = ops.matmul(inputs, self.of_input) + 0.5 * states[0] + ops.matmul(constants[0], self.of_constant)
        return new, [new]

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def steps(x, start, i, c):
    for t in range(x.shape[1]):
        start = x[:, t] @ i + 0.5 * start + C @ c
    return start


@pytest.mark.parametrize("start", [False, True])
@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("way", ["named", "list"])
def test_constants_in_every_way(keras, both, start, way):
    x, c, s = Input((4, 3)), Input((2,)), Input((3,))
    made = keras.layers.RNN(WithConstant(3))
    layer = keras.layers.Bidirectional(made) if both else made
    states = [s] * (2 if both else 1) if start else []
    named = layer(x, initial_state=states or None, constants=c)
    if way == "list":
        again = type(layer).from_config(layer.get_config())
        y = again([x, *states, c])
        again.set_weights(layer.get_weights())
    else:
        y = named
    inputs, given = ([x, s, c], [X, S, C]) if start else ([x, c], [X, C])
    model = Model(inputs, y)
    begin = S if start else np.zeros((2, 3), "float32")
    weights = layer.get_weights()
    wanted = [steps(X, begin, *weights[:2])]
    if both:
        wanted.append(steps(X[:, ::-1], begin, *weights[2:]))
    np.testing.assert_allclose(model.predict(given, verbose=0), np.concatenate(wanted, -1), rtol=1e-5, atol=1e-5)
    model.compile("sgd", "mse")
    assert np.isfinite(model.train_on_batch(given, np.zeros((2, 3 * len(wanted)), "float32")))
    twin = Model.from_config(model.get_config())
    twin.set_weights(model.get_weights())
    np.testing.assert_array_equal(twin.predict(given, verbose=0), model.predict(given, verbose=0))


def test_a_list_without_constants_holds_states(keras):
    layer = keras.layers.SimpleRNN(3)
    np.testing.assert_array_equal(layer([X, S]), layer(X, initial_state=[S]))
    assert "num_constants" not in layer.get_config()
