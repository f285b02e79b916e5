"""HDF5 files read without libhdf5, which follows damaged or hostile bytes into endless loops.

The classic format, as Keras and h5py write it: every address is checked against the bytes there are, no structure is
entered twice, and so time and memory are bounded by the size of the file.
"""

import math
import zlib

import numpy as np

from fastnn.core.errors import NotSupportedError
from fastnn.saving.hdf5_types import Cursor, Damaged, Type, data_layout, dataspace, element_type, filters

_NOWHERE = (1 << 64) - 1
_CHECKSUM = 4
_GZIP, _SHUFFLE, _FLETCHER = 1, 2, 3
NEWER = (
    "a structure of the newest HDF5 format, which fastnn does not read; write the file with "
    "h5py.File(path, 'w', libver='earliest')"
)


class File:
    """The structures of a file.  data: all its bytes."""

    def __init__(self, data):
        self.data = memoryview(data)
        self._collections = {}
        self._left = 4 * len(data) + (1 << 20)  # bytes of structures that are still looked at
        c = Cursor(self.data, 8)
        version = c.number(1)
        if version in (0, 1):
            c.bytes(4)
            sizes = c.numbers(2, 1)
            c.bytes(1 + 4 + 4 + (4 if version else 0))
            base, _, end, _ = c.numbers(4, 8)
            c.bytes(8)
            self.root = c.number(8)
        elif version in (2, 3):
            sizes = c.numbers(2, 1)
            c.bytes(1)
            base, _, end, self.root = c.numbers(4, 8)
        else:
            raise Damaged(f"a superblock of version {version}")
        if sizes != [8, 8] or base != 0:
            raise Damaged(f"addresses of {sizes} bytes from {base} on, expected 8 from 0 on")
        if end > len(data):
            raise Damaged(f"the file is truncated: {len(data)} bytes of {end}")

    def _spend(self, size):
        """Count bytes about to be looked through: more than a few times the file are structures that overlap."""
        self._left -= size
        if self._left < 0:
            raise Damaged("structures that overlap")

    # ---- objects ---------------------------------------------------------------------------------------
    def header(self, address):
        """The messages of the object at an address: [(kind, bytes)]."""
        c = Cursor(self.data, address)
        if bytes(self.data[address : address + 4]) == b"OHDR":
            return self._header_2(c)
        version, _, count = c.number(1), c.number(1), c.number(2)
        if version != 1:
            raise Damaged(f"an object header of version {version} at {address}")
        c.bytes(4)
        size = c.number(4)
        c.bytes(4)
        return self._messages(
            [(c.at, size)], lambda c: (c.number(2), c.number(2), c.number(1), c.bytes(3))[:3], 8, count
        )

    def _header_2(self, c):
        c.expect(b"OHDR")
        version, flags = c.numbers(2, 1)
        if version != 2:
            raise Damaged(f"an object header of version {version}")
        c.bytes((16 if flags & 32 else 0) + (4 if flags & 16 else 0))
        size = c.number(1 << (flags & 3))
        return self._messages(
            [(c.at, size)],
            lambda c: (c.number(1), c.number(2), c.number(1), c.bytes(2 if flags & 4 else 0))[:3],
            6 if flags & 4 else 4,
        )

    def _messages(self, blocks, head, least, count=None):
        """What `head`, of `least` bytes, finds in the blocks (address, size) and those that continue them.

        count: how many messages there are, None in headers of version 2, which do not say it.
        """
        out, seen = [], set()
        while blocks:
            address, size = blocks.pop(0)
            if address in seen:
                raise Damaged(f"an object header continues itself at {address}")
            seen.add(address)
            self._spend(size)
            if count is None and len(seen) > 1:
                Cursor(self.data, address).expect(b"OCHK")
                address, size = address + 4, size - 4 - _CHECKSUM
            c = Cursor(self.data, address, address + size)
            while c.left >= least and (count is None or len(out) < count):
                kind, length, flags = head(c)
                body = c.bytes(length)
                if kind == 0x10:
                    blocks.append(tuple(Cursor(body).numbers(2, 8)))
                if flags & 2 and kind in (0x1, 0x3, 0x8, 0xB, 0xC):
                    raise NotSupportedError("it shares a part of a header between objects, which fastnn does not read")
                out.append((kind, body))
        return out

    def links(self, messages):
        """{name: address} of a group, an address being None for a link that leads elsewhere; None for no group."""
        found, group = {}, False
        for kind, body in messages:
            if kind == 0x11:
                group = True
                tree, heap = Cursor(body).numbers(2, 8)
                self._symbols(tree, self._heap(heap), found)
            elif kind == 0x2:
                group = True
                c = Cursor(body, 1)
                c.bytes(8 if c.number(1) & 1 else 0)
                if c.number(8) != _NOWHERE:
                    raise NotSupportedError(NEWER)
            elif kind == 0x6:
                group = True
                name, address = _link(Cursor(body))
                if name in found:
                    raise Damaged(f"two links of the name {name!r}")
                found[name] = address
        return found if group else None

    def _heap(self, address):
        """The bytes of a local heap, which holds the names of a group."""
        c = Cursor(self.data, address)
        c.expect(b"HEAP\0")
        c.bytes(3)
        size, _, at = c.numbers(3, 8)
        return Cursor(self.data, at).bytes(size)

    def tree(self, address, kind, key):
        """(key, child) of the leaves of a B-tree of version 1; key: reads a key at a Cursor."""
        stack, seen = [(address, None)], set()
        while stack:
            address, level = stack.pop()
            if address in seen:
                raise Damaged(f"a tree has its node at {address} twice")
            seen.add(address)
            c = Cursor(self.data, address)
            c.expect(b"TREE")
            found, height, count = c.number(1), c.number(1), c.number(2)
            self._spend(24 + 16 * count)
            if found != kind or (level is not None and height != level - 1):
                raise Damaged(f"a node of another kind in the tree at {address}")
            c.bytes(16)
            entries = []
            for _ in range(count):
                entries.append((key(c), c.number(8)))
            if height:
                stack += [(child, height) for _, child in reversed(entries)]
            else:
                yield from entries

    def _symbols(self, tree, names, found):
        seen = set()
        for _, node in self.tree(tree, 0, lambda c: c.number(8)):
            if node in seen:
                raise Damaged(f"a group has its node at {node} twice")
            seen.add(node)
            c = Cursor(self.data, node)
            c.expect(b"SNOD\1")
            c.bytes(1)
            count = c.number(2)
            self._spend(8 + 40 * count)
            for _ in range(count):
                offset, address, cache = c.number(8), c.number(8), c.number(4)
                c.bytes(20)
                end = -1
                for longest in (1 << 10, 1 << 16):  # the second is the longest that HDF5 writes
                    end = bytes(names[offset : offset + longest]).find(b"\0") if end < 0 else end
                if offset >= len(names) or end < 0:
                    raise Damaged(f"a name at {offset} of a heap of {len(names)} bytes")
                name = bytes(names[offset : offset + end]).decode("utf-8", "replace")
                if not name or name in found:
                    raise Damaged(f"two members of the name {name!r}" if name else "a member without a name")
                found[name] = None if cache == 2 else address

    # ---- attributes ------------------------------------------------------------------------------------
    def attributes(self, messages):
        """{name: a function that reads the value} of an object."""
        out = {}
        for kind, body in messages:
            if kind == 0x15:
                c = Cursor(body, 1)
                c.bytes(2 if c.number(1) & 1 else 0)
                if c.number(8) != _NOWHERE:
                    raise NotSupportedError(NEWER)
            if kind != 0xC:
                continue
            c = Cursor(body)
            version, shared = c.numbers(2, 1)
            if version not in (1, 2, 3):
                raise Damaged(f"an attribute of version {version}")
            if version > 1 and shared & 3:
                raise NotSupportedError("an attribute has a shared type, which fastnn does not read")
            sizes = c.numbers(3, 2)
            c.bytes(1 if version == 3 else 0)
            name, of, shape = ((c.padded if version == 1 else c.bytes)(size) for size in sizes)
            name = bytes(name).rstrip(b"\0").decode("utf-8", "replace")
            if name in out:
                raise Damaged(f"two attributes of the name {name!r}")
            out[name] = lambda of=of, shape=shape, c=c: self._value(element_type(of), dataspace(shape), c)
        return out

    def _value(self, of, shape, c):
        """An attribute's value: an array of numbers, a list of strings (scalar: one), or None of another kind."""
        if shape is None:
            return None
        count = 1
        for d in shape:
            count *= d
            if count > c.left:
                raise Damaged(f"an attribute of shape {shape} in {c.left} bytes")
        c = Cursor(c.data, c.at, c.end)
        if of.numpy is not None:
            return np.frombuffer(c.bytes(count * of.size), of.numpy).reshape(shape)
        if not of.text:
            return None
        if of.variable:
            texts, total = [], 0
            for _ in range(count):
                length, heap, index = c.number(4), c.number(8), c.number(4)
                total += length
                # One string may be referred to many times: all of them together are no longer than the file.
                if total > len(self.data):
                    raise Damaged(f"strings of more than {len(self.data)} bytes")
                texts.append(self._global(heap, index, length) if length else b"")
        else:
            if not of.size:
                raise Damaged("a string type of no bytes")
            texts = [bytes(c.bytes(of.size)) for _ in range(count)]
            texts = [
                t.partition(b"\0")[0] if of.padding == 0 else t.rstrip(b" " if of.padding == 2 else b"\0")
                for t in texts
            ]
        texts = [t.decode("utf-8", "replace") for t in texts]
        return texts[0] if shape == () else texts

    def _global(self, address, index, length):
        """`length` bytes of an object in a collection of the global heap."""
        if address not in self._collections:
            c = Cursor(self.data, address)
            c.expect(b"GCOL\1")
            c.bytes(3)
            size = c.number(8)
            self._spend(size)
            c = Cursor(self.data, address + 16, address + size)
            found = self._collections[address] = {}
            while c.left >= 16:
                number, _, _, size = c.number(2), c.number(2), c.number(4), c.number(8)
                if not number:  # the free space, which is always last
                    break
                if number in found:
                    raise Damaged(f"two objects {number} in the heap at {address}")
                found[number] = c.padded(size)
        found = self._collections[address].get(index)
        if found is None or len(found) < length:
            raise Damaged(f"a string of {length} bytes is not in the heap at {address}")
        return bytes(found[:length])

    # ---- arrays ----------------------------------------------------------------------------------------
    def array(self, messages):
        """The Array that the messages of an object describe, or None if it is none."""
        found = {kind: body for kind, body in messages if kind in (0x1, 0x3, 0x7, 0x8, 0xB)}
        if not {0x1, 0x3, 0x8} <= set(found):
            return None
        return Array(
            self,
            dataspace(found[0x1]),
            element_type(found[0x3]),
            data_layout(found[0x8]),
            filters(found[0xB]) if 0xB in found else [],
            0x7 in found,
        )


