"""Runs of a model inside one another: whatever a callback does with the model, the outer run measures the same."""

import gc
import os
import signal
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fastnn as keras
from fastnn import callbacks, layers
from fastnn.models import runs

RNG = np.random.default_rng(0)
SETS = [(RNG.random((n, 4), dtype="f4"), RNG.random((n, 1), dtype="f4")) for n in (40, 24, 7, 64)]
BATCH = 8


def net(rate=0.0, dropout=0.0):
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, "tanh"), layers.Dropout(dropout), layers.Dense(1)])
    model.compile(keras.optimizers.SGD(rate), "mse", metrics=["mae"])
    return model


def generator(n):
    x, y = SETS[n]
    for at in range(0, len(x), BATCH):
        yield x[at : at + BATCH], y[at : at + BATCH]


METHODS = {
    "evaluate": lambda m, n, more: m.evaluate(*SETS[n], batch_size=BATCH, verbose=0, callbacks=more),
    "evaluate_generator": lambda m, n, more: m.evaluate(generator(n), verbose=0, callbacks=more),
    "predict": lambda m, n, more: m.predict(SETS[n][0], batch_size=BATCH, verbose=0, callbacks=more),
    "predict_generator": lambda m, n, more: m.predict(generator(n), verbose=0, callbacks=more),
    "fit": lambda m, n, more: m.fit(*SETS[n], batch_size=BATCH, verbose=0, callbacks=more).history,
    "fit_generator": lambda m, n, more: m.fit(generator(n), verbose=0, callbacks=more).history,
    "fit_validated": lambda m, n, more: (
        m.fit(
            *SETS[n], batch_size=BATCH, verbose=0, callbacks=more, epochs=2, validation_data=SETS[(n + 1) % 4]
        ).history
    ),
    "train_on_batch": lambda m, n, more: m.train_on_batch(*SETS[n]),
    "test_on_batch": lambda m, n, more: m.test_on_batch(*SETS[n]),
    "predict_on_batch": lambda m, n, more: m.predict_on_batch(SETS[n][0]),
    "call": lambda m, n, more: np.asarray(m(SETS[n][0])),
}
TRAINING = ("fit", "fit_generator", "fit_validated", "train_on_batch")
HOOKS = [
    f"on_{kind}_{when}"
    for kind in ("train", "test", "predict", "epoch", "train_batch", "test_batch", "predict_batch")
    for when in ("begin", "end")
]


@st.composite
def nestings(draw, depth=2, methods=tuple(METHODS)):
    """What to run at which hook: [(hook, method, data set, what to run inside that)]."""
    if depth == 0:
        return []
    return draw(
        st.lists(
            st.tuples(
                st.sampled_from(HOOKS), st.sampled_from(methods), st.integers(0, 3), nestings(depth - 1, methods)
            ),
            min_size=1,
            max_size=2,
        )
    )


def inside(nesting, seen):
    """A callback that runs what a nesting says, each at the first time that its hook is called."""
    todo = list(nesting)

    def at(hook):
        def run(*_, logs=None):
            for item in [t for t in todo if t[0] == hook]:
                todo.remove(item)
                _, method, n, more = item
                seen.append((method, n))
                METHODS[method](listener.model, n, [inside(more, seen)] if more else None)

        return run

    listener = callbacks.LambdaCallback(**{hook: at(hook) for hook in HOOKS})
    return listener


def plain(result):
    return result.tobytes() if isinstance(result, np.ndarray) else result


@settings(max_examples=40)
@given(nestings(), st.sampled_from(sorted(METHODS)), st.integers(0, 3))
def test_an_inner_run_changes_nothing_of_the_outer_one(nesting, method, n):
    """The rate is 0: training inside changes no weight, so all that the outer run measures must be the same."""
    seen = []
    expected = plain(METHODS[method](net(), n, None))
    model = net()
    assert plain(METHODS[method](model, n, [inside(nesting, seen)])) == expected
    assert model._trainer().depth == 0 and model._trainer().shared.bound == []


