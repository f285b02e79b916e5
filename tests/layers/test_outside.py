"""Symbols that a call uses without being passed them."""

import copy
import warnings

import numpy as np
import pytest

from fastnn import Input, Model, Sequential, layers, models, ops
from fastnn.core.errors import GraphError

A, B = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")


class Adds(layers.Layer):
    def __init__(self, other, **kwargs):
        super().__init__(**kwargs)
        self.other = other

    def call(self, x):
        return x + self.other

    def compute_output_shape(self, input_shape):
        return input_shape


class Gathers(Adds):
    """Uses the symbol inside a loop over steps."""

    def call(self, x):
        return ops.scan(lambda total, row: (total + row + self.other[0], None), x[0] * 0, x)[0] + x


def _helper(x, other):
    return x * other


def _lambda(other):
    return layers.Lambda(lambda x: x * other)


def _told(other):
    return layers.Lambda(lambda x: ops.concatenate([x, other], axis=-1), output_shape=(6,))


def _default(other):
    def call(x, by=other):
        return x * by

    return layers.Lambda(call)


def _deep(other):
    def inner(x):
        return _helper(x, other)

    return layers.Lambda(lambda x: inner(x))


class Holds(layers.Layer):
    """Keeps the symbol in a list."""

    def __init__(self, other, **kwargs):
        super().__init__(**kwargs)
        self.others = [other]

    def call(self, x):
        return x + self.others[0]


def _argument(other):
    return layers.Lambda(lambda x, by: x * by, arguments={"by": other})


WAYS = [(_argument, lambda a, h: a * h), (Holds, lambda a, h: a + h),
        (_lambda, lambda a, h: a * h), (_told, lambda a, h: np.concatenate([a, h], -1)), (_deep, lambda a, h: a * h),
        (_default, lambda a, h: a * h), (Adds, lambda a, h: a + h),
        (Gathers, lambda a, h: a + a.sum(0) + len(a) * h[0])]  # fmt: skip


@pytest.mark.parametrize(("make", "expected"), WAYS)
def test_a_call_uses_what_it_is_not_passed(make, expected):
    a, b = Input((3,)), Input((3,))
    hidden = layers.Dense(3)
    model = Model([a, b], make(hidden(b))(a))
    wanted = expected(A, hidden(B))
    for found in (model.predict([A, B], verbose=0), model([A, B]), model([A, B]), model([A, B], training=True)):
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)
    a2, b2 = Input((3,)), Input((3,))
    around = Model([a2, b2], model([a2, b2]))
    np.testing.assert_allclose(around.predict([A, B], verbose=0), wanted, rtol=1e-5, atol=1e-5)
    model.compile("sgd", "mse")
    before = hidden.kernel.numpy()
    model.fit([A, B], np.zeros(np.shape(wanted)), verbose=0)
    assert not np.array_equal(before, hidden.kernel.numpy())  # gradients go there, too


def test_wrapped_layers_and_the_order_of_calls():
    steps, other = Input((4, 3)), Input((3,))
    doubled = layers.Rescaling(2.0)(other)
    model = Model([steps, other], layers.TimeDistributed(layers.Lambda(lambda x: x * doubled))(steps))
    x = np.ones((5, 4, 3), "float32")
    np.testing.assert_allclose(model.predict([x, B], verbose=0), x * 2 * B[:, None], rtol=1e-6)


def test_a_model_whose_inputs_do_not_lead_there_is_refused():
    a, b = Input((3,)), Input((3,))
    with pytest.raises(GraphError, match="disconnected"):
        Model(a, layers.Lambda(lambda x: x * b)(a))


def test_what_is_known_but_not_used_is_no_input():
    a, b = Input((3,)), Input((3,))
    layer = layers.Lambda(lambda x: x * 2 if b.shape[-1] == 3 else x)
    np.testing.assert_allclose(Model(a, layer(a)).predict(A, verbose=0), 2 * A, rtol=1e-6)
    assert Sequential([Input((3,)), layer]).predict(A, verbose=0).shape == (5, 3)


