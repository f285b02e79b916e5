"""How the large weight of a quantized layer is kept: whole numbers of eight or four bits beside their scales.

A packing has no state: variables are the layer's, under Keras's names.  `last`: whether scales belong to slices along
the last axis of the weight (a table's rows), not along its first ones.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from fastnn import ops
from fastnn.graph import current
from fastnn.ops.functions.indexing import rows_of
from fastnn.quantizers.configs import Int4QuantizationConfig, QuantizationConfig
from fastnn.quantizers.int4 import pack_int4, unpack_int4
from fastnn.quantizers.quantizer import AbsMaxQuantizer, abs_max_quantize_grouped_with_zero_point


class Packing:
    """Base: what modes share.  variables: the names of a layer's variables in files, "{}" stands for the weight's."""

    mode = ""
    variables: tuple[str, ...] = ("{}", "bias", "{}_scale", "{}_zero", "g_idx")
    keeps_floats = False  # whether the weight itself stays
    waits_for_data = False  # whether it stays until a calibration
    floats: Callable[[Any], Any]  # of a layer: the weight that the numbers stand for
    of_quantized: Callable[..., Any]  # of a layer, quantized inputs, their scale, floats, product

    def loaded(self, layer: Any) -> None:
        """Files have given a layer its variables."""

    def policy(self, layer: Any, config: Any) -> str:
        """The mode in the name of a quantized layer's policy."""
        return self.mode

    def names(self, layer: Any) -> list[str]:
        """The attributes of a layer's variables, in the order of files."""
        return [name.format(layer.lora_weight) for name in self.variables]

    def whole(self, layer: Any) -> Any:
        """The whole numbers, in the shape of the weight."""
        return layer._own_weight()

    def product(self, layer: Any, inputs: Any, product: Any) -> Any:
        """product(inputs, weight), a function linear in both."""
        floats = self.floats(layer)
        if layer.inputs_quantizer is None:
            return product(inputs, floats)
        result = self.of_quantized(layer, *layer.inputs_quantizer(inputs, axis=layer._input_axes), floats, product)
        trace = current()
        if trace is None or not trace.training:
            return result
        smooth = product(inputs, floats)  # gradients are those of the floats that the integers stand for
        return ops.add(smooth, ops.stop_gradient(ops.subtract(result, smooth)))

    def bias(self, layer: Any) -> Any:
        """The bias, as it is added."""
        return layer.bias


class Int8(Packing):
    """A byte for each number, a scale for each slice."""

    mode = "int8"
    variables = ("{}", "bias", "{}_scale")

    def build(self, layer: Any, shape: Any, config: Any) -> None:
        """Make the variables."""
        layer.inputs_quantizer = QuantizationConfig.activation_quantizer_or_default(config, AbsMaxQuantizer())
        name = layer.lora_weight
        setattr(layer, name, layer.add_weight(shape, "zeros", "int8", trainable=False, name=name))
        _own(layer, "{}_scale", layer._shape_of_scale(shape), "ones")

    def values(self, layer: Any, floats: Any, config: Any) -> dict[str, Any]:
        """What the variables hold for a weight of floats, by their names."""
        axes = layer._quantized_axes
        quantizer = QuantizationConfig.weight_quantizer_or_default(config, AbsMaxQuantizer(axis=axes))
        packed, scale = (np.asarray(part) for part in quantizer(floats, axis=axes))
        return {"{}": packed, "{}_scale": np.reshape(layer._scale_as_kept(scale), layer._shape_of_scale(floats.shape))}

    def floats(self, layer: Any) -> Any:
        """The weight that the numbers stand for, in the dtype that the layer computes in."""
        return ops.divide(ops.cast(layer._own_weight(), layer.compute_dtype), self._wide_scale(layer))

    def _wide_scale(self, layer):
        """The scale, with an axis for each of the weight's."""
        return layer._scale_of_weight(layer._scale(), layer._weight_shape)

    def of_quantized(self, layer: Any, inputs: Any, scale: Any, floats: Any, product: Any) -> Any:
        """product(inputs / scale, weight), of whole numbers."""
        dtype = layer.compute_dtype
        whole = product(ops.cast(inputs, "int32"), ops.cast(layer._own_weight(), "int32"))
        scales = product(ops.cast(scale, dtype), ops.cast(self._wide_scale(layer), dtype))
        return ops.divide(ops.cast(whole, dtype), scales)

    def rows(self, layer: Any, indices: Any) -> Any:
        """Rows of a table, as floats."""
        scale = rows_of(ops.expand_dims(layer._scale(), -1), indices)
        return ops.divide(ops.cast(rows_of(layer._own_weight(), indices), layer.compute_dtype), scale)


