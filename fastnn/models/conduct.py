"""Runs of a model by several processes: what they compare before they begin, and callbacks, which the first one has.

The first process calls the callbacks; the others wait, and take over what they have changed: flags that stop a run, the
values of weights and of the optimizer's variables.  What a callback runs itself, an evaluation or a prediction, runs in
the first process alone.  Every process has a History with the same logs.
"""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from fastnn.callbacks import CallbackList
from fastnn.core import turns
from fastnn.core.errors import NotSupportedError, ProcessesDifferError, ProcessLostError
from fastnn.core.frames import user_level
from fastnn.core.types import Array
from fastnn.distribution.strategies import Share, alone, distribution, share
from fastnn.distribution.transport import Transport, gather_objects, packed, unpacked
from fastnn.layers.tracking import structure_version
from fastnn.models.digests import configuration, digest_of, digest_of_weights
from fastnn.models.receipt import environment
from fastnn.models.runs import STOP_FLAGS
from fastnn.optimizers.applying import LIVE

SEEN_ONLY = ("History", "ProgbarLogger", "CSVLogger", "ModelCheckpoint", "TensorBoard", "RemoteMonitor",
             "BackupAndRestore")  # fmt: skip


def several() -> Share | None:
    """The share of this process where a distribution of several processes holds, else None."""
    found = share()
    return found if found is not None and found.transport.size > 1 else None


def leads() -> bool:
    """Whether this is the process that writes files."""
    mine = several()
    return mine is None or mine.transport.rank == 0


# ------------------------------------------------------------------ before the first step
def compare(model: Any, what: str, more: Any = None, **sources: Any) -> None:
    """Raise ProcessesDifferError, before anything has changed, unless all processes are about to do the same.

    what: "fit", "evaluate" or "predict".  more: {name: value} of arguments.  sources: the data, by name.
    """
    mine = several()
    if mine is None:
        _say_if_forgotten()
        return
    facts = {"call": what, "shards": mine.shards, "auto_shard_dataset": mine.same_data, **_facts(model), **(more or {})}
    for name, source in sources.items():
        for key, value in source.identity().items():
            if mine.same_data or key != "content":
                facts[f"{name}: {key}"] = value
    _same(facts, mine.transport)


_said: list[bool] = []


def _say_if_forgotten() -> None:
    """Warn, once, where `fastnn launch` has started several processes and each trains for itself."""
    if "FASTNN_JOB" in os.environ and os.environ.get("WORLD_SIZE", "1") != "1" and distribution() is None and not _said:
        _said.append(True)
        warnings.warn(
            "fastnn launch has started several processes, and each of them runs on its own: no distribution is set. "
            "Call keras.distribution.set_distribution(keras.distribution.DataParallel()) before fit.",
            UserWarning,
            stacklevel=user_level(),
        )


def _facts(model: Any) -> dict[str, Any]:
    around, position = environment(), model._trainer().shared.position()
    settings = {f"setting {k}": v for k, v in around["settings"].items()}
    made = configuration(model) if model.compiled else {}
    return {
        "version of fastnn": around["versions"]["fastnn"],
        **settings,
        "seed": position["seed"],
        "steps of training so far": position["train"],
        **{f"configuration ({k})": v for k, v in made.items()},
        "weights": digest_of_weights(model),
        "optimizer's variables": _digest_of_optimizer(model),
    }


def _digest_of_optimizer(model: Any) -> str:
    variables = [] if getattr(model, "optimizer", None) is None else model.optimizer.variables
    return digest_of(v._array for v in variables)


ADVICE = {
    "version of fastnn": "Install the same version everywhere.",
    "seed": "Call keras.utils.set_random_seed with the same seed in every process.",
    "configuration (model)": "Make the same model in every process.",
    "weights": "Make the model after keras.utils.set_random_seed, or load the same file, in every process.",
}
OTHERWISE = "Run the same script with the same data in every process."


def _same(facts: dict[str, Any], transport: Transport) -> None:
    said = gather_objects(transport, {k: str(v) for k, v in facts.items()})
    for rank, other in enumerate(said[1:], 1):
        differs = [k for k in [*said[0], *(k for k in other if k not in said[0])] if said[0].get(k) != other.get(k)]
        if differs:
            text = "; ".join(f"{k}: {said[0].get(k, 'none')} in rank 0, {other.get(k, 'none')} there" for k in differs)
            advice = next((words for key, words in ADVICE.items() if key in differs), OTHERWISE)
            raise ProcessesDifferError(
                f"Process {rank} of {transport.size} is not about to do what rank 0 is: {text}. {advice}"
            )


@contextlib.contextmanager
def together() -> Iterator[None]:
    """A part of a run that all processes have begun: where it fails here, the others need not wait for this one.

    As a decorator, too.
    """
    mine = several()
    try:
        yield
    except BaseException:
        if mine is not None:
            mine.transport.left()
        raise


def any_keeps(keeping: Any) -> bool:
    """Whether checkpoints are kept: where there are several processes, whether the first one keeps any."""
    mine = several()
    if mine is None:
        return keeping is not None
    found: bool = gather_objects(mine.transport, keeping is not None)[0]
    return found


# ------------------------------------------------------------------ callbacks
def conducted(made: Any, model: Any, history: bool) -> Any:
    """The callbacks of a run: as they are in a process alone; else a Conducted."""
    mine = several()
    if mine is None:
        return made
    if mine.transport.rank:
        found = CallbackList([], add_history=history, model=model, verbose=0)
        found.params = made.params
        made = found
    return Conducted(made, model, mine.transport)


