"""What is given to a functional model, put in the structure, ranks and dtypes of its inputs."""

from __future__ import annotations

from typing import Any

from fastnn import ops
from fastnn.core import dtypes
from fastnn.core.errors import ShapeError
from fastnn.core.types import Structure
from fastnn.graph import Symbol
from fastnn.graph.tensor import lifted
from fastnn.layers import context, nest
from fastnn.layers.fixed_input import value_of
from fastnn.layers.host import is_text, text_array
from fastnn.layers.layer import Layer
from fastnn.models.binding import bound, by_position
from fastnn.models.checks import as_input
from fastnn.models.door import AtDoor, Door
from fastnn.models.step_functions import sees_data


def words_of_layers(model: Any, given: dict[str, Any]) -> dict[str, Any]:
    """The arguments that Layer takes; what else a model of a user's own class passes on is its own, as in Keras.

    >>> words_of_layers(object(), {"dtype": "float32", "pooling": "gap"})
    {'dtype': 'float32'}
    """
    if type(model).__module__.startswith("fastnn."):
        return given
    known = ("activity_regularizer", "dtype", "autocast", *Layer.KWARGS)
    return {name: value for name, value in given.items() if name in known}


class FunctionalInputs:
    """The part of a functional model that takes inputs in."""

    name: str
    inputs: list[Symbol]
    input_names: list[str]
    _inputs_struct: Structure
    _door: Door | None

    def _standardize(self, inputs):
        """Flat input values in the order of `self.inputs`, with their dtype and rank."""
        flat = nest.flatten(self._standard_x(inputs))
        if len(flat) != len(self.inputs):
            raise ShapeError(
                f"Model '{self.name}' expects {len(self.inputs)} input(s) {self.input_names}, but it "
                f"received {len(flat)} input tensors."
            )
        return [self._fit(x, ref) for x, ref in zip(flat, self.inputs)]

    def _fit(self, x, ref):
        if x is None:
            if not getattr(ref.origin.operation, "optional", False):
                raise _not_optional(ref)
            return None
        mask, given = context.get_mask(x), x
        # a gradient may be asked for of a variable, or of an array that a tape watches
        x = ops.convert_to_tensor(x) if hasattr(x, "_fastnn_variable") else lifted(x)
        if not isinstance(x, Symbol):
            x = as_input(x, ref.dtype, f"input '{ref.name}'")
        if dtypes.standardize(x.dtype) != ref.dtype:
            x = x.astype(ref.dtype)
        rank, wanted = len(x.shape), len(ref.shape)
        if rank == wanted + 1 and x.shape[-1] == 1:
            x = ops.squeeze(x, axis=-1)
        elif rank == wanted - 1 and ref.shape[-1] == 1:
            x = ops.expand_dims(x, axis=-1)
        elif rank != wanted:
            raise ShapeError(
                f"Invalid input shape for input with name '{ref.name}' and path '{self._path_of(ref)}'. Expected "
                f"shape {ref.shape}, but input has incompatible shape {tuple(x.shape)}"
            )
        if mask is not None and x is not given:
            context.set_mask(x, mask)
        return x

    def _path_of(self, symbol):
        """Where an input stands in the structure of `inputs`, as an error says it."""
        paths = nest.flatten_with_path(self._inputs_struct)
        return next(".".join(map(str, path)) for path, x in paths if x is symbol)

    def _standard_x(self, x, quiet=False):
        """Data in the structure of `inputs`, or, where the model has a door, through it."""
        if self._door is None:
            return self._standard_leaves(x, quiet)
        if isinstance(x, AtDoor):
            return x
        if isinstance(self._inputs_struct, Symbol) and is_text(x):
            x = text_array(x)
        x = self._standard_leaves(x, quiet)
        flat = nest.flatten(x)
        return x if any(isinstance(value, Symbol) for value in flat) else self._door(flat)

    def _standard_leaves(self, x, quiet=False):
        """Data in the structure of `inputs`: dicts by key or name, lists by position (see binding.bound)."""
        struct = self._inputs_struct
        if x is None and self.__dict__.get("_fixed") is not None:
            return nest.pack(struct, [value_of(symbol) for symbol in self._fixed])
        if isinstance(x, dict):
            return bound(struct, x, self.input_names, self.name, quiet)
        if isinstance(struct, Symbol) and isinstance(x, (list, tuple)) and len(x) == 1 and hasattr(x[0], "shape"):
            return x[0]
        if isinstance(struct, (list, tuple)) and len(struct) == 1 and not isinstance(x, (list, tuple)):
            return [x]
        if isinstance(struct, dict) and isinstance(x, (list, tuple)) and len(x) == len(struct):
            return by_position(struct, x, quiet)
        if isinstance(struct, dict) and len(struct) == 1 and not isinstance(x, (list, tuple)):
            return {next(iter(struct)): x}
        return bound(struct, x, model=self.name)

    def _shows_data(self):
        return self._door is None and sees_data(self)

    def input_dtypes(self, x):
        """The dtypes that the leaves of data are wanted in; None for one that no input takes.

        Args:
            x: the data.
        """
        if self._door is not None:
            return [s.dtype for s in self._door.specs]
        if not self._shows_data():
            return [s.dtype for s in self.inputs]
        leaves = nest.flatten(x)
        taken = map(id, nest.flatten(self._standard_leaves(x, quiet=True)))
        wanted = {leaf: s.dtype for leaf, s in zip(taken, self.inputs)}
        return [wanted.get(id(leaf)) for leaf in leaves]

    def _build_from_data(self, x):
        """Nothing: a functional model is built when it is made."""


def _not_optional(symbol):
    return ShapeError(f"The input '{symbol.name}' is not optional, but None was passed. Please provide a valid tensor.")
