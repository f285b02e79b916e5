"""One C99 file of a model: weights, a static arena, the operations in order, and vectors to test it with."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fastnn.compiler.plan import Place
from fastnn.core.dtypes import TABLE
from fastnn.core.errors import ArgumentError, NotSupportedError
from fastnn.core.types import Array
from fastnn.export.c_kernels import RULES
from fastnn.export.c_plan import Planned, planned
from fastnn.export.c_words import Call, Value, ctype, table
from fastnn.graph import Symbol, Trace
from fastnn.graph.lifetime import passing
from fastnn.runtime import abi

LIMIT = 1e-4  # of the test: the largest difference, relative to the largest output
KINDS = {kind: name for name, (_, kind) in reversed(TABLE.items())}  # kernel type -> dtype


def c_text(
    compute: Callable[[list[Symbol]], list[Any]],
    title: str,
    name: str,
    examples: Sequence[Array],
    expected: Sequence[Array],
) -> str:
    """The text of a C file that computes what a model's predict does.

    compute: gives the outputs, flat, for symbols of the inputs.  title: the model's name.  name: of the file; its
    function is NAME_predict.  examples: an array for each input, of all the rows that the function takes.  expected:
    predict's outputs for them.

    Raises NotSupportedError for what C cannot do, named.
    """
    with passing():
        with Trace(training=False) as trace:
            symbols = [trace.input(x.shape, x.dtype.name) for x in examples]
            outputs = [trace.symbol(y) for y in compute(symbols)]
        return _File(planned(trace, outputs, list(zip(symbols, examples))), name, examples, expected).text(title)


def identifier(text: str) -> str:
    """A name in C that begins as the text does.

    >>> identifier("my model-2"), identifier("3d")
    ('my_model_2', 'm3d')
    """
    name = re.sub(r"\W", "_", text, flags=re.ASCII)
    return name if name[:1].isalpha() else f"m{name}"


class _File:
    def __init__(self, plan: Planned, name: str, examples: Sequence[Array], expected: Sequence[Array]) -> None:
        self.found, self.plan, self.name = plan, plan.plan, name
        self.examples, self.expected = examples, expected
        self.code: list[list[int]] = self.plan.table("code").tolist()
        relocations = self.plan.table("relocations").tolist()
        self.places = {word: (space, offset) for word, space, offset, _, _ in relocations}
        self.moves = self.plan.table("moves").tolist()
        self.counters: dict[int, list[tuple[str, int]]] = {}  # {word: [(counter of a loop, bytes of its step)]}
        self.tables: dict[str, str] = {}
        self.used: set[int] = set()

    # ------------------------------------------------------------------ places
    def _at(self, space: int, offset: int, dtype: str, counters: Sequence[tuple[str, int]] = ()) -> str:
        """A pointer to bytes of a space that hold values of a dtype."""
        kind, number, _ = self.plan.spaces[space]
        if kind == "arena":
            part = next(p for p in self.found.parts if p.start <= offset < p.start + p.nbytes)
            base, offset = f"arena_{part.kind}", offset - part.start
        elif kind == "variable":
            variable = self.found.variables[number]
            base = f"v{number}"
            if base not in self.tables:
                label = f"/* {_said(variable.path)} {tuple(variable.shape)} */\n"
                self.tables[base] = label + table(base, np.asarray(variable._array), variable.stored_dtype)
        elif kind == "array":
            base = f"x{self.found.inputs[number]}"
            self.used.add(self.found.inputs[number])
        else:
            start, raw = next((at, raw) for at, raw in self.found.constants if at <= offset < at + max(len(raw), 1))
            base = f"c{start}_{TABLE[dtype][1]}"
            offset -= start
            if base not in self.tables:
                self.tables[base] = table(base, np.frombuffer(raw, TABLE[dtype][0]), dtype)
        size = _itemsize(dtype)
        text = f"{base} + {offset // size}" if offset else base
        for counter, stride in counters:
            text += f" {'-' if stride < 0 else '+'} {abs(stride) // size} * {counter}"
        return text

    def _word(self, word: int, dtype: str) -> str:
        space, offset = self.places[word]
        return self._at(space, offset, dtype, self.counters.get(word, ()))

    def _place(self, place: Place) -> str:
        return self._at(place.space, place.offset, place.dtype)

    # ------------------------------------------------------------------ the walk
    def _rows(self, i: int, stop: int, depth: int) -> list[str]:
        """Lines for the rows [i, stop) of the plan."""
        lines: list[str] = []
        while i < stop:
            row = self.code[i]
            if row[abi.FLAGS] & abi.BRANCH:
                flag = self._word(row[abi.ARGS], "bool")
                lines += [f"if (*({flag})) {{", *self._inner(i + 1, row[abi.INNER], depth + 1), "} else {",
                          *self._inner(row[abi.INNER], row[abi.END], depth + 1), "}"]  # fmt: skip
                i = row[abi.END]
            elif row[abi.FLAGS] & abi.LOOP:
                lines += self._loop(i, row, depth)
                i = row[abi.END]
            else:
                lines.append(self._call(row))
                i += 1
        return lines

    def _inner(self, i: int, stop: int, depth: int) -> list[str]:
        return [f"    {line}" for line in self._rows(i, stop, depth)]

    def _loop(self, i: int, row: list[int], depth: int) -> list[str]:
        flags, counter = row[abi.FLAGS], f"t{depth}"
        for word, stride in self.moves[row[abi.TMP] : row[abi.TMP] + row[abi.NTMP]]:
            self.counters.setdefault(word, []).append((counter, stride))
        count, before = str(row[abi.N]), []
        if flags & abi.COUNTED:
            asked = f"*({self._word(row[abi.ARGS], 'int64')})"
            before = [f"const long n{depth} = {asked} < 0 ? 0 : {asked} > {count} ? {count} : (long){asked};"]
            count = f"n{depth}"
        if flags & abi.WHILE:
            test = [
                *self._inner(i + 1, row[abi.INNER], depth + 1),
                f"    if (!*({self._word(row[abi.ARGS], 'bool')})) break;",
            ]
            body = self._inner(row[abi.INNER], row[abi.END], depth + 1)
            steps = f"*({self._word(row[abi.ARGS] + 1, 'int64')}) = {counter};"
            return ["{", f"    long {counter} = 0;", f"    for (; {counter} < {count}; ++{counter}) {{",
                    *[f"    {line}" for line in (*test, *body)], "    }", f"    {steps}", "}"]  # fmt: skip
        way = f"{counter} = 0; {counter} < {count}; ++{counter}"
        if flags & abi.REVERSE:
            way = f"{counter} = {count} - 1; {counter} >= 0; --{counter}"
        lines = [*before, f"for (long {way}) {{", *self._inner(row[abi.INNER], row[abi.END], depth + 1), "}"]
        return ["{", *[f"    {line}" for line in lines], "}"] if before else lines

    def _call(self, row: list[int]) -> str:
        kernel = self.plan.kernels[row[abi.FN]]
        call = self.found.calls.get(kernel)
        if call is not None:
            given = [v for v in (*call.ins, *call.outs) if v is not None]
            return f"{kernel}({', '.join(self._word(row[abi.ARGS] + k, v.dtype) for k, v in enumerate(given))});"
        what, _, kind = kernel.rpartition("_")
        dtype = KINDS.get(kind, "uint8")
        nbytes = row[abi.N] * _itemsize(dtype)
        if what == "copy":
            source, target = (self._word(row[abi.ARGS] + k, dtype) for k in (0, 1))
            return f"memmove({target}, {source}, {nbytes});"
        if what == "fill_bits":
            return f"memset({self._word(row[abi.ARGS], dtype)}, 0, {nbytes});"
        raise NotSupportedError(f"export to c: the plan calls the kernel {kernel!r}, which C has no form of.")

    # ------------------------------------------------------------------ text
    def _function(self, name: str, call: Call) -> str:
        return f"static void {name}({', '.join(_parameters(call))})\n{{\n{_indented(RULES[call.op](call))}\n}}"

    def text(self, title: str) -> str:
        """The whole file."""
        name, plan = self.name, self.plan
        body = self._rows(0, len(self.code), 0)
        for k, place in enumerate(plan.outputs):
            size = _itemsize(place.dtype) * Value(place.shape, place.dtype).size
            body.append(f"memcpy(y{k}, {self._place(place)}, {size});")
        body += [f"(void)x{k};" for k in range(len(self.examples)) if k not in self.used]
        takes = [f"const {ctype(x.dtype.name)} *x{k}" for k, x in enumerate(self.examples)]
        takes += [f"{ctype(place.dtype)} *y{k}" for k, place in enumerate(plan.outputs)]
        signature = f"void {name}_predict({', '.join(takes)})"
        arena = []
        for part in self.found.parts:
            count = max(part.nbytes // _itemsize(KINDS[part.kind]), 1)
            arena.append(f"static {ctype(KINDS[part.kind])} arena_{part.kind}[{count}];")
        shapes = [f" *   {said}" for said in self._shapes()]
        head = [
            f"/* The model {_said(title)}, exported by fastnn: C99 without dependencies.",
            " *",
            f" * {signature}:",
            *shapes,
            " * Arrays are row-major. The arena is static, so one call runs at a time.",
            " * An index outside of an embedding reads its nearest row. Sums go on in order; exp, tanh and the like",
            " * are the C library's: 1e-6 of the largest output is how far it usually is from predict.",
            " *",
            f" * Test: cc -O2 {name}.c -lm && ./a.out. As a part of a program: -D{name.upper()}_NO_MAIN.",
            " */",
            "#include <math.h>", "#include <stdint.h>", "#include <string.h>", "",
            f"{signature};", "",
            f"/* {plan.arena_bytes} bytes of working memory */", *arena, "",
        ]  # fmt: skip
        functions = [self._function(n, call) for n, call in self.found.calls.items()]
        main = "\n".join([signature, "{", *[f"    {line}" for line in body], "}"])
        parts = ["\n".join(head), *self.tables.values(), *functions, main, self._test()]
        return "\n\n".join(parts) + "\n"

    def _shapes(self) -> list[str]:
        given = [(f"x{k}", x.shape, x.dtype.name) for k, x in enumerate(self.examples)]
        given += [(f"y{k}", place.shape, place.dtype) for k, place in enumerate(self.plan.outputs)]
        return [f"{name}: {dtype} ({', '.join(map(str, shape))})" for name, shape, dtype in given]

    def _test(self) -> str:
        """The part that a program leaves out: inputs, what predict gave for them, and main."""
        lines = [f"#ifndef {self.name.upper()}_NO_MAIN", "#include <stdio.h>", ""]
        for k, x in enumerate(self.examples):
            lines.append(table(f"test_x{k}", x, x.dtype.name))
        compared = []
        for k, (place, y) in enumerate(zip(self.plan.outputs, self.expected)):
            lines.append(table(f"test_y{k}", y, place.dtype))
            lines.append(f"static {ctype(place.dtype)} found_y{k}[{max(y.size, 1)}];")
            compared.append(
                f"    for (long i = 0; i < {y.size}; ++i)\n"
                f"        differ(&apart, &largest, (double)found_y{k}[i], (double)test_y{k}[i]);\n"
                "    worst = apart <= worst * largest ? worst : apart / (largest > 0 ? largest : 1);\n"
                "    apart = largest = 0;"
            )
        given = [f"test_x{k}" for k in range(len(self.examples))]
        given += [f"found_y{k}" for k in range(len(self.plan.outputs))]
        lines += [
            "",
            "static void differ(double *apart, double *largest, double a, double b)",
            "{",
            "    const double d = a == b ? 0 : fabs(a - b);",
            "    if (!(d <= *apart)) *apart = d;",
            "    if (fabs(b) > *largest) *largest = fabs(b);",
            "}", "",
            "int main(void)", "{",
            "    double worst = 0, apart = 0, largest = 0;",
            f"    {self.name}_predict({', '.join(given)});",
            *compared,
            f'    printf("largest difference to predict, relative: %.1e (limit {LIMIT:.0e})\\n", worst);',
            f"    return !(worst <= {LIMIT:.0e});",
            "}",
            "#endif",
        ]  # fmt: skip
        return "\n".join(lines)


def _itemsize(dtype: str) -> int:
    return int(np.dtype(TABLE[dtype][0]).itemsize)


def _parameters(call: Call) -> list[str]:
    found = [f"const {ctype(v.dtype)} *x{k}" for k, v in enumerate(call.ins) if v is not None]
    return found + [f"{ctype(v.dtype)} *y{k}" for k, v in enumerate(call.outs) if v is not None]


def _said(text: str) -> str:
    """Text that may stand in a comment."""
    return re.sub(r"[^\w ./:-]", "_", text, flags=re.ASCII)


def _indented(text: str) -> str:
    return textwrap.indent(text, "    ")


def check_sizes(shapes: Sequence[Sequence[int | None]], batch: int) -> list[tuple[int, ...]]:
    """Shapes with `batch` rows; ArgumentError where a size is not known.

    >>> check_sizes([(None, 4)], 2)
    [(2, 4)]
    """
    if isinstance(batch, bool) or not isinstance(batch, (int, np.integer)) or batch < 1:
        raise ArgumentError(f"export to c: batch_size={batch!r}; expected a whole number from 1 on.")
    for shape in shapes:
        if None in tuple(shape)[1:]:
            raise ArgumentError(
                f"export to c: an input of shape {tuple(shape)}; expected all sizes but the first to be known. Give "
                "the Input its sizes, or pass input_signature with them."
            )
    return [(int(batch), *(int(d) for d in tuple(shape)[1:] if d is not None)) for shape in shapes]
