"""TensorFlow 1 sessions around Keras 2 scripts: seeds, memory, graphs; they change nothing."""

import random as rn

import numpy as np
import tensorflow as tf
from keras import backend as K
from keras.backend.tensorflow_backend import set_session
from keras.layers import Dense
from keras.models import Sequential
from tensorflow.python.client import device_lib

np.random.seed(42)
rn.seed(12345)
session_conf = tf.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
session_conf.gpu_options.allow_growth = True
tf.set_random_seed(1234)
sess = tf.Session(graph=tf.get_default_graph(), config=session_conf)
K.set_session(sess)
set_session(sess)
assert [d.device_type for d in device_lib.list_local_devices()] == ["CPU"]
assert K.tensorflow_backend._get_available_gpus() == [] and K.tf.constant(1.0).numpy() == 1
graph = tf.get_default_graph()
with graph.as_default():
    model = Sequential([Dense(2, input_dim=3)])
    sess.run(tf.global_variables_initializer())
    x = np.ones((2, 3))
    out = model.predict(x)
with K.get_session() as sess:
    values = sess.run([model.layers[0].kernel, model.layers[0].bias])
np.testing.assert_allclose(x @ values[0] + values[1], out, rtol=1e-5)
with K.name_scope("block"), tf.name_scope("inner"):
    y = K.mean(K.variable(np.arange(4.0)))
assert float(K.get_value(y)) == 1.5
