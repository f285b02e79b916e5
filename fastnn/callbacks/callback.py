"""The base of every callback: all hooks, each doing nothing."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from fastnn.core.arguments import ChecksArguments
from fastnn.core.errors import DivergedError
from fastnn.core.types import Logs

if TYPE_CHECKING:
    from fastnn.models.model import Model

BATCH_HOOKS = {
    "train": ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end"),
    "test": ("on_test_batch_begin", "on_test_batch_end"),
    "predict": ("on_predict_batch_begin", "on_predict_batch_end"),
}


class Callback(ChecksArguments):
    """Base of all callbacks: subclass it and write the hooks that you need.

    Attributes: `params`, a dict with verbose, epochs and steps; `model`, the model that is being trained.
    `logs` holds the running loss and metrics as floats.  A callback that overrides a batch hook makes the
    engine return to Python after every batch; epoch hooks cost nothing.

    >>> class Losses(Callback):
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         self.last = logs["loss"]
    >>> callback = Losses()
    >>> callback.on_epoch_end(0, {"loss": 0.5})
    >>> callback.last
    0.5
    """

    #: Names of the attributes that decide what the callback does next (see state_dict).
    state: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.params: dict[str, Any] | None = None
        self._model: Any = None

    def set_params(self, params: dict[str, Any]) -> None:
        """Receive what a run is, before it begins.

        Args:
            params: {"verbose": int, "epochs": int, "steps": int or None}.
        """
        self.params = params

    def set_model(self, model: Model | None) -> None:
        """Receive the model before a run.

        Args:
            model: the model, or None.
        """
        self._model = model

    @property
    def model(self) -> Any:
        """The model that is being trained, evaluated or asked for predictions."""
        return getattr(self, "_model", None)

    @model.setter
    def model(self, model: Any) -> None:
        self._model = model

    def wants_batches(self, kind: str) -> bool:
        """Whether a batch hook is really overridden: if not, the engine does not return to Python after every batch.

        Args:
            kind: "train", "test" or "predict".
        """
        return any(overridden(self, hook) for hook in BATCH_HOOKS[kind])

    def state_dict(self) -> dict[str, Any]:
        """What must be kept so that a resumed run behaves as the uninterrupted one."""
        return {name: getattr(self, name) for name in self.state}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up a state that state_dict returned.

        Args:
            state: {name: value}; names that are not in `state` of the class are passed over.
        """
        for name, value in state.items():
            if name in self.state:
                setattr(self, name, value)

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a training batch (an older name of on_train_batch_begin).

        Args:
            batch: its number in the epoch, from 0.
            logs: {}.
        """

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a training batch (an older name of on_train_batch_end).

        Args:
            batch: its number in the epoch, from 0.
            logs: the running means of the epoch so far, {name: float}.
        """

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Before an epoch.

        Args:
            epoch: its number, from 0.
            logs: {}.
        """

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """After an epoch.

        Args:
            epoch: its number, from 0.
            logs: loss and metrics of the epoch, {name: float}; validation results under "val_" names.
        """

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a training batch.

        Args:
            batch: its number in the epoch, from 0.
            logs: {}.
        """
        self.on_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a training batch.

        Args:
            batch: its number in the epoch, from 0.
            logs: the running means of the epoch so far, {name: float}.
        """
        self.on_batch_end(batch, logs=logs)

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before an evaluation or validation batch.

        Args:
            batch: its number, from 0.
            logs: {}.
        """

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After an evaluation or validation batch.

        Args:
            batch: its number, from 0.
            logs: the running means so far, {name: float}.
        """

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a prediction batch.

        Args:
            batch: its number, from 0.
            logs: {}.
        """

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a prediction batch.

        Args:
            batch: its number, from 0.
            logs: {"outputs": its predictions, arrays in the structure of the outputs}.
        """

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Before training.

        Args:
            logs: {}.
        """

    def on_train_end(self, logs: Logs | None = None) -> None:
        """After training, also when it was stopped.

        Args:
            logs: those of the last epoch, {name: float}.
        """

    def on_train_abort(self, reason: Any = None, logs: Logs | None = None) -> None:
        """Training ended by an exception or Ctrl-C; by default the same as on_train_end.

        Args:
            reason: the exception; after that of TerminateOnNaN(raise_error=True) nothing is done by default, so that
                no bad weights are kept for good ones.
            logs: those of the last epoch that was done, {name: float}.
        """
        if not isinstance(reason, DivergedError):
            self.on_train_end(logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Before evaluation or validation.

        Args:
            logs: {}.
        """

    def on_test_end(self, logs: Logs | None = None) -> None:
        """After evaluation or validation.

        Args:
            logs: its results, {name: float}.
        """

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Before prediction.

        Args:
            logs: {}.
        """

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """After prediction.

        Args:
            logs: {}.
        """


def overridden(callback, hook):
    """Whether a callback has its own version of a hook, in its class or set on the instance."""
    return hook in vars(callback) or _of_class(type(callback), hook)


@functools.lru_cache(1024)
def _of_class(cls, hook):
    return getattr(cls, hook, None) is not getattr(Callback, hook)
