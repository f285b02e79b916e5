"""Names, arguments, optimizers that TensorFlow 1 had."""

import numpy as np
import pytest

from fastnn import optimizers
from fastnn.compat.tf import names as tf_names
from fastnn.compat.tf import years as tf_years
from fastnn.graph import Variable

X = np.array([[1.0, 2.0, 4.0], [3.0, 5.0, 7.0]], "float32")


def call(name, *args, **kwargs):
    """The function of a name on arguments."""
    return np.asarray(tf_names.find(name)(*args, **kwargs))


@pytest.mark.parametrize(
    "name, args, kwargs, expected",
    [
        ("log", (X,), {}, np.log(X)),
        ("div", (7, 2), {}, 3),
        ("div", (7.0, 2.0), {}, 3.5),
        ("to_float", (np.array([1, 2]),), {}, [1, 2]),
        ("to_int32", (X + 0.5,), {}, X.astype("int32")),
        ("reduce_sum", (X,), {"reduction_indices": 1, "keep_dims": True}, X.sum(1, keepdims=True)),
        ("reduce_mean", (X,), {"axis": 0, "keep_dims": None}, X.mean(0)),
        ("argmax", (X,), {"dimension": 1}, [2, 2]),
        ("expand_dims", (X,), {"dim": 0}, X[None]),
        ("nn.dropout", (X,), {"keep_prob": 1.0}, X),
        ("matrix_inverse", (np.array([[2.0, 0.0], [0.0, 4.0]], "float32"),), {}, [[0.5, 0], [0, 0.25]]),
        ("matrix_band_part", (X, 0, 0), {}, [[1, 0, 0], [0, 5, 0]]),
        ("nn.xw_plus_b", (X.T, np.ones((2, 1), "float32"), np.ones(1, "float32")), {}, X.T.sum(1, keepdims=True) + 1),
        ("nn.relu_layer", (-X.T, np.ones((2, 1), "float32"), np.ones(1, "float32")), {}, np.zeros((3, 1))),
        ("image.resize_bilinear", (X[None, ..., None], (1, 3)), {}, X.mean(0)[None, None, :, None]),
        ("Print", (X, [X]), {}, X),
    ],
)
def test_old_names_and_arguments(name, args, kwargs, expected):
    np.testing.assert_allclose(call(name, *args, **kwargs), expected, rtol=1e-6)


def test_assigning():
    v = Variable([1.0, 2.0])
    for name, expected in (("assign", [3, 3]), ("assign_add", [6, 6]), ("assign_sub", [3, 3])):
        tf_names.find(name)(v, np.full(2, 3.0, "float32"))
        assert v.numpy().tolist() == expected


def test_every_old_name_has_a_function():
    absent = {old for old in tf_years.OLD if tf_names.find(old) is None}
    assert absent <= tf_years.OLD.keys() - {"log", "random_normal", "is_nan"}
    for name in absent:
        assert tf_names.find(tf_years.OLD[name]) is None


@pytest.mark.parametrize(
    "name, args, kwargs, cls, settings",
    [
        ("AdamOptimizer", (), {}, optimizers.Adam, {"beta_1": 0.9, "epsilon": 1e-8}),
        ("AdamOptimizer", (0.1, 0.5), {"name": "a"}, optimizers.Adam, {"beta_1": 0.5, "beta_2": 0.999}),
        ("GradientDescentOptimizer", (0.1,), {"use_locking": False}, optimizers.SGD, {"momentum": 0.0}),
        ("MomentumOptimizer", (0.1, 0.9), {"use_nesterov": True}, optimizers.SGD, {"momentum": 0.9, "nesterov": True}),
        ("RMSPropOptimizer", (), {"learning_rate": 0.1}, optimizers.RMSprop, {"rho": 0.9, "epsilon": 1e-10}),
        ("AdagradOptimizer", (0.1,), {}, optimizers.Adagrad, {"initial_accumulator_value": 0.1}),
        ("AdadeltaOptimizer", (), {}, optimizers.Adadelta, {"rho": 0.95}),
        ("FtrlOptimizer", (0.1,), {}, optimizers.Ftrl, {}),
    ],
)
def test_optimizers(name, args, kwargs, cls, settings):
    made = getattr(tf_years, name)(*args, **kwargs)
    assert type(made) is cls
    assert {key: pytest.approx(value) for key, value in settings.items()} == {k: getattr(made, k) for k in settings}
    assert float(made.learning_rate) == pytest.approx(0.1 if "0.1" in f"{args}{kwargs}" else 0.001)
