"""Gradients of loops, as loops.

The gradient of a loop is a loop in the other direction.  Its body is the gradient of the body of one step; what that
reads of the step comes stacked from the forward loop, which gets further results for it, or is rematerialized where
that is cheap.  Gradients of constants are sums over the steps: of products and of sums over rows the steps' values are
stacked and one product or sum stands after the loop, others are carried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from fastnn.core import dtypes, hooks
from fastnn.core.errors import ValuesError
from fastnn.core.types import Dims
from fastnn.graph.autodiff import gradients
from fastnn.graph.bodies import replayed
from fastnn.graph.fusion import Algebra
from fastnn.graph.loop import ENDLESS, Carried, OpenLoop, place
from fastnn.graph.node import CONSTANT, INPUT, LOOP, Node, Symbol
from fastnn.graph.trace import Trace, active

if TYPE_CHECKING:
    pass

Term = tuple[Callable[..., Any], tuple[Symbol, ...]]  # (stacked values -> their sum over all steps, what is stacked)
CHEAP, DEEP = 4, 3  # operations per element, and calls in a row, of what is rematerialized


def _op(name: str, *args: Any) -> Any:
    return hooks.call("operator", name, *args)


def _loop_vjp(node: Node, gys: Sequence[Any], leads: Sequence[bool]) -> list[Any]:
    if node.attrs["count"] == ENDLESS:
        raise ValuesError(
            "while_loop: its gradient needs the values of all steps, so their largest number must be "
            "known. Received: maximum_iterations=None; give an integer."
        )
    return _Reverse(node, gys, leads).grads()


class _Reverse:
    """The gradient of one LOOP node, in the active trace: the node's own, or that of a body from where it is seen."""

    def __init__(self, node: Node, gys: Sequence[Any], leads: Sequence[bool]) -> None:
        a, body = node.attrs, node.payload.body
        self.node, self.body, self.gys = node, body, gys
        k, c = a["constants"], a["carried"]
        self.constants = list(zip(node.inputs[:k], body.inputs[:k]))
        self.carried: list[Carried] = list(zip(node.inputs[k : k + c], body.inputs[k : k + c], body.outputs[:c]))
        self.sliced = list(zip(node.inputs[k + c :], body.inputs[k + c :]))
        self.stacked = body.outputs[c:]
        wanted = [lead and dtypes.is_inexact(s.dtype) for lead, s in zip(leads, node.inputs)]
        self.wanted = {s for s, w in zip(body.inputs, wanted) if w}
        self.origin: dict[Symbol, Symbol] = {}
        self.final = list(gys[:c])
        self.rows = list(gys[c : c + len(self.stacked)])
        self._active()

    def _active(self) -> None:
        """The carried values whose gradients go from step to step: they depend on what is wanted, and matter."""
        varying, inputs = set(self.wanted), {s for _, s, _ in self.carried}
        while True:
            reached = set(varying)
            for n in self.body.nodes:
                if n.op.vjp is not None and any(s in reached for s in n.inputs if s is not None):
                    reached.update(o for o in n.outputs if dtypes.is_inexact(o.dtype))
            more = {s for _, s, new in self.carried if new in reached and dtypes.is_inexact(s.dtype)} - varying
            if not more:
                break
            varying |= more
        useful = {y for y, g in zip(self.stacked, self.rows) if g is not None}
        live_now = {s for (_, s, _), g in zip(self.carried, self.final) if g is not None}
        while True:
            needs = useful | {new for _, s, new in self.carried if s in live_now}
            for n in reversed(self.body.nodes):
                if n.op.vjp is not None and any(o in needs for o in n.outputs):
                    needs.update(s for s in n.inputs if s is not None and dtypes.is_inexact(s.dtype))
            more = {s for s in inputs if s in needs and dtypes.is_inexact(s.dtype)} - live_now
            if not more:
                break
            live_now |= more
        self.active = [(k, s) for k, (_, s, _) in enumerate(self.carried) if s in varying and s in live_now]
        self.varying = reached

    def grads(self) -> list[Any]:
        """Gradients of the node's inputs, None where there is none."""
        trace = active("gradients()")
        with Trace(parent=trace) as sub:
            inputs = [sub.symbol(outer) for outer, _ in self.constants]
            inputs += [sub.input(s.shape, s.dtype) for _, s, _ in self.carried]
            slices = [sub.input(s.shape, s.dtype) for _, s in self.sliced]
            self.sub = sub
            env = replayed(sub, self.body, inputs + slices, self.origin)
            self.forward = set(sub.nodes)
            self.outer = trace
            self.slots = [(trace.symbol(self.node.inputs[len(inputs) + k]), s) for k, s in enumerate(slices)]
            heads = [(k, sub.input(s.shape, s.dtype)) for k, s in self.active]
            pairs = [(env[self.carried[k][2]], g) for k, g in heads]
            for y, g in zip(self.stacked, self.rows):
                if g is not None:
                    self.slots.append((g, sub.input(y.shape, y.dtype)))
                    pairs.append((env[y], self.slots[-1][1]))
            xs = [s for s in self.body.inputs if s in self.wanted or any(s is x for _, x in self.active)]
            ys, gs = [y for y, _ in pairs], [g for _, g in pairs]
            by = dict(zip(xs, gradients(ys, [env[x] for x in xs], gs))) if ys else {}
            nexts = [by.get(s) for _, s in self.active]
            nexts = [_op("zeros", s.shape, s.dtype) if g is None else g for g, (_, s) in zip(nexts, self.active)]
            self.env = env
            later, sums = [], []  # [(constant, [terms])] and [(constant, head, next)]
            for _, s in self.constants:
                g = by.get(s)
                if g is not None:
                    terms, rest = self._terms(g, s)
                    later.append((s, terms))
                    if rest is not None:
                        head = sub.input(s.shape, s.dtype)
                        sums.append((s, head, _op("add", head, rest)))
            out = [by[s] for _, s in self.sliced if by.get(s) is not None]
        return self._assembled(trace, heads, nexts, later, sums, out, by)

    def _assembled(
        self,
        trace: Trace,
        heads: Sequence[tuple[int, Symbol]],
        nexts: Sequence[Any],
        later: Sequence[tuple[Symbol, list[Term]]],
        sums: Sequence[tuple[Symbol, Symbol, Any]],
        out: Sequence[Any],
        by: dict[Symbol, Any],
    ) -> list[Any]:
        carried = []
        for (k, head), new in zip(heads, nexts):
            g = self.final[k]
            carried.append((_op("zeros", head.shape, head.dtype) if g is None else g, head, new))
        for _, head, new in sums:
            carried.append((_op("zeros", head.shape, head.dtype), head, new))
        stacked = list(out)
        # {symbol of the body: its place among the stacked}
        places = {s: k for k, s in reversed(list(enumerate(out)))}

        def stack(s: Symbol) -> None:
            if s not in places:
                places[s] = len(stacked)
                stacked.append(s)

        for _, terms in later:
            for _, operands in terms:
                for s in operands:
                    stack(s)
        swap, nodes = self._kept([new for *_, new in carried] + stacked)
        stacked = [swap.get(s, s) for s in stacked]
        carried = [(a, b, swap.get(c, c)) for a, b, c in carried]
        direct = {s: outer for outer, s in self.slots}
        inside = [k for k, s in enumerate(stacked) if s not in direct]
        node, attrs = self.node, self.node.attrs
        steps = node.outputs[-1] if node.payload.test is not None else node.inputs[-1] if attrs.get("counted") else None
        steps = None if steps is None else trace.symbol(steps)
        open_ = OpenLoop(
            self.sub,
            carried,
            self.slots,
            [stacked[k] for k in inside],
            attrs["count"],
            not attrs["reverse"],
            steps,
            remat=attrs.get("remat", False),
        )
        open_.nodes = nodes
        final, rows, _ = place(open_, trace)
        values = {k: direct.get(s) for k, s in enumerate(stacked)}
        values.update(zip(inside, rows))
        grads = {}
        for (_, s), g in zip(self.active, final):
            grads[s] = g if s in self.wanted else None
        carried_sums = dict(zip([s for s, *_ in sums], final[len(heads) :]))
        for s, terms in later:
            total = carried_sums.get(s)
            for function, operands in terms:
                g = function(*[values[places[x]] for x in operands])
                total = g if total is None else _op("add", total, g)
            grads[s] = total
        at = 0
        for _, s in self.sliced:
            if by.get(s) is not None:
                grads[s], at = values[at], at + 1
        return [grads.get(s) for s in self.body.inputs] + [None] * (len(node.inputs) - len(self.body.inputs))

    # -------------------------------------------------------------- gradients of constants
    def _terms(self, g: Symbol, s: Symbol) -> tuple[list[Term], Any]:
        """The terms of a gradient: ([(function of stacked values -> their sum over all steps, symbols)], the rest)."""
        todo, found, rest = [g], [], None
        while todo:
            t = todo.pop()
            n = t.node
            if (
                n.op.fusion.algebra is Algebra.ADDITION
                and n not in self.forward
                and all(x.shape == t.shape for x in n.inputs)
            ):
                todo += reversed(n.inputs)
                continue
            rule = self._rule(t, s.shape)
            if rule is None:
                rest = t if rest is None else _op("add", rest, t)
            else:
                found.append(rule)
        return found, rest

    def _rule(self, t: Symbol, shape: Dims) -> Term | None:
        n = _peeled(t).node
        if n in self.forward or self.node.attrs.get("remat"):
            return None  # and what would be stacked for it is not kept
        count, bias = self.node.attrs["count"], n.op.fusion.bias
        if (
            n.op.fusion.algebra is Algebra.PRODUCT
            and n.attrs["transpose_a"]
            and not n.attrs["transpose_b"]
            and not n.attrs[n.op.fusion.activation]
            and (bias is None or n.inputs[bias] is None)
            and len(n.inputs[0].shape) == len(n.inputs[1].shape) == 2
        ):
            a, b = (_peeled(x) for x in n.inputs[:2])
            wide = [x.shape for x in n.inputs[:2]]
            if not (self._steps(a) and self._steps(b)):
                return None

            def product(x: Any, y: Any) -> Any:
                x, y = (_op("reshape", v, (count * rows, columns)) for v, (rows, columns) in zip((x, y), wide))
                return _op("reshape", _op("matmul", x, y, None, True), shape)

            return product, (a, b)
        if n.op.fusion.algebra is Algebra.TOTAL and self._steps(n.inputs[0]) and n.inputs[0].dtype == t.dtype:
            x = n.inputs[0]
            axes = n.attrs[n.op.fusion.reduces]
            axes = range(len(x.shape)) if axes is None else axes if isinstance(axes, tuple) else (axes,)
            axes = (0, *(1 + a % len(x.shape) for a in axes))
            return (lambda v: _op("reshape", _op("sum", v, axes), shape)), (x,)
        return None

    def _steps(self, s: Symbol) -> bool:
        """Whether a value differs from step to step (others would be stacked in vain)."""
        return s.node.op is not CONSTANT and not (s.node.op is INPUT and s in self.sub.outside)

    # -------------------------------------------------------------- values of the forward loop
    def _kept(self, outputs: Iterable[Symbol]) -> tuple[dict[Symbol, Symbol], list[Node]]:
        """({symbol made by the replayed forward nodes: input in its place}, the nodes of the reverse body).

        What the gradient reads of the forward step is a slice of a stacked result of the forward loop.
        """
        frontier: dict[Symbol, None] = {}
        seen: set[Node] = set()
        todo = list(outputs)
        while todo:
            s = todo.pop()
            n = s.node
            if n in self.forward:
                frontier[s] = None
            elif n not in seen:
                seen.add(n)
                todo += [x for x in n.inputs if x is not None]
        remat = {self.env[s] for s in self.body.remat if s in self.env}
        for n in {s.node for s in remat if s.node.op.structural}:
            remat.update(n.outputs)  # also those that a gradient appended
        kept: dict[Symbol, bool] = {}
        made: set[Symbol] = set()
        first = sorted(frontier, key=lambda s: (s.node.order, s.index))
        for s in first:
            if not _cheap(s) and s not in remat:
                self._need(s, kept, made, remat)
        for s in first:
            if s in remat or (_cheap(s) and self._free(s, kept, DEEP)):
                self._make(s, kept, made, remat)
            else:
                self._need(s, kept, made, remat)
        swap = {s: self.sub.input(s.shape, s.dtype) for s in kept}
        for s, inner in swap.items():
            self.slots.append((self.outer.symbol(append_stacked(self.node, self._original(s))), inner))
        nodes = [
            n for n in self.sub.nodes if not (n in self.forward and all(o in swap for o in n.outputs) and n.outputs)
        ]
        for n in nodes:
            n.inputs = tuple(swap.get(s, s) for s in n.inputs)
        return swap, nodes

    def _input(self, s: Symbol) -> bool:
        """Whether a replayed symbol is there without being kept: a constant, a slice, but not a carried value."""
        n = s.node
        return n.op is CONSTANT or (n.op is INPUT and (s in self.sub.outside or any(s is x for _, x in self.slots)))

    def _need(self, s: Symbol, kept: dict[Symbol, bool], made: set[Symbol], remat: set[Symbol]) -> None:
        if s in kept or s in made or self._input(s):
            return
        if s in remat:
            self._make(s, kept, made, remat)
        else:
            kept[s] = True

    def _make(self, s: Symbol, kept: dict[Symbol, bool], made: set[Symbol], remat: set[Symbol]) -> None:
        if s in made or s in kept or self._input(s):
            return
        made.add(s)
        for x in s.node.inputs:
            if x is not None:
                self._need(x, kept, made, remat) if x in remat or not _cheap(x) else self._make(x, kept, made, remat)

    def _free(self, s: Symbol, kept: dict[Symbol, bool], depth: int) -> bool:
        """Whether s can be made from what is there or kept anyway."""
        if s in kept or self._input(s):
            return True
        return depth > 0 and _cheap(s) and all(x is None or self._free(x, kept, depth - 1) for x in s.node.inputs)

    def _original(self, s: Symbol) -> Symbol:
        """The symbol of the forward body that a replayed one is a copy of."""
        for _, x, _ in self.carried:
            if self.env[x] is s:
                return x
        return _original(s, self.origin)


