"""Loops and branches: nodes that have graphs inside.

LOOP: inputs (constants, carried, sliced arrays[, count]), outputs (carried at the end, stacked[, steps done]).  Its
payload is a LoopBody, whose body has inputs (constants, carried, slices) and outputs (next carried, values to stack).
Slices and stacked values of step t are row t of their arrays, in either direction.  With a test the loop ends at the
first step that the test refuses; rows that no step wrote are 0.
BRANCH: inputs (truth value, constants); its payload is two bodies, (then, else), with the constants as inputs and equal
specs of outputs.

Bodies are closed: what a function that is traced into one takes from around it becomes a constant, a variable that it
assigns becomes carried.  `loop` and `branch` build the nodes, on flat lists of symbols of the active trace.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from fastnn.core import hooks
from fastnn.core.errors import ArgumentError, DTypeError, GraphError, ShapeError, ValuesError
from fastnn.core.memory import affordable
from fastnn.graph.bodies import Around, Body, LoopBody, live, rematerialized
from fastnn.graph.hoist import hoist
from fastnn.graph.node import BRANCH, INPUT, LOOP, Node, Symbol
from fastnn.graph.spec import Spec
from fastnn.graph.trace import Trace, active

if TYPE_CHECKING:
    from fastnn.graph.variable import Variable

Pair = tuple[Symbol, Symbol]  # a symbol outside and its input in a body
Carried = tuple[Symbol, Symbol, Symbol]  # the initial value, its input, the next value
Test = tuple["Around", list[Symbol], Symbol]  # sub-trace, its inputs for the carried values, its result
Side = tuple[Trace, list[Symbol], Any]  # sub-trace, results, the sum of losses or None
Step = Callable[[list[Symbol], list[Symbol]], Sequence[Any]]
ENDLESS = 2**63 - 1  # the count of a loop that only its test ends


# ------------------------------------------------------------------ loops
class OpenLoop:
    """A loop while it is put together, in pairs of a symbol outside and its input in the body.

    trace: the sub-trace of the body, finished.  carried: [(initial value, input, next value)].  sliced: [(array,
    input)].  stacked: symbols of the body.  count: most steps.  steps: symbol outside that says how many run, or None.
    test: (sub-trace of the test, its inputs for the carried, its result) or None.  remat: as of `loop`.
    """

    def __init__(
        self,
        trace: Around,
        carried: Iterable[Carried],
        sliced: Iterable[Pair],
        stacked: Iterable[Symbol],
        count: int,
        reverse: bool = False,
        steps: Symbol | None = None,
        test: Test | None = None,
        remat: bool = False,
    ) -> None:
        self.trace, self.carried, self.sliced, self.stacked = trace, list(carried), list(sliced), list(stacked)
        self.count, self.reverse, self.steps, self.test, self.remat = count, reverse, steps, test, remat
        self.nodes = list(trace.nodes)

    @property
    def sure(self) -> bool:
        """Whether the first step runs in any case."""
        return self.test is None and self.steps is None and self.count > 0

    def symbols_out(self) -> list[Symbol]:
        """What the body calculates, in order."""
        return [*(new for _, _, new in self.carried), *self.stacked]

    def node(self, parent: Around) -> Node | None:
        """Add the LOOP node to the trace around it; None where nothing is left to calculate."""
        if not self.carried and not self.stacked and self.test is None:
            return None
        outputs = self.symbols_out()
        nodes = live(self.nodes, outputs)
        inner = {s for n in nodes for s in n.outputs}
        self.sliced = [(a, s) for a, s in self.sliced if s in inner]
        heads = {s for _, s, *_ in (*self.carried, *self.sliced)}
        sides, test = [(self.trace, inner, heads)], None
        if self.test is not None:
            around, places, go = self.test
            asked = live(around.nodes, [go])
            sides.append((around, {s for n in asked for s in n.outputs}, set(places)))
        outside, inside = _constants(sides)
        constants = list(zip(outside, inside[0]))
        if self.test is not None:
            test = Body([*inside[1], *places], asked, [go])
        inputs = [s for _, s in constants] + [s for _, s, _ in self.carried] + [s for _, s in self.sliced]
        body = Body(
            inputs, nodes, outputs, inner - set(inputs) if self.remat else set(rematerialized(self.trace)) & inner
        )
        attrs = {
            "constants": len(constants),
            "carried": len(self.carried),
            "sliced": len(self.sliced),
            "count": self.count,
            "reverse": bool(self.reverse),
        }
        if self.remat:
            attrs["remat"] = True
        outer = [a for a, *_ in (*constants, *self.carried, *self.sliced)]
        if self.steps is not None:
            attrs["counted"] = True
            outer.append(self.steps)
        specs = [s.spec for s in outputs[: len(self.carried)]]
        specs += [Spec((self.count, *s.shape), s.dtype) for s in self.stacked]
        for spec in specs:
            affordable(spec.nbytes, f"loop: a result of shape {spec.shape}")
        if test is not None:
            specs.append(Spec((), "int64"))
        return parent.add(LOOP, tuple(outer), attrs, specs, LoopBody(body, test))


def _constants(
    sides: Sequence[tuple[Around, set[Symbol], Collection[Symbol]]],
) -> tuple[list[Symbol], list[list[Symbol]]]:
    """(symbols outside, [their inputs in each body]) of bodies that get the same constants.

    sides: [(sub-trace, its symbols that are needed, those that come in otherwise)].
    """
    found: list[dict[Symbol, list[Symbol]]] = []
    most: dict[Symbol, int] = {}
    for trace, inner, others in sides:
        mine: dict[Symbol, list[Symbol]] = {}
        for s, outer in trace.outside.items():
            if s in inner and s not in others:
                mine.setdefault(outer, []).append(s)
        for outer, symbols in mine.items():
            most[outer] = max(most.get(outer, 0), len(symbols))
        found.append(mine)
    order = [outer for outer, n in most.items() for _ in range(n)]
    return order, [
        [mine[outer].pop(0) if mine.get(outer) else trace.add(INPUT, (), {}, [outer.spec]).output for outer in order]
        for (trace, _, _), mine in zip(sides, found)
    ]


def loop(
    step: Step,
    carried: Iterable[Any],
    sliced: Iterable[Any] = (),
    count: Any = None,
    reverse: bool = False,
    test: Callable[[list[Symbol]], Any] | None = None,
    name: str = "loop",
    remat: bool = False,
) -> tuple[list[Symbol], list[Symbol], Symbol | None]:
    """Add a LOOP to the active trace; returns (carried at the end, stacked, steps done or None), lists of symbols.

    step: (carried, slices), lists of symbols of the body -> (next carried, values to stack), lists; with a third one,
    [(input of the body, next value, first value or None)], of carried values that begin as zeros if with None, and are
    returned after the others.
    carried, sliced: symbols, variables or arrays; each of `sliced` has one row per step.  count: how many steps, or the
    most with a test.  test: carried -> a truth value, asked before each step.  remat: of the steps only the carried
    values are kept for the gradient, which computes the rest once more; no work on slices leaves the loop.

    Raises ArgumentError for a negative count, ShapeError and DTypeError where the body changes a carried value.
    """
    trace = active(name)
    carried, sliced = [trace.symbol(c) for c in carried], [trace.symbol(s) for s in sliced]
    count = _count(name, count, sliced, test is not None)
    with Trace(parent=trace) as sub:
        heads = [sub.input(c.shape, c.dtype) for c in carried]
        slices = [sub.input(s.shape[1:], s.dtype) for s in sliced]
        result = step(list(heads), list(slices))
        if not isinstance(result, (tuple, list)) or len(result) not in (2, 3):
            raise ArgumentError(
                f"{name}: the body must return the next carried values and the values to stack. Received: {result!r}."
            )
        new, stacked, *more = result
        late = [(head, sub.symbol(value), first) for head, value, first in more[0]] if more else []
        new, stacked = [sub.symbol(s) for s in new], [sub.symbol(s) for s in stacked]
        losses = _total(sub.losses)
    if len(new) != len(carried):
        raise ArgumentError(
            f"{name}: the body must return as many carried values as it gets. Received: {len(new)}, "
            f"expected: {len(carried)}."
        )
    for k, (a, b) in enumerate(zip(carried, new)):
        _same(f"{name}: carried value {k}", "it came in with", a, "the body returned", b)
    if count == ENDLESS and (stacked or losses is not None):
        raise ValuesError(
            f"{name}: a loop without a largest number of steps cannot keep values of its steps, such as "
            "losses that layers add; give maximum_iterations."
        )
    for k, (head, value, _) in enumerate(late):
        _same(f"{name}: late value {k}", "its input has", head, "the body returned", value)
    for head, value, begin in late:
        carried.append(hooks.call("operator", "zeros", head.shape, head.dtype) if begin is None else begin)
        heads.append(head)
        new.append(value)
    state = list(sub.assigns.items())
    open_ = OpenLoop(
        sub,
        zip(carried, heads, new),
        zip(sliced, slices),
        stacked + ([] if losses is None else [losses]),
        count,
        reverse,
        remat=remat,
    )
    for variable, value in state:
        head = sub.reads.get(variable)
        open_.carried.append(
            (trace.read(variable), sub.input(variable.shape, variable.stored_dtype) if head is None else head, value)
        )
    if test is not None:
        open_.test = _traced_test(name, test, trace, carried, state)
    final, out, steps = place(open_, trace)
    for (variable, _), value in zip(state, final[len(carried) :]):
        trace.assign(variable, value)
    if losses is not None:
        trace.losses.append(hooks.call("operator", "sum", out.pop()))
    return final[: len(carried)], out, steps


def _traced_test(
    name: str,
    test: Callable[[list[Symbol]], Any],
    trace: Trace,
    carried: Sequence[Symbol],
    state: Sequence[tuple[Variable, Symbol]],
) -> Test:
    with Trace(parent=trace) as sub:
        heads = [sub.input(c.shape, c.dtype) for c in carried]
        go = sub.symbol(test(list(heads)))
        if go.dtype != "bool":
            go = hooks.call("operator", "cast", go, "bool")
    if go.shape != ():
        raise ShapeError(f"{name}: the condition must be a scalar. Received: shape {go.shape}.")
    if sub.assigns or sub.losses:
        raise GraphError(f"{name}: the condition may not assign variables or add losses.")
    for variable, _ in state:
        head = sub.reads.get(variable)
        heads.append(sub.input(variable.shape, variable.stored_dtype) if head is None else head)
    return sub, heads, go


def place(open_: OpenLoop, trace: Trace) -> tuple[list[Symbol], list[Symbol], Symbol | None]:
    """Take out of a loop what need not be in it and add the rest to the trace; (carried, stacked, steps) outside."""
    open_.nodes = live(open_.nodes, open_.symbols_out())
    final = {k: a for k, (a, head, new) in enumerate(open_.carried) if new is head}  # these never change
    for k, value in final.items():
        open_.trace.outside[open_.carried[k][1]] = value
        if open_.test is not None:
            open_.test[0].outside[open_.test[1][k]] = value
    moving = [k for k in range(len(open_.carried)) if k not in final]
    if open_.test is not None:
        around, heads, go = open_.test
        open_.test = around, [heads[k] for k in moving], go
    width, open_.carried = len(open_.carried), [open_.carried[k] for k in moving]
    outside = hoist(open_, trace)  # {number of a stacked value: its array, made outside}
    stacked = open_.stacked
    first: dict[Symbol, int] = {}
    kept = [k for k, s in enumerate(stacked) if k not in outside and first.setdefault(s, k) == k]
    open_.stacked = [stacked[k] for k in kept]
    node = open_.node(trace)
    results = () if node is None else node.outputs
    final.update(zip(moving, results))
    outside.update(zip(kept, results[len(moving) :]))
    outside.update((k, outside[first[s]]) for k, s in enumerate(stacked) if k not in outside)
    steps = results[-1] if open_.test is not None else None
    return [final[k] for k in range(width)], [outside[k] for k in sorted(outside)], steps


def _total(values: Iterable[Any]) -> Any:
    """The sum of scalars as one symbol of the active trace, or None."""
    total = None
    for value in values:
        total = value if total is None else hooks.call("operator", "add", total, value)
    return total


def _count(name: str, count: Any, sliced: Sequence[Symbol], tested: bool) -> int:
    if count is None and not sliced:
        if tested:
            return ENDLESS
        raise ArgumentError(f"{name}: either values to slice or the number of steps must be given.")
    if count is not None and (isinstance(count, bool) or not hasattr(count, "__index__")):
        raise ArgumentError(f"{name}: the number of steps must be an integer. Received: {count!r}.")
    n: Any = int(count) if count is not None else None
    if n is not None and n < 0:
        raise ArgumentError(f"{name}: the number of steps must not be negative. Received: {n}.")
    for s in sliced:
        if not s.shape:
            raise ShapeError(f"{name}: values that are sliced need a first dimension. Received: shape {s.shape}.")
        if n is None:
            n = s.shape[0]
        if s.shape[0] != n:
            raise ShapeError(
                f"{name}: the first dimensions must be equal, and that of the number of steps. Received: "
                f"{[x.shape for x in sliced]}, steps: {n}."
            )
    return int(n)


def _same(what: str, one: str, a: Symbol, other: str, b: Symbol) -> None:
    if a.shape != b.shape:
        raise ShapeError(f"{what} must keep its shape: {one} shape {a.shape}, {other} shape {b.shape}.")
    if a.dtype != b.dtype:
        raise DTypeError(f"{what} must keep its dtype: {one} {a.dtype}, {other} {b.dtype}. Use ops.cast.")


# ------------------------------------------------------------------ branches
def branch(
    truth: Any, then: Callable[[], Iterable[Any]], other: Callable[[], Iterable[Any]], name: str = "cond"
) -> list[Symbol]:
    """Add a BRANCH to the active trace; returns the list of the results' symbols.

    truth: a scalar symbol of dtype bool.  then, other: functions without arguments that return lists of symbols, arrays
    or numbers, equal in number, shapes and dtypes.
    """
    trace = active(name)
    traced = [_side(trace, f) for f in (then, other)]
    (one, a, _), (two, b, _) = traced
    if len(a) != len(b):
        raise ArgumentError(
            f"{name}: both branches must return the same structure. Received: {len(a)} values from "
            f"the first, {len(b)} from the second."
        )
    for k, (x, y) in enumerate(zip(a, b)):
        _same(f"{name}: value {k} of the two branches", "the first one has", x, "the second one", y)
    state = list(dict.fromkeys([*one.assigns, *two.assigns]))
    added = next((loss for _, _, loss in traced if loss is not None), None)
    for sub, out, loss in traced:
        with sub:
            out += [sub.read(v) for v in state]
            if added is not None:
                out.append(sub.constant(0, added.dtype) if loss is None else loss)
    node = _branch_node(trace, trace.symbol(truth), [(sub, out) for sub, out, _ in traced])
    results = [] if node is None else list(node.outputs)
    if added is not None:
        trace.losses.append(results.pop())
    for v, s in zip(state, results[len(results) - len(state) :]):
        trace.assign(v, s)
    return results[: len(results) - len(state)]


def _side(trace: Trace, function: Callable[[], Iterable[Any]]) -> Side:
    with Trace(parent=trace) as sub:
        out = [sub.symbol(s) for s in function()]
        return sub, out, _total(sub.losses)


def _branch_node(trace: Trace, truth: Symbol, sides: Sequence[tuple[Trace, list[Symbol]]]) -> Node | None:
    if not sides[0][1]:
        return None
    nodes = [live(sub.nodes, out) for sub, out in sides]
    inner = [{s for n in ns for s in n.outputs} for ns in nodes]
    order, inputs = _constants([(sub, known, ()) for (sub, _), known in zip(sides, inner)])
    made = [
        Body(heads, ns, out, set(rematerialized(sub)) & known)
        for (sub, out), ns, known, heads in zip(sides, nodes, inner, inputs)
    ]
    return trace.add(BRANCH, (truth, *order), {}, [s.spec for s in sides[0][1]], tuple(made))
