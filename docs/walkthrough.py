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
from fastnn.runtime import abi

ROWS = 32
FILE = pathlib.Path(__file__).with_suffix(".md")

TEXT = """# From a model to a tape

The model of README, followed through the whole engine; `python docs/walkthrough.py` writes this page from what it
really does. Read it beside the sources, in this order; each is one short file.

{stages}
"""


def model():
    """The model of README, and arrays like its data."""
    keras.utils.set_random_seed(0)
    net = keras.Sequential(
        [
            keras.Input((8, 8)),
            layers.Rescaling(1 / 16, name="rescaling"),
            layers.Flatten(name="flatten"),
            layers.Dense(64, activation="relu", name="dense"),
            layers.Dense(10, activation="softmax", name="dense_1"),
        ],
        name="sequential",
    )
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
        touched = [
            f"{'r' * a.read}{'w' * a.write} {a.buffer.label} {a.nbytes} bytes{' (all)' if a.whole else ''}"
            for a in item.args
            if isinstance(a, Access)
        ]
        yield f"{'  ' * depth}{item.kernel} n {item.n} chunk {item.chunk}: {'; '.join(touched)}"


# title -> (files, what happens there); numbers in braces come from the run
STAGES = {
    "graph": ("graph/trace.py, graph/node.py", """\
While a Trace is active, a call of an operation on symbols becomes a Node. Layers and losses are Python that runs
once."""),
    "autodiff": ("graph/autodiff.py", """\
`gradients` walks the nodes backwards and calls each record's `vjp`, which is written with records: more nodes.
Assigning a variable is an effect, kept in order."""),
    "structure": ("compiler/structure.py", """\
What a plan depends on of this graph, and what it is bound to: models of equal structure share a plan."""),
    "one pass": ("compiler/passes/epilogue.py", """\
A pass is a function graph -> graph. This one puts a bias and an activation into the product before them: {before} nodes
become {after}, among them"""),
    "lower": ("compiler/lower.py, compiler/emit.py, ops/records/", """\
Each record emits instructions: a kernel's name, its items, and how it touches memory (item by item, or all). Values
get places: in place of an input, in the variable that they update, or in the arena."""),
    "memory": ("compiler/schedule.py, compiler/memory.py, compiler/barriers.py", """\
Element-wise neighbours become one fusion group, run tile by tile: {groups} groups. Buffers that are not alive at the
same time share bytes: {bytes} bytes of buffers lie in an arena of {arena}. Threads meet {meetings} times."""),
    "plan": ("compiler/plan.py, compiler/assemble.py", """\
All of it as tables of integers, without an address: `str(plan)`. `arena+64` is what binding turns into an address; `|`
is a barrier."""),
    "bind": ("runtime/bind.py", """\
`bind` puts addresses into the words: one base address for each space, one addition for each relocation."""),
    "executor": ("src_cython/fastnn/runtime/walk.pxi, runtime/pyexec.py", """\
All threads walk the rows from first to last, batch after batch, without the GIL; rows that loop or choose are walked
again or not at all. pyexec.py is the same walk in Python: the oracle of the tests. The first row is"""),
}  # fmt: skip


def traced(net, x, y):
    """(trace, loss, number of forward nodes, {input: array}) of a training step with plain gradient descent."""
    with Trace(training=True) as trace:
        sx, sy = trace.input(x.shape, "float32", "x"), trace.input(y.shape, "int64", "y")
        loss = keras.ops.mean(keras.losses.sparse_categorical_crossentropy(sy, net(sx, training=True)))
        forward = len(trace.nodes)
        weights = net.trainable_variables
        for v, g in zip(weights, gradients([loss], [trace.read(v) for v in weights])):
            v.assign(v.value - 0.1 * g)
    return trace, loss, forward, {sx: x, sy: y}


def stages():
    """({title: lines}, numbers) of every stage."""
    options = Options()
    trace, loss, forward, bindings = traced(*model())
    graph = Graph.of(trace, [loss])
    listing = graph.listing()
    structure = Structure(graph, bindings)
    before, after = passes.run(graph, ("epilogue",)), passes.run(graph)
    lowered = lower.lower(after, structure, options)
    instructions = list(operands(lowered.items))
    groups = schedule.fusion_groups(lowered.items, options.target, options.fuse)
    blocks, count = memory.lifetimes(groups)
    arena = memory.plan(blocks)
    meetings = barriers.barriers(groups)
    plan = compile_graph(trace, [loss], bindings, options).plan
    row = zip(abi.COLUMNS, plan.table("code")[0].tolist())
    numbers = dict(
        before=len(before.nodes),
        after=len(after.nodes),
        groups=count,
        arena=arena,
        meetings=meetings,
        bytes=sum(b.nbytes for b in blocks),
    )
    return {
        "graph": listing[:forward],
        "autodiff": listing[forward:],
        "structure": [
            f"variables: {', '.join(v.path for v in structure.variables)}",
            f"inputs: {len(structure.arrays)} arrays; random keys: {len(structure.keys)}",
        ],
        "one pass": [line.split(" = ")[1] for line in after.listing() if "activation=" in line],
        "lower": instructions,
        "memory": [f"{b.label}: {b.nbytes} bytes at {b.offset}, groups {b.first} to {b.last}" for b in blocks],
        "plan": str(plan).splitlines(),
        "bind": [f"{i}: {space}, {space.nbytes} bytes" for i, space in enumerate(plan.spaces)],
        "executor": [", ".join(f"{name} {value}" for name, value in row)],
    }, numbers


def page():
    """The whole page."""
    lines, numbers = stages()
    parts = [
        f"## {k}. {title}: {files}\n\n{text.format(**numbers)}\n\n{block(lines[title])}"
        for k, (title, (files, text)) in enumerate(STAGES.items(), 1)
    ]
    return TEXT.format(stages="\n\n".join(parts))


if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")
