"""Graphs of TensorFlow 1: what placeholders and variables stand for is computed when a Session runs it.

A Node is a call that waits: a function and its arguments, among them other Nodes.  `Session.run` calls the functions on
values, each once, under a tape where a gradient is asked for; so shapes may differ from run to run, and nothing is
computed in another way than eagerly.  Variables made while `on()` holds stand for their values at the time of a run.
"""

import functools
import itertools
from typing import Any

import numpy as np

from fastnn import ops
from fastnn.compat.tensorflow import Tensor, constant
from fastnn.compat.tf.devices import Session
from fastnn.compat.tf.graphs.state import Dimensions, Graph, _here, each, evaluating, graph, sizes_below
from fastnn.core import hooks, tree
from fastnn.core.errors import ArgumentError, GraphError
from fastnn.graph import Variable, current
from fastnn.graph.dtype import DType
from fastnn.graph.operators import Operators
from fastnn.layers import Layer

_today: dict[str, Any] = {}  # methods that wait while a graph is built
layer_calls: list[Any] = []  # what a layer's call on a Node gives (tf_graph_layers)


def on():
    """Build a graph from now on: calls on placeholders and on variables that are made from now on wait for a run."""
    if not graph().active:
        graph().active = True
        hooks.register("operator", _operator)
        _today["call"], Layer.__call__ = Layer.__call__, _layer_call


def off():
    """Compute at once again, and forget the graph."""
    if graph().active:
        hooks.register("operator", ops._operator)
        Layer.__call__ = _today.pop("call")
    _here[0] = Graph()


def reset(*args, **kwargs):
    """Forget the graph.

    Args:
        args, kwargs: of no effect.
    """
    _here[0] = Graph(graph().active)


def _layer_call(self, *args, **kwargs):
    if args and waits(args[:1]) and layer_calls:
        return layer_calls[0](self, *args, **kwargs)
    return _today["call"](self, *args, **kwargs)


def _operator(name, *operands):
    """An operator of Python's, of Nodes too."""
    if waits(operands):
        return defer(_operator, (name, *operands), {})
    return getattr(ops, name)(*(value_of(v) if isinstance(v, Node) else v for v in operands))


# ---- nodes -------------------------------------------------------------------------------------------------------
class Node(Operators):
    """A value of a run.

    Args:
        function: what is called; None for a placeholder.
        args, kwargs: its arguments.
        shape, dtype: of a placeholder; None: found where they are asked for.
        name: str.
        random: whether each run has one value of it, also for gradients.
        sample: what it is where its shape is looked for: a function of a size; None: computed.
    """

    def __init__(self, function, args=(), kwargs=None, shape=None, dtype=None, name=None, random=False, sample=None):
        self.function, self.args, self.kwargs, self.random = function, args, kwargs or {}, random
        self._shape, self._dtype, self._known, self.sample = shape, dtype, function is None, sample
        if name is None:
            number = graph().numbers.setdefault("node", itertools.count())
            self.name = f"{getattr(function, '__name__', 'node')}_{next(number)}:0"
        else:
            self.name = f"{graph().add(self, name)}:0"
        self.after = list(graph().after)

    changes = False  # whether it is an operation that changes variables
    made_of = None  # what makes a value of what is fed

    def prepare(self):
        """Compute it, before anything is changed."""
        value_of(self)

    def __getitem__(self, key):
        return defer(lambda x, k: x[k], (self, key), {})

    def __iter__(self):
        found = _samples(self)[0]
        if isinstance(found, (list, tuple)):  # several results
            return iter([self[k] for k in range(len(found))])
        rows = self.shape[0]
        if rows is None:
            raise GraphError("a tensor of a graph whose first size is not known cannot be iterated over.")
        return iter([self[k] for k in range(rows)])

    def __bool__(self):
        raise GraphError("the truth of a tensor of a graph is not known before a run. Use tf.cond.")

    def __eq__(self, other):
        return self is other

    __hash__ = object.__hash__

    @property
    def shape(self):
        """The sizes; None where they depend on what is fed."""
        self._find()
        return Dimensions(self._shape or ())

    @property
    def dtype(self):
        """The dtype."""
        self._find()
        return DType(self._dtype)

    @property
    def op(self):
        """The operation that gives it."""
        return Operation(self)

    values = property(lambda self: defer(getattr, (self, "values"), {}), doc="Of a result with names.")
    indices = property(lambda self: defer(getattr, (self, "indices"), {}), doc="Of a result with names.")

    @property
    def graph(self):
        """The Graph."""
        return graph()

    def get_shape(self):
        """The shape."""
        return self.shape

    def set_shape(self, shape):
        """Say what is known of the shape.

        Args:
            shape: ints and None.
        """
        self._find()
        self._shape = tuple(n if m is None else m for n, m in zip(self._shape, shape))

    def eval(self, feed_dict=None, session=None):
        """The value.

        Args:
            feed_dict: {placeholder: value}.
            session: of no effect.
        """
        return run(self, feed_dict)

    def run(self, feed_dict=None, session=None):
        """Compute it.

        Args:
            feed_dict: {placeholder: value}.
            session: of no effect.
        """
        run(self, feed_dict)

    def _find(self):
        """Shape and dtype: by two runs on zeros of different sizes."""
        if self._known:
            return
        found = [np.asarray(v) for v in _samples(self)]
        same = found[0].ndim == found[1].ndim  # else it is of any shape
        self._shape = tuple(a if a == b else None for a, b in zip(found[0].shape, found[1].shape)) if same else ()
        self._dtype, self._known = found[0].dtype.name, True


