"""Formulas of TensorFlow whose gradients a tape gives: of each the gradient, and the gradient of that one's squares."""

import numpy as np

FORMULAS = """
x * x + 2.0 * x / (y + 3.0) - x**3
x**y
y**x
2.0**x
x // 0.7 + x % 0.7
tf.abs(x) + tf.exp(x) + tf.math.log(y) + tf.sqrt(y) + tf.math.rsqrt(y)
tf.sin(x) * tf.cos(y) + tf.tan(x / 3.0) + tf.atan(y) + tf.math.atan2(x, y) + tf.sinh(x) + tf.asinh(y)
tf.sigmoid(x) + tf.tanh(y) + tf.nn.softplus(x) + tf.nn.elu(x) + tf.nn.relu6(y) + tf.nn.leaky_relu(x) + tf.nn.silu(x)
tf.nn.softmax(x) * y + tf.nn.log_softmax(y, axis=0)
tf.nn.relu(z)
tf.abs(z)
tf.sqrt(tf.nn.relu(y))
tf.maximum(z, 0.0) + tf.minimum(z, z)
tf.clip_by_value(x, -0.5, 0.5)
tf.where(x > 0.0, x * x, tf.exp(x))
tf.where(z > 0.0, tf.sqrt(tf.where(z > 0.0, z, 1.0)), 0.0)
tf.math.divide_no_nan(x, z)
tf.math.xlogy(y, y)
tf.reduce_sum(x, axis=1) * tf.reduce_mean(y, axis=1)
tf.reduce_max(x, axis=0) + tf.reduce_min(y)
tf.reduce_max(z, axis=1)
tf.reduce_prod(x, axis=1)
tf.reduce_prod(z)
tf.reduce_logsumexp(x, axis=1)
tf.math.reduce_std(x) + tf.math.reduce_variance(y, axis=0)
tf.norm(x) + tf.norm(y, ord=1) + tf.norm(x, axis=1)
tf.cumsum(x, axis=1) * tf.cumsum(y, axis=0, reverse=True) + tf.math.cumprod(y, axis=1)
tf.matmul(x, y, transpose_b=True)
tf.einsum("ij,kj->ik", x, y) ** 2
tf.tensordot(x, y, axes=[[1], [1]])
tf.linalg.inv(s) @ s + tf.linalg.det(s)
tf.linalg.solve(s, x)
tf.linalg.cholesky(s @ tf.transpose(s) + tf.eye(2))
tf.transpose(x) * tf.reshape(y, (3, 2))
x[0] * y[1, ::-1] + x[..., 1:2] + x[-1, tf.newaxis]
tf.concat([x, y * 2.0], axis=0) ** 2
tf.stack([x, y], axis=1) * 3.0
sum(part * part for part in tf.split(x, 3, axis=1))
tf.unstack(x)[0] * tf.unstack(y)[1]
tf.pad(x, [[1, 0], [0, 2]]) ** 2
tf.tile(x, [2, 1]) * tf.repeat(y, 2, axis=0)
tf.broadcast_to(x[:, :1], (2, 3)) * y
tf.reverse(x, [1]) * tf.roll(y, 1, axis=1)
tf.gather(x, [0, 0, 1]) ** 2
tf.gather(x, [2, 0], axis=1) * tf.gather(y, 1, axis=1)[:, None]
tf.gather_nd(x, [[0, 1], [1, 2], [0, 1]]) ** 2
tf.sort(x, axis=1) * tf.constant([1.0, 2.0, 3.0])
tf.nn.top_k(x, k=2).values ** 2
tf.boolean_mask(x, [[True, False, True], [False, True, False]]) ** 2
tf.math.segment_sum(x, [0, 0]) ** 2
tf.one_hot([0, 2], 3) * x
tf.linalg.band_part(s, 0, -1) + tf.linalg.diag(s[0]) + tf.linalg.trace(s)
tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.ones_like(x), logits=x)
tf.nn.softmax_cross_entropy_with_logits(labels=[[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]], logits=x)
tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[0, 2], logits=x)
tf.nn.l2_loss(x) + tf.nn.l2_normalize(y, axis=1)
tf.squeeze(tf.expand_dims(x, 0)) + tf.identity(y)
tf.stop_gradient(x) * x
tf.cast(tf.cast(x, tf.float64) ** 2, tf.float32)
tf.keras.activations.gelu(x) + tf.keras.activations.selu(y)
tf.keras.losses.Huber()(x, y) + tf.keras.losses.CosineSimilarity()(x, y)
tf.nn.conv2d(m, k, strides=1, padding="SAME")
tf.nn.max_pool2d(m, 2, 2, "VALID") * tf.nn.avg_pool2d(m, 2, 2, "VALID")
tf.math.erf(x) + tf.math.sinh(y)
""".strip().splitlines()


def names(tf):
    """The names that formulas use: all are watched."""
    rng = np.random.RandomState(3)
    arrays = {
        "x": rng.normal(size=(2, 3)), "y": rng.uniform(0.5, 1.5, (2, 3)), "z": [[0.0, 1.0, 1.0], [-2.0, 0.0, 3.0]],
        "s": [[2.0, 0.5], [0.3, 1.5]], "m": rng.normal(size=(1, 4, 4, 2)), "k": rng.normal(size=(3, 3, 2, 2)),
    }  # fmt: skip
    return {name: tf.constant(np.asarray(value, "float32")) for name, value in arrays.items()}
