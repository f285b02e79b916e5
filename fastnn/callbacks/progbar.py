"""Progbar: a line that shows how far a run is, in Keras's format."""

import time

import numpy as np

from fastnn.callbacks.console import is_live, say

BOLD, GREEN, WHITE, RESET = "\x1b[1m", "\x1b[32m", "\x1b[37m", "\x1b[0m"


class Progbar:
    """Shows `current/target`, a bar, the time, and values.

    target: number of steps, None if not known.  width: of the bar, in characters.  verbose: 0 nothing, 1 a live line,
    2 one line at the end.  interval: seconds between two updates.  stateful_metrics: names whose values are
    shown as they come; others are averaged over the steps.  stateless_metrics: names to average instead, all others
    being shown as they come.  unit_name: the word for a step.

    Where the output is no terminal and no notebook only the last line is written.

    >>> bar = Progbar(2, verbose=2)
    >>> bar.line(2, now=bar.start).split(" - ")[0]
    '2/2'
    """

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
        self.target, self.width, self.verbose = target, width, verbose
        self.interval, self.unit_name = interval, unit_name
        self._stateful = None if stateful_metrics is None else set(stateful_metrics)
        self._stateless = None if stateless_metrics is None else set(stateless_metrics)
        if self._stateful is None and self._stateless is None:
            self._stateful = set()
        self.live = is_live()
        self.start = time.perf_counter()
        self._values, self._seen, self._last, self._first_step, self._shown = {}, 0, 0.0, None, 0

    def _averages(self, name):
        return name not in self._stateful if self._stateful is not None else name in self._stateless

    def due(self):
        """Whether enough time has passed for the next update."""
        return self.live and time.perf_counter() - self._last >= self.interval

    def update(self, current, values=None, finalize=None):
        """`current` steps are done; values: [(name, value)]; finalize: this is the last update (None: if at target)."""
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
        if self.verbose == 1 and (finalize or self.due()):
            self._last = now
            say(self._live_line(current, now, finalize))
        elif self.verbose == 2 and finalize and self.target:
            say(self.line(current, now) + "\n")

    def add(self, n, values=None):
        """n more steps are done."""
        self.update(self._seen + n, values)

    def line(self, current, now=None):
        """The one line of verbose=2."""
        now = time.perf_counter() if now is None else now
        per_step = self._format(self._step_time(current, now))
        return f"{self._count(current)} - {now - self.start:.0f}s - {per_step.strip()}{self._text()}"

    def _live_line(self, current, now, finalize):
        style = (lambda text, code: f"{code}{text}{RESET}") if self.live else (lambda text, code: text)
        per_step = self._step_time(current, now)
        if self.target:
            done = int(self.width * min(current / self.target, 1.0))
            bar = style("━" * done, GREEN) if done else ""
            bar = f"{style(self._count(current), BOLD)} {bar}{style('━' * (self.width - done), WHITE)}"
        else:
            bar = f"{current:7d}/Unknown"
        left = per_step * (self.target - current) if self.target and not finalize else now - self.start
        clock = _clock(left) if self.target and not finalize else f"{left:.0f}s"
        text = f"{bar} {style(clock, BOLD)}{self._format(per_step)}{self._text()}"
        plain = len(text) - sum(len(code) * text.count(code) for code in (BOLD, GREEN, WHITE, RESET))
        pad = " " * max(self._shown - plain, 0)
        self._shown = plain
        return ("\r" if self.live else "") + text + pad + ("\n" if finalize else "")

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
        # The first step includes making the plan; it says nothing about the others.
        at, step = self._first_step or (self.start, 0)
        return (now - at) / (current - step) if current > step else (now - self.start) / current

    def _format(self, seconds):
        if seconds >= 1 or seconds == 0:
            return f" {seconds:.0f}s/{self.unit_name}"
        if seconds >= 1e-3:
            return f" {seconds * 1e3:.0f}ms/{self.unit_name}"
        return f" {seconds * 1e6:.0f}us/{self.unit_name}"


def _clock(seconds):
    seconds = int(seconds)
    if seconds > 3600:
        return f"{seconds // 3600}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}"
    return f"{seconds // 60}:{seconds % 60:02d}" if seconds > 60 else f"{seconds}s"
