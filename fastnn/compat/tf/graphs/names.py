"""What scripts of TensorFlow 1 build graphs with: scopes, variables by name, layers, losses, optimizers, savers."""

import contextlib
import functools

import numpy as np

from fastnn import initializers, ops
from fastnn.compat import tensorflow
from fastnn.compat.tensorflow import constant
from fastnn.compat.tf import years as tf_years
from fastnn.compat.tf.graphs.graph import Node, Operation, defer, graph, on, run, value_of, waits
from fastnn.compat.tf.graphs.state import Dimensions
from fastnn.compat.tf.graphs.updates import Update
from fastnn.compat.tf.values import operand
from fastnn.core.errors import ArgumentError
from fastnn.graph import Variable, current

AUTO_REUSE = "auto"
KEYS = {"TRAINABLE_VARIABLES": "trainable_variables", "GLOBAL_VARIABLES": "variables", "UPDATE_OPS": "update_ops",
        "LOCAL_VARIABLES": "local_variables", "REGULARIZATION_LOSSES": "regularization_losses", "LOSSES": "losses",
        "MODEL_VARIABLES": "model_variables", "SUMMARIES": "summaries", "GLOBAL_STEP": "global_step"}  # fmt: skip


class GraphKeys:
    """Names of collections."""


for _name, _word in KEYS.items():
    setattr(GraphKeys, _name, _word)


# ---- scopes and variables --------------------------------------------------------------------------------------
class VariableScope:
    """A part of the names of variables, and whether names that are there are used again."""

    def __init__(self, name, reuse=None, initializer=None, regularizer=None):
        self.name, self.reuse, self.initializer, self.regularizer = name, reuse, initializer, regularizer
        self.original_name_scope = f"{name}/"
        self.counts = {}

    def reuse_variables(self):
        """Use names that are there again from now on."""
        self.reuse = True


def get_variable_scope():
    """The VariableScope that holds."""
    scopes = graph().scopes
    if not scopes:
        scopes.append(VariableScope(""))
    return scopes[-1]


@contextlib.contextmanager
def variable_scope(name_or_scope=None, default_name=None, values=None, initializer=None, regularizer=None,
                   caching_device=None, partitioner=None, custom_getter=None, reuse=None, dtype=None,
                   use_resource=None, constraint=None, auxiliary_name_scope=True):  # fmt: skip
    """A block whose variables have a name in front of theirs.

    Args:
        name_or_scope: str, or a VariableScope.
        default_name: str, made unique, where there is no name.
        initializer, regularizer: of variables that have none.
        reuse: whether names that are there are used again; AUTO_REUSE: those that are there.
        values, caching_device, partitioner, custom_getter, dtype, use_resource, constraint, auxiliary_name_scope: of
            no effect.
    """
    on()
    outer = get_variable_scope()
    if isinstance(name_or_scope, VariableScope):
        path = name_or_scope.name
    else:
        path = "/".join(filter(None, (outer.name, name_or_scope or _unique(outer, default_name or "scope"))))
    inner = VariableScope(path, reuse or outer.reuse or None, initializer or outer.initializer,
                          regularizer or outer.regularizer)  # fmt: skip
    graph().scopes.append(inner)
    try:
        yield inner
    finally:
        graph().scopes.remove(inner)


def _unique(scope, word):
    number = scope.counts[word] = scope.counts.get(word, -1) + 1
    return f"{word}_{number}" if number else word


def keep(variable, first, name):
    """Let a variable be one of the graph.

    Args:
        variable: it.
        first: its first value: an array, a Node or a function.
        name: its name without ":0".
    """
    here = graph()
    here.variables.append(variable)
    here.first_values[id(variable)] = first
    here.names[name] = variable
    variable.name = f"{name}:0"
    variable.initializer = Update(lambda: _begin(variable), name="init")
    variable.op, variable.get_shape = Operation(variable), functools.partial(Dimensions, tuple(variable.shape))
    return variable


def new_variable(first, trainable=True, name=None, dtype=None):
    """A variable of the graph.

    Args:
        first: its first value: an array, a Node or a function without arguments.
        trainable: whether it is trained.
        name: str.
        dtype: of the variable.
    """
    value = _first(first, dtype)
    found = Variable(value, trainable=trainable, dtype=np.asarray(value).dtype.name)
    scope = get_variable_scope()
    word = "/".join(filter(None, (scope.name, name or "Variable")))
    number = next(k for k in range(10**6) if (f"{word}_{k}" if k else word) not in graph().names)
    return keep(found, first, f"{word}_{number}" if number else word)


def _first(first, dtype=None):
    value = first() if callable(first) and not isinstance(first, Node) else first
    return constant(run(value) if isinstance(value, Node) else value, dtype)


