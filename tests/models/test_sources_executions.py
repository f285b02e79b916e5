"""steps_per_execution: callbacks see several batches as one, with Keras's numbers; the numbers stay the same."""

import numpy as np
import pytest

import fastnn
from fastnn import layers

X, Y = np.arange(14, dtype="float32")[:, None], np.arange(14, dtype="float32")[:, None]
EXPECTED = {1: [(i, i) for i in range(7)], 3: [(0, 2), (3, 5), (6, 8)], 7: [(0, 6)], 50: [(0, 49)]}


class Seen(fastnn.callbacks.Callback):
    def __init__(self, stop_at=None):
        super().__init__()
        self.batches, self.outputs, self.stop_at = [], [], stop_at

    def on_train_batch_begin(self, batch, logs=None):
        self.start = batch

    def on_train_batch_end(self, batch, logs=None):
        self.batches.append((self.start, batch))
        if batch == self.stop_at:
            self.model.stop_training = True

    on_test_batch_begin = on_predict_batch_begin = on_train_batch_begin
    on_test_batch_end = on_train_batch_end

    def on_predict_batch_end(self, batch, logs=None):
        self.batches.append((self.start, batch))
        self.outputs.append(np.array(logs["outputs"]))


def made(size):
    model = fastnn.Sequential([fastnn.Input((1,)), layers.Dense(1, kernel_initializer="ones")])
    model.compile(fastnn.optimizers.SGD(1e-3), "mse", steps_per_execution=size)
    return model


def batches(x, y=None):
    for i in range(0, len(x), 2):
        yield x[i : i + 2] if y is None else (x[i : i + 2], y[i : i + 2])


@pytest.mark.parametrize("size", EXPECTED)
@pytest.mark.parametrize("data", ["arrays", "generator"])
def test_what_callbacks_see(size, data):
    model, plain, seen = made(size), made(1), [Seen(), Seen(), Seen()]
    xy = (X, Y) if data == "arrays" else None
    kwargs = {"batch_size": 2, "verbose": 0} if xy else {"verbose": 0}
    history = model.fit(*(xy or [batches(X, Y)]), shuffle=False, callbacks=seen[0], **kwargs)
    assert history.history == plain.fit(X, Y, batch_size=2, shuffle=False, verbose=0).history
    model.evaluate(*(xy or [batches(X, Y)]), callbacks=seen[1], **kwargs)
    out = model.predict(X if xy else batches(X), callbacks=seen[2], **kwargs)
    assert [s.batches for s in seen] == [EXPECTED[size]] * 3
    np.testing.assert_array_equal(np.concatenate(seen[2].outputs), out)
    assert len(seen[2].outputs[0]) == min(2 * size, 14)


def test_every_epoch_begins_at_zero_and_a_stop_comes_after_an_execution():
    seen = Seen(stop_at=5)
    made(3).fit(X, Y, batch_size=2, epochs=4, callbacks=seen, verbose=0)
    assert seen.batches == [(0, 2), (3, 5)]


@pytest.mark.parametrize("data", ["arrays", "generator"])
def test_an_epoch_of_given_steps_is_made_of_whole_executions(data):
    x = np.concatenate([X, X[:10]])
    given = (x, x) if data == "arrays" else (batches(x, x),)
    seen = Seen()
    made(3).fit(*given, batch_size=2, epochs=2, steps_per_epoch=5, callbacks=seen, verbose=0)
    assert seen.batches == [(0, 2), (3, 5)] * 2
    seen = Seen()
    given = (X, X) if data == "arrays" else (batches(X, X),)
    made(3).fit(*given, batch_size=2, steps_per_epoch=7, callbacks=seen, verbose=0)
    assert seen.batches == [(0, 2), (3, 5), (6, 8)]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_outputs_whose_rows_are_not_those_of_the_batch(size):
    """A model that joins rows: its outputs come one after another, an execution's together."""
    x = fastnn.Input((1,))
    model = fastnn.Model(x, fastnn.ops.reshape(x, (-1, 2)))
    model.compile(steps_per_execution=size)
    seen = Seen()
    out = model.predict(X, batch_size=2, callbacks=seen, verbose=0)
    np.testing.assert_array_equal(out, X.reshape(-1, 2))
    np.testing.assert_array_equal(np.concatenate(seen.outputs), out)
    assert [len(o) for o in seen.outputs] == [min(size, 7 - i) for i in range(0, 7, size)]


def test_one_target_for_the_only_output_with_a_loss():
    x = fastnn.Input((2,))
    y = layers.Dense(3, kernel_initializer="ones")(x)
    model, full = fastnn.Model(x, [y, y, y]), fastnn.Model(x, [y, y, y])
    model.compile(loss=[None, "mse", None])
    full.compile(loss="mse")
    one = np.ones((4, 3), "float32")
    got = model.evaluate(np.ones((4, 2)), one, verbose=0)
    assert 3 * got == pytest.approx(full.evaluate(np.ones((4, 2)), [one] * 3, return_dict=True, verbose=0)["loss"])


def test_predict_takes_whole_executions_and_the_progress_bar_may_pass_its_end(capsys):
    model = made(3)
    assert len(model.predict(X, batch_size=2, steps=4, verbose=1)) == 12
    assert len(model.fit(X, Y, batch_size=2, steps_per_epoch=4, callbacks=[Seen()], verbose=1).history["loss"]) == 1
    assert "/4" in capsys.readouterr().out
