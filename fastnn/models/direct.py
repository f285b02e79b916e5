"""model(x) on arrays as one cached plan, instead of one small plan for each operation."""

import functools

from fastnn.compiler.eager import EagerPlan
from fastnn.compiler.target import placed
from fastnn.core import changes, config, dtypes
from fastnn.core.errors import asked
from fastnn.core.results import ARRAYS
from fastnn.core.tree import holds_itself
from fastnn.graph import current
from fastnn.graph.tensor import here
from fastnn.layers import context, nest
from fastnn.layers.layer import Layer
from fastnn.layers.tracking import structure_version
from fastnn.models.checks import check_indices, door
from fastnn.models.data import batch_dtype
from fastnn.models.door import AtDoor
from fastnn.models.feed import wanted_dtypes
from fastnn.models.program_cache import ProgramCache
from fastnn.models.step import bytes_of
from fastnn.models.step_functions import has_own

LEAST = 8  # plans of one model that stay whatever they take
LARGEST = 256 << 20  # bytes of a plan that may stay


class DirectCalls:
    """The plans of a model that is called on arrays in inference, one for each signature of its inputs.

    shared: what all steps of the model share (see shared.Shared).
    """

    def __init__(self, shared):
        self.shared, self.plans, self.version = shared, ProgramCache(least=LEAST), None
        self.seen = -1  # of changes.count: plans are as they were then

    def renew(self):
        """Let go what is out of date."""
        self.seen = changes.count
        version = structure_version(), config.version(), self.shared.follow_seed()
        if version != self.version:
            self.plans.kept.clear()
            self.version = version
        self.plans.drop(lambda _, plan: plan.stale)

    def make(self, key, model, inputs, own_layers, said):
        """A plan for such inputs, kept under `key`, or None."""
        if signature(inputs) is None:
            return None
        plan = self._plan(model, inputs, own_layers, said)
        if plan is not None:
            plan.bytes += bytes_of(plan.program)
            self.plans.put(key, plan)
            self.version = structure_version(), config.version(), self.shared.revision
        return plan

    def _plan(self, model, inputs, own_layers, said):
        if not model.built or (
            own_layers and not all(type(x).__module__.startswith("fastnn.") for x in model._flatten_layers())
        ):
            return None
        if getattr(model, "_door", None) is not None and not isinstance(inputs, AtDoor):
            return None  # predict() asks before the data have come in
        if not own_layers and has_own(model, "predict"):
            return None
        leaves = nest.flatten(inputs)
        losses, measured, shared = [], [], self.shared

        def function(*symbols):
            current().seed = shared.seed
            given = {"training": False} if said else {}
            out = Layer.__call__(model, nest.pack(inputs, list(symbols)), **given)
            losses.extend(current().losses)
            shared.count_draws("predict", current())
            if not own_layers:  # a run that puts metrics back is asked for then
                known = {id(v) for m in model.metrics for v in m.variables}
                measured.extend(v for v in current().assigns if id(v) in known)
            return out

        wanted = wanted_dtypes(model, inputs, len(leaves))
        kept = [batch_dtype(x, w) for x, w in zip(leaves, wanted)]
        step = model._trainer().steps["predict"]
        if step.asks:
            return None
        try:
            plan = EagerPlan(
                function,
                list(zip([x.shape for x in leaves], kept)),
                training=False,
                state=shared.states["predict"],
                options=placed(model._trainer().options),
            )
        except Exception as error:
            step.asks = asked(error)
            if not step.asks:
                raise
            return None
        indices = model._index_inputs()
        plan.plain = not own_layers  # predict gives NumPy's own arrays
        plan.door = door(leaves, wanted, kept, indices)
        plan.blame = functools.partial(check_indices, indices) if indices else None
        if measured or (losses and own_layers) or plan.bytes > LARGEST:
            return None  # what layers add to the loss is kept by the calls one by one
        return plan


def plan_of(model, inputs, own_layers=True, said=False):
    """The plan (call it with the arrays), or None if this call has to be run operation by operation.

    own_layers: only for models all of whose layers are fastnn's own.  The Python code of a user's layer may do more
    than compute, so model(x) runs it at every call; predict, as fit, traces it once.
    said: whether training=False was passed, which overrules what was said when the graph was made.
    """
    calls = model.__dict__.get("_direct")
    if calls is None:
        calls = DirectCalls(model._trainer().shared)
        object.__setattr__(model, "_direct", calls)
    if calls.seen != changes.count:
        calls.renew()
    # the dtype itself, not its name: looking a name up costs more than running a small model
    key = (
        (inputs.shape, inputs.dtype, own_layers, said)
        if type(inputs) in ARRAYS
        else (signature(inputs), own_layers, said)
    )
    plans = calls.plans
    plan = plans.kept.get(key)
    if plan is None:
        return calls.make(key, model, inputs, own_layers, said)
    plan.turn = plans.turn  # as ProgramCache.find, without a call
    return plan


def directly(model, inputs, training, mask, kwargs):
    """model(inputs): through a plan where the inputs are arrays and nothing is asked for but the outputs."""
    if (
        (training is None or training is False)
        and mask is None
        and not kwargs
        and current() is None
        and context.active() is None
        and (not here.recording or here.busy)  # tapes: see graph.tensor.recording
    ):
        plan = plan_of(model, inputs, True, training is not None)
        if plan is not None:
            return plan(inputs) if type(inputs) in ARRAYS else plan(*nest.flatten(inputs))
    if mask is not None:
        kwargs["mask"] = mask
    if training is not None:
        kwargs["training"] = training
    return Layer.__call__(model, inputs, **kwargs)


def signature(inputs):
    """What a plan depends on: structure, shapes and dtypes; None if something is not an array."""
    if type(inputs) in ARRAYS:
        fine = inputs.dtype.name in dtypes.TABLE and inputs.dtype.isnative and inputs.ndim and inputs.size
        return (inputs.shape, inputs.dtype) if fine else None
    try:
        return _signature(inputs)
    except RecursionError as error:
        raise holds_itself(inputs, error) from None


def _signature(inputs):
    if isinstance(inputs, dict):
        parts = [_signature(x) for x in inputs.values()]
        return None if None in parts else ("dict", tuple(inputs), tuple(parts))
    if isinstance(inputs, (list, tuple)):
        parts = [_signature(x) for x in inputs]
        return None if None in parts else ("list", tuple(parts))
    return signature(inputs) if type(inputs) in ARRAYS else None
