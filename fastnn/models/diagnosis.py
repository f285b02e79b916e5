"""Where NaN or infinity began: one step is run again, operation by operation, and the first bad result is named.

The step is traced once more; the trace notes who makes each node.  Behind every node stands a look at its results, so
one run of the plan finds all that is not finite, with the memory of an ordinary step.  From the guards the search goes
back to the operations that made something bad of finite inputs.  A loop is then written out and searched likewise.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from fastnn.compiler import passes
from fastnn.compiler.graph import Graph, make
from fastnn.compiler.passes.unroll import StepsWriter
from fastnn.compiler.program import Program
from fastnn.compiler.target import Options
from fastnn.core import dtypes
from fastnn.core.errors import asked
from fastnn.core.shapes import product
from fastnn.graph import Symbol, Trace
from fastnn.graph.lifetime import passing
from fastnn.graph.node import CONSTANT, INPUT, LOOP, VARIABLE, Node
from fastnn.ops.records.cast import between
from fastnn.ops.records.state import WATCHED, first_not_finite
from fastnn.runtime.abi import ROW0, WATCH
from fastnn.runtime.bind import new_state

# Passes that join nodes without a change of bits.  Those that change what is computed, as the stable losses, stay.
JOINING = frozenset({"merge_slice_gradients", "pool_relu", "epilogue", "norm_activation", "rematerialize"})
LONGEST = 20_000  # nodes of a loop that is written out
STDLIB = os.path.dirname(os.__file__)
PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Who is on the stack when a node is made -> the phase; the innermost one counts.
PHASES = (("layers/layer.py", "forward"), ("losses/", "loss"), ("regularizers.py", "loss"),
          ("graph/autodiff.py", "backward"), ("optimizers/", "update"))  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """Where NaN or infinity began in a step of training.

    step: how many the optimizer has made before it.  kind: "NaN" or "infinity".  phase: "input" (an array of the data),
    "forward", "loss", "backward", "update" (a weight is bad before the step: an earlier update, or who set it) or
    "python" (a step that asks for values, of finite data and weights).
    name: the array or the variable's path.  layer: the path of the layer's names.  call: which of its calls in the
    step, counted from 1, 0 for the only one.  operation: its name in the graph.  site: "file:line" in the user's code.
    loop_step: of a loop.  shape: of the bad value.  row: the first bad one of the batch, sample: its row in the data;
    None where the value has no rows.
    """

    step: int
    kind: str = ""
    phase: str = ""
    name: str = ""
    layer: str = ""
    call: int = 0
    operation: str = ""
    site: str = ""
    loop_step: int | None = None
    shape: tuple[int, ...] = ()
    row: int | None = None
    sample: int | None = None

    def __str__(self) -> str:
        if not self.phase:
            return (
                f"NaN or infinity in the loss or a gradient of step {self.step}; run once more operation by operation, "
                "the step has none: it depends on something that changes between runs."
            )
        if self.phase == "python":
            return (
                f"NaN or infinity in the loss or an update of step {self.step}, which runs as Python, as it asks for "
                "values: where it began is not known."
            )
        what = self.kind[0].upper() + self.kind[1:] if self.kind != "NaN" else self.kind
        if self.phase == "input":
            where = f"in the data, array {self.name!r}"
        elif self.phase == "update":
            where = f"in the weights, {self.name!r}: left by an earlier update, or set so"
        else:
            maker = f"{'the gradient of ' if self.phase == 'backward' else ''}operation {self.operation!r}"
            if self.layer:
                maker += f" of {'layer' if self.phase != 'loss' else 'loss'} {self.layer!r}"
            if self.call:
                maker += f", its call {self.call}"
            if self.loop_step is not None:
                maker += f", step {self.loop_step} of its loop"
            if self.site:
                maker += f", at {self.site}"
            where = f"in the {self.phase}{'' if self.phase == 'loss' else ' pass'}: {maker} made it of finite numbers"
        rows = "" if self.row is None else f", row {self.row} of the batch"
        rows += "" if self.sample is None else f" (row {self.sample} of the data)"
        return f"{what} {where}; step {self.step}{rows}."


class Note(NamedTuple):
    """Of a node: the phase; the name of a loss; "file:line" outside of the library; which call of its layer it belongs
    to; of a gradient the node that it is the gradient of."""

    phase: str = "forward"
    loss: str = ""
    site: str = ""
    call: int = 0
    of: Node | None = None


class Noted(Trace):
    """A trace that notes who makes a node: notes[order] = a Note."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.notes: dict[int, Note] = {}
        self.calls: dict[str, int] = {}

    def scope(self, name: str) -> Any:
        """As of Trace; counts the calls of a layer."""
        if self.marks.backward is None:
            self.calls[name] = self.calls.get(name, 0) + 1
        return super().scope(name)

    def add(self, *args: Any, **kwargs: Any) -> Node:
        """As of Trace."""
        node = super().add(*args, **kwargs)
        note = _maker(sys._getframe(1))
        if note.of is not None and note.of.order in self.notes:  # a gradient is told by the call that it belongs to
            forward = self.notes[note.of.order]
            note = note._replace(loss=forward.loss, site=forward.site, call=forward.call)
        elif self.marks.backward is None:
            note = note._replace(call=self.calls.get(node.scope, 0))
        self.notes[node.order] = note
        return node


