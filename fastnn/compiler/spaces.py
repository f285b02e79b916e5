"""The spaces of memory that a plan is bound to, while it is made: which buffer each variable, input or constant is."""

import numpy as np

from fastnn.compiler.emit import Buffer, Key, Operand, Region
from fastnn.compiler.plan import Space
from fastnn.compiler.structure import Structure
from fastnn.core import random
from fastnn.core.types import Array, Attrs, Dims
from fastnn.graph import Symbol, Variable
from fastnn.runtime.abi import STATE_WORDS

ALIGN = 64
CONSTANTS_BASE = 1 << 47  # abstract addresses: the arena begins at 0, variables at 1 << 48


class Spaces:
    """Buffers of everything outside the arena, made when they are first asked for.

    structure: the Structure of the graph.  `table` has the Space of each number.
    """

    def __init__(self, structure: Structure) -> None:
        self.structure = structure
        self.table = [Space("arena", 0, 0)]
        self._known: dict[tuple[str, int], Buffer] = {}
        self._constants: list[tuple[int, bytes]] = []
        self._places: dict[bytes, int] = {}
        self.constant_bytes = 0

    def _buffer(self, kind: str, number: int, nbytes: int, base: int, label: str) -> Buffer:
        key = kind, number
        if key not in self._known:
            self._known[key] = Buffer(nbytes, label, len(self.table), base)
            self.table.append(Space(kind, number, nbytes))
        return self._known[key]

    def variable(self, variable: Variable) -> Operand:
        """The operand of a variable."""
        k = self.structure.numbers[variable]
        nbytes = variable._host.nbytes
        return Operand(
            self._buffer("variable", k, nbytes, self.structure.layout[k], "variable"),
            0,
            variable.shape,
            variable.stored_dtype,
        )

    def array(self, number: int, symbol: Symbol) -> Operand:
        """The operand of an input that is bound to an array."""
        buffer = self._buffer("array", number, symbol.spec.nbytes, _alone(3, number), symbol.name or "input")
        return Operand(buffer, 0, symbol.shape, symbol.dtype)

    def slot(self, number: int) -> list[Operand]:
        """The operands of a data slot's two blocks of words."""
        return [
            Operand(self._buffer(kind, number, 8 * words, _alone(place, number), kind), 0, (words,), "int64")
            for kind, words, place in (("rows", 3, 4), ("order", 1, 5))
        ]

    def state(self) -> Operand:
        """The operand of the state block."""
        return Operand(self._buffer("state", 0, 8 * STATE_WORDS, _alone(6, 0), "state"), 0, (STATE_WORDS,), "int64")

    def constant(self, array: Array, shape: Dims, dtype: str) -> Operand:
        """The operand of a constant."""
        buffer = self._buffer("constants", 0, 0, CONSTANTS_BASE, "constant")
        return Operand(buffer, self.place_constant(array), shape, dtype)

    def constants_space(self) -> int:
        """The number of the space of constants."""
        return int(self._buffer("constants", 0, 0, CONSTANTS_BASE, "constant").space)

    def place_constant(self, array: Array) -> int:
        """The offset of an array's bytes in the block of constants; equal ones lie there once."""
        raw = np.ascontiguousarray(array).tobytes()
        at = self._places.get(raw)
        if at is None:
            at = self._places[raw] = self.constant_bytes
            self._constants.append((at, raw))
            self.constant_bytes += -(-max(len(raw), 1) // ALIGN) * ALIGN
        return at

    def constants(self) -> bytes:
        """All constants as one block of bytes."""
        block = bytearray(self.constant_bytes)
        for at, raw in self._constants:
            block[at : at + len(raw)] = raw
        return bytes(block)

    def key(self, attrs: Attrs, region: Region | None) -> Key:
        """The argument word of a random key; at each step of the loops round it, it is another one."""
        loops = [r for r in (region.path() if region is not None else ()) if r.kind != "branch"]
        moves = [(r, random.signed(random.STRIDE ** (k + 1))) for k, r in enumerate(reversed(loops))]
        number = self.structure.key_number(attrs)
        space = self._buffer("key", number, 0, 0, "key").space
        return Key(space, random.signed(attrs["loop_step"]), tuple(moves))


def _alone(kind: int, number: int) -> int:
    """An abstract address where nothing else lies: blocks of this kind do not overlap others."""
    return (kind << 58) + (number << 40)
