"""What is known of calls that gather: entries with programs, and the trace that new calls are made in."""

from __future__ import annotations

import collections
import itertools
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from fastnn.compiler.program import Program
from fastnn.core import config, hooks
from fastnn.core.types import Array, is_function
from fastnn.graph import variable as variables
from fastnn.graph.node import VARIABLE, Symbol
from fastnn.graph.trace import Trace
from fastnn.graph.variable import Variable, watchers

if TYPE_CHECKING:
    pass

MOST_ENTRIES = 4096  # known calls of a thread; then all are forgotten
KEPT_BYTES = 1 << 30  # of programs of a thread, except the one that runs
_serials = itertools.count(1)
_new_serial = _serials.__next__


def serial(thing: Any) -> int:
    """A number that no other object has had: what stands for a layer or variable in a key."""
    found = thing.__dict__.get("_serial")
    if found is None or found[0] != id(thing):  # a copy has that of the original
        found = id(thing), _new_serial()
        object.__setattr__(thing, "_serial", found)
    number: int = found[1]
    return number


class Entry:
    """What is known of an event that follows certain others.

    children: {key: Entry}.  specs: (shape, dtype) of what it gives, results first, then masks and losses.  result: the
    structure of its result, a Slot for each value; flat: its numbers, where it is a list.  masks: [(number of a result,
    number of its mask)].  losses: how many of specs are losses.  draws: functions that give the keys of its random
    numbers.  reads: weak references to variables that it reads.  programs: {what of its log
    runs, what is wanted: Ready}.
    """

    __slots__ = (
        "children",
        "draws",
        "effects",
        "flat",
        "losses",
        "masks",
        "numbers",
        "programs",
        "reads",
        "result",
        "single",
        "specs",
    )

    def __init__(
        self,
        specs: Any = (),
        result: Any = None,
        masks: Any = (),
        losses: int = 0,
        draws: Any = (),
        effects: bool = False,
        reads: Any = (),
    ) -> None:
        self.specs, self.result, self.masks, self.losses = specs, result, masks, losses
        self.draws, self.effects, self.reads = draws, effects, reads
        self.children: dict[Any, Entry] = {}
        self.numbers: set[Any] = set()  # that calls after it have multiplied and added
        self.programs: dict[Any, Ready] = {}
        self.single = type(result) is Slot
        flat = type(result) is list and all(x is None or type(x) is Slot for x in result)
        self.flat = [None if x is None else x.number for x in result] if flat else None