@settings(max_examples=20)
@given(nestings(methods=tuple(m for m in METHODS if m not in TRAINING)), st.integers(0, 3))
def test_looking_does_not_change_the_training(nesting, n):
    """With dropout and a rate: weights, random numbers, history and the model's own log are those without a look."""

    def train(more):
        model = net(0.1, 0.5)
        history = model.fit(*SETS[n], batch_size=BATCH, epochs=2, verbose=0, validation_data=SETS[1], callbacks=more)
        assert model.history is history
        return history.history, [w.tobytes() for w in model.get_weights()], model.get_metrics_result()

    assert train([inside(nesting, [])]) == train(None)


def test_an_inner_fit_has_its_own_end():
    class Inner(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = True

    class Outer(callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            seen.append(len(self.model.fit(*SETS[0], epochs=3, verbose=0, callbacks=[Inner()]).epoch))

    seen, model = [], net()
    assert model.fit(*SETS[1], epochs=3, verbose=0, callbacks=[Outer()]).epoch == [0, 1, 2]
    assert seen == [1, 1, 1]


def test_a_failing_inner_run_leaves_the_outer_one():
    class Fails(callbacks.Callback):
        def on_test_batch_end(self, batch, logs=None):
            raise KeyError("mine")

    class Outer(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            with pytest.raises(KeyError, match="mine"):
                self.model.evaluate(*SETS[3], batch_size=4, verbose=0, callbacks=[Fails()])

    def train(more):
        return net(0.1).fit(*SETS[0], batch_size=BATCH, epochs=2, verbose=0, callbacks=more).history

    assert train([Outer()]) == train(None)


# ------------------------------------------------------------------ flags, signals, arrays
def stopper(flag, after):
    def stop(batch, logs=None):
        seen.append(batch)
        if batch == after:
            setattr(listener.model, flag, True)

    seen = []
    listener = callbacks.LambdaCallback(on_test_batch_end=stop, on_predict_batch_end=stop, on_train_batch_end=stop)
    return listener, seen


def endless():
    while True:
        yield SETS[0][0][:8], SETS[0][1][:8]


@pytest.mark.parametrize("endlessly", [False, True])
def test_flags_that_stop(endlessly):
    data = (lambda: (endless(),)) if endlessly else lambda: SETS[0]
    size = {} if endlessly else {"batch_size": 8}
    model = net()
    listener, seen = stopper("stop_evaluating", 2)
    model.evaluate(*data(), verbose=0, callbacks=[listener], **size)
    assert seen == [0, 1, 2]
    listener, seen = stopper("stop_predicting", 1)
    x = endless() if endlessly else SETS[0][0]
    assert model.predict(x, verbose=0, callbacks=[listener], **size).shape == (16, 1)
    listener, seen = stopper("stop_training", 3)
    assert model.fit(*data(), epochs=2, verbose=0, callbacks=[listener], **size).epoch == [0]
    assert seen == [0, 1, 2, 3]
    listener, seen = stopper("stop_evaluating", 0)  # of the validation: training goes on, and the next one too
    history = model.fit(
        *SETS[0],
        epochs=2,
        verbose=0,
        validation_data=SETS[3],
        validation_batch_size=8,
        callbacks=[listener],
        batch_size=40,
    )
    assert history.epoch == [0, 1] and seen == [0, 0, 0, 0]


def test_a_flag_that_is_set_before_the_first_batch_lets_one_run():
    early = callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: setattr(model, "stop_training", True))
    model = net()
    assert model.fit(*SETS[0], epochs=3, batch_size=BATCH, verbose=0, callbacks=[early]).epoch == [0]
    assert int(model.optimizer.iterations.numpy()) == 1


@pytest.mark.parametrize("method", ["fit", "evaluate", "predict"])
def test_signal_handlers_run_between_batches(method):
    """A source without an end sends a signal; the handler's exception ends the run at once."""

    def handler(number, frame):
        raise InterruptedError

    made = []

    def batches():
        while True:
            made.append(len(made))
            if len(made) == 5:
                os.kill(os.getpid(), signal.SIGUSR1)
            yield SETS[0] if method != "predict" else SETS[0][:1]

    before = signal.signal(signal.SIGUSR1, handler)
    try:
        with pytest.raises(InterruptedError):
            getattr(net(), method)(batches(), verbose=0)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert len(made) == 5


@pytest.mark.compiled
def test_the_engine_comes_back_for_signals_at_any_verbosity(monkeypatch):
    """Arrays in memory: no walk of the engine is asked to go on beyond a moment, so Python sees signals in between."""
    from fastnn.compiler.program import Program
    from fastnn.models import sources

    deadlines, real = [], Program.run

    def run(self, batches=1, rows=0, deadline_ns=0, profile=None):
        deadlines.append(deadline_ns)
        return real(self, batches, rows, deadline_ns, profile)

    monkeypatch.setattr(Program, "run", run)
    model = net()
    assert deadlines == []
    for verbose in (0, 2):
        deadlines.clear()
        model.fit(*SETS[0], batch_size=BATCH, verbose=verbose)
        model.evaluate(*SETS[0], batch_size=BATCH, verbose=verbose)
        walks = [d for d in deadlines if d]  # the others fill slots when a plan is made
        assert len(walks) >= 2 and sources.SLICE_NS <= 200_000_000


def test_a_run_keeps_no_array_alive():
    model = net()
    model.fit(*SETS[1], verbose=0)
    for method in ("fit", "evaluate", "predict", "train_on_batch", "predict_on_batch"):
        x = RNG.random((40, 4), dtype="f4")
        gone = weakref.ref(x)
        if method in ("predict", "predict_on_batch"):
            getattr(model, method)(x)
        else:
            getattr(model, method)(x, SETS[0][1])
        del x
        gc.collect()
        assert gone() is None, method


class Measures(layers.Layer):
    """A layer with a metric of its own."""

    def __init__(self):
        super().__init__()
        self.mean = keras.metrics.Mean(name="mean")

    def call(self, x):
        self.mean.update_state(keras.ops.mean(x))
        return x


def two_models(kind):
    keras.utils.set_random_seed(3)
    inputs, dense = keras.Input((4,)), layers.Dense(1)
    if kind == "one layer":
        middle = Measures()(layers.Dense(1)(inputs))
        models, metric = [keras.Model(inputs, dense(middle)), keras.Model(inputs, middle)], []
    elif kind == "one inside":
        inner = keras.Sequential([inputs, layers.Dense(1), Measures()])
        models, metric = [keras.Sequential([keras.Input((4,)), inner, dense]), inner], []
    else:
        models, metric = [keras.Sequential([inputs, dense]) for _ in range(2)], [keras.metrics.MeanSquaredError()]
    for model in models:
        model.compile("sgd", "mse", metrics=metric)
    return models


@pytest.mark.parametrize("kind", ("one layer", "one inside", "one metric"))
@pytest.mark.parametrize("look", ("evaluate", "predict", "test_on_batch", "few rows", "itself"))
def test_runs_of_other_models_with_the_same_metrics(kind, look):
    """What the two share is measured by both; the outer run keeps its own numbers."""

    def train(looks):
        outer, inner = two_models(kind)
        looking = {
            "evaluate": lambda *_, logs=None: inner.evaluate(*SETS[1], verbose=0),
            "predict": lambda *_, logs=None: inner.predict(SETS[0][0], batch_size=7, verbose=0),
            "test_on_batch": lambda *_, logs=None: inner.test_on_batch(*SETS[1]),
            "few rows": lambda *_, logs=None: inner.predict(SETS[0][0][:3], verbose=0),
            "itself": lambda *_, logs=None: outer.predict(SETS[0][0][:3], verbose=0),
        }[look]
        more = [callbacks.LambdaCallback(on_train_batch_end=looking, on_epoch_end=looking)] if looks else None
        return outer.fit(*SETS[0], batch_size=BATCH, epochs=2, verbose=0, callbacks=more).history

    assert train(True) == train(False)


def adds(model):
    model.pop()
    model.add(layers.Dense(1))
    model.compile("sgd", "mae", metrics=["mse"])


CHANGES = {"loss": lambda m: m.compile("sgd", "mae", metrics=["mse"]), "layers": adds}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("source", ("arrays", "validated", "generator"))
@pytest.mark.parametrize("hook", ("on_epoch_end", "on_train_batch_end", "on_train_batch_begin"))
def test_a_model_changed_by_a_callback(change, source, hook):
    """From the next batch on the new plans run and the new metrics measure."""

    def changes(number, logs=None):
        if number == 0:
            CHANGES[change](model)

    model = net(0.1)
    x, y = SETS[0]
    data = {"x": generator(0), "steps_per_epoch": 2} if source == "generator" else {"x": x, "y": y, "batch_size": BATCH}
    history = model.fit(
        **data,
        epochs=2,
        verbose=0,
        validation_data=SETS[1] if source == "validated" else None,
        callbacks=[callbacks.LambdaCallback(**{hook: changes})],
    ).history
    loss, mse = history["loss"], history["mse"]
    assert len(loss) == 2 and loss[1] > 0 and 0 < mse[-1] < loss[-1]
    if source == "validated":
        assert history["val_mse"][-1] > 0


@pytest.mark.parametrize("run", ("fit", "evaluate", "predict"))
@pytest.mark.parametrize("numbered", (False, True))
def test_a_source_that_waits_for_another_thread(run, numbered):
    """The thread asks the model that is being trained; an engine that lets nobody in would wait for ever."""

    def train(look):
        model = net(0.1, 0.5)

        class Waits(keras.utils.PyDataset):
            def __len__(self):
                return 3

            def __getitem__(self, i):
                if look:
                    pool.submit(model.predict, SETS[0][0], batch_size=7, verbose=0).result(timeout=20)
                    pool.submit(model.evaluate, *SETS[1], verbose=0).result(timeout=20)
                x, y = (a[i * BATCH : (i + 1) * BATCH] for a in SETS[0])
                return (x, y) if run != "predict" else x

        source = Waits() if numbered else iter(Waits())
        with ThreadPoolExecutor(1) as pool:
            result = getattr(model, run)(source, verbose=0)
        return plain(result.history if run == "fit" else result)

    assert train(True) == train(False)


@pytest.mark.parametrize("newcomers", (1, 5))
def test_who_has_let_others_in_comes_before_newcomers(newcomers):
    """A flood of predictions does not keep a fit out that lets others in between its batches."""
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    own, entered, order = model._trainer(), [threading.Event(), threading.Event()], []

    def first():
        with runs.run(model, "predict"):
            entered[0].set()
            entered[1].wait()

    def newcomer():
        with runs.run(model, "predict"):
            order.append("newcomer")

    def come():  # while the first one has the model, and the fit wants it back
        while own.returning is None:
            time.sleep(0.001)
        for thread in threads[2:]:
            thread.start()
        entered[1].set()

    threads = [threading.Thread(target=f) for f in (first, come, *[newcomer] * newcomers)]
    with runs.run(model, "train"):
        runs.aside(model)(lambda: (threads[0].start(), entered[0].wait(), threads[1].start()))
        order.append("fit")
    for thread in threads:
        thread.join()
    assert order == ["fit"] + ["newcomer"] * newcomers and own.returning is None


@pytest.mark.parametrize("filtering", [True, False])
def test_an_interrupted_fit_says_what_was_done(filtering):
    def stop(batch, logs):
        if model.optimizer.iterations.numpy() == 6:
            raise KeyboardInterrupt

    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    if not filtering:
        keras.config.disable_traceback_filtering()
    try:
        with pytest.raises(KeyboardInterrupt) as error:
            model.fit(
                np.zeros((8, 2)),
                np.zeros((8, 1)),
                batch_size=2,
                epochs=3,
                verbose=0,
                callbacks=[callbacks.LambdaCallback(on_train_batch_end=stop)],
            )
    finally:
        keras.config.enable_traceback_filtering()
    (note,) = error.value.__notes__
    assert note.startswith("fit stopped after 1 whole epoch; ") and "step 6 of its optimizer" in note
    files = {str(entry.path).rpartition("/")[2] for entry in error.traceback}
    assert ("loop.py" in files) is not filtering
    model.fit(np.zeros((8, 2)), np.zeros((8, 1)), verbose=0)
