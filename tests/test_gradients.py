"""Gradients outside of steps: tapes against finite differences and against fit, functions of functions, bad input."""

import gc
import threading
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastnn as keras
from fastnn import GradientTape, Variable, gradients, layers, losses, ops, optimizers
from fastnn.compiler import events, gather
from fastnn.core import hooks
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


# ---------------------------------------------------------------------- functions of functions
def test_functions_of_functions():
    a = np.array([[1.0, 2.0], [3.0, 5.0]], np.float32)
    value, (da, db) = keras.value_and_grad(lambda p, q: ops.sum(p["w"] * p["w"] * q), argnums=(0, 1))({"w": a}, 2.0)
    assert float(value) == pytest.approx(78.0)
    np.testing.assert_allclose(da["w"], 4 * a)
    assert float(db) == pytest.approx(39.0)
    (loss, extra), g = keras.value_and_grad(lambda x: (ops.sum(x), x * 2), has_aux=True)(a)
    assert float(loss) == 11.0
    np.testing.assert_allclose(extra, 2 * a)
    np.testing.assert_allclose(g, np.ones_like(a))
    found, aux = keras.grad(lambda x: (ops.sum(x * x), "aux"), has_aux=True)(a)
    assert aux == "aux"
    np.testing.assert_allclose(found, 2 * a)
    _, pull = keras.vjp(lambda x: (x * x, ops.sum(x)), a)
    (gx,) = pull((np.ones_like(a), np.float32(3.0)))
    np.testing.assert_allclose(gx, 2 * a + 3)
    _, t = keras.jvp(lambda x, z: x * z, (a, a + 1), (a, np.zeros_like(a)))
    np.testing.assert_allclose(t, a * (a + 1))
    np.testing.assert_allclose(keras.jacobian(lambda x: ops.sum(x, axis=1))(a), [[[1, 1], [0, 0]], [[0, 0], [1, 1]]])
    h = np.asarray(keras.hessian(lambda x: ops.sum(x[0] * x[1] ** 2))(a))
    assert h.shape == (2, 2, 2, 2) and h[0, 1, 1, 1] == pytest.approx(10.0) and h[1, 1, 1, 1] == pytest.approx(4.0)
    v = Variable(3.0)
    (gv,) = keras.grad(lambda vs: vs[0] * vs[0])([v])
    assert float(gv) == 6.0


INSIDE = {
    "dense": lambda: [layers.Dense(5, "tanh"), layers.LayerNormalization(), layers.Dense(12)],
    "convolution": lambda: [
        layers.Reshape((4, 4, 1)), layers.Conv2D(3, 3, activation="gelu"), layers.MaxPooling2D(), layers.Flatten(),
        layers.Dense(12)],
    "sequence": lambda: [layers.Reshape((4, 4)), layers.GRU(3, return_sequences=True), layers.Flatten()],
}  # fmt: skip


@pytest.mark.parametrize("inside", INSIDE.values(), ids=INSIDE)
def test_the_jacobian_of_many_elements_is_that_of_each(inside, monkeypatch):
    model = keras.Sequential([keras.Input((16,)), *inside()])
    x = RNG.normal(size=(2, 16)).astype("float32")
    weight = model.trainable_variables[0]

    def asked():
        with GradientTape(persistent=True) as tape:
            given = ops.convert_to_tensor(x)
            tape.watch(given)
            y = model(given)
        return [np.asarray(j) for j in (*tape.jacobian(y, [given, weight]), tape.batch_jacobian(y, given))]

    looped = asked()
    monkeypatch.setattr(gradients, "WRITTEN_OUT", 10**6)
    events.roots.root.forget()
    for a, b in zip(looped, asked()):
        np.testing.assert_array_equal(a, b)
    assert looped[0].shape == (2, *model.output_shape[1:], 2, 16)


def test_the_second_derivatives_of_many_elements_are_a_loop_of_a_loop():
    w = RNG.normal(size=(12, 12)).astype("float32")
    x = RNG.normal(size=(12,)).astype("float32")
    h = np.asarray(keras.hessian(lambda x: ops.sum(ops.matmul(x, w) ** 2))(x))
    np.testing.assert_allclose(h, 2 * (w @ w.T), rtol=1e-4, atol=1e-4)


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


