"""What a model was compiled with: to a config and back."""
import warnings

from fastnn.core.errors import FileFormatError
from fastnn.core.tree import map_structure
from fastnn.saving.check import check_arguments
from fastnn.saving.serialization import deserialize_object, serialize_object

_KEYS = ("optimizer", "loss", "loss_weights", "metrics", "weighted_metrics", "run_eagerly", "steps_per_execution",
         "jit_compile", "auto_scale_loss")


def compile_config(model):
    """The arguments of compile() as a config, with the optimizer as it is now; {} if the model is not compiled."""
    state = vars(model).get("_training_state")
    given = getattr(state, "compile_config", None)
    if not given:
        return {}
    weights = map_structure(lambda w: float(w) if hasattr(w, "_fastnn_variable") else w, given.get("loss_weights"))
    given = {**given, "loss_weights": weights}      # a file holds what a variable says now
    out = {key: serialize_object(given[key]) for key in _KEYS if key in given}
    out["optimizer"] = serialize_object(model.optimizer)
    # "auto" is a choice that Keras makes anew when it compiles; it writes the outcome.
    if out.get("jit_compile") == "auto":
        out["jit_compile"] = False
    return out


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
                warnings.warn(f"{base.__name__} has a compile() of its own, so the loaded model is not compiled: call "
                              "compile(), or define compile_from_config(config).", stacklevel=3)
                return
            break
    config = check_arguments(config, custom_objects)
    arguments = {key: deserialize_object(config[key], custom_objects) for key in _KEYS if key in config}
    arguments.pop("auto_scale_loss", None)
    # Files of Keras name the losses of a nested model that was never compiled as nothing.
    if arguments.get("optimizer") is None and arguments.get("loss") is None:
        return
    model.compile(**{key: value for key, value in arguments.items() if value is not None})
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None and getattr(model, "built", False) and not getattr(optimizer, "built", False):
        optimizer.build(model.trainable_variables)
