"""Stacks of layers in the Keras 1 and 2 years: inputs of another rank, and models of several inputs at the bottom."""

import functools

from fastnn.layers import context
from fastnn.models.functional import Functional


def _is_taken(shape, wanted):
    """Whether a graph takes inputs of a shape: of its rank, or of its own shape but for a last axis of 1."""
    if len(shape) == len(wanted):
        return True
    if len(shape) > len(wanted):
        longer, shorter = tuple(shape), tuple(wanted)
    else:
        longer, shorter = tuple(wanted), tuple(shape)
    fits = all(a == b or None in (a, b) for a, b in zip(longer[1:-1], shorter[1:]))
    return len(longer) == len(shorter) + 1 and longer[-1] == 1 and fits


def call_of_any_rank(call_today):
    """Sequential.call: an input of another rank than the first layer was told goes through the layers one by one."""

    @functools.wraps(call_today)
    def call(self, inputs, training=None, mask=None):
        """The layers applied one after the other."""
        graph = self._functional
        if graph is None or not hasattr(inputs, "shape") or _is_taken(inputs.shape, graph.inputs[0].shape):
            return call_today(self, inputs, training, mask)
        for layer in self.layers:
            inputs = layer(inputs)
        return inputs

    return call


def built_on_branches(rebuild_today):
    """Sequential._maybe_rebuild: a stack on a model goes on with its graph, as before Keras 3."""

    @functools.wraps(rebuild_today)
    def rebuild(self):
        base = self.layers[0] if self.layers else None
        graph = base if isinstance(base, Functional) else getattr(base, "_functional", None)
        if graph is None or not (len(graph.inputs) > 1 or context.as_before_keras_3()):
            rebuild_today(self)
            return
        stack = self.layers
        self._forget_plans()
        x = stack[0].output
        for layer in stack[1:]:
            x = layer(x)
        self._functional, self.built = Functional(stack[0].input, x), True

    return rebuild


def spec_of_call(compute_today):
    """Sequential.compute_output_spec, for inputs of another rank too."""

    @functools.wraps(compute_today)
    def compute_output_spec(self, inputs, training=None, mask=None):
        """Shape and dtype of the output for a symbol as input."""
        graph = self._functional
        if graph is None or not hasattr(inputs, "shape") or _is_taken(inputs.shape, graph.inputs[0].shape):
            return compute_today(self, inputs, training, mask)
        for layer in self.layers:
            inputs = layer.compute_output_spec(inputs)
        return inputs

    return compute_output_spec


def with_open_rank(init_today):
    """InputSpec's constructor with the ranks of Keras 1: "2+" is two or more."""

    @functools.wraps(init_today)
    def __init__(self, dtype=None, shape=None, ndim=None, **kwargs):
        if isinstance(ndim, str):  # Keras 1's "2+"
            kwargs["min_ndim"], ndim = int(ndim.rstrip("+")), None
        init_today(self, dtype, shape, ndim, **kwargs)

    return __init__
