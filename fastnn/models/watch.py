"""What fit does with a step in which NaN or infinity came up: stop, go on, or leave the step out.

The step's plan ends at its guards (ops/records/state.py) with nothing written (compiler/passes/commit.py), so weights,
slots, metrics and counters are as before the step, and the step can be run again: by the diagnosis, and as it is.
"""

import os
import warnings

from fastnn.core.errors import NotFiniteError, NotFiniteWarning
from fastnn.core.frames import user_level
from fastnn.models.conduct import leads
from fastnn.models.diagnosis import diagnose
from fastnn.runtime.abi import BATCH, ROW0


class Watch:
    """Of one call of fit.

    mode: "continue": say once where NaN or infinity began, and train on as if nobody looked.  "stop": raise
    NotFiniteError, with everything as before the step and a file that replays it.  "raise": the same without a file.
    "skip": leave the steps out that have some, and say so.

    finding: where the first one began, or None.  skipped: steps left out in this epoch.
    """

    def __init__(self, mode):
        self.mode, self.finding, self.skipped, self.file, self.said = mode, None, 0, None, ""

    def tripped(self, step, compiled, rows):
        """A step of training has ended at a guard: do what the mode says."""
        first, said = self.finding is None, ""
        if first:
            self.finding = diagnose(step, compiled.feed, rows)
            if self.mode in ("stop", "skip") and leads():
                self.file, said = _written(step, compiled.feed, rows, self.finding.step)
        if self.mode in ("stop", "raise"):
            text = f"{self.finding} The weights are as before this step. {said}".rstrip()
            raise NotFiniteError(text, self.finding, self.file)
        if self.mode == "continue":
            step.shared.watch.assign(0)
            step.watch = None
            if self.finding.phase != "input":  # what is in the data was said when they came in (core/values.py)
                warnings.warn(
                    f'{self.finding} Training goes on; fit(nan="stop") stops before such a step and writes a file that '
                    'replays it, fit(nan="skip") leaves such steps out.',
                    NotFiniteWarning,
                    stacklevel=user_level(),
                )
            return
        state = step.shared.states["train"]
        state[BATCH] += 1
        state[ROW0] += rows
        self.skipped += 1
        if first:
            self.said = said

    def epoch_is_over(self):
        """Warn of the steps that were left out."""
        if self.skipped:
            more, self.said = f" The first: {self.finding} {self.said}" if self.said else "", ""
            warnings.warn(
                f"fit: {self.skipped} of the epoch's steps had NaN or infinity and changed nothing.{more}",
                NotFiniteWarning,
                stacklevel=user_level(),
            )
            self.skipped = 0


def _written(step, feed, rows, number):
    """(the file that replays the step or None, a sentence about it)."""
    from fastnn.models.replay import save_step

    path = os.path.abspath(f"nan-step-{number}.npz")
    try:
        with warnings.catch_warnings(record=True) as said:
            save_step(path, step, feed, rows)
    except Exception as error:  # of the user's get_config, too: what fit has to say comes first
        return None, f"No file that replays it was written: {type(error).__name__}: {error}"
    for warning in said:
        warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    return path, f"`fastnn replay {os.path.basename(path)}` replays it: {path}"
