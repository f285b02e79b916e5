"""float8: a layer that rounds its inputs, its weight and the gradients of its outputs to eight bits while it trains.

Scales follow from a history of largest magnitudes.  New scales and histories are the "gradients" of those variables,
which an optimizer takes as their values (overwrite_with_gradient).  Source: Micikevicius et al., FP8 Formats for Deep
Learning, 2022.
"""

from typing import Any

from fastnn import dtype_policies, ops
from fastnn.core.errors import NotSupportedError
from fastnn.graph import current
from fastnn.layers.packing import Packing
from fastnn.quantizers.float8 import FORMATS, compute_float8_amax_history, compute_float8_scale, quantize_and_dequantize

VALUES, GRADIENTS = "float8_e4m3fn", "float8_e5m2"
PARTS = ("inputs", "{}", "outputs_grad")


class Float8(Packing):
    """The weight stays floats, which are trained."""

    mode = "float8"
    variables = ("{}", "bias", *(f"{part}_{what}" for part in PARTS for what in ("scale", "amax_history")))
    keeps_floats = True

    def build(self, layer: Any, shape: Any, config: Any) -> None:
        """Make the scales and histories."""
        default = dtype_policies.QuantizedFloat8DTypePolicy.default_amax_history_length
        length = getattr(layer.dtype_policy, "amax_history_length", default)
        for part in PARTS:
            for what, size, initializer in (("scale", (), "ones"), ("amax_history", (length,), "zeros")):
                name = f"{part}_{what}".format(layer.lora_weight)
                made = layer.add_weight(
                    size, initializer, "float32", name=name, autocast=False, overwrite_with_gradient=True
                )
                setattr(layer, name, made)

    def whole(self, layer: Any) -> Any:
        """The weight itself."""
        return layer._own_weight()

    floats = whole

    def product(self, layer: Any, inputs: Any, product: Any) -> Any:
        """product(inputs, weight), both rounded; gradients that come back are rounded, too."""
        if layer.lora_enabled:
            raise NotSupportedError("Currently, `_float8_call` doesn't support LoRA")
        trace = current()
        training = trace is not None and bool(trace.training)
        rounded = [
            _rounded(x, *self._scale_and_history(layer, part), training, layer.compute_dtype)
            for part, x in zip(PARTS, (inputs, ops.convert_to_tensor(layer._own_weight())))
        ]
        y = product(*rounded)
        if not training:
            return y
        return _rounding_gradients(y, *self._scale_and_history(layer, "outputs_grad"), layer.compute_dtype)

    def bias(self, layer: Any) -> Any:
        """The bias, which float32 layers round to bfloat16."""
        bias = layer.bias
        if bias is None or layer.compute_dtype != "float32":
            return bias
        return ops.cast(ops.cast(bias, "bfloat16"), bias.dtype)

    @staticmethod
    def _scale_and_history(layer: Any, part: str) -> tuple[Any, Any]:
        part = part.format(layer.lora_weight)
        scale, history = getattr(layer, f"{part}_scale"), getattr(layer, f"{part}_amax_history")
        return ops.convert_to_tensor(scale), ops.convert_to_tensor(history)


def _news(x, scale, history, dtype):
    """The scale and the history of the next step."""
    new = compute_float8_scale(ops.max(history, axis=0), scale, FORMATS[dtype][2])
    return new, compute_float8_amax_history(x, history)


def _rounded(x, scale, history, training, dtype):
    """x rounded to float8; its scale and history get their next values as gradients."""
    if not training:
        return quantize_and_dequantize(x, scale, VALUES, dtype)

    @ops.custom_gradient
    def function(x, scale, history):
        news = _news(x, scale, history, VALUES)

        def grad(*upstreams, upstream=None):
            return upstreams[0] if upstream is None else upstream, *news

        return quantize_and_dequantize(x, scale, VALUES, dtype), grad

    return function(x, scale, history)


def _rounding_gradients(y, scale, history, dtype):
    """y; the gradient that comes back is rounded to float8."""

    @ops.custom_gradient
    def function(y, scale, history):
        def grad(*upstreams, upstream=None):
            back = upstreams[0] if upstream is None else upstream
            rounded = quantize_and_dequantize(back, scale, GRADIENTS, dtype)
            return rounded, *_news(back, scale, history, GRADIENTS)

        return y, grad

    return function(y, scale, history)
