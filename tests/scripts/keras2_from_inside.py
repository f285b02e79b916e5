# Names from inside the modules of Keras 1 and 2, as losses, layers and loaders of those years imported them.
import h5py
import numpy as np
from keras import backend as K
from keras import initializers
from keras.applications.mobilenetv2 import MobileNetV2
from keras.applications.resnet50 import WEIGHTS_PATH, WEIGHTS_PATH_NO_TOP
from keras.applications.vgg16 import TF_WEIGHTS_PATH_NO_TOP, TH_WEIGHTS_PATH
from keras.backend.common import _EPSILON
from keras.backend.tensorflow_backend import _preprocess_conv2d_input, _preprocess_padding, _to_tensor, py_all
from keras.callbacks import OrderedDict, os, warnings
from keras.datasets.imdb import _remove_long_seq
from keras.engine import Merge, merge
from keras.engine.saving import load_attributes_from_hdf5_group, model_from_config, save_attributes_to_hdf5_group
from keras.engine.topology import _collect_input_shape, _to_snake_case
from keras.engine.training import cbks, metrics_module
from keras.initializers import _compute_fans, one, zero
from keras.layers.convolutional import conv_utils, initializers as from_layers
from keras.layers.recurrent import _generate_dropout_mask, _generate_dropout_ones
from keras.models import Sequential, clone_model
from keras.layers import Dense
from keras.utils.generic_utils import _GLOBAL_CUSTOM_OBJECTS, get_from_module


def entropy(target, output):
    epsilon = _to_tensor(_EPSILON, output.dtype)
    output = K.clip(output, epsilon, 1.0 - epsilon)
    return -K.sum(target * K.log(output), axis=-1)


assert _EPSILON == K.epsilon() and isinstance(_EPSILON, float)
rng = np.random.RandomState(0)
x, y = rng.rand(8, 4), np.eye(3)[rng.randint(3, size=8)]
model = Sequential([Dense(3, activation="softmax", input_shape=(4,), bias_initializer=zero())])
model.compile("sgd", entropy)
one_loss = model.evaluate(x, y, verbose=0)
model.compile("sgd", "categorical_crossentropy")
np.testing.assert_allclose(one_loss, model.evaluate(x, y, verbose=0), rtol=1e-5)
_GLOBAL_CUSTOM_OBJECTS["entropy"] = entropy
model.compile("sgd", "entropy")

assert os.path is not None and warnings.warn and OrderedDict and cbks.Callback and metrics_module.mse
assert from_layers is not None and conv_utils.normalize_tuple((0, 0), 2, "cropping") == (0, 0)
assert WEIGHTS_PATH.endswith("resnet50_weights_tf_dim_ordering_tf_kernels.h5") and "notop" in WEIGHTS_PATH_NO_TOP
assert "vgg16_weights_tf" in TF_WEIGHTS_PATH_NO_TOP and "th_kernels" in TH_WEIGHTS_PATH
images, order = _preprocess_conv2d_input(K.ones((1, 3, 4, 5)), "channels_first")
assert K.int_shape(images) == (1, 4, 5, 3) and order == "NHWC" and _preprocess_padding("same") == "SAME"
assert py_all([True]) and _collect_input_shape([images, images])[1] == (1, 4, 5, 3)
assert _to_snake_case("LeakyReLU") == "leaky_re_lu" and merge and Merge and MobileNetV2
assert _remove_long_seq(3, [[1], [1, 2, 3]], [0, 1]) == ([[1]], [0])
assert _compute_fans((3, 3, 2, 8)) == (18, 72) and _compute_fans((8, 2, 3, 3), data_format="channels_first") == (18, 72)
assert initializers.get("zero")((2,)).shape == one()((2,)).shape
masks = _generate_dropout_mask(_generate_dropout_ones(K.ones((4, 2, 3)), 3), 0.5, training=True, count=4)
assert len(masks) == 4 and K.int_shape(masks[0]) == (4, 3)
assert not hasattr(__import__("keras.applications.imagenet_utils").applications.imagenet_utils, "no_such_name")
with h5py.File("names.h5", "w") as f:
    names = [("layer_%05d" % k) * 8 for k in range(2000)]
    save_attributes_to_hdf5_group(f, "names", names)
    save_attributes_to_hdf5_group(f, "few", [b"a", b"b"])
    assert load_attributes_from_hdf5_group(f, "names") == names
    assert load_attributes_from_hdf5_group(f, "few") == ["a", "b"]
same = model_from_config({"class_name": "Sequential", "config": clone_model(model).get_config()})
assert len(same.layers) == 1 and get_from_module("mse", {"mse": 1}, "loss") == 1
