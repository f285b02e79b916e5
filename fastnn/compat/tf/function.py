"""`tf.function`, `tf.custom_gradient`, `tf.gradients` and what else of TensorFlow is a function of functions."""

import enum
import functools

import numpy as np

from fastnn import ops
from fastnn.compat.tensorflow import Tensor, constant
from fastnn.compat.tf.graphs import graph as tf_graph
from fastnn.compat.tf.graphs import updates as tf_graph_updates
from fastnn.compat.tf.nodes import as_node
from fastnn.compat.tf.ragged.calls import stack as ragged_stack
from fastnn.compat.tf.ragged.spec import RaggedTensorSpec
from fastnn.compat.tf.ragged.tensor import RaggedTensor
from fastnn.compat.tf.values import alone, operand
from fastnn.core import dtypes, hooks, tree
from fastnn.core.errors import ArgumentError, DTypeError, GraphError, NotSupportedError, ValuesError
from fastnn.core.switches import functions_run_eagerly
from fastnn.data import TensorSpec
from fastnn.gradients import choice_of
from fastnn.graph import Symbol, Variable, current
from fastnn.graph.calls import Unhashed, event
from fastnn.graph.tensor import Tensor as Lazy
from fastnn.layers.gradients import symbolic_gradients


class UnconnectedGradients(enum.Enum):
    """What a source has that a target does not depend on."""

    NONE = "none"
    ZERO = "zero"


def _tensor(value):
    """A plain array of numbers as a tensor, as TensorFlow's functions see it; anything else as it is."""
    return value.view(Tensor) if type(value) is np.ndarray and value.dtype.kind in "biufc" else value


class Function:
    """A function that is traced once for each signature of its arguments and runs as a plan from then on.

    Its Python runs when it is traced.  A function that asks for values, in an `if` or for a NumPy function, runs as
    Python at every call; what it calls gathers.

    Args:
        func: the function, or None in a decorator with arguments.
        input_signature: TensorSpecs of the positional arguments, or None.
        autograph, jit_compile, reduce_retracing, experimental_...: taken for TensorFlow's sake.

    Raises:
        DTypeError (a TypeError): for arguments that do not fit the input signature.

    >>> calls = []
    >>> @function
    ... def double(x):
    ...     calls.append(x.shape)
    ...     return x * 2.0
    >>> [float(double(constant(v))) for v in (1.0, 2.0, 3.0)], len(calls) < 3  # once more where other calls wait
    ([2.0, 4.0, 6.0], True)
    """

    def __init__(self, func, input_signature=None, name=None):
        self.python_function, self.input_signature = func, input_signature
        self._plain = False
        self._name = name or getattr(func, "__name__", "function")
        functools.update_wrapper(self, func, updated=())

    def __get__(self, instance, owner=None):
        return self if instance is None else functools.partial(self, instance)

    def _fitting(self, args):
        if self.input_signature is None:
            return tuple(map(_tensor, args))
        first = len(args) - len(self.input_signature)
        if first not in (0, 1):
            raise ArgumentError(
                f"{self._name}: received {len(args)} arguments, expected the {len(self.input_signature)} of its "
                "input_signature."
            )
        fitted = list(args[:first])
        for spec, value in zip(self.input_signature, args[first:]):
            value = value if isinstance(value, (Symbol, Variable)) else constant(value, spec.dtype)
            shape = tuple(value.shape)
            fits = spec.shape is None or (
                len(shape) == len(spec.shape) and all(m is None or m == n for m, n in zip(spec.shape, shape))
            )
            if not fits:
                raise DTypeError(
                    f"{self._name}: Python inputs incompatible with input_signature: received shape {shape}, "
                    f"expected {spec}."
                )
            fitted.append(value)
        return tuple(fitted)

    def __call__(self, *args, **kwargs):
        found = self._called(*args, **kwargs)
        return found if current() is not None else tree.map_structure(_as_tensor, found)

    def _called(self, *args, **kwargs):
        args, kwargs = self._fitting(args), {k: _tensor(v) for k, v in kwargs.items()}
        if self._plain or current() is not None or functions_run_eagerly():
            return self.python_function(*args, **kwargs)
        try:
            return event(self._key(), self.python_function, args, kwargs, effect=True)
        except (GraphError, Unhashed):
            self._plain = True
            return self.python_function(*args, **kwargs)

    def _key(self):
        return "function", hooks.call("serial", self), hooks.call("structure_version")

    def get_concrete_function(self, *args, **kwargs):
        """Itself."""
        return self


def _as_tensor(value):
    """What a function gives is tensors, numbers of Python's, too."""
    return constant(value) if type(value) in (int, float, bool, str) else value


def function(func=None, input_signature=None, autograph=True, jit_compile=None, reduce_retracing=False, **kwargs):
    """`tf.function`: see Function."""
    if func is None:
        return functools.partial(function, input_signature=input_signature)
    if input_signature is not None:
        input_signature = [s if isinstance(s, TensorSpec) else TensorSpec.of(s) for s in input_signature]
    return Function(func, input_signature)


def custom_gradient(f):
    """A function whose gradient is what f says: see fastnn.ops.custom_gradient.

    f: (*args) -> (outputs, gradient function), which may take `variables` and then returns their gradients, too.
    """
    return ops.custom_gradient(f)


