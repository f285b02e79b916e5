"""The lines about devices, sessions and logging with which scripts begin; they change nothing."""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
import numpy as np
import tensorflow as tf

tf.get_logger().setLevel("ERROR")
tf.compat.v1.logging.set_verbosity(tf.compat.v1.logging.ERROR)
gpus = tf.config.experimental.list_physical_devices("GPU")
for gpu in gpus:
    tf.config.experimental.set_memory_growth(gpu, True)
print("Num GPUs Available: ", len(tf.config.list_physical_devices("GPU")))
logical_gpus = tf.config.list_logical_devices("GPU")
assert not gpus and not logical_gpus and not tf.test.is_gpu_available() and tf.test.gpu_device_name() == ""
assert not tf.test.is_built_with_cuda() and tf.executing_eagerly()
config = tf.compat.v1.ConfigProto()
config.gpu_options.allow_growth = True
config.gpu_options.per_process_gpu_memory_fraction = 0.5
session = tf.compat.v1.Session(config=config)
tf.compat.v1.keras.backend.set_session(session)
strategy = tf.distribute.get_strategy()
with strategy.scope():
    model = tf.keras.Sequential([tf.keras.layers.Dense(1, input_shape=(2,))])
    model.compile("sgd", "mse")
with tf.device("/CPU:0"):
    model.fit(np.ones((4, 2)), np.ones(4), verbose=0)
assert strategy.num_replicas_in_sync == 1