def get_variable(name, shape=None, dtype="float32", initializer=None, regularizer=None, trainable=None,
                 collections=None, caching_device=None, partitioner=None, validate_shape=True, use_resource=None,
                 custom_getter=None, constraint=None, synchronization=None, aggregation=None):  # fmt: skip
    """The variable of a name in the scope: a new one, or the one that is there where names are used again.

    Args:
        name: str.
        shape: ints; None: that of the initializer, an array.
        dtype: of the variable.
        initializer: an array, an Initializer or a class of them; Glorot's uniform one if None.
        regularizer: a function of the variable, whose value is in the collection "regularization_losses".
        trainable: whether it is trained.
        collections, caching_device, partitioner, validate_shape, use_resource, custom_getter, constraint,
            synchronization, aggregation: of no effect.

    Raises ArgumentError for a new name in a scope that uses names again, and for one that is there in another scope.
    """
    on()
    scope = get_variable_scope()
    path = "/".join(filter(None, (scope.name, name)))
    there = graph().names.get(path)
    if there is not None:
        if not scope.reuse:
            raise ArgumentError(
                f"Variable {path} already exists, disallowed. Did you mean to set reuse=True or reuse=tf.AUTO_REUSE in "
                "VarScope?"
            )
        return there
    if scope.reuse is True:
        raise ArgumentError(
            f"Variable {path} does not exist, or was not created with tf.get_variable(). Did you mean to set "
            "reuse=tf.AUTO_REUSE in VarScope?"
        )
    make = initializer if initializer is not None else scope.initializer
    make = initializers.GlorotUniform() if make is None else make() if isinstance(make, type) else make
    word = getattr(dtype, "name", dtype)
    sizes = None if shape is None else [int(n) for n in np.atleast_1d(np.asarray(shape, int))]
    first = functools.partial(make, sizes, dtype=word) if callable(make) and not isinstance(make, Node) else make
    variable = Variable(_first(first, word), trainable=trainable is not False)
    keep(variable, first, path)
    penalty = regularizer or scope.regularizer
    if penalty is not None:
        add_to_collection("regularization_losses", defer(penalty, (variable,), {}))
    return variable


def trainable_variables(scope=None):
    """The variables that are trained.

    Args:
        scope: what their names begin with, or None.
    """
    return [v for v in global_variables(scope) if v.trainable]


def global_variables(scope=None):
    """All variables of the graph.

    Args:
        scope: what their names begin with, or None.
    """
    return [v for v in graph().variables if v.name.startswith(scope or "")]


def get_collection(key, scope=None):
    """What is in a collection, as a list.

    Args:
        key: its name.
        scope: what names begin with, or None.
    """
    variables = {"trainable_variables": trainable_variables, "variables": global_variables}
    if key in variables:
        return variables[key](scope)
    return [v for v in graph().collections.get(key, ()) if getattr(v, "name", "").startswith(scope or "")]


def add_to_collection(name, value):
    """Put something into a collection.

    Args:
        name: of the collection.
        value: the thing.
    """
    graph().collections.setdefault(name, []).append(value)


def global_variables_initializer():
    """An operation that sets the variables of the graph to their first values; others stay as they are."""
    return Update(lambda: [_begin(v) for v in graph().variables] and None, name="init")


def variables_initializer(var_list, name="init"):
    """An operation that sets variables to their first values.

    Args:
        var_list: the variables.
        name: str.
    """
    return Update(lambda: [_begin(v) for v in var_list] and None, name=name)


def _begin(variable):
    first = graph().first_values[id(variable)]
    variable.assign(value_of(first) if isinstance(first, Node) else first() if callable(first) else first)


# ---- updates ---------------------------------------------------------------------------------------------------
def _assigning(method):
    def assign(ref, value, *args, **kwargs):
        if not graph().active:
            return getattr(ref, method)(value)
        needs = [value] if isinstance(value, Node) else []
        given = operand(value) if not needs else value
        return Update(lambda v: getattr(ref, method)(v), (given,), needs=needs, of=ref)

    return assign


def _scattering(method, rows):
    """A function that changes values of a variable at places: by its rows, or by indices (..., depth)."""

    def scatter(ref, indices, updates, use_locking=True, name=None):
        """Change values of a variable; the variable. In a graph: an operation that does."""

        def work(places, new):
            places = ops.expand_dims(operand(places), -1) if rows else operand(places)
            inner = tuple(ref.shape)[int(places.shape[-1]) :]
            new = ops.broadcast_to(ops.cast(operand(new), ref.dtype), (*places.shape[:-1], *inner))
            return getattr(ref, method)(places, new)

        if not graph().active:
            return work(indices, updates)
        return Update(work, (indices, updates), needs=[v for v in (indices, updates) if isinstance(v, Node)], of=ref)

    return scatter


SCATTERED = ("update", "add", "sub", "max", "min")
for _way in SCATTERED:
    globals()[f"scatter_{_way}"] = _scattering(f"scatter_nd_{_way}", True)
    globals()[f"scatter_nd_{_way}"] = _scattering(f"scatter_nd_{_way}", False)


