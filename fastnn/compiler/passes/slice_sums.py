"""Gradients of slices that lie side by side: one concatenation instead of a sum of arrays that are mostly zeros.

Steps of a recurrent layer, gates of its cell and heads of an attention are slices of one array. The gradient
of each is an array of the whole size with zeros around; n of them cost n fills and n additions of everything.
"""
from collections.abc import Iterable, Sequence
from typing import Any

from fastnn.compiler.graph import Graph, make
from fastnn.compiler.passes.sums import Sums
from fastnn.graph.node import Node, Symbol
from fastnn.ops.op import REGISTRY

SLICE = "strided_slice_grad"


def slice_sums(graph: Graph) -> Graph:
    """Sums of gradients of neighbouring slices become the gradient of one slice, or the concatenation itself.

    An element gets the same numbers added; where more than one other term takes part, in another order.
    """
    def axis_of(s: Symbol) -> Any:
        place = _place(s.node) if s.node.op.name == SLICE else None
        return place and place[:1]              # a tuple: axis 0 is a group too

    def join(group: Any, terms: list[Symbol], new: dict[Symbol, Symbol], made: list[Node]) -> Any:
        return [_joined(run, group[0], new, made) for run in _runs([(*_place(s.node)[1:], s) for s in terms])]
    return Sums(graph).rewritten(axis_of, join)


def _place(node: Node) -> Any:
    """(axis, start, stop) of a slice with step 1 along one axis only, or None."""
    cut = [(k, range(d)[slice(*key)]) for k, (key, d) in enumerate(zip(node.attrs["key"], node.attrs["shape"]))
           if range(d)[slice(*key)] != range(d)]
    if len(cut) != 1 or cut[0][1].step != 1 or not len(cut[0][1]):
        return None
    return cut[0][0], cut[0][1].start, cut[0][1].stop


def _runs(slices: Iterable[Any]) -> list[list[Any]]:
    """Lists of slices of which each begins where the one before ends; what overlaps begins a new list."""
    runs: list[list[Any]] = []
    for item in sorted(slices, key=lambda s: s[:2]):
        if runs and runs[-1][-1][1] == item[0]:
            runs[-1].append(item)
        else:
            runs.append([item])
    return runs


def _joined(run: Sequence[Any], axis: int, new: dict[Symbol, Symbol], made: list[Node]) -> Symbol:
    """The symbol of the gradient of a run of slices; appends the nodes that it takes."""
    first = run[0][2].node
    if len(run) == 1:
        return new[first.output]
    made.append(make(REGISTRY["concatenate"], [new[s.node.inputs[0]] for _, _, s in run], {"axis": axis}, first))
    shape, start, stop = first.attrs["shape"], run[0][0], run[-1][1]
    if stop - start < shape[axis]:
        key = tuple((start, stop, None) if k == axis else (None, None, None) for k in range(len(shape)))
        made.append(make(first.op, (made[-1].output,), {"key": key, "shape": shape}, first))
    return made[-1].output
