"""What changes variables in a run of a graph, and gradients; see tf_graph."""

import contextlib

from fastnn.compat.tensorflow import constant
from fastnn.compat.tf.graphs.graph import Node, defer, evaluating, graph, value_of
from fastnn.core import tree
from fastnn.gradients import GradientTape


class Update(Node):
    """An operation: what it does when it is run.

    Args:
        function: what is called.
        args, kwargs: its arguments.
        needs: Nodes whose values are computed before anything is changed.
        name: str.
        of: the variable that it changes, or None.
    """

    def __init__(self, function, args=(), kwargs=None, needs=(), name=None, of=None):
        super().__init__(function, args, kwargs, name=name, sample=lambda size: of)
        self.needs, self.name = needs, self.name.removesuffix(":0")

    changes = True
    op = property(lambda self: self, doc="Itself.")

    def prepare(self):
        """Compute what it needs."""
        for node in self.needs:
            node.prepare()


def gradients_of(ys, xs):
    """Nodes of the gradients of the sum of ys along each of xs.

    Args:
        ys: Nodes.
        xs: Nodes and variables.
    """
    whole = defer(_gradients, (), {"of": _Pair(ys, xs)})
    return [defer(lambda found, k: found[k], (whole, k), {}) for k in range(len(xs))]


def hessians_of(ys, xs):
    """Nodes of the second derivatives of the sum of ys along each of xs, of the shape (*x.shape, *x.shape).

    Args:
        ys: Nodes.
        xs: Nodes and variables.
    """
    return [defer(lambda of: _gradients(of, second=True)[0], (), {"of": _Pair(ys, [x])}) for x in xs]


class _Pair:
    """Nodes that are not values yet when a call gets them."""

    def __init__(self, ys, xs):
        self.ys, self.xs = ys, xs


def _gradients(of, second=False):
    here = graph()
    before = here.pinned
    known = {node: v for node, v in here.values.items() if node.random or node in here.feeds or node in before}
    for node in _random_below(of.ys):
        known[node] = here.values[node] = value_of(node)
    with contextlib.ExitStack() as tapes:
        outer = tapes.enter_context(GradientTape()) if second else None
        tape = tapes.enter_context(GradientTape())
        watching = [t for t in (outer, tape) if t is not None]
        sources = []
        for x in of.xs:
            if isinstance(x, Node):
                value = value_of(x)
                known[x] = value if x in before or x in known else constant(value)
            sources.append(known[x] if isinstance(x, Node) else x)
            for each in watching:
                each.watch(sources[-1])
        here.pinned = before.union(x for x in of.xs if isinstance(x, Node))
        try:
            with evaluating(here.feeds, dict(known)) as values:
                targets = [value_of(y) for y in of.ys]
        finally:
            here.pinned = before
        found = tape.gradient(targets, sources)
    if second:
        found = [None if g is None else outer.jacobian(g, x) for g, x in zip(found, sources)]
    for node, value in values.items():
        here.values.setdefault(node, value)
    return found


def _random_below(nodes):
    seen, found = set(), []
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if not isinstance(node, Node) or node in seen:
            continue
        seen.add(node)
        found += [node] if node.random else []
        waiting += [v for v in tree.flatten([list(node.args), list(node.kwargs.values())]) if isinstance(v, Node)]
    return found
