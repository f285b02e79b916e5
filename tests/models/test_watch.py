"""fit(nan=...): stopping, skipping and going on leave exactly what they say; without NaN nothing is different."""

import contextlib
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fastnn as keras
from fastnn import callbacks, layers, ops
from fastnn.core import config
from fastnn.core.errors import ArgumentError, DataWarning, NotFiniteError, NotFiniteWarning

pytestmark = pytest.mark.filterwarnings("ignore::fastnn.core.errors.DataWarning")
BATCH, BATCHES, WIDTH = 4, 6, 3
RNG = np.random.default_rng(5)
X, Y = RNG.random((BATCH * BATCHES, WIDTH), dtype="f4"), RNG.random((BATCH * BATCHES, 1), dtype="f4")
OPTIMIZERS = {
    "sgd": lambda: keras.optimizers.SGD(0.1, momentum=0.9),
    "adam": lambda: keras.optimizers.Adam(0.01, weight_decay=0.1),
    "accumulating": lambda: keras.optimizers.Adam(0.01, gradient_accumulation_steps=2),
    "clipped": lambda: keras.optimizers.SGD(0.1, global_clipnorm=0.1, use_ema=True),
}


@pytest.fixture(autouse=True, scope="module")
def _here(tmp_path_factory):
    """Files of steps go into a folder of the tests."""
    with contextlib.chdir(tmp_path_factory.mktemp("steps")):
        yield


def net(optimizer="adam", dropout=0.3):
    keras.utils.set_random_seed(2)
    model = keras.Sequential([
        keras.Input((WIDTH,)), layers.Dense(5, "relu"), layers.BatchNormalization(), layers.Dropout(dropout),
        layers.Dense(1)])  # fmt: skip
    model.compile(OPTIMIZERS[optimizer](), "mse", metrics=["mae"])
    return model


def state(model):
    """All that training changes."""
    return [v.numpy() for v in (*model.variables, *model.optimizer.variables)]


def same(a, b):
    return len(a) == len(b) and all(np.array_equal(x, y, equal_nan=True) for x, y in zip(a, b))


def planted(batch, value=np.nan):
    x = X.copy()
    x[batch * BATCH + 1, 0] = value
    return x


def fit(model, x=X, y=Y, **arguments):
    return model.fit(x, y, **{"batch_size": BATCH, "verbose": 0, "shuffle": False, **arguments})


def as_batches(x, y):
    return ((x[at : at + BATCH], y[at : at + BATCH]) for at in range(0, len(x), BATCH))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("source", ["arrays", "batches", "called"])
@settings(max_examples=2, deadline=None)
@given(bad=st.integers(0, BATCHES - 1))
def test_stop_leaves_the_state_before_the_step(optimizer, source, bad):
    """Of weights, slots, moving averages, counters: those of a run that ends before the bad batch."""
    good = net(optimizer)
    good.optimizer.build(good.trainable_variables)
    for batch in as_batches(X[: bad * BATCH], Y[: bad * BATCH]):
        good.train_on_batch(*batch)
    model, x = net(optimizer), planted(bad)
    with pytest.raises(NotFiniteError, match="as before this step") as raised:
        if source == "batches":
            model.fit(as_batches(x, Y), verbose=0, nan="stop")
        else:
            more = [callbacks.LambdaCallback(on_batch_end=lambda b, logs: None)] if source == "called" else []
            fit(model, x, nan="stop", callbacks=more)
    assert raised.value.finding.step == bad
    assert same(state(model), state(good))
    if bad:  # and it goes on from there
        fit(model)
        fit(good)
        assert same(state(model), state(good))


def test_raise_is_stop_without_a_file(tmp_path):
    found = []
    for mode in ("stop", "raise"):
        folder, model = tmp_path / mode, net()
        folder.mkdir()
        with contextlib.chdir(folder), pytest.raises(NotFiniteError, match="as before this step") as raised:
            fit(model, planted(2), nan=mode)
        found.append((raised.value.file is None, [p.name for p in folder.iterdir()], raised.value.finding.step,
                      state(model)))  # fmt: skip
    (_, written, step, before), (none, nothing, same_step, after) = found
    assert written and none and nothing == [] and step == same_step == 2 and same(before, after)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@settings(max_examples=3, deadline=None)
