"""The graph: specs, symbols, nodes, variables, tracing and autodiff; knows records, no particular operation."""

from fastnn.graph import branch_grad, loop_grad  # noqa: F401  loops and branches have gradients
from fastnn.graph.active import current
from fastnn.graph.array import Array
from fastnn.graph.autodiff import gradients
from fastnn.graph.loop import branch, loop
from fastnn.graph.node import BRANCH, LOOP, Node, Symbol
from fastnn.graph.spec import Spec
from fastnn.graph.trace import Trace, apply
from fastnn.graph.variable import Variable

__all__ = ["Array", "BRANCH", "LOOP", "Node", "Spec", "Symbol", "Trace", "Variable", "apply", "branch", "current",
           "gradients", "loop"]  # fmt: skip
