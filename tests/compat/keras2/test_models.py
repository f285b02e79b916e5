"""Helpers about models, and imports that scripts of Keras 1 and 2 have."""

import json

import numpy as np
import pytest
from compat.running import run

import fastnn
from fastnn import layers
from fastnn.compat.keras2 import models as helpers
from fastnn.core.errors import ArgumentError, NotSupportedError

# Each line of imports is one that public scripts have.
IMPORTS = """
from keras.utils import conv_utils
from keras.utils.conv_utils import normalize_tuple, conv_output_length, deconv_length, normalize_data_format
from keras.utils.generic_utils import CustomObjectScope, Progbar, get_custom_objects, has_arg, to_list
from keras.utils.layer_utils import count_params, print_summary, get_source_inputs
from keras.utils.np_utils import to_categorical, normalize, categorical_probas_to_classes, probas_to_classes
from keras.engine.topology import get_source_inputs, Layer, InputSpec, Input, Container
from keras.engine import get_source_inputs, InputSpec, Layer, Model, Input
from keras.applications.imagenet_utils import _obtain_input_shape, preprocess_input, decode_predictions
from keras.applications.mobilenet import MobileNet, relu6, DepthwiseConv2D
from keras_applications.imagenet_utils import _obtain_input_shape
from keras_preprocessing.image import ImageDataGenerator
from keras_preprocessing.sequence import pad_sequences
from keras_preprocessing.text import Tokenizer
from keras.layers.normalization.batch_normalization_v1 import BatchNormalization
from keras.optimizers import adam_v2, gradient_descent_v2
from keras.optimizer_v2.adam import Adam
from tensorflow.keras.optimizers import adam_v2
from tensorflow.python.keras.optimizer_v2.adam import Adam
from tensorflow.python.framework import ops
from tensorflow.python.ops import math_ops, array_ops, control_flow_ops, nn_ops, init_ops
from tensorflow.keras.experimental import CosineDecay
from keras.callbacks.callbacks import EarlyStopping, ModelCheckpoint
from keras.callbacks.tensorboard_v1 import TensorBoard
from keras.regularizers import ActivityRegularizer
from keras.metrics import cosine_proximity
from keras.models import model_from_yaml
"""
USE = """
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
assert conv_utils.normalize_tuple(2, 2, "size") == (2, 2) and adam_v2.Adam(1e-3).learning_rate is not None
assert float(math_ops.reduce_sum(np.ones(3, "float32"))) == 3 and nn_ops.softmax(np.zeros((1, 2))).shape == (1, 2)
model = Sequential([Dense(2, input_dim=3)])
print(model_from_yaml(model.to_yaml()).output_shape, count_params(model.trainable_weights))
print_summary(model, print_fn=lambda text: None)
"""


def test_they_are_found_where_scripts_look(tmp_path):
    status, out, errors = run(IMPORTS + USE, tmp_path)
    assert status == 0, errors
    assert out.split("\n")[0] == "(None, 2) 8"


def test_classes_of_probabilities():
    assert helpers.probas_to_classes([[0.1, 0.9], [0.8, 0.2]]).tolist() == [1, 0]
    assert helpers.probas_to_classes([[0.1], [0.8]]).tolist() == [0, 1]


def test_models_go_through_yaml():
    model = fastnn.Sequential([layers.Input((3,)), layers.Dense(2, activation="tanh")])
    text = helpers.to_yaml(model)
    assert helpers.model_from_yaml(text).to_json() == model.to_json() == json.dumps(json.loads(text))
    with pytest.raises(NotSupportedError, match="safe_load"):
        helpers.model_from_yaml("class_name: Sequential")


def test_metrics_have_the_names_of_results(tmp_path):
    script = """
import numpy as np
from keras.layers import Dense, Input
from keras.models import Model, Sequential

x, one, two = np.ones((4, 2)), np.ones((4, 1)), np.ones((4, 2))
inputs = Input(shape=(2,))
model = Model(inputs, [Dense(1, name="a")(inputs), Dense(2, name="b")(inputs)])
print(model.metrics_names)
model.compile("sgd", ["mse", "mae"], metrics=["accuracy"])
scores = model.evaluate(x, [one, two], verbose=0)
named = dict(zip(model.metrics_names, scores))
print(model.metrics_names, np.isclose(named["loss"], named["a_loss"] + named["b_loss"]))
model = Sequential([Dense(1, input_dim=2)])
model.compile("sgd", "mse", metrics=["acc"])
print(len(model.evaluate(x, one, verbose=0)), model.metrics_names[1])
"""
    status, out, errors = run(script, tmp_path)
    assert status == 0, errors
    names = "['loss', 'a_loss', 'b_loss', 'a_accuracy', 'b_accuracy']"
    assert out.splitlines() == ["[]", f"{names} True", "2 acc"]


