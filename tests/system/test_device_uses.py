"""What people do with a model, on a simulated device: each use gives what it gives on the CPU, bit for bit."""

from __future__ import annotations

import contextlib
import threading

import evaluate
import numpy as np
import pytest

import fastnn as keras
from fastnn.compiler.program import Program
from fastnn.models.many import fit_many
from fastnn.runtime import device
from fastnn.runtime.simulated import Simulated

L = keras.layers
X = np.random.default_rng(0).standard_normal((26, 5)).astype("float32")
Y = np.random.default_rng(1).integers(0, 3, 26)


def net(**compile):
    keras.utils.set_random_seed(2)
    model = keras.Sequential(
        [keras.Input((5,)), L.Dense(6, "relu"), L.Dropout(0.2), L.BatchNormalization(), L.Dense(3)]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(**{"optimizer": "adam", "loss": loss, "metrics": ["accuracy"], **compile})
    return model


def state(model):
    return [*model.get_weights(), *(v.numpy() for v in model.optimizer.variables)]


def batches_one_by_one(folder):
    model, seen = net(), []
    for k in range(0, 24, 8):
        seen += model.train_on_batch(X[k : k + 8], Y[k : k + 8])
        seen += model.test_on_batch(X, Y)
    return [np.array(seen), model.predict_on_batch(X), *state(model)]


def weights_of_samples_and_classes(folder):
    model = net(weighted_metrics=["accuracy"])
    model.fit(X, Y, batch_size=8, epochs=2, sample_weight=np.linspace(0, 1, 26), verbose=0)
    model.fit(X, Y, batch_size=8, class_weight={0: 1.0, 1: 2.0, 2: 0.5}, verbose=0)
    return state(model)


def stopping_and_schedules(folder):
    model = net(optimizer=keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 9), momentum=0.9))
    history = model.fit(
        X, Y, batch_size=8, epochs=8, verbose=0, validation_split=0.3,
        callbacks=[keras.callbacks.EarlyStopping(patience=1, restore_best_weights=True)],
    )  # fmt: skip
    return [*(np.array(v) for v in history.history.values()), *state(model)]


def a_step_of_ones_own(folder):
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense, self.seen = L.Dense(3), keras.metrics.Mean(name="seen")

        def call(self, x):
            return self.dense(x)

        def train_step(self, data):
            x, y = data
            with keras.GradientTape() as tape:
                loss = self.compute_loss(x, y, self(x, training=True))
            grads = tape.gradient(loss, self.trainable_weights)
            self.optimizer.apply_gradients(zip(grads, self.trainable_weights))
            self.seen.update_state(loss)
            return {"loss": loss, "seen": self.seen.result(), "norm": keras.ops.sum(grads[0] ** 2)}

    keras.utils.set_random_seed(2)
    model = Own()
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    history = model.fit(X, Y, batch_size=8, epochs=2, verbose=0).history
    return [*(np.array(v) for v in history.values()), *model.get_weights()]


def a_loop_of_ones_own(folder):
    model = net()
    model.fit(X, Y, batch_size=8, verbose=0)
    for _ in range(3):
        with keras.GradientTape() as tape:
            loss = keras.ops.mean(model(X, training=True) ** 2)
        grads = tape.gradient(loss, model.trainable_weights)
        model.optimizer.apply_gradients(zip(grads, model.trainable_weights))
    model.fit(X, Y, batch_size=8, verbose=0)
    return [np.array(model(X)), *state(model)]


def saved_and_loaded(folder):
    model = net()
    model.fit(X, Y, batch_size=8, verbose=0)
    model.save(folder / "model.keras")
    again = keras.models.load_model(folder / "model.keras")
    again.fit(X, Y, batch_size=8, verbose=0)
    return [model.predict(X, verbose=0), *state(again), *keras.models.clone_model(model).get_weights()]


def stopped_and_gone_on(folder):
    class Stop(Exception):
        pass

    def stop(batch, logs):
        if model.optimizer.iterations == 7:
            raise Stop

    def keep():
        return keras.callbacks.BackupAndRestore(folder, save_freq=2)

    model = net()
    with contextlib.suppress(Stop):
        look = keras.callbacks.LambdaCallback(on_train_batch_end=stop)
        model.fit(X, Y, batch_size=8, epochs=3, verbose=0, checkpoint=keep(), callbacks=[look])
    other = net()
    history = other.fit(X, Y, batch_size=8, epochs=3, verbose=0, checkpoint=keep(), resume=True).history
    return [*(np.array(v) for v in history.values()), *state(other)]


