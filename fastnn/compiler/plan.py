"""Plan: what compiling ends with, immutable data without an address, array or model; hashed, pickled, printed.

A plan is bound to memory by `fastnn.runtime.bind`.  Its tables are those of `fastnn.runtime.abi`, with kernels by
number instead of address, and argument words that hold numbers, while words that hold addresses are said in
`relocations`.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from fastnn.compiler.target import Target
from fastnn.core.types import Array
from fastnn.runtime import abi


class Space(NamedTuple):
    """One block of memory that a plan is bound to.

    kind: "arena", "state", "constants", "variable", "array" (an input's), "rows" and "order" (of a data slot) or "key"
    (a random key, whose value takes the place of an address).  number: which of its kind.  nbytes: its size.
    """

    kind: str
    number: int
    nbytes: int

    def __str__(self) -> str:
        return self.kind if self.kind in ("arena", "state", "constants") else f"{self.kind}{self.number}"


class Place(NamedTuple):
    """Where a value lies: bytes from `offset` on of space number `space`, as an array."""

    space: int
    offset: int
    shape: tuple[int, ...]
    dtype: str


class HostCall(NamedTuple):
    """A step in Python: op.host(inputs, outputs, attrs); inputs, outputs: Places, None for an absent input."""

    op: Any
    attrs: tuple[tuple[str, Any], ...]
    inputs: tuple[Place | None, ...]
    outputs: tuple[Place, ...]


class Origin(NamedTuple):
    """What an instruction was made for: operation, number of the layer's name, shapes of the inputs, attributes."""

    op: str
    scope: int
    shapes: tuple[tuple[int, ...], ...]
    attrs: tuple[tuple[str, Any], ...]


class Block(NamedTuple):
    """A buffer of the arena: what it is for, its bytes, its offset, first and last group that touch it."""

    label: str
    nbytes: int
    offset: int
    first: int
    last: int


@dataclass(frozen=True, repr=False)
class Plan:
    """A graph compiled for a target.

    kernels: names, by number.  code: int64[n, 12], columns as in abi.COLUMNS, `fn` a number of `kernels` or of `hosts`.
    words: int64[w], argument words.  relocations: int64[r, 5], rows (word, space, offset, item bytes, wide): the word
    is the address of that byte of the space; those of SCRATCH also have what abi's table of scratch arguments says.
    moves: int64[m, 2].  constants: their bytes.  spaces: by number.  outputs: Places.  blocks: of the arena.  costs:
    int64[n, 3]: bytes, flops and executions of each instruction.  groups: fusion groups; barriers: meetings
    of all threads.

    >>> from fastnn import ops
    >>> from fastnn.compiler.compile import compile_graph
    >>> from fastnn.graph import Trace
    >>> with Trace() as trace:
    ...     x = trace.input((2, 3))
    ...     y = ops.relu(x)
    >>> plan = compile_graph(trace, [y], {x: np.zeros((2, 3), "float32")}).plan
    >>> print(plan)                                     # doctest: +ELLIPSIS
    plan for cpu: 1 instructions, 1 fusion groups, 0 barriers; arena ...
    """

    target: Target
    kernels: tuple[str, ...]
    code: bytes
    words: bytes
    relocations: bytes
    moves: bytes
    constants: bytes
    spaces: tuple[Space, ...]
    hosts: tuple[HostCall, ...]
    outputs: tuple[Place, ...]
    origins: tuple[Origin, ...]
    blocks: tuple[Block, ...]
    costs: bytes
    arena_bytes: int
    local_bytes: int
    scratch_bytes: int
    guard: int
    groups: int
    barriers: int

    def __hash__(self) -> int:
        return hash((self.code, self.words, self.relocations, self.moves, self.constants, self.kernels, self.spaces))

    @property
    def instructions(self) -> int:
        """How many rows the tape has."""
        return len(self.code) // (8 * len(abi.COLUMNS))

    @property
    def nbytes(self) -> int:
        """Bytes that the plan itself takes, about."""
        return (
            len(self.code)
            + len(self.words)
            + len(self.relocations)
            + len(self.constants)
            + len(self.costs)
            + 200 * (len(self.origins) + len(self.blocks))
        )

    def table(self, name: str) -> Array:
        """The table `code`, `words`, `relocations`, `moves` or `costs` as an int64 array that cannot be written."""
        columns = {"code": len(abi.COLUMNS), "relocations": 5, "moves": 2, "costs": 3}.get(name)
        flat = np.frombuffer(getattr(self, name), np.int64)
        return flat if columns is None else flat.reshape(-1, columns)

    def __str__(self) -> str:
        from_ = "\n".join(self.listing())
        return (
            f"plan for {self.target.name}: {self.instructions} instructions, {self.groups} fusion groups, "
            f"{self.barriers} barriers; arena {self.arena_bytes:,} bytes, constants {len(self.constants):,}, workspace "
            f"{self.local_bytes:,} + {self.scratch_bytes:,} a thread\n{from_}"
        )

    def __repr__(self) -> str:
        return f"<Plan of {self.instructions} instructions for {self.target.name}>"

    def rows(self, scopes: Sequence[str] = ()) -> list[dict[str, Any]]:
        """One dict for each instruction: group, kernel, op, layer (of `scopes`), items, chunk, tile, bytes, flops,
        times (that it runs), us (predicted for all of them), sync."""
        out = []
        for (group, row), (nbytes, flops, times), origin in zip(
            self._groups(), self.table("costs").tolist(), self.origins
        ):
            flags, target = row[abi.FLAGS], self.target
            kernel = (
                "host"
                if flags & abi.HOST
                else "loop"
                if flags & abi.LOOP
                else "branch"
                if flags & abi.BRANCH
                else self.kernels[row[abi.FN]]
            )
            layer = scopes[origin.scope] if 0 <= origin.scope < len(scopes) else ""
            us = times * (target.instruction_ns + target.work_ns(nbytes, flops)) / 1000
            out.append(
                dict(
                    group=group,
                    kernel=kernel,
                    op=origin.op,
                    layer=layer,
                    items=row[abi.N],
                    chunk=row[abi.CHUNK],
                    tile=row[abi.TILE],
                    bytes=nbytes,
                    flops=flops,
                    times=times,
                    us=us,
                    sync=bool(flags & abi.SYNC),
                )
            )
        return out

    def _groups(self) -> Iterator[tuple[int, list[int]]]:
        """(number of its group, row) of each instruction; a control row is a group of its own."""
        group, end = -1, 0
        for i, row in enumerate(self.table("code").tolist()):
            if i >= end:
                group, end = group + 1, i + 1 if row[abi.FLAGS] & abi.CONTROL else row[abi.END]
            yield group, row

    def _said(self, space: int, offset: int, wide: int) -> str:
        """What a word refers to, in the listing."""
        if space < 0:
            return f"{'local' if space == abi.LOCAL else 'span' if wide else 'tile'}+{offset}"
        return f"{self.spaces[space]}+{offset}" if offset else str(self.spaces[space])

    def listing(self) -> list[str]:
        """One line of text for each instruction: group, barrier, kernel, items, and what its words refer to."""
        code, words = self.table("code"), self.table("words").tolist()
        moves: dict[int, str] = {}
        said = {
            word: self._said(space, offset, wide) for word, space, offset, _, wide in self.table("relocations").tolist()
        }
        lines, ends, depth_ends = [], np.append(code[1:, abi.ARGS], len(words)).tolist(), list[int]()
        for word, stride in self.table("moves").tolist():
            moves[word] = f"{moves.get(word, '')}{'+' if stride >= 0 else ''}{stride}t"
        for i, (group, row) in enumerate(self._groups()):
            while depth_ends and i >= depth_ends[-1]:
                depth_ends.pop()
            flags, control = row[abi.FLAGS], row[abi.FLAGS] & abi.CONTROL
            args = [
                said.get(w, _number(words[w])) + (f"[{moves[w]}]" if w in moves else "")
                for w in range(row[abi.ARGS], ends[i])
            ]
            mark = "|" if flags & abi.SYNC else " "
            indent = "  " * len(depth_ends)
            if control:
                name = "branch" if flags & abi.BRANCH else "while" if flags & abi.WHILE else "loop"
                how = f" {row[abi.N]} times" if name != "branch" else ""
                how += " backward" if flags & abi.REVERSE else ""
                how += " " + ", ".join(args) if args else ""
                lines.append(f"{group:4} {mark}{indent}{name}{how}: to {row[abi.END]}")
                depth_ends.append(row[abi.END])
                continue
            name = self.hosts[row[abi.FN]].op.name + " in Python" if flags & abi.HOST else self.kernels[row[abi.FN]]
            cut = [
                f"{label} {row[c]}"
                for label, c in (("chunk", abi.CHUNK), ("tile", abi.TILE), ("span", abi.SPAN))
                if row[c] and row[c] < row[abi.N]
            ]
            lines.append(
                f"{group:4} {mark}{indent}{name} n {row[abi.N]}{' ' + ' '.join(cut) if cut else ''}: {', '.join(args)}"
            )
        return lines


def _number(word: int) -> str:
    """A word as the number that a reader sees in it: the bits of a plain float64, or an integer."""
    if -(1 << 40) < word < (1 << 40):
        return str(word)
    value = struct.unpack("<d", struct.pack("<q", word))[0]
    return repr(value) if 1e-30 < abs(value) < 1e30 else str(word)