def _by_closure():
    i = x = Input((3,))
    kept = []
    for _ in range(3):
        h = layers.Dense(3)(x)
        kept.append(h)
        x = layers.Lambda(lambda t: t * 2 + h - kept[-1] * 0.5)(x)  # noqa: B023 - what is tested
    return Model(i, x)


def _by_globals():
    """As a script has it, where names are globals."""
    space = {"layers": layers, "Input": Input}
    exec(
        "i = x = Input((3,))\nkept = []\n"
        "for _ in range(3):\n"
        "    h = layers.Dense(3)(x); kept.append(h)\n"
        "    x = layers.Lambda(lambda t: t * 2 + h - kept[-1] * 0.5)(x)\n",
        space,
    )
    return Model(space["i"], space["x"])


def _shared_function():
    held = {}

    def turn(t):
        return t * 2 + held["h"] * 0.5

    i = x = Input((3,))
    layer = layers.Lambda(turn)
    for _ in range(3):
        held["h"] = layers.Dense(3)(x)
        x = layer(x)
    return Model(i, x)


def _by_config(model):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of lambdas, which no file holds
        config = model.get_config()
    functions = {layer.function.__name__: layer.function for layer in model.layers if hasattr(layer, "function")}
    return Model.from_config(config, {"turn": functions.get("turn")})


@pytest.mark.parametrize("build", [_by_closure, _by_globals, _shared_function])
@pytest.mark.parametrize("copied", [copy.deepcopy, models.clone_model, _by_config])
def test_each_call_of_a_loop_has_the_symbols_of_its_turn(build, copied):
    model = build()
    expected = A
    for dense in model.layers:
        if dense.weights:
            expected = expected * 2 + (expected @ dense.kernel.numpy() + dense.bias.numpy()) * 0.5
    np.testing.assert_allclose(model.predict(A, verbose=0), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(model(A), expected, rtol=1e-4, atol=1e-5)
    first = copied(model)
    for twin in (first, copied(first)):
        twin.set_weights(model.get_weights())
        np.testing.assert_allclose(twin.predict(A, verbose=0), expected, rtol=1e-4, atol=1e-5)
    first.compile("sgd", "mse")
    before = [w.copy() for w in first.get_weights()]
    first.fit(A, np.zeros_like(A), verbose=0)
    assert not any(np.array_equal(a, b) for a, b in zip(before, first.get_weights()))


def test_files_hold_which_symbols_a_call_uses(tmp_path):
    i = Input((3,))
    h = layers.Dense(3)(i)

    def add(t):
        return t + h

    model = Model(i, layers.Lambda(add)(i))
    model.save(tmp_path / "m.keras")
    twin = models.load_model(tmp_path / "m.keras", custom_objects={"add": add})
    np.testing.assert_allclose(twin.predict(A, verbose=0), model.predict(A, verbose=0))


def test_each_lambda_of_a_copy_is_its_own():
    model = Sequential([Input((3,)), layers.Lambda(lambda x: x * 5), layers.Lambda(lambda x: x + 1)])
    for copied in (copy.deepcopy, models.clone_model):
        np.testing.assert_allclose(copied(model).predict(A, verbose=0), A * 5 + 1, rtol=1e-6)


def relu(x):
    """A user's function that has the name of one of fastnn's."""
    return x * 5


@pytest.mark.parametrize("copied", [copy.deepcopy, models.clone_model])
def test_copies_have_the_functions_themselves(copied):
    ones = layers.Dense(3, activation=lambda x: x * 2, kernel_initializer=lambda shape, dtype=None: ops.ones(shape))
    last = [layers.Lambda(relu), layers.Dense(3, activation=lambda x: x + 7), layers.Activation(lambda x: -x)]
    model = Sequential([Input((3,)), ones, layers.Dense(3, activation=relu), *last])
    twin = copied(model)
    np.testing.assert_array_equal(twin.layers[0].kernel, np.ones((3, 3)))
    twin.set_weights(model.get_weights())
    np.testing.assert_allclose(twin.predict(A, verbose=0), model.predict(A, verbose=0), rtol=1e-6)
