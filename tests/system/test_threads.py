"""Models, operations and settings in several threads: right numbers, every step counted, nobody waits for ever."""

import asyncio
import copy
import faulthandler
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import fastnn
from fastnn import layers, ops

RNG = np.random.default_rng(0)
X = RNG.random((96, 6), dtype="f4")
Y = X.sum(1, keepdims=True)
BATCH, STEPS = 8, 12
pytestmark = pytest.mark.compiled


@pytest.fixture(autouse=True)
def no_deadlock():
    """A test that hangs tells where, and ends."""
    faulthandler.dump_traceback_later(120, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


def net(seed=1, dropout=0.0, width=8):
    fastnn.utils.set_random_seed(seed)
    model = fastnn.Sequential(
        [
            fastnn.Input((6,)),
            layers.Dense(width, "relu"),
            layers.Dropout(dropout),
            layers.BatchNormalization(),
            layers.Dense(1),
        ]
    )
    model.compile(fastnn.optimizers.Adam(0.01), "mse", metrics=["mae"])
    return model


def fit(model, epochs=2, **more):
    return model.fit(X, Y, batch_size=BATCH, epochs=epochs, verbose=0, **more).history


def at_once(*functions):
    """What functions return that threads begin at the same moment; errors are raised here."""
    start = threading.Barrier(len(functions))

    def run(function):
        start.wait()
        return function()

    with ThreadPoolExecutor(len(functions)) as pool:
        return [f.result() for f in [pool.submit(run, function) for function in functions]]


def times(n, function):
    return lambda: [function() for _ in range(n)]


def same(values, expected):
    return all(np.array_equal(v, expected) for v in values)


def test_two_models():
    one_by_one, models = [net(), net(2)], [net(), net(2)]  # made before a fit: that follows the last seed
    assert at_once(*[lambda m=m: fit(m) for m in models]) == [fit(m) for m in one_by_one]


def test_predictions_of_one_model():
    model = net()
    long, short = model.predict(X, batch_size=40, verbose=0), model.predict(X[:5], verbose=0)
    found = at_once(
        *[times(8, lambda: model.predict(X, batch_size=40, verbose=0))] * 3,
        *[times(50, lambda: model.predict(X[:5], verbose=0))] * 2,
        times(50, lambda: np.asarray(model(X[:5]))),
    )
    assert all(same(f, long) for f in found[:3]) and all(same(f, short) for f in found[3:])


def test_looking_at_a_model_in_training():
    """History and weights are those of a training that nobody looked at."""
    alone, model = net(dropout=0.3), net(dropout=0.3)
    history = fit(alone, 4)
    found = at_once(
        lambda: fit(model, 4),
        times(10, lambda: model.predict(X, batch_size=40, verbose=0)),
        times(50, lambda: model.predict(X[:5], verbose=0)),
        times(50, lambda: model(X[:5])),
        times(5, lambda: model.evaluate(X, Y, verbose=0)),
        times(5, lambda: model.test_on_batch(X[:8], Y[:8])),
    )
    assert found[0] == history
    assert all(map(np.array_equal, model.get_weights(), alone.get_weights()))


def test_trainings_of_one_model_lose_no_step():
    model = net()
    found = at_once(
        lambda: fit(model), lambda: fit(model), *[times(10, lambda: model.train_on_batch(X[:8], Y[:8]))] * 3
    )
    assert int(model.optimizer.iterations.numpy()) == 2 * 2 * STEPS + 30
    assert [len(h["loss"]) for h in found[:2]] == [2, 2]


def test_models_that_share_a_layer():
    inputs = fastnn.Input((6,))
    hidden = layers.Dense(8)(inputs)
    models = [fastnn.Model(inputs, layers.Dense(1)(hidden)) for _ in range(2)]
    for model in models:
        model.compile(fastnn.optimizers.SGD(0.01), "mse")
    found = at_once(*[lambda m=m: fit(m, 4) for m in models])
    assert [int(m.optimizer.iterations.numpy()) for m in models] == [4 * STEPS] * 2
    assert all(h["loss"][-1] < h["loss"][0] for h in found)


def test_building_and_compiling():
    def build():
        inputs = fastnn.Input((6,))
        hidden = layers.Dense(4, kernel_initializer="ones")(inputs)
        return fastnn.Model(inputs, layers.Dense(1, kernel_initializer="ones")(hidden)).predict(X, verbose=0)

    expected, model = build(), net()
    found = at_once(*[times(5, build)] * 4, *[times(10, lambda: model.compile("sgd", "mse"))] * 2, lambda: fit(model))
    assert all(same(f, expected) for f in found[:4])
    assert len(fit(model)["loss"]) == 2


def test_eager_operations():
    expected = np.asarray(ops.tanh(ops.matmul(X, X[:6])))
    found = at_once(
        *[times(30, lambda: np.asarray(ops.tanh(ops.matmul(X, X[:6]))))] * 3,
        *[lambda k=k: [float(ops.sum(np.ones((i + 1, k)))) for i in range(40)] for k in (1, 2, 1)],
    )
    assert all(same(f, expected) for f in found[:3])
    assert found[3:] == [[(i + 1) * k for i in range(40)] for k in (1, 2, 1)]


def test_seeds():
    found = at_once(
        *[lambda: [fastnn.utils.set_random_seed(i) for i in range(50)]] * 2,
        times(50, lambda: np.isfinite(fastnn.random.normal((5,))).all()),
        lambda: fit(net(dropout=0.5)),
    )
    assert all(found[2]) and np.isfinite(found[3]["loss"]).all()


def test_pools_and_event_loops():
    model = net()
    expected = [model.predict(X[: i + 1], verbose=0) for i in range(40)]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda i: model.predict(X[: i + 1], verbose=0), range(40)))
    assert all(map(np.array_equal, found, expected))

    async def serve():
        loop = asyncio.get_running_loop()
        asked = [loop.run_in_executor(None, lambda: model.predict(X[:33], verbose=0)) for _ in range(6)]
        return await asyncio.gather(*asked)

    assert same(asyncio.run(serve()), expected[32])


