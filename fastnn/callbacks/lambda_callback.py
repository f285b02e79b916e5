"""LambdaCallback: hooks as functions."""

from typing import Any

from fastnn.callbacks.callback import BATCH_HOOKS, Callback
from fastnn.core.errors import ArgumentError

_HOOKS = {h for hooks in BATCH_HOOKS.values() for h in hooks} | {
    f"on_{what}_{when}" for what in ("epoch", "train", "test", "predict") for when in ("begin", "end")
}


class LambdaCallback(Callback):
    """A callback made of functions, each with the arguments of its hook. None stands for nothing.

    Args:
        on_epoch_begin, on_epoch_end: functions (epoch, logs).
        on_train_begin, on_train_end: functions (logs).
        on_train_batch_begin, on_train_batch_end: functions (batch, logs).
        kwargs: any other hook by its name; other words become attributes.

    Raises ArgumentError for a hook that does not exist.

    >>> seen = []
    >>> LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch)).on_epoch_end(3, {})
    >>> seen
    [3]
    """

    def __init__(
        self,
        on_epoch_begin: Any = None,
        on_epoch_end: Any = None,
        on_train_begin: Any = None,
        on_train_end: Any = None,
        on_train_batch_begin: Any = None,
        on_train_batch_end: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__()
        given = {"on_epoch_begin": on_epoch_begin, "on_epoch_end": on_epoch_end, "on_train_begin": on_train_begin,
                 "on_train_end": on_train_end, "on_train_batch_begin": on_train_batch_begin,
                 "on_train_batch_end": on_train_batch_end, **kwargs}  # fmt: skip
        for name, function in given.items():
            if name.startswith("on_") and name not in _HOOKS:
                raise ArgumentError(
                    f"LambdaCallback: unknown hook {name!r}. Expected one of: {', '.join(sorted(_HOOKS))}."
                )
            if function is not None:
                setattr(self, name, function)
