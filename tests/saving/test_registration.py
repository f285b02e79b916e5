"""Names in configs: what is registered or in scope is found, everything else is an error that says what to do."""

import itertools
import threading

import pytest

import fastnn
from fastnn import initializers, layers, saving
from fastnn.core.errors import ArgumentError, FastnnError, FileFormatError, NotSupportedError, UnknownNameError
from fastnn.saving import names, registration, serialization
from fastnn.saving.check import check_config


@saving.register_keras_serializable("tests")
class Registered(layers.Dense):
    """A registered layer."""


class Unregistered(layers.Dense):
    """A layer that nobody registered."""


def plain_function(x):
    """A function without registration."""
    return x


@saving.register_keras_serializable("tests", "renamed")
def registered_function(x):
    """A function registered under another name."""
    return x


def test_names_of_builtins():
    config = saving.serialize_keras_object(layers.Dense(3, activation="relu"))
    assert config["module"] == "keras.layers" and config["class_name"] == "Dense" and config["registered_name"] is None
    assert config["config"]["activation"] == "relu"
    inner = config["config"]["kernel_initializer"]
    assert inner["module"] == "keras.initializers" and inner["class_name"] == "GlorotUniform"
    assert saving.deserialize_keras_object(config).units == 3


def test_registered():
    config = saving.serialize_keras_object(Registered(3))
    assert config["registered_name"] == "tests>Registered"
    assert type(saving.deserialize_keras_object(config)) is Registered
    assert saving.get_registered_name(Registered) == "tests>Registered"
    assert saving.get_registered_object("tests>Registered") is Registered
    config = saving.serialize_keras_object(registered_function)
    assert config == {
        "module": "builtins",
        "class_name": "function",
        "config": "tests>renamed",
        "registered_name": "function",
    }
    assert saving.deserialize_keras_object(config) is registered_function


def test_unregistered_names_the_remedy():
    config = saving.serialize_keras_object(Unregistered(3))
    with pytest.raises(UnknownNameError, match=r"custom_objects=\{'Unregistered': Unregistered\}"):
        saving.deserialize_keras_object(config)
    assert type(saving.deserialize_keras_object(config, {"Unregistered": Unregistered})) is Unregistered
    with saving.custom_object_scope({"Unregistered": Unregistered}):
        assert type(saving.deserialize_keras_object(config)) is Unregistered
    with pytest.raises(UnknownNameError):
        saving.deserialize_keras_object(config)


def test_all_missing_names_are_listed():
    config = [saving.serialize_keras_object(Unregistered(3)), saving.serialize_keras_object(plain_function)]
    with pytest.raises(UnknownNameError, match=r"'Unregistered', 'plain_function'"):
        saving.deserialize_keras_object(config)


def test_a_builtin_is_not_replaced_by_a_class_of_the_same_name():
    class Dense(Unregistered):
        """An impostor."""

    config = saving.serialize_keras_object(layers.Dense(3))
    assert type(saving.deserialize_keras_object(config, {"Dense": Dense})) is layers.Dense


@pytest.mark.parametrize(
    "module, name",
    [
        ("os", "system"),
        ("builtins", "eval"),
        ("builtins", "exec"),
        ("subprocess", "Popen"),
        ("fastnn.cli", "main"),
        ("keras.layers", "__class__"),
        ("keras.layers", "lazy"),
        ("keras.layers", "_thing"),
        ("keras.models", "load_model"),
        ("keras", "load_model"),
        ("keras.utils", "get_file"),
        ("keras.config", "enable_unsafe_deserialization"),
        ("keras.saving", "load_model"),
        ("keras.src.saving.saving_lib", "load_model"),
        ("numpy", "load"),
        (None, "getattr"),
        ("keras.layers.__init__", "os"),
        ("keras.losses", "importlib"),
        ("keras.layers", "numpy"),
        ("keras.metrics", "np"),
    ],
)
@pytest.mark.parametrize("kind", ["class", "function"])
def test_nothing_outside_the_table(module, name, kind):
    config = (
        {"module": module, "class_name": name, "config": {}, "registered_name": None}
        if kind == "class"
        else {"module": module, "class_name": "function", "config": name, "registered_name": name}
    )
    with pytest.raises((UnknownNameError, FileFormatError, NotSupportedError)):
        saving.deserialize_keras_object(config)
    with pytest.raises((UnknownNameError, FileFormatError, NotSupportedError)):
        check_config({"a": [config]})


@pytest.mark.parametrize(
    "config",
    [
        {"class_name": "__lambda__", "config": {"value": ["4wEAAAA=", None, None]}},
        {
            "module": "keras.layers",
            "class_name": "Dense",
            "config": {"units": 1, "activation": {"class_name": "__lambda__", "config": {"value": "x"}}},
            "registered_name": None,
        },
    ],
)
@pytest.mark.parametrize("safe_mode", [True, False])
def test_code_is_refused_in_every_mode(config, safe_mode):
    with pytest.raises(NotSupportedError, match="never executed"):
        saving.deserialize_keras_object(config, safe_mode=safe_mode)


def test_a_lambda_can_be_passed():
    with pytest.warns(UserWarning, match="lambda"):
        config = saving.serialize_keras_object(lambda x: x)
    given = {"<lambda>": plain_function}
    assert saving.deserialize_keras_object(config, given) is plain_function


