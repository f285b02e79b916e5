"""Class weights per output, as Keras 1 and 2 took them, against the losses of each class."""

import numpy as np
import pytest
from compat.running import run

ABOUT = """
import numpy as np
from keras.layers import Dense, Input
from keras.models import Model

def model():
    x = Input(shape=(3,))
    a = Dense(1, activation="sigmoid", kernel_initializer="zeros", name="a")(x)
    b = Dense(3, activation="softmax", kernel_initializer="zeros", name="b")(x)
    m = Model(x, [a, b])
    m.compile("sgd", ["binary_crossentropy", "categorical_crossentropy"])
    return m

X = np.ones((4, 3), "float32")
A, B = np.array([[1.0], [0.0], [1.0], [1.0]]), np.eye(3)[[0, 2, 2, 1]]
A_WEIGHTS, B_WEIGHTS = {0: 3.0, 1: 0.5}, {0: 1.0, 1: 2.0, 2: 4.0}

def batch(sample_weight=None, class_weight=None):
    return model().train_on_batch(X, [A, B], sample_weight, class_weight)[1:]

def fitted(class_weight):
    data = X, {"a": A, "b": B}
    logs = model().fit(*data, class_weight=class_weight, batch_size=4, epochs=1, verbose=0).history
    return logs["a_loss"] + logs["b_loss"]

def show(call):
    try:
        print(*eval(call))
    except ValueError as error:
        print("error:", error)
"""
CALLS = {  # a call: the factors of the losses of a and b, which are log 2 and log 3 without weights
    "batch(class_weight=[A_WEIGHTS, B_WEIGHTS])": (1.125, 2.75),
    "batch(class_weight={'a': A_WEIGHTS, 'b': B_WEIGHTS})": (1.125, 2.75),
    "batch(class_weight=[None, B_WEIGHTS])": (1, 2.75),
    "batch(class_weight={'a': A_WEIGHTS})": (1.125, 1),
    "batch([np.zeros(4), np.full(4, 2.0)], [None, B_WEIGHTS])": (0, 5.5),
    "fitted(class_weight={'b': B_WEIGHTS})": (1, 2.75),
}
ERRORS = {
    "batch(class_weight=[{}])": "one (or None) for each",
    "batch(class_weight={'a': {}, 'c': {}})": "names of out",
}


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """{call: what the script printed for it}."""
    lines = [f"show({call!r})" for call in (*CALLS, *ERRORS)]
    status, out, errors = run(ABOUT + "\n".join(lines), tmp_path_factory.mktemp("weights"))
    assert status == 0, errors
    return dict(zip((*CALLS, *ERRORS), out.splitlines()))


@pytest.mark.parametrize("call", CALLS)
def test_each_output_has_its_own(call, printed):
    found = [float(v) for v in printed[call].split()]
    np.testing.assert_allclose(found, np.log([2, 3]) * CALLS[call], rtol=1e-5)


@pytest.mark.parametrize("call", ERRORS)
def test_errors(call, printed):
    assert printed[call].startswith("error") and ERRORS[call] in printed[call]