@given(bad=st.sets(st.integers(0, BATCHES - 1), min_size=1, max_size=BATCHES - 1))
def test_skip_is_training_without_the_bad_batches(optimizer, bad):
    kept = np.concatenate([np.arange(b * BATCH, (b + 1) * BATCH) for b in range(BATCHES) if b not in bad])
    good, x = net(optimizer), X.copy()
    expected = fit(good, X[kept], Y[kept], epochs=2).history
    for b in bad:
        x[b * BATCH + 2, 1] = np.inf
    model = net(optimizer)
    with pytest.warns(NotFiniteWarning, match=rf"^fit: {len(bad)} of the epoch's steps") as seen:
        history = fit(model, x, epochs=2, nan="skip").history
    assert same(state(model), state(good)) and history == expected
    told = [w for w in seen if w.category is NotFiniteWarning]
    assert len(told) == 2 and "The first:" in str(told[0].message) and "The first:" not in str(told[1].message)


STACKS = {
    "conv": lambda: [layers.Reshape((4, 4, 2)), layers.Conv2D(3, 2), layers.Flatten()],
    "conv-bn-pool": lambda: [layers.Reshape((4, 4, 2)), layers.Conv2D(4, 3, padding="same"),
                             layers.BatchNormalization(), layers.ReLU(), layers.MaxPooling2D(),
                             layers.Conv2D(3, 1), layers.GlobalAveragePooling2D()],
    "conv1d": lambda: [layers.Reshape((8, 4)), layers.SeparableConv1D(3, 2), layers.Conv1DTranspose(2, 2),
                       layers.Flatten()],
    "grouped": lambda: [layers.Reshape((4, 4, 2)), layers.DepthwiseConv2D(2, depth_multiplier=2),
                        layers.Conv2D(4, 2, groups=2, kernel_regularizer="l2"), layers.Flatten()],
    "recurrent": lambda: [layers.Reshape((8, 4)), layers.Bidirectional(layers.LSTM(3)), layers.Dropout(0.2)],
    "attention": lambda: [layers.Reshape((8, 4)), layers.LayerNormalization(), layers.Conv1D(4, 3, padding="causal"),
                          Own(), layers.GlobalMaxPooling1D()],
}  # fmt: skip


@keras.saving.register_keras_serializable("watch")
def of_a_log(y, p):
    return ops.log(y) * 0.0 + ops.square(p)


