"""Gradients outside of steps: tapes against finite differences and against fit, functions of functions, bad input."""

import gc
import threading
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastnn as keras
from fastnn import GradientTape, Variable, layers, losses, ops, optimizers
from fastnn.compiler import gather
from fastnn.graph.tensor import Tensor, here

RNG = np.random.default_rng(5)

# ---------------------------------------------------------------------- random functions against finite differences
UNARY = {
    "sin": ops.sin,
    "tanh": ops.tanh,
    "exp": lambda x: ops.exp(x * 0.3),
    "square": ops.square,
    "softplus": ops.softplus,
    "sigmoid": ops.sigmoid,
    "mean": lambda x: x - ops.mean(x, axis=-1, keepdims=True),
    "matmul": lambda x: ops.matmul(x, ops.transpose(x)) @ x * 0.1,
    "pick": lambda x: x[:, ::-1] * 0.5,
    "cond": lambda x: ops.cond(ops.sum(x) > 0.0, lambda: x * 1.5, lambda: ops.sin(x)),
    "loop": lambda x: ops.fori_loop(0, 3, lambda i, y: y * 0.9 + ops.sin(x), x),
    "where": lambda x: ops.where(x > 0.1, x * x, x * 0.5),
}
BINARY = {"add": ops.add, "multiply": ops.multiply, "subtract": ops.subtract, "maximum": ops.maximum}


@st.composite
def functions(draw):
    """A function of a (3, 4) array: some steps of it, each on earlier results."""
    steps = draw(st.lists(st.tuples(st.sampled_from(sorted(UNARY)), st.integers(0, 9), st.sampled_from(sorted(BINARY)),
                                    st.integers(0, 9)), min_size=1, max_size=4))  # fmt: skip

    def f(x):
        found = [x]
        for one, i, two, j in steps:
            found.append(BINARY[two](UNARY[one](found[i % len(found)]), found[j % len(found)]))
        return ops.mean(ops.tanh(found[-1]))

    return f


def slope(f, x, direction, h=1e-5):
    """The derivative of f along a direction by central differences in float64."""
    return (float(f(x + h * direction)) - float(f(x - h * direction))) / (2 * h)


@given(f=functions(), seed=st.integers(0, 99))
def test_gradients_and_their_gradients_are_what_differences_say(f, seed):
    rng = np.random.default_rng(seed)
    x, u, v = (rng.uniform(0.2, 1.0, (3, 4)) * rng.choice([-1, 1], (3, 4)) for _ in range(3))
    x = np.where(np.abs(x - 0.1) < 0.05, 0.3, x)  # the kink of "where"

    def along(point):
        with GradientTape() as tape:
            tape.watch(point)
            y = f(point)
        return ops.sum(tape.gradient(y, point, unconnected_gradients="zero") * u)

    first = float(along(Tensor.of(x)))
    kinks = max(abs(first), 1.0)
    assert first == pytest.approx(slope(f, x, u), rel=2e-4, abs=2e-6 * kinks)
    second = float(np.sum(np.asarray(keras.grad(along)(x)) * v))
    assert second == pytest.approx(slope(lambda p: along(Tensor.of(p)), x, v), rel=2e-3, abs=2e-5 * kinks)


@given(f=functions(), seed=st.integers(0, 99))
def test_a_look_in_between_changes_no_bit(f, seed):
    x = np.random.default_rng(seed).uniform(-1, 1, (3, 4)).astype("float32")
    found = []
    for look in (False, True):
        with GradientTape() as tape:
            tape.watch(x)
            y = f(x)
            if look:
                float(y)
        found.append(np.asarray(tape.gradient(y, x, unconnected_gradients="zero")))
    np.testing.assert_array_equal(*found)


# ---------------------------------------------------------------------- the same bits as fit
def network(seed=3):
    keras.utils.set_random_seed(seed)
    return keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(3, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(4, kernel_regularizer="l2"),
        ]
    )


X = RNG.random((24, 8, 8, 1), np.float32)
Y = RNG.integers(0, 4, 24)


def by_tape(model, optimizer, loss, look=False):
    for i in range(0, 24, 8):
        with GradientTape() as tape:
            value = loss(Y[i : i + 8], model(X[i : i + 8], training=True))
            if look:
                assert np.isfinite(float(value))
            value = value + sum(model.losses)
        optimizer.apply(tape.gradient(value, model.trainable_variables), model.trainable_variables)
    return float(value)


