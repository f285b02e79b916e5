"""Dead nodes: what no output and no effect needs is not computed."""
from fastnn.compiler.graph import Graph


def dead_nodes(graph):
    """Drop nodes from which no kept symbol can be reached."""
    live, nodes = {s.node for s in graph.kept()}, []
    for node in reversed(graph.nodes):
        if node in live:
            nodes.append(node)
            live.update(s.node for s in node.inputs if s is not None)
    return Graph(nodes[::-1], graph.outputs, graph.updates, graph.marks)
