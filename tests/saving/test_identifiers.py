"""What names mean in every public category: near ones are listed, functions and names of users are found."""

import pytest

from fastnn import activations, constraints, initializers, layers, regularizers, utils
from fastnn.core.errors import ArgumentError, UnknownNameError


@pytest.mark.parametrize("module", [initializers, regularizers, constraints, activations])
def test_unknown_names_list_near_ones(module):
    near = {initializers: "glorot_unifrm", regularizers: "l1_l", constraints: "max_nrm", activations: "sigmoyd"}[module]
    with pytest.raises(UnknownNameError, match="Did you mean"):
        module.get(near)
    with pytest.raises(ArgumentError):
        module.get(object())
    assert callable(module.get(lambda x: x))


def test_custom_names():
    @utils.register_keras_serializable("tests")
    def thrice(x):
        return 3 * x

    layer = layers.Dense(1, activation=thrice)
    assert layers.deserialize(layers.serialize(layer)).activation is thrice
    with utils.custom_object_scope({"fourfold": lambda x: 4 * x}):
        assert activations.get("fourfold")(2) == 8