class Slot:
    """The place of value number `number` in a result."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number


class Ready:
    """A program of what has gathered.

    inputs: [(number of a leaf, array that it is copied to)].  before: [(variable, array)]: values that changed since.
    keys: numbers, among the draws of the log, of the program's random keys.  lasting: which outputs lie in the arena.
    """

    __slots__ = ("before", "bytes", "inputs", "keys", "lasting", "lent", "program", "turn")

    def __init__(self, program: Program, inputs: Any, before: Any, keys: list[int]) -> None:
        self.program, self.inputs, self.before, self.keys = program, inputs, before, keys
        spaces = program.plan.spaces
        own = "arena", "array", "constants"
        self.lasting = [p.space >= 0 and spaces[p.space].kind in own for p in program.plan.outputs]
        self.lent: list[Any] = []
        self.bytes = program.arena_bytes + program.nbytes + sum(a.nbytes for _, a in [*inputs, *before])
        self.turn = 0


def variables_of(entries: Iterable[Entry]) -> list[Variable]:
    """The variables that events read."""
    found = {id(v): v for v in [ref() for entry in entries for ref in entry.reads] if v is not None}
    return list(found.values())


class Event:
    """One call.  keys: what its random draws drew with, in order; tapes: the tapes that record it."""

    __slots__ = ("entry", "fn", "keys", "tapes", "wiring")

    def __init__(self, fn: Any, wiring: Any, tapes: Any, keys: Sequence[Any] = ()) -> None:
        self.fn, self.wiring, self.tapes, self.keys = fn, wiring, tapes, keys
        self.entry: Any = None


class Root:
    """The known calls of a thread, and how many programs they have."""

    def __init__(self) -> None:
        self.version: Any = None
        self.forget()

    def forget(self) -> None:
        """Know nothing."""
        self.entry, self.entries, self.bytes, self.turns = Entry(), 0, 0, 0
        self.kept: collections.OrderedDict[Any, tuple[Entry, Ready]] = collections.OrderedDict()

    def current(self) -> Entry:
        """The entry that logs begin at."""
        version = hooks.call("own_structure_version"), config.version(), variables.layout_version
        if version != self.version or self.entries > MOST_ENTRIES:
            self.forget()
            self.version = version
        return self.entry

    def keep(self, entry: Entry, key: Any, ready: Ready) -> None:
        """Keep a program, and drop those that were not used for longest."""
        entry.programs[key] = ready
        self.kept[id(entry), key] = entry, ready
        self.bytes += ready.bytes
        while self.bytes > KEPT_BYTES and len(self.kept) > 1:
            (_, old_key), (old, gone) = self.kept.popitem(last=False)
            self.bytes -= gone.bytes
            old.programs.pop(old_key, None)
            for ref in gone.lent:  # the arena goes when the last of them has gone
                t = ref()
                if t is not None and t._lent:
                    t.keep()

    def used(self, entry: Entry, key: Any) -> None:
        """Note that a program is used."""
        if len(self.kept) > 1:
            self.kept.move_to_end((id(entry), key))


class Roots(threading.local):
    """Each thread has its own known calls: programs write to memory of their own."""

    def __init__(self) -> None:
        self.root = Root()


roots = Roots()


class Replay(Trace):
    """The trace of a log's events.

    before: what variables were at first, by epoch and serial, where they have changed since; old: inputs that stand
    for it; epoch: how often `changed` was called.  versions: {variable: symbols that reading it gave}.  drawn: the keys
    of all random numbers so far; draws: the functions that gave those of the event being traced; given: the keys that
    it has, if it was called before.
    """

    def __init__(self, before: dict[tuple[int, int], Array]) -> None:
        super().__init__()
        self.before = before
        self.epoch = 0
        self.old: dict[tuple[int, int], Symbol] = {}
        self.versions: dict[Variable, list[Symbol]] = {}
        self.drawn: list[Any] = []
        self.draws: list[Any] = []
        self.given: Iterator[Any] | None = None
        self.reads_now: list[Variable] = []  # by the event being traced
        self.recorded = False  # whether a tape records the event being traced

    def read(self, variable: Variable) -> Symbol:
        """The symbol of a variable's value when the event was called."""
        if variable in self.values and not is_function(self.values[variable]):
            if not watchers:
                self._noted(variable)
            found = super().read(variable)
            if self.recorded and not watchers and not any(s is found for s in self.versions.get(variable, ())):
                found = self._fenced(variable, found)  # it was assigned where no tape recorded
            return found
        number = self.epoch, serial(variable)
        if number in self.before and variable not in self.values:
            self.old[number] = self.values[variable] = self.input(variable.shape, variable.stored_dtype)
        found = super().read(variable)
        self.versions.setdefault(variable, []).append(found)
        self._noted(variable)
        return found

    def _noted(self, variable: Variable) -> None:
        if not any(v is variable for v in self.reads_now):
            self.reads_now.append(variable)

    def assign(self, variable: Variable, symbol: Symbol) -> None:
        """The effect variable <- symbol; for a tape, what is read afterwards is a new value of the variable."""
        super().assign(variable, symbol)
        if symbol.node.op is VARIABLE and symbol.node.payload is variable:  # put back what it was
            del self.assigns[variable]
            return
        if self.recorded and not watchers:  # a StatelessScope gives variables other values, which count as read
            self._fenced(variable, symbol)

    def _fenced(self, variable: Variable, symbol: Symbol) -> Symbol:
        """What a variable was assigned, as a value that it has from now on."""
        fence: Symbol = hooks.call("operator", "stop_gradient", symbol)
        self.values[variable] = fence
        self.versions.setdefault(variable, []).append(fence)
        return fence

    def changed(self) -> None:
        """Something else has written variables: what is read from now on is what they are."""
        self.values.clear()
        self.epoch += 1

    def replay(self) -> Replay:
        """Itself."""
        return self

    def draw_key(self, key: Callable[[], Any]) -> Any:
        """The key of a draw: the one that the event has, or a new one."""
        found = key() if self.given is None else next(self.given)
        self.draws.append(key)
        self.drawn.append(found)
        return found
