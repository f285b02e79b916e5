"""LossScaleOptimizer in loops of tf.keras: the loss scaled, the gradients divided, once."""

from compat.running import run

SCRIPT = """
import numpy as np
import tensorflow as tf
from tensorflow.keras.mixed_precision import experimental as older

x, w = np.array([[1.0, 2.0], [3.0, -1.0]], "float32"), np.array([0.5, -0.25], "float32")

def steps(optimizer, scaled):
    v = tf.Variable(w)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(tf.linalg.matvec(x, v) - 1.0))
            given = optimizer.get_scaled_loss(loss) if scaled else loss
        grads = tape.gradient(given, [v])
        grads = optimizer.get_unscaled_gradients(grads) if scaled else grads
        optimizer.apply_gradients(zip(grads, [v]))
        return loss

    return [float(step()) for _ in range(3)], v.numpy()

plain = steps(tf.keras.optimizers.SGD(0.05), False)
LossScaleOptimizer = tf.keras.mixed_precision.LossScaleOptimizer
for optimizer in (LossScaleOptimizer(tf.keras.optimizers.SGD(0.05)),
                  LossScaleOptimizer(tf.keras.optimizers.SGD(0.05), dynamic=True, initial_scale=64),
                  older.LossScaleOptimizer(tf.keras.optimizers.SGD(0.05), loss_scale="dynamic"),
                  older.LossScaleOptimizer(tf.keras.optimizers.SGD(0.05), "dynamic")):
    losses, v = steps(optimizer, True)
    np.testing.assert_allclose(losses, plain[0], rtol=1e-6)
    np.testing.assert_allclose(v, plain[1], rtol=1e-6)
    print(float(optimizer.loss_scale), optimizer.dynamic, len(optimizer.variables()) == len(optimizer.variables))
print(len(optimizer.get_scaled_loss(lambda: tf.constant(1.0))().shape))
"""


def test_loops(tmp_path):
    status, output, errors = run(SCRIPT, tmp_path)
    assert status == 0, errors
    assert output.split("\n")[:-1] == ["32768.0 True True", "64.0 True True", *["32768.0 True True"] * 2, "0"]
