"""Layers over the steps of sequences: as loops, written out, on arrays, with masks, states and cells of one's own."""

import itertools

import evaluate
import numpy as np
import pytest

import fastnn
from fastnn import layers, ops
from fastnn.compiler.target import Options
from fastnn.core import tree
from fastnn.core.errors import ShapeError

STEPS, ROWS, FEATURES = 5, 4, 3


def data(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype("float32")


class Residual(layers.Layer):
    """A cell of a user: no build, a layer inside, dropout in its call, a loss and a variable of every step."""

    def __init__(self, units, rate=0.0, **kwargs):
        super().__init__(**kwargs)
        self.state_size = [units, units]
        self.output_size = 2 * units
        self.dense, self.drop = layers.Dense(units), layers.Dropout(rate, seed=1)
        self.steps = self.add_weight(shape=(), initializer="zeros", trainable=False, name="steps")

    def call(self, x, states, training=False):
        h = ops.tanh(self.drop(self.dense(x), training=training) + states[0])
        self.add_loss(0.01 * ops.mean(h * h))
        self.steps.assign_add(1.0)
        return ops.concatenate([h, states[1]], axis=-1), [h, states[1] + h]


CELLS = {
    "simple": lambda: layers.SimpleRNNCell(3),
    "lstm": lambda: layers.LSTMCell(3),
    "gru": lambda: layers.GRUCell(3),
    "gru before": lambda: layers.GRUCell(3, reset_after=False),
    "relu": lambda: layers.LSTMCell(3, activation="relu"),
    "hard": lambda: layers.GRUCell(3, recurrent_activation="hard_sigmoid"),
    "no bias": lambda: layers.GRUCell(3, use_bias=False),
    "own": lambda: Residual(3),
    "stack": lambda: [layers.LSTMCell(2), layers.GRUCell(3)],
    "own in a stack": lambda: [layers.GRUCell(2), Residual(3)],
}
WAYS = [
    dict(zip(("return_sequences", "go_backwards", "zero_output_for_mask"), flags))
    for flags in itertools.product((False, True), repeat=3)
]


def model_of(cell, masked, way, options, steps=STEPS, scope=None):
    fastnn.utils.set_random_seed(5)
    x = fastnn.Input((steps, FEATURES))
    inner = layers.Masking()(x) if masked else x
    with fastnn.RematScope(scope):
        layer = layers.RNN(CELLS[cell](), return_state=True, **way)
    out = layer(inner)
    model = fastnn.Model(x, layers.Concatenate()([layers.Flatten()(y) for y in tree.flatten(out)]))
    model.compile("sgd", "mse")
    model._trainer().options = options
    return model


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("masked", [False, True], ids=["", "masked"])
def test_a_loop_does_what_the_steps_written_out_do(cell, masked):
    x = data(ROWS, STEPS, FEATURES)
    x[1, 2:] = x[2, :2] = x[3] = 0.0
    for way in WAYS[1::2] if cell in ("lstm", "own") else WAYS[5:6]:
        found = []
        for options in (Options(), Options(unroll=True)):
            model = model_of(cell, masked, way, options)
            y = model.predict(x, verbose=0)
            model.fit(x, np.zeros_like(y), batch_size=2, epochs=2, verbose=0, shuffle=False)
            found.append([y, np.asarray(model(x)), *model.get_weights()])
        for other in found[1:]:
            for a, b in zip(found[0], other):
                evaluate.assert_close(a, b, 2e-5, f"{cell} {way}")


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("steps", [20, 23], ids=["even", "left"])
def test_segments_do_what_one_loop_does(cell, steps):
    x = data(ROWS, steps, FEATURES)
    x[1, 2:] = x[2, :2] = x[3] = 0.0
    for k, way in enumerate(WAYS[1::2] if cell == "own" else [WAYS[3], WAYS[4]]):
        for masked in (False, True) if cell == "own" else [bool(k)]:
            found = []
            for scope in (None, "full"):
                model = model_of(cell, masked, way, Options(), steps, scope)
                y = model.predict(x, verbose=0)
                model.fit(x, np.zeros_like(y), batch_size=2, epochs=2, verbose=0, shuffle=False)
                found.append([y, *model.get_weights()])
            assert np.array_equal(found[0][0], found[1][0])
            for a, b in zip(*found):
                evaluate.assert_close(a, b, 2e-5, f"{cell} {way}")


RECURRENT = {
    "SimpleRNN": lambda **kw: layers.SimpleRNN(3, **kw),
    "LSTM": lambda **kw: layers.LSTM(3, **kw),
    "GRU": lambda **kw: layers.GRU(3, return_sequences=True, **kw),
    "stack": lambda **kw: layers.RNN([layers.LSTMCell(2), layers.GRUCell(3)], go_backwards=True, **kw),
    "own": lambda **kw: layers.RNN(Residual(3, rate=0.5), **kw),
    "Bidirectional": lambda **kw: layers.Bidirectional(layers.GRU(3, **kw)),
    "ConvLSTM1D": lambda **kw: layers.ConvLSTM1D(2, 2, **kw),
}


@pytest.mark.parametrize("layer", RECURRENT)
@pytest.mark.parametrize("steps", [STEPS, None])
def test_unroll_changes_nothing(layer, steps):
    shape = (6, 2) if layer.startswith("Conv") else (FEATURES,)
    x, found = data(ROWS, STEPS, *shape), []
    for unroll in (False, True):
        fastnn.utils.set_random_seed(5)
        model = fastnn.Sequential([fastnn.Input((steps, *shape)), RECURRENT[layer](unroll=unroll)])
        model.compile("sgd", "mse")
        wanted = model.predict(x, verbose=0)
        model.fit(x, 0 * wanted, batch_size=2, epochs=2, verbose=0)
        found.append([wanted, *model.get_weights()])
    assert all(np.array_equal(a, b) for a, b in zip(*found))


@pytest.mark.parametrize("layer", RECURRENT)
def test_sequences_without_a_step_are_an_error(layer):
    shape = (6, 2) if layer.startswith("Conv") else (FEATURES,)
    with pytest.raises(ShapeError, match="one step or more"):
        RECURRENT[layer]()(np.zeros((2, 0, *shape), "float32"))


def test_a_plan_does_not_grow_with_the_sequence():
    sizes = []
    for steps, unroll in ((7, False), (700, False), (700, True)):
        inner = layers.Bidirectional(layers.LSTM(3, unroll=unroll))
        model = fastnn.Sequential([fastnn.Input((steps, 2)), inner, layers.Dense(1)])
        model.compile("adam", "mse")
        sizes.append(len(evaluate.graphs_of(lambda m=model: m.plan(4))[-1].nodes))
    assert len(set(sizes)) == 1


def test_a_cell_of_the_library_is_a_product_and_one_kernel():
    for layer, name in ((layers.LSTM(3), "lstm_cell"), (layers.GRU(3), "gru_cell")):
        model = fastnn.Sequential([fastnn.Input((STEPS, 2)), layer, layers.Dense(1)])
        model.compile("adam", "mse")
        graph = evaluate.graphs_of(lambda m=model: m.plan(4))[-1]
        loops = [
            [n.op.name for n in node.payload.body.nodes if n.op.name not in ("input", "constant")]
            for node in graph.nodes
            if node.op.structural
        ]
        forward, backward = map(sorted, loops)
        assert forward == [name, "matmul"]
        assert [n for n in backward if n != "add"] == [f"{name}_grad", "matmul"]  # a GRU's state has two gradients


def test_what_a_cell_of_a_user_does_at_every_step_happens_at_every_step():
    cell = Residual(3, rate=0.5)
    model = fastnn.Sequential([fastnn.Input((STEPS, FEATURES)), layers.RNN(cell), layers.Dense(1)])
    model.compile("sgd", "mse")
    x = data(8, STEPS, FEATURES)
    model.train_on_batch(x, x[:, 0, :1])
    assert float(cell.steps.numpy()) == STEPS
    rnn = model.layers[0]
    y = rnn(x)
    assert len(rnn.losses) in (1, STEPS) and y.shape == (8, 6)
    # dropout differs from step to step: of constant inputs the states would otherwise grow evenly
    fixed = fastnn.Sequential(
        [fastnn.Input((STEPS, FEATURES)), layers.RNN(Residual(64, rate=0.5), return_sequences=True)]
    )
    h = np.asarray(fixed(np.ones((1, STEPS, FEATURES), "float32"), training=True))[0, :, :64]
    added = np.arctanh(h) - np.concatenate([np.zeros((1, 64)), h[:-1]])
    masks = np.abs(added) > 1e-3
    assert len({m.tobytes() for m in masks}) == STEPS and 0.2 < masks.mean() < 0.8


def test_stacked_cells_draw_their_masks_once_per_call():
    stack = layers.RNN([layers.SimpleRNNCell(64, activation="linear", dropout=0.5, recurrent_initializer="zeros",
                                             kernel_initializer="identity", seed=2) for _ in range(2)],
                       return_sequences=True)  # fmt: skip
    y = np.asarray(stack(np.ones((1, STEPS, 64), "float32"), training=True))[0]
    assert len({row.tobytes() for row in y}) == 1 and 0 < (y[0] == 0).sum() < 64


@pytest.mark.parametrize("layer", [layers.LSTM, layers.GRU, layers.SimpleRNN])
def test_states_that_stay_from_batch_to_batch(layer):
    x = data(2, 6, FEATURES)
    fastnn.utils.set_random_seed(1)
    whole = fastnn.Sequential([fastnn.Input(batch_shape=(2, 6, FEATURES)), layer(3)])
    parts = fastnn.Sequential([fastnn.Input(batch_shape=(2, 2, FEATURES)), layer(3, stateful=True)])
    parts.set_weights([*whole.get_weights(), *parts.get_weights()[len(whole.get_weights()) :]])
    for _ in range(2):
        for k in range(3):
            y = parts.predict(x[:, 2 * k : 2 * k + 2], verbose=0)
        evaluate.assert_close(y, whole.predict(x, verbose=0), 1e-6, "stateful")
        parts.layers[0].reset_state()


def test_initial_states_come_before_masked_steps():
    x, h = data(ROWS, STEPS, FEATURES), data(ROWS, 3)
    mask = np.arange(STEPS) >= np.arange(ROWS)[:, None]
    first = layers.GRU(3, return_sequences=True)
    wanted = np.asarray(first(x, initial_state=h, mask=mask))
    for layer in (first, layers.GRU(3, return_sequences=True, unroll=True)):
        layer(x)
        layer.set_weights(first.get_weights())
        model_x, model_h = fastnn.Input((STEPS, FEATURES)), fastnn.Input((3,))
        model_mask = fastnn.Input((STEPS,), dtype="bool")
        model = fastnn.Model([model_x, model_h, model_mask], layer(model_x, initial_state=model_h, mask=model_mask))
        evaluate.assert_close(model.predict([x, h, mask], verbose=0), wanted, 1e-6, "mask")
    assert not wanted[2, :2].any() and wanted[2, 2:].any()  # no output yet where steps are masked from the start


class Mean(layers.Layer):
    """A layer whose rows know of each other, with a state."""

    def build(self, shape):
        self.seen = self.add_weight(shape=(), initializer="zeros", trainable=False, name="seen")
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones", name="scale")

    def call(self, x):
        self.seen.assign_add(1.0)
        return x * self.scale - ops.mean(x, axis=0, keepdims=True), ops.sum(x, axis=-1)


def test_time_distributed_is_a_loop_where_rows_know_of_each_other():
    x = data(ROWS, STEPS, FEATURES)
    inner = Mean()
    outer = layers.TimeDistributed(inner)
    inputs = fastnn.Input(batch_shape=(ROWS, STEPS, FEATURES))
    model = fastnn.Model(inputs, outer(inputs))
    model.compile("sgd", "mse")
    a, b = model.predict(x, batch_size=ROWS, verbose=0)
    np.testing.assert_allclose(a, x - x.mean(axis=0, keepdims=True), atol=1e-6)
    np.testing.assert_allclose(b, x.sum(-1), atol=1e-5)
    assert float(inner.seen.numpy()) == STEPS
    graph = evaluate.graphs_of(lambda: fastnn.Model(inputs, outer(inputs)).plan(ROWS))[-1]
    assert len([n for n in graph.nodes if n.op.structural]) <= 1


def test_statistics_of_steps_are_taken_one_after_the_other():
    x = data(16, STEPS, FEATURES) * 2 + 1
    norm = layers.BatchNormalization(momentum=0.5)
    inputs = fastnn.Input((STEPS, FEATURES))
    model = fastnn.Model(inputs, layers.TimeDistributed(norm)(inputs))
    model.compile(fastnn.optimizers.SGD(0.0), "mse")
    model.fit(x, x, batch_size=16, verbose=0)
    mean, variance = np.zeros(FEATURES), np.ones(FEATURES)
    for t in range(STEPS):
        mean, variance = (mean + x[:, t].mean(0)) / 2, (variance + x[:, t].var(0)) / 2
    np.testing.assert_allclose(norm.moving_mean.numpy(), mean, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(norm.moving_variance.numpy(), variance, rtol=1e-5)


def test_gradients_through_cells_with_parts_that_are_rematerialized():
    x = data(ROWS, STEPS, FEATURES)
    found = []
    for wrap in (lambda f: f, fastnn.remat):

        class Cell(layers.Layer):
            state_size = 3

            def build(self, shape, wrap=wrap):
                self.w = self.add_weight(shape=(3, 3), initializer="orthogonal", name="w")
                self.f = wrap(lambda v: ops.sin(ops.matmul(ops.cos(v), self.w)))

            def call(self, inputs, states):
                h = ops.tanh(inputs + self.f(states[0]))
                return h, [h]

        fastnn.utils.set_random_seed(7)
        model = fastnn.Sequential([fastnn.Input((STEPS, FEATURES)), layers.RNN(Cell())])
        model.compile("sgd", "mse")
        model.fit(x, x[:, 0], batch_size=ROWS, epochs=3, verbose=0)
        graph = evaluate.graphs_of(lambda m=model: m.plan(2))[-1]
        found.append((model.get_weights(), [len(n.outputs) for n in graph.nodes if n.op.structural]))
    for a, b in zip(found[0][0], found[1][0]):
        np.testing.assert_allclose(a, b, rtol=1e-5)
    assert found[1][1][0] < found[0][1][0]  # the marked part's values are not kept
