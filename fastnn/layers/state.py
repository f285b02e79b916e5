"""The state of a layer: its weights, losses and the layers inside it."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fastnn.core.errors import ArgumentError, NotBuiltError, ShapeError
from fastnn.core.settable import settable
from fastnn.core.tree import everything_in, reached
from fastnn.core.turns import turn
from fastnn.core.types import Array, is_function
from fastnn.core.values import storable
from fastnn.graph import Symbol, Variable, current
from fastnn.layers import nest
from fastnn.layers.tracking import Owned

FOUND = "_fastnn_found"  # the one attribute: layers of fastnn and of users have names of their own


def found_once(layer, name, find):
    """What `find` gives, found again when the layers inside, or what they own, have changed."""
    kept = layer.__dict__.get(FOUND)
    if kept is None or kept[0] != Owned.changes or kept[1] != id(layer):  # a copy has that of the original
        kept = Owned.changes, id(layer), {}
        object.__setattr__(layer, FOUND, kept)
    if name not in kept[2]:
        kept[2][name] = find()
    return kept[2][name]


def unique(things):
    """The things without repeats (by identity), in order."""
    seen, out = set(), []
    for thing in things:
        if id(thing) not in seen:
            seen.add(id(thing))
            out.append(thing)
    return out


_asked: contextvars.ContextVar[frozenset[tuple[str, int]]] = contextvars.ContextVar("asked", default=frozenset())


def each_inside(start: Any, name: str, own: Callable[[Any], Any], other: Callable[[Any], Any]) -> None:
    """own(layer) for a layer and those inside it, depth first, each once, though layers may hold each other.

    other: called in place of it for a layer whose class has a property `name` of its own, which then answers for the
    layers inside too.  One that is being asked already is not asked again.
    """
    standard = vars(StateMixin)[name]

    def held(layer):
        mark = (name, id(layer))
        asked = _asked.get()
        if layer is start or getattr(type(layer), name, standard) is standard or mark in asked:
            own(layer)
            return layer._tracker.layers
        token = _asked.set(asked | {mark})
        try:
            other(layer)
        finally:
            _asked.reset(token)
        return ()

    for _ in reached(start, held):
        pass


def gathered(start: Any, name: str, own: Callable[[Any], Any]) -> list[Any]:
    """What a layer and those inside it have of their own, each thing once; see each_inside."""
    found: list[Any] = []
    each_inside(start, name, lambda layer: found.extend(own(layer)), lambda layer: found.extend(getattr(layer, name)))
    return unique(found)


def _streams(layer):
    return [v for v in everything_in(list(vars(layer).values())) if hasattr(v, "_fastnn_random_stream")]


def _variables_and_streams(layer):
    return [*layer._tracker.variables, *(stream.state for stream in _streams(layer))]


class StateMixin:
    """Weights, `trainable`, losses and sub-layers of a Layer."""

    name: str
    built: bool
    _trainable: bool
    _tracker: Any
    _losses: list[Any]
    _loss_functions: list[Any]

    # ---- sub-layers -----------------------------------------------------------------------------------

    @settable
    def _layers(self):
        return self._tracker.layers

    @settable
    def _metrics(self):
        return self._tracker.metrics

    @settable
    def _seed_generators(self):
        """The streams of random numbers among its attributes."""
        return _streams(self)

    @property
    def metrics(self) -> list[Any]:
        """The metrics it holds, its own first."""
        return gathered(self, "metrics", lambda layer: layer._tracker.metrics)

    @property
    def metrics_variables(self) -> list[Variable]:
        """The variables of its metrics."""
        return [v for metric in self.metrics for v in metric.variables]

    def _flatten_layers(self, include_self=True, recursive=True):
        """Itself and the layers inside it, depth first, each once."""
        if not recursive:
            return [layer for layer in unique([self, *self._tracker.layers]) if include_self or layer is not self]
        inside = found_once(self, "layers", lambda: list(reached(self, lambda layer: layer._tracker.layers))[1:])
        return [self, *inside] if include_self else list(inside)

    # ---- weights --------------------------------------------------------------------------------------

    @property
    def weights(self) -> list[Variable]:
        """All weights: its own trainable ones, its own others, then those of the layers inside it."""
        return list(
            found_once(self, "weights", lambda: gathered(self, "weights", lambda layer: layer._tracker.variables))
        )

    @property
    def variables(self) -> list[Variable]:
        """All weights, and the states of random streams, each layer's after its weights."""
        return gathered(self, "variables", _variables_and_streams)

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights that the optimizer changes."""
        return [w for w in self.weights if w.trainable] if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The weights that the optimizer leaves alone."""
        return [w for w in self.weights if not w.trainable] if self.trainable else self.weights

    trainable_variables = trainable_weights

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """The variables that the optimizer leaves alone."""
        return [v for v in self.variables if not v.trainable] if self.trainable else self.variables

    @settable
    def _trainable_variables(self):
        return self._tracker.trainable

    @settable
    def _non_trainable_variables(self):
        return self._tracker.frozen

    def _untrack_variable(self, variable):
        """Forget a weight of its own; returns None, for the attribute that held it."""
        self._tracker.untrack(variable)

    @property
    def trainable(self) -> bool:
        """Whether the optimizer changes its weights; setting it sets those of all layers inside."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        value = bool(value)

        def own(layer):
            layer._trainable = value
            for variable in layer._tracker.trainable:
                variable.trainable = value

        each_inside(self, "trainable", own, lambda layer: setattr(layer, "trainable", value))

    def count_params(self) -> int:
        """The number of numbers in its weights; NotBuiltError before they exist."""
        if not self.built:
            raise NotBuiltError(
                f"You tried to call `count_params` on layer '{self.name}', but the layer isn't built. "
                f"You can build it manually via: `layer.build(input_shape)`."
            )
        return int(sum(w.size for w in self.weights))

    def get_weights(self) -> list[Array]:
        """Copies of the weights as a list of arrays, in the order of `weights`; all of one moment between two steps."""
        mine = self.weights
        with turn(mine):
            return [w.numpy() for w in mine]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Set all weights from a list of arrays in the order of `weights`.

        Args:
            weights: arrays (or what NumPy takes as such), one for each of `weights`, of their shapes.

        Raises ShapeError, with nothing changed, if their number or a shape differs.
        """
        mine, weights = self.weights, list(weights)
        if len(mine) != len(weights):
            raise ShapeError(
                f"You called `set_weights(weights)` on layer '{self.name}' with a weight list of length "
                f"{len(weights)}, but the layer was expecting {len(mine)} weights."
            )
        arrays = [
            w.numpy() if hasattr(w, "_fastnn_variable") else storable(w, f"the value of {v.path}")
            for v, w in zip(mine, weights)
        ]
        for variable, array in zip(mine, arrays):
            if variable.shape != array.shape:
                raise ShapeError(
                    f"Layer {self.name} weight shape {variable.shape} is not compatible with provided "
                    f"weight shape {array.shape} for {variable.path}."
                )
        with turn(mine, writes=True):
            for variable, array in zip(mine, arrays):
                variable.assign(array)

    def _rows_apart(self, training):
        """Whether a call treats each row of a batch by itself, its sub-layers left aside, and changes nothing.

        What somebody else wrote may do anything; so may a function of an axis that is the batch's.
        """
        return (
            type(self).__module__.startswith("fastnn.")
            and self.activity_regularizer is None
            and self._axis_inside(None)
        )

    def _axis_inside(self, rank):
        """Whether its `axis` is none of the batch, for inputs of this rank (None: not known)."""
        axis = self.__dict__.get("axis")
        return not {0, None if rank is None else -rank} & set(axis if isinstance(axis, (list, tuple)) else [axis]) - {
            None
        }

    # ---- losses ---------------------------------------------------------------------------------------

    def add_loss(self, loss: Any) -> None:
        """Add a scalar (or a list of scalars) to the loss of the model.

        Args:
            loss: inside `call`, a symbol or array; anywhere, a function without arguments that returns one.

        Raises ArgumentError for anything else.
        """
        for value in nest.flatten(loss):
            if is_function(value):
                self._loss_functions.append(value)
                continue
            known = isinstance(value, (Symbol, np.ndarray, np.generic, float, int))
            if not known and not hasattr(value, "_fastnn_variable"):
                raise ArgumentError(
                    "`add_loss()` can only be called from inside `build()` or `call()`, on a tensor "
                    f"input. Received invalid value: {value!r}"
                )
            trace = current()
            if trace is None:
                self._losses.append(value)
            elif not isinstance(value, Symbol) or trace.sees(value):
                trace.losses.append(trace.symbol(value))
            else:
                raise ArgumentError(f"add_loss: {value!r} belongs to another graph than the one being traced.")

    def _clear_losses(self):
        for layer in self._flatten_layers():
            layer._losses.clear()

    def _add_activity_loss(self, outputs):
        for x in nest.flatten(outputs):
            penalty = self.activity_regularizer(x)
            rows = x.shape[0] if len(x.shape) else 1
            self.add_loss(penalty / rows if rows else penalty)

    def regularization_losses(self):
        """The penalties of the trainable weights: symbols inside a trace, else numbers."""
        return [w.regularizer(w) for w in self.trainable_weights if w.regularizer is not None]

    @property
    def losses(self) -> list[Any]:
        """What the last call (or step of training) added with add_loss, and the weights' penalties."""
        trace = current()
        layers = self._flatten_layers()
        own = (
            list(trace.losses)
            if trace is not None
            else [x.numpy()[()] if hasattr(x, "_fastnn_variable") else x for layer in layers for x in layer._losses]
        )
        called = [f() for layer in layers for f in layer._loss_functions]
        return own + called + self.regularization_losses()
