"""What may stand where in a config: every argument of every class, with an object of every category."""

import functools
import inspect
import json
import zipfile

import pytest

import fastnn as keras
from fastnn import layers, saving
from fastnn.core.errors import FastnnError, FileFormatError
from fastnn.saving import names, roles
from fastnn.saving.building import build_model
from fastnn.saving.check import check_config

PARTS = [c for c in names.TABLES if c not in ("callbacks", "models")]
# One class, or where a category has none a function, that stands for its category.
SAMPLES = {"layers": "Masking", "losses": "Huber", "metrics": "Sum", "schedules": "ExponentialDecay",
           "optimizers": "SGD", "initializers": "Ones", "regularizers": "L2", "constraints": "NonNeg",
           "convnext": "StochasticDepth", "inception": "CustomScaleLayer",
           "distillation": "FeatureDistillation", "quantizers": "AbsMaxQuantizer", "columns": "Feature",
           "spaces": "FeatureSpace", "random": "SeedGenerator"}  # fmt: skip
ARGUMENTS_OF = {"schedules": {"initial_learning_rate": 0.1, "decay_steps": 2, "decay_rate": 0.5},
                "convnext": {"drop_path_rate": 0.5}, "inception": {"scale": 0.5},
                "spaces": {"features": {"a": "float"}}}  # fmt: skip


def described(category):
    """The config of an object of a category."""
    if category == "activations":
        return {"module": "builtins", "class_name": "function", "config": "mish", "registered_name": "function"}
    return {
        "module": names.TABLES[category][0],
        "class_name": SAMPLES[category],
        "registered_name": None,
        "config": ARGUMENTS_OF.get(category, {}),
    }


@functools.cache
def arguments(cls):
    """All arguments of the constructors of a class and its bases."""
    found = {
        name
        for base in cls.__mro__[:-1]
        if "__init__" in base.__dict__
        for name in inspect.signature(base.__init__).parameters
    }
    return sorted(found - {"self", "args", "kwargs"})


def public_classes():
    """(category, class) of everything that a config can name."""
    return [
        (c, names.find(c, n))
        for c in [*PARTS, "models"]
        for n in names.public_names(c)
        if inspect.isclass(names.find(c, n)) and hasattr(names.find(c, n), "from_config")
    ]


def allowed(role, category):
    """Whether the sample of a category fits a role."""
    if category == "activations":
        return category in role.functions
    return category in role.classes and (not role.only or SAMPLES[category] in role.only)


def test_every_argument_takes_objects_of_its_role_only():
    for category, cls in public_classes():
        for name in arguments(cls):
            for other in PARTS:
                config = {
                    "module": names.TABLES[category][0],
                    "class_name": cls.__name__,
                    "registered_name": None,
                    "config": {name: described(other)},
                }
                role = roles.of_argument(name)
                if allowed(role, other):
                    check_config(config)
                    continue
                for value in (described(other), [described(other)], {"a": [described(other)]}):
                    with pytest.raises(FileFormatError, match=f"as {name} of {cls.__name__}"):
                        check_config({**config, "config": {name: value}})


def test_what_classes_write_is_what_they_may_read():
    """Each class as it is written with objects in its arguments has a role for each of them."""
    rich = [layers.Dense(2, activation=layers.LeakyReLU(), kernel_initializer="ones", bias_constraint="non_neg"),
            layers.PReLU(), layers.LSTM(2, kernel_regularizer="l1_l2"), layers.RNN([layers.GRUCell(2)]),
            layers.Bidirectional(layers.GRU(2)), layers.TimeDistributed(layers.Dense(1)),
            layers.SeparableConv1D(2, 3), layers.MultiHeadAttention(2, 2), layers.BatchNormalization(),
            keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.1, 3)), keras.losses.Huber(),
            keras.metrics.MeanMetricWrapper(keras.losses.mse), layers.StringLookup(vocabulary=["a", "b"]),
            layers.TextVectorization(vocabulary=["a"]), layers.IntegerLookup(vocabulary=[4, 5]),
            layers.Lambda(keras.activations.relu, output_shape=(3,)),
            keras.utils.FeatureSpace({"a": "float", "b": "string_hashed"}, crosses=[("a", "b")])]  # fmt: skip
    for part in rich:
        config = json.loads(json.dumps(saving.serialize_keras_object(part)))
        again = saving.deserialize_keras_object(config)
        assert saving.serialize_keras_object(again) == saving.serialize_keras_object(part)


