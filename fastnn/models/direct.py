"""model(x) on arrays as one cached plan, instead of one small plan for each operation."""
import numpy as np

from fastnn.compiler.eager import Call
from fastnn.core import config, dtypes
from fastnn.graph import current
from fastnn.graph.node import VARIABLE
from fastnn.layers import context, nest
from fastnn.layers.layer import Layer
from fastnn.layers.tracking import structure_version

KEPT = 8                                        # plans of one model, one for each signature of its inputs
LARGEST = 256 << 20                             # bytes of a plan that may stay


class DirectCalls:
    """The plans of a model that is called on arrays in inference.

    Only for models all of whose layers are fastnn's own: the Python code of a user's layer may do more than compute,
    so it is run at every call.
    """

    def __init__(self):
        self.plans = {}
        self.version = None

    def __call__(self, model, inputs):
        """The outputs, or None if this call has to be run operation by operation."""
        version = structure_version(), config.version()
        if version != self.version:
            self.plans.clear()
            self.version = version
        key = signature(inputs)
        if key is None:
            return None
        plan = self.plans.get(key)
        if plan is None or plan.stale:
            plan = self._plan(model, inputs, key)
            if plan is None:
                return None
        return plan(*([inputs] if type(inputs) is np.ndarray else nest.flatten(inputs)))

    def _plan(self, model, inputs, key):
        if not model.built or not all(type(x).__module__.startswith("fastnn.") for x in model._flatten_layers()):
            return None
        leaves = nest.flatten(inputs)

        losses, traces = [], []

        def function(*symbols):
            out = Layer.__call__(model, nest.pack(inputs, list(symbols)), training=False)
            losses.extend(current().losses)
            traces.append(current())
            return out
        plan = Call(function, [(x.shape, dtypes.standardize(x.dtype)) for x in leaves], training=False)
        _forget_variables(traces[0], plan.program.graph)
        if losses or plan.bytes > LARGEST:      # what layers add to the loss is kept by the calls one by one
            return None
        while len(self.plans) >= KEPT:
            self.plans.pop(next(iter(self.plans)))
        self.plans[key] = plan
        self.version = structure_version(), config.version()
        return plan


def _forget_variables(trace, graph):
    """Graphs refer to themselves in circles; cut them off from the weights, so that these go when the model goes."""
    for node in (*trace.nodes, *graph.nodes):
        if node.op is VARIABLE:
            node.payload = None
    trace.values.clear()
    trace.assigns.clear()
    graph.updates.clear()


def directly(model, inputs, training, mask, kwargs):
    """model(inputs): through a plan where the inputs are arrays and nothing is asked for but the outputs."""
    if not training and mask is None and not kwargs and current() is None and context.active() is None:
        calls = model.__dict__.get("_direct")
        if calls is None:
            calls = DirectCalls()
            object.__setattr__(model, "_direct", calls)
        out = calls(model, inputs)
        if out is not None:
            return out
    if mask is not None:
        kwargs["mask"] = mask
    if training is not None:
        kwargs["training"] = training
    return Layer.__call__(model, inputs, **kwargs)


def signature(inputs):
    """What a plan depends on: structure, shapes and dtypes; None if something is not an array."""
    if type(inputs) is np.ndarray:
        fine = inputs.dtype.name in dtypes.TABLE and inputs.dtype.isnative and inputs.ndim and inputs.size
        return (inputs.shape, inputs.dtype.char) if fine else None
    if isinstance(inputs, dict):
        parts = [signature(x) for x in inputs.values()]
        return None if None in parts else ("dict", tuple(inputs), tuple(parts))
    if isinstance(inputs, (list, tuple)):
        parts = [signature(x) for x in inputs]
        return None if None in parts else ("list", tuple(parts))
    return None
