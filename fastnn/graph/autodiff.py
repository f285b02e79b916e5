"""Reverse-mode differentiation, graph to graph: gradients are nodes like any other."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from fastnn.core import dtypes, hooks
from fastnn.core.errors import NotSupportedError, ShapeError
from fastnn.graph.active import current
from fastnn.graph.node import Node, Symbol
from fastnn.graph.tensor import Tensor
from fastnn.graph.trace import Trace, active


def gradients(
    ys: Iterable[Any],
    xs: Iterable[Any],
    gys: Sequence[Any] | None = None,
    through: Callable[[Node], bool] | None = None,
    outer: Trace | None = None,
) -> list[Any]:
    """Symbols of d(sum ys . gys)/dx for each x, None where no differentiable path leads.

    ys, xs: symbols of the active trace.  gys: symbols of the shapes of ys; ones if None.
    through: says of a node whether it is a function of its inputs; what it gives is a constant otherwise.
    outer: the trace of ys and xs, in the body of a loop whose steps each take other gys.
    The formula of each step is the operation's own `vjp` record; contributions are added in reverse call order,
    so the sum has one fixed shape.
    """
    ys, xs = list(ys), list(xs)
    if current() is None and any(type(y) is Tensor for y in ys):
        found: list[Any] = hooks.call("gather_gradients", ys, xs, gys)
        return found
    trace = active("gradients()")
    outer = trace if outer is None else outer
    ys, xs = [outer.symbol(y) for y in ys], [outer.symbol(x) for x in xs]
    outer.marks.targets = ys
    if outer.marks.backward is None:
        outer.marks.backward = len(outer.nodes)
    nodes = [n for n in outer.nodes if through(n)] if through is not None else list(outer.nodes)
    reached = _depends_on(nodes, xs)
    total: dict[Symbol, Any] = {}
    for y, g in zip(ys, gys or [None] * len(ys)):
        if g is None:
            g = hooks.call("operator", "ones", y.shape, y.dtype)
        if g.shape != y.shape:
            raise ShapeError(f"gradients(): the gradient of {y!r} has shape {g.shape}, expected {y.shape}.")
        _accumulate(total, y, g)
    wanted = set(xs)
    for node in reversed(nodes):
        if node not in reached or not any(o in total for o in node.outputs):
            continue
        if node.op.vjp is None:
            if "not offered" in node.op.nondiff:  # there is one, which would be missing in silence
                raise NotSupportedError(f"gradients: {node.op.name}: {node.op.nondiff}.")
            continue
        leads = [s is not None and (s.node in reached or s in wanted) for s in node.inputs]
        if not any(leads):
            continue
        with trace.scope(node.scope):
            gys = [total.get(o) for o in node.outputs]
            grads = node.op.vjp(node, gys, leads) if node.op.structural else node.op.vjp(node, gys)
            for x, g in zip(node.inputs, grads):
                if x is None or g is None or not dtypes.is_inexact(x.dtype):
                    continue
                if x.node not in reached and x not in wanted:
                    continue
                if g.shape != x.shape:
                    raise ShapeError(
                        f"The gradient rule of '{node.op.name}' gave shape {g.shape} for an input of shape {x.shape}."
                    )
                _accumulate(total, x, g)
    return [total.get(x) for x in xs]


def _accumulate(total: dict[Symbol, Any], symbol: Symbol, g: Any) -> None:
    total[symbol] = g if symbol not in total else hooks.call("operator", "add", total[symbol], g)


def flows(y: Symbol, xs: Iterable[Symbol], nodes: Iterable[Node]) -> bool:
    """Whether a gradient of y may reach some x through these nodes, which are in the order of their calls."""
    reached = set(xs)
    for node in nodes:
        if node.op.vjp is not None and node.op.name != "stop_gradient" and not reached.isdisjoint(node.inputs):
            reached.update([o for o in node.outputs if dtypes.is_float(o.dtype)])
    return y in reached


def _depends_on(nodes: Iterable[Node], xs: Iterable[Symbol]) -> set[Node]:
    """The nodes that have some x among their ancestors (or are its own node)."""
    reached = {x.node for x in xs}
    for node in nodes:
        if node not in reached and any(s is not None and s.node in reached for s in node.inputs):
            reached.add(node)
    return reached