@pytest.mark.parametrize("optimizer", [lambda: optimizers.SGD(0.1, momentum=0.9), lambda: optimizers.Adam(0.01)])
@pytest.mark.parametrize("look", [False, True])
def test_a_loop_of_ones_own_gives_the_bits_of_fit(optimizer, look):
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    fitted, looped = network(), network()
    fitted.compile(optimizer(), loss)
    fitted.fit(X, Y, batch_size=8, shuffle=False, verbose=0)
    by_tape(looped, optimizer(), loss, look)
    for a, b in zip(fitted.get_weights(), looped.get_weights()):
        np.testing.assert_array_equal(a, b)


BRANCHES = {  # shape of a row, two layers whose results are added
    "dense": ((5, 2), lambda: layers.Dense(3), lambda: layers.Dense(3)),
    "shortcut": ((4, 4, 2), lambda: layers.Conv2D(3, 3, padding="same"), lambda: layers.Conv2D(3, 1)),
    "attention": ((5, 2), lambda: layers.MultiHeadAttention(2, 2), lambda: layers.Dense(2)),
}


@pytest.mark.parametrize("merge", [layers.Add, layers.Average, layers.Subtract])
@pytest.mark.parametrize("kind", BRANCHES)
def test_layers_that_meet_in_one_sum_each_get_their_gradient(kind, merge):
    shape, *makes = BRANCHES[kind]
    x = RNG.standard_normal((6, *shape)).astype("float32")
    found = []
    for eager in (False, True):
        keras.utils.set_random_seed(2)
        i = keras.Input(shape)
        branches = [make() for make in makes]
        y = merge()([b(i, i) if isinstance(b, layers.MultiHeadAttention) else b(i) for b in branches])
        model = keras.Model(i, layers.Dense(1)(layers.Flatten()(y)))
        model.compile(optimizers.SGD(0.1), "mse", run_eagerly=eager)
        model.fit(x, x.reshape(6, -1)[:, :1], batch_size=6, epochs=2, verbose=0)
        found.append(model.get_weights())
    for compiled, eager in zip(*found):
        np.testing.assert_allclose(compiled, eager, rtol=1e-4, atol=1e-5)


def test_a_loop_of_stateless_pieces_gives_the_numbers_of_fit():
    fitted, model = network(), network()
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    fitted.compile(optimizers.SGD(0.1, momentum=0.9), loss)
    fitted.fit(X, Y, batch_size=8, shuffle=False, verbose=0)
    optimizer = optimizers.SGD(0.1, momentum=0.9)
    optimizer.build(model.trainable_variables)

    def of_batch(trainable, rest, x, y):
        out, rest, extra = model.stateless_call(trainable, rest, x, training=True, return_losses=True)
        return loss(y, out) + sum(extra), rest

    trainable = [v.value for v in model.trainable_variables]
    rest = [v.value for v in model.non_trainable_variables]
    own = [v.value for v in optimizer.variables]
    before = model.get_weights()
    for i in range(0, 24, 8):
        (_, rest), grads = keras.value_and_grad(of_batch, has_aux=True)(trainable, rest, X[i : i + 8], Y[i : i + 8])
        trainable, own = optimizer.stateless_apply(own, grads, trainable)
    for a, b in zip(before, model.get_weights()):
        np.testing.assert_array_equal(a, b)
    for a, b in zip([*fitted.trainable_variables, *fitted.non_trainable_variables], [*trainable, *rest]):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_one_random_seed_gives_one_training():
    results = []
    for _ in range(2):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([layers.Input((6,)), layers.Dropout(0.5), layers.Dense(2)])
        optimizer, rows = optimizers.SGD(0.1), np.ones((4, 6), np.float32)
        for _ in range(3):
            with GradientTape() as tape:
                value = ops.mean(ops.square(model(rows, training=True)))
            optimizer.apply(tape.gradient(value, model.trainable_variables), model.trainable_variables)
        results.append(model.get_weights()[0])
    np.testing.assert_array_equal(*results)


