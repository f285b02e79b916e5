"""Weights that were rounded with a look at data (GPTQ, AWQ): the packing, and the calibration of blocks of layers."""

import contextlib
import math
from typing import Any

import numpy as np

from fastnn import dtype_policies, ops
from fastnn.core.errors import ArgumentError, ArgumentTypeError, NotSupportedError
from fastnn.layers.layer import Layer
from fastnn.layers.packing import Packing, dequantized
from fastnn.layers.tracking import structure_changed
from fastnn.quantizers.calibrated import CalibratedConfig
from fastnn.quantizers.calibration import WAYS
from fastnn.quantizers.int4 import pack_int4, unpack_int4


class Calibrated(Packing):
    """Whole numbers of outputs and inputs, a scale and a zero for each group of an output's inputs.

    Until it has been calibrated, a layer calculates with its weight of floats.
    """

    waits_for_data = True

    def __init__(self, mode: str, policy: Any, more: tuple[str, ...]) -> None:
        self.mode, self.policy_class = mode, policy
        self.flag = f"is_{mode}_calibrated"
        self.variables = ("bias", "quantized_{}", "{}_scale", "{}_zero", *more, "g_idx")

    def policy(self, layer: Any, config: Any) -> str:
        """The mode in the name of a quantized layer's policy."""
        return config.dtype_policy_string()

    def build(self, layer: Any, shape: Any, config: Any) -> None:
        """Make the variables."""
        layer.__dict__[self.flag] = False
        rows, columns = rows_and_columns(layer, shape)
        bits, group = self._numbers(layer, config)
        groups = 1 if group == -1 else math.ceil(rows / group)
        name = layer.lora_weight
        made = [
            (f"quantized_{name}", name, ((columns + 1) // 2 if bits == 4 else columns, rows), "zeros", "uint8"),
            (f"{name}_scale", f"{name}_scale", (columns, groups), "ones", None),
            (f"{name}_zero", layer._name_of_zero, (columns, groups), "zeros", "uint8"),
            *(("awq_scales", "awq_scales", (rows,), "ones", None) for _ in range("awq_scales" in self.variables)),
            ("g_idx", "g_idx", (rows,), "zeros", "float32"),
        ]
        for attribute, own, size, initializer, dtype in made:
            setattr(layer, attribute, layer.add_weight(size, initializer, dtype, trainable=False, name=own))

    def _numbers(self, layer, config):
        """(bits, size of groups), as the config or the policy of the layer says."""
        policy = layer.dtype_policy
        known = config if isinstance(config, CalibratedConfig) else policy
        if known is policy and not isinstance(policy, self.policy_class):
            raise ArgumentError(
                f"For {self.mode.upper()} quantization, the weight_bits and the group_size must be specified either "
                f"through a `dtype_policy` of type `{self.policy_class.__name__}` or the `config` argument."
            )
        return known.weight_bits, known.group_size

    def is_ready(self, layer: Any) -> bool:
        """Whether the layer has been calibrated."""
        return layer.__dict__[self.flag]

    def fill(self, layer: Any, found: dict[str, Any]) -> None:
        """Take what a calibration has found; the weight of floats goes."""
        name, whole = layer.lora_weight, found.pop("whole").astype(np.uint8)
        if self._numbers(layer, layer.quantization_config)[0] == 4:
            whole = pack_int4(whole, axis=0, dtype="uint8")[0]
        getattr(layer, f"quantized_{name}").assign(whole)
        for what, value in found.items():
            getattr(layer, what if hasattr(layer, what) else f"{name}_{what}").assign(value)
        delattr(layer, f"_{name}")
        self.loaded(layer)

    def loaded(self, layer: Any) -> None:
        """What files hold has been calibrated."""
        layer.__dict__[self.flag] = True
        structure_changed()

    def whole(self, layer: Any) -> Any:
        """The whole numbers, (outputs, inputs); before calibration the weight."""
        if not self.is_ready(layer):
            return layer._own_weight()
        packed = getattr(layer, f"quantized_{layer.lora_weight}")
        columns = rows_and_columns(layer, layer._weight_shape)[1]
        if self._numbers(layer, layer.quantization_config)[0] == 4:
            return unpack_int4(packed, columns, axis=0, dtype="uint8")
        return packed

    def floats(self, layer: Any) -> Any:
        """The weight that the numbers stand for, in the dtype that the layer computes in."""
        if not self.is_ready(layer):
            return layer._own_weight()
        name = layer.lora_weight
        scale, zero = getattr(layer, f"{name}_scale"), getattr(layer, f"{name}_zero")
        matrix = ops.transpose(dequantized(self.whole(layer), scale, zero, layer.g_idx))
        if "awq_scales" in self.variables:
            matrix = ops.divide(matrix, ops.expand_dims(layer.awq_scales, -1))
        return ops.cast(ops.reshape(matrix, layer._weight_shape), layer.compute_dtype)


GPTQ_PACKING = Calibrated("gptq", dtype_policies.GPTQDTypePolicy, ())
AWQ_PACKING = Calibrated("awq", dtype_policies.AWQDTypePolicy, ("awq_scales",))


def rows_and_columns(layer: Any, shape: Any) -> tuple[int, int]:
    """(inputs, outputs) of a weight; of three axes the longest tells which are inputs, as in Keras."""
    if len(shape) == 2:
        return tuple(shape)
    if len(shape) != 3:
        raise NotSupportedError(
            f"Layer '{layer.name}': GPTQ and AWQ take weights of two or three axes. Received: shape={tuple(shape)}"
        )
    first = shape.index(max(shape)) == 0
    return (shape[0], shape[1] * shape[2]) if first else (shape[0] * shape[1], shape[2])


# ---- calibration -----------------------------------------------------------------------------------------
def samples(config: CalibratedConfig) -> Any:
    """Token sequences (num_samples, 1, sequence_length) from a config's data set, repeated where it is short."""
    data, length, count = config.dataset, config.sequence_length, config.num_samples
    if not hasattr(data, "__iter__") or isinstance(data, (str, bytes)):
        raise ArgumentTypeError(
            "The `dataset` argument must be an iterable (e.g., a list of strings, a generator, or a NumPy array). Got "
            f"type: {type(data).__name__}. Please pass the loaded dataset directly."
        )
    pieces = [config.tokenizer.tokenize(part) if isinstance(part, str) else part for part in data]
    if not pieces:
        raise ArgumentError("Provided dataset is empty.")
    tokens = np.concatenate([np.asarray(piece).reshape(-1) for piece in pieces]).astype(np.int32)
    tokens = np.resize(tokens, max(tokens.size, count * length))
    last = tokens.size - length
    starts = np.arange(count) * max(1, (last + 1) // count) % (last + 1)
    return np.stack([tokens[start : start + length] for start in starts])[:, None]


def check_calibration(model: Any, config: CalibratedConfig) -> dict[str, Any]:
    """The structure that layers are calibrated in; ArgumentError where it, or data, are missing."""
    mode = config.mode
    structure = config.quantization_layer_structure
    structure = model.get_quantization_layer_structure(mode) if structure is None else structure
    if structure is None:
        raise ArgumentError(
            f"For mode='{mode}', a valid quantization structure must be provided either via "
            "`config.quantization_layer_structure` or by overriding `model.get_quantization_layer_structure(mode)`. "
            "The structure should be a dictionary with keys 'pre_block_layers' and 'sequential_blocks'."
        )
    if config.dataset is None or config.tokenizer is None:
        raise ArgumentError(
            f"{mode.upper()} quantization requires a dataset and a tokenizer. Please provide them in the "
            f"`{type(config).__name__}`."
        )
    if not structure.get("sequential_blocks"):
        raise ArgumentError("No sequential blocks found in the provided structure to quantize.")
    return structure


def calibrate(config: CalibratedConfig, structure: dict[str, Any], tokens: Any, wanted: Any) -> None:
    """Calibrate block after block: each on what those before it, calibrated, give."""
    inputs = []
    for batch in tokens:
        for layer in structure.get("pre_block_layers", ()):
            batch = layer(batch)
        inputs.append(np.asarray(batch))
    for block in structure["sequential_blocks"]:
        inputs = [x[None] if x.ndim == 2 else x for x in inputs]
        watched = {
            layer: way_of(layer, config)
            for layer in block._flatten_layers()
            if isinstance(getattr(layer, "_packing", None), Calibrated) and wanted(layer)
        }
        with _watched(watched):
            for x in inputs:
                Layer.__call__(block, x)  # layer by layer, on arrays
        for layer, way in watched.items():
            finish(layer, way)
        inputs = [np.asarray(block(x))[0] for x in inputs]


def way_of(layer: Any, config: CalibratedConfig) -> Any:
    """What sees the inputs of a layer, and then calibrates it."""
    return WAYS[config.mode](rows_and_columns(layer, layer._weight_shape)[0], config)


def finish(layer: Any, way: Any) -> None:
    """Calibrate a layer with what was seen."""
    matrix = layer._own_weight().numpy().astype(np.float32).reshape(rows_and_columns(layer, layer._weight_shape))
    layer._packing.fill(layer, way.values(matrix.T))


@contextlib.contextmanager
def _watched(layers):
    """Inside, what layers are called on is seen."""

    def watching(layer, way, call):
        def seen(inputs, *args, **kwargs):
            way.see(np.asarray(inputs, np.float32).reshape(-1, rows_and_columns(layer, layer._weight_shape)[0]))
            return call(inputs, *args, **kwargs)

        return seen

    try:
        for layer, way in layers.items():
            layer.__dict__["call"] = watching(layer, way, layer.call)
        yield
    finally:
        for layer in layers:
            layer.__dict__.pop("call", None)
