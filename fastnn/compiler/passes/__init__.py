"""The passes, each a pure function graph -> graph in a file of its own, with an off-switch.

PIPELINE is the order; ``run(graph, off={"cse"})`` leaves some out.
"""
from fastnn.compiler.passes.cse import common_subexpressions
from fastnn.compiler.passes.dead import dead_nodes
from fastnn.compiler.passes.epilogue import epilogues
from fastnn.compiler.passes.norm_activation import norm_activations
from fastnn.compiler.passes.pool_relu import pooled_relus
from fastnn.compiler.passes.recompute import recomputed
from fastnn.compiler.passes.repeated import product_sums, shared_turns
from fastnn.compiler.passes.simplify import simplify
from fastnn.compiler.passes.slice_sums import slice_sums
from fastnn.compiler.passes.stable_loss import stable_losses
from fastnn.compiler.passes.unroll import unrolled

PIPELINE = (
    ("dead", dead_nodes),
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
    ("dead_again", dead_nodes),
    ("recompute", recomputed),
)
_REQUIRED = ("dead", "unroll")


def run(graph, off=()):
    """Apply every pass whose name is not in `off` ("all" leaves out every optional one)."""
    for name, function in PIPELINE:
        if name in _REQUIRED or not (name in off or "all" in off):
            graph = function(graph)
    return graph
