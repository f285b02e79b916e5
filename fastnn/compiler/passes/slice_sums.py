"""Gradients of slices that lie side by side: one concatenation instead of a sum of arrays that are mostly zeros.

Steps of a recurrent layer, gates of its cell and heads of an attention are slices of one array. The gradient
of each is an array of the whole size with zeros around; n of them cost n fills and n additions of everything.
"""
from fastnn.compiler.graph import make, rewrite

SLICE, SUM = "strided_slice_grad", "add"


class Sums:
    """The sums of a graph: trees of additions of equal shapes whose inner nodes nobody else reads.

    nodes: all of their additions.  roots: those that are whole sums.
    """

    def __init__(self, graph):
        self._readers = {s: len(nodes) for s, nodes in graph.consumers().items()}
        self._kept = set(graph.kept())
        self.nodes = {node for node in graph.nodes
                      if node.op.name == SUM and all(s.shape == node.output.shape for s in node.inputs)}
        self._below = {s.node for node in self.nodes for s in node.inputs if s.node in self.nodes and self.inner(s)}
        self.roots = self.nodes - self._below

    def inner(self, s):
        """Whether only one node, and nobody else, reads s."""
        return self._readers.get(s, 0) == 1 and s not in self._kept

    def terms(self, root):
        """The terms of a sum, without recursion: a sequence may have thousands of steps."""
        out, todo = [], [root]
        while todo:
            for s in todo.pop().inputs:
                if s.node in self._below and self.inner(s):
                    todo.append(s.node)
                else:
                    out.append(s)
        return out

    @staticmethod
    def total(root, symbols, made):
        """What `rewrite` wants for a root that is the sum of `symbols` now; made: the new nodes so far."""
        total = symbols[0]
        for s in symbols[1:]:
            made.append(make(root.op, (total, s), root.attrs, root))
            total = made[-1].output
        return [*made, (total,)]


def slice_sums(graph):
    """Sums of gradients of neighbouring slices become the gradient of one slice, or the concatenation itself.

    An element gets the same numbers added; where more than one other term takes part, in another order.
    """
    sums, new = Sums(graph), {}

    def visit(node, inputs):
        if node in sums.nodes or node.op.name == SLICE:
            new.update(zip(node.inputs, inputs))
        if node not in sums.roots:
            return None
        slices, others = {}, []
        for s in sums.terms(node):
            place = _place(s.node) if s.node.op.name == SLICE and sums.inner(s) else None
            if place is None:
                others.append(new[s])
            else:
                slices.setdefault(place[0], []).append((*place[1:], s))
        made, found = [], False
        for axis, found_here in slices.items():
            for run in _runs(found_here):
                found |= len(run) > 1
                others.append(_joined(run, axis, new, made))
        return sums.total(node, others, made) if found else None
    return rewrite(graph, visit)


def _place(node):
    """(axis, start, stop) of a slice with step 1 along one axis only, or None."""
    cut = [(k, range(d)[slice(*key)]) for k, (key, d) in enumerate(zip(node.attrs["key"], node.attrs["shape"]))
           if range(d)[slice(*key)] != range(d)]
    if len(cut) != 1 or cut[0][1].step != 1 or not len(cut[0][1]):
        return None
    return cut[0][0], cut[0][1].start, cut[0][1].stop


def _runs(slices):
    """Lists of slices of which each begins where the one before ends; what overlaps begins a new list."""
    runs = []
    for item in sorted(slices, key=lambda s: s[:2]):
        if runs and runs[-1][-1][1] == item[0]:
            runs[-1].append(item)
        else:
            runs.append([item])
    return runs


def _joined(run, axis, new, made):
    """The symbol of the gradient of a run of slices; appends the nodes that it takes."""
    first = run[0][2].node
    if len(run) == 1:
        return new[first.output]
    from fastnn.ops.op import REGISTRY
    made.append(make(REGISTRY["concatenate"], [new[s.node.inputs[0]] for _, _, s in run], {"axis": axis}, first))
    shape, start, stop = first.attrs["shape"], run[0][0], run[-1][1]
    if stop - start < shape[axis]:
        key = tuple((start, stop, None) if k == axis else (None, None, None) for k in range(len(shape)))
        made.append(make(first.op, (made[-1].output,), {"key": key, "shape": shape}, first))
    return made[-1].output
