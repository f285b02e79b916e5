"""What objects could do in the years of Keras 1, 2 and tf.keras, for as long as the aliases are there.

`METHODS` says which attributes each class gets; `arguments` puts them there and takes them away again.
"""

import functools

import numpy as np

from fastnn import ops
from fastnn.callbacks.callback import Callback
from fastnn.callbacks.callback_list import CallbackList
from fastnn.callbacks.history import History
from fastnn.callbacks.model_checkpoint import ModelCheckpoint
from fastnn.callbacks.monitor import MonitorCallback
from fastnn.compat.keras1 import metrics as keras1_metrics
from fastnn.compat.keras1 import recurrent as keras1_recurrent
from fastnn.compat.keras2 import cells as keras2_cells
from fastnn.compat.keras2 import files as keras2_files
from fastnn.compat.keras2 import lists, ranks, weight_names
from fastnn.compat.keras2 import loss_scales as keras2_loss_scales
from fastnn.compat.keras2 import models as keras2_models
from fastnn.compat.keras2 import nodes as keras2_nodes
from fastnn.compat.keras2 import optimizers as keras2_optimizers
from fastnn.compat.keras2 import settings as keras2_settings
from fastnn.compat.keras2 import targets as keras2_targets
from fastnn.compat.keras2.own_layers import (
    PRIVATE,
    add_metric,
    add_update,
    dtype_of_the_input,
    metric_of_symbols,
    name_first,
    over_read_only,
    set_stateful,
    shape_at,
    variables_that_are_listed,
    weights_that_are_set,
)
from fastnn.compat.keras2.streams import fed_by_tensors
from fastnn.compat.keras2.training import (
    apply_of_several,
    build_of_several,
    choose,
    decayed_lr,
    remember,
    step_as_compiled,
)
from fastnn.compat.keras2.weights import class_weights_of_outputs
from fastnn.compat.shapes import SHAPES, TensorShape
from fastnn.compat.tf import datasets as tf_datasets
from fastnn.compat.tf import variables as tf_variables
from fastnn.compat.tf.devices import nothing
from fastnn.compat.tf.graphs import names as tf_graph_names
from fastnn.compat.tf.graphs.training import of_today
from fastnn.compat.year_names import Logs, logs_of_those_years, params_of_those_years
from fastnn.data import Dataset
from fastnn.data.tensor import Tensor
from fastnn.graph import Symbol, Variable, current
from fastnn.graph.tensor import Tensor as Lazy
from fastnn.layers import nest
from fastnn.layers.attributes import AttributesMixin
from fastnn.layers.events import CallEvent
from fastnn.layers.input_spec import InputSpec
from fastnn.layers.layer import Layer
from fastnn.layers.state import StateMixin
from fastnn.losses.targets import is_nested
from fastnn.metrics.metric import Metric
from fastnn.models import Model, Sequential
from fastnn.models.eager_step import EagerProgram
from fastnn.models.functional import Functional
from fastnn.models.model import graft
from fastnn.models.step import Step
from fastnn.models.trainer import Trainer
from fastnn.optimizers.optimizer import Optimizer


class _CompiledMetrics:
    """`compiled_metrics` inside a train_step."""

    def __init__(self, model):
        self._model = model

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take a batch into account."""
        self._model._traced_metrics(None, y_true, y_pred, sample_weight)

    @property
    def metrics(self):
        """The metrics that compile() was given."""
        compiled = self._model._compile_metrics
        return [] if compiled is None else compiled.metrics

    def reset_state(self):
        """Set them back."""
        for metric in self.metrics:
            metric.reset_state()

    reset_states = reset_state


def compiled_loss(self):
    """A function (y, y_pred, sample_weight=None, regularization_losses=None): the loss of compile(), in a step."""

    def loss(y_true, y_pred, sample_weight=None, regularization_losses=None):
        """The total; the layers' own losses only where they are given."""
        total = self._compile_loss(y_true, y_pred, sample_weight)
        for extra in regularization_losses or ():
            total = ops.add(total, ops.sum(extra))
        self._loss_tracker.update_state(total, sample_weight=float(nest.flatten(y_pred)[0].shape[0]))
        return total

    return loss


