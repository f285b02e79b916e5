"""Lowering: every node's record emits instructions; every symbol gets an operand.

Where a value lies is decided here: in place of an input that is read for the last time, inside a larger
buffer that wants its parts side by side, straight in the variable that it updates, or in the arena.
"""
import math

import numpy as np

from fastnn.compiler.emit import ARENA, FIXED, Buffer, Emitter, Instruction, Operand
from fastnn.core.errors import GraphError
from fastnn.core.jit import MODE
from fastnn.core.memory import register_memory
from fastnn.graph.node import CONSTANT, INPUT, VARIABLE

NEVER = math.inf


class DataSlot:
    """Where batches of one input come from: `io` = int64 words {address, row stride in bytes, rows}, `index` =
    one word, the address of the int64 row order (0: as they lie).  The words may change between runs.
    """

    def __init__(self, dtype):
        self.dtype = dtype                      # of the rows as they lie; the batch may have another
        self.io, self.index = np.zeros(3, np.int64), np.zeros(1, np.int64)


class Lowered:
    """Instructions, the operands of the wanted outputs, and what the addresses point to."""

    __slots__ = ("instructions", "outputs", "operands", "keep")

    def __init__(self, instructions, outputs, operands, keep):
        self.instructions, self.outputs, self.operands, self.keep = instructions, outputs, operands, keep


def lower(graph, bindings, state, reuse=True):
    """Instructions for the graph.

    bindings: {input symbol: np.ndarray or DataSlot}.  state: the state block.  reuse=False: every value has its
    own memory (the planner's off-switch).
    """
    return _Lowering(graph, bindings, state, reuse).run()


