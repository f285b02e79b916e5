"""What is known of the graph of TensorFlow 1 that is built, and of the run that goes on; see tf_graph."""

import contextlib

import numpy as np

from fastnn.compat.shapes import TensorShape
from fastnn.compat.tf.devices import Scope
from fastnn.core import tree
from fastnn.core.errors import ArgumentError, UnknownNameError


class Graph(Scope):
    """What is known of the graph that is built.

    Args:
        active: whether calls wait.

    >>> Graph().get_operations()
    []
    """

    def __init__(self, active=False):
        self.active, self.values, self.feeds = active, None, {}
        self.variables, self.first_values, self.names = [], {}, {}
        self.collections, self.after, self.numbers, self.scopes = {}, [], {}, []
        self.nodes, self.pinned = {}, frozenset()  # nodes by name; nodes whose values a gradient is taken along

    def add(self, node, name):
        """The name of a node, made unique: it is found by it from now on.

        Args:
            node: the Node.
            name: str.
        """
        number, found = 0, name
        while found in self.nodes or found in self.names:
            number += 1
            found = f"{name}_{number}"
        self.nodes[found] = node
        return found

    def get_tensor_by_name(self, name):
        """The Node or variable of a name that ends with ":0".

        Args:
            name: str.
        """
        word, colon, number = str(name).rpartition(":")
        if not colon or number != "0":
            raise ArgumentError(f"get_tensor_by_name: received {name!r}, expected a name such as 'x:0'.")
        return self._named(word)

    def get_operation_by_name(self, name):
        """The operation of a name without ":0".

        Args:
            name: str.
        """
        return self._named(name).op

    def as_graph_element(self, name, allow_tensor=True, allow_operation=True):
        """The Node, variable or operation of a name.

        Args:
            name: str.
            allow_tensor, allow_operation: of no effect.
        """
        return self.get_tensor_by_name(name) if ":" in str(name) else self.get_operation_by_name(name)

    def named(self, value):
        """What a name stands for while a graph is built; anything else as it is.

        Args:
            value: str, or anything.
        """
        return self.as_graph_element(value) if isinstance(value, str) and self.active else value

    def get_operations(self):
        """The operations that have names."""
        return [node.op for node in self.nodes.values()]

    def _named(self, word):
        found = self.nodes.get(word)
        found = self.names.get(word) if found is None else found
        if found is None:
            raise UnknownNameError(f"The name {word!r} refers to a tensor which does not exist in the graph.")
        return found


_here = [Graph()]


def graph():
    """The Graph that is built."""
    return _here[0]


@contextlib.contextmanager
def evaluating(feeds, values=None):
    """A block in which Nodes have values.

    Args:
        feeds: {placeholder: value}.
        values: {Node: value} that are known.
    """
    here = graph()
    before = here.values, here.feeds
    here.values, here.feeds = {} if values is None else values, feeds
    try:
        yield here.values
    finally:
        here.values, here.feeds = before


def each(fetches, function):
    """A structure with what a function gives of each leaf.

    Args:
        fetches: the structure.
        function: the function.

    >>> each({"a": [1, (2,)]}, str)
    {'a': ['1', ('2',)]}
    """
    if isinstance(fetches, dict):
        return {k: each(v, function) for k, v in fetches.items()}
    if isinstance(fetches, (list, tuple)):
        return tree.rebuild(fetches, [each(v, function) for v in fetches])
    return function(fetches)


def sizes_below(node, kind):
    """The first sizes of the arrays that a Node is computed from.

    Args:
        node: the Node.
        kind: the class Node.
    """
    seen, waiting, sizes = set(), [node], []
    while waiting:
        here = waiting.pop()
        if id(here) in seen:
            continue
        seen.add(id(here))
        for value in (*here.args, *here.kwargs.values()):
            if isinstance(value, (list, tuple)) and value and all(isinstance(v, (int, float)) for v in value):
                sizes += [len(value), *(v for v in value if isinstance(v, int))]
            elif isinstance(value, np.ndarray) and value.ndim:
                sizes.append(len(value))
            waiting += [v for v in tree.flatten(value) if isinstance(v, kind)]
    return sorted({n for n in sizes if 3 < n < 10**6})


class Dimension(int):
    """A size that scripts of TensorFlow 1 ask for its value.

    >>> Dimension(3).value, Dimension(3) + 1
    (3, 4)
    """

    __slots__ = ()
    value = property(int, doc="The size.")


def _dimension(size):
    return size if size is None else Dimension(size)


class Dimensions(TensorShape):
    """A shape whose sizes have a value, if they are known.

    >>> Dimensions((None, 3))[1].value, [n for n in Dimensions((None, 3))], Dimensions((2, 3))[1:].as_list()
    (3, [None, 3], [3])
    """

    __slots__ = ()

    def __getitem__(self, key):
        found = tuple.__getitem__(self, key)
        return Dimensions(found) if isinstance(key, slice) else _dimension(found)

    def __iter__(self):
        return map(_dimension, tuple.__iter__(self))

    def as_list(self):
        """A list of the sizes."""
        return list(tuple.__iter__(self))
