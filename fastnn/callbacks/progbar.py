"""Progbar: a line that shows how far a run is, in Keras's format."""

import time

import numpy as np

from fastnn.callbacks.console import columns, has_colours, is_live, say
from fastnn.core.errors import ArgumentError

BOLD, GREEN, WHITE, RESET = "\x1b[1m", "\x1b[32m", "\x1b[37m", "\x1b[0m"
LEAST = 4  # characters of a bar that still says something


class Progbar:
    """Shows `current/target`, a bar, the time, and values.

    Where the output is no terminal and no notebook each update is a line of its own, or only the last one with
    `only_last`, as fit has it. On a terminal the line fits into one row as long as it is overwritten: the bar becomes
    shorter first, then the clock goes, then values are cut. Nothing is left out of the last line. NO_COLOR in the
    environment switches colours off.

    Args:
        target: number of steps, None if not known.
        width: of the bar, in characters.
        verbose: 0 nothing, 1 a live line, 2 one line at the end.
        interval: seconds between two updates.
        stateful_metrics: names whose values are shown as they come; others are averaged over the steps.
        stateless_metrics: names to average instead, all others being shown as they come.
        unit_name: the word for a step.

    Raises ArgumentError for both kinds of names at once.

    >>> bar = Progbar(2, verbose=2)
    >>> bar.line(2, now=bar.start).split(" - ")[0]
    '2/2'
    """

    only_last = False

    def __init__(
        self,
        target,
        width=20,
        verbose=1,
        interval=0.05,
        stateful_metrics=None,
        stateless_metrics=None,
        unit_name="step",
    ):
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ArgumentError(
                "Only one of `stateful_metrics` and `stateless_metrics` can be given: all other names are of the "
                f"other kind. Received: stateful_metrics={stateful_metrics}, stateless_metrics={stateless_metrics}."
            )
        self.target, self.width, self.verbose = target, width, verbose
        self.interval, self.unit_name = interval, unit_name
        self._stateful = None if stateful_metrics is None else set(stateful_metrics)
        self._stateless = None if stateless_metrics is None else set(stateless_metrics)
        if self._stateful is None and self._stateless is None:
            self._stateful = set()
        self.live, self.coloured = is_live(), has_colours()
        self.start = time.perf_counter()
        self._waiting = None
        self._values, self._seen, self._last, self._first_step, self._shown = {}, 0, 0.0, None, 0

    def _averages(self, name):
        return name not in self._stateful if self._stateful is not None else name in self._stateless

    def due(self):
        """Whether enough time has passed for the next update."""
        return self.live and time.perf_counter() - self._last >= self.interval

    def pause(self):
        """What happens from here to `resume` is no part of the steps: its time is not counted."""
        self._waiting = time.perf_counter()

    def resume(self):
        """Steps go on."""
        if self._waiting is not None:
            gone, self._waiting = time.perf_counter() - self._waiting, None
            self.start += gone
            if self._first_step is not None:
                self._first_step = (self._first_step[0] + gone, self._first_step[1])

    def update(self, current, values=None, finalize=None):
        """Show that steps are done.

        Args:
            current: how many of them, an int.
            values: [(name, value)], or None.
            finalize: whether this is the last update; None: if current is the target.
        """
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        for name, value in values or []:
            if not self._averages(name) or finalize:
                self._values[name] = (value, 1)
                continue
            steps = max(current - self._seen, 1)
            total, count = self._values.get(name, (0.0, 0))
            self._values[name] = (total + value * steps, count + steps)
        self._seen = current
        now = time.perf_counter()
        if current and self._first_step is None:
            self._first_step = (now, current)
        waited = not self.only_last and now - self._last >= self.interval
        if self.verbose == 1 and (finalize or self.due() or waited):
            self._last = now
            say(self._live_line(current, now, finalize))
        elif self.verbose == 2 and finalize and self.target:
            say(self.line(current, now) + "\n")

    def add(self, n, values=None):
        """Show that more steps are done.

        Args:
            n: how many more, an int.
            values: [(name, value)], or None.
        """
        self.update(self._seen + n, values)

    def line(self, current, now=None):
        """The one line of verbose=2.

        Args:
            current: how many steps are done, an int.
            now: seconds of time.perf_counter(); the present if None.
        """
        now = time.perf_counter() if now is None else now
        per_step = self._format(self._step_time(current, now))
        return f"{self._count(current)} - {now - self.start:.0f}s - {per_step.strip()}{self._text()}"

    def _live_line(self, current, now, finalize):
        per_step = self._step_time(current, now)
        left = per_step * (self.target - current) if self.target and not finalize else now - self.start
        clock = f" {_clock(left)}" if self.target and not finalize else f" {left:.0f}s"
        count = self._count(current) if self.target else f"{current:7d}/Unknown"
        step, values = self._format(per_step), self._text()
        width, room = self.width if self.target else 0, columns() if self.live else None
        if room is not None:
            width = min(width, room - len(count + clock + step + values) - 1)
            if width < LEAST:
                width = 0
            if not finalize:  # the last line may take two rows
                count, clock, step, values = _cut(room, count, clock, step, values)
        plain = len(count + clock + step + values) + (width + 1 if width else 0)
        pad, self._shown = " " * max(self._shown - plain, 0) if self.live else "", plain
        text = f"{self._styled(count, BOLD)}{self._bar(current, width)}{self._styled(clock, BOLD)}{step}{values}{pad}"
        return ("\r" if self.live else "") + text + ("\n" if finalize or not self.live else "")

    def _styled(self, text, code):
        return f"{code}{text}{RESET}" if self.coloured and text else text

    def _bar(self, current, width):
        if not width:
            return ""
        done = int(width * min(current / self.target, 1.0))
        todo = "━" if self.coloured else "."  # without colours the letters have to say it
        return f" {self._styled('━' * done, GREEN)}{self._styled(todo * (width - done), WHITE)}"

    def _count(self, current):
        return f"{current:{len(str(self.target))}d}/{self.target}"

    def _text(self):
        out = ""
        for name, (total, count) in self._values.items():
            if isinstance(total, str):
                out += f" - {name}: {total}"
                continue
            value = float(np.mean(total)) / max(1, count)
            out += f" - {name}: {value:.4f}" if abs(value) > 1e-3 else f" - {name}: {value:.4e}"
        return out

    def _step_time(self, current, now):
        if not current:
            return 0.0
        # The first step includes making the plan; it says nothing about the others.  Where the run was first looked at
        # late, too few of them are left to be measured.
        at, step = self._first_step or (self.start, 0)
        return (now - at) / (current - step) if current >= 2 * step else (now - self.start) / current

    def _format(self, seconds):
        if seconds >= 1 or seconds == 0:
            return f" {seconds:.0f}s/{self.unit_name}"
        if seconds >= 1e-3:
            return f" {seconds * 1e3:.0f}ms/{self.unit_name}"
        return f" {seconds * 1e6:.0f}us/{self.unit_name}"


def _cut(room, count, clock, step, values):
    """The parts of a line as far as they fit into `room` characters: values matter more than the time left."""
    if len(count + clock + step + values) <= room:
        return count, clock, step, values
    left = room - len(count + step)
    if left < len(values):
        values = values[: left - 3] + "..." if left >= 3 else ""
    return count[:room], "", step if left >= 0 else "", values


def _clock(seconds):
    seconds = int(seconds)
    if seconds > 3600:
        return f"{seconds // 3600}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}"
    return f"{seconds // 60}:{seconds % 60:02d}" if seconds > 60 else f"{seconds}s"