@pytest.mark.parametrize("workers", [{"workers": 2, "max_queue_size": 4}, {}])
def test_workers_of_a_data_set(workers):
    class Batches(fastnn.utils.PyDataset):
        def __len__(self):
            return STEPS

        def __getitem__(self, i):
            return X[i * BATCH : (i + 1) * BATCH], Y[i * BATCH : (i + 1) * BATCH]

    assert net().fit(Batches(**workers), shuffle=False, verbose=0, epochs=2).history == fit(net(), shuffle=False)


@pytest.mark.parametrize("hook", ("on_train_batch_end", "on_epoch_end", "on_test_begin", "on_train_begin"))
def test_a_callback_that_waits_for_a_thread(hook, tmp_path):
    """What the thread does with the model runs inside the fit; the history is that of a fit without it."""

    def look(*_, logs=None):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(model.predict, X, verbose=0).result()
            pool.submit(model.evaluate, X, Y, verbose=0).result()
            pool.submit(model.save, tmp_path / "model.keras").result()

    def validated(model, **more):
        return fit(model, validation_data=(X[:40], Y[:40]), **more)

    model = net(dropout=0.3)
    found = validated(model, callbacks=[fastnn.callbacks.LambdaCallback(**{hook: look})])
    assert found == validated(net(dropout=0.3))


def test_a_prediction_gets_in_before_the_fit_is_over():
    """The first one that is asked for during an epoch without callbacks is answered before the last epoch ends."""
    model, order = net(), []
    model.predict(X, verbose=0)
    begun = threading.Event()
    watch = fastnn.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: begun.set(), on_train_end=lambda logs: order.append("fit")
    )

    def ask():
        begun.wait()
        model.predict(X, verbose=0)
        order.append("predict")
        model.stop_training = True

    at_once(lambda: model.fit(X, Y, batch_size=BATCH, epochs=10**6, verbose=0, callbacks=[watch]), ask)
    assert order == ["predict", "fit"]


def test_weights_that_another_thread_sets():
    model = net()
    start = model.get_weights()
    at_once(lambda: fit(model, 4), times(50, lambda: model.set_weights(start)))
    assert all(np.isfinite(w).all() for w in model.get_weights())


# ------------------------------------------------------------------ what is taken of a model is of one step
def keras_file(model, folder):
    model.save(folder / "model.keras")
    return fastnn.models.load_model(folder / "model.keras").get_weights()


def legacy_file(model, folder):
    model.save(folder / "model.h5")
    return fastnn.models.load_model(folder / "model.h5").get_weights()


def weights_file(model, folder):
    model.save_weights(folder / "model.weights.h5")
    twin = fastnn.models.clone_model(model)
    twin.load_weights(folder / "model.weights.h5")
    return twin.get_weights()


TAKEN = {
    "get_weights": lambda model, _: model.get_weights(),
    "layer": lambda model, _: model.layers[0].get_weights(),
    "variable": lambda model, _: [model.weights[0].numpy()],
    "array": lambda model, _: [np.asarray(model.weights[0])],
    "operation": lambda model, _: [np.asarray(ops.add(model.weights[0], 0.0))],
    "deepcopy": lambda model, _: copy.deepcopy(model).get_weights(),
    "pickle": lambda model, _: pickle.loads(pickle.dumps(model)).get_weights(),
    "save": keras_file,
    "save_h5": legacy_file,
    "save_weights": weights_file,
    "predict": lambda model, _: [model.predict(X[:8], verbose=0)],
    "predict_long": lambda model, _: [model.predict(X[:70], batch_size=35, verbose=0)],
    "call": lambda model, _: [np.asarray(model(X[:8]))],
}
FILES = ("deepcopy", "pickle", "save", "save_h5", "save_weights")


def plain(arrays):
    return tuple(a.tobytes() for a in arrays)


@pytest.mark.parametrize("kind", TAKEN)
@pytest.mark.parametrize("callback", [False, True])
def test_what_is_taken_during_fit_is_of_one_step(kind, callback, tmp_path):
    """Every snapshot of another thread equals one that was taken between two steps of the same training."""

    def take():
        return plain(TAKEN[kind](model, tmp_path))

    def between(batch, logs=None):
        steps.add(take())

    model, epochs = net(width=64), 1 if kind in FILES else 3
    steps, start, nothing = {take()}, model.get_weights(), lambda batch, logs: None
    fit(model, epochs, callbacks=[fastnn.callbacks.LambdaCallback(on_train_batch_end=between)], shuffle=False)
    model.set_weights(start)
    model.compile(fastnn.optimizers.Adam(0.01), "mse")
    begun, over, found = threading.Event(), threading.Event(), []

    def watch():
        begun.wait()
        while not over.is_set() and len(found) < 200:
            found.append(take())

    def train():
        begin = fastnn.callbacks.LambdaCallback(on_train_begin=lambda logs: begun.set())
        more = [fastnn.callbacks.LambdaCallback(on_train_batch_end=nothing)] if callback else []
        try:
            fit(model, epochs, shuffle=False, callbacks=[begin, *more])
        finally:
            begun.set()
            over.set()

    at_once(train, watch)
    assert set(found) <= steps