def test_draws_are_new_in_every_step():
    drop, rows = layers.Dropout(0.5), np.ones((1, 64), np.float32)
    seen = set()
    for _ in range(4):
        with GradientTape() as tape:
            tape.watch(rows)
            y = drop(rows, training=True)
        seen.add(np.asarray(tape.gradient(y, rows)).tobytes())
        assert np.asarray(y).tobytes() in seen  # each value is its gradient here, zero or two
    assert len(seen) == 4


def test_nothing_is_traced_or_compiled_the_second_time(monkeypatch):
    model, optimizer, loss = network(), optimizers.SGD(0.1), losses.SparseCategoricalCrossentropy(from_logits=True)
    by_tape(model, optimizer, loss)
    by_tape(model, optimizer, loss)
    monkeypatch.setattr(gather.Log, "_traced", lambda *_: pytest.fail("a call was traced again"))
    monkeypatch.setattr(gather.Log, "_compiled", lambda *_: pytest.fail("a plan was made again"))
    by_tape(model, optimizer, loss)


# ---------------------------------------------------------------------- what is kept
def test_nothing_stays_when_nobody_looks_at_it_any_more():
    model, optimizer, loss = network(), optimizers.SGD(0.1), losses.SparseCategoricalCrossentropy(from_logits=True)
    by_tape(model, optimizer, loss)
    assert here.log is None or not here.log.events
    x = Tensor.of(np.ones(3, np.float32))
    with GradientTape() as tape:
        tape.watch(x)
        y = ops.exp(x)
    ref = weakref.ref(tape)
    del tape
    gc.collect()
    assert ref() is None
    np.testing.assert_allclose(y, np.exp(np.ones(3)), rtol=1e-6)


def test_values_stay_what_they_were():
    v = Variable([1.0, 2.0])
    with GradientTape(persistent=True) as tape:
        doubled = v * 2.0
        kept = v.value
    v.assign([7.0, 7.0])
    np.testing.assert_array_equal(doubled, [2.0, 4.0])
    np.testing.assert_array_equal(kept, [1.0, 2.0])
    assert tape.gradient(doubled * doubled, v) is None  # made after the block
    with GradientTape(persistent=True) as tape:
        cube = v * v * v
        float(ops.sum(cube))
        v.assign([1.0, 1.0])
    np.testing.assert_array_equal(tape.gradient(cube, v), [3 * 49.0, 3 * 49.0])


def test_lent_results_are_not_overwritten():
    x = Tensor.of(np.ones((2, 2), np.float32))
    kept = []
    for k in range(3):
        with GradientTape() as tape:
            tape.watch(x)
            y = x * float(k) + 1.0
        kept.append((y, tape.gradient(y, x)))
        np.asarray(y)
    np.testing.assert_array_equal([np.asarray(y)[0, 0] for y, _ in kept], [1.0, 2.0, 3.0])
    np.testing.assert_array_equal([np.asarray(g)[0, 0] for _, g in kept], [0.0, 1.0, 2.0])


def test_a_run_of_the_model_inside_a_persistent_tape():
    model = keras.Sequential([layers.Input((2,)), layers.Dense(1, use_bias=False, kernel_initializer="ones")])
    model.compile(optimizers.SGD(0.5), "mse")
    rows = np.ones((2, 2), np.float32)
    with GradientTape(persistent=True) as tape:
        y = ops.sum(ops.square(model(rows)))
        model.train_on_batch(rows, np.zeros((2, 1), np.float32))
        z = ops.sum(ops.square(model(rows)))
    kernel = model.weights[0]
    np.testing.assert_allclose(tape.gradient(y, kernel), [[8.0], [8.0]])
    np.testing.assert_allclose(z, 2 * np.sum(kernel.numpy()) ** 2, rtol=1e-6)


def test_threads_have_tapes_of_their_own():
    found = {}

    def work(k):
        x = Tensor.of(np.full(3, k, np.float32))
        for _ in range(20):
            with GradientTape() as tape:
                tape.watch(x)
                y = ops.sum(x * x * x)
            found[k] = np.asarray(tape.gradient(y, x))

    threads = [threading.Thread(target=work, args=(k,)) for k in (1, 2, 3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for k, g in found.items():
        np.testing.assert_allclose(g, np.full(3, 3.0 * k * k))