def _keep(name):
    return lambda self, value: self.__dict__.__setitem__(name, value)


def _function(kind, arrays):
    """Keras 2's `train_function` and kin: one step on a list of arrays, or on the next batch of an iterator."""

    def get(self):
        own = self.__dict__.get(f"{kind}_function")
        if own is not None:
            return own

        def run(inputs):
            """The results of the step, as a list."""
            n_x, n_y = len(self.inputs), len(self.outputs)
            if hasattr(inputs, "__next__"):
                batch = next(inputs)
                given = [batch] if not isinstance(batch, tuple) else list(batch)
            else:
                flat = list(inputs)
                parts = [flat[:n_x], flat[n_x : n_x + n_y], flat[n_x + n_y : n_x + 2 * n_y]]
                given = [p[0] if len(p) == 1 else p for p in parts if p]
            found = getattr(self, f"{kind}_on_batch")(*given[:arrays])
            return list(found) if isinstance(found, (list, tuple)) else [found]

        return run

    return property(get, _keep(f"{kind}_function"), doc=f"{kind}_on_batch(), as a function of a list of arrays.")


def _is_flat(spec):
    return isinstance(spec, (list, tuple)) and not any(is_nested(part) for part in spec)


def _are_metrics(given):
    """Whether the third thing that compile() was given is what Keras 2 took there: metrics, not weights of losses."""
    return bool(given) and not any(isinstance(x, (int, float)) or hasattr(x, "dtype") for x in nest.flatten(given))


def compile_of_all_outputs(compile_today):
    """`compile` with metrics as Keras 2 took them: a name, or a flat list for every output."""

    @functools.wraps(compile_today)
    def compile(self, *args, **kwargs):
        """See Trainer.compile."""
        if "_map" in self.__dict__ and not isinstance(self, Functional):
            graft(type(self), Functional)  # `self.__dict__.update(model.__dict__)`: a wrapper of several devices
        if args:
            args = (of_today(args[0]), *args[1:])
        elif "optimizer" in kwargs:
            kwargs["optimizer"] = of_today(kwargs["optimizer"])
        for said_by_the_data in ("class_mode", "sample_weight_mode"):
            kwargs.pop(said_by_the_data, None)
        object.__setattr__(self, "_target_tensors", kwargs.pop("target_tensors", None))
        if len(args) > 2 and "metrics" not in kwargs and _are_metrics(args[2]):
            args, kwargs = args[:2], {**dict(zip(("metrics", "loss_weights"), args[2:])), **kwargs}
        outputs = getattr(self, "output_names", None) or [None]
        for what in ("metrics", "weighted_metrics"):
            if what not in kwargs:  # today's order has more before them
                continue
            given = kwargs[what]
            if given is not None and not is_nested(given):
                given = [given]
            if given is not None:
                given = kwargs[what] = nest.map_structure(keras1_metrics.named, given)
            if len(outputs) > 1 and given and _is_flat(given) and len(given) != len(outputs):
                kwargs[what] = [list(given) for _ in outputs]
        compile_today(self, *args, **kwargs)
        remember(self)

    return compile


def loss_of_inputs(add_today):
    """add_loss with the argument that said from which inputs a loss follows: the graph knows."""

    @functools.wraps(add_today)
    def add_loss(self, loss, inputs=None):
        """Add a scalar to the loss."""
        again = getattr(loss, "_fastnn_again", None)  # computed of weights in build: in each step once more
        if current() is None:
            lists.note_loss(self, loss, inputs)
        add_today(self, loss if again is None or current() is not None else lambda: again())

    return add_loss


def _validation_data(self):
    """The validation arrays of the run: [x..., y..., weights...], as Keras 2 gave them to callbacks."""
    model = self.model
    source = None if model is None else model._trainer().validation
    if source is None or not hasattr(source, "arrays"):
        return self.__dict__.get("validation_data")
    x, y, weight = (nest.flatten(part) if part is not None else [] for part in source.arrays)
    return [*x, *y, *(weight or [np.ones(len(part), "float32") for part in y])]


def _itself(self, inputs, *args, **kwargs):
    """The inputs as they are: what a layer without a `call` of its own computed up to Keras 2."""
    return inputs


