"""`import keras` and `tensorflow.keras` find fastnn, in a process of their own; what is not there is a clear error."""

import sys

import pytest
from compat.running import ROOT, run

from fastnn.compat.aliases import target_of


def test_module_names():
    for name, target in {
        "keras": "fastnn",
        "keras.layers": "fastnn.layers",
        "tensorflow.keras": "fastnn",
        "tensorflow.keras.layers": "fastnn.layers",
        "keras.utils.np_utils": "fastnn.utils",
        "keras.layers.convolutional": "fastnn.layers",
        "keras.src.layers.core.dense": "fastnn.layers",
        "keras.optimizers.schedules": "fastnn.optimizers.schedules",
        "tensorflow": "",
        "keras.backend": "fastnn.compat.backend",
        "tensorflow.python": "",
        "keras.preprocessing.sequence": "fastnn.preprocessing.sequence",
        "tensorflow.python.keras": "fastnn",
        "tf_keras.models": "fastnn.models",
        "tensorflow.random": "",
        "tensorflow.data": "",
        "tensorflow.io": "",
        "tensorflow.nonsense": None,
        "keras.layers.core.dense": "fastnn.layers",
        "keras.layers.rnn.lstm": "fastnn.layers",
        "keras.layers.regularization": "fastnn.layers",
        "keras.preprocessing.timeseries": "fastnn.preprocessing",
        "keras.utils.all_utils": "fastnn.utils",
        "keras._tf_keras.keras.layers": "fastnn.layers",
        "keras._tf_keras.keras.preprocessing.text": "fastnn.preprocessing.text",
        "keras.api._v2.keras.layers": "fastnn.layers",
        "keras_core.ops": "fastnn.ops",
        "tensorflow.contrib.keras.api.keras.models": "fastnn.models",
        "keras.src.layers.Dense": None,
        "numpy": None,
        "kerastuner": None,
        "tensorflow_datasets": None,
    }.items():
        assert target_of(name) == target, name


IMPORTS = """
import keras
import keras.layers
import tensorflow as tf
import tensorflow.keras as k2
from keras import backend as K
from keras.layers import Dense, Convolution2D, MaxPool2D
from keras.layers.core import Dropout
from keras.models import Sequential, Model
from keras.optimizers import SGD
from keras.optimizers.schedules import ExponentialDecay
from keras.regularizers import l2
from keras.utils import to_categorical
from keras.utils.np_utils import to_categorical as old
from tensorflow.keras.callbacks import EarlyStopping
import fastnn
assert Dense is fastnn.layers.Dense is keras.layers.Dense is k2.layers.Dense is tf.keras.layers.Dense
assert type(Convolution2D(2, 3, 5)) is fastnn.layers.Conv2D and MaxPool2D is fastnn.layers.MaxPooling2D
assert old is to_categorical and K.floatx() == "float32" and keras.__version__.startswith("3.")
tf.random.set_seed(1)
import sys
print("arguments", sys.argv[1:], __name__, __file__.endswith("script.py"))
for wrong in ("tf.sparse_nonsense", "keras.layers.NoSuchLayer", "K.no_such_function"):
    try:
        eval(wrong)
    except AttributeError as error:
        print("error:", error)
"""


def test_imports(tmp_path):
    status, output, errors = run(IMPORTS, tmp_path, "--epochs", "3")
    assert status == 0, errors
    lines = output.splitlines()
    assert lines[0] == "arguments ['--epochs', '3'] __main__ True"
    assert "tensorflow.keras only" in lines[1] and "NoSuchLayer" in lines[2] and "no_such_function" in lines[3]


def test_example_for_keras(tmp_path):
    example = ROOT / "examples" / "keras_script.py"
    if not example.exists():
        pytest.skip("the examples are in the source tree only")
    status, output, errors = run(example.read_text(encoding="utf-8"), tmp_path)
    assert status == 0, errors
    assert float(output.rsplit(maxsplit=1)[-1]) > 0.9