def _samples(node):
    """Values for two sizes of what is not known; where a constant goes with one size only, for that one."""
    found, errors = [], []
    for size in itertools.chain((2, 3, 1), sizes_below(node, Node)):
        try:
            with evaluating(_Samples(size)):
                found.append(value_of(node))
        except ValueError as error:
            errors.append(error)
        if len(found) == 2 or (found and size not in (2, 3)):
            return found[:1] * 2 if len(found) == 1 else found
    raise errors[0]


class Operation(Node):
    """What gives a Node: it has its name without ":0", and no value.

    Args:
        node: the Node, or a variable.
    """

    def __init__(self, node):
        super().__init__(lambda value: None, (node,))
        self.name, self.outputs = node.name.removesuffix(":0"), [node]

    op = property(lambda self: self, doc="Itself.")


class _Samples(dict):
    """Zeros for every placeholder."""

    def __init__(self, size):
        super().__init__()
        self.size = size

    def __contains__(self, node):
        return True

    def __getitem__(self, node):
        shape = tuple(self.size if n is None else n for n in node._shape or ())
        return np.zeros(shape, node._dtype).view(Tensor)


def waits(values):
    """Whether a call on these waits for a run: one of them is a Node, or a variable of the graph.

    Args:
        values: arguments, lists of them too.
    """
    here = graph()
    return here.active and here.values is None and current() is None and any(map(_waiting, values))


def _waiting(value):
    if isinstance(value, (list, tuple)):
        return any(map(_waiting, value))
    return isinstance(value, Node) or (isinstance(value, Variable) and id(value) in graph().first_values)


def holds_nodes(values):
    """Whether there is a Node among values, or in lists of them.

    Args:
        values: arguments.
    """
    return any(isinstance(v, Node) or (isinstance(v, (list, tuple)) and holds_nodes(v)) for v in values)


def defer(function, args, kwargs, **more):
    """The Node of a call.

    Args:
        function: what is called in a run.
        args, kwargs: its arguments.
        more: of Node.
    """
    if isinstance(kwargs.get("name"), str):
        more.setdefault("name", kwargs["name"])
    return Node(function, args, kwargs, **more)


def waiting(function):
    """A function whose calls on Nodes wait for a run.

    Args:
        function: it.
    """

    @functools.wraps(function)
    def call(*args, **kwargs):
        if waits(args) or waits(list(kwargs.values())):
            return defer(function, args, kwargs)
        return function(*args, **kwargs)

    return call


