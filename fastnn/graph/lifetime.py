"""Nodes that are let go when what they were made for is done.

A node has its results and each result its node, and both have the trace that they are part of: circles, which would
stay, with all weights that they read, until Python's garbage collector comes by. Whoever traces for a moment, to
compile or to learn a shape, does it in a scope that cuts them, so that reference counts suffice.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastnn.graph.node import Node


class Made(threading.local):
    """nodes: those made in the innermost scope of this thread, or None outside of any."""

    nodes: list[Node] | None = None


made = Made()


@contextlib.contextmanager
def passing() -> Iterator[None]:
    """Nodes made inside are cut off from their results, variables and traces at the end.

    Symbols that somebody keeps have shape and dtype then, and belong to no trace that goes on.

    >>> from fastnn.graph import Trace
    >>> with passing(), Trace() as trace:
    ...     x = trace.input((2,), "float32")
    >>> x.shape, x.node.outputs
    ((2,), ())
    """
    outer, made.nodes = made.nodes, []
    try:
        yield
    finally:
        nodes, made.nodes = made.nodes, outer
        for node in nodes:
            node.let_go()
