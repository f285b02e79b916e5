"""ProgbarLogger: what fit, evaluate and predict show while they run."""

from fastnn.callbacks.callback import Callback
from fastnn.callbacks.console import say
from fastnn.callbacks.progbar import Progbar


class ProgbarLogger(Callback):
    """The progress line of verbose=1 and the epoch lines of verbose=2.

    It looks at a run ten times a second at most and never makes the engine stop after a batch.

    >>> bar = ProgbarLogger()
    >>> bar.set_params({"verbose": 0, "epochs": 1, "steps": 3})
    >>> bar.wants_progress("train")
    False
    """

    def __init__(self) -> None:
        super().__init__()
        self.seen, self.progbar, self.target, self.verbose, self.epochs = 0, None, None, 1, 1
        self._in_fit = False

    def set_params(self, params):
        """Take verbose ("auto" = 1), epochs and steps.

        Args:
            params: {"verbose": int or str, "epochs": int, "steps": int or None}.
        """
        self.params = params
        self.verbose = 1 if params.get("verbose", 1) == "auto" else params.get("verbose", 1)
        self.epochs, self.target = params.get("epochs", 1), params.get("steps")

    def wants_batches(self, kind):
        """Never: it has on_progress.

        Args:
            kind: "train", "test" or "predict".
        """
        return False

    def wants_progress(self, kind):
        """Whether something is shown while a run goes on.

        Args:
            kind: "train", "test" or "predict".
        """
        return self.verbose == 1 and not (kind == "test" and self._in_fit)

    def due(self):
        """Whether it is time for the next update."""
        return self.progbar is not None and self.progbar.due()

    def on_progress(self, kind, step, logs):
        """A batch is done.

        Args:
            kind: "train", "test" or "predict".
            step: its number, from 1.
            logs: what is shown, {name: float}.
        """
        self._update(step, None if kind == "predict" else logs)

    def _start(self):
        self.seen = 0
        self.progbar = Progbar(self.target, verbose=self.verbose, stateless_metrics=())
        self.progbar.only_last = True

    def _update(self, batch, logs):
        if self.progbar is None:
            self._start()
        self.seen = batch + 1
        if self.verbose == 1:
            self.progbar.update(self.seen, list((logs or {}).items()), finalize=False)

    def _finish(self, logs):
        if self.progbar is None:
            self._start()
        if self.target is None:
            self.target = self.progbar.target = self.seen or None
        done = self.target if self.target is not None else self.seen
        self.progbar.update(done, list((logs or {}).items()), finalize=True)

    def on_train_begin(self, logs=None):
        """Validation inside fit shows no line of its own.

        Args:
            logs: not used.
        """
        self._in_fit = True

    def on_train_abort(self, reason=None, logs=None):
        """The line is left as it is, whatever the reason.

        Args:
            reason: the exception.
            logs: not used.
        """
        self.on_train_end(logs)

    def on_train_end(self, logs=None):
        """The next evaluate does again.

        Args:
            logs: not used.
        """
        self._in_fit = False

    def on_test_begin(self, logs=None):
        """Start the line of evaluate, or keep validation out of the time per step.

        Args:
            logs: not used.
        """
        if not self._in_fit:
            self._start()
        elif self.progbar is not None:
            self.progbar.pause()

    def on_predict_begin(self, logs=None):
        """Start the line of predict.

        Args:
            logs: not used.
        """
        self._start()

    def on_epoch_begin(self, epoch, logs=None):
        """Say which epoch, and start its line.

        Args:
            epoch: its number, from 0.
            logs: not used.
        """
        self._start()
        if self.verbose and self.epochs > 1:
            say(f"Epoch {epoch + 1}/{self.epochs}\n")

    def on_train_batch_end(self, batch, logs=None):
        """A batch is done (when the engine returns after every batch anyway).

        Args:
            batch: its number, from 0.
            logs: what is shown, {name: float}.
        """
        if self.due():
            self._update(batch, logs)
        self.seen = batch + 1

    def on_test_batch_end(self, batch, logs=None):
        """A batch of evaluate is done.

        Args:
            batch: its number, from 0.
            logs: what is shown, {name: float}.
        """
        if not self._in_fit:
            self.on_train_batch_end(batch, logs)

    def on_predict_batch_end(self, batch, logs=None):
        """A batch of predict is done.

        Args:
            batch: its number, from 0.
            logs: not used.
        """
        self.on_train_batch_end(batch, None)

    def on_epoch_end(self, epoch, logs=None):
        """The last state of the line.

        Args:
            epoch: its number, from 0.
            logs: what is shown, {name: float}.
        """
        self._finish(logs)

    def on_test_end(self, logs=None):
        """The last state of the line of evaluate.

        Args:
            logs: what is shown, {name: float}.
        """
        if not self._in_fit:
            self._finish(logs)
        elif self.progbar is not None:
            self.progbar.resume()

    def on_predict_end(self, logs=None):
        """The last state of the line of predict.

        Args:
            logs: not used.
        """
        self._finish(None)
