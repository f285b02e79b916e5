"""Compiling a model as a config says."""

import warnings

from fastnn.core.errors import FileFormatError
from fastnn.saving.check import check_arguments
from fastnn.saving.serialization import COMPILE_KEYS, deserialize_object


def compile_from_config(model, config, custom_objects=None):
    """Compile a model as a config says, and make its optimizer's variables.

    A model class with a compile() of its own is left uncompiled, with a warning, as in Keras.
    """
    if not isinstance(config, dict):
        raise FileFormatError(f"The compile config is {type(config).__name__}, expected an object.")
    for base in type(model).__mro__:
        if "compile_from_config" in base.__dict__ and not base.__module__.startswith("fastnn."):
            model.compile_from_config(config)
            return
        if "compile" in base.__dict__:
            if not base.__module__.startswith("fastnn."):
                warnings.warn(
                    "`compile()` was not called as part of model loading because the model's `compile()` method is "
                    f"custom. {base.__name__} may define get_compile_config() and compile_from_config(config), or call "
                    "compile() after loading.",
                    stacklevel=3,
                )
                return
            break
    config = check_arguments(config, custom_objects)
    arguments = {key: deserialize_object(config[key], custom_objects) for key in COMPILE_KEYS if key in config}
    arguments.pop("auto_scale_loss", None)
    # Files of Keras name the losses of a nested model that was never compiled as nothing.
    if arguments.get("optimizer") is None and arguments.get("loss") is None:
        return
    model.compile(**{key: value for key, value in arguments.items() if value is not None})
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None and getattr(model, "built", False) and not getattr(optimizer, "built", False):
        optimizer.build(model.trainable_variables)