class _Lowering:
    def __init__(self, graph, bindings, state, reuse):
        self.graph, self.bindings, self.state, self.reuse = graph, bindings, state, reuse
        self.out, self.operands, self.buffers = [], {}, {}
        self.root, self.last_use = {}, {}
        self.target, self.parts = {}, {}

    # ------------------------------------------------------------------ analysis
    def _analyse(self):
        for k, node in enumerate(self.graph.nodes):
            for i, s in enumerate(node.outputs):
                a = (node.op.alias or {}).get(i)
                self.root[s] = s if a is None else self.root[node.inputs[a]]
            for s in node.inputs:
                if s is not None:
                    self.last_use[self.root[s]] = k
        for s in self.graph.outputs:
            self.last_use[self.root[s]] = NEVER
        sources = [self.root[s] for _, s in self.graph.updates]
        for (variable, _), r in zip(self.graph.updates, sources):
            if r.node.op is not VARIABLE or r.node.payload is not variable:
                self.last_use[r] = NEVER
            if sources.count(r) == 1 and r not in self.target and r.node.op not in (INPUT, VARIABLE, CONSTANT):
                self.target[r] = variable
        self.updated = {v for v, _ in self.graph.updates}
        self.leaf = {n.payload: n.output for n in self.graph.nodes if n.op is VARIABLE}
        if self.reuse:
            for node in self.graph.nodes:
                if node.op.name == "pack":
                    self._place_parts(node)

    def _place_parts(self, node):
        """Let the inputs of a pack node be produced at their places inside its output."""
        for s, offset in zip(node.inputs, node.attrs["offsets"]):
            r = self.root[s]
            if r.spec.size == s.spec.size and r.node.op not in (INPUT, VARIABLE, CONSTANT) and r not in self.parts \
                    and r not in self.target and r.dtype == node.output.dtype and self.last_use[r] != NEVER:
                self.parts[r] = node.output, offset * np.dtype(s.dtype).itemsize

    # ------------------------------------------------------------------ places
    def _fixed(self, array, label=""):
        buffer = self.buffers.get(id(array))
        if buffer is None:
            buffer = self.buffers[id(array)] = Buffer(FIXED, array.nbytes, array, label)
            if MODE == "python":                # the checked pointers must know variables and constants too
                register_memory(array)
        return buffer

    def _leaf(self, node):
        s = node.output
        if node.op is VARIABLE:
            operand = Operand(self._fixed(node.payload._array, node.payload.path), 0, s.shape, s.dtype)
            if node.payload in self.updated and self.last_use.get(s) == NEVER:
                copy = self._arena(s)           # an output wants the value from before the update
                Emitter(node, [], [], self.out, None).copy(operand, copy)
                return copy
            return operand
        if node.op is CONSTANT:
            return Operand(self._fixed(node.payload, "constant"), 0, s.shape, s.dtype)
        source = self.bindings.get(s)
        if source is None:
            raise GraphError(f"The input {s.name!r} of shape {s.shape} has no data bound to it.")
        if isinstance(source, np.ndarray):
            return Operand(self._fixed(source, s.name or "input"), 0, s.shape, s.dtype)
        operand = self._arena(s, s.name or "input")
        e = Emitter(node, [], [operand], self.out, None)
        cols = s.spec.size // s.shape[0]
        from fastnn.core.dtypes import kernel_type
        e.emit(f"gather_rows_{operand.t}_{kernel_type(source.dtype)}", self._words(source.io),
               self._words(source.index), operand.wr, cols, self._words(self.state), n=s.shape[0])
        return operand

    def _words(self, array):
        return Operand(self._fixed(array, "words"), 0, array.shape, "int64").rd_all

    def _arena(self, symbol, label=""):
        return Operand(Buffer(ARENA, max(symbol.spec.nbytes, 1), label=label or str(symbol.node.op.name)), 0,
                       symbol.shape, symbol.dtype)

    def _place(self, node, i, k):
        """The operand of output i of node number k."""
        s = node.outputs[i]
        if s in self.parts:
            whole, offset = self.parts[s]
            if whole not in self.operands:
                self.operands[whole] = self._arena(whole, "gradients")
            return Operand(self.operands[whole].buffer, offset, s.shape, s.dtype)
        if s in self.operands:                  # a pack node's output, made when its first part was
            return self.operands[s]
        variable = self.target.get(s)
        j = node.op.inplace.get(i) if node.op.inplace else None
        if j is not None and self.reuse:
            x = node.inputs[j]
            if x is not None and self._may_overwrite(node, x, s, k, variable):
                a = self.operands[x]
                return Operand(a.buffer, a.offset, s.shape, s.dtype)
        if variable is not None and self.reuse and s.dtype == variable.dtype:
            leaf = self.leaf.get(variable)
            if leaf is None or self.last_use.get(leaf, -1) < k:
                return Operand(self._fixed(variable._array, variable.path), 0, s.shape, s.dtype)
        return self._arena(s)

    def _may_overwrite(self, node, x, s, k, variable):
        r, a = self.root[x], self.operands[x]
        if self.last_use.get(r) != k or a.nbytes != s.spec.nbytes or a.dtype != s.dtype or r in self.parts:
            return False
        if sum(1 for y in node.inputs if y is not None and self.root[y] is r) != 1:
            return False
        if a.buffer.kind == FIXED:
            return (r.node.op is VARIABLE and variable is r.node.payload)
        return variable is None and a.offset == 0 and a.buffer.nbytes == a.nbytes and not a.buffer.pinned

    # ------------------------------------------------------------------ the walk
    def run(self):
        """Lower every node, then the updates that are not in place yet."""
        self._analyse()
        ops = self.operands
        for k, node in enumerate(self.graph.nodes):
            if node.op in (INPUT, VARIABLE, CONSTANT):
                ops[node.output] = self._leaf(node)
                continue
            alias = node.op.alias or {}
            for i, s in enumerate(node.outputs):
                if i in alias:
                    a = ops[node.inputs[alias[i]]]
                    ops[s] = Operand(a.buffer, a.offset, s.shape, s.dtype)
                else:
                    ops[s] = self._place(node, i, k)
            ins = [None if s is None else ops[s] for s in node.inputs]
            outs = [ops[s] for s in node.outputs]
            if node.op.host is not None:
                self._host(node, ins, outs)
            elif node.op.lower is not None:
                node.op.lower(Emitter(node, ins, outs, self.out, self._words(self.state)))
            elif not alias:
                raise GraphError(f"{node.op.name} has no kernel: received a call of it in the graph, expected calls of "
                                 "the operations that it is made of.")
        self._updates()
        outputs = [ops[s] for s in self.graph.outputs]
        for o in outputs:
            o.buffer.pinned = True
        return Lowered(self.out, outputs, ops, list(self.buffers.values()))

    def _host(self, node, ins, outs):
        accesses = [o.rd_all for o in ins if o is not None] + [o.wr_all for o in outs]
        self.out.append(Instruction("host", accesses, 1, 1, 0, False, node, 0, host=(node, ins, outs)))

    def _updates(self):
        late = []
        for variable, s in self.graph.updates:
            a = self.operands[s]
            target = Operand(self._fixed(variable._array, variable.path), 0, variable.shape, variable.dtype)
            if a.buffer is target.buffer:
                continue
            e = Emitter(s.node, [], [], self.out, None)
            if a.buffer.kind == FIXED and s.node.op is VARIABLE:
                copy = self._arena(s)           # it may itself be updated before this copy is made
                e.copy(a, copy)
                a = copy
            late.append((e, a, target))
        for e, a, target in late:
            e.copy(a, target)