def _truth(self):
    """Of a scalar its value, of a tensor True: `if b:` asked whether there is one."""
    return bool(self._settled()) if not self._host.shape else True


def _with_shape(init_today):
    @functools.wraps(init_today)
    def __init__(self, *args, **kwargs):
        init_today(self, *args, **kwargs)
        self._shape = TensorShape(self.shape)

    return __init__


def _number(self):
    """A copy of the value as an array; of a scalar, the number."""
    found = _numpy(self)
    return found if found.ndim else found[()]


_numpy = Variable.numpy
PROPERTIES = {
    **keras2_settings.PROPERTIES,
    CallEvent: {
        "input_masks": property(keras2_nodes.masks_of, doc="The masks of what it was called with."),
        "outbound_layer": property(lambda self: self.operation, doc="The layer that was called."),
    },
    Layer: {
        "_outbound_nodes": property(lambda self: [], doc="[]: a call does not know who uses its result."),
        "_trainable_weights": property(lambda self: list(self._tracker.trainable), nothing, doc="Its own, trainable."),
        "_non_trainable_weights": property(lambda self: list(self._tracker.frozen), nothing, doc="Its others."),
        "initial_weights": property(
            lambda self: self.__dict__.get("initial_weights", self._initial_weights),
            _keep("initial_weights"),
            lambda self: self.__dict__.update(initial_weights=None, _initial_weights=None),
            doc="The arrays that its argument `weights` gave, until it has taken them.",
        ),
        "inbound_nodes": property(lambda self: self._events(), doc="Its calls on symbols."),
        "stateful": property(
            lambda self: self.__dict__.get("stateful", False), set_stateful, doc="Whether it keeps a state."
        ),
        **lists.PROPERTIES,
    },
    Trainer: {
        "compiled_loss": property(compiled_loss),
        "_feed_inputs": property(lambda self: list(self.inputs), doc="The symbols of its inputs."),
        **keras2_targets.PROPERTIES,
        "_is_compiled": property(lambda self: self.compiled, doc="Whether compile() was called."),
        "compiled_metrics": property(_CompiledMetrics, doc="The metrics of compile(), inside a train_step."),
        **{f"{kind}_function": _function(kind, arrays) for kind, arrays in (("train", 3), ("test", 3), ("predict", 1))},
        "metrics_names": property(keras2_models.names_of_results, doc="The names of what evaluate() returns."),
        "stateful": property(
            lambda self: any(getattr(x, "stateful", False) for x in self._flatten_layers() if x is not self),
            doc="Whether one of its layers keeps states.",
        ),
        "state_updates": property(lists.updates, doc="Those of `updates`."),
    },
    Optimizer: {"_name": property(lambda self: self.name, lambda self, name: setattr(self, "name", name))},
    Symbol: {**keras2_nodes.OF_SYMBOLS, **lists.SYMBOL},
    Variable: {
        "shape": property(lambda self: TensorShape(self._host.shape), doc="Its shape."),
        "name": weight_names.NAME,
    },
    Lazy: {"shape": property(lambda self: TensorShape(self._shape), doc="Its shape.")},
    Tensor: {"shape": property(lambda self: TensorShape(np.ndarray.shape.__get__(self)), doc="Its shape.")},
    Callback: {"validation_data": property(_validation_data, _keep("validation_data"))},
    History: {
        "history": property(
            lambda self: self.__dict__["history"], lambda self, value: self.__dict__.__setitem__("history", Logs(value))
        )
    },
}
METHODS = {
    Layer: {
        "call": _itself,
        "get_input_shape_at": shape_at("input"),
        "get_output_shape_at": shape_at("output"),
        "add_metric": add_metric,
        "add_update": add_update,
        **lists.METHODS,
        **PRIVATE,
    },
    Model: {"to_yaml": keras2_models.to_yaml},
    Trainer: {"_make_train_function": nothing, "_make_test_function": nothing, "_make_predict_function": nothing},
    Optimizer: {"_decayed_lr": decayed_lr, **keras2_optimizers.METHODS},
    keras2_loss_scales.LossScaleOptimizer: keras2_loss_scales.METHODS,
    **keras1_recurrent.METHODS,
    **keras2_cells.METHODS,
    Metric: {
        "reset_states": lambda self: self.reset_state(),
        "weights": property(lambda self: list(self.variables), doc="Its variables."),
        "stateful": True,
    },
    ModelCheckpoint: {
        **keras2_files.CHECKPOINT,
        # What subclasses of other packages call (W&B's).
        "_should_save_on_batch": lambda self, batch: self._counter is not None and self._counter.step(batch),
        "_current_epoch": property(lambda self: self._epoch, doc="The epoch that runs."),
    },
    MonitorCallback: {"_fastnn_choose": MonitorCallback._choose, "_choose": choose},
    Symbol: {**SHAPES, "__call__": tf_variables.itself, "graph": property(tf_variables.graph_of)},
    Dataset: tf_datasets.METHODS,
    Tensor: {**SHAPES, **tf_variables.REFERENCES},
    Lazy: SHAPES,
    Variable: {
        "numpy": _number,
        "__bool__": _truth,
        "get_shape": lambda self: TensorShape(self.shape),
        "read_value": lambda self: self.value,
        **tf_variables.METHODS,
    },
}
WRAPPED = {
    InputSpec: {"__init__": ranks.with_open_rank},
    Layer: {
        "add_weight": name_first,
        "add_variable": name_first,
        "trainable_weights": weights_that_are_set,
        "trainable_variables": variables_that_are_listed,
        "non_trainable_weights": functools.partial(weights_that_are_set, trainable=False),
    },
    StateMixin: {"add_loss": loss_of_inputs},
    AttributesMixin: {"_take_input_shape": dtype_of_the_input, "__setattr__": over_read_only},
    Metric: {"add_weight": name_first, "__call__": metric_of_symbols},
    **keras1_recurrent.WRAPPED,
    **keras2_cells.WRAPPED,
    Tensor: keras2_optimizers.OF_TENSORS,
    Variable: {
        **keras2_optimizers.ARITHMETIC,
        **tf_variables.WRAPPED,
        "__getitem__": lambda today: keras2_optimizers.remembered("__getitem__")(tf_variables.with_assign(today)),
        **dict.fromkeys(
            ("assign", "assign_add", "assign_sub"),
            lambda today: tf_graph_names.method_of_graphs(tf_variables.as_of_tensorflow(today)),
        ),
    },
    Dataset: tf_datasets.WRAPPED,
    Model: {
        "save": keras2_files.save_of_any_year,
        "load_weights": keras2_files.weights_of_any_source,
        "__init__": keras2_models.named_by_position,
    },
    Functional: {
        "add_loss": loss_of_inputs,
        "__call__": keras2_nodes.one_result,
        "input": keras2_nodes.alone,
        "output": keras2_nodes.alone,
        "layers": keras2_models.layers_to_pop,
        "__setattr__": keras2_models.with_other_outputs,
    },
    Trainer: {
        "compile": compile_of_all_outputs,
        "_arrays": class_weights_of_outputs,
        **dict.fromkeys(("fit", "evaluate"), fed_by_tensors),
    },
    Step: {"_compile": step_as_compiled},
    EagerProgram: {"_batch": step_as_compiled},
    Optimizer: {
        "apply": apply_of_several,
        **keras2_optimizers.WRAPPED,
        "build": lambda today: keras2_optimizers.build_all(build_of_several(today)),
    },
    keras2_loss_scales.LossScaleOptimizer: keras2_loss_scales.WRAPPED,
    CallbackList: {
        "on_train_begin": params_of_those_years,
        **dict.fromkeys(("on_train_batch_begin", "on_train_batch_end"), logs_of_those_years),
    },
    Sequential: {
        "build": weight_names.stacked,
        "layers": keras2_models.layers_to_pop,
        "outputs": keras2_models.outputs_of_a_stack,
        "add_loss": loss_of_inputs,
        "call": ranks.call_of_any_rank,
        "compute_output_spec": ranks.spec_of_call,
        "_maybe_rebuild": ranks.built_on_branches,
    },
    Symbol: {"__init__": _with_shape},
}
