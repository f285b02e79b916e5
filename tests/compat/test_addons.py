"""tensorflow_addons where it is not installed: its answers, trainings and files with its names, what is missing."""

import json
from pathlib import Path

import numpy as np
from compat.running import run

HERE = Path(__file__).parent


def test_answers_are_those_of_tensorflow_addons(tmp_path):
    status, output, errors = run((HERE / "addons_calls.py").read_text(), tmp_path)
    assert status == 0, errors
    found, expected = json.loads(output), json.loads((HERE / "addons.json").read_text())
    assert found.keys() == expected.keys()
    for call, numbers in expected.items():
        np.testing.assert_allclose(found[call], numbers, rtol=2e-5, atol=2e-5, err_msg=call)


TRAINED = """
import numpy as np
import tensorflow as tf
import tensorflow_addons as tfa
from tensorflow import keras
from tensorflow_addons.metrics import F1Score

keras.utils.set_random_seed(0)
x, y = np.random.RandomState(0).randn(32, 4).astype("float32"), np.arange(32) % 3
one_hot = np.eye(3, dtype="float32")[y]
scores = [F1Score(3, average="macro"), tfa.metrics.CohenKappa(3), tfa.metrics.MatthewsCorrelationCoefficient(3),
          tfa.metrics.HammingLoss("multiclass")]
for optimizer in (tfa.optimizers.AdamW(1e-3, 0.01), tfa.optimizers.Lookahead(tfa.optimizers.RectifiedAdam(0.01)),
                  keras.optimizers.SGD(tfa.optimizers.TriangularCyclicalLearningRate(1e-3, 1e-1, 4))):
    model = keras.Sequential([
        keras.layers.Dense(8, activation=tfa.activations.mish, input_shape=(4,)), tfa.layers.GroupNormalization(2),
        tfa.layers.GELU(), keras.layers.Dense(3, activation="softmax")])
    model.compile(optimizer, tfa.losses.SigmoidFocalCrossEntropy(), metrics=scores)
    history = model.fit(x, one_hot, epochs=3, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    assert {"f1_score", "cohen_kappa", "MatthewsCorrelationCoefficient", "hamming_loss"} < history.keys()
    model.save("m.keras")
    again = keras.models.load_model("m.keras")
    np.testing.assert_array_equal(again.predict(x), model.predict(x))
    again.fit(x, one_hot, verbose=0)
model = keras.Sequential([keras.layers.Dense(4, input_shape=(4,)),
                          keras.layers.Lambda(lambda t: tf.math.l2_normalize(t, axis=1))])
model.compile(keras.optimizers.Adam(0.02), tfa.losses.TripletSemiHardLoss())
losses = model.fit(x, y, epochs=12, verbose=0).history["loss"]
assert losses[-1] < losses[0]
inputs = keras.Input((8, 8, 2))
deep = tfa.layers.StochasticDepth(0.9)([inputs, tfa.layers.InstanceNormalization()(inputs)])
model = keras.Model(inputs, keras.layers.Flatten()(tfa.layers.AdaptiveAveragePooling2D(2)(deep)))
model.compile("sgd", "mse")
model.fit(np.ones((4, 8, 8, 2)), np.ones((4, 8)), verbose=0)
try:
    tfa.seq2seq
except AttributeError as error:
    print(error)
"""


def test_trainings_and_files(tmp_path):
    status, output, errors = run(TRAINED, tmp_path)
    assert status == 0 and "tensorflow_addons.seq2seq" in output and "Install" in output, errors
