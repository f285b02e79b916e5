"""int8: a layer's large weight in one byte a number, beside a scale for each slice of it."""

import re
import warnings

import numpy as np

from fastnn import dtype_policies, ops
from fastnn.core.errors import ArgumentError, NotSupportedError
from fastnn.graph import current
from fastnn.layers.lora import LowRank
from fastnn.layers.tracking import structure_changed
from fastnn.quantizers.configs import QuantizationConfig, validate_and_resolve_config
from fastnn.quantizers.quantizer import AbsMaxQuantizer


class Quantized(LowRank):
    """Base of layers whose large weight can be quantized."""

    #: The axes of the weight with one scale, and those of the inputs that it meets.
    _quantized_axes: tuple[int, ...] = (0,)
    _input_axes: tuple[int, ...] = (-1,)
    _squeezes_scale = True
    inputs_quantizer = None

    def _is_quantized_by_policy(self):
        return self.dtype_policy.quantization_mode == "int8"

    def _own_weight(self):
        return getattr(self, f"_{self.lora_weight}")

    def _scale(self):
        return getattr(self, f"{self.lora_weight}_scale")

    def _build_quantized(self, shape, config=None):
        """Make the weight and its scale, as a layer with a quantized policy has them."""
        mode = self.dtype_policy.quantization_mode
        if mode != "int8":
            raise _not_built(self, mode)
        axes = {axis % len(shape) for axis in self._quantized_axes}
        slices = [d if i not in axes else 1 for i, d in enumerate(shape)]
        if self._squeezes_scale:
            slices = [d for i, d in enumerate(shape) if i not in axes]
        name = self.lora_weight
        setattr(self, name, self.add_weight(shape, "zeros", "int8", trainable=False, name=name))
        scale = self.add_weight(tuple(slices), "ones", trainable=False, name=f"{name}_scale")
        setattr(self, f"{name}_scale", scale)
        self.inputs_quantizer = QuantizationConfig.activation_quantizer_or_default(config, AbsMaxQuantizer())
        self.quantization_config = config

    def quantize(self, mode=None, type_check=True, config=None):
        """Keep the weight as int8, and calculate with it and with inputs that are quantized on the way in.

        mode: "int8".  type_check: refuse subclasses, which may use the weight otherwise.  config: an
        Int8QuantizationConfig or None; without an activation quantizer inputs stay floats.  LoRA's change goes into
        the weight.  Raises NotImplementedError for a subclass, ArgumentError for a layer that is not built or
        quantized already, NotSupportedError for other modes.
        """
        if type_check and not type(self).__module__.startswith("fastnn."):
            raise NotImplementedError(f"Layer {type(self).__name__} does not have a `quantize()` method implemented.")
        if not self.built:
            raise ArgumentError(
                f"Cannot quantize a layer that isn't yet built. Layer '{self.name}' (of type "
                f"'{type(self).__name__}') is not built yet."
            )
        if self.dtype_policy.quantization_mode is not None:
            raise ArgumentError(
                f"Layer '{self.name}' is already quantized with dtype_policy='{self.dtype_policy.name}'. "
                f"Received: mode={mode}"
            )
        found = validate_and_resolve_config(mode, config)
        if found.mode != "int8":
            raise _not_built(self, found.mode)
        policy = dtype_policies.QuantizedDTypePolicy(found.mode, self.dtype_policy.name)
        name, own = self.lora_weight, self._own_weight()
        value = own.numpy() if not self.lora_enabled else np.asarray(ops.add(own, self._lora_change(own.dtype)))
        quantizer = QuantizationConfig.weight_quantizer_or_default(found, AbsMaxQuantizer(axis=self._quantized_axes))
        packed, scale = (np.asarray(part) for part in quantizer(value, axis=self._quantized_axes))
        if self.lora_enabled:
            for part in "ab":
                delattr(self, f"lora_{name}_{part}")
            self.lora_enabled, self.lora_rank, self.lora_alpha = False, None, None
        delattr(self, f"_{name}")
        self.dtype_policy = policy
        self._build_quantized(packed.shape, found)
        self._own_weight().assign(packed)
        self._scale().assign(scale.reshape(self._scale().shape))
        structure_changed()

    def _product(self, inputs, product, wide_scale):
        """product(inputs, weight) / scales: of whole numbers where inputs are quantized.

        product: a linear function of both; wide_scale: the weight's scale as an operand of it.
        """
        dtype, weight = self.compute_dtype, self._own_weight()
        floats = ops.divide(ops.cast(weight, dtype), wide_scale)
        if self.inputs_quantizer is None:
            return product(inputs, floats)
        packed, scale = self.inputs_quantizer(inputs, axis=self._input_axes)
        whole = ops.cast(product(ops.cast(packed, "int32"), ops.cast(weight, "int32")), dtype)
        result = ops.divide(whole, product(ops.cast(scale, dtype), ops.cast(wide_scale, dtype)))
        if current() is None or not current().training:
            return result
        smooth = product(inputs, floats)  # gradients are those of the floats that the integers stand for
        return ops.add(smooth, ops.stop_gradient(ops.subtract(result, smooth)))

    def _plain_variables(self):
        if not self._is_quantized_by_policy():
            return super()._plain_variables()
        mine = [self._own_weight(), getattr(self, "bias", None), self._scale()]
        return [v for v in mine if v is not None]

    @property
    def writes_itself(self):
        """Whether files hold other arrays than its variables in their order."""
        return self.lora_enabled or self._is_quantized_by_policy()


def quantize_layers(model, mode=None, config=None, filters=None, type_check=True):
    """quantize() of every layer of a model that has it: see Model.quantize."""
    if not (filters is None or isinstance(filters, (str, list, tuple)) or callable(filters)):
        raise ArgumentError(
            "The `filters` argument must be a regex string, a list of regex strings, or a callable. Received: "
            f"{type(filters)}"
        )
    found = validate_and_resolve_config(mode, config)
    patterns = [filters] if isinstance(filters, str) else filters
    for layer in model._flatten_layers():
        if not isinstance(layer, Quantized) or (callable(filters) and not filters(layer)):
            continue
        if patterns is None or callable(filters) or any(re.search(p, layer.name) for p in patterns):
            if found.mode != "int8":
                raise _not_built(layer, found.mode)
            try:
                layer.quantize(found.mode, type_check=type_check, config=found)
            except NotImplementedError as error:
                warnings.warn(str(error), stacklevel=4)


def _not_built(layer, mode):
    return NotSupportedError(
        f"Layer '{layer.name}' ({type(layer).__name__}): quantization mode {mode!r} is not built in fastnn. Expected "
        "'int8': weights of one byte for inference."
    )
