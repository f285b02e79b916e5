"""OrbaxCheckpoint: Orbax stores JAX arrays; checkpoints here are BackupAndRestore's and ModelCheckpoint's."""

from typing import Any

from fastnn.callbacks.callback import Callback
from fastnn.core.errors import NotSupportedError


class OrbaxCheckpoint(Callback):
    """Keras's callback that writes checkpoints with Orbax.  Raises NotSupportedError when it is made.

    Args:
        directory, monitor, verbose, save_best_only, mode, save_freq: Keras's arguments, as of `ModelCheckpoint`.
        initial_value_threshold, save_weights_only: the same.
        max_to_keep, save_on_background: Keras's arguments; `BackupAndRestore` has what they ask for.

    >>> OrbaxCheckpoint("checkpoints")
    Traceback (most recent call last):
        ...
    fastnn.core.errors.NotSupportedError: ...
    """

    def __init__(
        self,
        directory: Any,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        mode: str = "auto",
        save_freq: Any = "epoch",
        initial_value_threshold: Any = None,
        max_to_keep: int | None = 1,
        save_on_background: bool = True,
        save_weights_only: bool = False,
    ) -> None:
        raise NotSupportedError(
            f"OrbaxCheckpoint({str(directory)!r}): Orbax stores arrays of JAX, which is not used here. To go on after "
            "an interruption use BackupAndRestore, to keep the best or every epoch ModelCheckpoint."
        )
