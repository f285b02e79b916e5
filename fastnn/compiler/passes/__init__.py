"""The passes, each a pure function graph -> graph in a file of its own, with an off-switch.

PIPELINE is the order; ``run(graph, off={"cse"})`` leaves some out.  The bodies of loops and branches go through it
before the graph around them, so that what they give up meets the passes there.
"""
from fastnn.compiler.passes.cse import common_subexpressions
from fastnn.compiler.passes.epilogue import epilogues
from fastnn.compiler.passes.loops import dead_values, hoisted, in_bodies
from fastnn.compiler.passes.norm_activation import norm_activations
from fastnn.compiler.passes.pool_relu import pooled_relus
from fastnn.compiler.passes.recompute import recomputed
from fastnn.compiler.passes.repeated import product_sums, shared_turns
from fastnn.compiler.passes.simplify import simplify
from fastnn.compiler.passes.slice_sums import slice_sums
from fastnn.compiler.passes.stable_loss import stable_losses
from fastnn.compiler.passes.unroll import unrolled

PIPELINE = (
    ("dead", dead_values),
    ("bodies", in_bodies),
    ("hoist", hoisted),
    ("unroll", unrolled),
    ("simplify", simplify),
    ("cse", common_subexpressions),
    ("slice_sums", slice_sums),
    ("product_sums", product_sums),
    ("shared_turns", shared_turns),
    ("stable_loss", stable_losses),
    ("pool_relu", pooled_relus),
    ("epilogue", epilogues),
    ("norm_activation", norm_activations),
    ("dead_again", dead_values),
    ("recompute", recomputed),
)
_REQUIRED = ("dead", "unroll")


def run(graph, off=(), unroll=True):
    """Apply every pass whose name is not in `off` ("all" leaves out every optional one).

    unroll: write loops out; without it they stay.
    """
    return _passed(graph, off, unroll)


def _passed(graph, off, unroll):
    for name, function in PIPELINE:
        if name not in _REQUIRED and (name in off or "all" in off):
            continue
        if name == "bodies":
            graph = in_bodies(graph, lambda body: _passed(body, off, False))
        elif unroll or name != "unroll":
            graph = function(graph)
    return graph