POPPED = """
import numpy as np
from keras.engine import Model
from keras.layers import Dense, Input
from keras.models import Sequential

stack = Sequential([Dense(4, input_dim=3, name="a"), Dense(5, name="b"), Dense(6, name="c")])
stack.outputs = [stack.layers[0].output]
assert stack.output_shape == (None, 4) and len(stack.layers) == 1
try:
    stack.outputs = [Input((2,))]
except ValueError as error:
    assert "one of the model's layers" in str(error)

i = Input((3,))
both = Model([i], [Dense(2, name="p")(i), Dense(1, name="q")(i)])
assert both.input is i and [layer.name for layer in both.layers][1:] == ["p", "q"]
assert both.layers.pop().name == "q" and len(both.layers) == 2 and both.layers.pop(1).name == "p"
both.outputs = both.outputs[:1]
assert both.predict(np.ones((2, 3))).shape == (2, 2) and both.output.shape[1] == 2 and len(both.layers) == 2
both.compile("sgd", "mse", metrics=["mae"])
assert both.metrics_names == ["loss", "mae"] and not both.stateful
print("done")
"""


def test_models_that_are_cut_off(tmp_path):
    status, out, errors = run(POPPED, tmp_path)
    assert status == 0 and out.splitlines()[-1] == "done", errors


SLASHES = """
from keras.layers import Activation, Conv2D, GlobalAveragePooling2D, Input, concatenate
from keras.engine.topology import get_source_inputs
from keras.models import Model, load_model
import numpy as np

def fire(x, which, squeeze, expand):
    x = Activation("relu", name=which + "/relu_squeeze")(Conv2D(squeeze, 1, name=which + "/squeeze1x1")(x))
    left = Conv2D(expand, 1, name=which + "/expand1x1")(x)
    return concatenate([left, Conv2D(expand, 3, padding="same", name=which + "/expand3x3")(x)], name=which + "/concat")

inputs = Input((8, 8, 3))
x = GlobalAveragePooling2D(name="pool/gap")(fire(fire(inputs, "fire2", 2, 3), "fire3", 2, 3))
model = Model(inputs, x, name="squeeze/net")
model.compile("sgd", "mse")
data = np.random.RandomState(0).rand(4, 8, 8, 3)
model.fit(data, np.ones((4, 6)), verbose=0)
assert model.get_layer("fire2/squeeze1x1") is model.layers[1]
for path in ("m.h5", "m.keras"):
    model.save(path)
    again = load_model(path)
    assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]
    np.testing.assert_array_equal(again.predict(data), model.predict(data))
model.save_weights("w.h5")
for weight in model.weights:
    weight.assign(weight * 0)
model.load_weights("w.h5", by_name=True)
np.testing.assert_array_equal(again.predict(data), model.predict(data))
model.summary()
"""


def test_names_may_hold_slashes(tmp_path):
    """As in SqueezeNet, GoogLeNet and their like; natively a new name is an error, as in Keras 3."""
    status, output, errors = run(SLASHES, tmp_path)
    assert status == 0 and "fire3/squeeze1x1" in output, errors
    data = np.ones((2, 8, 8, 3), "float32")
    for path in ("m.h5", "m.keras"):
        model = fastnn.models.load_model(tmp_path / path)
        copy = fastnn.models.clone_model(model)
        copy.set_weights(model.get_weights())
        assert [layer.name for layer in copy.layers] == [layer.name for layer in model.layers]
        np.testing.assert_array_equal(copy.predict(data, verbose=0), model.predict(data, verbose=0))
    with pytest.raises(ArgumentError, match="/"):
        layers.Dense(2, name="fire2/squeeze")
