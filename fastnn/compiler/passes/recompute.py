"""Cheap activations are computed again for the backward pass, where what they are computed from is kept anyway.

A normalisation and the layer behind it keep three arrays of one size for their gradients: x, y = act(norm(x)), and
the convolution's result after y. y follows from x and two vectors, in a pass over data that backward reads in any case.
"""
from fastnn.compiler.graph import copy_with, make, rewrite
from fastnn.graph.node import Leaf
from fastnn.graph.spec import Spec

LARGE = 256 * 1024          # bytes from which an activation is worth it
CHEAP = 12                  # operations per element of the result, at most
DEEP = 2                    # calls that are made again to get at what is kept


def recomputed(graph):
    """Let backward nodes read copies of forward nodes, made just before; the bits are those of the first time."""
    if graph.backward is None:
        return graph
    place = {node: i for i, node in enumerate(graph.nodes)}
    early, late = {}, {}
    for node in graph.nodes:
        for s in node.inputs:
            if s is not None:
                (late if node.order >= graph.backward else early).setdefault(s, []).append(place[node])
    chosen, wanted = {}, set(graph.kept())

    def kept(s, since):
        """Whether backward has s at `since` without our asking for it."""
        if isinstance(s.node.op, Leaf) or _bytes(s) < LARGE:
            return True
        return s not in chosen and max(late.get(s, [-1])) >= since

    def calls(s, since, depth):
        """The nodes to copy, last one s's, or None where that is too much."""
        again = _again(s)
        if again is None:
            return None
        found = []
        for x in again[1]:
            if x is not None and not kept(x, since):
                before = calls(x, since, depth - 1) if depth > 1 else None
                if before is None:
                    return None
                found += before
        return [*found, s]

    for node in graph.nodes:
        s = node.outputs[0]
        if node.order < graph.backward and s in early and s in late and s not in wanted and _bytes(s) >= LARGE:
            found = calls(s, min(late[s]), DEEP)
            if found is not None:
                chosen[s] = found
    if not chosen:
        return graph
    copies = {}

    def visit(node, inputs):
        if node.order < graph.backward:
            return None
        made = []
        for s in node.inputs:
            if s in chosen and s not in copies:
                local = {}
                for t in chosen[s]:
                    op, read, attrs = _again(t)
                    copy = make(op, [local.get(x, x) for x in read], attrs, node)
                    copy.scope, local[t] = t.node.scope, copy.output
                    made.append(copy)
                copies[s] = local[s]
        if not any(s in copies for s in node.inputs):
            return None
        copy = copy_with(node, tuple(copies.get(s, x) for s, x in zip(node.inputs, inputs)))
        return [*made, copy, copy.outputs]
    return rewrite(graph, visit)


def _bytes(s):
    return Spec(s.shape, s.dtype).nbytes


def _again(s):
    """(op, inputs, attributes) of a cheap call with s as its result, or None."""
    node = s.node
    if s.index or isinstance(node.op, Leaf):
        return None
    if node.op.again is not None:
        found = node.op.again(node)
    elif node.op.elementwise and node.op.lower is not None:
        found = node.op, node.inputs, node.attrs
    else:
        return None
    op, inputs, attrs = found
    specs = [None if x is None else Spec(x.shape, x.dtype) for x in (*inputs, s)]
    flops, _ = op.cost(specs[:-1], specs[-1:], attrs)
    return found if flops <= CHEAP * s.size else None
