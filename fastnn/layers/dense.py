"""Dense: the fully connected layer."""

from typing import Any

from fastnn import activations, constraints, initializers, ops, regularizers
from fastnn.core.arguments import whole
from fastnn.core.errors import ArgumentError
from fastnn.layers.input_spec import InputSpec
from fastnn.layers.lora import adapted
from fastnn.layers.quantized import Quantized


class Dense(Quantized):
    """activation(x @ kernel + bias), along the last axis.

    Args:
        units: number of outputs, an int >= 1.
        activation: what is applied to the result: a name ("relu"), a function of an array, or None.
        use_bias: whether a bias is added, one number per unit.
        kernel_initializer, bias_initializer: first values of the weights: an Initializer, its name, or a function
            (shape, dtype).
        kernel_regularizer, bias_regularizer, activity_regularizer: penalties on the weights and on the output, added to
            the loss: a Regularizer, its name, or None.
        kernel_constraint, bias_constraint: what the weights become after each update: a Constraint, its name, or None.
        lora_rank, lora_alpha: int and float: train the kernel through LoRA of this rank from the start (see
            enable_lora); None: train the kernel itself.
        quantization_config: an object of fastnn.quantizers that says how a layer whose dtype names a mode of
            quantization is built; None: as the mode has it.

    Input: (batch, ..., features).  Output: (batch, ..., units).
    Weights: kernel (features, units), bias (units,).

    >>> import numpy as np
    >>> Dense(2, kernel_initializer="ones")(np.ones((1, 3), "float32"))
    array([[3., 3.]], dtype=float32)
    """

    supports_masking = True
    kernel = adapted("kernel")

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        if (whole(units) or 0) < 1:
            raise ArgumentError(
                f"Received an invalid value for `units`, expected a positive integer. Received: units={units!r}"
            )
        self.units, self.activation, self.use_bias = int(units), activations.get(activation), use_bias
        self.kernel_initializer, self.bias_initializer = map(initializers.get, (kernel_initializer, bias_initializer))
        self.kernel_regularizer, self.bias_regularizer = map(regularizers.get, (kernel_regularizer, bias_regularizer))
        self.kernel_constraint, self.bias_constraint = map(constraints.get, (kernel_constraint, bias_constraint))
        self._take_lora(lora_rank, lora_alpha)
        self._take_quantization(quantization_config)
        self.input_spec = InputSpec(min_ndim=2)
        self.kernel = None

    def build(self, input_shape):
        features = input_shape[-1]
        if features is None:
            raise ArgumentError(
                f"Dense layer '{self.name}': the last dimension of the input must be known. "
                f"Received: input_shape={tuple(input_shape)}"
            )
        if self._build_by_policy((features, self.units)):
            self.kernel = self.add_weight(
                shape=(features, self.units),
                initializer=self.kernel_initializer,
                name="kernel",
                regularizer=self.kernel_regularizer,
                constraint=self.kernel_constraint,
            )
        self.bias = (
            self.add_weight(
                shape=(self.units,),
                initializer=self.bias_initializer,
                name="bias",
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
            if self.use_bias
            else None
        )
        self.input_spec = InputSpec(min_ndim=2, axes={-1: features})
        self._lora_if_asked()

    def call(self, inputs, training=None):
        packing = self._packing
        x = ops.matmul(inputs, self._kernel) if packing is None else packing.product(self, inputs, ops.matmul)
        if self.lora_enabled:
            thin, wide = self._lora_parts
            x = ops.add(x, self._lora_times(ops.matmul(ops.matmul(inputs, thin), wide), x.dtype))
        bias = self.bias if packing is None else packing.bias(self)
        if bias is not None:
            x = ops.add(x, bias)
        return x if self.activation is None else self.activation(x)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            **weight_config(self, ("kernel", "bias"), activity=False),
            **self._quantization_config(),
            **self._lora_config(),
        }


def weight_config(layer, names, activity=True):
    """The initializer, regularizer and constraint entries of a config, for weights of the given names."""
    out = {f"{n}_initializer": initializers.serialize(getattr(layer, f"{n}_initializer")) for n in names}
    out.update({f"{n}_regularizer": regularizers.serialize(getattr(layer, f"{n}_regularizer")) for n in names})
    if activity:
        out["activity_regularizer"] = regularizers.serialize(layer.activity_regularizer)
    out.update({f"{n}_constraint": constraints.serialize(getattr(layer, f"{n}_constraint")) for n in names})
    return out
