"""Tensors of a data set as inputs and targets: models that are fed by nobody, as in Keras 2's mnist_dataset_api."""

from compat.running import run

SCRIPT = """
import numpy as np
import tensorflow as tf
import keras
from keras import backend as K, layers

x = np.arange(24, dtype="float32").reshape(12, 2)
data = tf.data.Dataset.from_tensor_slices((x, x.sum(1, keepdims=True))).batch(4).repeat()
inputs, targets = data.make_one_shot_iterator().get_next()
fed = layers.Input(tensor=inputs)
model = keras.models.Model(fed, layers.Dense(1, kernel_initializer="ones", use_bias=False)(fed))
model.compile("sgd", "mse", target_tensors=[targets])
print(model.fit(epochs=2, steps_per_epoch=3, verbose=0).history["loss"])
print(model.evaluate(steps=2, verbose=0))

fixed = layers.Input(tensor=K.variable(x[:4]))
other = keras.models.Model(fixed, layers.Dense(1, kernel_initializer="ones", use_bias=False)(fixed))
other.compile("sgd", "mse", target_tensors=K.constant(np.zeros((4, 1))))
print(other.evaluate(steps=1, verbose=0), np.square(x[:4].sum(1)).mean())
"""


def test_models_that_are_fed_by_tensors(tmp_path):
    status, out, errors = run(SCRIPT, tmp_path)
    assert status == 0, errors
    assert out.splitlines() == ["[0.0, 0.0]", "0.0", "69.0 69.0"]


GRAPH = """
import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow import keras
tf.disable_v2_behavior()
x = np.arange(24, dtype="float32").reshape(12, 2)
data = tf.data.Dataset.from_tensor_slices((x, x.sum(1, keepdims=True))).batch(4).repeat()
inputs, targets = tf.data.make_one_shot_iterator(data).get_next()
fed = keras.layers.Input(tensor=inputs)
dense = keras.layers.Dense(1, kernel_initializer="ones", use_bias=False)
model = keras.models.Model(fed, dense(fed))
model.compile("sgd", "mse", target_tensors=[targets])
print(model.fit(epochs=2, steps_per_epoch=3, verbose=0).history["loss"])
stack = keras.Sequential([keras.layers.Input((2,)), dense])
stack.compile("sgd", "mse")
print(stack.fit(inputs, targets, epochs=2, steps_per_epoch=3, verbose=0).history["loss"])
"""


def test_they_are_tensors_of_a_graph_of_tensorflow_1_too(tmp_path):
    status, out, errors = run(GRAPH, tmp_path)
    assert status == 0 and "ran out" not in errors, errors
    assert out.splitlines() == ["[0.0, 0.0]"] * 2
