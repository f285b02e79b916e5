"""What layers could do in the years of Keras 1, 2 and tf.keras: nodes, metrics, weights that are set."""

import functools
import inspect

from fastnn import metrics, ops
from fastnn.compat.keras2 import builds, lists
from fastnn.compat.keras2.utils import has_arg
from fastnn.core.errors import ArgumentError
from fastnn.core.types import defined_in
from fastnn.graph import Variable
from fastnn.graph.dtype import dtype_of
from fastnn.layers import Embedding, TimeDistributed, context, nest
from fastnn.layers.events import is_functional
from fastnn.layers.layer import Layer
from fastnn.layers.state import found_once


def shape_at(which):
    def get(self, node_index):
        events = self._events()
        if not -len(events) <= node_index < len(events):
            raise ArgumentError(
                f"Layer '{self.name}' was called {len(events)} time(s) on symbols: there is no node {node_index}."
            )
        return nest.map_structure(lambda s: tuple(s.shape), getattr(events[node_index], which))

    get.__name__, get.__doc__ = f"get_{which}_shape_at", f"The shape(s) of the {which} of call number `node_index`."
    return get


class Recorded(Layer):
    """Keeps the running mean of what it is called on in a metric; it adds nothing to the loss.

    aggregation: "mean", or None for a value that is a mean already.
    """

    def __init__(self, metric_name, aggregation="mean", **kwargs):
        super().__init__(**kwargs)
        self.metric_name, self.aggregation = metric_name, aggregation
        self.metric = metrics.Mean(name=metric_name)

    def call(self, x):
        """A zero, for add_loss."""
        self.metric.update_state(x)
        return ops.zeros((), "float32")

    def get_config(self):
        return {**super().get_config(), "metric_name": self.metric_name, "aggregation": self.aggregation}


class Measured(Recorded):
    """Keeps what it is called on in a metric of the user's.

    metric: a metric that takes values, as Mean does.
    """

    def __init__(self, metric, **kwargs):
        super().__init__(metric.name, None, **kwargs)
        self.metric = metrics.get(metric)

    def get_config(self):
        return {**Layer.get_config(self), "metric": metrics.serialize(self.metric)}


def metric_of_symbols(call_today):
    """`metric(symbol)`: what `add_metric` takes of a functional model."""

    @functools.wraps(call_today)
    def __call__(self, *args, **kwargs):
        if args and is_functional(args[0]):
            return Measured(self)(args[0])
        return call_today(self, *args, **kwargs)

    return __call__


def add_metric(self, value, name=None, aggregation=None, **kwargs):
    """Log the mean of a tensor computed in `call`, or (functional models) of a symbol of the graph."""
    if is_functional(value) and isinstance(value.origin.operation, Measured):
        self.add_loss(value)
        return
    if name is None:
        name = getattr(value, "name", None)
    if not isinstance(name, str):
        raise ArgumentError(f"add_metric: received name={name!r}; expected a str: the name in the logs.")
    if is_functional(value):
        self.add_loss(Recorded(name, aggregation or "mean")(value))
        return
    known = next((m for m in self._tracker.metrics if m.name == name), None)
    if known is None:
        known = metrics.Mean(name=name)
        self._tracker.track(known)
    known.update_state(value)


def _unlisted(self):
    """{id(v)} of variables that a layer inside has, whose class lists `trainable_weights` itself, and does not list."""
    left = set()
    for layer in found_once(self, "that_list", lambda: [x for x in self._flatten_layers(False) if _lists(type(x))]):
        listed = {id(v) for v in layer.trainable_weights}
        left.update(id(v) for v in layer.weights if id(v) not in listed)
    return left


@functools.cache
def _lists(cls):
    return not defined_in(cls, "trainable_weights").startswith("fastnn.")


def weights_that_are_set(today, trainable=True):
    """`trainable_weights`, which layers of Keras 1 set; a variable that is not among them is not trained.

    Before Keras 3 a model asked its layers for theirs, and those that a layer does not list are not trained.
    """

    def get(self):
        found = today.fget(self)
        left = _unlisted(self) if context.as_before_keras_3() and self.trainable else ()
        if not left:
            return found
        return [v for v in (found if trainable else self.weights) if (id(v) in left or not v.trainable) != trainable]

    def put(self, weights):
        weights = builds.weights_of(self, weights)
        for variable in weights:
            self._tracker.track(variable)
        chosen = {id(v) for v in weights}
        for variable in self._tracker.variables:
            if (id(variable) in chosen) or trainable:
                variable.trainable = trainable == (id(variable) in chosen)

    return property(get, put, doc=today.__doc__)


def variables_that_are_listed(today):
    """`trainable_variables`, which before Keras 3 were the `trainable_weights`, also of a class that has its own."""
    return property(
        lambda self: self.trainable_weights if context.as_before_keras_3() else today.fget(self), doc=today.__doc__
    )