@pytest.mark.parametrize("category", [c for c in PARTS if c not in roles.LAYER.classes])
def test_a_category_builds_nothing_else(category):
    layer = {"module": "keras.layers", "class_name": "StringLookup", "registered_name": None, "config": {}}
    for config in (layer, {**layer, "module": None}, {"class_name": "StringLookup", "config": {}}):
        with pytest.raises(FileFormatError, match="due"):
            saving.deserialize_object(config, category=category)


@pytest.mark.parametrize("key", ["optimizer", "loss", "metrics", "weighted_metrics"])
def test_compile_arguments(key):
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    config = json.loads(model.to_json())
    for value in (described("layers"), [described("layers")], {"a": described("initializers")}):
        config["compile_config"][key] = value
        with pytest.raises(FileFormatError, match=f"as {key}"):
            build_model(config, "test")


class Doubled(layers.Dense):
    """A user's layer."""


class Half(keras.initializers.Initializer):
    """A user's initializer."""

    def __call__(self, shape, dtype=None):
        return keras.ops.full(shape, 0.5, dtype)

    def get_config(self):
        return {}


class Own:
    """A user's object that is derived from nothing of fastnn's."""

    def __call__(self, shape, dtype=None):
        return keras.ops.full(shape, 0.25, dtype)

    def get_config(self):
        return {}

    @classmethod
    def from_config(cls, config):
        return cls()


def test_objects_of_the_user_stand_where_their_kind_fits():
    custom = {"Doubled": Doubled, "Half": Half, "Own": Own}

    def dense(initializer, cls="Dense"):
        return {
            "module": "keras.layers" if cls == "Dense" else "x",
            "class_name": cls,
            "registered_name": cls,
            "config": {"units": 1, "kernel_initializer": initializer},
        }

    for name, value in (("Half", 0.5), ("Own", 0.25)):
        config = {"module": "x", "class_name": name, "config": {}, "registered_name": name}
        for cls in ("Dense", "Doubled"):
            layer = saving.deserialize_keras_object(dense(config, cls), custom)
            layer.build((None, 2))
            assert layer.get_weights()[0].tolist() == [[value], [value]]
    for cls in ("Dense", "Doubled"):
        for wrong in (described("layers"), dense("ones", "Doubled")):
            with pytest.raises(FileFormatError, match=f"kernel_initializer of {cls}"):
                saving.deserialize_keras_object(dense(wrong, cls), custom)


@pytest.mark.parametrize("cls", ["StringLookup", "IntegerLookup", "TextVectorization"])
def test_no_path_of_a_config_is_opened(cls, tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("1\n2\n")
    assert getattr(layers, cls)(vocabulary=str(path)).get_vocabulary()[-1] in ("2", 2)  # a user's own word for it
    config = {"vocabulary": str(path)}
    entry = {"module": "keras.layers", "class_name": cls, "config": config, "registered_name": None}
    with pytest.raises(FileFormatError, match="path"):
        getattr(layers, cls).from_config(config)
    for nested in (entry, {"a": [entry]}):
        with pytest.raises(FileFormatError, match="path"):
            saving.deserialize_keras_object(nested)
    mine = type("Mine", (getattr(layers, cls),), {})
    with pytest.raises(FileFormatError, match="path"):
        saving.deserialize_keras_object({**entry, "module": "x", "class_name": "Mine"}, {"Mine": mine})


@pytest.mark.parametrize("place", ["kernel_initializer", "bias_constraint", "activity_regularizer", "activation"])
def test_a_model_file_reads_no_other_file(place, tmp_path, monkeypatch):
    secret = tmp_path / "secret"
    secret.write_text("a\n")
    keras.Sequential([keras.Input((4,)), layers.Dense(2)]).save(tmp_path / "in.keras")
    with zipfile.ZipFile(tmp_path / "in.keras") as source, zipfile.ZipFile(tmp_path / "evil.keras", "w") as out:
        config = json.loads(source.read("config.json"))
        config["config"]["layers"][1]["config"][place] = {
            "module": "keras.layers",
            "class_name": "StringLookup",
            "registered_name": None,
            "config": {"vocabulary": str(secret)},
        }
        for name in source.namelist():
            out.writestr(name, json.dumps(config) if name == "config.json" else source.read(name))
    opened = []
    plain = open
    monkeypatch.setattr(
        "builtins.open", lambda path, *args, **kwargs: opened.append(str(path)) or plain(path, *args, **kwargs)
    )
    with pytest.raises(FileFormatError):
        keras.models.load_model(tmp_path / "evil.keras")
    with pytest.raises(FastnnError):
        keras.models.model_from_json(json.dumps(config))
    assert str(secret) not in opened
