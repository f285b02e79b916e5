"""Dtype policies: which type a layer keeps its weights in and which it computes in.

In `float16` and `bfloat16` values are stored, and rounded after each operation; what an operation calculates with is
float32.  Quantized policies name how a layer's weights are packed.
"""

import re
from collections.abc import MutableMapping

from fastnn.core import config, dtypes
from fastnn.core.errors import ArgumentError, ArgumentTypeError, DTypeError

QUANTIZATION_MODES = ("int8", "float8", "int4", "gptq", "awq")
_MIXED = {"mixed_float16": ("float16", "float32"), "mixed_bfloat16": ("bfloat16", "float32")}


def _parse(name):
    """(compute dtype, variable dtype) of a policy's name."""
    if not isinstance(name, str):
        raise ArgumentTypeError(
            f"'name' must be a string, such as 'mixed_float16'. Received: name={name} (of type {type(name)})"
        )
    if name in _MIXED:
        return _MIXED[name]
    try:
        return (dtypes.standardize(name),) * 2
    except DTypeError:
        raise ArgumentError(
            f"Cannot convert '{name}' to a mixed precision DTypePolicy. Valid policies include 'mixed_float16', "
            "'mixed_bfloat16', and the name of any float dtype such as 'float32'."
        ) from None


class DTypePolicy:
    """A named pair of dtypes: of a layer's weights and of its computations.

    Args:
        name: a dtype's name; "mixed_float16" or "mixed_bfloat16": weights in float32, computations in the other; None
            is the default policy.

    >>> policy = DTypePolicy("mixed_float16")
    >>> policy.compute_dtype, policy.variable_dtype
    ('float16', 'float32')
    """

    def __init__(self, name=None):
        name = dtype_policy().name if name is None else name
        self._compute_dtype, self._variable_dtype = _parse(name)
        self._name, self._quantization_mode = name, None

    @property
    def name(self):
        """The policy's name."""
        return self._name

    @property
    def compute_dtype(self):
        """The dtype of computations."""
        return self._compute_dtype

    @property
    def variable_dtype(self):
        """The dtype of weights."""
        return self._variable_dtype

    @property
    def quantization_mode(self):
        """ "int8", "float8", "int4", "gptq" or "awq" of a quantized policy, else None."""
        return self._quantization_mode

    def convert_input(self, x, autocast, dtype):
        """x (array, symbol or variable) as `dtype` where it holds floats and autocast is true; else x as it is.

        Args:
            x: an array, symbol or variable.
            autocast: whether it is converted.
            dtype: dtype name.
        """
        name = dtypes.standardize(dtype)
        if not hasattr(x, "dtype") or not autocast:
            return x
        own = dtypes.standardize(x.dtype)
        return x.astype(name) if dtypes.is_float(own) and own != name else x

    def get_config(self):
        """The constructor's arguments as a dict."""
        return {"name": self.name}

    @classmethod
    def from_config(cls, config):
        """A policy with the arguments that get_config() gave.

        Args:
            config: dict of the constructor's arguments.
        """
        return cls(**config)

    def _facts(self):
        """What two policies of one kind must share to be equal."""
        return (self._name,)

    def __eq__(self, other):
        plain = (DTypePolicy, FloatDTypePolicy)
        same = type(other) in plain if type(self) in plain else type(other) is type(self)
        return same and self._facts() == other._facts()

    def __hash__(self):
        return hash(self._facts())

    def __repr__(self):
        kind = "DTypePolicy" if type(self) is FloatDTypePolicy else type(self).__name__
        return f'<{kind} "{self.name}">'


class FloatDTypePolicy(DTypePolicy):
    """Another name of DTypePolicy.

    Args:
        name: a dtype's name, "mixed_float16" or "mixed_bfloat16"; None is the default policy.

    >>> FloatDTypePolicy("float32").compute_dtype
    'float32'
    """


class QuantizedDTypePolicy(DTypePolicy):
    """A policy of a layer with quantized weights.

    Args:
        mode: "int8", "float8", "int4", "gptq" or "awq".
        source_name: name of the policy before it was quantized; None: the default one.

    >>> QuantizedDTypePolicy("int8", "mixed_bfloat16").name
    'int8_from_mixed_bfloat16'
    """

    def __init__(self, mode, source_name=None):
        source_name = dtype_policy().name if source_name is None else source_name
        self._compute_dtype, self._variable_dtype = _parse(source_name)
        if mode not in QUANTIZATION_MODES:
            raise ArgumentError(
                f"Invalid quantization mode. Expected one of {QUANTIZATION_MODES}. Received: mode={mode}"
            )
        if (self._compute_dtype, mode) == ("float16", "int8"):
            raise ArgumentError(f"Quantization mode='{mode}' doesn't work well with compute_dtype='float16'.")
        self._name, self._source_name, self._quantization_mode = f"{mode}_from_{source_name}", source_name, mode

    def _facts(self):
        return tuple(self.get_config().items())

    def get_config(self):
        """The constructor's arguments as a dict."""
        return {"mode": self._quantization_mode, "source_name": self._source_name}


