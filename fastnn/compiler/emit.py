"""What a lowering rule sees: operands with their accesses, scratch, tables, and emit()."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastnn.core import dtypes
from fastnn.core.memory import affordable
from fastnn.core.shapes import product
from fastnn.core.types import Array, Dims
from fastnn.graph.node import Node, Symbol

if TYPE_CHECKING:
    from fastnn.compiler.lower import Lowering

__all__ = ["ARENA", "Access", "Buffer", "Emitter", "Home", "Instruction", "Key", "Local", "Operand", "Region", "Table"]

ARENA = "arena"
Moves = Sequence[tuple["Region", int]]  # how an address grows at each step of loops
Group = list["Instruction"]  # a fusion group: instructions that run together
Items = list[Any]  # fusion groups (before the schedule instructions) and regions
Places = dict["Buffer", tuple[int, bool]]  # scratch: offset, whether it holds a span
Host = tuple[Node, Sequence[Any], Sequence["Operand"]]


class Buffer:
    """A block of memory: of the arena, which gets an offset from the memory plan, or one that a plan is bound to.

    space: None for the arena, else the number of the space (see `fastnn.compiler.plan`).  base: its first byte among
    all memory that plans are bound to, where only overlaps count.  region: the loop or branch that it is made in.
    first, last: fusion groups between which it is alive.  tile_only: it needs a tile of scratch, no place.  pinned:
    its value is wanted after the run.  shared: it is touched on both sides of a region's border.
    """

    __slots__ = ("space", "base", "nbytes", "label", "region", "first", "last", "offset", "tile_only", "pinned",
                 "shared")  # fmt: skip

    space: Any  # an int, None for the arena
    first: Any  # ints, once the schedule has numbered its groups
    offset: Any  # an int, once the memory plan has placed it

    def __init__(
        self, nbytes: int, label: str = "", space: int | None = None, base: int = 0, region: Region | None = None
    ) -> None:
        self.space, self.base, self.nbytes, self.label, self.region = space, base, nbytes, label, region
        self.first, self.last, self.offset = None, -1, None
        self.tile_only = self.pinned = self.shared = False

    @property
    def in_arena(self) -> bool:
        """Whether the memory plan places it."""
        return self.space is None


class Access:
    """How an instruction touches bytes [offset, offset + nbytes) of a buffer.

    parts: the bytes are so many equal parts, and a run of items that begins and ends at multiples of n / parts touches
    the parts of the same numbers only; 1 = any item may touch any byte, None = one part per item.  moves: [(region,
    bytes)] by which the offset grows at each step of a loop.
    """

    __slots__ = ("buffer", "offset", "nbytes", "itemsize", "read", "write", "parts", "moves")

    parts: int  # None until the instruction is emitted

    def __init__(
        self,
        buffer: Buffer,
        offset: int,
        nbytes: int,
        itemsize: int,
        read: bool,
        write: bool,
        parts: Any,
        moves: Moves = (),
    ) -> None:
        self.buffer, self.offset, self.nbytes, self.itemsize = buffer, offset, nbytes, itemsize
        self.read, self.write, self.parts, self.moves = read, write, parts, moves

    @property
    def whole(self) -> bool:
        """Whether any item may touch any byte."""
        return self.parts == 1


class Operand:
    """A value of the plan: where it lies, its shape and dtype.

    rd, wr, rw: item i of n touches only the i-th of n equal parts (see also `parts` of Emitter.emit).  rd_all, wr_all,
    rw_all: any part.  moves: as of Access.
    """

    __slots__ = ("buffer", "offset", "shape", "dtype", "moves")

    def __init__(self, buffer: Buffer, offset: int, shape: Iterable[int], dtype: str, moves: Moves = ()) -> None:
        self.buffer, self.offset, self.shape, self.dtype, self.moves = buffer, offset, tuple(shape), dtype, moves

    @property
    def size(self) -> int:
        """Elements."""
        return product(self.shape)

    @property
    def itemsize(self) -> int:
        """Bytes of an element."""
        return dtypes.itemsize(self.dtype)

    @property
    def nbytes(self) -> int:
        """Bytes."""
        return product(self.shape) * dtypes.itemsize(self.dtype)

    @property
    def t(self) -> str:
        """The kernel type name: "f32" for float32."""
        return dtypes.kernel_type(self.dtype)

    def _access(self, read: bool, write: bool, parts: int | None) -> Access:
        return Access(self.buffer, self.offset, self.nbytes, self.itemsize, read, write, parts, self.moves)

    rd = property(lambda self: self._access(True, False, None), doc="Read, item by item.")
    wr = property(lambda self: self._access(False, True, None), doc="Written, item by item.")
    rw = property(lambda self: self._access(True, True, None), doc="Read and written, item by item.")
    rd_all = property(lambda self: self._access(True, False, 1), doc="Any part may be read by any item.")
    wr_all = property(lambda self: self._access(False, True, 1), doc="Any part may be written by any item.")
    rw_all = property(lambda self: self._access(True, True, 1), doc="Any part may be read and written by any item.")

    @property
    def real(self) -> Operand:
        """Complex numbers as the pairs of floats that they lie as; any other operand itself."""
        part = dtypes.COMPLEX.get(self.dtype)
        return self if part is None else self.view((*self.shape, 2), part)

    def part(self, byte_offset: int, nbytes: int, dtype: str | None = None) -> Operand:
        """A sub-view of some bytes, one-dimensional."""
        dtype = dtype or self.dtype
        return self.view((nbytes // dtypes.itemsize(dtype),), dtype, byte_offset)

    def view(self, shape: Dims, dtype: str, byte_offset: int = 0, moves: Moves = ()) -> Operand:
        """Other bytes of the same buffer, or the same ones as another shape; moves: further ones."""
        return Operand(self.buffer, self.offset + byte_offset, shape, dtype, (*self.moves, *moves))

    def same_place(self, other: Operand) -> bool:
        """Whether the two begin at one address, at every step of the loops round them."""
        return self.buffer is other.buffer and self.offset == other.offset and self.moves == other.moves


class Home(NamedTuple):
    """Where a result is wanted: the operand, and the symbol (or None) whose value lies there until then."""

    operand: Operand
    leaf: Symbol | None = None


class Local:
    """Argument word: this thread's private workspace of `nbytes` bytes."""

    __slots__ = ("nbytes",)

    def __init__(self, nbytes: int) -> None:
        self.nbytes = nbytes


