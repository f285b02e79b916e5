"""Symbols of targets, weights of rows and the total loss."""

import pytest
from compat.running import run

SCRIPT = """
import numpy as np
from keras import backend as K
from keras.engine import Model
from keras.layers import Dense, Input
from keras.regularizers import l2

LOSSES = __import__("ast").literal_eval({losses!r})
i = Input((4,))
h = Dense(3, activation="tanh", kernel_regularizer=l2(0.01))(i)
model = Model(i, [Dense(2, activation="softmax", name=n)(h) for n in "ab"[: len(LOSSES)]])
model.compile("sgd", LOSSES, loss_weights=[1.0, 0.5][: len(LOSSES)])
rng = np.random.RandomState(0)
x = rng.rand(8, 4).astype("float32")
y = [rng.randint(0, 2, (8, 1)) if "sparse" in k else rng.rand(8, 2) for k in LOSSES]
w = [np.linspace(0, 1, 8).astype("float32") for _ in LOSSES]
given = model._standardize_user_data(x, y, w)
assert [len(part) for part in given] == [1, len(LOSSES), len(LOSSES)]
assert all((p == 1).all() for p in model._standardize_user_data(x, y)[2])
symbols = model._feed_inputs + model._feed_targets + model._feed_sample_weights
before = model.get_weights()
gradients = model.optimizer.get_gradients(model.total_loss, model.trainable_weights)
found = K.function(symbols, [model.total_loss] + gradients)([p for part in given for p in part])
for one, other in zip(found, K.function(symbols, [model.total_loss] + gradients)(given)):
    assert (one == other).all()
inner = K.function(model._feed_inputs, [h])(model._standardize_user_data(x))
assert model._standardize_user_data(x)[1:] == ([], []) and inner[0].shape == (8, 3)
loss = model.train_on_batch(x, y if len(y) > 1 else y[0], sample_weight=w if len(w) > 1 else w[0])
assert np.isclose(np.ravel(loss)[0], found[0], atol=1e-5), (loss, found[0])
for a, g, b in zip(before, found[1:], model.get_weights()):
    assert np.allclose(a - 0.01 * g, b, atol=1e-6)
assert model.targets[0] is model._feed_targets[0] and model.sample_weights[0].shape == (None,)
print("done")
"""


@pytest.mark.parametrize("losses", ["['mse']", "['mse', 'mae']", "['sparse_categorical_crossentropy']"])
def test_gradients_of_the_total_loss_are_those_of_a_step(losses, tmp_path):
    status, out, errors = run(SCRIPT.replace("{losses!r}", repr(losses)), tmp_path)
    assert status == 0 and out.splitlines()[-1] == "done", errors