def many_models(folder):
    models = [net(), net(optimizer="sgd")]
    fit_many(models, X, Y, batch_size=8, epochs=2, verbose=0)
    return [*state(models[0]), *state(models[1])]


def lengths_that_change(folder):
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [keras.Input((None,), dtype="int32"), L.Embedding(9, 4, mask_zero=True), L.GRU(3), L.Dense(1)]
    )
    model.compile("adam", "mse")
    rng = np.random.default_rng(0)

    def data():
        for n in (3, 7, 3, 12):
            yield rng.integers(0, 9, (4, n)), rng.standard_normal((4, 1)).astype("float32")

    model.fit(data(), verbose=0)
    return state(model)


def several_steps_an_execution(folder):
    model, seen = net(steps_per_execution=2), []
    look = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append((batch, logs["loss"])))
    model.fit(X, Y, batch_size=4, epochs=2, verbose=0, callbacks=[look])
    return [np.array(seen), *state(model)]


def float64_numbers(folder):
    keras.config.set_floatx("float64")
    model = net()
    model.fit(X.astype("float64"), Y, batch_size=8, verbose=0)
    return state(model)


def half_precision(folder):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((5,)), L.Dense(4, "relu", dtype="mixed_bfloat16"), L.Dense(1)])
    model.compile("adam", "mse")
    model.fit(X, X[:, :1], batch_size=8, verbose=0)
    return state(model)


USES = [batches_one_by_one, weights_of_samples_and_classes, stopping_and_schedules, a_step_of_ones_own,
        a_loop_of_ones_own, saved_and_loaded, stopped_and_gone_on, many_models, lengths_that_change,
        several_steps_an_execution, float64_numbers, half_precision]  # fmt: skip


@pytest.mark.parametrize("use", USES)
def test_a_use_gives_what_it_gives_on_the_cpu(use, tmp_path):
    for name in ("cpu", "device"):
        (tmp_path / name).mkdir()
    wanted = use(tmp_path / "cpu")
    keras.config.set_floatx("float32")
    with device.using(Simulated(own=False)) as found:
        received = use(tmp_path / "device")
    assert found.counts["replays"] + found.counts["launches"]
    evaluate.assert_same_bits([np.asarray(a) for a in received], [np.asarray(a) for a in wanted], use.__name__)
    found.check()


def test_a_run_goes_on_on_another_kind_of_machine(tmp_path):
    class Stop(Exception):
        pass

    def stop(epoch, logs):
        if epoch == 1:
            raise Stop

    whole = net()
    whole.fit(X, Y, batch_size=8, epochs=4, verbose=0)
    model = net()
    with device.using(Simulated(own=False)), contextlib.suppress(Stop):
        model.fit(X, Y, batch_size=8, epochs=4, verbose=0, checkpoint=tmp_path,
                  callbacks=[keras.callbacks.LambdaCallback(on_epoch_begin=stop)])  # fmt: skip
    other = net()
    other.fit(X, Y, batch_size=8, epochs=4, verbose=0, checkpoint=tmp_path, resume=True)
    evaluate.assert_same_bits(state(other), state(whole), "resumed on the CPU")


def test_a_second_thread_predicts_while_one_trains():
    with device.using(Simulated(own=False)):
        model, stop, seen = net(), threading.Event(), []
        model.fit(X, Y, verbose=0)

        def ask():
            while not stop.is_set():
                seen.append(model.predict(X, verbose=0))

        thread = threading.Thread(target=ask)
        thread.start()
        model.fit(X, Y, batch_size=4, epochs=30, verbose=0)
        stop.set()
        thread.join()
        assert seen and all(np.isfinite(p).all() for p in seen)
        np.testing.assert_array_equal(model.predict(X, verbose=0), model(X))


def test_plans_and_profiles_tell_of_the_device():
    with device.using(Simulated(own=False)):
        model = net()
        model.fit(X, Y, batch_size=8, verbose=0)
        said = str(model.plan(8))
        assert "gather_rows" in said and isinstance(model.plan(8).program, Program)
        assert "dense" in str(model.profile(8, batches=2))
