"""model.check(): what is worth knowing before the first step, and what is most likely a mistake."""

from __future__ import annotations

import os
import warnings
from typing import Any

import numpy as np

from fastnn.core.errors import DataError, FastnnError
from fastnn.core.types import Structure
from fastnn.models import data as adapter
from fastnn.models.findings import CHECKS, Case, Finding
from fastnn.models.report import PlanReport
from fastnn.runtime import levels, threads

BATCHES = 8  # of a source of batches that are looked at
LEVELS = ("error", "warning", "note")


class CheckReport:
    """Facts and findings: `facts`, {label: text}; `findings`, a list of Finding; `ok`, whether none is an error.

    >>> import numpy as np, fastnn
    >>> model = fastnn.Sequential([fastnn.Input((2,)), fastnn.layers.Dense(3, activation="softmax")])
    >>> model.compile("adam", "sparse_categorical_crossentropy")
    >>> report = model.check(np.eye(2), np.array([1, 3]))
    >>> report.ok, [finding.id for finding in report.findings]
    (False, ['labels-range'])
    """

    def __init__(self, facts: dict[str, str], findings: list[Finding]) -> None:
        self.facts = facts
        self.findings = sorted(findings, key=lambda f: LEVELS.index(f.level))

    @property
    def ok(self) -> bool:
        """Whether no finding is an error."""
        return not any(f.level == "error" for f in self.findings)

    def __str__(self) -> str:
        width = max(map(len, self.facts), default=0)
        lines = [f"{label:{width}}  {text}" for label, text in self.facts.items()]
        return "\n".join([*lines, "", *(map(str, self.findings) if self.findings else ["nothing found"])])

    __repr__ = __str__


def check(
    model: Any,
    x: Structure = None,
    y: Structure = None,
    batch_size: int | None = None,
    validation_split: float = 0.0,
    validation_data: Any = None,
) -> CheckReport:
    """The report of `Model.check`."""
    findings: list[Finding] = []
    try:
        case = _case(model, x, y, batch_size or 32, validation_split, validation_data)
    except FastnnError as error:
        findings.append(Finding("data", "error", str(error).rstrip("."), "Training refuses the data for that reason"))
        return CheckReport(_machine(), findings)
    for look in CHECKS:
        findings += look(case)
    return CheckReport({**_machine(), **_plan(model, case, findings)}, findings)


def _case(model, x, y, batch_size, split, validation):
    """The arrays to look at; of a source of batches the first few."""
    if adapter.is_batches(x):
        x, y = _first(x)
        split = 0.0
    if adapter.is_batches(validation):
        validation = _first(validation)
    x, y = adapter.convert(x, "x"), adapter.convert(y, "y")
    x_val, y_val = tuple(validation)[:2] if validation is not None else (None, None)
    x_val, y_val = adapter.convert(x_val, "validation x"), adapter.convert(y_val, "validation y")
    if x is not None:
        adapter.row_count(("x", x), ("y", y))
    if split and validation is None and x is not None:
        (x, y), (x_val, y_val) = adapter.split_validation(split, (x, y))
        return Case(model, flat(x), flat(y), flat(x_val), flat(y_val), batch_size, True)
    return Case(model, flat(x), flat(y), flat(x_val), flat(y_val), batch_size)


def flat(structure: Structure) -> list[Any]:
    """Its arrays; none for None."""
    return [] if structure is None else list(adapter.flatten(structure))


def _first(source):
    """(x, y) of the first batches of a source that can be gone through again."""
    if iter(source) is source:
        raise DataError("an iterator can be gone through once; give check a Dataset, a PyDataset or arrays")
    seen = []
    for batch in source:
        seen.append(batch if isinstance(batch, (tuple, list)) else (batch, None))
        if len(seen) == BATCHES:
            break
    if not seen:
        raise DataError("The data is empty: the source yields no batches")
    join = lambda parts: adapter.like(parts[0], [np.concatenate(p) for p in zip(*map(adapter.flatten, parts))])
    converted = [[adapter.convert(part, "x") for part in batch[:2]] for batch in seen]
    return tuple(None if parts[0] is None else join(parts) for parts in zip(*converted))


def _machine() -> dict[str, str]:
    return {
        "device": f"CPU, kernels of {levels.forced() or levels.own_level()}",
        "threads": f"{threads.get_num_threads()} ({threads.origin()})",
    }


def _plan(model, case, findings):
    """Memory and time of a step, from its plan."""
    try:
        with warnings.catch_warnings():  # what they say is a finding
            warnings.simplefilter("ignore")
            plan = PlanReport(model, case.batch_size)
    except FastnnError as error:
        return {"plan": f"not known: {error}"}
    facts = {"memory": f"{plan.peak_bytes / 1e6:,.1f} MB for a step of {case.batch_size} rows"}
    free = _free()
    if free is not None:
        facts["memory"] += f", of {free / 1e9:,.1f} GB that are free"
        if plan.peak_bytes > free:
            findings.append(Finding(
                "memory", "error", f"a step needs {plan.peak_bytes / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free",
                "Use a smaller batch_size",
            ))  # fmt: skip
    if case.x:
        steps = -(-len(case.x[0]) // case.batch_size)
        word = "training" if plan.training else "inference"
        facts["time"] = f"about {_span(steps * plan.predicted_us / 1e6)} of {word} per epoch of {steps:,} steps"
    return facts


def _free() -> int | None:
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # a system that does not say
        return None


def _span(seconds: float) -> str:
    """A span of time for people.

    >>> _span(0.0123), _span(75), _span(8000)
    ('12 ms', '1.2 min', '2.2 h')
    """
    for size, unit in ((3600, "h"), (60, "min"), (1, "s")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds * 1e3:.0f} ms"