@contextlib.contextmanager
def control_dependencies(control_inputs):
    """A block in which what is made is computed after operations.

    Args:
        control_inputs: the operations.
    """
    here = graph()
    kept = [node for node in control_inputs or () if isinstance(node, Node)]
    here.after += kept
    try:
        yield
    finally:
        del here.after[len(here.after) - len(kept) :]


def group(*inputs, **kwargs):
    """An operation that does several.

    Args:
        inputs: the operations.
        kwargs: of no effect.
    """
    nodes = [n for n in _flat(inputs) if isinstance(n, Node)]
    if not nodes and not graph().after:
        return None
    return Update(lambda: [value_of(n) for n in nodes] and None, needs=nodes, name="group")


def _flat(values):
    return [v for x in values for v in (_flat(x) if isinstance(x, (list, tuple)) else [x])]


def get_or_create_global_step(graph_=None):
    """The variable that counts steps.

    Args:
        graph_: of no effect.
    """
    on()
    there = graph().names.get("global_step")
    return new_variable(np.int64(0), False, "global_step") if there is None else there


def get_default_graph():
    """The graph that is built."""
    return graph()


assign, assign_add, assign_sub = map(_assigning, ("assign", "assign_add", "assign_sub"))


def method_of_graphs(today):
    """A method of Variable that changes it: in a graph an operation.

    Args:
        today: the method.
    """

    def method(self, value, *args, **kwargs):
        if not waits([self]):
            return today(self, value, *args, **kwargs)
        needs = [value] if isinstance(value, Node) else []
        return Update(lambda v: today(self, v), (value,), needs=needs, of=self)

    return method


def _in_graph(value, trainable, name, dtype):
    """What `tf.Variable` makes while a graph is built; None elsewhere."""
    if not graph().active or graph().values is not None or current() is not None:
        return None
    return new_variable(value, trainable, name, dtype)


tensorflow.Variable.in_graph = staticmethod(_in_graph)


NAMES = {
    **{n: f"compat.tf.graphs.graph:{n}" for n in ("placeholder", "placeholder_with_default")},
    "reset_default_graph": "compat.tf.graphs.graph:reset", "disable_v2_behavior": "compat.tf.graphs.graph:on",
    **{n: f"compat.tf.graphs.names:{n}" for n in (
        "AUTO_REUSE", "GraphKeys", "VariableScope", "variable_scope", "get_variable_scope", "get_variable",
        "trainable_variables", "global_variables", "get_collection", "add_to_collection",
        "global_variables_initializer", "variables_initializer", "control_dependencies", "group",
        "get_default_graph", "assign", "assign_add", "assign_sub")},
    **{f"scatter_{n}": f"compat.tf.graphs.names:scatter_{n}" for way in SCATTERED for n in (way, f"nd_{way}")},
    **{n: f"compat.tf.graphs.metrics:{n}" for n in ("local_variables", "local_variables_initializer")},
    "all_variables": "compat.tf.graphs.names:global_variables", "no_op": "compat.tf.graphs.names:group",
    **dict.fromkeys(("initialize_all_variables", "global_variables_initializer"),
                    "compat.tf.graphs.names:global_variables_initializer"),
    **{f"train.{n}": f"compat.tf.graphs.names:{n}" for n in (
        "get_or_create_global_step",)},
    **{f"train.{n}": f"compat.tf.graphs.training:{n}" for n in (
        *tf_years.OPTIMIZERS, "exponential_decay", "inverse_time_decay", "natural_exp_decay", "polynomial_decay",
        "cosine_decay", "piecewise_constant")},
    "train.Saver": "compat.tf.graphs.files:Saver",
    **{f"train.{n}": "compat.tf.graphs.names:get_or_create_global_step" for n in (
        "create_global_step", "get_global_step")},
    "train.piecewise_constant_decay": "compat.tf.graphs.training:piecewise_constant",
    "train.start_queue_runners": "compat.tf.devices:no_devices", "tables_initializer": "compat.tf.devices:nothing",
    "summary.merge_all": "compat.tf.graphs.files:merge_all", "summary.merge": "compat.tf.graphs.files:merge",
    **{f"summary.{n}": f"compat.tf.graphs.files:{n}" for n in ("scalar", "histogram", "image", "text")},
    **{f"layers.{n}": f"layers:{n}" for n in (
        "AveragePooling1D", "AveragePooling2D", "AveragePooling3D", "BatchNormalization", "Conv1D", "Conv2D",
        "Conv2DTranspose", "Conv3D", "Conv3DTranspose", "Dense", "Dropout", "Flatten", "InputSpec", "Layer",
        "MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "SeparableConv1D", "SeparableConv2D")},
}  # fmt: skip
