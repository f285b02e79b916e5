"""The seed of TensorFlow, which is nobody else's, and what packages ask TensorFlow's private modules of it."""

from compat.running import run

SCRIPT = """
import random
import numpy as np, tensorflow as tf
from tensorflow.python.eager import context
from tensorflow.python.framework import config, ops

assert context.executing_eagerly() and context.global_seed() is None
np.random.seed(1), random.seed(1)
first = np.random.rand(), random.random()
np.random.seed(1), random.seed(1)
tf.random.set_seed(7)
assert (np.random.rand(), random.random()) == first and context.global_seed() == 7
one = tf.random.normal((3,)).numpy()
tf.random.set_seed(7)
assert (tf.random.normal((3,)).numpy() == one).all()
tf.compat.v1.set_random_seed(-3)
tf.keras.utils.set_random_seed(5)
assert context.global_seed() == 5
np.random.seed(5)
expected = np.random.rand()
tf.keras.utils.set_random_seed(5)
assert np.random.rand() == expected
tf.random.set_seed(context.global_seed())
tf.random.set_seed(None)
assert context.global_seed() is None and not (tf.random.normal((3,)).numpy() == one).any()
assert config.is_op_determinism_enabled() and config.enable_op_determinism() is None
config.disable_op_determinism()
print("done")
"""


def test_seeds(tmp_path):
    status, output, errors = run(SCRIPT, tmp_path)
    assert status == 0, errors
    assert output == "done\n"