class Conducted:
    """The callbacks of a run by several processes.

    inner: in the first process all of them, in the others a History.
    """

    def __init__(self, inner: CallbackList, model: Any, transport: Transport) -> None:
        self.inner, self.model, self.transport = inner, model, transport
        self.first = transport.rank == 0

    @property
    def history(self) -> Any:
        """The History of this process."""
        return self.inner.history

    @property
    def callbacks(self) -> list[Any]:
        """The callbacks of this process."""
        return self.inner.callbacks

    def append(self, callback: Any) -> None:
        """Add a callback, in the first process."""
        if self.first:
            self.inner.append(callback)

    def wants_batches(self, kind: str) -> bool:
        """Whether the first process has callbacks for batches; every process asks at the same points."""
        found: bool = gather_objects(self.transport, self.first and self.inner.wants_batches(kind))[0]
        return found

    def wants_progress(self, kind: str) -> bool:
        """Whether there is a progress bar here."""
        return self.inner.wants_progress(kind)

    def progress(self, kind: str, step: int, logs: Any) -> None:
        """Show progress here."""
        self.inner.progress(kind, step, logs)

    def train_has_begun(self, resume: Any) -> None:
        """See CallbackList."""
        self.inner.train_has_begun(resume)

    def on_train_abort(self, reason: Any = None, logs: Any = None) -> None:
        """The run ends with an error here: nobody waits for the others."""
        with alone():
            self.inner.on_train_abort(reason, logs)

    def state_dict(self) -> dict[str, Any]:
        """See CallbackList."""
        return self.inner.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """See CallbackList."""
        self.inner.load_state_dict(state)

    def call(self, name: str, *args: Any) -> None:
        """Call a hook, and let all processes have what it changed."""
        if not self.first:
            getattr(self.inner, name)(*args)
            self._follow(self.transport.all_gather([])[0])
            return
        looks = any(type(c).__name__ not in SEEN_ONLY or not _own(c) for c in self.inner.callbacks)
        before = _State(self.model) if looks else None
        try:
            with alone():
                getattr(self.inner, name)(*args)
            told, arrays = ({"flags": _flags(self.model)}, []) if before is None else before.changes(self.model)
        except Exception as error:
            with contextlib.suppress(ProcessLostError):  # another one may have an error of its own
                self.transport.all_gather([packed({"error": f"{type(error).__name__}: {error}"})])
            raise
        self.transport.all_gather([packed(told), *arrays])

    def _follow(self, pieces: list[Array]) -> None:
        """Take over what the first process says."""
        told = unpacked(pieces)
        if "error" in told:
            raise ProcessesDifferError(f"A callback has failed in process 0, which runs them all: {told['error']}")
        for name, value in told["flags"].items():
            setattr(self.model, name, value)
        for name, value in told.get("settings", {}).items():
            setattr(self.model.optimizer, name, value)
        variables = _variables(self.model)
        with turns.turn(variables, writes=True):
            for number, piece in zip(told.get("variables", ()), pieces[1:]):
                array = variables[number]._array
                array[...] = piece.view(array.dtype).reshape(array.shape)


def _hook(name: str) -> Any:
    def hook(self: Conducted, *args: Any) -> None:
        self.call(name, *args)

    hook.__name__, hook.__doc__ = name, f"{name} of every callback, in the first process."
    return hook


for _when in ("begin", "end"):
    for _name in ("epoch", *(k for kind in STOP_FLAGS for k in (kind, f"{kind}_batch"))):
        setattr(Conducted, f"on_{_name}_{_when}", _hook(f"on_{_name}_{_when}"))


def _own(callback: Any) -> bool:
    return type(callback).__module__.startswith("fastnn.")


def _flags(model: Any) -> dict[str, bool]:
    return {name: bool(getattr(model, name, False)) for name in STOP_FLAGS.values() if name in model.__dict__}


def _variables(model: Any) -> list[Any]:
    optimizer = getattr(model, "optimizer", None)
    return [*model.variables, *([] if optimizer is None else optimizer.variables)]


class _State:
    """What callbacks may change of a model, as it was."""

    def __init__(self, model: Any) -> None:
        self.copies = [v._array.copy() for v in _variables(model)]
        self.made = self._made(model)
        self.settings = self._settings(model)

    def _made(self, model: Any) -> Any:
        return model._trainer().forgotten, structure_version(), id(getattr(model, "optimizer", None)), len(self.copies)

    def _settings(self, model: Any) -> dict[str, Any]:
        own = getattr(getattr(model, "optimizer", None), "__dict__", {})
        return {name: own[name] for name in sorted(LIVE) if name in own and not hasattr(own[name], "_fastnn_variable")}

    def changes(self, model: Any) -> tuple[dict[str, Any], list[Array]]:
        """(what to tell the other processes, the arrays that go with it)."""
        if self._made(model) != self.made:
            raise NotSupportedError(
                "DataParallel: a callback has changed the layers of the model or compiled it, which the other "
                "processes, that run none, do not see. Do it between two calls of fit, in every process."
            )
        new = self._settings(model)
        settings = {k: v for k, v in new.items() if self.settings.get(k) is not v and self.settings.get(k) != v}
        odd = [k for k, v in settings.items() if v is not None and not isinstance(v, (int, float))]
        if odd:
            raise NotSupportedError(
                f"DataParallel: a callback has set {odd[0]!r} of the optimizer to {new[odd[0]]!r}, which others "
                "cannot be told. Expected a number, or that it is set between two calls of fit, in every process."
            )
        arrays = [v._array for v in _variables(model)]
        moved = [i for i, (a, b) in enumerate(zip(arrays, self.copies, strict=True)) if a.tobytes() != b.tobytes()]
        told = {"flags": _flags(model), "settings": settings, "variables": moved}
        return told, [np.ascontiguousarray(arrays[i]).reshape(-1).view(np.uint8) for i in moved]
