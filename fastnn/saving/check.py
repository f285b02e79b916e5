"""Configs from files, looked through before anything is built from them."""

import inspect
import re

from fastnn import dtype_policies
from fastnn.core.errors import FileFormatError, NotSupportedError, RebuildError, UnknownNameError
from fastnn.saving import living, names, roles
from fastnn.saving.registration import find_custom

MAX_DEPTH = 2000

# Arguments that some version of Keras writes and a class of ours may not have, with the values that change nothing.
_NEUTRAL = {
    "quantization_config": (None,), "lora_rank": (None,), "lora_alpha": (None,), "input_axes": (None,),
    "output_axes": (None,),
    "synchronized": (False,), "sparse": (False,), "ragged": (False,), "optional": (False,), "time_major": (False,),
    "implementation": (0, 1, 2), "data_format": ("channels_last", None), "stateful": (False,), "unroll": (False, True),
    "use_legacy_config": (True, False, None), "fused": (None, True, False), "virtual_batch_size": (None,),
    "adjustment": (None,), "is_legacy_optimizer": (True, False), "jit_compile": (True, False), "use_ema": (False,),
    "ema_momentum": (0.99,), "ema_overwrite_frequency": (None, 100), "loss_scale_factor": (None,),
    "gradient_accumulation_steps": (None,), "noise_shape": (None,), "seed": (None,), "dtype": ("float32",),
    "autocast": (True,), "input_length": (None,), "embeddings_constraint": (None,), "mask_zero": (False,),
}  # fmt: skip


def check_config(config, custom_objects=None, role=roles.ANY):
    """A copy of a config that is known to name only things that exist, each where it may stand, in fastnn's terms.

    Every name in it is looked up (UnknownNameError lists all that are missing), whatever stands in a place of another
    role is refused (FileFormatError), code in it too, dtype policies become dtype names, and arguments that Keras
    writes and that change nothing are left out.
    role: what is due in the place that the whole config is for.
    """
    return _checked(lambda missing: _check(config, custom_objects, missing, 0, role, ""))


def check_arguments(config, custom_objects=None):
    """As check_config, for a dict of arguments: those of compile(), or of one of fastnn's classes."""
    return _checked(
        lambda missing: {
            key: _check(value, custom_objects, missing, 1, roles.of_argument(key), f"as {key}")
            for key, value in config.items()
        }
    )


def _checked(check):
    missing = []
    out = check(missing)
    if missing:
        raise names.unknown(missing[0][0], missing[0][1], [name for name, _ in missing])
    return out


def _check(config, custom_objects, missing, depth, role, where):
    if depth > MAX_DEPTH:
        raise FileFormatError(f"The config is nested more than {MAX_DEPTH} levels deep: it is not a model config.")
    if isinstance(config, living.Living):
        return config
    if isinstance(config, (list, tuple)):
        role = roles.DATA if role.words else role
        return [_check(x, custom_objects, missing, depth + 1, role, where) for x in config]
    if not isinstance(config, dict):
        roles.require_words(role, config, where)
        return config
    class_name, inner = config.get("class_name"), config.get("config")
    module = config.get("module")
    if isinstance(class_name, str) and class_name.startswith("__") and "config" in config:
        check_special(class_name)
        if class_name == "__lambda__":
            living_lambda(config, custom_objects)
            return config
    described = isinstance(class_name, str) and "config" in config and not class_name.startswith("__")
    if described and is_policy(class_name, module):
        return dtype_policy(config)
    if described and class_name == "function":
        try:
            found, own = find_function(config, custom_objects, None, role)
            roles.require(role, found, own, where)
        except UnknownNameError:
            missing.append((inner, module))
        return config
    if described:
        return _check_object(config, custom_objects, missing, depth, role, where)
    return {key: _check(value, custom_objects, missing, depth + 1, role, where) for key, value in config.items()}


def _check_object(config, custom_objects, missing, depth, role, where):
    """An entry that describes an object: its class and, each in its role, its arguments."""
    class_name, inner, module = config["class_name"], config["config"], config.get("module")
    cls, own = None, True
    try:
        cls, own = find_class(config, custom_objects, role=role)
    except UnknownNameError:
        # Operations of a functional graph are the model's own business: it has the table of them.
        if not is_operation(module):
            missing.append((config.get("registered_name") or class_name, module))
        elif role not in (roles.LAYER, roles.ANY):
            raise FileFormatError(
                f"The config has the operation {class_name} {where}, where {role.what} is due; refused."
            ) from None
    else:
        roles.require(role, cls, own, where)
    if isinstance(inner, dict):
        inner = resolve_lambda(dict(inner), custom_objects)
        if own and inspect.isclass(cls):
            inner = drop_neutral(cls, class_name, inner)
        inner = {
            key: _check(
                value, custom_objects, missing, depth + 2, roles.of_part(cls, own, key), f"as {key} of {class_name}"
            )
            for key, value in inner.items()
        }
    elif isinstance(inner, list):  # a sequential model of Keras 1 holds its layers alone
        inner = _check(inner, custom_objects, missing, depth + 2, roles.LAYER if own else roles.ANY, "")
    rest = {
        key: check_arguments(value, custom_objects)
        if key == "compile_config" and own and isinstance(value, dict)
        else _check(
            value, custom_objects, missing, depth + 1, roles.DATA if own else roles.ANY, f"as {key} of {class_name}"
        )
        for key, value in config.items()
        if key != "config"
    }
    return {**rest, "config": inner}


SPECIAL = frozenset(
    ("__numpy__", "__tensor__", "__bytes__", "__slice__", "__ellipsis__", "__lambda__", "__keras_tensor__")
)