def placeholder(dtype, shape=None, name=None):
    """A value that is fed.

    Args:
        dtype: its dtype.
        shape: ints and None; None: any.
        name: str.
    """
    on()
    word = DType(getattr(dtype, "name", dtype) if str(dtype) != "float" else "float32")
    return Node(None, shape=None if shape is None else tuple(shape), dtype=str(word), name=name or "Placeholder")


def placeholder_with_default(input, shape, name=None):
    """A value that is fed, or the default.

    Args:
        input: the default.
        shape: of no effect.
        name: str.
    """
    on()
    return defer(constant if not isinstance(input, Node) else lambda x: x, (input,), {}, name=name)


# ---- runs --------------------------------------------------------------------------------------------------------
def value_of(node):
    """The value of a Node in the run that goes on.

    Args:
        node: the Node.
    """
    here = graph()
    if node in here.values:
        return here.values[node]
    if node.sample is not None and isinstance(here.feeds, _Samples):
        return node.sample(here.feeds.size)
    if node in here.feeds:
        found = here.feeds[node] if node.function is None else constant(here.feeds[node])
        if not isinstance(here.feeds, _Samples) or node.function is None:
            here.values[node] = found
            return found
    if node.function is None:
        raise ArgumentError(f"You must feed a value for placeholder tensor '{node.name[:-2]}' with dtype {node.dtype}.")
    for other in node.after:
        value_of(other)
    found = node.function(*resolved(node.args), **resolved(node.kwargs))
    found = here.values[node] = resolved(found) if holds_nodes((found,)) else found
    return found


def resolved(values):
    """Values in the places of Nodes.

    Args:
        values: arguments.
    """
    return tree.map_structure(lambda v: value_of(v) if isinstance(v, Node) else v, values)


def run(fetches, feed_dict=None):
    """The values of Nodes, variables and arrays in a structure, by one run.

    Args:
        fetches: the structure.
        feed_dict: {placeholder: value}.
    """
    fetches = each(fetches, graph().named)
    feeds = {graph().named(k): _fed(graph().named(k), value) for k, value in (feed_dict or {}).items()}
    with evaluating(feeds) as values:
        flat = _leaves(fetches)
        updates = [f for f in flat if isinstance(f, Node) and f.changes]
        for update in updates:  # gradients first: what is fetched besides is of the same values
            update.prepare()
        for fetch in flat:
            if isinstance(fetch, Node) and not fetch.changes:
                value_of(fetch)
        for update in updates:
            value_of(update)
        return _plain(fetches, values)


def _fed(node, value):
    if not isinstance(node, Node):
        raise ArgumentError(f"Cannot feed a value for {node!r}; expected a placeholder, or what is computed of one.")
    if node.made_of is not None:
        return node.made_of(value)
    own = node.function is None and node._dtype not in (None, "string")
    array = np.asarray(value).astype(node._dtype) if own else np.asarray(value)
    shape = node._shape if node.function is None else None
    if shape is not None and (
        len(shape) != array.ndim or any(n is not None and n != m for n, m in zip(shape, array.shape))
    ):
        raise ArgumentError(
            f"Cannot feed value of shape {array.shape} for Tensor {node.name}, which has shape {tuple(shape)}"
        )
    return array.view(Tensor)


def _leaves(fetches):
    if isinstance(fetches, dict):
        return [leaf for v in fetches.values() for leaf in _leaves(v)]
    if isinstance(fetches, (list, tuple)):
        return [leaf for v in fetches for leaf in _leaves(v)]
    return [fetches]


def _plain(fetches, values):
    if isinstance(fetches, dict):
        return {k: _plain(v, values) for k, v in fetches.items()}
    if isinstance(fetches, (list, tuple)):
        return tree.rebuild(fetches, [_plain(v, values) for v in fetches])
    found = values[fetches] if isinstance(fetches, Node) else fetches
    if isinstance(found, (list, tuple)):
        return [_plain(v, values) for v in found]
    found = found.numpy() if isinstance(found, Variable) else found.of_a_run() if hasattr(found, "of_a_run") else found
    return np.array(found)[()] if hasattr(found, "__array__") else found


Session.runner = staticmethod(run)