def _link(c):
    """(name, address or None) of a link message."""
    version, flags = c.numbers(2, 1)
    if version != 1:
        raise Damaged(f"a link of version {version}")
    kind = c.number(1) if flags & 8 else 0
    c.bytes((8 if flags & 4 else 0) + (1 if flags & 16 else 0))
    name = bytes(c.bytes(c.number(1 << (flags & 3)))).decode("utf-8", "replace")
    return name, c.number(8) if kind == 0 else None


class Array:
    """An array in a file: shape (None: no data), type, layout, filters [(number, value)], and whether the data lies
    in another file (`outside`)."""

    def __init__(self, file, shape, of: Type, layout, packing, outside):
        self.file, self.shape, self.type, self.layout, self.filters = file, shape, of, layout, packing
        self.outside, self._chunks = outside, None

    def chunks(self):
        """[(offsets, filter mask, address, bytes)] of a chunked array."""
        if self.layout.address == _NOWHERE:
            return []
        if self._chunks is not None:
            return self._chunks
        rank = len(self.layout.chunk)

        def key(c):
            size, mask = c.number(4), c.number(4)
            return size, mask, c.numbers(rank + 1, 8)

        self._chunks = [
            (tuple(at[:-1]), mask, address, size)
            for (size, mask, at), address in self.file.tree(self.layout.address, 1, key)
        ]
        return self._chunks

    def stored(self):
        """The bytes that the data takes in the file."""
        if self.layout.kind == "chunked":
            return sum(size for *_, size in self.chunks())
        if self.layout.kind == "compact":
            return len(self.layout.data)
        return 0 if self.layout.address == _NOWHERE else self.layout.size

    def read(self):
        """The array, in C order."""
        if self.layout.kind == "chunked":
            return self._read_chunks()
        count = math.prod(self.shape)
        data = self.layout.data
        if self.layout.kind == "contiguous" and count:
            data = Cursor(self.file.data, self.layout.address).bytes(self.layout.size)
        return np.frombuffer(data, self.type.numpy, count).reshape(self.shape).copy()

    def _read_chunks(self):
        chunk, found = self.layout.chunk, self.chunks()
        if len(chunk) != len(self.shape) or 0 in chunk:
            raise Damaged(f"chunks of shape {chunk} of an array of shape {self.shape}")
        if math.prod(chunk) > 2 * math.prod(self.shape) + (1 << 16):
            raise Damaged(f"chunks of shape {chunk}, larger than the array of shape {self.shape}")
        grid = [range(0, d, c) for d, c in zip(self.shape, chunk, strict=True)]
        if len(found) != math.prod(map(len, grid)) or len({at for at, *_ in found}) != len(found):
            raise Damaged(f"{len(found)} chunks of an array of shape {self.shape} in chunks of {chunk}")
        out = np.empty(self.shape, self.type.numpy)
        for at, mask, address, size in found:
            if any(a not in g for a, g in zip(at, grid, strict=True)):
                raise Damaged(f"a chunk at {at} of an array of shape {self.shape}")
            data = self._unpacked(Cursor(self.file.data, address).bytes(size), mask)
            values = np.frombuffer(data, self.type.numpy).reshape(chunk)
            place = tuple(slice(a, min(a + c, d)) for a, c, d in zip(at, chunk, self.shape, strict=True))
            out[place] = values[tuple(slice(0, s.stop - s.start) for s in place)]
        return out

    def _unpacked(self, data, mask):
        size = math.prod(self.layout.chunk) * self.type.size
        for i, (code, value) in reversed(list(enumerate(self.filters))):
            if mask >> i & 1:
                continue
            if code == _GZIP:
                unpacker = zlib.decompressobj()
                data = unpacker.decompress(data, size + _CHECKSUM + 1)
            elif code == _SHUFFLE and value > 1:
                whole = len(data) // value * value
                data = np.frombuffer(data, np.uint8, whole).reshape(value, -1).T.tobytes() + bytes(data[whole:])
            elif code == _FLETCHER:
                data, sum_ = data[:-_CHECKSUM], int.from_bytes(data[-_CHECKSUM:], "little")
                if sum_ != _fletcher(data):
                    raise Damaged("a chunk does not match its checksum")
        if len(data) != size:
            raise Damaged(f"a chunk of {len(data)} bytes, expected {size}")
        return data


def _fletcher(data):
    """The checksum of HDF5's filter 3: sums of big-endian words, and sums of those sums, folded to 16 bits."""
    words = np.frombuffer(bytes(data) + b"\0" * (len(data) % 2), ">u2").astype(np.uint64)
    weights = np.arange(len(words), 0, -1, dtype=np.uint64) % 65535
    first, second = int(words.sum()), int((words * weights).sum())
    # A sum that is a multiple of 65535 is folded to 65535, and to 0 only if every word is.
    first, second = ((x % 65535 or 65535) if x else 0 for x in (first, second))
    return second << 16 | first