def check_special(class_name):
    """Refuse kinds of data that fastnn does not have."""
    if class_name not in SPECIAL:
        raise NotSupportedError(f"The config holds a {class_name} entry, which fastnn does not read.")


def living_lambda(config, custom_objects=None):
    """The function of a lambda's config: the caller's, or this process's own; NotSupportedError if there is none."""
    found = find_custom(["<lambda>"], custom_objects) or living.find(config)
    if found is None:
        raise NotSupportedError(
            "The config holds a lambda (as that of a `Lambda` layer), which is arbitrary code execution. Code stored "
            "in a file is never executed by fastnn, with any safe_mode; pass the function itself: "
            "custom_objects={'<lambda>': the_function}."
        )
    return found


_OPERATION = re.compile(r"(keras(\.src)?|fastnn)\.ops(\.\w+)?|keras\.src\.activations\.activations")


def is_operation(module):
    """Whether a config's module says that it describes an operation on tensors, as `x + y` leaves in a graph."""
    return isinstance(module, str) and _OPERATION.fullmatch(module) is not None


def drop_neutral(cls, class_name, inner):
    """Leave out arguments that Keras writes, that `cls` has not, and whose value changes nothing."""
    if "layers" in inner:  # a model: its config has keys of its own
        return inner
    foreign = [key for key in inner if key in _NEUTRAL]
    if not foreign:
        return inner
    accepted = set()
    for base in cls.__mro__[:-1]:
        init = base.__dict__.get("__init__")
        if init is not None:
            accepted.update(inspect.signature(init).parameters)
    out = dict(inner)
    for key in foreign:
        if key in accepted or _takes(cls, key):
            continue
        value = out.pop(key)
        if not any(value is v or (value == v and type(value) is type(v)) for v in _NEUTRAL[key]):
            raise NotSupportedError(
                f"{class_name} was saved with {key}={short(value)}, which fastnn's {class_name} "
                f"does not have; expected {key}={_NEUTRAL[key][0]!r} or no such argument."
            )
    return out


def _takes(cls, key):
    """Whether a base class reads `key` out of its keyword arguments itself (it says so in `KWARGS`)."""
    return any(key in getattr(base, "KWARGS", ()) for base in cls.__mro__)


def is_policy(class_name, module):
    """Whether a config is that of a dtype policy of Keras's."""
    home = module in ("keras.dtype_policies", None) or names.category_of(module) == "models"
    return class_name in dtype_policies.CLASSES and home


def dtype_policy(config):
    """The config of a dtype policy, which must make one; of a plain policy its name."""
    inner = config["config"]
    try:
        policy = dtype_policies.deserialize(config)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise FileFormatError(f"The config has the dtype policy {short(inner)}, which is none: {error}") from None
    return policy.name if type(policy) is dtype_policies.DTypePolicy else config


def find_function(config, custom_objects, category, role=roles.ANY):
    """The function that a config dict names, and whether it is one of fastnn's own; UnknownNameError if none."""
    name = config["config"]
    if not isinstance(name, str):
        raise RebuildError(
            f"A function entry has config {name!r:.300}. Expected 'config' to be a non-null str: the function's name."
        )
    found = find_custom([name], custom_objects)
    if found is not None:
        return found, False
    category = names.category_of(config.get("module")) or category
    for place in (category, *role.functions):
        found = names.find(place, name) if place in names.TABLES else None
        if inspect.isfunction(found):
            return _built_in(config, name, found)
    found = names.find_anywhere(name, functions=True)[0]
    if found is None:
        own = living.named(name)
        if own is not None:
            return own, False
        raise names.unknown(name)
    return _built_in(config, name, found)


def _built_in(config, name, found):
    """(found, True), unless the config says that it is somebody's under another name."""
    registered = config.get("registered_name")
    if registered and registered not in (name, config["class_name"]):
        raise FileFormatError(
            f"`registered_name={registered!r:.100}` was provided in the config, but {name!r:.100} resolved to a Keras "
            "built-in and does not use registered names. Pass the class or function in custom_objects, or remove the "
            "field from the config."
        )
    return found, True


def find_class(config, custom_objects=None, category=None, role=roles.ANY):
    """The class that a config dict names, and whether it is one of fastnn's own; UnknownNameError if none."""
    class_name, registered = config["class_name"], config.get("registered_name")
    module = config.get("module")
    by_module = names.category_of(module)
    # Files say "registered_name": null of a built-in: a user's class of the same name does not replace it.
    if registered is not None or "registered_name" not in config or not by_module:
        custom = find_custom([registered, class_name], custom_objects)
        if custom is not None:
            return custom, False
    where = (by_module,) if by_module else () if module else (category, *role.classes, *names.TABLES)
    for place in where:
        found = names.find(place, class_name) if place in names.TABLES else None
        if inspect.isclass(found):
            return _built_in(config, class_name, found)
    raise names.unknown(registered or class_name, module)


def resolve_lambda(inner, custom_objects):
    """Give a layer whose function is a lambda the function that the caller passed under the layer's name."""
    function = inner.get("function")
    if isinstance(function, dict) and function.get("class_name") == "__lambda__":
        own = getattr(function, "function", None)  # before what all lambdas are called
        found = find_custom([inner.get("name")], custom_objects) or own or find_custom(["<lambda>"], custom_objects)
        found = found or living.find(function)
        if found is None:
            raise NotSupportedError(
                f"Layer {inner.get('name')!r} holds a lambda, which is arbitrary code execution. Code stored in a file "
                "is never executed by fastnn, with any safe_mode; "
                f"pass the function itself: custom_objects={{{inner.get('name')!r}: the_function}}."
            )
        inner["function"] = found
    return inner


def short(value, limit=300):
    text = repr(value)
    return text if len(text) <= limit else text[:limit] + "..."
