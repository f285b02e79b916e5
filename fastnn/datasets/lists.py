"""Lists of whole numbers, and tables of bytes, that were pickled, read without unpickling.

Keras's imdb.npz and reuters.npz hold arrays of Python lists, CIFAR's Python version dicts with an array of bytes. A
pickle is a program; this reader follows only the part of it that builds lists of ints, dicts, and arrays of these: it
calls nothing, imports nothing, and refuses everything else.
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

_INTS = re.compile(rb"(?:K.|M..|J....)+", re.DOTALL)
_INT = re.compile(rb"K(.)|M(..)|J(....)", re.DOTALL)
# Names that an array of objects is pickled with. They are compared, never looked up.
_NAMES = {"numpy.core.multiarray _reconstruct", "numpy._core.multiarray _reconstruct", "numpy ndarray", "numpy dtype",
          "_codecs encode"}  # fmt: skip
_MARK = object()
_TEXT = {b"U": 1, b"T": 4, b"X": 4, b"\x8c": 1, b"C": 1, b"B": 4}  # op: bytes of the length before the text
_TUPLES = {b"\x85": 1, b"\x86": 2, b"\x87": 3}
_CONSTANTS = {b"N": None, b"\x88": True, b"\x89": False, b")": ()}


class _Made:
    """What a call of one of _NAMES would have made of `args`; `state` is what it was given afterwards."""

    def __init__(self, args: Any) -> None:
        self.args, self.state = args, None


def read_lists(data: bytes) -> list[list[int]]:
    """The rows of a pickled array of lists of ints.

    Raises ValueError for any other pickle.
    """
    try:
        found = _Reader(data).run()
    except (IndexError, KeyError, TypeError, AttributeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"it holds no pickled lists of numbers ({error!r})") from error
    if isinstance(found, _Made) and isinstance(found.state, tuple) and len(found.state) == 5:
        found = found.state[4]
    if not isinstance(found, list) or any(type(row) is not list for row in found):
        raise ValueError("it holds no pickled array of lists")
    if any(type(n) is not int for row in found for n in row):
        raise ValueError("its lists hold other things than whole numbers")
    return found


def read_table(data: bytes) -> dict[str, Any]:
    """A pickled dict whose values are lists, or arrays of bytes with two axes, by its keys.

    Raises ValueError for any other pickle.
    """
    try:
        found = _Reader(data).run()
        if type(found) is not dict or not all(type(key) is str for key in found):
            raise ValueError("it holds no pickled dict")
        return {key: _bytes_of(value) if isinstance(value, _Made) else value for key, value in found.items()}
    except (IndexError, KeyError, TypeError, AttributeError, UnicodeError, RecursionError) as error:
        raise ValueError(f"it holds no pickled table ({error!r})") from error


def _bytes_of(made: _Made) -> Any:
    """The array that the state of an ndarray describes, of bytes only."""
    _, shape, dtype, by_columns, text = made.state
    text = text.args[0] if isinstance(text, _Made) else text  # Python 3 writes bytes as letters and their encoding
    flat = np.frombuffer(text.encode("latin-1"), np.uint8)
    if dtype.args[0] != "u1" or by_columns or type(shape) is not tuple or len(shape) != 2:
        raise ValueError("it holds another array than rows of bytes")
    if not all(type(d) is int and d >= 0 for d in shape) or math.prod(shape) != flat.size:
        raise ValueError(f"an array of shape {shape} cannot have {flat.size} bytes")
    return flat.reshape(shape)


class _Reader:
    """A stack, a memo, and a place in the bytes."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def take(self, n: int) -> bytes:
        part = self.data[self.at : self.at + n]
        if len(part) < n:
            raise ValueError("it ends too early")
        self.at += n
        return part

    def number(self, n: int) -> int:
        return int.from_bytes(self.take(n), "little")

    def line(self) -> str:
        end = self.data.index(b"\n", self.at)
        return self.take(end - self.at + 1)[:-1].decode("ascii")

    def marked(self) -> list[Any]:
        """What lies above the last mark, which goes with it."""
        for i in range(len(self.stack) - 1, -1, -1):
            if self.stack[i] is _MARK:
                found = self.stack[i + 1 :]
                del self.stack[i:]
                return found
        raise ValueError("a list in it has no beginning")

    def run(self) -> Any:
        stack, memo = self.stack, self.memo
        while True:
            run = _INTS.match(self.data, self.at)
            if run:  # nearly all of the file
                stack += [a[0] if a else int.from_bytes(b, "little") if b else int.from_bytes(c, "little", signed=True)
                          for a, b, c in _INT.findall(run[0])]  # fmt: skip
                self.at = run.end()
            op = self.take(1)
            if op == b".":
                (found,) = stack
                return found
            if op == b"(":
                stack.append(_MARK)
            elif op == b"]":
                stack.append([])
            elif op == b"}":
                stack.append({})
            elif op == b"u":
                pairs = self.marked()
                self.target(dict).update(zip(pairs[::2], pairs[1::2], strict=True))
            elif op == b"s":
                value, key = stack.pop(), stack.pop()
                self.target(dict)[key] = value
            elif op == b"e":
                rows = self.marked()
                self.target(list).extend(rows)
            elif op == b"l":
                stack.append(self.marked())
            elif op == b"a":
                value = stack.pop()
                self.target(list).append(value)
            elif op == b"t":
                stack.append(tuple(self.marked()))
            elif op in _TUPLES:
                parts = [stack.pop() for _ in range(_TUPLES[op])]
                stack.append(tuple(reversed(parts)))
            elif op in _CONSTANTS:
                stack.append(_CONSTANTS[op])
            elif op in _TEXT:
                text = self.take(self.number(_TEXT[op]))
                stack.append(text.decode("utf-8" if op in (b"X", b"\x8c") else "latin-1"))
            elif op == b"\x8a":
                stack.append(int.from_bytes(self.take(self.number(1)), "little", signed=True))
            elif op in (b"I", b"L"):
                digits = self.line()
                stack.append(digits == "01" if digits in ("00", "01") else int(digits.rstrip("L")))
            elif op in (b"S", b"V"):
                stack.append(self.line())
            elif op in (b"q", b"r"):
                memo[self.number(1 if op == b"q" else 4)] = stack[-1]
            elif op == b"\x94":
                memo[len(memo)] = stack[-1]
            elif op in (b"h", b"j"):
                stack.append(memo[self.number(1 if op == b"h" else 4)])
            elif op in (b"p", b"g"):
                place = int(self.line())
                if op == b"p":
                    memo[place] = stack[-1]
                else:
                    stack.append(memo[place])
            elif op in (b"c", b"\x93"):
                name = f"{self.line()} {self.line()}" if op == b"c" else " ".join(reversed([stack.pop(), stack.pop()]))
                if name not in _NAMES:
                    raise ValueError(f"it asks for {name.replace(' ', '.')!r}, and nothing is called or imported here")
                stack.append(name)
            elif op == b"R":
                args, name = stack.pop(), stack.pop()
                if name not in _NAMES:
                    raise ValueError("it calls what is no name of an array")
                stack.append(_Made(args))
            elif op == b"b":
                state = stack.pop()
                self.target(_Made).state = state
            elif op in (b"\x80", b"\x95"):
                self.take(1 if op == b"\x80" else 8)
            else:
                raise ValueError(f"it holds the instruction {op!r}, which builds no list of numbers")

    def target(self, kind: type) -> Any:
        """The top of the stack, which must be of a kind."""
        if type(self.stack[-1]) is not kind:
            raise ValueError(f"it builds onto {type(self.stack[-1]).__name__}, expected {kind.__name__}")
        return self.stack[-1]