class QuantizedFloat8DTypePolicy(QuantizedDTypePolicy):
    """A policy of float8 with the number of past maxima that its scales are computed from.

    Args:
        mode: "float8".
        source_name: name of the policy before it was quantized; None: the default one.
        amax_history_length: int >= 1.

    >>> QuantizedFloat8DTypePolicy("float8", "float32").amax_history_length
    1024
    """

    default_amax_history_length = 1024

    def __init__(self, mode, source_name=None, amax_history_length=1024):
        super().__init__(mode, source_name)
        if not isinstance(amax_history_length, int):
            raise ArgumentTypeError(
                f"`amax_history_length` must be an integer. Received: amax_history_length={amax_history_length}"
            )
        self._amax_history_length = amax_history_length

    @property
    def amax_history_length(self):
        """How many past maxima are kept."""
        return self._amax_history_length

    def get_config(self):
        """The constructor's arguments as a dict."""
        return {**super().get_config(), "amax_history_length": self._amax_history_length}


class _Sized(QuantizedDTypePolicy):
    """Policies whose mode holds numbers: "gptq/4/128"."""

    #: The word of the mode; for each number after it: the attribute, whether it fits, and what error messages say.
    _base, _numbers, _format = "", (), ""

    def __init__(self, mode, source_name=None):
        cls = type(self).__name__
        parts = mode.split("/")
        if len(parts) != 1 + len(self._numbers) or parts[0] != self._base:
            raise ArgumentError(f"Invalid mode for {cls}. Expected format '{self._format}', but got '{mode}'.")
        try:
            values = [int(part) for part in parts[1:]]
        except ValueError:
            words = " and ".join(f"<{name}>" for name, _, _ in self._numbers)
            must = "must be integers" if len(self._numbers) > 1 else "must be an integer"
            raise ArgumentError(
                f"Invalid mode for {cls}. {words} {must}. Expected format '{self._format}', but got '{mode}'."
            ) from None
        for value, (name, fits, words) in zip(values, self._numbers):
            if not fits(value):
                raise ArgumentError(f"Invalid {name} in mode. {words}, but got {value} from '{mode}'.")
        super().__init__(self._base, source_name)
        self._name, self.mode = f"{mode}_from_{self._source_name}", self._base
        for value, (name, _, _) in zip(values, self._numbers):
            setattr(self, name, value)

    def get_config(self):
        """The constructor's arguments as a dict."""
        numbers = [str(getattr(self, name)) for name, _, _ in self._numbers]
        return {**super().get_config(), "mode": "/".join([self.mode, *numbers])}


def _group(value):
    return value == -1 or value > 0


class Int4DTypePolicy(_Sized):
    """A policy of 4-bit weights in blocks.

    Args:
        mode: "int4/<block_size>", -1: one block a channel.
        source_name: name of the policy before it was quantized; None: the default one.

    >>> Int4DTypePolicy("int4/128", "float32").block_size
    128
    """

    _base, _format = "int4", "int4/<block_size>"
    _numbers = (
        ("block_size", _group, "Supported values are -1 (per-channel) or a positive integer (sub-channel)"),
    )  # fmt: skip


class GPTQDTypePolicy(_Sized):
    """A policy of weights quantized by GPTQ.

    Args:
        mode: "gptq/<weight_bits>/<group_size>".
        source_name: name of the policy before it was quantized; None: the default one.

    >>> GPTQDTypePolicy("gptq/4/128", "float32").weight_bits
    4
    """

    _base, _format = "gptq", "gptq/<weight_bits>/<group_size>"
    _numbers = (
        ("weight_bits", lambda bits: bits in (2, 3, 4, 8), "Supported values are 2, 3, 4, and 8"),
        ("group_size", _group, "Supported values are -1 (whole-tensor) or a positive integer"),
    )


class AWQDTypePolicy(_Sized):
    """A policy of weights quantized by AWQ.

    Args:
        mode: "awq/4/<group_size>".
        source_name: name of the policy before it was quantized; None: the default one.

    >>> AWQDTypePolicy("awq/4/128", "float32").group_size
    128
    """

    _base, _format = "awq", "awq/<weight_bits>/<group_size>"
    _numbers = (
        ("weight_bits", lambda bits: bits == 4, "AWQ only supports 4-bit quantization"),
        ("group_size", _group, "Supported values are -1 (per-channel) or a positive integer"),
    )


class DTypePolicyMap(DTypePolicy, MutableMapping):
    """Policies under paths of layers, or regular expressions that match whole paths.

    Args:
        default_policy: policy (or name) where nothing matches; None: the default one.
        policy_map: {path or expression: policy or name}, or None.

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


def dtype_policy():
    """The policy of layers that are given none: what set_dtype_policy() set, else that of the default float type."""
    return config.dtype_policy() or DTypePolicy(config.floatx())


def set_dtype_policy(policy):
    """Set the default policy: a name such as "mixed_float16", or a policy.

    "float32" and "float64" also become the default float type.

    Args:
        policy: a name such as "mixed_float16", or a policy.
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
