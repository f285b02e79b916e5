"""Receipts: what a call of fit was, in so few words that another machine can tell whether it does the same.

A receipt has versions, the kernels' level and fingerprint, settings, the seed and where the random numbers were,
digests of configuration, data and weights (at the start, after some steps, at the end), and the numbers of the history.
All digests are BLAKE2b over every byte, with dtype and shape.

Nothing is digested unless somebody asks: `fit(receipt=...)`.  Then the weights are looked at after steps 1, 2, 5, 10,
20, ... of the first epoch, which therefore comes back to Python after every batch, and after epochs 1, 2, 5, 10, ...
"""

import contextlib
import functools
import itertools
import json
import math
import os
import platform
from typing import Any

import numpy as np

import fastnn
from fastnn.callbacks.callback import Callback
from fastnn.core import config
from fastnn.core.errors import ArgumentError, FileFormatError
from fastnn.models.digests import configuration, digest_of_weights, digests_of_data, text_digest
from fastnn.runtime import pack
from fastnn.saving.container import parse_json
from fastnn.saving.files import read_file, write_file

FORMAT = 1
# what is compared before the first step, in this order: (part of a receipt, whether the bits may differ with it)
PARTS = {"versions": False, "kernels": False, "settings": True, "config": True, "data": True, "random": True,
         "run": True}  # fmt: skip


class Receipt:
    """The receipt of a call of fit.

    facts: dicts of text and numbers, by part: "fit" (its number in the process), "versions", "kernels", "settings",
    "random", "run", and if it was asked for "config", "data", "weights"; "history".

    Args:
        noted: the facts of one run.

    >>> import fastnn, numpy as np
    >>> model = fastnn.Sequential([fastnn.Input((2,)), fastnn.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> history = model.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=2, verbose=0, receipt=True)
    >>> sorted(history.receipt.facts["weights"])
    ['end', 'start', 'steps', 'taken']
    """

    def __init__(self, noted: dict[str, Any]) -> None:
        self._noted = noted

    @functools.cached_property
    def facts(self) -> dict[str, Any]:
        """All that is known; what many runs share is gathered when somebody asks."""
        return {"format": FORMAT, **environment(), **self._noted}

    def save(self, path: Any) -> None:
        """Write it as JSON.

        Args:
            path: of the file.

        Raises ArgumentError where fit was not asked for a receipt, OSError.
        """
        if "weights" not in self._noted:
            raise ArgumentError(
                "This receipt has no digests of data and weights, which nobody asked fit to take: call "
                "fit(..., receipt=True), or give it the path."
            )
        write_file(path, (json.dumps(_finite(self.facts), indent=1) + "\n").encode())

    def __str__(self) -> str:
        return json.dumps(_finite(self.facts), indent=1)

    __repr__ = __str__


def read_receipt(path: Any) -> dict[str, Any]:
    """The facts in a file that `Receipt.save` wrote.

    Args:
        path: of the file.

    Raises FileFormatError for any other.
    """
    name = str(path)
    facts = parse_json(read_file(path, "receipt"), name)
    good = isinstance(facts, dict) and facts.get("format") == FORMAT and isinstance(facts.get("fit"), int)
    good = good and all(isinstance(facts.get(part), dict) for part in (*PARTS, "weights", "history"))
    weights = facts["weights"] if good else {}
    good = good and isinstance(weights.get("steps"), dict) and isinstance(weights.get("taken"), int)
    if not good or not all(k.isdecimal() and isinstance(v, str) for k, v in weights["steps"].items()):
        raise FileFormatError(f"{name}: no receipt of format {FORMAT}; expected what fit(receipt=...) writes.")
    return facts


@functools.cache
def _installed() -> dict[str, Any]:
    kernels = pack.describe()
    return {
        "versions": {"fastnn": fastnn.__version__, "python": platform.python_version(), "numpy": np.__version__},
        "kernels": {k: kernels[k] for k in ("mode", "level", "fingerprint") if k in kernels},
    }


