"""History: what happened, epoch by epoch."""

import weakref
from typing import Any

from fastnn.callbacks.callback import Callback
from fastnn.core.errors import ArgumentError


class History(Callback):
    """The logs of every epoch: `history` maps a name to the list of its values, `epoch` lists the epochs.

    `fit` returns one.  `receipt` says what that call of fit was, with digests of data and weights where it was called
    with `receipt=`: see `fit`.

    >>> h = History()
    >>> h.on_train_begin()
    >>> h.on_epoch_end(0, {"loss": 0.5})
    >>> h.history, h.epoch
    ({'loss': [0.5]}, [0])
    """

    state = ("history", "epoch")

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []
        self.receipt: Any = None
        self._of: Any = None

    def set_model(self, model):
        """Note the model, without keeping it alive: the model holds its history.

        Args:
            model: the model, or None.
        """
        self._of = None if model is None else weakref.ref(model)

    @property
    def model(self):
        """The model of the last run, while it lives."""
        return self._of() if self._of else None

    def __getstate__(self):
        return {**vars(self), "_of": None}  # the model of a copy is nobody's

    def on_train_begin(self, logs=None):
        """Start a new list of epochs (the values of earlier runs stay, as in Keras).

        Args:
            logs: not used.
        """
        self.epoch = []

    def save_receipt(self, path):
        """Write the receipt of a run with `fit(receipt=True)` as JSON, for `fastnn verify`.

        Args:
            path: of the file.

        Raises ArgumentError where there is none or it has no digests.
        """
        if self.receipt is None:
            raise ArgumentError("save_receipt: this history is of no call of fit; call fit(..., receipt=True) first.")
        self.receipt.save(path)

    def load_state_dict(self, state):
        """Take up what an earlier run noted; who has the dict of this one sees it.

        Args:
            state: {"history": ..., "epoch": ...}.
        """
        self.history.clear()
        self.history.update(state["history"])
        self.epoch = list(state["epoch"])

    def on_epoch_end(self, epoch, logs=None):
        """Append the logs of an epoch.

        Args:
            epoch: its number, from 0.
            logs: {name: float}.
        """
        self.epoch.append(epoch)
        for key, value in (logs or {}).items():
            self.history.setdefault(key, []).append(value)
        model = self.model
        if model is not None and getattr(model, "history", None) is not self:
            model.history = self