@keras.saving.register_keras_serializable("watch")
class Own(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner = layers.MultiHeadAttention(2, 2)

    def call(self, x):
        return self.inner(x, x)


@pytest.mark.parametrize("stack", STACKS)
def test_a_step_that_is_left_out_wrote_nothing(stack):
    """NaN comes up in the loss alone, so all of the backward pass lies between it and the last guard."""
    model = keras.Sequential([keras.Input((32,)), *STACKS[stack](), layers.Dense(1)])
    model.compile("adam", of_a_log, metrics=["mae"])
    x = RNG.random((20, 32), dtype="f4")
    model.fit(x, np.ones((20, 1)), batch_size=10, verbose=0)
    before = state(model)[: len(model.weights)] + [v.numpy() for v in model.optimizer.variables]
    with pytest.warns(NotFiniteWarning, match="^fit: 2 of the epoch's steps"):
        model.fit(x, -np.ones((20, 1)), batch_size=10, verbose=0, nan="skip")
    after = state(model)[: len(model.weights)] + [v.numpy() for v in model.optimizer.variables]
    assert same(before, after)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("steps", [1, 3])
def test_going_on_is_as_if_nobody_looked(value, steps):
    x, plain = planted(2, value), net()
    losses = [plain.train_on_batch(*batch)[0] for batch in as_batches(x, Y)]
    model = net()
    model.steps_per_execution = steps
    with pytest.warns(DataWarning, match="x contains .*, first in row 9") as seen:
        fit(model, x)
    assert same(model.get_weights(), plain.get_weights()) and not np.isfinite(losses[-1])
    assert [w.category for w in seen] == [DataWarning]  # which names the row: it is not said twice


def test_going_on_says_once_where_it_began():
    model = keras.Sequential([keras.Input((1,)), layers.Lambda(keras.ops.log, name="logarithm"), layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.array([[1.0], [1.0], [0.0], [0.0]], "f4")
    with pytest.warns(NotFiniteWarning, match="logarithm'.*row 2") as seen:
        model.fit(x, x, verbose=0, batch_size=1, shuffle=False, epochs=2)
    assert len(seen) == 1 and seen[0].filename == __file__


def test_an_infinite_gradient_that_is_clipped_only_warns():
    model = keras.Sequential([keras.Input((1,)), layers.Dense(1, use_bias=False, kernel_initializer="ones")])
    model.compile(keras.optimizers.SGD(0.1, clipvalue=1.0), "mse")
    x, y = np.full((4, 1), 3e19, "f4"), np.zeros((4, 1), "f4")
    with pytest.warns(NotFiniteWarning):
        model.fit(x, y, verbose=0)
    assert model.get_weights()[0].item() == pytest.approx(0.9)


@pytest.mark.parametrize("mode", ["continue", "stop", "skip"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_modes_are_alike_where_all_is_finite(mode, optimizer):
    model, plain = net(optimizer), net(optimizer)
    fit(model, epochs=2, nan=mode)
    for _ in range(2):
        for batch in as_batches(X, Y):
            plain.train_on_batch(*batch)
    if optimizer == "clipped":  # at its end fit puts the averages in place
        plain.optimizer.finalize_variable_values(plain.trainable_variables)
    assert same(model.get_weights(), plain.get_weights())


def test_large_finite_numbers_are_finite():
    """Squares of gradients overflow; the numbers do not."""
    model = keras.Sequential([keras.Input((300,)), layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(0.0), "mae")
    model.fit(np.full((4, 300), 1e30, "f4"), np.ones((4, 1), "f4"), verbose=0, nan="stop")


def test_samples_of_weight_zero_harm_nobody():
    model = net()
    fit(model, sample_weight=np.zeros(len(X), "f4"), nan="stop")


def test_only_fit_looks():
    model, x = net(), planted(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", NotFiniteWarning)
        model.train_on_batch(x[:BATCH], Y[:BATCH])
        model.evaluate(x, Y, verbose=0)
    assert not np.isfinite(model.get_weights()[0]).all()


def test_a_fit_in_a_callback_has_a_mode_of_its_own():
    inner, seen = planted(0), []

    class Nested(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 0:
                with pytest.raises(NotFiniteError):
                    fit(self.model, inner, nan="stop")
                seen.append(epoch)

    model, x = net(), X.copy()
    with pytest.warns(NotFiniteWarning, match="^fit: 1 of"):
        fit(model, planted(3), epochs=2, nan="skip", callbacks=[Nested()])
    assert seen == [0] and np.isfinite(model.get_weights()[0]).all() and same([x], [X])


def test_terminate_on_nan_is_kerass():
    model = net()
    with pytest.warns(DataWarning):
        history = fit(model, planted(2), epochs=3, callbacks=[callbacks.TerminateOnNaN()])
    assert len(history.history["loss"]) == 1 and not np.isfinite(model.get_weights()[0]).all()


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_stop_at_the_same_place(threads):
    keras.utils.set_random_seed(2)
    model = keras.Sequential([keras.Input((64,)), layers.Dense(700, "relu"), layers.Dense(200), layers.Dense(1)])
    model.compile("adam", "mse")
    x, y = np.ones((64, 64), "f4"), np.ones((64, 1), "f4")
    before, most = model.get_weights(), config.num_threads()
    x[40, 3] = np.nan
    config.set_num_threads(threads)
    try:
        for _ in range(5):
            with pytest.raises(NotFiniteError, match="row 40"):
                model.fit(x, y, batch_size=64, verbose=0, nan="stop", shuffle=False)
    finally:
        config.set_num_threads(most)
    assert same(model.get_weights(), before)


@pytest.mark.parametrize("value", ["Stop", None, True, 0])
def test_other_modes_are_refused(value):
    with pytest.raises(ArgumentError, match="expected 'continue'"):
        fit(net(), nan=value)


def test_the_error_is_a_floating_point_error():
    with pytest.raises(FloatingPointError), warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        fit(net(), planted(0), nan="stop")


class Half(keras.optimizers.Optimizer):
    """A user's optimizer of float16 weights."""

    def update_step(self, gradient, variable, learning_rate):
        variable.assign(variable - ops.cast(learning_rate, "float16") * gradient)


def test_a_float16_gradient_that_overflows_is_seen(tmp_path, monkeypatch):
    """The loss is finite: float32; the gradient of the kernel, 2 * 200 * 1000, is beyond float16."""
    monkeypatch.chdir(tmp_path)
    model = keras.Sequential(
        [keras.Input((2,)), layers.Dense(1, use_bias=False, dtype="float16", kernel_initializer="ones")]
    )
    model.compile(Half(1e-3), summed)
    x, y = np.full((2, 2), 200.0, "float32"), np.zeros((2, 1), "float32")
    with pytest.raises(NotFiniteError):
        model.fit(x, y, verbose=0, nan="stop")
    assert np.array_equal(model.get_weights()[0], np.ones((2, 1)))


def summed(true, predicted):
    """A loss with a gradient of 1000."""
    return 1000.0 * ops.sum(ops.cast(predicted, "float32"))


class Asks(layers.Layer):
    """Asks for a value while it is called."""

    def call(self, x):
        return x if float(ops.max(ops.abs(x))) < 1e9 else x * 0


def asking(built=True, **compiled):
    keras.utils.set_random_seed(2)
    inputs = [keras.Input((WIDTH,))] if built else []
    model = keras.Sequential([
        *inputs, layers.Dense(5, "relu"), layers.BatchNormalization(), layers.Dropout(0.3), Asks(),
        layers.Dense(1)])  # fmt: skip
    model.compile("adam", "mse", metrics=["mae"], **compiled)
    return model


@pytest.mark.parametrize("mode", ["stop", "raise"])
@pytest.mark.parametrize("built", [True, False])
@pytest.mark.parametrize("at", [0, 3])
def test_steps_that_run_as_python_stop(mode, built, at):
    model, before = asking(built), asking(built)
    with pytest.raises(NotFiniteError, match=rf"array 'x'; step {at}, row 1 of the batch \(row {at * BATCH + 1} of"):
        fit(model, planted(at), nan=mode)
    if at:
        fit(before, X[: at * BATCH], Y[: at * BATCH])
        assert same(state(model), state(before))
    assert all(np.isfinite(v).all() for v in state(model))


@pytest.mark.parametrize("how", [{"built": False}, {}, {"run_eagerly": True}, {"steps_per_execution": 3}])
@pytest.mark.parametrize("at", [0, 2])
def test_steps_that_run_as_python_leave_out(how, at):
    model, compiled = asking(**how), net()
    model.optimizer.weight_decay = None
    compiled.compile("adam", "mse", metrics=["mae"])
    histories = []
    for one in (model, compiled):
        with pytest.warns(NotFiniteWarning, match=f"1 of the epoch's steps .* changed nothing.*step {at}, row 1"):
            histories.append(fit(one, planted(at), nan="skip").history)
    assert histories[0] == histories[1]
    if how.get("built", True):
        assert same(state(model), state(compiled))


def test_what_is_not_finite_in_python_is_told():
    def loss(y, p):
        error = ops.mean((y - p) ** 2)
        return error * np.inf if float(error) > 0 else error

    model = net()
    model.compile("sgd", loss)
    before = state(model)
    with pytest.raises(NotFiniteError, match=r"step 0, which runs as Python, .* where it began is not known"):
        fit(model, nan="raise")
    assert same(state(model)[: len(before)], before)
    model.layers[0].kernel.assign(np.full((WIDTH, 5), np.nan))
    with pytest.raises(NotFiniteError, match=r"in the weights, 'dense.*/kernel'"):
        fit(model, nan="raise")


@pytest.mark.parametrize("mode", ["raise", "skip"])
def test_losses_that_are_scaled_are_watched(mode):
    keras.utils.set_random_seed(2)
    model = keras.Sequential([
        keras.Input((WIDTH,)), layers.Dense(5, dtype="mixed_float16"),
        layers.BatchNormalization(dtype="mixed_float16"), layers.Dense(1)])  # fmt: skip
    model.compile(keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam()), "mse", metrics=["mae"])
    seen = []
    watch = callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(state(model)))
    with contextlib.ExitStack() as outcome:
        outcome.enter_context(
            pytest.raises(NotFiniteError, match="array 'x'; step 2") if mode == "raise"
            else pytest.warns(NotFiniteWarning, match="array 'x'; step 2"))  # fmt: skip
        history = fit(model, planted(2), nan=mode, callbacks=[watch]).history
    if mode == "skip":
        assert all(np.isfinite(v).all() for v in history.values())
        assert same(seen[1], seen[2])
    else:
        assert same(seen[1], state(model))


def test_scaled_gradients_that_are_too_large_are_no_fault():
    model = keras.Sequential([keras.Input((WIDTH,)), layers.Dense(1, dtype="float16")])
    model.compile(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(), initial_scale=1e9), "mse")
    fit(model, nan="raise")
    assert np.asarray(model.optimizer.dynamic_scale) < 1e9


def test_the_data_of_half_precision_are_told():
    model = keras.Sequential([keras.Input((WIDTH,)), layers.Dense(5, dtype="mixed_float16"), layers.Dense(1)])
    model.compile("adam", "mse")
    with pytest.raises(NotFiniteError, match="NaN in the data, array 'x'; step 2, row 1"):
        fit(model, planted(2), nan="raise")
    with pytest.raises(NotFiniteError, match="Infinity in the forward pass: operation 'cast'"):
        fit(model, planted(2, 1e6), nan="raise")


class Rivals(keras.Model):
    """Two optimizers of its own, and a step that asks for values."""

    def __init__(self, optimizer):
        super().__init__()
        self.first, self.second = layers.Dense(WIDTH), layers.Dense(1)
        self.one, self.other = optimizer(), optimizer()

    def call(self, x):
        return self.second(self.first(x))

    def train_step(self, data):
        for optimizer, part in ((self.one, self.first), (self.other, self.second)):
            with keras.GradientTape() as tape:
                loss = ops.mean((self(data[0], training=True) - data[1]) ** 2)
            optimizer.apply(tape.gradient(loss, part.trainable_variables), part.trainable_variables)
        return {"last": float(loss)}


@pytest.mark.parametrize("optimizer", [keras.optimizers.Adam, keras.optimizers.Adagrad])
@pytest.mark.parametrize("at", [0, 2])
def test_optimizers_of_ones_own_are_put_back(optimizer, at):
    found = []
    left = np.delete(np.arange(len(X)), np.arange(at * BATCH, (at + 1) * BATCH))
    for x, y in ((planted(at), Y), (X[left], Y[left])):
        keras.utils.set_random_seed(4)
        model = Rivals(optimizer)
        model(X[:1])
        model.compile()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotFiniteWarning)
            fit(model, x, y, nan="skip")
        found.append([v.numpy() for v in (*model.variables, *model.one.variables, *model.other.variables)])
    assert same(*found)


def scaled():
    return keras.optimizers.LossScaleOptimizer(keras.optimizers.Adagrad())


@pytest.mark.parametrize("optimizer", [*OPTIMIZERS.values(), keras.optimizers.Nadam, keras.optimizers.Ftrl, scaled])
def test_a_first_step_that_is_left_out_leaves_the_optimizer_as_it_was(optimizer):
    found = []
    for eager in (False, True):
        model = net()
        model.compile(optimizer(), "mse", run_eagerly=eager)
        with pytest.warns(NotFiniteWarning, match="step 0"):
            fit(model, planted(0), nan="skip")
        found.append(state(model))
    assert same(*found)
