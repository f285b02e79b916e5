"""Configs of the modes that look at data: GPTQ and AWQ."""

from typing import Any

from fastnn.core.errors import ArgumentError
from fastnn.quantizers.configs import QuantizationConfig


class CalibratedConfig(QuantizationConfig):
    """Base: a data set of texts or tokens, how much of it is looked at, and which layers follow each other."""

    _arguments: tuple[str, ...] = ()
    weight_bits: int
    group_size: int
    num_samples: int
    sequence_length: int

    def __init__(self, dataset: Any, tokenizer: Any, structure: Any, **settings: Any) -> None:
        super().__init__()
        for name in ("num_samples", "sequence_length", "num_grid_points"):
            if settings.get(name, 1) <= 0:
                raise ArgumentError(f"{name} must be a positive integer. Received: {name}={settings[name]}")
        size = settings["group_size"]
        if size < -1 or size == 0:
            raise ArgumentError(
                f"Invalid group_size. Supported values are -1 ({self._whole}) or a positive integer, but got {size}."
            )
        self.dataset, self.tokenizer, self.quantization_layer_structure = dataset, tokenizer, structure
        for name, value in settings.items():
            setattr(self, name, value)
        self._arguments = tuple(settings)

    _whole = "per-channel"

    def dtype_policy_string(self) -> str:
        """The mode with its numbers, as the names of policies have it."""
        return f"{self.mode}/{self.weight_bits}/{self.group_size}"

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this config again, without the data: a model has been calibrated when it is saved."""
        return {
            "dataset": None,
            "tokenizer": None,
            **{name: getattr(self, name) for name in self._arguments},
            "quantization_layer_structure": self.quantization_layer_structure,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A config from what get_config returned.

        Args:
            config: a dict that get_config returned.
        """
        return cls(**config)


class GPTQConfig(CalibratedConfig):
    """Weights of 2, 3, 4 or 8 bits, each column of which makes good the errors of those before it.

    Args:
        dataset: texts, or arrays of tokens, to calibrate with.
        tokenizer: an object whose `tokenize(text)` gives tokens.
        weight_bits: 2, 3, 4 or 8.
        num_samples, sequence_length: how much of the data is looked at.
        per_channel: whether each output has a scale.
        group_size: inputs with one scale, -1: all.
        hessian_damping: in [0, 1], of the mean added to the Hessian's diagonal.
        symmetric: whether zero lies in the middle.
        activation_order: take the inputs of large values first.
        quantization_layer_structure: {"pre_block_layers": [...], "sequential_blocks": [...]}, or the model's method
            get_quantization_layer_structure says it.

    Raises ArgumentError for numbers outside of these.  Source: Frantar et al., GPTQ, 2022, arXiv:2210.17323.

    >>> GPTQConfig(None, None).dtype_policy_string()
    'gptq/4/128'
    """

    mode, _whole = "gptq", "whole-tensor"
    per_channel: bool
    hessian_damping: float
    symmetric: bool
    activation_order: bool

    def __init__(
        self,
        dataset: Any,
        tokenizer: Any,
        *,
        weight_bits: int = 4,
        num_samples: int = 128,
        per_channel: bool = True,
        sequence_length: int = 512,
        hessian_damping: float = 0.01,
        group_size: int = 128,
        symmetric: bool = False,
        activation_order: bool = False,
        quantization_layer_structure: Any = None,
    ) -> None:
        if weight_bits not in (2, 3, 4, 8):
            raise ArgumentError(f"Unsupported weight_bits {weight_bits}. Supported values are 2, 3, 4, and 8.")
        if not 0 <= hessian_damping <= 1:
            raise ArgumentError(f"hessian_damping must be between 0 and 1. Received: {hessian_damping}")
        super().__init__(
            dataset,
            tokenizer,
            quantization_layer_structure,
            weight_bits=weight_bits,
            num_samples=num_samples,
            per_channel=per_channel,
            sequence_length=sequence_length,
            hessian_damping=hessian_damping,
            group_size=group_size,
            symmetric=symmetric,
            activation_order=activation_order,
        )


class AWQConfig(CalibratedConfig):
    """Weights of 4 bits, scaled before so that those which meet large inputs lose least.

    Args:
        dataset, tokenizer, num_samples, sequence_length, group_size, quantization_layer_structure: as of GPTQConfig.
        weight_bits: 4.
        num_grid_points: how many powers of the inputs' sizes are tried as scales.

    Raises ArgumentError for numbers outside of these.  Source: Lin et al., AWQ, 2023, arXiv:2306.00978.

    >>> AWQConfig(None, None, group_size=-1).dtype_policy_string()
    'awq/4/-1'
    """

    mode = "awq"
    num_grid_points: int

    def __init__(
        self,
        dataset: Any,
        tokenizer: Any,
        *,
        weight_bits: int = 4,
        num_samples: int = 128,
        sequence_length: int = 512,
        group_size: int = 128,
        num_grid_points: int = 20,
        quantization_layer_structure: Any = None,
    ) -> None:
        if weight_bits != 4:
            raise ArgumentError(f"AWQ only supports 4-bit quantization. Received weight_bits={weight_bits}.")
        super().__init__(
            dataset,
            tokenizer,
            quantization_layer_structure,
            weight_bits=weight_bits,
            num_samples=num_samples,
            sequence_length=sequence_length,
            group_size=group_size,
            num_grid_points=num_grid_points,
        )