def environment() -> dict[str, Any]:
    """What numbers depend on besides the script: versions, kernels, settings."""
    settings = {"float type": config.floatx(), "matmul precision": config.matmul_precision()}
    return {**_installed(), "settings": settings}


def _finite(value: Any) -> Any:
    """Without NaN and infinity, which JSON has no words for, and as JSON gives it back."""
    if isinstance(value, dict):
        return {str(k): _finite(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(v) for v in value]
    if isinstance(value, np.ndarray):
        return _finite(value.tolist())
    return repr(value) if isinstance(value, float) and not math.isfinite(value) else value


# ------------------------------------------------------------------ taking one
class _Process:
    """fits: counts the calls of fit.  check: the Check that watches one of them, or None."""

    def __init__(self) -> None:
        self.fits, self.check = itertools.count(), None


_process = _Process()


def check_argument(name: str, value: Any) -> None:
    """The argument `receipt` of fit, before anything runs: None, a bool, or a path in a folder that is there."""
    if value is None or isinstance(value, bool):
        return
    if not isinstance(value, (str, os.PathLike)):
        raise ArgumentError(f"{name}: received {value!r}; expected True, or the path of the file to write.")
    folder = os.path.dirname(os.path.abspath(value))
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"{name}={os.fspath(value)!r}: there is no folder {folder!r}; make it first.")


def begin(model: Any, asked: Any, source: Any, validation: Any, listeners: Any, epochs: range) -> None:
    """A call of fit begins: give its history a receipt, and take digests if somebody wants them.

    asked: the argument `receipt` of fit: None, True or a path.
    """
    number, check = next(_process.fits), _process.check
    watched = check is not None and check.facts["fit"] == number
    history = listeners.history
    noted = {
        "fit": number,
        "random": {**model._trainer().shared.position(), "fits": source.number},
        "run": {
            "epochs": [epochs.start, epochs.stop],
            "steps": source.steps,
            "batch size": getattr(source, "batch", None),
            "shuffle": str(getattr(source, "shuffle", None)),
            "callbacks": [type(c).__name__ for c in listeners.callbacks if not hasattr(c, "on_progress")],
        },
        "history": history.history,
    }
    history.receipt = Receipt(noted)
    if asked or watched:
        taker = _Taker(noted, source, validation, history.receipt, None if asked is True else asked)
        taker.check = check if watched else None
        taker.set_model(model)
        listeners.append(taker)


def marked(number: int) -> bool:
    """Whether a number is 1, 2 or 5 times a power of ten.

    >>> [n for n in range(1, 300) if marked(n)]
    [1, 2, 5, 10, 20, 50, 100, 200]
    """
    return str(number).rstrip("0") in ("1", "2", "5")


class _Taker(Callback):
    """Takes the digests of a run, and at its end writes the receipt."""

    def __init__(self, noted, source, validation, receipt, path):
        super().__init__()
        self.noted, self.source, self.validation = noted, source, validation
        self.receipt, self.path, self.check = receipt, path, None
        self.first, self.begun = True, 0

    def wants_batches(self, kind):
        """Batches of the first epoch only."""
        return kind == "train" and self.first

    def _steps(self):
        return self.model._trainer().shared.position()["train"] - self.begun

    def after_train_begin(self, listeners, resume):
        """Note where the run begins, after what it goes on from has been read."""
        model, noted = self.model, self.noted
        position = model._trainer().shared.position()
        self.begun, noted["random"] = position["train"], {**position, "fits": self.source.number}
        noted["config"] = configuration(model)
        noted["data"] = digests_of_data(train=self.source, validation=self.validation)
        noted["weights"] = {"start": digest_of_weights(model), "steps": {}, "taken": 0, "end": None}
        self.receipt.__dict__.pop("facts", None)  # somebody may have looked before all was known
        if self.check is not None:
            self.check.begins(_finite(self.receipt.facts))

    def on_train_batch_end(self, batch, logs=None):
        if marked(self._steps()):
            self._note()

    def on_epoch_end(self, epoch, logs=None):
        if marked(epoch + 1) and str(self._steps()) not in self.noted["weights"]["steps"]:
            self._note()
        self.first = False

    def _note(self):
        steps, found = self._steps(), digest_of_weights(self.model)
        self.noted["weights"]["steps"][str(steps)] = found
        if self.check is not None:
            self.check.at(steps, found)

    def on_train_end(self, logs=None):
        if "weights" not in self.noted:  # it ended before it had begun
            return
        self.noted["weights"].update(end=digest_of_weights(self.model), taken=self._steps())
        if self.check is not None:
            self.check.ends(_finite(self.receipt.facts))
        elif self.path is not None and _process.check is None:  # what is compared stays as it is
            self.receipt.save(self.path)

    def on_train_abort(self, reason=None, logs=None):
        """What ran is written, too; a check has seen what it wanted."""
        if self.check is None:
            self.on_train_end(logs)


