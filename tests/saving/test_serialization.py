"""Objects read among those of a module that a caller names."""

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
