"""Messages of HDF5 object headers that say what data is: element types, shapes, layouts, filters."""

import dataclasses
import math

import numpy as np

# (bytes, place and size of the exponent, size of the mantissa, bias) of the floats that NumPy has
_FLOATS = {(2, 10, 5, 10, 15), (4, 23, 8, 23, 127), (8, 52, 11, 52, 1023)}
_CLASSES = ("integer", "float", "time", "string", "bit field", "opaque", "compound", "reference", "enumeration",
            "variable-length", "array")  # fmt: skip


class Damaged(ValueError):
    """Bytes that are no HDF5 structure of the kind that is due there."""


class Cursor:
    """Bytes read from left to right; what reaches beyond the end is Damaged."""

    def __init__(self, data, at=0, end=None):
        self.data, self.at = data, at
        self.end = len(data) if end is None else end
        if not 0 <= at <= self.end <= len(data):
            raise Damaged(f"a structure is said to lie at {at}, outside of the {len(data)} bytes there are")

    def bytes(self, size):
        """The next `size` bytes."""
        if size < 0 or size > self.end - self.at:
            raise Damaged(f"a structure of {size} bytes at {self.at} reaches beyond {self.end}")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size):
        """The next little-endian integer without sign."""
        return int.from_bytes(self.bytes(size), "little")

    def numbers(self, count, size):
        """`count` integers of `size` bytes."""
        return [self.number(size) for _ in range(count)]

    def expect(self, signature):
        """Damaged unless the next bytes are these."""
        found = bytes(self.bytes(len(signature)))
        if found != signature:
            raise Damaged(f"{found!r} at {self.at - len(found)}, expected {signature!r}")

    def padded(self, size):
        """The next `size` bytes, which take a multiple of 8."""
        out = self.bytes(size)
        self.bytes(-size % 8)
        return out

    @property
    def left(self):
        """How many bytes are left."""
        return self.end - self.at


@dataclasses.dataclass
class Type:
    """An element type.  what: its name in messages; size: bytes of an element; numpy: the dtype if it is plain
    numbers, else None.  text: whether it is a string, of variable length if `variable`; padding: of fixed ones."""

    what: str
    size: int
    numpy: np.dtype | None = None
    text: bool = False
    variable: bool = False
    padding: int = 1


def element_type(data, depth=0):
    """The Type of a datatype message."""
    c = Cursor(data)
    first, bits, size = c.number(1), c.numbers(3, 1), c.number(4)
    kind = first & 15
    what = _CLASSES[kind] if kind < len(_CLASSES) else f"of class {kind}"
    order = ">" if bits[0] & 1 else "<"
    if kind == 0:
        plain = c.number(2) == 0 and c.number(2) == 8 * size and size in (1, 2, 4, 8)
        return Type(what, size, np.dtype(f"{order}{'i' if bits[0] & 8 else 'u'}{size}") if plain else None)
    if kind == 1:
        offset, precision, exponent, exponent_size, mantissa, mantissa_size = *c.numbers(2, 2), *c.numbers(4, 1)
        plain = (
            offset == 0
            and precision == 8 * size
            and mantissa == 0
            and not bits[0] & 64
            and (size, exponent, exponent_size, mantissa_size, c.number(4)) in _FLOATS
        )
        return Type(what, size, np.dtype(f"{order}f{size}") if plain else None)
    if kind == 3:
        return Type(what, size, text=True, padding=bits[0] & 15)
    if kind == 6 and depth == 0:
        return Type(what, size, _complex(c, first >> 4, bits[0] | bits[1] << 8, size))
    if kind == 8 and depth == 0:
        # What NumPy's bool becomes: bytes named FALSE and TRUE.
        base = element_type(data[8:], 1)
        boolean = base.numpy == np.dtype("i1") and bits[0] == 2 and b"FALSE" in bytes(data) and b"TRUE" in bytes(data)
        return Type(what, size, np.dtype(bool) if boolean and size == 1 else None)
    if kind == 9 and bits[0] & 15 == 1:
        return Type("variable-length string", size, text=True, variable=True)
    return Type(what, size)


def _complex(c, version, count, size):
    """NumPy's complex dtype for two floats named r and i, as h5py and others write complex numbers; None for others."""
    found = []
    for _ in range(count if count == 2 and version in (1, 2, 3) and size in (8, 16) else 0):
        name = bytearray()
        while letter := c.number(1):
            name.append(letter)
        c.bytes(0 if version == 3 else -(len(name) + 1) % 8)
        place = c.number(1 if version == 3 else 4)  # in as few bytes as `size` takes
        c.bytes(28 if version == 1 else 0)  # of arrays as members
        if c.left < 20:
            return None
        found.append((bytes(name), place, element_type(c.bytes(20), 1).numpy))
    part = found[0][2] if found else None
    if part is None or found != [(b"r", 0, part), (b"i", size // 2, part)] or part.itemsize != size // 2:
        return None
    return np.dtype(f"{part.byteorder}c{size}") if part.kind == "f" else None


def dataspace(data):
    """The shape of a dataspace message; None for no data at all."""
    c = Cursor(data)
    version, rank, _ = c.numbers(3, 1)
    if version not in (1, 2):
        raise Damaged(f"a dataspace of version {version}")
    kind = c.number(1) if version == 2 else 1
    c.bytes(5 if version == 1 else 0)
    if kind == 2:
        return None
    if rank > 32:
        raise Damaged(f"an array of {rank} dimensions")
    return tuple(c.numbers(rank, 8))


@dataclasses.dataclass
class Layout:
    """Where the data of an array lies.  kind: "compact" (data), "contiguous" (address, size), "chunked" (the address
    of the tree of chunks, the shape of one), "virtual"."""

    kind: str
    address: int = 0
    size: int = 0
    data: bytes = b""
    chunk: tuple = ()


def data_layout(data):
    """The Layout of a data layout message, None for a kind of a newer library."""
    c = Cursor(data)
    version = c.number(1)
    if version in (1, 2):
        rank, kind = c.numbers(2, 1)
        c.bytes(5)
        address = c.number(8) if kind else 0
        dims = c.numbers(rank, 4)
        if kind == 0:
            return Layout("compact", data=c.bytes(c.number(4)))
        return (
            Layout("contiguous", address, math.prod(dims))
            if kind == 1
            else Layout("chunked", address, chunk=tuple(dims[:-1]))
            if kind == 2
            else None
        )
    if version not in (3, 4):
        raise Damaged(f"a data layout of version {version}")
    kind = c.number(1)
    if kind == 0:
        return Layout("compact", data=c.bytes(c.number(2)))
    if kind == 1:
        return Layout("contiguous", *c.numbers(2, 8))
    if kind == 2 and version == 3:
        rank = c.number(1)
        address = c.number(8)
        return Layout("chunked", address, chunk=tuple(c.numbers(max(rank, 1), 4)[:-1]))
    return Layout("virtual") if kind == 3 else None


def filters(data):
    """The [(number, first value)] of a filter pipeline message."""
    c = Cursor(data)
    version, count = c.numbers(2, 1)
    if version not in (1, 2):
        raise Damaged(f"a filter pipeline of version {version}")
    c.bytes(6 if version == 1 else 0)
    out = []
    for _ in range(count):
        code = c.number(2)
        named = c.number(2) if version == 1 or code >= 256 else 0
        _, values = c.numbers(2, 2)
        (c.padded if version == 1 else c.bytes)(named)
        given = c.numbers(values, 4)
        c.bytes(4 if version == 1 and values % 2 else 0)
        out.append((code, given[0] if given else 0))
    return out
