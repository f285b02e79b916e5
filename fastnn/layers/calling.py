"""Other ways to call a layer: with other values of its variables, with arguments for the layers inside, quantized."""

import contextlib
import functools
from collections.abc import Callable
from typing import Any

from fastnn.core import hooks
from fastnn.core.errors import ArgumentError, CallOrderError, NotBuiltError, NotSupportedError, ShapeError
from fastnn.core.settable import settable
from fastnn.dtype_policies import QUANTIZATION_MODES
from fastnn.graph.active import current
from fastnn.graph.calls import Unhashed, event, wanted
from fastnn.graph.stateless import StatelessScope
from fastnn.layers import remat


class CallingMixin:
    """stateless_call, call-context arguments and what there is to quantization of a Layer."""

    built: bool
    name: str
    losses: Any
    call: Callable[..., Any]
    dtype_policy: Any
    _remat: Any
    non_trainable_variables: Any
    _called: Any
    _passes: tuple[str, ...] = ()  # names of call-context arguments besides `training`

    def stateless_call(
        self,
        trainable_variables: Any,
        non_trainable_variables: Any,
        *args: Any,
        return_losses: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Call it with other values of its variables, which stay as they are.

        Args:
            trainable_variables, non_trainable_variables: values in the order of the attributes of these names.
            *args, **kwargs: what the layer is called with.
            return_losses: whether `losses` comes third.

        Returns (outputs, values of the non-trainable variables after the call[, losses]).

        Raises NotBuiltError before there are variables, ShapeError for values that do not fit.
        """
        if not self.built:
            raise NotBuiltError(
                f"To call stateless_call, {type(self).__name__} must be built (i.e. its variables must have been "
                "already created). You can build it by calling it on some data."
            )
        pairs = []
        for name, values in (("trainable", trainable_variables), ("non_trainable", non_trainable_variables)):
            own, values = getattr(self, f"{name}_variables"), list(values)
            if len(own) != len(values):
                raise ShapeError(
                    f"Argument `{name}_variables` must be a list of tensors corresponding 1:1 to "
                    f"{type(self).__name__}().{name}_variables. Received list with length {len(values)}, but expected "
                    f"{len(own)} variables."
                )
            pairs += zip(own, values)
        if current() is None and wanted((trainable_variables, non_trainable_variables, *args), kwargs):
            call = functools.partial(self.stateless_call, return_losses=return_losses)
            key = "stateless_call", hooks.call("serial", self), return_losses, hooks.call("structure_version")
            with contextlib.suppress(Unhashed):
                return event(key, call, (list(trainable_variables), list(non_trainable_variables), *args), kwargs)
        with StatelessScope(pairs, collect_losses=return_losses):
            outputs = self(*args, **kwargs)  # type: ignore[operator]
            losses = self.losses if return_losses else None
            after = [v.value for v in self.non_trainable_variables]
        return (outputs, after, losses) if return_losses else (outputs, after)

    def rematerialized_call(self, layer_call: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[..., Any]:
        """layer_call, the function of a layer, with its results rematerialized where the layer's RematScope says so.

        Args:
            layer_call: the function.
            *args, **kwargs: what it is called with.
        """
        again = self._remat is not None and self._remat.applies(self.name)
        return remat.remat(layer_call) if again else layer_call

    # ---- quantization: Dense, EinsumDense and embeddings have it ----------------------------------------
    def quantize(self, mode: Any = None, type_check: bool = True, config: Any = None) -> None:
        """Keep its weights in fewer bits: Dense, EinsumDense, Embedding and ReversibleEmbedding can.

        Args:
            mode: "int8", "int4", "float8", "gptq" or "awq".
            type_check: refuse subclasses, which may use the weight otherwise.
            config: an object of fastnn.quantizers in the mode's place.

        Raises NotImplementedError for layers that have no way to, ArgumentError before the layer is built.
        """
        mode = getattr(config, "mode", config if isinstance(config, str) else mode)
        if mode is not None and mode not in QUANTIZATION_MODES:
            raise ArgumentError(
                f"Invalid quantization mode. Expected one of {QUANTIZATION_MODES}. Received: mode={mode}"
            )
        if not self.built:
            raise ArgumentError(
                f"Cannot quantize a layer that isn't yet built. Layer '{self.name}' (of type "
                f"'{type(self).__name__}') is not built yet."
            )
        raise NotSupportedError(f"Layer {type(self).__name__} does not have a `quantize` method implemented.")

    def quantized_build(self, input_shape: Any, mode: Any) -> None:
        """Make the variables of a mode of quantization.

        Args:
            input_shape: shape of the inputs, or of the weight.
            mode: as of `quantize`.

        Raises NotImplementedError for layers that have no way to.
        """
        raise NotSupportedError(f"Layer {type(self).__name__} does not have a `quantized_build` method implemented.")

    def quantized_call(self, *args: Any, **kwargs: Any) -> Any:
        """`call`, of a layer that has been quantized; NotImplementedError for others.

        Args:
            *args, **kwargs: what `call` takes.
        """
        if self.dtype_policy.quantization_mode is None:
            raise NotSupportedError(
                f"Invalid quantization mode. Expected one of {QUANTIZATION_MODES}. Received: quantization_mode=None"
            )
        return self.call(*args, **kwargs)

    def _register_call_context_args(self, *names):
        """Take arguments of these names at a call and hand them to the layers inside that have registered them too."""
        if self._called:
            raise CallOrderError("Cannot add call-context args after the layer has been called.")
        self._passes = (*self._passes, *names)

    @settable
    def _call_context_args(self):
        return {"training", *self._passes}

    def _take_passed(self, call, kwargs, outer):
        """{name: value} of the registered arguments: of this call, else of one around; what `call` takes stays."""
        found = {}
        for name in self._passes:
            value = kwargs.pop(name, None)
            value = outer.passed.get(name) if value is None and outer is not None else value
            if value is not None:
                found[name] = value
                if call.takes(name):
                    kwargs[name] = value
        return found
