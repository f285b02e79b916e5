"""Gradients of functional graphs: a node whose values are the derivatives of some symbols along others."""

from typing import Any

import numpy as np

from fastnn.core import dtypes, hooks
from fastnn.core.errors import NotSupportedError
from fastnn.graph import Symbol, current
from fastnn.graph.autodiff import gradients
from fastnn.graph.variable import auto_name
from fastnn.layers.events import Operation, any_functional
from fastnn.layers.leaf import symbol_like


class Gradients(Operation):
    """The node: targets, then sources and weights of the targets, to a gradient for each source.

    variables: at which places of the sources which variables stand.
    """

    kind = "Gradients"
    options: dict[str, Any] = {}

    def __init__(self, targets: int, sources: Any, weighted: bool) -> None:
        super().__init__(auto_name("gradients"))
        self.targets, self.sources, self.weighted = targets, sources, weighted

    def run(self, *values: Any) -> Any:
        """The gradients, zeros where nothing leads."""
        trace = current()
        if trace is None:
            raise NotSupportedError(
                "gradients of a functional graph run in a model or a backend.function; for gradients of arrays use "
                "fastnn.GradientTape."
            )
        rest = iter([trace.symbol(v) for v in values])
        ys = [next(rest) for _ in range(self.targets)]
        xs = [trace.symbol(s) if s is not None else next(rest) for s in self.sources]
        found = gradients(ys, xs, list(rest) if self.weighted else None)
        return [
            trace.constant(np.zeros(x.shape, dtypes.numpy_type(x.dtype))) if g is None else g for x, g in zip(xs, found)
        ]

    def infer(self, args: Any, kwargs: Any) -> Any:
        """Shapes and dtypes of the results: those of the sources."""
        rest = iter(args[self.targets :])
        xs = [s if s is not None else next(rest) for s in self.sources]
        return [symbol_like(tuple(x.shape), x.dtype) for x in xs]


def _zeros(trace: Any, x: Any) -> Any:
    return trace.constant(np.zeros(x.shape, dtypes.numpy_type(x.dtype)))


def symbolic_gradients(ys: Any, xs: Any, weights: Any = None, held: Any = None) -> Any:
    """The gradients of the sum of ys (symbols) along xs (symbols or variables), as a list of symbols.

    held: symbols that count as constants, in a trace.  In a trace: None where nothing leads.  Of functional symbols: a
    node of the functional graph.

    Raises NotSupportedError for arrays, which keep no record of what they were made from.
    """
    trace = current()
    if trace is not None:
        constant = {trace.symbol(h).node for h in held or ()}
        return gradients([trace.symbol(y) for y in ys], [trace.symbol(x) for x in xs],
                         None if weights is None else [trace.symbol(w) for w in weights],
                         (lambda node: node not in constant) if constant else None)  # fmt: skip
    if not any_functional(ys):
        raise NotSupportedError(
            "gradients: received values outside of a graph, which keep no record of what they were made from. Use a "
            "GradientTape, or fastnn.grad."
        )
    variables = [x if not isinstance(x, Symbol) else None for x in xs]
    given = [x for x in xs if isinstance(x, Symbol)]
    node = Gradients(len(ys), variables, weights is not None)
    return list(node(*ys, *given, *(weights or ())))


hooks.register("symbolic_gradients", symbolic_gradients)