def _maker(frame: Any) -> Note:
    """Who is on the stack, as far as the step of the model."""
    phase = loss = site = ""
    of = None
    while frame is not None:
        file, function = frame.f_code.co_filename, frame.f_code.co_name
        if file.startswith(PACKAGE):
            inner = file[len(PACKAGE) + 1 :].replace(os.sep, "/")
            if inner == "models/step.py" and function == "traced":
                break
            if not phase:
                phase = next((p for start, p in PHASES if inner.startswith(start)), "")
            if inner.startswith("losses/") and not loss:
                loss = getattr(frame.f_locals.get("self"), "name", "") or ""
            if inner == "graph/autodiff.py" and function == "gradients" and of is None:
                of = frame.f_locals.get("node")
        elif not site and not file.startswith((STDLIB, "<")):
            site = f"{os.path.basename(file)}:{frame.f_lineno}"
        if function == "compute_loss" and not phase:
            phase = "loss"
        frame = frame.f_back
    return Note(phase or "loss", loss, site, of=of)


# ------------------------------------------------------------------ the search
@passing()
def diagnose(step: Any, feed: Any, rows: int) -> Finding:
    """Where NaN or infinity begins in the next batch of a step of training; changes nothing.

    step: a models.step.Step of kind "train".  feed: bound to the data.  rows: of the batch.
    """
    model = step._model()
    number = int(getattr(model.optimizer, "inner_optimizer", model.optimizer)._iterations.numpy())
    trace = Noted(training=True)
    try:
        with trace:
            symbols, _ = step.traced(trace, feed, rows)
    except Exception as error:
        if not asked(error):
            raise
        return _of_data(step, feed, rows, number)
    guards = [node for node in trace.nodes if node.op.guards]
    graph = Graph(list(trace.nodes), [o for node in guards for o in node.outputs], [], trace.marks)
    graph = passes.run(graph, JOINING | {"commit"})
    state = new_state()
    state[:] = step.shared.states["train"]
    state[WATCH] = 0
    run = _Run(dict(zip(symbols, feed.slots)), state, model._trainer().options)
    found = run.flags(graph.nodes)
    origin = _origin(graph.nodes, [s for node in graph.nodes if node.op.guards for s in node.inputs], found)
    if origin is None:
        return Finding(number)
    loop_step = None
    inner: Node | None = None
    if origin.op is LOOP:
        inner, loop_step, more = _inside(origin, run)
        found.update(more)
    return _finding(model, number, trace, feed, rows, int(state[ROW0]), origin, inner or origin, loop_step, found)


def _of_data(step: Any, feed: Any, rows: int, number: int) -> Finding:
    """Where a step that asks for values begins: in the data, in a weight, or somewhere in its Python."""
    first = int(step.shared.states["train"][ROW0])
    chosen = slice(first, first + rows) if feed.order is None else feed.order[first : first + rows]
    parts = [part for part, count in zip(("x", "y", "sample_weight"), feed.counts) for _ in range(count)]
    model = step._model()
    found = [
        *(
            ("input", f"{part}_{i}", a if feed.whole else a[chosen])
            for i, (part, a) in enumerate(zip(parts, feed.arrays))
        ),
        *(("update", v, np.asarray(v)) for v in model.variables),
    ]
    for phase, what, array in found:
        bad = ~np.isfinite(array) if array.dtype.kind == "f" else np.zeros(1, bool)
        if bad.any():
            kind = "NaN" if np.isnan(array[bad]).any() else "infinity"
            if phase == "update":
                layer, name = _place(what, model)
                return Finding(number, kind, phase, name, layer, shape=array.shape)
            row = sample = None
            if not feed.whole:
                row = int(np.argmax(bad.reshape(rows, -1).any(1)))
                sample = _sample(feed, rows, first + row)
            return Finding(number, kind, phase, _array(what, feed), shape=array.shape, row=row, sample=sample)
    return Finding(number, phase="python")


