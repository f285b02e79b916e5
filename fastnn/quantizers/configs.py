"""How a layer is to be quantized: a mode and the quantizers of weights and of inputs."""

from fastnn.core.errors import ArgumentError
from fastnn.dtype_policies import QUANTIZATION_MODES
from fastnn.quantizers.quantizer import AbsMaxQuantizer
from fastnn.saving import identifiers as serial


class QuantizationConfig:
    """Base of the configs: a quantizer of weights and one of activations, or None.

    Args:
        weight_quantizer: the Quantizer of weights; None: the layer's own way.
        activation_quantizer: the Quantizer of inputs; None: they stay floats.

    >>> Int8QuantizationConfig().mode
    'int8'
    """

    def __init__(self, weight_quantizer=None, activation_quantizer=None):
        self.weight_quantizer, self.activation_quantizer = weight_quantizer, activation_quantizer

    @property
    def mode(self):
        """ "int8", "int4" or "float8"; subclasses say."""
        raise NotImplementedError(
            "Subclasses must implement this property. Do not instantiate QuantizationConfig directly."
        )

    def get_config(self):
        """The arguments that make this config again."""
        return {
            "weight_quantizer": serial.serialize(self.weight_quantizer),
            "activation_quantizer": serial.serialize(self.activation_quantizer),
        }

    @classmethod
    def from_config(cls, config):
        """A config from what get_config returned.

        Args:
            config: a dict that get_config returned.
        """
        made = {k: serial.deserialize(v, "quantizers") if k.endswith("quantizer") else v for k, v in config.items()}
        return cls(**made)

    @staticmethod
    def weight_quantizer_or_default(config, default):
        """The quantizer of weights that a config (or None) names, or the default one.

        Args:
            config: a QuantizationConfig or None.
            default: a Quantizer or None.
        """
        return default if config is None or config.weight_quantizer is None else config.weight_quantizer

    @staticmethod
    def activation_quantizer_or_default(config, default):
        """The quantizer of activations of a config (None: they stay floats); the default one without a config.

        Args:
            config: a QuantizationConfig or None.
            default: a Quantizer or None.
        """
        return default if config is None else config.activation_quantizer


def _check_output(config, name):
    found = config.weight_quantizer
    if found is not None and found.output_dtype != "int8":
        raise ArgumentError(
            f"{name} requires a weight_quantizer with output_dtype='int8'. Received: output_dtype={found.output_dtype}"
        )


class Int8QuantizationConfig(QuantizationConfig):
    """Weights in int8, and inputs too unless activation_quantizer is None.

    Args:
        weight_quantizer: the Quantizer of weights, of output_dtype "int8"; None: the layer's own way.
        activation_quantizer: the Quantizer of inputs, an AbsMaxQuantizer unless given; None: they stay floats.

    >>> Int8QuantizationConfig(activation_quantizer=None).get_config()["activation_quantizer"] is None
    True
    """

    mode = "int8"

    def __init__(self, weight_quantizer=None, activation_quantizer="default"):
        activations = AbsMaxQuantizer() if isinstance(activation_quantizer, str) else activation_quantizer
        super().__init__(weight_quantizer, activations)
        _check_output(self, "Int8QuantizationConfig")


class Int4QuantizationConfig(QuantizationConfig):
    """Weights in four bits.

    Args:
        weight_quantizer: the Quantizer of weights, of output_dtype "int8" and value_range (-8, 7); None: the layer's
            own way.
        activation_quantizer: the Quantizer of inputs, with block_size None or -1 only; None or not given: they stay
            floats.
        block_size: int >= 1: rows with one scale; None or -1: one a column.

    Raises ArgumentError for a block_size that does not fit, or quantizers beside blocks.

    >>> Int4QuantizationConfig().block_size
    128
    """

    mode = "int4"

    def __init__(self, weight_quantizer=None, activation_quantizer="default", block_size=128):
        super().__init__(weight_quantizer, None if isinstance(activation_quantizer, str) else activation_quantizer)
        if block_size is not None and block_size != -1 and block_size <= 0:
            raise ArgumentError(
                f"block_size must be None, -1, or a positive integer. Received: block_size={block_size}"
            )
        blocks = block_size is not None and block_size > 0
        if blocks and (self.weight_quantizer is not None or self.activation_quantizer is not None):
            raise ArgumentError(
                "Int4 sub-channel quantization (block_size > 0) does not support custom quantizers. Either set "
                "block_size to None or -1 for per-channel quantization, or remove the custom quantizer arguments. "
                f"Received: block_size={block_size}"
            )
        if weight_quantizer is not None and tuple(weight_quantizer.value_range) != (-8, 7):
            raise ArgumentError(
                "Int4QuantizationConfig requires a weight_quantizer with value_range=(-8, 7). Received: "
                f"value_range={weight_quantizer.value_range}"
            )
        _check_output(self, "Int4QuantizationConfig")
        self.block_size = block_size

    def get_config(self):
        """The arguments that make this config again."""
        return {**super().get_config(), "block_size": self.block_size}


class Float8QuantizationConfig(QuantizationConfig):
    """Training with values rounded to float8.

    >>> Float8QuantizationConfig().mode
    'float8'
    """

    mode = "float8"

    def __init__(self):
        super().__init__(None, None)

    def get_config(self):
        """The arguments that make this config again: none."""
        return {}


_DEFAULTS = {"int8": Int8QuantizationConfig, "int4": Int4QuantizationConfig, "float8": Float8QuantizationConfig}


def validate_and_resolve_config(mode, config):
    """The config that `mode` and `config`, arguments of quantize(), mean together; ArgumentError if they mean none."""
    if isinstance(config, str):
        mode, config = config, None
    if mode is not None and mode not in QUANTIZATION_MODES:
        raise ArgumentError(f"Invalid quantization mode. Expected one of {QUANTIZATION_MODES}. Received: mode={mode}")
    if config is None:
        if mode is None:
            raise ArgumentError("You must provide either `mode` or `config` to `quantize`.")
        if mode not in _DEFAULTS:
            article, name = ("a", "GPTQ") if mode == "gptq" else ("an", "AWQ")
            raise ArgumentError(f"For {name}, you must pass {article} `{name}Config` object in the `config` argument.")
        return _DEFAULTS[mode]()
    if not isinstance(config, QuantizationConfig):
        raise ArgumentError(
            "Argument `config` must be an instance of `QuantizationConfig`. Received: "
            f"config={config} (of type {type(config)})"
        )
    if mode is not None and config.mode != mode:
        raise ArgumentError(f"Contradictory arguments: mode='{mode}' but config.mode='{config.mode}'")
    if config.mode in ("gptq", "awq") and not hasattr(config, "dtype_policy_string"):
        raise ArgumentError(
            f"Mode '{config.mode}' requires a valid `config` argument of type `{config.mode.upper()}Config`. "
            f"Received: {type(config)}"
        )
    return config