@pytest.mark.parametrize("config", [
    {"class_name": "Dense", "config": [1]}, {"class_name": 5, "config": {}},
    {"module": "keras.layers", "class_name": "Dense", "config": {}},
    {"class_name": "function", "config": 5}, {"class_name": "__numpy__", "config": {"value": [1]}},
    {"class_name": "__numpy__", "config": {"value": [1], "dtype": "object"}},
    {"class_name": "__numpy__", "config": 3}, {"class_name": "__typespec__", "config": {}},
    {"module": "keras.layers", "class_name": "Dense", "config": {"units": 1, "__class__": 5}},
    {"module": "keras.layers", "class_name": "Dense", "config": {"units": "many"}},
    {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "mixed_float15"}},
    {"module": "keras", "class_name": "DTypePolicy", "config": 3},
    {"module": "keras.dtype_policies", "class_name": "QuantizedDTypePolicy", "config": {"mode": []}}])  # fmt: skip
def test_damaged_configs(config):
    with pytest.raises(FastnnError):
        saving.deserialize_keras_object(config)


def test_arguments_of_other_versions():
    config = saving.serialize_keras_object(layers.Dense(3))
    config["config"].update(quantization_config=None, implementation=2)
    assert saving.deserialize_keras_object(config).units == 3
    config["config"]["lora_rank"] = 4
    assert saving.deserialize_keras_object(config).lora_rank == 4
    config["class_name"] = "Identity"
    config["config"] = {"name": "x", "lora_rank": 4}
    with pytest.raises(NotSupportedError, match="lora_rank=4"):
        saving.deserialize_keras_object(config)


def test_deep_configs_end():
    config = {"a": 1}
    for _ in range(2000):
        config = {"a": config}
    with pytest.raises(FileFormatError, match="deep"):
        saving.deserialize_keras_object(config)


def test_shared_objects():
    dense = layers.Dense(2)
    with serialization.sharing_scope():
        config = saving.serialize_keras_object([dense, dense, layers.Dense(2)])
    with serialization.sharing_scope(reads=True):
        a, b, c = saving.deserialize_keras_object(config)
    assert a is b and c is not a


class Doubled(layers.Wrapper):
    """Copies its layer by configs, as Bidirectional does."""

    def __init__(self, layer, **kwargs):
        super().__init__(layer, **kwargs)
        configs = [layer.get_config() for _ in range(3)]
        self.copies = [type(layer).from_config(config) for config in configs]

    def build(self, shape):
        for copy in self.copies:
            copy.build(shape)

    def call(self, x):
        return sum(copy(x) for copy in self.copies)

    def get_config(self):
        self.layer.get_config()  # once more: what is in it is written as shared
        return super().get_config()


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_what_a_layer_copies_while_it_is_read_has_none_of_the_numbers_of_the_file(tmp_path, ending):
    kinds = [initializers.Orthogonal(), initializers.Ones(), initializers.Zeros(), initializers.HeNormal()]
    stack = [Doubled(layers.Dense(3, kernel_initializer=a, bias_initializer=b)) for a, b in itertools.pairwise(kinds)]
    model = fastnn.Sequential([fastnn.Input((2,)), *stack])
    model.save(tmp_path / f"m{ending}")
    again = saving.load_model(tmp_path / f"m{ending}", custom_objects={"Doubled": Doubled})
    for one, other in zip(model.layers[:2], again.layers[:2]):
        for first, second in zip(one.copies, other.copies):
            for name in ("kernel_initializer", "bias_initializer"):
                assert type(getattr(first, name)) is type(getattr(second, name))


def test_plain_data_round_trip():
    import numpy as np

    data = {"a": [1, 2.5, "x", None, True], "b": np.arange(3.0), "c": b"bytes", "d": slice(1, None, 2), "e": ...}
    out = saving.deserialize_keras_object(saving.serialize_keras_object(data))
    assert out["a"] == data["a"] and out["b"].tolist() == [0, 1, 2] and out["c"] == b"bytes"
    assert out["d"] == slice(1, None, 2) and out["e"] is ...
    assert saving.serialize_keras_object(np.float32(2)) == 2.0


def test_scopes_belong_to_their_thread():
    found = []
    with saving.custom_object_scope({"Unregistered": Unregistered}):
        thread = threading.Thread(target=lambda: found.append(saving.get_registered_object("Unregistered")))
        thread.start()
        thread.join()
        with saving.custom_object_scope({"Other": plain_function}):
            assert saving.get_registered_object("Unregistered") is Unregistered
    assert found == [None] and saving.get_registered_object("Unregistered") is None


def test_registration_needs_a_config():
    with pytest.raises(ArgumentError, match="get_config"):
        saving.register_keras_serializable()(type("Bare", (), {}))


def test_every_public_name_is_in_exactly_its_table():
    for category, (module, _) in names.TABLES.items():
        for name in names.public_names(category):
            found = names.find(category, name)
            if found is not None and isinstance(found, type) and category != "models":
                assert names.category_of(module) == category
    assert registration.find_custom(["no such"]) is None
    assert names.category_of("keras.src.models.functional") == "models" and names.category_of("os") is None
    assert isinstance(initializers.Zeros(), initializers.Initializer) and fastnn.__version__


@pytest.mark.parametrize("registered", ["builtins.eval", "not.a.real.name", "my_pkg>Dense"])
def test_a_registered_name_of_something_built_in_is_refused(registered):
    layer = {"class_name": "Dense", "module": "keras.layers", "registered_name": registered, "config": {"units": 1}}
    function = {"class_name": "function", "module": "builtins", "registered_name": registered, "config": "relu"}
    for config in (layer, function):
        with pytest.raises(FileFormatError, match="resolved to a Keras built-in"):
            fastnn.saving.deserialize_keras_object(config)
    for name in (None, "Dense"):
        assert fastnn.saving.deserialize_keras_object({**layer, "registered_name": name}).units == 1
    for name in ("function", "relu"):
        assert callable(fastnn.saving.deserialize_keras_object({**function, "registered_name": name}))