class Int4(Packing):
    """Two numbers in a byte; one scale for each slice, or scale and zero for each block of it.

    The weight is looked at as a matrix; g_idx says to which block each place along a slice belongs.
    """

    mode = "int4"

    def policy(self, layer: Any, config: Any) -> str:
        """The mode in the name of a quantized layer's policy, with the size of blocks."""
        block = block_size(layer, config)
        return f"int4/{-1 if block is None else block}"

    def build(self, layer: Any, shape: Any, config: Any) -> None:
        """Make the variables."""
        layer.inputs_quantizer = QuantizationConfig.activation_quantizer_or_default(config, None)
        block = block_size(layer, config)
        layer._int4_block_size = getattr(config, "block_size", block)
        (rows, columns), last = layer._as_matrix(shape), layer._scales_of_rows
        layer._int4_shape, layer._orig_input_dim, layer._orig_output_dim = (rows, columns), rows, columns
        name = layer.lora_weight
        packed = rows, (columns + 1) // 2
        setattr(layer, name, layer.add_weight(packed, "zeros", "int8", trainable=False, name=name))
        slices, along = (rows, columns) if last else (columns, rows)
        if block is None:
            _own(layer, "{}_scale", (slices,), "ones")
            return
        count = math.ceil(along / block)
        scales = (slices, count) if last else (count, slices)
        _own(layer, "{}_scale", scales, "ones")
        _own(layer, "{}_zero", scales, "zeros", "int8")
        _own(layer, "g_idx", (along,), "zeros", "float32")
        layer.g_idx.assign(np.arange(along) // block)

    def values(self, layer: Any, floats: Any, config: Any) -> dict[str, Any]:
        """What the variables hold for a weight of floats, by their names."""
        block, last = block_size(layer, config), layer._scales_of_rows
        matrix = np.reshape(np.asarray(floats), layer._as_matrix(floats.shape))
        if block is not None:
            turned = matrix.T if last else matrix
            parts = abs_max_quantize_grouped_with_zero_point(turned, block, to_numpy=True)
            whole, scale, zero = (np.asarray(part).T if last else np.asarray(part) for part in parts)
            return {"{}": pack_int4(whole, axis=-1)[0], "{}_scale": scale, "{}_zero": zero}
        axis = -1 if last else 0
        default = AbsMaxQuantizer(axis=axis, value_range=(-8, 7))
        quantizer = QuantizationConfig.weight_quantizer_or_default(config, default)
        whole, scale = (np.asarray(part) for part in quantizer(matrix, axis=axis))
        return {"{}": pack_int4(whole, axis=-1)[0], "{}_scale": np.squeeze(scale, axis)}

    def whole(self, layer: Any) -> Any:
        """The whole numbers, in the shape of the weight."""
        return ops.reshape(unpack_int4(layer._own_weight(), layer._int4_shape[1], axis=-1), layer._weight_shape)

    def of_quantized(self, layer: Any, inputs: Any, scale: Any, floats: Any, product: Any) -> Any:
        """product(inputs / scale, weight)."""
        dtype = layer.compute_dtype
        axes = {axis % len(layer._weight_shape) for axis in layer._quantized_axes}
        ones = ops.ones([1 if i in axes else d for i, d in enumerate(layer._weight_shape)], dtype)
        return ops.divide(product(ops.cast(inputs, dtype), floats), product(ops.cast(scale, dtype), ones))

    def floats(self, layer: Any) -> Any:
        """The weight that the numbers stand for, in the dtype that the layer computes in."""
        scale, zero = layer._scale(), getattr(layer, f"{layer.lora_weight}_zero", None)
        return ops.reshape(self._decoded(layer, layer._own_weight(), scale, zero), layer._weight_shape)

    def _decoded(self, layer, packed, scale, zero):
        dtype, axis = layer.compute_dtype, -1 if layer._scales_of_rows else 0
        x = ops.cast(unpack_int4(packed, layer._int4_shape[1], axis=-1), dtype)
        if zero is None:
            return ops.divide(x, ops.expand_dims(scale, axis))
        return ops.cast(dequantized(x, scale, zero, layer.g_idx, axis), dtype)

    def rows(self, layer: Any, indices: Any) -> Any:
        """Rows of a table, as floats."""
        packed = rows_of(layer._own_weight(), indices)
        name = layer.lora_weight
        scale, zero = layer._scale(), getattr(layer, f"{name}_zero", None)
        if zero is None:
            return self._decoded(layer, packed, rows_of(ops.expand_dims(scale, -1), indices)[..., 0], None)
        return self._decoded(layer, packed, rows_of(scale, indices), rows_of(zero, indices))


def dequantized(whole: Any, scale: Any, zero: Any, g_idx: Any, axis: int = -1) -> Any:
    """(whole - zero) scale, both taken along `axis` at g_idx, the number of the block of each place."""
    blocks = ops.cast(g_idx, "int32")
    scale, zero = ops.take(scale, blocks, axis=axis), ops.take(zero, blocks, axis=axis)
    return ops.multiply(ops.subtract(ops.cast(whole, scale.dtype), ops.cast(zero, scale.dtype)), scale)


def block_size(layer: Any, config: Any = None) -> int | None:
    """How many numbers have one scale in int4, None: all of a slice; a config says it, else the layer's policy."""
    if isinstance(config, Int4QuantizationConfig):
        size = config.block_size
    else:
        size = getattr(layer.dtype_policy, "block_size", None)
    return None if size == -1 else size


def _own(layer, name, shape, initializer, dtype=None):
    """A variable that is not trained, under its name."""
    name = name.format(layer.lora_weight)
    setattr(layer, name, layer.add_weight(shape, initializer, dtype, trainable=False, name=name))