def over_read_only(set_today):
    """`__setattr__` that passes over what a class of a user's says itself, and what today's layers say."""

    @functools.wraps(set_today)
    def __setattr__(self, name, value):
        try:
            set_today(self, name, value)
        except AttributeError:
            found = getattr(type(self), name, None)
            if name not in ("activity_regularizer", "losses") or not isinstance(found, property):
                raise

    return __setattr__


def dtype_of_the_input(take_today):
    """`dtype` beside an input shape, which was that of the input: a layer with weights does not compute in integers."""

    @functools.wraps(take_today)
    def take(self, kwargs):
        take_today(self, kwargs)
        found = self.dtype_policy.compute_dtype
        if self._batch_input_shape is not None and "int" in found and isinstance(self, (Embedding, TimeDistributed)):
            self._input_dtype, self.dtype_policy = self._input_dtype or found, None

    return take


def of_a_name(initializer):
    """A function (shape, name) as one of Keras 1's initializers was, which may give a variable, as (shape, dtype)."""
    if not inspect.isfunction(initializer) or not has_arg(initializer, "name") or has_arg(initializer, "dtype"):
        return initializer

    def start(shape, dtype=None):
        found = initializer(shape, name=None)
        return found.numpy() if isinstance(found, Variable) else found

    return start


def name_first(add_weight_today):
    """`add_weight` for arguments in the order of Keras 1 and 2, too: the name first."""
    order = ("name", "shape", "dtype", "initializer", "regularizer", "trainable", "constraint")

    @functools.wraps(add_weight_today)
    def add_weight(self, *args, **kwargs):
        """Make a weight."""
        if args and (args[0] is None or isinstance(args[0], str)):
            args, kwargs = (), {**dict(zip(order, args)), **kwargs}
        if len(args) > 1:
            args = (args[0], of_a_name(args[1]), *args[2:])
        elif inspect.isfunction(kwargs.get("initializer")):
            kwargs["initializer"] = of_a_name(kwargs["initializer"])
        return add_weight_today(self, *args, **kwargs)

    return add_weight


# What layers of packages read of tf.keras's private parts.
PRIVATE = {
    "_compute_dtype": property(lambda self: self.compute_dtype, doc="The dtype it computes in."),
    "_compute_dtype_object": property(lambda self: dtype_of(self.compute_dtype), doc="The dtype it computes in."),
    "_track_trackable": lambda self, trackable, name, overwrite=False: trackable,
}


class AbstractRNNCell(Layer):
    """Base of cells of one's own, as tf.keras had it: `call(inputs, states)` returns (outputs, states).

    Subclasses have `state_size`, an int, a shape, or a list of these, and may have `output_size`.

    >>> class Sum(AbstractRNNCell):
    ...     state_size = 2
    ...     def call(self, inputs, states):
    ...         return inputs + states[0], [inputs + states[0]]
    >>> Sum().get_initial_state(batch_size=3).shape
    (3, 2)
    """

    @property
    def state_size(self):
        """The size(s) of the states; subclasses say."""
        raise NotImplementedError(f"{type(self).__name__}: state_size is missing: an int, a shape or a list of them.")

    @property
    def output_size(self):
        """The size of the outputs; subclasses say."""
        raise NotImplementedError(f"{type(self).__name__}: output_size is missing: an int or a shape.")

    def call(self, inputs, states):
        """One step; subclasses say.

        Args:
            inputs: (batch, features).
            states: a list of arrays (batch, size).
        """
        raise NotImplementedError(f"{type(self).__name__}: call(inputs, states) is missing.")

    def get_initial_state(self, inputs=None, batch_size=None, dtype=None):
        """Zeros in the structure of `state_size`.

        Args:
            inputs: an array whose rows and dtype count where they are not given.
            batch_size: rows.
            dtype: their dtype; the one the cell computes in by default.
        """
        rows = inputs.shape[0] if batch_size is None else batch_size
        dtype = dtype or (self.compute_dtype if inputs is None else inputs.dtype)
        sizes = self.state_size if isinstance(self.state_size, (list, tuple)) else [self.state_size]
        shapes = [tuple(size) if hasattr(size, "__iter__") else (size,) for size in sizes]
        zeros = [ops.zeros((rows, *shape), dtype) for shape in shapes]
        return zeros if isinstance(self.state_size, (list, tuple)) else zeros[0]


def set_stateful(self, value):
    """Say whether a layer keeps a state, which its updates change in inference, too.

    Args:
        value: bool.
    """
    self.__dict__["stateful"] = value
    self._tracker.stateful = bool(value)


def add_update(self, updates, inputs=None):
    """Pairs (variable, value), or a list of them, that are assigned while training; what K.update gave is done.

    Args:
        updates: a pair or a list.
        inputs: what they follow from, for `get_updates_for`.
    """
    here = context.active()
    if here is None:
        lists.note_updates(self, updates, inputs)
    for update in [updates] if isinstance(updates, tuple) else updates if isinstance(updates, list) else ():
        if isinstance(update, tuple) and len(update) == 2 and isinstance(update[0], Variable):
            if here is not None and (here.training or getattr(here.tracker, "stateful", False)):
                update[0].assign(update[1])