def _original(s: Symbol, origin: dict[Symbol, Symbol]) -> Symbol:
    found = origin.get(s)
    if found is None:  # a result that a gradient appended to the copy of a loop inside
        twin = s.node
        inner = twin.payload.body.outputs[s.index]
        found = origin[s] = append_stacked(origin[twin.outputs[0]].node, _original(inner, origin))
    return found


def append_stacked(node: Node, symbol: Symbol) -> Symbol:
    """The result of a LOOP node that stacks a symbol of its body; appended if it is not there yet."""
    outputs, width = node.payload.body.outputs, node.attrs["carried"]
    for k in range(width, len(outputs)):
        if outputs[k] is symbol:
            return node.outputs[k]
    outputs.append(symbol)
    new = Symbol(
        (node.attrs["count"], *symbol.shape),
        symbol.dtype,
        node=node,
        index=len(outputs) - 1,
        trace=node.outputs[0].made_in,
    )
    tail = node.outputs[len(outputs) - 1 :]  # the steps of a while loop stay the last
    for s in tail:
        s.index += 1
    node.outputs = (*node.outputs[: len(outputs) - 1], new, *tail)
    return new


def _peeled(s: Symbol) -> Symbol:
    while s.node.op.fusion.reshapes:
        s = s.node.inputs[0]
    return s


def _cheap(s: Symbol) -> bool:
    """Whether making a value once more costs less than keeping it."""
    n = s.node
    if n.op in (INPUT, CONSTANT) or n.op.structural or n.op.lower is None or len(n.outputs) != 1:
        return False
    if n.op.alias:
        return True
    if not n.op.elementwise and not n.op.fusion.repeats:
        return False
    flops, _ = n.op.cost([None if x is None else x.spec for x in n.inputs], [s.spec], n.attrs)
    return bool(flops <= CHEAP * max(s.size, 1))


LOOP.vjp = _loop_vjp