class Table:
    """Argument word: the address of a constant table."""

    __slots__ = ("array",)

    def __init__(self, array: Array) -> None:
        self.array = array


class Key:
    """Argument word: the digest that random numbers follow from, plus `more`; moves: as of Access."""

    __slots__ = ("space", "more", "moves")

    def __init__(self, space: int, more: int, moves: Moves) -> None:
        self.space, self.more, self.moves = space, more, moves


class Region:
    """Instructions that run together under a control row: a loop, or a branch.

    kind: "loop", "while" or "branch".  bodies: lists of instructions and regions, after the schedule of
    fusion groups and regions: [body], [test, body] or [then, else].  count: the most steps.  reverse: from the last
    step on.  flag: what decides (count, truth value of the test or the branch) as an access, or None.  steps: access
    that gets the number of steps.  outer: the region round it.
    """

    __slots__ = ("kind", "bodies", "count", "reverse", "flag", "steps", "outer", "node", "number", "first", "last",
                 "sync", "host")  # fmt: skip

    bodies: list[Items]
    first: Any  # ints, once the memory plan has numbered it
    last: Any

    def __init__(
        self,
        kind: str,
        node: Node,
        outer: Region | None,
        count: int = 1,
        reverse: bool = False,
        flag: Access | None = None,
        steps: Access | None = None,
    ) -> None:
        self.kind, self.node, self.outer, self.count, self.reverse = kind, node, outer, count, reverse
        self.flag, self.steps, self.bodies = flag, steps, []
        self.number, self.first, self.last, self.sync, self.host = None, None, None, False, None

    def path(self) -> tuple[Region, ...]:
        """The regions from the outermost one to this one."""
        return (*(self.outer.path() if self.outer is not None else ()), self)

    def accesses(self) -> list[Access]:
        """What the control row itself touches."""
        return [a for a in (self.flag, self.steps) if a is not None]


class Instruction:
    """One kernel call before addresses are known.

    parts: items may be cut at multiples of n / parts, or nowhere but at the chunks (None).  run: items of one partial
    result, which one thread must go through in order.  joined: a call may take several chunks.  region: the loop or
    branch that it is in.  span, tile_group: set by the schedule.
    """

    __slots__ = ("kernel", "args", "n", "chunk", "tile", "elementwise", "node", "flops", "sync", "host", "parts", "run",
                 "region", "joined", "span", "tile_group", "_accesses")  # fmt: skip

    tile_group: Any  # a Group, once the schedule has made it

    def __init__(
        self,
        kernel: str,
        args: list[Any],
        n: int,
        chunk: int,
        tile: int,
        elementwise: bool,
        node: Node,
        flops: float,
        host: Host | None = None,
        parts: Any = None,
        run: int = 1,
        region: Region | None = None,
        joined: bool = False,
    ) -> None:
        self.kernel, self.args, self.n, self.chunk, self.tile = kernel, args, n, chunk, tile
        self.elementwise, self.node, self.flops, self.host = elementwise, node, flops, host
        self.parts, self.run, self.region, self.joined = parts, run, region, joined
        self.sync, self.span, self.tile_group = False, 0, None
        self._accesses = [a for a in args if isinstance(a, Access)]

    def accesses(self) -> list[Access]:
        """The memory accesses among the arguments."""
        return self._accesses

    @property
    def nbytes(self) -> int:
        """Bytes that it moves at least."""
        return sum(a.nbytes * (a.read + a.write) for a in self._accesses)


