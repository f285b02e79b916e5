"""What tensorflow_addons is asked; `addons.json` holds the answers.  Run by `fastnn run`, it prints them.

The stored answers are those of tensorflow_addons 0.23.0 itself, installed beside fastnn: its code in Python
(TF_ADDONS_PY_OPS=1).

    fastnn run tests/compat/addons_calls.py > tests/compat/addons.json
"""

import json
import sys

import numpy as np
import tensorflow as tf
import tensorflow_addons as tfa  # noqa: F401  (the calls use it)
from tensorflow import keras  # noqa: F401  (and this)

RNG = np.random.RandomState(0)
x, y = RNG.randn(12, 4).astype("float32"), RNG.randint(0, 3, 12)
one_hot, p = np.eye(3, dtype="float32")[y], RNG.rand(12, 3).astype("float32")
p /= p.sum(1, keepdims=True)
unit = x / np.linalg.norm(x, axis=1, keepdims=True)
image, maps = RNG.rand(2, 4, 5, 1).astype("float32"), RNG.rand(2, 4, 4, 4).astype("float32")
weights = np.arange(12.0).astype("float32")


def state(metric, *batch, **more):
    metric.update_state(*batch, **more)
    return metric.result()


def steps(optimizer):
    w = tf.Variable([[1.0, -2.0], [3.0, 0.5]])
    for k in range(7):
        optimizer.apply_gradients([(tf.constant([[0.1, -0.2], [0.3, 0.4]]) * (k + 1.0), w)])
    return w.numpy()


def rates(schedule):
    return [float(schedule(k)) for k in range(12)]


CALLS = """
tfa.losses.triplet_semihard_loss(y, unit)
tfa.losses.triplet_semihard_loss(y, unit, 1.0, "squared-L2")
tfa.losses.TripletSemiHardLoss(0.5, distance_metric="angular")(y, unit)
tfa.losses.triplet_hard_loss(y, unit)
tfa.losses.TripletHardLoss(soft=True, distance_metric="angular")(y, unit)
tfa.losses.SigmoidFocalCrossEntropy()(one_hot, p)
tfa.losses.SigmoidFocalCrossEntropy(True, 0.3, 1.5)(one_hot, x[:, :3])
tfa.losses.NpairsLoss()(y, x @ x.T)
tfa.losses.ContrastiveLoss(2.0)(one_hot[:, 0], p[:, 0])
tfa.losses.PinballLoss(0.2)(one_hot, p)
tfa.losses.pinball_loss(one_hot, p, 0.7)
state(tfa.metrics.F1Score(3), one_hot, p)
state(tfa.metrics.F1Score(3, "macro", 0.4), one_hot, p)
state(tfa.metrics.FBetaScore(3, "micro", 2.0), one_hot, p)
state(tfa.metrics.CohenKappa(3), one_hot, p)
state(tfa.metrics.CohenKappa(3, weightage="quadratic", sparse_labels=True), y, p)
state(tfa.metrics.CohenKappa(3, weightage="linear"), one_hot, p, sample_weight=weights)
state(tfa.metrics.CohenKappa(2), one_hot[:, 0], p[:, 0])
state(tfa.metrics.MatthewsCorrelationCoefficient(3), one_hot, p)
state(tfa.metrics.HammingLoss("multiclass"), one_hot, p)
state(tfa.metrics.HammingLoss("multilabel", threshold=0.3), one_hot, p)
tfa.activations.gelu(x)
tfa.activations.hardshrink(x)
tfa.activations.lisht(x)
tfa.activations.mish(x)
tfa.activations.snake(x, 2.0)
tfa.activations.softshrink(x)
tfa.activations.sparsemax(x)
tfa.activations.tanhshrink(x)
tfa.image.rotate(image, 0.4)
tfa.image.rotate(image, np.float32([0.4, -1.0]), "bilinear", "reflect")
tfa.image.rotate(image[0], 0.4)
tfa.image.translate(image, [1.0, -1.0])
steps(tfa.optimizers.AdamW(1e-2, 0.01))
steps(tfa.optimizers.SGDW(1e-2, 0.1, 0.9))
steps(tfa.optimizers.RectifiedAdam(0.01))
steps(tfa.optimizers.RectifiedAdam(0.01, 0.9, 0.9, weight_decay=0.1, total_steps=5, warmup_proportion=0.4, min_lr=1e-3))
steps(tfa.optimizers.AdaBelief(0.01, beta_2=0.9))
steps(tfa.optimizers.Yogi(0.01))
steps(tfa.optimizers.Lookahead(keras.optimizers.SGD(0.1), sync_period=3))
steps(tfa.optimizers.Lookahead(tfa.optimizers.RectifiedAdam(0.01), 2, 0.7))
steps(tfa.optimizers.extend_with_decoupled_weight_decay(keras.optimizers.SGD)(weight_decay=0.1, learning_rate=0.1))
rates(tfa.optimizers.TriangularCyclicalLearningRate(1e-3, 1e-1, 4))
rates(tfa.optimizers.Triangular2CyclicalLearningRate(1e-3, 1e-1, 4))
rates(tfa.optimizers.ExponentialCyclicalLearningRate(1e-3, 1e-1, 4, gamma=0.9))
rates(tfa.optimizers.CyclicalLearningRate(1e-3, 1e-1, 4, lambda n: 1.0 / n))
tfa.layers.InstanceNormalization()(maps)
tfa.layers.GroupNormalization(2)(maps)
tfa.layers.AdaptiveAveragePooling2D((2, 2))(maps)
tfa.layers.Maxout(2)(maps)
tfa.layers.StochasticDepth(0.8)([maps, maps])
tfa.layers.GELU()(maps)
tfa.layers.Sparsemax()(maps)
"""

if __name__ == "__main__":
    lines = CALLS.split("\n")[1:-1]
    found = {line: np.round(np.asarray(eval(line), "float64"), 6).ravel().tolist()[:24] for line in lines}
    sys.stdout.write("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in found.items()) + "\n}\n")
