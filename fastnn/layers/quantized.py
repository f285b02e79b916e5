"""Layers whose large weight can be quantized: the modes, and what they share with each other."""

import math
import re
import warnings

import numpy as np

from fastnn import dtype_policies, ops
from fastnn.core.errors import ArgumentError, NotSupportedError
from fastnn.layers.calibrated import AWQ_PACKING, GPTQ_PACKING, calibrate, check_calibration, samples
from fastnn.layers.float8 import Float8
from fastnn.layers.layer import Layer
from fastnn.layers.lora import LowRank
from fastnn.layers.packing import Int4, Int8
from fastnn.layers.tracking import structure_changed
from fastnn.quantizers.configs import Int4QuantizationConfig, validate_and_resolve_config
from fastnn.saving import identifiers as serial

PACKINGS = {packing.mode: packing for packing in (Int8(), Int4(), Float8(), GPTQ_PACKING, AWQ_PACKING)}


class Quantized(LowRank):
    """Base of layers whose large weight can be quantized.

    Args:
        quantization_config: an object of fastnn.quantizers that says how a layer whose dtype names a mode of
            quantization ("int8_from_float32") is built; None: as the mode has it.
    """

    #: The axes of the weight with one scale, and those of the inputs that it meets; whether scales are those of rows.
    _quantized_axes: tuple[int, ...] = (0,)
    _input_axes: tuple[int, ...] = (-1,)
    _scales_of_rows = False
    _name_of_zero = "kernel_zero"
    _modes: tuple[str, ...] = tuple(PACKINGS)
    inputs_quantizer = quantization_config = _packing = _weight_shape = None

    def _own_weight(self):
        return getattr(self, f"_{self.lora_weight}")

    def _scale(self):
        return getattr(self, f"{self.lora_weight}_scale")

    # ---- how scales lie: Dense and tables keep one number a slice ---------------------------------------
    def _as_matrix(self, shape):
        """(rows, columns) of a weight: the axes with one scale, then the others."""
        axes = {axis % len(shape) for axis in self._quantized_axes}
        if self._scales_of_rows:
            return math.prod(d for i, d in enumerate(shape) if i not in axes), math.prod(shape[a] for a in axes)
        return math.prod(shape[a] for a in axes), math.prod(d for i, d in enumerate(shape) if i not in axes)

    def _shape_of_scale(self, shape):
        axes = {axis % len(shape) for axis in self._quantized_axes}
        return tuple(d for i, d in enumerate(shape) if i not in axes)

    def _scale_as_kept(self, scale):
        return np.squeeze(scale, self._quantized_axes)

    def _scale_of_weight(self, scale, shape):
        return ops.expand_dims(scale, self._quantized_axes)

    # ---- building and quantizing ------------------------------------------------------------------------
    @property
    def _is_quantized(self):
        return self._packing is not None

    def quantized_build(self, shape, mode, config=None):
        """Make the variables of a mode for a weight of a shape, and calculate with them from now on.

        Args:
            shape: shape of the weight.
            mode: "int8", "int4", "float8", "gptq" or "awq".
            config: an object of fastnn.quantizers, or None.
        """
        packing = PACKINGS.get(mode) if mode in self._modes else None
        if packing is None:
            raise NotSupportedError(
                f"Invalid quantization mode. Expected one of {self._modes}. Received: quantization_mode={mode}"
            )
        self._packing, self._weight_shape = packing, tuple(shape)
        packing.build(self, self._weight_shape, config)

    def _build_by_policy(self, shape):
        """Make the variables that the policy asks for; whether a weight of floats is still to be made."""
        mode = self.quantization_mode
        if mode:
            self.quantized_build(shape, mode, self.quantization_config)
        return self._packing is None or self._packing.keeps_floats

    def quantize(self, mode=None, type_check=True, config=None):
        """Keep the large weight in fewer bits, or round it on its way into products (float8).

        Args:
            mode: "int8", "int4" or "float8"; with "gptq" and "awq" the layer waits for Model.quantize to calibrate it.
            type_check: refuse subclasses, which may use the weight otherwise.
            config: an object of fastnn.quantizers in the mode's place.

        Raises NotImplementedError for a subclass, ArgumentError for a layer that is not built or quantized already.
        """
        found = validate_and_resolve_config(mode, config)
        if not self.built:
            raise ArgumentError(
                f"Cannot quantize a layer that isn't yet built. Layer '{self.name}' (of type "
                f"'{type(self).__name__}') is not built yet."
            )
        if self._is_quantized:
            raise ArgumentError(
                f"Layer '{self.name}' is already quantized with dtype_policy='{self.dtype_policy.name}'. "
                f"Received: mode={mode}"
            )
        if found.mode == "int8" and self.compute_dtype == "float16":
            raise ArgumentError(
                f"Quantization mode='{found.mode}' doesn't work well with compute_dtype='float16'. Consider loading "
                "model/layer with another dtype policy such as 'mixed_bfloat16' or 'mixed_float16' before calling "
                "`quantize()`."
            )
        if type_check and not type(self).__module__.startswith("fastnn."):
            raise NotSupportedError(f"Layer {type(self).__name__} does not have a `quantize` method implemented.")
        if found.mode not in self._modes:
            raise NotSupportedError(
                f"Invalid quantization mode. Expected one of {self._modes}. Received: quantization_mode={found.mode}"
            )
        packing, own, source = PACKINGS[found.mode], self._own_weight(), self.dtype_policy
        numbers = not (packing.keeps_floats or packing.waits_for_data)
        if numbers:
            values = self._quantized_values(packing, found)
            delattr(self, f"_{self.lora_weight}")
        self.quantization_config = found
        self.quantized_build(own.shape, found.mode, found)
        if numbers:
            for name, value in values.items():
                self._variable(name).assign(value)
        if source.quantization_mode is None:
            self.dtype_policy = dtype_policies.get(f"{packing.policy(self, found)}_from_{source.name}")
        structure_changed()

    def _quantized_values(self, packing, config):
        """What the variables of a packing hold for the weights as they are, by their names."""
        return packing.values(self, self._own_weight().numpy(), config)

    def _variable(self, name):
        return self._own_weight() if name == "{}" else getattr(self, name.format(self.lora_weight))

    def __setattr__(self, name, value):
        if name == "dtype_policy" and self.__dict__.get("built") and not self._is_quantized:
            value = dtype_policies.get(value)
            mode = value.quantization_mode
            if mode is not None and PACKINGS[mode].waits_for_data:
                way = mode.upper()
                raise ArgumentError(
                    f"Implicitly enabling {way} quantization by setting `dtype_policy` to '{value.name}' is not "
                    f"supported. {way} requires a calibration dataset and a `{way}Config` object. Please use the "
                    f"`.quantize('{mode}', config=...)` method on the layer or model instead."
                )
            if mode is not None and self.dtype_policy.quantization_mode is None:
                super().__setattr__(name, value)
                sized = isinstance(value, dtype_policies.Int4DTypePolicy)
                self.quantize(
                    config=Int4QuantizationConfig(block_size=value.block_size) if sized else value.quantization_mode
                )
                return
        super().__setattr__(name, value)

    def _take_quantization(self, config):
        """Keep the argument `quantization_config`: a config object, or what a layer's get_config() has for it."""
        self.quantization_config = serial.deserialize(config, "quantizers") if isinstance(config, dict) else config

    def _quantization_config(self):
        """The entry of a config."""
        found = self.quantization_config
        return {"quantization_config": None if found is None else serial.serialize(found)}

    # ---- values and files -------------------------------------------------------------------------------
    def _plain_weight(self):
        """The weight as it is shown: what it is made of, without LoRA."""
        return self._own_weight() if self._packing is None else self._packing.whole(self)

    def _weight_in_floats(self):
        return self._own_weight() if self._packing is None else self._packing.floats(self)

    def _names_in_files(self):
        """The attributes of its variables, in the order of files."""
        names = [n for n in self._packing.names(self) if getattr(self, n, None) is not None]
        return [n if n != self.lora_weight else f"_{n}" for n in names]

    def _plain_variables(self):
        if self._packing is None:
            return super()._plain_variables()
        return [getattr(self, name) for name in self._names_in_files()]

    def _stored(self):
        """{variable: value} of those that files hold otherwise: LoRA's change goes into the numbers."""
        if self._packing is None or self._packing.keeps_floats or not self.lora_enabled:
            return super()._stored()
        floats = np.asarray(ops.add(self._weight_in_floats(), self._lora_change(self.compute_dtype)))
        values = self._packing.values(self, floats, None)
        return {id(self._variable(name)): value for name, value in values.items()}

    def load_own_variables(self, store):
        """Set its weights.

        Args:
            store: a dict-like: {"0": array, ...}.
        """
        super().load_own_variables(store)
        if self._packing is not None:
            self._packing.loaded(self)

    def enable_lora(self, rank, lora_alpha=None, a_initializer="he_uniform", b_initializer="zeros"):
        if self._packing is not None and self._packing.waits_for_data:
            raise NotImplementedError(
                f"lora is not currently supported with {self._packing.mode.upper()} quantization."
            )
        super().enable_lora(rank, lora_alpha, a_initializer, b_initializer)

    enable_lora.__doc__ = LowRank.enable_lora.__doc__

    @property
    def writes_itself(self):
        """Whether files hold other arrays than its variables in their order."""
        return self.lora_enabled or self._is_quantized


def quantize_layers(model, mode=None, config=None, filters=None, type_check=True):
    """quantize() of every layer of a model that has it: see Model.quantize."""
    if not (filters is None or isinstance(filters, (str, list, tuple)) or callable(filters)):
        raise ArgumentError(
            "The `filters` argument must be a regex string, a list of regex strings, or a callable. Received: "
            f"{type(filters)}"
        )
    found = validate_and_resolve_config(mode, config)
    patterns = [filters] if isinstance(filters, str) else filters

    def wanted(layer):
        if callable(filters):
            return filters(layer)
        return patterns is None or any(re.search(p, layer.name) for p in patterns)

    calibrated = PACKINGS[found.mode].waits_for_data
    if calibrated:
        structure, tokens = check_calibration(model, found), samples(found)
    for layer in model._flatten_layers(include_self=False):
        if type(layer).quantize is not Layer.quantize and not hasattr(layer, "fit") and wanted(layer):
            try:
                layer.quantize(found.mode, type_check=type_check, config=found)
            except NotImplementedError as error:
                warnings.warn(str(error), stacklevel=4)
    if calibrated:
        calibrate(found, structure, tokens, wanted)