# ------------------------------------------------------------------ comparing
class Enough(BaseException):
    """Ends a script when all is compared: no `except Exception` of the script shall hold it."""


class Check:
    """Compares a run with a receipt.

    facts: of the receipt.  steps: how many of its steps are wanted, all if None.

    lines: [(what, whether it is the same, text)], in order.  reached: whether the run was there; compared: the last
    step after which weights were compared.
    """

    def __init__(self, facts, steps=None):
        self.facts, self.lines, self.reached, self.compared = facts, [], False, 0
        marks = sorted(map(int, facts["weights"]["steps"]))
        self.last = None if steps is None or steps >= facts["weights"]["taken"] else max(
            (m for m in marks if m <= steps), default=0)  # fmt: skip

    @property
    def same(self):
        """Whether the run did the same, as far as it was compared."""
        return self.reached and all(good for what, good, _ in self.lines if PARTS.get(what.split(":")[0], True))

    @property
    def first_difference(self):
        """What differed first, or None."""
        return next((what for what, good, _ in self.lines if not good), None)

    def _line(self, what, expected, found):
        good = expected == found
        self.lines.append((what, good, f"{expected}" if good else f"{expected} in the receipt, {found} now"))
        return good

    def begins(self, found):
        """Compare what is known before the first step."""
        self.reached = True
        for part in PARTS:
            for name in dict.fromkeys((*self.facts[part], *found[part])):
                self._line(f"{part}: {name}", self.facts[part].get(name), found[part].get(name))
        self._line("weights: at the start", self.facts["weights"].get("start"), found["weights"]["start"])
        if self.last == 0:
            raise Enough

    def at(self, step, digest):
        """Compare the weights after a step."""
        expected = self.facts["weights"]["steps"].get(str(step))
        good = expected is None or self._line(f"weights: after step {step}", expected, digest)
        self.compared = step if expected is not None else self.compared
        if not good or (self.last is not None and step >= self.last):
            raise Enough

    def ends(self, found):
        """Compare the end of the run."""
        mine, weights = found["weights"], self.facts["weights"]
        self._line("steps taken", weights["taken"], mine["taken"])
        if self._line("weights: at the end", weights.get("end"), mine["end"]):
            self.compared = mine["taken"]
        self._line("history", text_digest(self.facts["history"]), text_digest(found["history"]))
        raise Enough


@contextlib.contextmanager
def verifying(facts=None, steps=None):
    """Calls of fit inside are counted from 0; the one that a receipt is of is compared with it.  Gives the Check.

    facts: of the receipt; None: they are counted only.
    """
    outer, check = (_process.fits, _process.check), None if facts is None else Check(facts, steps)
    _process.fits, _process.check = itertools.count(), check
    try:
        yield check
    except Enough:
        if check is None:  # it is of a check around this one
            raise
    finally:
        _process.fits, _process.check = outer
