"""The nodes of a functional graph from a file: in which order they can be called, and which are never called."""

import heapq

from fastnn.core.errors import FileFormatError
from fastnn.layers import nest
from fastnn.layers.events import is_functional
from fastnn.ops import public


def call(name, operation, args, kwargs):
    """operation(*args, **kwargs), which must be a step of a graph: from symbols to symbols.

    Anything else would compute while the file is read, for as long and with as much memory as the file likes.
    Raises FileFormatError.
    """
    function = getattr(getattr(operation, "row", None), "function", "")
    # A file holds no functions but by name, and a loop without end is not a graph.
    if function in public.TAKE_FUNCTIONS and not _maps_by_name(operation):
        raise FileFormatError(
            f"The node {name!r} of a functional config is the operation {function!r}, which runs "
            "functions; expected an operation on tensors; refused."
        )
    if not any(is_functional(x) for x in nest.flatten([args, kwargs])):
        raise FileFormatError(
            f"The node {name!r} of a functional config is called on constants alone, expected at "
            "least one tensor of the graph; refused."
        )
    out = nest.flatten(operation(*args, **kwargs))
    if not out or not all(is_functional(x) for x in out):
        raise FileFormatError(f"The node {name!r} of a functional config gives no tensors of the graph; refused.")
    return out


def _maps_by_name(operation):
    """Whether an operation maps a function that the file names, as a registered one: it runs once for each row."""
    return operation.row.function == "vectorized_map" and callable(operation.config.get("function"))


def in_order(pending, made):
    """The nodes of a graph, each after those that it refers to, else in the order of the file.

    pending: list of (layer, node); the nodes of one layer are its calls in order.  made: {layer: number of calls that
    exist already}, an entry for every layer.
    A generator of (layer, node).  Raises FileFormatError for a node that refers to an unknown layer, and, when no
    node is left that could be called, for those that refer to each other.
    """
    numbers, waiting, missing, ready = dict(made), {}, [], []
    own = []
    for position, (name, node) in enumerate(pending):
        needs = {(n, c) for n, c in _references(node) if _known(n, c, made)}
        if numbers[name] > made[name]:
            needs.add((name, numbers[name] - 1))  # calls of a layer keep their numbers
        own.append((name, numbers[name]))
        numbers[name] += 1
        missing.append(len(needs))
        for need in needs:
            waiting.setdefault(need, []).append(position)
        if not needs:
            ready.append(position)
    done = 0
    while ready:
        position = heapq.heappop(ready)
        yield pending[position]
        done += 1
        for other in waiting.pop(own[position], ()):
            missing[other] -= 1
            if not missing[other]:
                heapq.heappush(ready, other)
    if done < len(pending):
        left = sorted({pending[p][0] for positions in waiting.values() for p in positions})
        raise FileFormatError(
            "Invalid Functional model configuration. The graph of the Functional model either has "
            f"loops or disconnected nodes. The following nodes failed to be resolved: {left[:20]}"
        )


def _known(name, number, made):
    """Whether a call has still to be made; FileFormatError where it can never be."""
    if not isinstance(name, str) or name not in made:
        raise FileFormatError(f"Invalid Functional model configuration. Missing node: {name!s:.200}.")
    if isinstance(number, bool) or not isinstance(number, int) or number < 0:
        raise FileFormatError(
            f"Invalid Functional model configuration: call {number!r:.50} of the node {name!r}; "
            "expected a number from 0 on."
        )
    return number >= made[name]


def _references(node):
    """(layer, call) of every tensor that a node is called on, in today's format or that of Keras 1 and 2."""
    try:
        if not isinstance(node, dict):
            yield from (tuple(item[:2]) for item in node)
            return
        left = [node.get("args", ()), node.get("kwargs", {}), node.get("outside", ())]
        while left:
            value = left.pop()
            if isinstance(value, dict):
                if value.get("class_name") == "__keras_tensor__":
                    yield tuple(value["config"]["keras_history"][:2])
                else:
                    left.extend(value.values())
            elif isinstance(value, (list, tuple)):
                left.extend(value)
    except (KeyError, TypeError, IndexError) as error:
        raise FileFormatError(f"A damaged node in a functional config: {str(node)[:200]}: {error!r}.") from error
