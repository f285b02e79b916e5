"""Structure: what a plan depends on of a traced graph, and what it does not: variables, seeds, names of layers.

Two graphs of equal structure get one plan; each binds it to its own variables, arrays, data slots and random keys.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fastnn.compiler.graph import Graph
from fastnn.core import random
from fastnn.core.types import Array, Attrs
from fastnn.graph.bodies import bodies
from fastnn.graph.node import CONSTANT, INPUT, VARIABLE, Node, Record, Symbol
from fastnn.graph.variable import Variable
from fastnn.ops.op import REGISTRY, Op

KEY_ATTRS = ("seed", "stream", "call")
LARGE = 1024  # bytes from which a constant is known by its digest
COMPONENT = 1 << 48  # distance between memory that does not overlap, in abstract addresses
PLAIN = (int, str, bytes, type(None))


class Unknown(Exception):
    """A graph has something of which nothing tells whether it is the same in another graph."""


def exact(value: Any) -> Any:
    """What stands for an attribute in a key: equal only where kernels and rules take both for the same.

    1, 1.0 and True differ, and so do 0.0 and -0.0.  Raises Unknown for anything that is not plain data.
    """
    kind = type(value)
    if kind is tuple:
        return tuple(map(exact, value))
    if kind is float:
        return value.hex()
    if kind is bool or kind in PLAIN:
        return value if kind is not str else repr(value)
    raise Unknown


def layout(arrays: Sequence[Array]) -> tuple[int, ...]:
    """Abstract first addresses of arrays, which overlap as the arrays do: what a plan knows of where they lie."""
    starts = np.array([a.ctypes.data for a in arrays], np.int64)
    ends = starts + np.array([a.nbytes for a in arrays], np.int64)
    order = np.argsort(starts, kind="stable").tolist()
    out, top, begin = [0] * len(arrays), -1, 0
    groups: list[list[tuple[int, int]]] = []
    for i in order:
        if starts[i] >= top:
            groups.append([])
            begin = starts[i]
        groups[-1].append((i, int(starts[i] - begin)))
        top = max(top, int(ends[i]))
    for group in groups:
        component = (1 + min(i for i, _ in group)) * COMPONENT
        for i, offset in group:
            out[i] = component + offset
    return tuple(out)


class Structure:
    """The parts of a graph that plans are bound to, and `key()`.

    graph: before the passes.  bindings: {input symbol: array or DataSlot}.

    variables: in order of first use; numbers: {variable: its number}.  arrays, slots: bound to inputs, in the order of
    the inputs; sources: {input symbol: ("array" or "slot", number, dtype)}.  keys: digests of random streams, in order
    of first use.  scopes: names of layers, likewise.
    """

    def __init__(self, graph: Graph, bindings: Mapping[Symbol, Any]) -> None:
        self.graph, self.bindings = graph, bindings
        self.numbers: dict[Variable, int] = {}
        self._keys: dict[Any, int] = {}
        self._scopes: dict[str, int] = {}
        self.arrays: list[Array] = []
        self.slots: list[Any] = []
        self.sources: dict[Symbol, tuple[str, int, str]] = {}
        self._ids: dict[Symbol, int] = {}  # of all symbols, in order
        self._plain = True
        self._rows = self._walk(graph.nodes)
        for variable, _ in graph.updates:
            self.numbers.setdefault(variable, len(self.numbers))
        self.variables = list(self.numbers)
        self.keys = [random.signed(random.fold(k)) for k in self._keys]
        self.scopes = list(self._scopes)
        self.layout = layout([v._host for v in self.variables])

    # ------------------------------------------------------------------ the walk
    def _walk(self, nodes: Sequence[Node]) -> tuple[Any, ...]:
        rows, scopes, ids = [], self._scopes, self._ids
        for node in nodes:
            op = node.op
            if type(op) is Op and REGISTRY.get(op.name) is not op:
                self._unknown()
            row = [
                op.name,
                tuple([None if s is None else ids[s] for s in node.inputs]),
                scopes.setdefault(node.scope, len(scopes)),
            ]
            if node.attrs:
                row.append(self._attrs(op, node.attrs))
            if node.payload is not None:
                row.append(self._payload(node))
            for s in node.outputs:
                ids[s] = len(ids)
            if op is INPUT:
                s = node.outputs[0]
                row.append((s.shape, s.dtype, self._source(s)))
            rows.append(tuple(row))
        return tuple(rows)

    def _unknown(self) -> None:
        self._plain = False

    def _attrs(self, op: Record, attrs: Attrs) -> Any:
        try:
            return self._exact(op, attrs)
        except Unknown:
            return self._unknown()

    def _exact(self, op: Record, attrs: Attrs) -> Any:
        if op.draws:
            key = tuple(attrs[name] for name in KEY_ATTRS)
            number = self._keys.setdefault(key, len(self._keys))
            return number, *(exact(v) for name, v in attrs.items() if name not in KEY_ATTRS)
        return tuple([exact(v) for v in attrs.values()])

    def _payload(self, node: Node) -> Any:
        payload, ids = node.payload, self._ids
        if node.op is VARIABLE:
            return self.numbers.setdefault(payload, len(self.numbers)), payload.shape, payload.dtype
        if node.op is CONSTANT:
            small = payload.nbytes <= LARGE
            raw = payload.tobytes() if small else hashlib.sha256(np.ascontiguousarray(payload).data).digest()
            return payload.shape, payload.dtype.char, raw
        if node.op is INPUT:
            return None
        return tuple(
            (self._walk(body.nodes), tuple(ids[s] for s in (*body.inputs, *body.outputs))) for body in bodies(node)
        )

    def _source(self, symbol: Symbol) -> Any:
        source = self.bindings.get(symbol)
        if source is None:
            return None
        if isinstance(source, np.ndarray):
            self.sources[symbol] = "array", len(self.arrays), source.dtype.name
            self.arrays.append(source)
        else:
            self.sources[symbol] = "slot", len(self.slots), source.dtype
            self.slots.append(source)
        return self.sources[symbol]

    # ------------------------------------------------------------------ what plans are kept under
    def key(self, settings: Any) -> bytes | None:
        """The digest that a plan is kept under, or None where it cannot be told.  settings: what else it depends on."""
        if not self._plain:
            return None
        graph, ids, marks = self.graph, self._ids, self.graph.marks
        key = (self._rows, [ids[s] for s in graph.outputs], [(self.numbers[v], ids[s]) for v, s in graph.updates],
               self.layout, marks.backward, marks.remat, settings)  # fmt: skip
        return hashlib.blake2b(repr(key).encode(), digest_size=32).digest()

    def key_number(self, attrs: Attrs) -> int:
        """The number of a random key."""
        return self._keys[tuple(attrs[name] for name in KEY_ATTRS)]

    def scope_number(self, scope: str) -> int:
        """The number of a layer's name; passes may have joined nodes, never renamed them."""
        return self._scopes.get(scope, -1)
