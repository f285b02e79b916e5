"""Logs under the names of all years, and what logs of batches held besides."""

import pytest
from compat.running import run

from fastnn.compat.year_names import Logs, others


def test_a_log_is_found_under_every_name():
    logs = Logs(val_accuracy=0.5, loss=1.0)
    assert logs["val_acc"] == logs.get("val_acc") == 0.5 and "val_acc" in logs and "acc" not in logs
    assert logs.get("mae", 3) == 3 and others("loss") == []
    with pytest.raises(KeyError):
        logs["batch"]


SCRIPT = """
import numpy as np
from keras.callbacks import Callback
from keras.layers import Dense
from keras.models import Sequential

class Batches(Callback):
    def on_batch_begin(self, batch, logs={}):
        self.before = logs["batch"], logs["size"]

    def on_batch_end(self, batch, logs={}):
        assert self.before == (batch, logs.get("size")) and "size" in logs
        print(batch, logs["size"], sorted(logs))

    def on_epoch_end(self, epoch, logs={}):
        print("size" in logs, sorted(logs))

model = Sequential([Dense(1, input_dim=2)])
model.compile("sgd", "mse")
model.fit(np.ones((10, 2)), np.ones((10, 1)), batch_size=4, nb_epoch=1, verbose=0, callbacks=[Batches()])
def batches():
    while True:
        yield np.ones((3, 2)), np.ones((3, 1))
class Plain(Callback):
    def on_batch_end(self, batch, logs={}):
        print(logs["batch"], logs.get("size"))
model.fit_generator(batches(), steps_per_epoch=2, epochs=1, verbose=0, callbacks=[Plain()])
"""


def test_logs_of_batches_hold_number_and_size(tmp_path):
    status, out, errors = run(SCRIPT, tmp_path)
    assert status == 0, errors
    rows = ["0 4 ['loss']", "1 4 ['loss']", "2 2 ['loss']", "False ['loss']", "0 None", "1 None"]
    assert out.splitlines() == rows


AGENT = """
import numpy as np
from keras.callbacks import Callback, CallbackList
from keras.optimizers import SGD

class Agent:  # as keras-rl has them: no model of Keras
    stop_training = False

class Seen(Callback):
    def on_train_begin(self, logs={}):
        print(sorted(self.params))
    def on_batch_end(self, batch, logs={}):
        print(batch, "size" in logs)

callbacks = CallbackList([Seen()])
callbacks.set_model(Agent())
callbacks.set_params({"nb_steps": 3})
callbacks.on_train_begin()
callbacks.on_batch_begin(0, {})
callbacks.on_batch_end(0, {})
print(SGD(name="mine")._name)
"""


def test_callbacks_round_what_is_no_model(tmp_path):
    status, out, errors = run(AGENT, tmp_path)
    assert status == 0, errors
    assert out.splitlines() == ["['nb_epoch', 'nb_steps']", "0 False", "mine"]