def test_errors_of_the_script_are_its_own(tmp_path):
    status, _, errors = run("1 / 0", tmp_path)
    assert status == 1 and "ZeroDivisionError" in errors
    assert run("import sys; sys.exit(7)", tmp_path)[0] == 7


def test_install_after_the_real_one_is_refused(monkeypatch):
    import types

    from fastnn.compat import install, installed
    from fastnn.core.errors import NotSupportedError

    monkeypatch.setitem(sys.modules, "keras", types.ModuleType("keras"))
    with pytest.raises(NotSupportedError, match="already"):
        install()
    assert not installed()


DROPPED = """
import numpy as np
from keras.layers import Dropout, Input
from keras.models import Model
{}
x = Input((50,))
model = Model(x, Dropout(0.5)(x, training=True))
print((model.predict(np.ones((4, 50)), verbose=0) == 0).any())
"""


@pytest.mark.parametrize("line, stays", [
    ("import keras.ops, keras.optimizers.schedules, keras.preprocessing.image", False),
    ("from keras.layers import *", False), ("from keras.src.layers.core.dense import Dense", False),
    ("from keras.layers.core import Dense", True), ("from keras.utils.np_utils import to_categorical", True),
    ("import keras.engine.topology", True), ("import tf_keras", True), ("import tensorflow", True),
])  # fmt: skip
def test_training_at_a_node_stays_in_scripts_of_the_years_before(line, stays, tmp_path):
    """What no Keras 3 has says that a script was written for Keras 1 or 2."""
    status, output, errors = run(DROPPED.format(line), tmp_path)
    assert status == 0, errors
    assert output.split()[-1] == str(stays)


OWN = """
import numpy as np, keras, tensorflow as tf
from keras import backend as K
model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
model.compile("sgd", "mse")
x = np.ones((4, 3), "float32")
for name, array in {
    "predict": model.predict(x, verbose=0), "many rows": model.predict(np.ones((70, 3), "float32"), verbose=0),
    "batch": model.predict_on_batch(x), "weights": model.get_weights()[0], "variable": model.layers[0].kernel.numpy(),
    "call": model(x).numpy(), "K.function": K.function([model.input], [model.output])([x])[0],
    "K.eval": K.eval(model.layers[0].kernel * 2), "convert_to_numpy": keras.ops.convert_to_numpy(model(x)),
    "constant": tf.constant(x).numpy(), "one-hot": keras.utils.to_categorical([0, 1]),
}.items():
    assert type(array) is np.ndarray, (name, type(array))
    array[0, 0] = 5
    array[array > 0.5] = 1
for tensor in (model(x), keras.ops.add(x, 1), tf.constant(x)):
    try:
        tensor[0, 0] = 5
    except TypeError as error:
        print(error)
"""


def test_what_keras_gives_as_arrays_may_be_changed_and_tensors_may_not(tmp_path):
    status, output, errors = run(OWN, tmp_path)
    assert status == 0, errors
    assert output.count("does not support item assignment") == 3


STARS = {
    "keras.ops": "image linalg nn numpy add softmax",
    "keras.datasets.mnist": "load_data",
    "keras.datasets.cifar10": "load_data",
    "keras.optimizers.legacy": "SGD Adam Optimizer",
    "keras.backend": "backend floatx abs sum expand_dims softmax",
    "keras.layers": "Dense Convolution2D",
    "tensorflow.keras.models": "Sequential load_model",
    "tensorflow.keras.layers": "Dense",
    "keras.src.ops": "add shape cast any_symbolic_tensors KerasTensor",
    "keras.src.layers": "Dense Layer BaseConv",
    "keras.src.backend": "standardize_dtype KerasTensor",
    "tensorflow": "constant Variable reduce_mean float32 keras math nn data GradientTape",
    "tensorflow.math": "log reduce_sum special",
    "tensorflow.compat.v1": "constant Session placeholder train",
}


def test_stars_import_what_keras_gives(tmp_path):
    script = "\n".join(
        f"space = {{}}\nexec('from {module} import *', space)\nassert space.keys() >= set({given.split()}), {module!r}"
        for module, given in STARS.items()
    )
    status, _, errors = run(script, tmp_path)
    assert status == 0, errors