class Emitter:
    """The argument of every `lower` rule: ins, outs, attrs, node, target, and the methods below.

    place: the lowering that it works for (see `fastnn.compiler.lower`).  state: read access to the state block.
    """

    def __init__(self, node: Node, ins: Sequence[Any], outs: Sequence[Operand], place: Lowering) -> None:
        self.node, self.attrs, self.ins, self.outs = node, node.attrs, ins, outs
        self._place, self.target = place, place.target

    @property
    def state(self) -> Access:
        """The state block, as a word: kernels read its counters."""
        word: Access = self._place.storage.state().rd_all
        return word

    def scratch(self, nbytes: int) -> Operand:
        """Arena bytes that live during this node only, as an operand of uint8."""
        self._afford(nbytes)
        nbytes = max(int(nbytes), 1)
        return Operand(Buffer(nbytes, "scratch", region=self._place.region), 0, (nbytes,), "uint8")

    def local(self, nbytes: int) -> Local:
        """An argument word: a private workspace of each thread, valid during one call."""
        self._afford(nbytes)
        return Local(int(nbytes))

    def _afford(self, nbytes: int) -> None:
        where = f" in layer '{self.node.scope}'" if self.node.scope else ""
        affordable(nbytes, f"{self.node.op.name}{where} with {self.attrs}: the workspace")

    def table(self, ints: Any) -> Table:
        """An argument word: the address of a constant int64 table."""
        return Table(np.ascontiguousarray(ints, np.int64))

    def key(self) -> Key:
        """An argument word: the digest of this node's (seed, stream, call), another one at each step of a loop."""
        return self._place.key(self.attrs)

    def emit(
        self,
        kernel: str,
        *args: Any,
        n: int,
        chunk: int | None = None,
        tile: int | None = None,
        elementwise: bool = False,
        flops: float = 0,
        parts: int | None = None,
        run: int = 1,
        align: int = 1,
        joined: bool = False,
    ) -> None:
        """Append one instruction over `n` items (see the contract of accesses in Operand).

        parts: the kernel may be called for any run of items that begins and ends at a multiple of n / parts, and its
        rd, wr and rw accesses have so many parts (images, say, where items are rows of pixels); an element-wise one has
        n.  run: so many items write one partial result, each call going on where the last one stopped.  align: a chunk
        is a multiple of it.  joined: a thread's chunks may go into one call, which does less for all of
        them than for each.
        """
        n = int(n)
        if n <= 0:
            return
        target = self.target
        if target.per_item:
            alone = elementwise or (chunk is None and tile is None and align == run == 1)
            chunk, tile = 1 if alone else (tile or chunk or n), None
        if chunk is None:
            if elementwise:
                item = max((a.itemsize for a in args if isinstance(a, Access) and a.itemsize >= 4), default=4)
                chunk = target.chunk(n, target.work_ns(3 * item * n, 0))
                if chunk < n:
                    chunk = -(-chunk // target.tile) * target.tile
            else:
                nbytes = sum(a.nbytes * (a.read + a.write) for a in args if isinstance(a, Access))
                chunk = target.chunk(n, target.work_ns(nbytes, flops))
        align = tile or align
        if chunk % align and chunk < n:
            chunk = -(-chunk // align) * align
        if elementwise:
            parts = n
        for a in args:
            if isinstance(a, Access) and a.parts is None:
                a.parts = parts or n
        self._place.out.append(
            Instruction(
                kernel,
                list(args),
                n,
                int(min(chunk, n)),
                tile or 0,
                elementwise,
                self.node,
                flops,
                parts=parts,
                run=run,
                region=self._place.region,
                joined=joined,
            )
        )

    def copy(self, source: Operand, target: Operand) -> None:
        """Copy one operand's bytes into another of the same size and dtype."""
        source, target = source.real, target.real
        self.emit(f"copy_{source.t}", source.rd, target.wr, n=source.size, elementwise=True)
