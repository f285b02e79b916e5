"""tf.logging of TensorFlow 1: lines to the logger named "tensorflow"."""

import logging

from fastnn.compat.tf.devices import get_logger

DEBUG, INFO, WARN, ERROR, FATAL = logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL


def set_verbosity(v):
    """From which level on lines are written.

    Args:
        v: DEBUG, INFO, WARN, ERROR or FATAL, or another number.
    """
    get_logger().setLevel(v)


def get_verbosity():
    """From which level on lines are written."""
    return get_logger().getEffectiveLevel()


def _at(name, level):
    def write(msg, *args, **kwargs):
        get_logger().log(level, msg, *args, **kwargs)

    write.__name__, write.__doc__ = name, f"Write a line of the level {logging.getLevelName(level)}."
    return write


debug, info, warning, error, fatal = (
    _at(*row) for row in (("debug", DEBUG), ("info", INFO), ("warning", WARN), ("error", ERROR), ("fatal", FATAL))
)
warn = warning


def log(level, msg, *args, **kwargs):
    """Write a line.

    Args:
        level: its level.
        msg, args, kwargs: as of logging.
    """
    get_logger().log(level, msg, *args, **kwargs)


def vlog(level, msg, *args, **kwargs):
    """Write a line of the level DEBUG.

    Args:
        level: of no effect.
        msg, args, kwargs: as of logging.
    """
    get_logger().debug(msg, *args, **kwargs)


NAMES = {f"logging.{n}": f"compat.tf.logging:{n}" for n in (
    "DEBUG", "INFO", "WARN", "ERROR", "FATAL", "set_verbosity", "get_verbosity", "debug", "info", "warning", "warn",
    "error", "fatal", "log", "vlog")}  # fmt: skip
