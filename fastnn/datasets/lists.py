"""Lists of whole numbers that NumPy has pickled, read without unpickling.

Keras's imdb.npz and reuters.npz hold arrays of Python lists. A pickle is a program; this reader follows only the part
of it that builds lists of ints, and an array of them: it calls nothing, imports nothing, and refuses everything else.
"""

from __future__ import annotations

import re
from typing import Any

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
    """What a call of one of _NAMES would have made; `state` is what it was given afterwards."""

    state: Any = None


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
                stack.append(self.take(self.number(_TEXT[op])).decode("latin-1"))
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
                _, name = stack.pop(), stack.pop()
                if name not in _NAMES:
                    raise ValueError("it calls what is no name of an array")
                stack.append(_Made())
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
