"""Objects to config dicts and back, in Keras 3's format.

`serialize_object` writes {"module", "class_name", "config", "registered_name"} (and "build_config",
"compile_config" where the object has them); `deserialize_object` builds from such a dict, looking names up
in the closed table of `fastnn.saving.names` and among registered objects only.
"""

import contextlib
import contextvars
import importlib
import inspect
import types
import warnings

import numpy as np

from fastnn import dtype_policies
from fastnn.core import results
from fastnn.core.arguments import names_given_before
from fastnn.core.errors import ArgumentTypeError, FileFormatError, RebuildError
from fastnn.core.shapes import standard_shape
from fastnn.core.tree import holds_itself, map_structure
from fastnn.saving import living, names, roles
from fastnn.saving.budget import alone
from fastnn.saving.check import (
    MAX_DEPTH,
    check_config,
    check_special,
    dtype_policy,
    find_class,
    find_function,
    is_policy,
    living_lambda,
    short,
)
from fastnn.saving.registration import CustomObjectScope, find_custom, get_registered_name, is_registered

COMPILE_KEYS = ("optimizer", "loss", "loss_weights", "metrics", "weighted_metrics", "run_eagerly",
                "steps_per_execution", "jit_compile", "auto_scale_loss")  # fmt: skip

PLAIN = (str, int, float, bool)
_written = contextvars.ContextVar("written_objects", default=None)
_read = contextvars.ContextVar("read_objects", default=None)
_depth = contextvars.ContextVar("depth", default=0)
_ARRAY_DTYPES = frozenset(
    ("float16", "float32", "float64", "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
)


@contextlib.contextmanager
def sharing_scope(reads=False):
    """Objects met twice inside the block are written as one shared object; with `reads` they are read as one.

    A layer that is read may copy another by its config: that is no part of the file, whose numbers it must not meet.
    """
    tokens = _written.set(None if reads else {}), _read.set({} if reads else None)
    try:
        yield
    finally:
        for variable, token in zip((_written, _read), tokens):
            variable.reset(token)


def serialize_object(obj):
    """The config of an object as plain JSON-able data, in Keras 3's format.

    Args:
        obj: None, a number, str, list, tuple, dict, array, a function, or an object with `get_config()`.

    Raises ArgumentError for an object that has no config, and for a list or dict that holds itself.

    >>> from fastnn.initializers import Zeros
    >>> serialize_object(Zeros())["class_name"]
    'Zeros'
    """
    try:
        return _serialize(obj)
    except RecursionError as error:
        raise holds_itself(obj, error) from None


def _serialize(obj):
    if obj is None or isinstance(obj, PLAIN):
        return obj
    if isinstance(obj, (list, tuple)):
        return type(obj)([_serialize(x) for x in obj]) if type(obj) in (list, tuple) else [_serialize(x) for x in obj]
    if isinstance(obj, living.Living):
        return obj
    if isinstance(obj, dict):
        return {key: _serialize(value) for key, value in obj.items()}
    special = _serialize_special(obj)
    if special is not None:
        return special[0]
    if isinstance(obj, types.FunctionType):
        return _serialize_function(obj)
    if inspect.isclass(obj) or isinstance(obj, types.BuiltinFunctionType):
        return {
            "module": "builtins",
            "class_name": "function",
            "config": get_registered_name(obj),
            "registered_name": "function",
        }
    return _serialize_instance(obj)


def _serialize_special(obj):
    """A one-element tuple for data that is not an object of its own, else None."""
    if isinstance(obj, bytes):
        return ({"class_name": "__bytes__", "config": {"value": obj.decode("utf-8")}},)
    if isinstance(obj, slice):
        parts = {k: serialize_object(getattr(obj, k)) for k in ("start", "stop", "step")}
        return ({"class_name": "__slice__", "config": parts},)
    if obj is Ellipsis:
        return ({"class_name": "__ellipsis__", "config": {}},)
    if isinstance(obj, dtype_policies.DTypePolicy):
        return (dtype_policies.serialize(obj),)
    if isinstance(obj, np.dtype) or (inspect.isclass(obj) and issubclass(obj, np.generic)):
        return (np.dtype(obj).name,)
    if isinstance(obj, np.generic):
        return (obj.item(),)
    if isinstance(obj, np.ndarray):
        if obj.ndim == 0:
            return (obj.item(),)
        kind = "__tensor__" if results.is_tensor(obj) else "__numpy__"
        return ({"class_name": kind, "config": {"value": obj.tolist(), "dtype": obj.dtype.name}},)
    if hasattr(obj, "_fastnn_symbol"):
        parts = {"shape": obj.shape, "dtype": obj.dtype, "keras_history": None}
        return ({"class_name": "__keras_tensor__", "config": parts},)
    return None


def _serialize_function(function):
    if living.is_in_memory() and not str(function.__module__).startswith("fastnn."):
        return living.Living(function)
    if function.__name__ == "<lambda>":
        _warn_of_lambda()
        return living.Living(function)
    if not str(function.__module__).startswith("fastnn."):
        living.note(get_registered_name(function), function)
    return {
        "module": "builtins",
        "class_name": "function",
        "config": get_registered_name(function),
        "registered_name": "function",
    }


def _warn_of_lambda():
    warnings.warn(
        "A lambda has no name under which a file could refer to it, and code is never written to a file: "
        "to load this config, pass custom_objects={'<lambda>': the_function}, or use a named function "
        "registered with @fastnn.saving.register_keras_serializable().",
        stacklevel=5,
    )


def _serialize_instance(obj):
    if not hasattr(obj, "get_config"):
        raise ArgumentTypeError(
            f"Cannot serialize object {obj!r} of type {type(obj)}. To be serializable, a class must implement the "
            "`get_config()` method, which returns its constructor's arguments."
        )
    config = obj.get_config()
    if not isinstance(config, dict):
        raise ArgumentTypeError(f"{type(obj).__name__}.get_config() returned {config!r}, expected a dict.")
    cls = type(obj)
    home = None if is_registered(cls) else names.home_of(cls)
    if home is None:
        module = cls.__module__ if cls.__module__ != "__main__" else None
        out = {
            "module": module,
            "class_name": cls.__name__,
            "config": serialize_object(config),
            "registered_name": get_registered_name(cls),
        }
    elif home[1] == "Functional":
        out = {
            "module": "keras.src.models.functional",
            "class_name": "Functional",
            "config": serialize_object(config),
            "registered_name": "Functional",
        }
    else:
        out = {"module": home[0], "class_name": home[1], "config": serialize_object(config), "registered_name": None}
    build = obj.get_build_config() if hasattr(obj, "get_build_config") else None
    if build is not None:
        out["build_config"] = serialize_object(build)
    compiled = _compile_config(obj)
    if compiled:
        out["compile_config"] = serialize_object(compiled)
    _note_shared(obj, out)
    return out


def compile_config(model):
    """The arguments of compile() as a config, with the optimizer as it is now; {} if the model is not compiled."""
    state = vars(model).get("_training_state")
    given = getattr(state, "compile_config", None)
    if not given:
        return {}
    weights = map_structure(lambda w: float(w) if hasattr(w, "_fastnn_variable") else w, given.get("loss_weights"))
    given = {**given, "loss_weights": weights}  # a file holds what a variable says now
    out = {key: serialize_object(given[key]) for key in COMPILE_KEYS if key in given}
    out["optimizer"] = serialize_object(model.optimizer)
    # "auto" is a choice that Keras makes anew when it compiles; it writes the outcome.
    if out.get("jit_compile") == "auto":
        out["jit_compile"] = False
    return out


def _compile_config(obj):
    """A model's compile arguments, by its own method where a user wrote one."""
    method = getattr(type(obj), "get_compile_config", None)
    if method is None:
        return None
    return compile_config(obj) if method.__module__.startswith("fastnn.") else obj.get_compile_config()


def _note_shared(obj, config):
    seen = _written.get()
    if seen is None:
        return
    # Ids are small numbers in order of appearance, so that the same model writes the same bytes.
    if id(obj) in seen:
        number, first, _ = seen[id(obj)]
        config["shared_object_id"] = first["shared_object_id"] = number
    else:
        seen[id(obj)] = (len(seen) + 1, config, obj)


def deserialize_object(
    config, custom_objects=None, safe_mode=True, category=None, module_objects=None, printable_module_name=None
):
    """Build the object that a config describes.

    Args:
        config: what `serialize_object` (or Keras) wrote: dicts with "class_name" and "config" become objects, other
            dicts, lists and plain values are returned with their parts built.
        custom_objects: dict from name to class or function, besides the registered ones.
        safe_mode: False: lambdas that this process has put into a config are found again; no code comes from a file.
        category: "layers", "losses", ...: search only there when the config names no module, and take a plain string as
            a name.
        module_objects: {name: class or function}: what a plain string names, and classes besides; a string that names
            none of them is returned.
        printable_module_name: taken for Keras's sake.

    Raises UnknownNameError, FileFormatError.

    >>> deserialize_object({"module": "keras.initializers", "class_name": "Constant",
    ...                     "config": {"value": 2.0}, "registered_name": None}).get_config()["value"]
    2.0
    """
    if module_objects is not None:
        return _among(module_objects, config, custom_objects)
    depth = _depth.get()
    if depth > MAX_DEPTH:
        raise FileFormatError(f"The config is nested more than {MAX_DEPTH} levels deep: it is not a model config.")
    token = _depth.set(depth + 1)
    try:
        if depth or not isinstance(config, (dict, list, tuple)):
            return _deserialize(config, custom_objects, safe_mode, category)
        with alone("the config"), living.scope(safe_mode):
            checked = check_config(config, custom_objects, roles.of_category(category))
            if isinstance(config, dict) and isinstance(checked, str):  # of a plain policy its name
                return dtype_policies.DTypePolicy(checked)
            return _deserialize(checked, custom_objects, safe_mode, category)
    finally:
        _depth.reset(token)


def _among(objects, config, custom_objects):
    """The object that a config describes, or a string names, among those of a module, and custom ones."""
    if not isinstance(config, str):
        return deserialize_object(config, {**objects, **(custom_objects or {})})
    found = find_custom([config], custom_objects)
    if found is not None:
        return found
    found = objects.get(config, config)
    return found.from_config({}) if isinstance(found, type) else found


def _deserialize(config, custom_objects, safe_mode, category):
    if config is None or isinstance(config, PLAIN):
        if isinstance(config, str):
            found = find_custom([config], custom_objects) if category or custom_objects else None
            if found is None and category:
                found = names.find(category, config)
                if found is None:
                    raise names.unknown(config, names.TABLES[category][0])
            return config if found is None else found
        return config
    if isinstance(config, (list, tuple)):
        return [deserialize_object(x, custom_objects, safe_mode) for x in config]
    if not isinstance(config, dict):
        raise FileFormatError(
            f"Cannot read a config of type {type(config).__name__}: expected a dict as serialize_object returns it."
        )
    if "class_name" not in config or "config" not in config:
        return {key: deserialize_object(value, custom_objects, safe_mode) for key, value in config.items()}
    class_name, inner = config["class_name"], config["config"]
    if not isinstance(class_name, str):
        raise FileFormatError(f"'class_name' is {class_name!r}, expected a str.")
    if isinstance(config, living.Living) and living.is_in_memory():
        return config.function
    if class_name == "__lambda__":
        return living_lambda(config, custom_objects)
    if class_name.startswith("__"):
        return _deserialize_special(class_name, inner, custom_objects, safe_mode)
    if class_name == "function":
        found, own = find_function(config, custom_objects, category, roles.of_category(category))
        roles.require(roles.of_category(category), found, own, f"in a place of {category}")
        return found
    if is_policy(class_name, config.get("module")):
        found = dtype_policy(config)
        return dtype_policies.deserialize(found) if isinstance(found, dict) else found
    return _build(config, class_name, inner, custom_objects, safe_mode, category)


def _deserialize_special(class_name, inner, custom_objects, safe_mode):
    inner = inner if isinstance(inner, dict) else {}
    check_special(class_name)
    try:
        if class_name in ("__numpy__", "__tensor__"):
            if inner["dtype"] not in _ARRAY_DTYPES:
                raise FileFormatError(
                    f"An array in the config has dtype {inner['dtype']!r}, expected one of: "
                    f"{', '.join(sorted(_ARRAY_DTYPES))}."
                )
            array = np.array(inner["value"], dtype=inner["dtype"])
            return results.shown(array) if class_name == "__tensor__" else array
        if class_name == "__keras_tensor__" and inner.get("keras_history") is None:
            symbol = importlib.import_module("fastnn.graph").Symbol  # above this part of the package
            return symbol(standard_shape(inner["shape"]), inner["dtype"])
        if class_name == "__bytes__":
            return inner["value"].encode("utf-8")
        if class_name == "__slice__":
            return slice(*(deserialize_object(inner[k], custom_objects, safe_mode) for k in ("start", "stop", "step")))
    except (KeyError, AttributeError, TypeError) as error:
        raise FileFormatError(f"A damaged {class_name} entry in the config: {error!r}.") from error
    if class_name == "__ellipsis__":
        return Ellipsis
    raise FileFormatError(f"A {class_name} entry stands where no tensor of a graph can be.")


def _build(config, class_name, inner, custom_objects, safe_mode, category):
    inner = {} if inner is None else inner
    if not isinstance(inner, dict):
        raise RebuildError(f"The config of {class_name} is {type(inner).__name__}. Expected 'config' to be a dict.")
    shared, number = _read.get(), config.get("shared_object_id")
    if shared is not None and isinstance(number, int) and number in shared:
        return shared[number]
    role = roles.of_category(category)
    cls, own = find_class(config, custom_objects, category, role)
    roles.require(role, cls, own, f"in a place of {category}")
    if inspect.isfunction(cls):
        return cls
    if not hasattr(cls, "from_config"):
        if living.of_other_years():
            return cls(**inner)
        raise RebuildError(
            f"Unable to reconstruct an instance of '{class_name}' because it has no from_config() method. Add "
            "`get_config` and `from_config`, or register the function itself."
        )
    with CustomObjectScope(custom_objects), names_given_before():
        try:
            instance = cls.from_config(inner)
        except TypeError as error:
            raise RebuildError(
                f"{class_name} could not be built from its config {short(inner)}: {error}. Its from_config() must take "
                "what its get_config() returns: make sure that objects in it are explicitly deserialized there."
            ) from error
        build = config.get("build_config")
        if build and hasattr(instance, "build_from_config") and not getattr(instance, "built", False):
            instance.build_from_config(build)
        compiled = config.get("compile_config")
        if compiled and hasattr(instance, "compile_from_config"):
            instance.compile_from_config(compiled)
    if shared is not None and isinstance(number, int):
        shared[number] = instance
    return instance


serialize_keras_object = serialize_object
deserialize_keras_object = deserialize_object
