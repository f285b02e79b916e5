"""Policies of layers whose weights are quantized."""

from fastnn.core.errors import ArgumentError, ArgumentTypeError
from fastnn.dtype_policies.policy import DTypePolicy, dtype_policy, dtypes_of

QUANTIZATION_MODES = ("int8", "float8", "int4", "gptq", "awq")


class QuantizedDTypePolicy(DTypePolicy):
    """A policy of a layer with quantized weights.

    Args:
        mode: "int8", "float8", "int4", "gptq" or "awq".
        source_name: name of the policy before it was quantized; None: the default one.

    Raises ArgumentError for another mode, or a source that is no policy's name.

    >>> QuantizedDTypePolicy("int8", "mixed_bfloat16").name
    'int8_from_mixed_bfloat16'
    """

    def __init__(self, mode, source_name=None):
        source_name = dtype_policy().name if source_name is None else source_name
        self._compute_dtype, self._variable_dtype = dtypes_of(source_name)
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

    Raises ArgumentError for another mode, ArgumentTypeError for a length that is no int.

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

    Raises ArgumentError for a mode that is not written so, or numbers that do not fit.

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

    Raises ArgumentError for a mode that is not written so, or numbers that do not fit.

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

    Raises ArgumentError for a mode that is not written so, or numbers that do not fit.

    >>> AWQDTypePolicy("awq/4/128", "float32").group_size
    128
    """

    _base, _format = "awq", "awq/<weight_bits>/<group_size>"
    _numbers = (
        ("weight_bits", lambda bits: bits == 4, "AWQ only supports 4-bit quantization"),
        ("group_size", _group, "Supported values are -1 (per-channel) or a positive integer"),
    )
