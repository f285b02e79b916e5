"""EinsumDense: a dense layer whose product is written as an equation."""

import functools
import re
from typing import Any

import numpy as np

from fastnn import activations, constraints, initializers, ops, regularizers
from fastnn.core.errors import ArgumentError
from fastnn.layers.dense import weight_config
from fastnn.layers.lora import adapted
from fastnn.layers.quantized import Quantized


class EinsumDense(Quantized):
    """activation(einsum(equation, x, kernel) + bias).

    Args:
        equation: "input,kernel->output", e.g. "ab,bc->ac"; "..." may stand for more axes, at the start of input and
            output or at their end.
        output_shape: shape of the output without its batch axis; an int for one axis, None where the input says it.
        activation: what is applied to the result: a name ("relu"), a function of an array, or None.
        bias_axes: the output axes that the bias has, e.g. "c"; None for no bias.
        gptq_unpacked_column_size: as Keras writes it; the shapes of the layer say it.

    Weights: kernel, bias (one size per axis of bias_axes, 1 for later axes).

    Raises ArgumentError for an equation or axes that do not fit.

    >>> import numpy as np
    >>> EinsumDense("abc,cd->abd", output_shape=(None, 4), bias_axes="d")(np.ones((2, 3, 5), "float32")).shape
    (2, 3, 4)
    """

    def __init__(
        self,
        equation: Any,
        output_shape: Any,
        activation: Any = None,
        bias_axes: Any = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        gptq_unpacked_column_size: int | None = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.equation, self.bias_axes = equation, bias_axes
        self.partial_output_shape = (output_shape,) if hasattr(output_shape, "__index__") else tuple(output_shape)
        self.activation = activations.get(activation)
        self.kernel_initializer, self.bias_initializer = map(initializers.get, (kernel_initializer, bias_initializer))
        self.kernel_regularizer, self.bias_regularizer = map(regularizers.get, (kernel_regularizer, bias_regularizer))
        self.kernel_constraint, self.bias_constraint = map(constraints.get, (kernel_constraint, bias_constraint))
        self._take_lora(lora_rank, lora_alpha)
        self._take_quantization(quantization_config)
        self.kernel = None
        found = re.fullmatch(
            r"(\.{3})?([a-zA-Z]+)(\.{3})?,([a-zA-Z]+)->(\.{3})?([a-zA-Z]+)(\.{3})?", equation.replace(" ", "")
        )
        if found is None or found[1] != found[5] or found[3] != found[7] or (found[1] and found[3]):
            raise ArgumentError(
                f"Invalid einsum equation '{equation}'. Equations must be in the form [X],[Y]->[Z], "
                "...[X],[Y]->...[Z], or [X]...,[Y]->[Z]...."
            )
        self._parts = found[2], found[4], found[6], "left" if found[1] else "right" if found[3] else ""

    kernel = adapted("kernel")
    _name_of_zero = "zero_point"

    # ---- a scale has the axes of the output, as Keras keeps it ------------------------------------------
    def _shape_of_scale(self, shape):
        _, kernel, right, _ = self._parts
        sizes = dict(zip(kernel, shape))
        return (*(sizes.get(a, 1) for a in right), *(1,) * self._trailing)

    def _scale_as_kept(self, scale):
        _, kernel, right, _ = self._parts
        there = [a for a in kernel if a in right]
        return np.transpose(np.squeeze(scale, self._quantized_axes), [there.index(a) for a in right if a in kernel])

    def _scale_of_weight(self, scale, shape):
        _, kernel, right, _ = self._parts
        there = [a for a in right if a in kernel]
        order = [there.index(a) for a in kernel if a in right]
        scale = ops.transpose(ops.reshape(scale, [shape[kernel.index(a)] for a in there]), order)
        return ops.reshape(scale, [d if a in right else 1 for a, d in zip(kernel, shape)])

    def _sizes(self, input_shape):
        """({axis: size}, full output shape)."""
        left, kernel, right, open_ = self._parts
        more = len(input_shape) - len(left)
        if more < 0 or (more and not open_):
            raise ArgumentError(
                f"EinsumDense: the equation '{self.equation}' does not fit an input of shape {tuple(input_shape)}."
            )
        lead, named, trail = (
            (input_shape[:more], input_shape[more:], ())
            if open_ == "left"
            else ((), input_shape[: len(left)], input_shape[len(left) :])
        )
        sizes = dict(zip(left, named))
        asked = (
            (None, *self.partial_output_shape)[: len(right)]
            if open_ == "right"
            else (*(None,) * (len(right) - len(self.partial_output_shape)), *self.partial_output_shape[-len(right) :])
        )
        for axis, size in zip(right, asked):
            if size is not None:
                if sizes.get(axis) not in (None, size):
                    raise ArgumentError(
                        f"Input shape and output shape do not match at shared dimension '{axis}'. "
                        f"Input shape is {sizes[axis]}, and output shape is {size}."
                    )
                sizes[axis] = size
        for axis in kernel:
            if sizes.get(axis) is None:
                raise ArgumentError(
                    f"Weight dimension '{axis}' did not have a match in either "
                    f"the input spec '{left}' or the output spec '{right}'. "
                    "For this layer, the weight must be fully specified."
                )
        return sizes, (*lead, *(sizes.get(a) for a in right), *trail)

    def build(self, input_shape):
        sizes, _ = self._sizes(input_shape)
        left, kernel, right, open_ = self._parts
        outer = [i for i, a in enumerate(kernel) if a in right]
        inner = [i for i, a in enumerate(kernel) if a not in right]
        shape = tuple(sizes[a] for a in kernel)
        self._quantized_axes = tuple(inner)
        met = [i for i, a in enumerate(left) if a in kernel and a not in right]
        self._input_axes = tuple(met) if open_ == "right" else tuple(i - len(left) for i in met)
        self._trailing = len(input_shape) - len(left) if open_ == "right" else 0
        if self._build_by_policy(shape):
            self.kernel = self.add_weight(
                name="kernel",
                shape=shape,
                initializer=initializers.for_axes(self.kernel_initializer, inner, outer),
                regularizer=self.kernel_regularizer,
                constraint=self.kernel_constraint,
            )
        self.bias = None
        if self.bias_axes:
            unknown = set(self.bias_axes) - set(right)
            if unknown:
                raise ArgumentError(
                    f"Bias dimension '{sorted(unknown)[0]}' was requested, but is not part of the output spec '{right}'"
                )
            shape = tuple(
                sizes[a] if a in self.bias_axes else 1 for a in right[min(map(right.index, self.bias_axes)) :]
            )
            shape += (1,) * (len(input_shape) - len(left) if open_ == "right" else 0)
            self.bias = self.add_weight(
                name="bias",
                shape=shape,
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        self._lora_if_asked()

    def call(self, inputs):
        left, kernel, right, open_ = self._parts
        free = [c for c in "zyxwvutsrqponmlkjihgfedcba" if c not in left + kernel + right]
        more = "".join(free[: len(inputs.shape) - len(left)])
        lead, trail = (more, "") if open_ == "left" else ("", more)
        equation = f"{lead}{left}{trail},{kernel}->{lead}{right}{trail}"
        packing = self._packing
        if packing is None:
            x = ops.einsum(equation, inputs, self.kernel)
            return self.activation(x if self.bias is None else x + self.bias)
        product = functools.partial(ops.einsum, equation)
        x = packing.product(self, inputs, product)
        if self.lora_enabled:
            thin, wide = self._lora_parts
            x = ops.add(x, self._lora_times(ops.matmul(product(inputs, thin), wide), x.dtype))
        bias = packing.bias(self)
        return self.activation(x if bias is None else x + bias)

    def compute_output_shape(self, input_shape):
        return self._sizes(input_shape)[1]

    def get_config(self):
        return {
            **super().get_config(),
            "output_shape": self.partial_output_shape,
            "equation": self.equation,
            "activation": activations.serialize(self.activation),
            "bias_axes": self.bias_axes,
            **weight_config(self, ("kernel", "bias")),
            **self._quantization_config(),
            **self._lora_config(),
        }
