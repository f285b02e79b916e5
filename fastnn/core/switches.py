"""Switches of `keras.config` that say how long a script may run, and those that say nothing to this engine."""

import os
import warnings
from typing import Any

from fastnn.core.arguments import count
from fastnn.core.errors import ArgumentError

BACKENDS = ("tensorflow", "jax", "torch", "numpy", "openvino", "fastnn")


def _environment(name: str) -> int | None:
    return count(name, int(os.environ[name])) if name in os.environ else None


_switches: dict[str, Any] = {
    "max_epochs": _environment("KERAS_MAX_EPOCHS"),
    "max_steps_per_epoch": _environment("KERAS_MAX_STEPS_PER_EPOCH"),
    "flash_attention": None,
    "traceback_filtering": True,
}


def max_epochs() -> int | None:
    """The most epochs that a fit runs, None without a limit; first read from KERAS_MAX_EPOCHS."""
    limit: int | None = _switches["max_epochs"]
    return limit


def set_max_epochs(max_epochs: int | None) -> None:
    """Let no fit run more epochs, to try a script out (None: as many as it says).

    Args:
        max_epochs: an int >= 1, or None.

    >>> set_max_epochs(None)
    """
    _switches["max_epochs"] = count("max_epochs", max_epochs, none=True)


def max_steps_per_epoch() -> int | None:
    """The most steps of an epoch, of evaluate and of predict, None without a limit; first read from
    KERAS_MAX_STEPS_PER_EPOCH."""
    limit: int | None = _switches["max_steps_per_epoch"]
    return limit


def set_max_steps_per_epoch(max_steps_per_epoch: int | None) -> None:
    """Let no epoch, evaluate or predict run more steps, to try a script out (None: as many as it says).

    Args:
        max_steps_per_epoch: an int >= 1, or None.

    >>> set_max_steps_per_epoch(None)
    """
    _switches["max_steps_per_epoch"] = count("max_steps_per_epoch", max_steps_per_epoch, none=True)


def limited(what: str, wanted: int | None, limit: int | None) -> int | None:
    """`wanted` (None: not known), or the limit where that is less, with a warning as Keras gives it.

    >>> limited("epochs", 5, None)
    5
    """
    if limit is None or (wanted is not None and wanted <= limit):
        return wanted
    warnings.warn(f"Limiting {what} to {limit}", stacklevel=2)
    return limit


def run_functions_eagerly(run_eagerly: bool) -> None:
    """Let steps of models, and functions that would be traced, run as Python from now on: `tf.config`'s."""
    _switches["eager"] = bool(run_eagerly)


def functions_run_eagerly() -> bool:
    """Whether steps and functions run as Python.

    >>> functions_run_eagerly()
    False
    """
    return bool(_switches.get("eager"))


def run_script_of_any_year(value: bool) -> None:
    """Say that the main program is a script of any year (`fastnn run FILE`): what Keras 3 refuses of it is done."""
    _switches["script"] = bool(value)


def runs_script() -> bool:
    """Whether the main program is a script of any year.

    >>> runs_script()
    False
    """
    return bool(_switches.get("script"))


def enable_flash_attention() -> None:
    """Noted; attention is computed in one way here, whatever is chosen."""
    _switches["flash_attention"] = True


def disable_flash_attention() -> None:
    """Noted; see enable_flash_attention."""
    _switches["flash_attention"] = False


def is_flash_attention_enabled() -> bool | None:
    """What was chosen last, None before.

    >>> is_flash_attention_enabled()
    """
    chosen: bool | None = _switches["flash_attention"]
    return chosen


def enable_traceback_filtering() -> None:
    """The traceback of an interrupted fit leaves the engine's frames out (as at the start); errors show theirs."""
    _switches["traceback_filtering"] = True


def disable_traceback_filtering() -> None:
    """See enable_traceback_filtering."""
    _switches["traceback_filtering"] = False


def is_traceback_filtering_enabled() -> bool:
    """What was chosen last, True before.

    >>> is_traceback_filtering_enabled()
    True
    """
    return bool(_switches["traceback_filtering"])


def is_nnx_enabled() -> bool:
    """False: there is no Flax here."""
    return False


def enable_unsafe_deserialization() -> None:
    """Warn that files stay closed: code in a file is never run, whatever is chosen."""
    warnings.warn(
        "enable_unsafe_deserialization: code stored in a file is never run here. Pass the functions that a file "
        "names in custom_objects, or register them with keras.saving.register_keras_serializable().",
        stacklevel=2,
    )


def backend() -> str:
    """What computes: "fastnn", whatever `set_backend` was told.

    `keras.backend.backend()` is the word that scripts of Keras 1 and 2 compare with (compat/backend.py); packages that
    ask here take what is not "tensorflow" as it is, as keras-tuner, which would import TensorBoard's plugins.

    >>> backend()
    'fastnn'
    """
    return "fastnn"


def set_backend(backend: str) -> None:
    """Take the name of a backend of Keras; everything is computed by this engine, whichever it is.

    Args:
        backend: "tensorflow", "jax", "torch", "numpy", "openvino" or "fastnn".

    Raises ArgumentError for a name that Keras does not know.

    >>> set_backend("jax")
    """
    if backend not in BACKENDS:
        raise ArgumentError(f"Unknown `backend` value: received {backend!r}, expected one of {', '.join(BACKENDS)}.")
