"""The tape's tables: their columns, flags and state words, and the check that they fit together.

A tape is int64 tables only, so the Cython executor, the Python executor and a test read the same thing:

- code[n, 12]: one instruction per row, see COLUMNS
- words[w]: the argument words of all instructions; an instruction's begin at its `args`
- tmps[m, 4]: (slot, offset, itemsize, wide): that argument lives in scratch of a tile or (wide) of a span
- locals[l, 2]: (word, offset): that word is an address in the thread's own workspace
- moves[m, 2]: (word, stride): that word grows by stride at each step of a loop
- state[16]: counters that kernels may read, see STEP and the following

A row with JOINED, alone in its group, gets all chunks of a thread in one call.

A row with LOOP or BRANCH controls those that follow. LOOP: rows [i + 1, end) run `n` times, and the `ntmp` rows of
moves from `tmp` on say what changes; REVERSE: from the last step to the first. COUNTED: the address in words[args] says
how often (at most n). WHILE: rows [i + 1, inner) run first, then the byte at words[args] says whether [inner, end)
follow; how often they did goes to the address in words[args + 1]. BRANCH: the byte at words[args] chooses
[i + 1, inner) or [inner, end).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastnn.core.types import Array

COLUMNS = ("fn", "args", "n", "chunk", "tile", "end", "flags", "tmp", "ntmp", "inner", "lone", "span")
FN, ARGS, N, CHUNK, TILE, END, FLAGS, TMP, NTMP, INNER, LONE, SPAN = range(12)
SYNC, HOST, LOOP, REVERSE, COUNTED, WHILE, BRANCH, JOINED = 1, 2, 4, 8, 16, 32, 64, 128
CONTROL = LOOP | BRANCH
STEP, ROW0, BATCH, STOP, WATCH = range(5)  # WATCH: not 0 while steps with NaN or infinity fail
NOT_FINITE = 2  # status of a kernel that found NaN or infinity where WATCH says so
STATE_WORDS = 16
# Spaces of a relocation that are no number of a block: a thread's own workspace and tiles; where empty values lie.
LOCAL, SCRATCH, NOWHERE = -1, -2, -3


def _table(name: str, table: Any, shape: Sequence[int | None]) -> Array:
    found: Array = np.ascontiguousarray(table)
    if found.size == 0:
        found = np.zeros([0 if s is None else s for s in shape], np.int64)
    fits = found.ndim == len(shape) and all(s is None or s == k for s, k in zip(shape, found.shape, strict=True))
    if found.dtype != np.int64 or not fits:
        raise ValueError(f"{name} is {found.dtype} of shape {found.shape}; expected int64 of shape {shape}")
    return found


def check(
    code: Array,
    words: Any,
    tmps: Any,
    locals_: Any,
    local_bytes: int,
    scratch_bytes: int,
    state: Array,
    hosts: Sequence[Any],
    moves: Any = (),
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Return code, words, tmps, locals, moves and state as contiguous int64 arrays.

    code is a copy, its column `lone` filled. Raises ValueError when a shape is wrong, an entry points outside its
    table, or regions and groups do not nest, naming what was found.

    >>> check(np.zeros((1, 3), np.int64), [0], [], [], 0, 0, np.zeros(16, np.int64), [])
    Traceback (most recent call last):
    ...
    ValueError: code is int64 of shape (1, 3); expected int64 of shape (None, 12)
    """
    given = state
    code, words, tmps, locals_, moves, state = (
        _table("code", code, (None, len(COLUMNS))).copy(),
        _table("words", words, (None,)),
        _table("tmps", tmps, (None, 4)),
        _table("locals", locals_, (None, 2)),
        _table("moves", moves, (None, 2)),
        _table("state", state, (STATE_WORDS,)),
    )
    if state is not given:
        raise ValueError("state must be a contiguous array itself: kernels hold its address")
    n = len(code)
    host = code[:, FLAGS] & HOST != 0
    control = code[:, FLAGS] & CONTROL != 0
    bad = [
        (code[:, ARGS] < 0) | (code[:, ARGS] > len(words)), code[:, N] < 0, (code[:, CHUNK] < 1) & ~host,
        code[:, TILE] < 0, (code[:, END] <= np.arange(n)) | (code[:, END] > n),
        (code[:, NTMP] < 0) | (code[:, TMP] < 0)
        | (code[:, TMP] + code[:, NTMP] > np.where(control, len(moves), len(tmps))),
        (code[:, INNER] <= np.arange(n)) | (code[:, INNER] > code[:, END]), code[:, SPAN] < 0,
        host & ((code[:, FN] < 0) | (code[:, FN] >= len(hosts))), ~host & (code[:, FN] < 0),
    ]  # fmt: skip
    for what, rows in zip(("args", "n", "chunk", "tile", "end", "tmp", "inner", "span", "fn", "fn"), bad, strict=True):
        if rows.any():
            i = int(rows.argmax())
            row = dict(zip(COLUMNS, code[i].tolist(), strict=True))
            raise ValueError(f"instruction {i}: its column {what!r} does not fit: {row}")
    if len(locals_) and (locals_.min() < 0 or locals_[:, 0].max() >= len(words) or locals_[:, 1].max() > local_bytes):
        raise ValueError(f"locals {locals_.tolist()} point outside {len(words)} words or {local_bytes} bytes")
    if len(tmps) and (tmps[:, 1].min() < 0 or tmps[:, 1].max() > scratch_bytes):
        raise ValueError(f"tmps {tmps.tolist()} point outside {scratch_bytes} bytes of scratch")
    scratch = np.repeat(code[:, ARGS], np.where(control, 0, code[:, NTMP]))
    slots = [k for row in code[~control & (code[:, NTMP] > 0)].tolist() for k in range(row[TMP], row[TMP] + row[NTMP])]
    _regions(code, len(words), moves, {*locals_[:, 0].tolist(), *(scratch + tmps[slots, 0]).tolist()})
    code[:, LONE] = _lone(code, ~host & ~control)
    return code, words, tmps, locals_, moves, state


