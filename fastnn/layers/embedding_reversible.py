"""ReversibleEmbedding: an Embedding that also projects back onto its vocabulary."""

import math
from typing import Any

import numpy as np

from fastnn import ops
from fastnn.layers.embedding import Embedding
from fastnn.layers.leaf import symbol_like
from fastnn.layers.packing import block_size, dequantized
from fastnn.quantizers.configs import QuantizationConfig
from fastnn.quantizers.int4 import pack_int4, unpack_int4
from fastnn.quantizers.quantizer import AbsMaxQuantizer, abs_max_quantize_grouped_with_zero_point


class ReversibleEmbedding(Embedding):
    """An Embedding that is called with reverse=True to make logits of hidden states (Press and Wolf, 2016).

    Args:
        tie_weights: whether the way back uses the transposed table, else a weight of its own.
        reverse_dtype: dtype of the way back; the layer's own if None.
        logit_soft_cap: a bound c of the logits: tanh(logits / c) * c, or None.

    Input: integers (batch, ...), with reverse=True floats (batch, ..., output_dim).
    Output: (batch, ..., output_dim), with reverse=True (batch, ..., input_dim).
    Weights: embeddings (input_dim, output_dim), without tie_weights also reverse_embeddings (output_dim, input_dim).

    >>> import numpy as np
    >>> layer = ReversibleEmbedding(5, 2)
    >>> layer(layer(np.array([[1, 4]])), reverse=True).shape
    (1, 2, 5)
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        tie_weights: bool = True,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        reverse_dtype: Any = None,
        logit_soft_cap: float | None = None,
        **kwargs: Any,
    ) -> None:
        # Before the base's, which builds a layer that is given its first weights.
        self.tie_weights, self.reverse_dtype, self.logit_soft_cap = tie_weights, reverse_dtype, logit_soft_cap
        super().__init__(
            input_dim,
            output_dim,
            embeddings_initializer=embeddings_initializer,
            embeddings_regularizer=embeddings_regularizer,
            embeddings_constraint=embeddings_constraint,
            mask_zero=mask_zero,
            **kwargs,
        )

    def build(self, input_shape=None):
        super().build(input_shape)
        if not self.tie_weights and not self._is_quantized:
            self.reverse_embeddings = self.add_weight(
                shape=(self.output_dim, self.input_dim),
                initializer=self.embeddings_initializer,
                name="reverse_embeddings",
            )

    def call(self, inputs, reverse=False):
        """Rows of the table, or the logits of hidden states.

        Args:
            inputs: integers (batch, ...); with `reverse` floats (batch, ..., output_dim).
            reverse: whether it is the way back.
        """
        if not reverse:
            return super().call(inputs)
        dtype, scale = self.reverse_dtype or self.compute_dtype, None
        if self.inputs_quantizer is not None:
            inputs, scale = self.inputs_quantizer(inputs)
        logits = ops.matmul(ops.cast(inputs, dtype), ops.cast(self._kernel_back(), dtype))
        logits = logits if scale is None else ops.divide(logits, scale)
        cap = self.logit_soft_cap
        return logits if cap is None else ops.tanh(logits / cap) * cap

    def _kernel_back(self):
        """The weight of the way back, (output_dim, input_dim), as floats."""
        if self.tie_weights:
            return ops.transpose(self.embeddings if self._packing is None else self._weight_in_floats())
        if self._packing is None:
            return self.reverse_embeddings
        x, scale = self.reverse_embeddings, self.reverse_embeddings_scale
        if self._packing.mode == "int8":
            return ops.divide(ops.cast(x, self.compute_dtype), scale)
        x = ops.cast(unpack_int4(x, self.output_dim, axis=0), self.compute_dtype)
        zero = getattr(self, "reverse_embeddings_zero", None)
        return ops.divide(x, scale) if zero is None else dequantized(x, scale, zero, self.g_idx, axis=0)

    # ---- quantization: the weight of the way back has scales of columns ---------------------------------
    def quantized_build(self, shape, mode, config=None):
        """Make the variables of a mode, those of the way back, too.

        Args:
            shape: shape of the weight.
            mode: "int8", "int4", "float8", "gptq" or "awq".
            config: an object of fastnn.quantizers, or None.
        """
        super().quantized_build(shape, mode, config)
        self.inputs_quantizer = QuantizationConfig.activation_quantizer_or_default(config, AbsMaxQuantizer(axis=-1))
        if self.tie_weights:
            return
        block = block_size(self, config) if mode == "int4" else None
        rows = (self.output_dim + 1) // 2 if mode == "int4" else self.output_dim
        scales = (self.input_dim,) if block is None else (math.ceil(self.output_dim / block), self.input_dim)
        made = [("", (rows, self.input_dim), "zeros", "int8"), ("_scale", scales, "ones", None)]
        for what, size, initializer, dtype in made if block is None else [*made, ("_zero", scales, "zeros", None)]:
            name = f"reverse_embeddings{what}"
            setattr(self, name, self.add_weight(size, initializer, dtype, trainable=False, name=name))

    def _quantized_values(self, packing, config):
        values = super()._quantized_values(packing, config)
        if self.tie_weights:
            return values
        back = self.reverse_embeddings.numpy()
        del self.reverse_embeddings
        block = block_size(self, config) if packing.mode == "int4" else None
        if block is not None:
            parts = abs_max_quantize_grouped_with_zero_point(back, block, to_numpy=True)
        else:
            ends = (-8, 7) if packing.mode == "int4" else (-127, 127)
            default = AbsMaxQuantizer(axis=0, value_range=ends)
            whole, scale = QuantizationConfig.weight_quantizer_or_default(config, default)(back, axis=0)
            parts = whole, np.squeeze(scale, 0)
        parts = [np.asarray(part) for part in parts]
        parts[0] = pack_int4(parts[0], axis=0)[0] if packing.mode == "int4" else parts[0]
        return {**values, **dict(zip((f"reverse_embeddings{what}" for what in ("", "_scale", "_zero")), parts))}

    def _names_in_files(self):
        back = [f"reverse_embeddings{what}" for what in ("", "_scale", "_zero")]
        return [*super()._names_in_files(), *(name for name in back if getattr(self, name, None) is not None)]

    def _resolve_mask(self, call, args, kwargs, first):
        return None if call.named(args, kwargs).get("reverse") else super()._resolve_mask(call, args, kwargs, first)

    def compute_output_shape(self, input_shape, reverse=False):
        """The output shape for an input shape.

        Args:
            input_shape: a tuple of ints, None for sizes that vary.
            reverse: whether it is the way back.
        """
        return (*input_shape[:-1], self.input_dim) if reverse else super().compute_output_shape(input_shape)

    def compute_output_spec(self, inputs, reverse=False):
        """Shape and dtype of the output.

        Args:
            inputs: a symbol or KerasTensor.
            reverse: whether it is the way back.
        """
        dtype = self.reverse_dtype if reverse and self.reverse_dtype else self.compute_dtype
        return symbol_like(self.compute_output_shape(inputs.shape, reverse), dtype)

    def get_config(self):
        return {
            **super().get_config(),
            "tie_weights": self.tie_weights,
            "reverse_dtype": self.reverse_dtype,
            "logit_soft_cap": self.logit_soft_cap,
        }
