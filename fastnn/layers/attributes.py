"""Attributes of a Layer: what is tracked when it is set, its path and dtypes, the shape of its input."""

from __future__ import annotations

from typing import Any

from fastnn import dtype_policies
from fastnn.layers.tracking import Tracker, structure_changed

# attributes that hold no state, or state that is another's
_UNTRACKED = frozenset(("_tracker", "_inbound_nodes", "_losses", "_loss_functions", "_functional", "input_spec",
                        "_build_shapes", "_initial_weights", "_batch_input_shape", "_init_arguments", "_first_made",
                        "history", "stop_training", "stop_evaluating", "stop_predicting"))  # fmt: skip


class AttributesMixin:
    """Attributes of a Layer."""

    _tracker: Tracker
    _path: str | None
    dtype_policy: Any

    def _take_input_shape(self, kwargs):
        """The ways in which Keras 1 and 2 gave the first layer its input shape."""
        shape, batch = kwargs.pop("input_shape", None), kwargs.pop("batch_size", None)
        full = kwargs.pop("batch_input_shape", None) or kwargs.pop("batch_shape", None)
        dim, length = kwargs.pop("input_dim", None), kwargs.pop("input_length", None)
        if dim is not None:
            shape = (dim,) if length is None else (length, dim)
        elif length is not None and shape is None and full is None:
            shape = (length,)
        if shape is not None:
            full = (batch, *((shape,) if hasattr(shape, "__index__") else shape))
        self._batch_input_shape = None if full is None else tuple(full)
        self._input_dtype = kwargs.pop("input_dtype", None)
        self._initial_weights = kwargs.pop("weights", None)

    def __setattr__(self, name, value):
        tracker = self.__dict__.get("_tracker")
        if name == "dtype_policy":
            value = dtype_policies.get(value)
        elif tracker is not None and name not in _UNTRACKED:
            old = self.__dict__.get(name)
            if (
                old is not None
                and old is not value
                and tracker.home(old) is not None
                and not any(v is old for k, v in self.__dict__.items() if k != name)
            ):
                tracker.replace(old, value)
            value = tracker.track(value)
            if name[0] != "_" and name != "built" and self.__dict__.get("built"):
                structure_changed(own=type(self).__module__.startswith("fastnn."))
        object.__setattr__(self, name, value)

    def __getstate__(self):
        """What copies and pickles have: a copy has not been called on symbols."""
        return {**self.__dict__, "_inbound_nodes": []}

    def __delattr__(self, name):
        value = self.__dict__.get(name)
        object.__delattr__(self, name)
        if value is not None:
            self._tracker.untrack(value)

    @property
    def path(self) -> str | None:
        """Names of the layers around it and its own, joined by "/"; None until it is built."""
        return self._path

    @property
    def dtype(self) -> str:
        """The dtype of its weights."""
        return self.dtype_policy.variable_dtype

    variable_dtype = dtype

    @property
    def _dtype_policy(self) -> Any:
        return self.dtype_policy

    @_dtype_policy.setter
    def _dtype_policy(self, policy: Any) -> None:
        self.dtype_policy = policy

    @property
    def compute_dtype(self) -> str:
        """The dtype it computes in."""
        return self.dtype_policy.compute_dtype

    @property
    def quantization_mode(self) -> str | None:
        """How its weights are quantized ("int8"), or None."""
        return self.dtype_policy.quantization_mode

    @property
    def input_dtype(self) -> str:
        """The dtype float inputs are converted to."""
        return self.compute_dtype
