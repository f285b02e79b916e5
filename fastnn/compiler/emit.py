"""What a lowering rule sees: operands with their accesses, scratch, tables, and emit()."""
import numpy as np

from fastnn.core import dtypes
from fastnn.core.abi import PART
from fastnn.core.memory import affordable
from fastnn.core.shapes import product

__all__ = ["ARENA", "FIXED", "PART", "Access", "Buffer", "Emitter", "Instruction", "Local", "Operand", "Table"]

FIXED, ARENA = "fixed", "arena"
TILE = 1024                                     # elements per tile of an element-wise group
GRAIN_NS = 12_000                               # a chunk should be worth this much work: a barrier costs 0.3-1 us
MAX_CHUNKS = 16


class Buffer:
    """A block of memory: FIXED has an array, ARENA gets an offset from the memory plan."""

    __slots__ = ("kind", "nbytes", "array", "label", "first", "last", "offset", "tile_only", "pinned", "touched")

    def __init__(self, kind, nbytes, array=None, label=""):
        self.kind, self.nbytes, self.array, self.label = kind, nbytes, array, label
        self.first, self.last, self.offset, self.tile_only, self.pinned = None, -1, None, False, False
        self.touched = []


class Access:
    """How an instruction touches bytes [offset, offset + nbytes) of a buffer.

    parts: the bytes are so many equal parts, and a run of items that begins and ends at multiples of n / parts touches
    the parts of the same numbers only; 1 = any item may touch any byte, None = one part per item.
    """

    __slots__ = ("buffer", "offset", "nbytes", "itemsize", "read", "write", "parts")

    def __init__(self, buffer, offset, nbytes, itemsize, read, write, parts):
        self.buffer, self.offset, self.nbytes, self.itemsize = buffer, offset, nbytes, itemsize
        self.read, self.write, self.parts = read, write, parts

    @property
    def whole(self):
        """Whether any item may touch any byte."""
        return self.parts == 1


