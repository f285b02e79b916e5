"""`trainable` as compile() saw it and optimizers of several models, under the aliases."""

import numpy as np
import pytest
from compat.running import run

import fastnn
from fastnn import layers, optimizers
from fastnn.core.errors import UnknownNameError

GAN = """
import numpy as np
from keras import backend as K
{imports}

def looking(y_true, y_pred):  # asks for values
    return K.mean(K.binary_crossentropy(y_true, y_pred)) if K.max(y_true) > 0 else K.sum(y_pred)

from keras.layers import BatchNormalization, Dense, Input
from keras.models import Model, Sequential
from keras.optimizers import {optimizer}

critic = Sequential([Dense(3, input_dim=3), BatchNormalization(), Dense(1, activation="sigmoid")])
maker = Sequential([Dense(3, input_dim=2)])
shared = {optimizer}(0.01)
critic.compile(loss="binary_crossentropy", optimizer=shared, metrics=["accuracy"])
critic.trainable = False
noise = Input(shape=(2,))
both = Model(noise, critic(maker(noise)))
both.compile(loss={loss}, optimizer=shared)

def changed(model, x):
    before = [w.copy() for w in critic.get_weights() + maker.get_weights()]
    model.train_on_batch(x, np.ones((4, 1)))
    after = critic.get_weights() + maker.get_weights()
    return "".join("-x"[int(np.abs(a - b).max() > 0)] for a, b in zip(after, before))

for _ in range(2):
    print(changed(critic, np.arange(12.0).reshape(4, 3)), changed(both, np.arange(8.0).reshape(4, 2)))
print(int(shared.iterations), critic.trainable, len(critic.trainable_weights), len(both.trainable_weights))
"""
# weights of the critic: kernel, bias, gamma, beta, moving mean and variance, kernel, bias; of the maker: kernel, bias
CRITIC, MAKER = "xxxxxxxx--", "--------xx"


@pytest.mark.parametrize(
    "imports, optimizer, loss",
    [
        ("from keras.layers.core import Dropout", "Adam", "'binary_crossentropy'"),
        ("import tensorflow as tf", "Nadam", "'binary_crossentropy'"),
        ("", "SGD", "looking"),
    ],
)
def test_models_train_what_was_trainable_when_they_were_compiled(imports, optimizer, loss, tmp_path):
    status, out, errors = run(GAN.format(imports=imports, optimizer=optimizer, loss=loss), tmp_path)
    assert status == 0, errors
    rounds, (iterations, *state) = out.splitlines()[:2], out.splitlines()[2].split()
    for line in rounds:
        critic, maker = line.split()
        # the bias in front of the normalization has no gradient but rounding's
        assert critic[0] + critic[2:] == CRITIC[0] + CRITIC[2:] and maker == MAKER
    assert iterations == "4" and state == ["False", "0", "2"]


def test_a_model_of_today_trains_what_is_trainable_when_it_runs(tmp_path):
    script = """
import numpy as np
from keras import Sequential, layers
m = Sequential([layers.Input((2,)), layers.Dense(3), layers.Dense(1)])
m.compile("sgd", "mse")
m.layers[0].trainable = False
before = m.layers[0].get_weights()[0]
m.train_on_batch(np.ones((4, 2)), np.ones((4, 1)))
print(np.array_equal(before, m.layers[0].get_weights()[0]))
"""
    status, out, errors = run(script, tmp_path)
    assert (status, out.strip()) == (0, "True"), errors


def test_without_the_aliases_an_optimizer_has_the_variables_of_one_model():
    shared, x, y = optimizers.SGD(0.1), np.ones((4, 3), "float32"), np.ones((4, 2), "float32")
    first, second = (fastnn.Sequential([layers.Input((3,)), layers.Dense(2)]) for _ in range(2))
    for model in (first, second):
        model.compile(shared, "mse")
    first.train_on_batch(x, y)
    with pytest.raises(UnknownNameError, match="was originally built with"):
        second.train_on_batch(x, y)


CHECKPOINTS = """
import os
import keras, numpy as np
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")

class Own(keras.callbacks.ModelCheckpoint):
    def on_epoch_end(self, epoch, logs=None):
        self._save_model(epoch=epoch, logs=logs)

kept = [keras.callbacks.ModelCheckpoint("a{epoch}.keras", monitor="loss", save_best_only=True),
        keras.callbacks.ModelCheckpoint("b{batch}.keras", save_freq=2), Own("c{epoch}.keras")]
model.fit(np.zeros((4, 2)), np.zeros((4, 1)), batch_size=2, callbacks=kept, verbose=0)
print(sorted(name for name in os.listdir(".") if name.endswith(".keras")))
"""


def test_checkpoints_are_written_under_the_aliases(tmp_path):
    status, out, errors = run(CHECKPOINTS, tmp_path)
    assert status == 0, errors
    assert out == "['a1.keras', 'b2.keras', 'c1.keras']\n"
