"""Objects read among those of a module that a caller names."""

import numpy as np
import pytest

import fastnn as keras
from fastnn import saving


class Sampled:
    def __init__(self, seed=0):
        self.seed = seed

    def get_config(self):
        return {"seed": self.seed}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def _plain(x):
    return x


def test_objects_of_a_module_that_a_caller_names():
    objects = {"sampled": Sampled, "Sampled": Sampled, "plain": _plain}

    def read(config, **kwargs):
        return saving.deserialize_keras_object(
            config, module_objects=objects, printable_module_name="samplers", **kwargs
        )

    assert type(read("sampled")) is Sampled and read("plain") is _plain and read("unknown") == "unknown"
    assert read({"class_name": "Sampled", "config": {"seed": 3}}).seed == 3 and read(None) is None
    assert read("other", custom_objects={"other": Sampled}) is Sampled


# as Keras 3.15.1 writes them
DATA = {
    "array": (np.ones((2,), "float32"), "__numpy__", {"value": [1.0, 1.0], "dtype": "float32"}),
    "tensor": (keras.ops.ones((2,)), "__tensor__", {"value": [1.0, 1.0], "dtype": "float32"}),
    "symbol": (keras.KerasTensor((2, None)), "__keras_tensor__",
               {"shape": (2, None), "dtype": "float32", "keras_history": None}),
}  # fmt: skip


@pytest.mark.parametrize("value, name, config", DATA.values(), ids=DATA)
def test_data_come_back_as_what_they_were(value, name, config):
    written = saving.serialize_keras_object(value)
    assert written == {"class_name": name, "config": config}
    again = saving.deserialize_keras_object(written)
    assert type(again) is type(value) and (again.shape, again.dtype) == (value.shape, value.dtype)


def test_a_policy_comes_back_as_a_policy():
    for policy in (keras.DTypePolicy("mixed_float16"), keras.dtype_policies.get("int8_from_float32")):
        again = saving.deserialize_keras_object(saving.serialize_keras_object(policy))
        assert type(again) is type(policy) and again == policy


def test_what_has_no_config_is_a_type_error():
    with pytest.raises(TypeError, match="a class must implement the `get_config"):
        saving.serialize_keras_object({1, 2})