class Operand:
    """A value of the plan: where it lies, its shape and dtype.

    rd, wr, rw: item i of n touches only the i-th of n equal parts (see also `parts` of Emitter.emit).  rd_all, wr_all,
    rw_all: any part.
    """

    __slots__ = ("buffer", "offset", "shape", "dtype")

    def __init__(self, buffer, offset, shape, dtype):
        self.buffer, self.offset, self.shape, self.dtype = buffer, offset, tuple(shape), dtype

    @property
    def size(self):
        """Elements."""
        return product(self.shape)

    @property
    def itemsize(self):
        """Bytes of an element."""
        return dtypes.itemsize(self.dtype)

    @property
    def nbytes(self):
        """Bytes."""
        return product(self.shape) * dtypes.itemsize(self.dtype)

    @property
    def t(self):
        """The kernel type name: "f32" for float32."""
        return dtypes.kernel_type(self.dtype)

    def _access(self, read, write, parts):
        return Access(self.buffer, self.offset, self.nbytes, dtypes.itemsize(self.dtype), read, write, parts)

    rd = property(lambda self: self._access(True, False, None), doc="Read, item by item.")
    wr = property(lambda self: self._access(False, True, None), doc="Written, item by item.")
    rw = property(lambda self: self._access(True, True, None), doc="Read and written, item by item.")
    rd_all = property(lambda self: self._access(True, False, 1), doc="Any part may be read by any item.")
    wr_all = property(lambda self: self._access(False, True, 1), doc="Any part may be written by any item.")
    rw_all = property(lambda self: self._access(True, True, 1), doc="Any part may be read and written by any item.")

    def part(self, byte_offset, nbytes, dtype=None):
        """A sub-view of some bytes, one-dimensional."""
        dtype = dtype or self.dtype
        return Operand(self.buffer, self.offset + byte_offset, (nbytes // dtypes.itemsize(dtype),), dtype)


class Local:
    """Argument word: this thread's private workspace of `nbytes` bytes."""

    __slots__ = ("nbytes",)

    def __init__(self, nbytes):
        self.nbytes = nbytes


class Table:
    """Argument word: the address of a constant table."""

    __slots__ = ("array",)

    def __init__(self, array):
        self.array = array


class Instruction:
    """One kernel call before addresses are known.

    parts: items may be cut at multiples of n / parts, or nowhere but at the chunks (None).  run: items of one partial
    result, which one thread must go through in order.  span, cell: set by the schedule.
    """

    __slots__ = ("kernel", "args", "n", "chunk", "tile", "elementwise", "node", "flops", "sync", "host", "parts", "run",
                 "span", "cell")

    def __init__(self, kernel, args, n, chunk, tile, elementwise, node, flops, host=None, parts=None, run=1):
        self.kernel, self.args, self.n, self.chunk, self.tile = kernel, args, n, chunk, tile
        self.elementwise, self.node, self.flops, self.host = elementwise, node, flops, host
        self.parts, self.run, self.sync, self.span, self.cell = parts, run, False, 0, None

    def accesses(self):
        """The memory accesses among the arguments."""
        return [a for a in self.args if isinstance(a, Access)]

    @property
    def nbytes(self):
        """Bytes that it moves at least."""
        return sum(a.nbytes * (a.read + a.write) for a in self.args if isinstance(a, Access))


def grain(n, cost_ns):
    """Items per chunk: a function of the sizes only, so that results do not depend on the threads."""
    chunks = min(MAX_CHUNKS, n, int(cost_ns // GRAIN_NS))
    return n if chunks <= 1 else -(-n // chunks)


class Emitter:
    """The argument of every `lower` rule: ins, outs, attrs, node, and the methods below."""

    def __init__(self, node, ins, outs, out, state):
        self.node, self.attrs, self.ins, self.outs = node, node.attrs, ins, outs
        self._out, self.state = out, state

    def scratch(self, nbytes):
        """Arena bytes that live during this node only, as an operand of uint8."""
        self._afford(nbytes)
        return Operand(Buffer(ARENA, max(int(nbytes), 1), label="scratch"), 0, (max(int(nbytes), 1),), "uint8")

    def local(self, nbytes):
        """An argument word: a private workspace of each thread, valid during one call."""
        self._afford(nbytes)
        return Local(int(nbytes))

    def _afford(self, nbytes):
        where = f" in layer '{self.node.scope}'" if self.node.scope else ""
        affordable(nbytes, f"{self.node.op.name}{where} with {self.attrs}: the workspace")

    def table(self, ints):
        """An argument word: the address of a constant int64 table."""
        return Table(np.ascontiguousarray(ints, np.int64))

    def emit(self, kernel, *args, n, chunk=None, tile=None, elementwise=False, flops=0, parts=None, run=1,
             align=1):
        """Append one instruction over `n` items (see the contract of accesses in Operand).

        parts: the kernel may be called for any run of items that begins and ends at a multiple of n / parts, and its
        rd, wr and rw accesses have so many parts (images, say, where items are rows of pixels); an element-wise one has
        n.  run: so many items write one partial result, each call going on where the last one stopped.  align: a chunk
        is a multiple of it.
        """
        n = int(n)
        if n <= 0:
            return
        if chunk is None:
            if elementwise:
                item = max((a.itemsize for a in args if isinstance(a, Access) and a.itemsize >= 4), default=4)
                chunk = grain(n, 3 * item * n / 10)
                if chunk < n:
                    chunk = -(-chunk // TILE) * TILE
            else:
                nbytes = sum(a.nbytes * (a.read + a.write) for a in args if isinstance(a, Access))
                chunk = grain(n, nbytes / 10 + flops / 50)
        align = tile or align
        if chunk % align and chunk < n:
            chunk = -(-chunk // align) * align
        if elementwise:
            parts = n
        for a in args:
            if isinstance(a, Access) and a.parts is None:
                a.parts = parts or n
        self._out.append(Instruction(kernel, list(args), n, int(min(chunk, n)), tile or 0, elementwise, self.node,
                                     flops, parts=parts, run=run))

    def copy(self, source, target):
        """Copy one operand's bytes into another of the same size and dtype."""
        self.emit(f"copy_{source.t}", source.rd, target.wr, n=source.size, elementwise=True)
