"""Writes walkthrough.md: the model of README, from layers to the tape, with what each stage really has.

    python docs/walkthrough.py          # writes docs/walkthrough.md again
"""
import pathlib

import numpy as np

import fastnn as keras
from fastnn import layers
from fastnn.compiler import barriers, lower, memory, passes, schedule
from fastnn.compiler.compile import compile_graph
from fastnn.compiler.emit import Access, Region
from fastnn.compiler.graph import Graph
from fastnn.compiler.structure import Structure
from fastnn.compiler.target import Options
from fastnn.graph import Trace, gradients

ROWS = 32
FILE = pathlib.Path(__file__).with_suffix(".md")

TEXT = """# From a model to a tape

The model of README, followed through the whole engine; `python docs/walkthrough.py` writes this page from what it really
does. Read it beside the sources, in this order; each is one short file.

{stages}
"""


def model():
    """The model of README, and arrays like its data."""
    keras.utils.set_random_seed(0)
    net = keras.Sequential([keras.Input((8, 8)), layers.Rescaling(1 / 16), layers.Flatten(),
                            layers.Dense(64, activation="relu"), layers.Dense(10, activation="softmax")])
    return net, np.zeros((ROWS, 8, 8), "float32"), np.zeros((ROWS,), "int64")


def block(lines):
    """Lines as a block of text, cut at 118 columns."""
    return "\n".join(["```", *(line if len(line) <= 118 else line[:115] + "..." for line in lines), "```"])


def operands(items, depth=0):
    """One line for each instruction before memory is planned."""
    for item in items:
        if isinstance(item, Region):
            for part in item.parts:
                yield from operands(part, depth + 1)
            continue
        touched = [f"{'r' * a.read}{'w' * a.write} {a.buffer.label} {a.nbytes} bytes{' (all)' if a.whole else ''}"
                   for a in item.args if isinstance(a, Access)]
        yield f"{'  ' * depth}{item.kernel} n {item.n} chunk {item.chunk}: {'; '.join(touched)}"


def stages():
    """(title, text, lines) of every stage."""
    net, x, y = model()
    options = Options()
    with Trace(training=True) as trace:
        sx, sy = trace.input(x.shape, "float32", "x"), trace.input(y.shape, "int64", "y")
        loss = keras.ops.mean(keras.losses.sparse_categorical_crossentropy(sy, net(sx, training=True)))
        forward = len(trace.nodes)
        weights = net.trainable_variables
        for v, g in zip(weights, gradients([loss], [trace.read(v) for v in weights])):
            v.assign(v.value - 0.1 * g)
    bindings = {sx: x, sy: y}
    graph = Graph.of(trace, [loss])
    listing = graph.listing()
    yield ("graph", "graph/trace.py, graph/node.py", "While a Trace is active, a call of an operation on symbols becomes a "
           "Node. Layers and losses are Python that runs once.", listing[:forward])
    yield ("autodiff", "graph/autodiff.py", "`gradients` walks the nodes backwards and calls each record's `vjp`, which is "
           "written with operations: more nodes. Assigning a variable is an effect, kept in order.", listing[forward:])
    structure = Structure(graph, bindings)
    yield ("structure", "compiler/structure.py", "What a plan depends on of this graph, and what it is bound to: models of "
           "equal structure share a plan.", [
               f"variables: {', '.join(v.path for v in structure.variables)}",
               f"inputs: {len(structure.arrays)} arrays; random keys: {len(structure.keys)}; "
               f"abstract addresses of the variables: {', '.join(map(hex, structure.layout))}"])
    before, after = passes.run(graph, ("epilogue",)), passes.run(graph)
    gone = [line.split(" = ")[1] for line in before.listing() if " = " in line]
    new = [line for line in after.listing() if "activation=" in line]
    yield ("one pass", "compiler/passes/epilogue.py", f"A pass is a function graph -> graph. This one puts a bias and an "
           f"activation into the product before them: {len(before.nodes)} nodes become {len(after.nodes)}, among them",
           [line.split(" = ")[1] for line in new])
    assert len(gone) > len(after.nodes) - 1
    lowered = lower.lower(after, structure, options)
    yield ("lower", "compiler/lower.py, compiler/emit.py, ops/", "Each record emits instructions: a kernel's name, its items, "
           "and how it touches memory (item by item, or all). Values get places: in place of an input, in the variable that "
           "they update, or in the arena.", list(operands(lowered.items)))
    units = schedule.group(lowered.items, options.target, options.fuse)
    blocks, count = memory.lifetimes(units)
    arena = memory.plan(blocks)
    meetings = barriers.barriers(units)
    yield ("memory", "compiler/schedule.py, compiler/memory.py, compiler/barriers.py",
           f"Element-wise neighbours become one unit, run tile by tile: {count} units. Buffers that are not alive at the same "
           f"time share bytes: {sum(b.nbytes for b in blocks)} bytes of buffers lie in an arena of {arena}. Threads meet "
           f"{meetings} times.", [f"{b.label}: {b.nbytes} bytes at {b.offset}, units {b.first} to {b.last}" for b in blocks])
    plan = compile_graph(trace, [loss], bindings, options).plan
    yield ("plan", "compiler/plan.py, compiler/assemble.py", "All of it as tables of integers, without an address: `str(plan)`. "
           "`arena+64` is what binding turns into an address; `|` is a barrier.", str(plan).splitlines())
    yield ("bind", "runtime/bind.py", "`bind` puts addresses into the words: one base address for each space, one addition "
           "for each relocation.", [f"{i}: {space}, {space.nbytes} bytes" for i, space in enumerate(plan.spaces)])
    yield ("executor", "src_cython/fastnn/runtime/walk.pxi, runtime/pyexec.py", "All threads walk the rows from first to last, "
           "batch after batch, without the GIL. pyexec.py is the same walk in Python: the oracle of the tests. A row is", [
               ", ".join(f"{name} {value}" for name, value in zip(
                   ("fn", "args", "n", "chunk", "tile", "end", "flags", "tmp", "ntmp", "inner", "lone", "span"),
                   plan.table("code")[0].tolist()))])


def page():
    """The whole page."""
    parts = [f"## {k}. {title}: {files}\n\n{text}\n\n{block(lines)}"
             for k, (title, files, text, lines) in enumerate(stages(), 1)]
    return TEXT.format(stages="\n\n".join(parts))


if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")
