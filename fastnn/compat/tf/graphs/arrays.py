"""`tf.TensorArray` in a graph that is built: a Node whose methods are Nodes, too; see tensor_array for what they do."""

from fastnn.compat.tf.graphs.graph import Node, defer, graph
from fastnn.graph import current

METHODS = {"write", "read", "stack", "concat", "gather", "unstack", "scatter", "split", "size", "identity", "close"}


def in_graph(make, args, kwargs):
    """The Node of an array that is made while a graph is built; None elsewhere.

    Args:
        make: the class.
        args, kwargs: its arguments.
    """
    if not graph().active or graph().values is not None or current() is not None:
        return None
    return defer(make, args, {k: v for k, v in kwargs.items() if k != "name"})


def _called(array, method, *args, **kwargs):
    """A call of a method on an array of its own: a run may use the value of a Node more than once."""
    return getattr(array.apart(), method)(*args, **kwargs)


def _method_of_an_array(self, name):
    if name not in METHODS:
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
    return lambda *args, **kwargs: defer(_called, (self, name, *args), kwargs)


Node.__getattr__ = _method_of_an_array  # type: ignore[attr-defined]
