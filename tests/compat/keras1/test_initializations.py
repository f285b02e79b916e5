"""Functions of Keras 1 that make variables of a shape."""

import numpy as np
import pytest

from fastnn import compat
from fastnn.compat.keras1 import initializations as old
from fastnn.core.errors import ArgumentError
from fastnn.graph import Variable


@pytest.mark.parametrize("name", sorted(old._FUNCTIONS))
def test_each_makes_a_variable(name):
    shape = (6, 6)
    found = old.get(name)(shape, name="w")
    assert isinstance(found, Variable) and found.shape == shape and found.name == "w"
    assert old.get(name) is getattr(old, name) is old.get(getattr(old, name))


def test_scales():
    assert np.abs(old.uniform((50, 50), scale=0.1).numpy()).max() <= 0.1
    assert abs(old.normal((100, 100), 0.01).numpy().std() - 0.01) < 1e-3
    np.testing.assert_allclose(old.identity((2, 2), scale=3.0).numpy(), 3 * np.eye(2))
    w = old.orthogonal((5, 5)).numpy()
    np.testing.assert_allclose(w @ w.T, 1.21 * np.eye(5), atol=1e-5)
    assert old.get_fans((4, 5)) == (4, 5) and old.get_fans((8, 3, 5, 5)) == old.get_fans((5, 5, 3, 8), "tf")
    with pytest.raises(ArgumentError, match="Expected one of"):
        old.get("unknown")


def test_functions_of_shape_and_name_are_initializers():
    compat.install()
    try:
        keras = __import__("importlib").import_module("keras")
        for init in (
            lambda shape, name: old.normal(shape, scale=0.0, name=name),
            old.zero,
            lambda shape, name=None: np.zeros(shape),
        ):
            for layer, shape in ((keras.layers.Dense(2, init=init), (None, 3)),
                                 (keras.layers.SimpleRNN(2, init=init, inner_init=init), (None, 4, 3))):  # fmt: skip
                layer.build(shape)
                assert all((w == 0).all() for w in layer.get_weights())
    finally:
        compat.uninstall()
