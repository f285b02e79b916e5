"""From the config of a model to the model, with fresh weights."""

from fastnn.core.errors import FileFormatError
from fastnn.saving.budget import budget, described
from fastnn.saving.check import MAX_DEPTH, check_config
from fastnn.saving.compiled import compile_from_config
from fastnn.saving.serialization import deserialize_object, sharing_scope

KERAS_VERSION = "3.15.1"  # whose format is written


def build_model(config, name, custom_objects=None, compile=True, size=None, models_only=False):
    """The model, or the layer alone, that a config describes, with fresh weights.

    size: bytes of the weights file, or None; a config whose weights could not have come from so few bytes is
    refused while the model is built, before they are made.  models_only: whether a layer alone is refused.
    """
    if not isinstance(config, dict) or "class_name" not in config:
        raise FileFormatError(f"{name}: the config holds no model; expected an object with a 'class_name'.")
    with described(name):
        checked = check_config(config if compile else without_compile(config), custom_objects)
        compile_config = checked.pop("compile_config", None)
        with sharing_scope(reads=True), budget(size, name):
            model = deserialize_object(checked, custom_objects)
        if getattr(model, "_fastnn_layer", False) is not True or (models_only and not hasattr(model, "compile")):
            expected = "a model" if models_only else "a model or a layer"
            raise FileFormatError(f"{name}: the config describes a {type(model).__name__}, expected {expected}.")
        if compile and compile_config:
            if not hasattr(model, "compile"):
                raise FileFormatError(f"{name}: the config compiles a {type(model).__name__}, which is no model.")
            with budget(size, name):
                compile_from_config(model, compile_config, custom_objects)
    return model


def without_compile(config, depth=0):
    """A config without the compile arguments of the model and of those inside it: nothing of them is looked up."""
    if depth > MAX_DEPTH:
        return config  # check_config refuses it
    if isinstance(config, dict):
        drop = "class_name" in config
        return {k: without_compile(v, depth + 1) for k, v in config.items() if not (drop and k == "compile_config")}
    return [without_compile(v, depth + 1) for v in config] if isinstance(config, list) else config
