"""DTypePolicy: a named pair of dtypes."""

from fastnn.core import config, dtypes
from fastnn.core.errors import ArgumentError, ArgumentTypeError, DTypeError

_MIXED = {"mixed_float16": ("float16", "float32"), "mixed_bfloat16": ("bfloat16", "float32")}


def dtypes_of(name):
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

    Raises ArgumentError for a name that is no float dtype's and no policy's.

    >>> policy = DTypePolicy("mixed_float16")
    >>> policy.compute_dtype, policy.variable_dtype
    ('float16', 'float32')
    """

    def __init__(self, name=None):
        name = dtype_policy().name if name is None else name
        self._compute_dtype, self._variable_dtype = dtypes_of(name)
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


def dtype_policy():
    """The policy of layers that are given none: what set_dtype_policy() set, else that of the default float type.

    >>> dtype_policy().name
    'float32'
    """
    return config.dtype_policy() or DTypePolicy(config.floatx())