def gradients(ys, xs, grad_ys=None, name=None, unconnected_gradients="none", stop_gradients=None, **kwargs):
    """The gradients of the sum of ys along each of xs, as symbols: in a traced function, or of a functional graph."""
    if tf_graph.waits(tree.flatten(ys)):
        return tf_graph_updates.gradients_of(tree.flatten(ys), tree.flatten(xs))
    if tf_graph.graph().active and tf_graph.waits(tree.flatten(xs)):  # constants
        return [None] * len(tree.flatten(xs))
    ys, xs = tree.flatten(ys), xs
    flat = tree.flatten(xs)
    held = None if stop_gradients is None else tree.flatten(stop_gradients)
    found = symbolic_gradients(ys, flat, None if grad_ys is None else tree.flatten(grad_ys), held)
    if choice_of(unconnected_gradients) == "zero":
        found = [ops.zeros_like(x) if g is None else g for x, g in zip(flat, found)]
    return found


def hessians(ys, xs, gate_gradients=False, aggregation_method=None, name="hessians"):
    """The second derivatives of the sum of ys along each of xs, in a graph of TensorFlow 1.

    Args:
        ys: what the graph computes, or a list of it.
        xs: variables, or what ys are computed from, or a list of them.
        gate_gradients, aggregation_method, name: of no effect.

    Raises NotSupportedError outside of such a graph, as TensorFlow does: there, jacobian() of a tape in a tape.
    """
    flat = tree.flatten(xs)
    if not tf_graph.waits(tree.flatten(ys)):
        raise NotSupportedError(
            "tf.hessians is not supported when eager execution is enabled. Use tf.GradientTape: gradient() in a "
            "second tape, and jacobian() of that."
        )
    return tf_graph_updates.hessians_of(tree.flatten(ys), flat)


@tf_graph.waiting
def cond(pred, true_fn=None, false_fn=None, name=None):
    """true_fn() if pred, else false_fn()."""
    return ops.cond(alone(operand(pred)), true_fn, false_fn)


@tf_graph.waiting
@functools.partial(as_node, "map_fn")
def map_fn(fn, elems, dtype=None, parallel_iterations=None, back_prop=True, swap_memory=False, infer_shape=True,
           name=None, fn_output_signature=None):  # fmt: skip
    """fn of each slice of elems along the first axis, stacked.

    fn: takes a slice (of a structure: a structure of slices) and returns a value or a structure of values.
    """
    flat = [x if isinstance(x, RaggedTensor) else operand(x) for x in tree.flatten(elems)]
    rows = flat[0].shape[0]
    if rows is None:
        raise ValuesError("map_fn: received elements of an unknown number of rows; it is known when the graph runs.")
    results = [fn(tree.pack(elems, [x[i] for x in flat]) if tree.is_nested(elems) else flat[0][i]) for i in range(rows)]
    if not results:
        raise ArgumentError("map_fn: received elements without rows; what fn gives is not known.")
    columns = list(zip(*[tree.flatten(r) for r in results]))
    kinds = tree.flatten(fn_output_signature if fn_output_signature is not None else dtype)
    kinds = [None] * len(columns) if kinds in ([], [None]) else kinds
    stacked = [_stacked(column, kind) for column, kind in zip(columns, kinds)]
    return tree.pack(results[0], stacked) if tree.is_nested(results[0]) else stacked[0]


def _of_bytes(x):
    """An array as numpy_function gives it: texts as bytes."""
    array = np.asarray(x)
    if array.dtype.kind not in "OU":
        return constant(array)
    found = np.vectorize(lambda s: s.encode("utf-8") if isinstance(s, str) else s, otypes=[object])(array)
    return found if found.ndim else found[()]


def _stacked(values, kind):
    """Results of a function as one, of the dtype that a dtype or a spec says; rows of a ragged one if that says so."""
    ragged = isinstance(kind, RaggedTensorSpec) or any(isinstance(v, RaggedTensor) for v in values)
    found = ragged_stack(values) if ragged else ops.stack([operand(v) for v in values])
    wanted = getattr(kind, "dtype", kind)
    wanted = None if str(wanted) == dtypes.TEXT else wanted
    if ragged:
        return found if wanted is None else found.with_flat_values(ops.cast(found.flat_values, wanted))
    return found if wanted is None else ops.cast(found, wanted)


def _decorating(function):
    """Of a function that computes another: without that one, what decorates it, as `@tf.numpy_function(Tout=...)`."""

    @functools.wraps(function)
    def call(func=None, inp=None, Tout=None, **kwargs):
        if func is not None:
            return function(func, inp, Tout, **kwargs)
        return lambda func: functools.wraps(func)(lambda *args: function(func, args, Tout, **kwargs))

    return call


def _computed(func, inp, Tout, passed, given=lambda x: constant(np.asarray(x))):
    found = func(*[x if type(x) in passed else given(x) for x in inp])
    if Tout is None:
        return found
    if isinstance(found, list) and not isinstance(Tout, (list, tuple)):  # numbers of one array
        return constant(np.asarray(found))
    return tree.map_structure(lambda x: x if type(x) in passed else constant(np.asarray(x)), found)


@_decorating
@tf_graph.waiting
@functools.partial(as_node, "py_function")
def py_function(func=None, inp=None, Tout=None, name=None):
    """func(*inp), computed at once on values; gradients go through what it calls of TensorFlow's functions."""
    return _computed(func, inp, Tout, (Lazy,))


@_decorating
@functools.partial(as_node, "numpy_function")
def numpy_function(func=None, inp=None, Tout=None, stateful=True, name=None):
    """func(*inp), computed at once on arrays, whose texts are bytes."""
    return _computed(func, inp, Tout, (), _of_bytes)
