"""Other ways to call a layer: with other values of its variables, and with arguments for the layers inside."""

import contextlib
import functools
from typing import Any

from fastnn.core import hooks
from fastnn.core.errors import CallOrderError, NotBuiltError, ShapeError
from fastnn.graph.active import current
from fastnn.graph.calls import Unhashed, event, wanted
from fastnn.graph.stateless import StatelessScope


class CallingMixin:
    """stateless_call and call-context arguments of a Layer."""

    built: bool
    losses: Any
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
            key = "stateless_call", hooks.call("serial", self), return_losses
            with contextlib.suppress(Unhashed):
                return event(key, call, (list(trainable_variables), list(non_trainable_variables), *args), kwargs)
        with StatelessScope(pairs, collect_losses=return_losses):
            outputs = self(*args, **kwargs)  # type: ignore[operator]
            losses = self.losses if return_losses else None
            after = [v.value for v in self.non_trainable_variables]
        return (outputs, after, losses) if return_losses else (outputs, after)

    def _register_call_context_args(self, *names):
        """Take arguments of these names at a call and hand them to the layers inside that have registered them too."""
        if self._called:
            raise CallOrderError("Cannot add call-context args after the layer has been called.")
        self._passes = (*self._passes, *names)

    @property
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