def _lone(code: Array, kernels: Array) -> Array:
    """Which rows are one call of [0, n): of groups whose rows have one chunk, no more than a tile, and no scratch."""
    whole: Array = (
        kernels & (code[:, N] > 0) & (code[:, N] <= code[:, CHUNK]) & (code[:, NTMP] == 0) & (code[:, SPAN] == 0)
    )
    whole &= (code[:, TILE] == 0) | (code[:, N] <= code[:, TILE])
    ends, i = code[:, END].tolist(), 0
    while i < len(code):
        end = ends[i] if kernels[i] else i + 1  # what is in a loop or a branch comes behind its row
        whole[i:end] = whole[i:end].all()
        i = end
    return whole


# What a control row's flags may be beside SYNC -> how many words it reads, and whether part of it lies before `inner`.
_KINDS = {LOOP: (0, False), LOOP | REVERSE: (0, False), LOOP | COUNTED: (1, False),
          LOOP | COUNTED | REVERSE: (1, False), LOOP | WHILE: (2, True), BRANCH: (1, True)}  # fmt: skip


def _regions(code: Array, words: int, moves: Array, fixed: set[int]) -> None:
    """Loops, branches and groups lie inside one another; only kernels are in groups. fixed: words that cannot move."""
    ends = [(len(code), False)]  # of what is open: (its end, whether it is a group)
    for i, row in enumerate(code.tolist()):
        while i >= ends[-1][0]:
            ends.pop()
        end, in_group = ends[-1]
        if row[END] > end:
            raise ValueError(f"instruction {i}: it ends at {row[END]}, what it is a part of at {end}")
        if in_group and row[FLAGS] & (CONTROL | HOST):
            raise ValueError(f"instruction {i}: a loop, branch or host step inside a group; expected kernels only")
        if not row[FLAGS] & (CONTROL | REVERSE | COUNTED | WHILE):
            ends.append((row[END], True))
            continue
        kind = _KINDS.get(row[FLAGS] & ~SYNC)
        if kind is None:
            raise ValueError(
                f"instruction {i}: its flags {row[FLAGS]} name no loop or branch; expected one of "
                f"{sorted(_KINDS)}, SYNC apart"
            )
        reads, parts = kind
        if row[ARGS] + reads > words:
            raise ValueError(f"instruction {i}: it reads {reads} words at {row[ARGS]} of {words}")
        if not parts and row[INNER] != i + 1:
            raise ValueError(f"instruction {i}: its inner is {row[INNER]}; expected {i + 1}: it has no test")
        if row[FLAGS] & BRANCH and row[NTMP]:
            raise ValueError(f"instruction {i}: a branch with {row[NTMP]} moves; expected none")
        for word, _ in moves[row[TMP] : row[TMP] + row[NTMP]].tolist():
            if not 0 <= word < words or word in fixed:
                raise ValueError(
                    f"instruction {i}: it moves word {word}; expected one of {words} words that is not an "
                    "address of scratch or workspace"
                )
        ends += [(row[END], False), (row[INNER], False)]


def failure(status: int, instruction: int) -> str:
    """Return the text of the KernelError for a kernel's status."""
    reason = "an index or label is out of range" if status == 1 else "it found data that it cannot work on"
    return f"the kernel of instruction {instruction} returned status {status}: {reason}"
