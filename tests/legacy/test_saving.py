"""Objects as Keras 2 wrote them."""

import pytest

import fastnn as keras
from fastnn.core.errors import ArgumentError, UnknownNameError
from fastnn.legacy.saving import deserialize_keras_object, serialize_keras_object

TABLE = {**vars(keras.regularizers), "Dense": keras.layers.Dense, "relu": keras.activations.relu}


def doubled(x):
    return 2 * x


@pytest.mark.parametrize("layer", [
    keras.layers.Dense(2, "relu", kernel_regularizer="l2", name="relu"),
    keras.layers.Dense(3, use_bias=False)])  # fmt: skip
def test_there_and_back(layer):
    written = serialize_keras_object(layer)
    assert set(written) == {"class_name", "config"} and written["class_name"] == "Dense"
    assert deserialize_keras_object(written, TABLE).get_config() == layer.get_config()


def test_names_functions_and_classes():
    assert serialize_keras_object(None) is None and deserialize_keras_object(None) is None
    assert serialize_keras_object(doubled) == "doubled" and deserialize_keras_object(doubled) is doubled
    assert deserialize_keras_object("doubled", {}, {"doubled": doubled}) is doubled
    assert isinstance(deserialize_keras_object("L2", TABLE), keras.regularizers.L2)
    with keras.utils.custom_object_scope({"doubled": doubled}):
        assert deserialize_keras_object("doubled") is doubled
    assert keras.utils.legacy.serialize_keras_object is serialize_keras_object

    class Holder:
        def get_config(self):
            return {"function": doubled, "part": keras.regularizers.L2(0.5), "size": 3}

        def __init__(self, function, part, size):
            self.function, self.part, self.size = function, part, size

    written = serialize_keras_object(Holder(doubled, None, 3))
    again = deserialize_keras_object(written, TABLE, {"Holder": Holder, "doubled": doubled})
    assert again.function is doubled and again.part.l2 == 0.5 and again.size == 3


@pytest.mark.parametrize(("make", "error", "words"), [
    (lambda: deserialize_keras_object("Dens", TABLE, printable_module_name="layer"), UnknownNameError, "layer: 'Dens'"),
    (lambda: deserialize_keras_object({"class_name": "os.system", "config": {}}, TABLE), UnknownNameError, "os.system"),
    (lambda: deserialize_keras_object({"class_name": "Dense"}, TABLE), ArgumentError, "Improper config format"),
    (lambda: deserialize_keras_object(3), ArgumentError, "Could not interpret"),
    (lambda: serialize_keras_object(3), ArgumentError, "Cannot serialize 3")])  # fmt: skip
def test_what_cannot_be(make, error, words):
    with pytest.raises(error, match=words):
        make()