class _Run:
    """Runs of parts of a step: what they are bound to."""

    def __init__(self, bindings: dict[Symbol, Any], state: Any = None, options: Any = None) -> None:
        self.bindings, self.state = bindings, state
        self.executor = options.executor if options is not None else None

    def values(self, nodes: Sequence[Node], outputs: Sequence[Symbol]) -> list[Any]:
        """The values of these symbols of the nodes."""
        trace = Trace(training=True)
        trace.nodes = list(nodes)
        options = Options(off={"all"}, fuse=False, threads=1, executor=self.executor)
        program = Program(trace, outputs, self.bindings, state=self.state, options=options)
        program.run()
        return [np.array(o) for o in program.outputs]

    def flags(self, nodes: Sequence[Node]) -> dict[Symbol, int]:
        """{symbol: what first_not_finite says} of all floats that the nodes make; nodes: in order."""
        looked: list[Symbol] = []
        flags: list[Symbol] = []
        both: list[Node] = []
        for node in nodes:
            both.append(node)
            for s in node.outputs if node.op is not CONSTANT and not node.op.guards else ():
                if dtypes.is_float(s.dtype) and product(s.shape):
                    wide = s
                    if s.dtype not in WATCHED:  # all of float16 is in float32
                        both.append(make(between(s.dtype, "float32"), [s], {"dtype": "float32"}, node))
                        wide = both[-1].output
                    both.append(make(first_not_finite, [wide], {}, node))
                    looked.append(s)
                    flags.append(both[-1].output)
        self.nodes = nodes
        return {s: int(v) for s, v in zip(looked, self.values(both, flags)) if v >= 0}


def _origin(nodes: Sequence[Node], ends: Iterable[Symbol | None], found: dict[Symbol, int]) -> Node | None:
    """The first node, in order, that makes something bad of finite inputs and on which a bad one of `ends` depends."""
    reached = {s.node for s in ends if s is not None and s in found}
    for node in reversed(nodes):
        if node in reached:
            reached.update(s.node for s in node.inputs if s is not None and s in found)
    return next((n for n in nodes if n in reached and not any(s in found for s in n.inputs)), None)


def _inside(loop: Node, run: _Run) -> tuple[Node | None, int | None, dict[Symbol, int]]:
    """(the operation in a loop that made something bad, its step, flags); (None, None, {}) where a loop is too long."""
    if loop.attrs["count"] * (len(loop.payload.body.nodes) + 4) > LONGEST:
        return None, None, {}
    wanted = [s for s in loop.inputs if s is not None]
    arrays = dict(zip(wanted, run.values(run.nodes, wanted)))
    trace = Trace(training=True)
    inputs = tuple(None if s is None else trace.input(s.shape, s.dtype) for s in loop.inputs)
    alone = Node(loop.op, inputs, loop.attrs, [o.spec for o in loop.outputs], loop.scope, loop.order, loop.payload)
    writer = StepsWriter(alone)
    outputs = writer.structure(alone, inputs, ())
    bindings = {
        i: np.ascontiguousarray(arrays[s]) for i, s in zip(inputs, loop.inputs) if i is not None and s is not None
    }
    nodes = [*trace.nodes, *writer.made]
    found = _Run(bindings, run.state).flags(nodes)
    origin = _origin(nodes, outputs, found)
    if origin is None or origin.op is INPUT:
        return None, None, {}
    return origin, writer.steps.get(origin), found


def _finding(
    model: Any,
    number: int,
    trace: Noted,
    feed: Any,
    rows: int,
    row0: int,
    outer: Node,
    node: Node,
    loop_step: int | None,
    found: dict[Symbol, int],
) -> Finding:
    bad = next(s for s in node.outputs if s in found)
    index, nan = divmod(found[bad], 2)
    row = sample = None
    if bad.shape and bad.shape[0] == rows and node.op is not VARIABLE:
        row = index // (product(bad.shape) // rows)
        sample = _sample(feed, rows, row0 + row)
    note = trace.notes.get(outer.order, Note())
    layer, name, operation = node.scope or outer.scope, "", node.op.name
    if note.of is not None and node is outer:
        operation = note.of.op.name
    if node.op is INPUT:
        note, name, layer, operation = Note("input"), _array(bad.name or "", feed), "", ""
    elif node.op is VARIABLE:
        layer, name = _place(node.payload, model)
        note, operation = Note("update"), ""
    return Finding(
        step=number,
        kind="NaN" if nan else "infinity",
        phase=note.phase,
        name=name,
        layer=layer or note.loss,
        call=note.call if trace.calls.get(layer, 0) > 1 else 0,
        operation=operation,
        site=note.site,
        loop_step=loop_step,
        shape=tuple(bad.shape),
        row=row,
        sample=sample,
    )


def _sample(feed: Any, rows: int, at: int) -> int | None:
    """The row of the data that is at this place of the order; None where the batch is all of them."""
    if feed.order is not None:
        return int(feed.order[at])
    return at if feed.arrays and len(feed.arrays[0]) != rows else None


def _place(variable: Any, model: Any) -> tuple[str, str]:
    """(name of the layer that holds a variable, its name with the layer's in front)."""
    owner = ""
    for layer in model._flatten_layers():  # the outer ones come first
        if any(v is variable for v in layer.variables):
            owner = layer.name
    return owner, f"{owner}/{variable.path.rpartition('/')[2]}" if owner else variable.path


def _array(name: str, feed: Any) -> str:
    """ "x" for the only array of x, "x[1]" for one of several; name: "x_1"."""
    kind, _, index = name.rpartition("_")
    counts = dict(zip(("x", "y", "sample_weight"), feed.counts))
    before = 0
    for other, count in counts.items():
        if other == kind:
            return kind if count == 1 else f"{kind}[{int(index) - before}]"
        before += count
    return name
