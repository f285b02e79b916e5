"""Lowering of loops and branches: regions whose values lie where the next step, or whoever comes after, looks for them.

A stacked array has a row for each step, and a step's instructions write to it or read from it through words that move.
A carried value of which all steps are wanted (its gradient reads them, or they are an output) is a history: rows 0 to
T, step t reads row t and writes row t + 1, and nothing is copied. Any other carried value has one place, which its last
reader overwrites.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from fastnn.compiler.emit import Buffer, Emitter, Home, Operand, Region
from fastnn.graph.node import INPUT, Node, Symbol

if TYPE_CHECKING:
    from fastnn.compiler.lower import Lowering

BITS = {1: "u8", 2: "u16", 4: "i32", 8: "i64"}  # kernel types of so many bytes


def lower_loop(low: Lowering, node: Node, k: int) -> None:
    """Lower node number k of the graph of `low`, a LOOP."""
    _Loop(low, node, k).lower()


class _Loop:
    def __init__(self, low: Lowering, node: Node, k: int) -> None:
        self.low, self.node, self.k, self.attrs = low, node, k, node.attrs
        self.payload, self.body = node.payload, node.payload.body
        self.n_const, self.n_carry, self.count = (self.attrs[name] for name in ("constants", "carried", "count"))
        self.constants = node.inputs[: self.n_const]
        self.initial = node.inputs[self.n_const : self.n_const + self.n_carry]
        end = self.n_const + self.n_carry + self.attrs["sliced"]
        self.first_slice = self.n_const + self.n_carry
        self.taken: set[int] = set()
        self.sliced = node.inputs[self.first_slice : end]
        counted = self.attrs.get("counted")
        self.counter = node.inputs[end] if counted else None
        # whether all T steps run, which is known before
        self.complete = self.payload.test is None and not counted
        self.kind = "loop" if self.payload.test is None else "while"
        self.reverse = self.attrs["reverse"]

    def lower(self) -> None:
        low, node = self.low, self.node
        ops = low.operands
        region = self.region = Region(self.kind, node, low.region, self.count, self.reverse)
        inner = low.body(self.body, region)
        region.bodies = [inner.out]
        e = Emitter(node, [], [], low)
        carried, following, before, after = self._carried(inner, e)
        stacked = node.outputs[self.n_carry : len(self.body.outputs)]
        rows = {}
        for j, s in enumerate(self.body.outputs[self.n_carry :]):
            root, whole = inner.root[s], stacked[j]
            if (root in before or root in after) and s.spec.nbytes == root.spec.nbytes:
                ops[whole] = (before.get(root) or after[root]).view(whole.shape, whole.dtype)
                continue
            over = self._over(inner, s, whole)
            place = ops[whole] = (
                low.place(node, self.n_carry + j, self.k)
                if over is None
                else ops[self.sliced[over]].view(whole.shape, whole.dtype)
            )
            if not self.complete:
                _zero(e, place)
            rows[j] = row = place.view(s.shape, s.dtype, 0, ((region, s.spec.nbytes),))
            if low.reuse and root.node.op is not INPUT and root not in inner.homes:
                inner.homes[root] = Home(row, None if over is None else self.body.inputs[self.first_slice + over])
        values = (
            [ops[s] for s in self.constants]
            + carried
            + [
                ops[x].view(s.shape, s.dtype, 0, ((region, s.spec.nbytes),))
                for x, s in zip(self.sliced, self.body.inputs[self.first_slice :])
            ]
        )
        inner.operands.update(zip(self.body.inputs, values))
        if self.payload.test is not None:
            self._test(region, values)
        elif self.counter is not None:
            region.flag = ops[self.counter].rd_all
        low.out.append(region)
        inner.run()
        self._finish(inner, rows, carried, following)

    def _over(self, inner: Lowering, s: Symbol, whole: Symbol) -> int | None:
        """The number of the sliced array that the stack of s may take the place of, row by row, or None."""
        node, low = s.node, self.low
        x = node.inputs[node.op.inplace[s.index]] if node.op.inplace and s.index in node.op.inplace else None
        slices = self.body.inputs[self.first_slice :]
        if (
            x is None
            or not self.complete
            or x not in slices
            or x.spec != s.spec
            or node.inputs.count(x) != 1
            or inner.last_use.get(x) != inner.graph.nodes.index(node)
        ):
            return None
        k: int = slices.index(x)
        if k in self.taken or not low.may_overwrite(self.node, self.sliced[k], whole, self.k):
            return None
        self.taken.add(k)
        return k

    def _carried(
        self, inner: Lowering, e: Emitter
    ) -> tuple[list[Operand], list[Operand], dict[Symbol, Operand], dict[Symbol, Operand]]:
        """Places of the carried values: ([before the step], [after it], {root: whole history before}, {… after})."""
        low, ops, region = self.low, self.low.operands, self.region
        wanted = {inner.root[s] for s in self.body.outputs[self.n_carry :]}
        carried: list[Operand] = []
        following: list[Operand] = []
        before: dict[Symbol, Operand] = {}
        after: dict[Symbol, Operand] = {}
        for i, (init, s) in enumerate(zip(self.initial, self.body.outputs)):
            final, leaf = self.node.outputs[i], self.body.inputs[self.n_const + i]
            root, size = inner.root[s], s.spec.nbytes
            own = root.node.op is not INPUT and root not in after
            if low.reuse and self.complete and self.count and (leaf in wanted or (own and root in wanted)):
                whole = Operand(Buffer(max((self.count + 1) * size, 1), "history", region=low.region), 0, (), s.dtype)
                first, then = (size, 0) if self.reverse else (0, size)
                move = ((region, size),)
                e.copy(ops[init], whole.view(s.shape, s.dtype, self.count * size if self.reverse else 0))
                ops[final] = whole.view(s.shape, s.dtype, 0 if self.reverse else self.count * size)
                before.setdefault(leaf, whole.view((), s.dtype, first))
                if own:
                    after[root] = whole.view((), s.dtype, then)
                carried.append(whole.view(s.shape, s.dtype, first, move))
                following.append(whole.view(s.shape, s.dtype, then, move))
                if own:
                    inner.homes[root] = Home(following[-1])
                continue
            if low.may_overwrite(self.node, init, final, self.k):
                place = ops[init].view(s.shape, s.dtype)
            else:
                place = low.place(self.node, i, self.k)
                e.copy(ops[init], place)
            ops[final] = place
            carried.append(place)
            following.append(place)
            if low.reuse and own and root not in inner.homes:
                inner.homes[root] = Home(place, leaf)
        return carried, following, before, after

    def _test(self, region: Region, values: Sequence[Operand]) -> None:
        low, node = self.low, self.node
        test = low.body(self.payload.test, region)
        test.operands.update(zip(self.payload.test.inputs, values))
        region.bodies.insert(0, test.out)
        test.run()
        flag = test.operands[self.payload.test.outputs[0]]
        if flag.moves or not flag.buffer.in_arena:
            flag = _copied(test, self.payload.test.outputs[0], flag)
        region.flag = flag.rd_all
        steps = node.outputs[-1]
        low.operands[steps] = low.place(node, len(node.outputs) - 1, self.k)
        region.steps = low.operands[steps].wr_all

    def _finish(
        self, inner: Lowering, rows: Mapping[int, Operand], carried: Sequence[Operand], following: Sequence[Operand]
    ) -> None:
        """What the body did not write to its place itself."""
        e, late = Emitter(self.node, [], [], inner), []
        for j, row in rows.items():
            a = inner.operands[self.body.outputs[self.n_carry + j]]
            if not a.same_place(row):
                e.copy(a, row)
        for i, place in enumerate(following):
            s = self.body.outputs[i]
            a = inner.operands[s]
            if a.same_place(place):
                continue
            if any(a.same_place(c) for c in carried):  # another carried value, which may change first
                a = _copied(inner, s, a)
            late.append((a, place))
        for a, place in late:
            e.copy(a, place)


def lower_branch(low: Lowering, node: Node, k: int) -> None:
    """Lower node number k of the graph of `low`, a BRANCH."""
    ops = low.operands
    region = Region("branch", node, low.region, flag=ops[node.inputs[0]].rd_all)
    places = [low.place(node, i, k) for i in range(len(node.outputs))]
    low.out.append(region)
    for body in node.payload:
        inner = low.body(body, region)
        inner.operands.update(zip(body.inputs, [ops[s] for s in node.inputs[1:]]))
        region.bodies.append(inner.out)
        for s, place in zip(body.outputs, places):
            root = inner.root[s]
            if low.reuse and root.node.op is not INPUT and root not in inner.homes:
                inner.homes[root] = Home(place)
        inner.run()
        e = Emitter(node, [], [], inner)
        for s, place in zip(body.outputs, places):
            if not inner.operands[s].same_place(place):
                e.copy(inner.operands[s], place)
    ops.update(zip(node.outputs, places))


def _copied(low: Lowering, symbol: Symbol, operand: Operand) -> Operand:
    """A copy of an operand at a place of its own."""
    copy = low.arena(symbol, "copy")
    Emitter(symbol.node, [], [], low).copy(operand, copy)
    return copy


def _zero(e: Emitter, operand: Operand) -> None:
    """Rows that no step may write are 0."""
    e.emit(f"fill_bits_{BITS[operand.itemsize]}", operand.wr, 0, n=operand.size, elementwise=True)
