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

What is compiled is one step of training: 32 images and their labels go in, the loss comes out, four arrays of weights
change, by plain gradient descent. The way there is that of any compiler. A description of the calculation (1, 2) is
rewritten into a better one that gives the same (4), then into calls of machine code (5), for which places in memory
are found (6), and all that is decided is written down (7). What then runs knows nothing of layers: it goes down a
list (8, 9).

| word | what it means here |
|---|---|
| symbol | stands for an array of known shape and type that is not calculated yet |
| node, graph | one operation on symbols; all nodes of a step, in an order in which each comes after what it needs |
| record | what the engine knows of an operation: shapes, gradient, kernels |
| kernel | a compiled function that reads and writes memory; it computes items `lo` to `hi` of `n` |
| lowering | from operations, which say what, to kernels, which say how |
| buffer, arena | room for one value; one block of memory in which all buffers have their places |
| fusion | several kernels take turns on a small tile of the data, so that what is between them never leaves the cache |
| barrier | a point at which threads wait for each other |
| tape, plan | the list of kernels with their arguments; the tape with all that is needed to run it |

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
once.

`%7 = add(%5, %6): float32[32, 64]` is a node: its value has the number 7, is made of those with the numbers 5 and 6,
and has 32 rows of 64 floats; behind `#` stands the layer. `none` is an operand that is left out, here the bias of a
product. `affine` is x * scale + shift, so it is what Rescaling(1 / 16) does. The last value is the loss."""),
    "autodiff": ("graph/autodiff.py", """\
`gradients` walks the nodes backwards and calls each record's `vjp`, which is written with records: more nodes.
Assigning a variable is an effect, kept in order.

A vjp (vector-Jacobian product) is the chain rule for one operation: given how the loss changes with its result, how
the loss changes with its operands. It begins with 1, the slope of the loss by itself, which the mean over 32 rows
turns into 1/32 = 0.03125 for each. Of `matmul(%3, %4)` the slopes are two products again. Then gradient descent: each
weight less 0.1 times its slope. `output` is what the step returns, `update` what it leaves behind."""),
    "structure": ("compiler/structure.py", """\
What a plan depends on of this graph, and what it is bound to: models of equal structure share a plan. The names of
layers and the values of weights are no part of it, shapes and operations are."""),
    "one pass": ("compiler/passes/epilogue.py", """\
A pass is a function graph -> graph that gives another graph with the same results. Of the {all} nodes the other
passes leave {before}: cross-entropy of softmax becomes one operation, which does not overflow, and what is not needed
is gone. This pass puts a bias and an activation into the product before them, so that the 32 x 64 numbers are written
once and not three times: {before} nodes become {after}, among them"""),
    "lower": ("compiler/lower.py, compiler/emit.py, ops/records/", """\
Each record emits instructions: a kernel's name, its items, and how it touches memory (item by item, or all). Values
get places: in place of an input, in the variable that they update, or in the arena.

`affine_f32 n 2048 chunk 2048`: 32 x 64 numbers, each an item. Threads share work by chunks; a step as small as this
one is a single chunk of every kernel. `r` is read, `w` written, with the name of what made the buffer. Without
`(all)` item i touches part i only; that is what makes fusion possible. Weights are updated where they are: `w
variable`."""),
    "memory": ("compiler/schedule.py, compiler/memory.py, compiler/barriers.py", """\
Element-wise neighbours become one fusion group, run tile by tile: {groups} groups. Buffers that are not alive at the
same time share bytes: {bytes} bytes of buffers lie in an arena of {arena}. Threads meet {meetings} times: where every
kernel is a single chunk, one thread does all of them in order.

A buffer is alive from the group that writes it to the last one that reads it. Two that lie at one place, as at 0,
share it: the first is no longer needed when the second is written."""),
    "plan": ("compiler/plan.py, compiler/assemble.py", """\
All of it as tables of integers, without an address: `str(plan)`. `arena+64` is what binding turns into an address;
`|` is a barrier.

A line is an instruction: its fusion group, kernel, number of items, and the kernel's arguments. Two lines with one
number are fused: of 4096 weights one tile is scaled and subtracted, then the next."""),
    "bind": ("runtime/bind.py", """\
`bind` puts addresses into the words: one base address for each space, one addition for each relocation. A space is a
block of memory that somebody else may own: a weight of the model, the batch of images, the arena. The same plan bound
to other arrays is another step of training."""),
    "executor": ("src_cython/fastnn/runtime/walk.pxi, runtime/pyexec.py", """\
All threads walk the rows from first to last, batch after batch, without the GIL; rows that loop or choose are walked
again or not at all. pyexec.py is the same walk in Python: the oracle of the tests.

A row has twelve numbers, which runtime/abi.py describes: `fn` says which function is called, `args` where its words
begin, `n` and `chunk` are as above. The first row is"""),
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
        all=len(graph.nodes),
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
