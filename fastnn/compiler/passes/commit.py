"""Effects behind the guards: a step that fails at one has written nothing, and can be run again."""

from fastnn.compiler.graph import Graph, guarded
from fastnn.graph.node import CONSTANT, INPUT, VARIABLE, Node

LEAVES = INPUT, VARIABLE, CONSTANT


def commit_after_guards(graph: Graph) -> Graph:
    """Move what makes new values of variables, and what reads those, behind the last guard, in its order.

    Where a guard itself follows from such a value, that is copied at the end (see Lowering.leaves).
    """
    needed = guarded(graph.nodes)
    if not needed:
        return graph
    made = {s.node for _, s in graph.updates} - needed
    late: set[Node] = set()
    for node in graph.nodes:
        if node not in needed and node.op not in LEAVES:
            if node in made or any(s is not None and s.node in late for s in node.inputs):
                late.add(node)
    end = 1 + max(k for k, node in enumerate(graph.nodes) if node.op.guards)
    before = [node for node in graph.nodes[:end] if node not in late]
    nodes = before + [node for node in graph.nodes[:end] if node in late] + graph.nodes[end:]
    return Graph(nodes, graph.outputs, graph.updates, graph.marks)
