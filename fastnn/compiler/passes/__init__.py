"""The passes, each a pure function graph -> graph in a file of its own, with an off-switch.

PIPELINE is the order; ``run(graph, off={"cse"})`` leaves some out.  The bodies of loops and branches go through it
before the graph around them, so that what they give up meets the passes there.
"""

from collections.abc import Callable, Collection

from fastnn.compiler.graph import Graph
from fastnn.compiler.passes.commit import commit_after_guards
from fastnn.compiler.passes.cse import common_subexpressions
from fastnn.compiler.passes.epilogue import epilogues
from fastnn.compiler.passes.loops import dead_values, hoisted, in_bodies
from fastnn.compiler.passes.merge_slice_gradients import merge_slice_gradients
from fastnn.compiler.passes.norm_activation import norm_activations
from fastnn.compiler.passes.pool_relu import pooled_relus
from fastnn.compiler.passes.rematerialize import rematerialized
from fastnn.compiler.passes.simplify import simplify
from fastnn.compiler.passes.stable_loss import stable_losses
from fastnn.compiler.passes.unroll import unrolled
from fastnn.compiler.verify import verify

PIPELINE: tuple[tuple[str, Callable[..., Graph]], ...] = (
    ("dead", dead_values),
    ("bodies", in_bodies),
    ("hoist", hoisted),
    ("unroll", unrolled),
    ("simplify", simplify),
    ("cse", common_subexpressions),
    ("merge_slice_gradients", merge_slice_gradients),
    ("stable_loss", stable_losses),
    ("pool_relu", pooled_relus),
    ("epilogue", epilogues),
    ("norm_activation", norm_activations),
    ("dead_again", dead_values),
    ("rematerialize", rematerialized),
    ("commit", commit_after_guards),
)
_REQUIRED = ("dead", "unroll", "commit")


def run(graph: Graph, off: Collection[str] = (), unroll: bool = False, checks: bool = False) -> Graph:
    """Apply every pass whose name is not in `off` ("all" leaves out every optional one).

    unroll: write loops out; without it they stay.  checks: verify the graph after each pass.
    """
    if checks:
        verify(graph, "trace")
    for name, function in PIPELINE:
        if name not in _REQUIRED and (name in off or "all" in off):
            continue
        if name == "bodies":
            graph = in_bodies(graph, lambda body: run(body, off))
        elif unroll or name != "unroll":
            graph = function(graph)
        if checks:
            verify(graph, name)
    return graph