class AlongTheInput(layers.Layer):
    """(values of a function, derivatives along its input by each way), inside of a layer."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def call(self, x):
        with GradientTape() as outer:
            outer.watch(x)
            with GradientTape(persistent=True) as tape:
                tape.watch(x)
                y = self.function(x)
            first = tape.batch_jacobian(y, x)
        return y, first, outer.batch_jacobian(first[..., 0], x)


@pytest.mark.parametrize("kind", ["layer", "model", "plain"])
def test_jacobians_of_rows_in_a_functional_model(kind):
    dense = layers.Dense(3, activation="tanh")
    function = {
        "layer": dense,
        "model": keras.Sequential([keras.Input((2,)), dense]),
        "plain": lambda x: ops.tanh(x @ np.array([[1.0, 2.0, -1.0], [0.5, 0.0, 1.0]], "float32")),
    }[kind]
    x = np.random.default_rng(3).normal(size=(4, 2)).astype("float32")
    inputs = keras.Input((2,))
    outputs = AlongTheInput(function)(inputs)
    assert [tuple(o.shape) for o in outputs] == [(None, 3), (None, 3, 2), (None, 3, 2)]
    y, first, second = keras.Model(inputs, outputs).predict(x, verbose=0)
    w = np.array([[1.0, 2.0, -1.0], [0.5, 0.0, 1.0]], "float32") if kind == "plain" else dense.kernel.numpy()
    np.testing.assert_allclose(first, (1 - y**2)[:, :, None] * w.T, rtol=1e-5, atol=1e-6)
    expected = (-2 * y * (1 - y**2) * w[0])[:, :, None] * w.T
    np.testing.assert_allclose(second, expected, rtol=1e-4, atol=1e-6)


class TwiceTheKernel(layers.Wrapper):
    """A wrapper that puts a value in place of the weight of the layer inside, at each call."""

    def build(self, input_shape):
        self.layer.build(input_shape)
        self.weight, self.built = self.layer.kernel, True

    def call(self, x):
        self.layer.kernel = self.weight * 2.0
        return self.layer(x)


@pytest.mark.parametrize("layer", [layers.Dense(3), layers.Conv1D(3, 1)], ids=["dense", "conv"])
def test_a_value_in_place_of_a_weight_leads_to_the_weight(layer):
    twice = TwiceTheKernel(layer)
    x = np.ones((2, 4, 5), "float32")
    for _ in range(2):
        with GradientTape() as tape:
            y = ops.sum(twice(x))
        kernel, bias = tape.gradient(y, twice.trainable_variables)
        assert np.all(kernel == 16.0) and np.all(bias == 8.0)
        twice.weight.assign_add(np.ones(twice.weight.shape))
    np.testing.assert_allclose(
        twice(x)[0, 0], 2 * np.sum(twice.weight.numpy(), axis=(0, 1) if layer.name[0] == "c" else 0)
    )


@pytest.mark.parametrize("reads", [True, False])
def test_a_gradient_function_of_any_names_is_given_variables_that_were_read(reads):
    weight, x = Variable(np.full((2, 2), 3.0, "float32")), np.ones((1, 2), "float32")

    @ops.custom_gradient
    def own(x):
        def gradient(*upstream, **kwargs):
            assert ("variables" in kwargs) == reads
            dx = upstream[0] * 2.0
            return (dx, [ops.ones_like(v) * 5.0 for v in kwargs["variables"]]) if reads else dx

        return (ops.matmul(x, weight) if reads else x), gradient

    with GradientTape() as tape:
        tape.watch(x)
        y = ops.sum(own(x))
    dx, dw = tape.gradient(y, [x, weight])
    assert np.all(dx == 2.0) and (np.all(dw == 5.0) if reads else dw is None)


def test_a_function_that_asks_for_values_and_brings_its_gradient_reads_variables():
    weight, unread = Variable(np.array([[2.0], [1.0]], "float32")), Variable(np.float32(1.0))
    x = np.array([[1.0, 3.0], [2.0, -1.0]], "float32")

    @ops.custom_gradient
    def powers(x, times):
        y = x
        for _ in range(int(ops.sum(times))):
            y = ops.matmul(y, weight) * ops.ones_like(x)

        def gradient(*upstream, **kwargs):
            assert kwargs["variables"] == [weight]
            return (upstream[0] * 2.0, None), [ops.ones_like(v) * 5.0 for v in kwargs["variables"]]

        return y, gradient

    with GradientTape() as tape:
        tape.watch(x)
        y = powers(ops.multiply(x, 1.0), np.float32(2.0) * ops.sum(ops.ones_like(x[:, :1])) / 2)
        loss = ops.sum(y)
    dx, dw, none = tape.gradient(loss, [x, weight, unread])
    assert np.all(dx == 2.0) and np.all(dw == 5.0) and none is None
    assert np.allclose(y, x @ weight.numpy() * 3.0)


def test_a_tape_in_a_trace_watches_arrays_from_outside():
    x = ops.convert_to_tensor(np.array([1.0, 2.0], "float32"))

    def loss(a):
        with GradientTape() as outer:
            outer.watch(x)
            with GradientTape() as tape:
                tape.watch(x)
                y = ops.sum(a * x[:1] * x**3) + ops.sum(2.0 * x)
            slope = tape.gradient(y, x)
        return slope, outer.gradient(ops.sum(slope), x), ops.sum(x * 2.0)

    slope, bend, after = hooks.call("traced", loss, [np.array([1.0, 2.0], "float32")])
    np.testing.assert_allclose(slope, [22.0, 26.0])  # of x0 * (x0 ** 3 + 2 * x1 ** 3) + 2 * (x0 + x1)
    np.testing.assert_allclose(bend, [36.0, 48.0])
    assert float(after) == 6.0 and type(x * 2.0) is type(x)


@pytest.mark.parametrize("how", ["tape", "jacobian", "value_and_grad"])
def test_what_a_step_computed_before_a_tapes_block_is_constant_to_it(how):
    """As in eager code, and in TensorFlow: targets of the same model, computed before the block, have no gradient."""

    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.w = self.add_weight(shape=(2,), initializer=lambda shape, dtype: np.array([1.0, 3.0], dtype))
            self.found = self.add_weight(shape=(2,), initializer="zeros", trainable=False)

        def call(self, x):
            return x * self.w

        def train_step(self, data):
            x, _ = data
            before = self(x) * 2
            if how == "value_and_grad":
                _, found = keras.value_and_grad(lambda w: ops.sum(w * before))(self.w)
            else:
                with GradientTape() as tape:
                    y = ops.sum(self.w * before)
                found = tape.gradient(y, self.w) if how == "tape" else tape.jacobian(y, self.w)
            self.found.assign(found)
            return {"loss": ops.sum(found)}

    for eager in (False, True):
        net = Net()
        net.compile("sgd", run_eagerly=eager)
        net.fit(np.ones((1, 2), "float32"), np.ones((1, 1), "float32"), verbose=0)
        assert net.found.numpy().tolist() == [2.0, 6.0], eager


def _assigned_in_the_block(net, x):
    with GradientTape() as tape:
        net.w.assign(net.w * 2.0)
        y = ops.sum(ops.square(net(x)))
    return tape.gradient(y, net.w)


def _assigned_after_the_block(net, x):
    with GradientTape() as tape:
        y = ops.sum(ops.square(net(x)))
    net.w.assign(net.w * 2.0)
    return tape.gradient(y, net.w)


def _two_blocks_with_an_update_between(net, x):
    for _ in range(2):
        with GradientTape() as tape:
            y = ops.sum(ops.square(net(x)))
        slope = tape.gradient(y, net.w)
        optimizers.SGD(0.25).apply_gradients([(slope, net.w)])
    return slope


def _a_tape_entered_again(net, x):
    with GradientTape(persistent=True) as tape:
        y = ops.sum(ops.square(net(x)))
    net.w.assign(net.w * 2.0)
    with tape:
        y = y + ops.sum(ops.square(net(x)))
    net.w.assign(net.w * 2.0)
    return tape.gradient(y, net.w)


def _not_recorded(net, x):
    with GradientTape() as tape:
        y = net(x)
        with tape.stop_recording():
            z = net(x) * 3.0
        y = ops.sum(y * z)
    return tape.gradient(y, net.w)


def _forgotten(net, x):
    with GradientTape() as tape:
        z = net(x) * 3.0
        tape.reset()
        y = ops.sum(net(x) * z)
    return tape.gradient(y, net.w)


# fmt: off
BLOCKS = {  # w is (1, 3) at first
    _assigned_in_the_block: [4.0, 12.0], _assigned_after_the_block: [2.0, 6.0],
    _two_blocks_with_an_update_between: [1.0, 3.0], _a_tape_entered_again: [6.0, 18.0],
    _not_recorded: [3.0, 9.0], _forgotten: [3.0, 9.0],
}
# fmt: on


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("block", BLOCKS)
def test_tapes_in_steps_see_what_they_recorded_and_what_variables_were(block, eager):
    """The numbers are TensorFlow's: an assignment has no gradient, and each value of a variable counts."""

    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.w = self.add_weight(shape=(2,), initializer=lambda shape, dtype: np.array([1.0, 3.0], dtype))
            self.found = self.add_weight(shape=(2,), initializer="zeros", trainable=False)

        def call(self, x):
            return x * self.w

        def train_step(self, data):
            self.found.assign(block(self, data[0]))
            return {"loss": ops.sum(self.found)}

    net = Net()
    net.compile("sgd", run_eagerly=eager)
    net.fit(np.ones((1, 2), "float32"), np.ones((1, 1), "float32"), verbose=0)
    assert net.found.numpy().tolist() == BLOCKS[block]
