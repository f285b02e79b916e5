"""Dtype policies: which type a layer keeps its weights in and which it computes in.

In `float16` and `bfloat16` values are stored, and rounded after each operation; what an operation calculates with is
float32.  Quantized policies name how a layer's weights are packed.
"""

import re
from collections.abc import MutableMapping

from fastnn.core import config, dtypes
from fastnn.core.errors import ArgumentError, ArgumentTypeError, DTypeError
from fastnn.dtype_policies.policy import DTypePolicy, FloatDTypePolicy, dtype_policy
from fastnn.dtype_policies.quantized import (
    QUANTIZATION_MODES,
    AWQDTypePolicy,
    GPTQDTypePolicy,
    Int4DTypePolicy,
    QuantizedDTypePolicy,
    QuantizedFloat8DTypePolicy,
)


class DTypePolicyMap(DTypePolicy, MutableMapping):
    """Policies under paths of layers, or regular expressions that match whole paths.

    Args:
        default_policy: policy (or name) where nothing matches; None: the default one.
        policy_map: {path or expression: policy or name}, or None.

    Raises ArgumentError for a map as the default, ArgumentTypeError for a map that is no dict.

    >>> found = DTypePolicyMap("float32", {"encoder/.*": DTypePolicy("mixed_float16")})
    >>> found["encoder/dense"].name, found["head"].name
    ('mixed_float16', 'float32')
    """

    def __init__(self, default_policy=None, policy_map=None):
        if isinstance(default_policy, DTypePolicyMap):
            raise ArgumentError("`default_policy` cannot be a `DTypePolicyMap`.")
        if policy_map is not None and not isinstance(policy_map, dict):
            raise ArgumentTypeError(
                f"If specified, `policy_map` must be a dict. Received: policy_map={policy_map} of type "
                f"{type(policy_map)}"
            )
        self._default_policy_arg, self._default_policy = default_policy, get(default_policy)
        self._policy_map = policy_map or {}

    name = property(lambda self: f"map_{self._default_policy.name}")
    default_policy = property(lambda self: self._default_policy)
    variable_dtype = property(lambda self: self._default_policy.variable_dtype)
    compute_dtype = property(lambda self: self._default_policy.compute_dtype)
    quantization_mode = property(lambda self: self._default_policy.quantization_mode)

    def __getitem__(self, key):
        if key in self._policy_map:
            return self._policy_map[key]
        found = [pattern for pattern in self._policy_map if re.fullmatch(pattern, key)]
        if len(found) > 1:
            raise ArgumentError(
                f"Path '{key}' matches multiple dtype policy specification keys: {found}. Please make sure each path "
                "only matches at most one dtype policy specification key in the DTypePolicyMap."
            )
        return self._policy_map[found[0]] if found else self._default_policy

    def __setitem__(self, key, policy):
        if key in self._policy_map:
            raise ArgumentError(
                f"{key} already exist in the DTypePolicyMap with value {self._policy_map[key]}. Please make sure to "
                "not use duplicated keys."
            )
        try:
            self._policy_map[key] = get(policy)
        except ValueError:
            raise ArgumentError(
                "Cannot interpret the assigned value by `keras.dtype_policies.get`. "
                f"Received: {policy} of type {type(policy)}"
            ) from None

    def __delitem__(self, key):
        del self._policy_map[key]

    def __contains__(self, key):
        return key in self._policy_map

    def __len__(self):
        return len(self._policy_map)

    def __iter__(self):
        return iter(self._policy_map)

    def _facts(self):
        return self._default_policy, tuple(self._policy_map.items())

    def get_config(self):
        """The constructor's arguments as a dict; without a default of their own, policies follow the one at reading."""
        default, policies = self._default_policy_arg, {k: serialize(p) for k, p in self._policy_map.items()}
        for entry in policies.values() if default is None else ():
            for name in ("name", "source_name"):
                if name in entry["config"]:
                    entry["config"][name] = None
        return {"default_policy": serialize(default) if isinstance(default, DTypePolicy) else default,
                "policy_map": policies}  # fmt: skip

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A map with the arguments that get_config() gave.

        Args:
            config: dict of the constructor's arguments.
            custom_objects: {name: class or function} for names that fastnn does not know, or None.
        """
        return cls(config["default_policy"], {k: get(p) for k, p in config["policy_map"].items()})

    def __repr__(self):
        entries = [(key, policy.name) for key, policy in self._policy_map.items()]
        return f"<DTypePolicyMap at {hex(id(self))} default_policy={self._default_policy.name}, mapping={entries}>"


Policy = DTypePolicy
CLASSES = {cls.__name__: cls for cls in (
    DTypePolicy, FloatDTypePolicy, QuantizedDTypePolicy, QuantizedFloat8DTypePolicy, Int4DTypePolicy, GPTQDTypePolicy,
    AWQDTypePolicy, DTypePolicyMap)}  # fmt: skip
__all__ = ["AWQDTypePolicy", "DTypePolicy", "DTypePolicyMap", "FloatDTypePolicy", "GPTQDTypePolicy", "Int4DTypePolicy",
           "Policy", "QuantizedDTypePolicy", "QuantizedFloat8DTypePolicy", "deserialize", "dtype_policy", "get",
           "global_policy", "serialize", "set_dtype_policy", "set_global_policy"]  # fmt: skip
__dir__ = __all__.copy


def set_dtype_policy(policy):
    """Set the default policy: a name such as "mixed_float16", or a policy.

    "float32" and "float64" also become the default float type.

    Args:
        policy: a name such as "mixed_float16", or a policy.

    >>> set_dtype_policy("mixed_bfloat16")
    >>> dtype_policy().compute_dtype
    'bfloat16'
    >>> set_dtype_policy("float32")
    """
    if not isinstance(policy, (DTypePolicy, str)):
        raise ArgumentError(
            "Invalid `policy` argument. Expected the string name of a policy (such as 'mixed_float16') or a "
            f"`DTypePolicy` instance. Received: policy={policy} (of type {type(policy)})"
        )
    policy = get(policy)
    if policy.name in ("float32", "float64"):
        config.set_floatx(policy.name)
    config.set_dtype_policy(None if type(policy) is DTypePolicy and policy.name == config.floatx() else policy)


global_policy, set_global_policy = dtype_policy, set_dtype_policy  # as keras.mixed_precision has them


def _quantized(name):
    """The quantized policy of a name: "int8_from_float32"."""
    if not isinstance(name, str):
        raise ArgumentTypeError(f"`policy` must be a string. Received: policy={name}")
    if not name.startswith(QUANTIZATION_MODES):
        raise ArgumentError("`policy` is incompatible with the current supported quantization.")
    parts = name.split("_from_")
    if len(parts) != 2:
        raise ArgumentError(
            "Cannot convert `policy` into a valid pair (`mode`, `source_name`) to instantiate "
            f"`QuantizedDTypePolicy`. Received: policy={name}"
        )
    special = {"float8": QuantizedFloat8DTypePolicy, "gptq": GPTQDTypePolicy, "awq": AWQDTypePolicy}
    mode = next(mode for mode in QUANTIZATION_MODES if name.startswith(mode))
    cls = Int4DTypePolicy if parts[0].startswith("int4/") else special.get(mode, QuantizedDTypePolicy)
    return cls(*parts)


_get_quantized_dtype_policy_by_str = _quantized


def get(identifier):
    """The policy that a name, a dtype, a config dict, a policy or None stands for.

    Args:
        identifier: a name, dtype, config dict, policy or None.

    >>> get("float64").name, get("int8_from_float32").quantization_mode
    ('float64', 'int8')
    """
    if identifier is None:
        return dtype_policy()
    if isinstance(identifier, DTypePolicy):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        packed = identifier.startswith(QUANTIZATION_MODES) and identifier != "int8"  # which is a dtype as well
        return _quantized(identifier) if packed else DTypePolicy(identifier)
    try:
        return DTypePolicy(dtypes.standardize(identifier))
    except DTypeError:
        raise ArgumentError(
            "Cannot interpret `dtype` argument. Expected a string or an instance of DTypePolicy. "
            f"Received: dtype={identifier}"
        ) from None


def serialize(dtype_policy):
    """The config dict of a policy, as Keras writes it.

    Args:
        dtype_policy: a policy.

    >>> serialize(DTypePolicy("float32"))["class_name"]
    'DTypePolicy'
    """
    name = type(dtype_policy).__name__
    module = "keras" if name in ("DTypePolicy", "FloatDTypePolicy") else "keras.dtype_policies"
    return {"module": module, "class_name": name, "config": dtype_policy.get_config(), "registered_name": None}


def deserialize(config, custom_objects=None):
    """The policy that a config dict describes.

    Args:
        config: a dict that serialize() gave.
        custom_objects: {name: class or function} for names that fastnn does not know, or None.

    Raises ArgumentError where it describes none.

    >>> deserialize(serialize(DTypePolicy("mixed_float16"))).compute_dtype
    'float16'
    """
    cls = {**CLASSES, **(custom_objects or {})}.get(config.get("class_name"))
    if cls is None:
        raise ArgumentError(
            f"Received the config of {config.get('class_name')!r}; expected that of one of {', '.join(CLASSES)}."
        )
    return cls.from_config(config["config"])
