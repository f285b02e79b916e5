"""Lines of a log, with absl's names, to Python's logger named "absl"."""

import logging as _logging

DEBUG, INFO, WARNING, ERROR, FATAL = 1, 0, -1, -2, -3  # absl counts downwards
WARN = WARNING
_LEVELS = {1: _logging.DEBUG, 0: _logging.INFO, -1: _logging.WARNING, -2: _logging.ERROR, -3: _logging.CRITICAL}
_counts: dict[object, int] = {}


def get_absl_logger():
    """The logger."""
    return _logging.getLogger("absl")


def _level(level):
    if isinstance(level, str):
        return _logging.getLevelName({"fatal": "CRITICAL"}.get(level.lower(), level.upper()))
    return _LEVELS.get(level, _logging.DEBUG if level > 0 else level)


def set_verbosity(v):
    """From which level on lines are written.

    Args:
        v: DEBUG, INFO, WARNING, ERROR or FATAL, or its name.
    """
    get_absl_logger().setLevel(_level(v))


def get_verbosity():
    """From which level on lines are written.

    >>> set_verbosity("warning")
    >>> get_verbosity() == WARNING
    True
    """
    found = get_absl_logger().getEffectiveLevel()
    return next((ours for ours, level in _LEVELS.items() if level >= found), FATAL)


def log(level, msg, *args, **kwargs):
    """Write a line.

    Args:
        level: DEBUG, INFO, WARNING, ERROR or FATAL.
        msg, args, kwargs: as of Python's logging.
    """
    get_absl_logger().log(_level(level), msg, *args, **kwargs)


def _at(name, level):
    def write(msg, *args, **kwargs):
        log(level, msg, *args, **kwargs)

    write.__name__, write.__doc__ = name, f"Write a line of the level {name}."
    return write


debug, info, warning, error, fatal = (
    _at(*row) for row in (("debug", DEBUG), ("info", INFO), ("warning", WARNING), ("error", ERROR), ("fatal", FATAL))
)
warn = warning


def exception(msg, *args, **kwargs):
    """Write a line of the level error, and the exception that is handled.

    Args:
        msg, args, kwargs: as of Python's logging.
    """
    get_absl_logger().exception(msg, *args, **kwargs)


def vlog(level, msg, *args, **kwargs):
    """Write a line of the level DEBUG.

    Args:
        level: of no effect.
        msg, args, kwargs: as of Python's logging.
    """
    log(DEBUG, msg, *args, **kwargs)


def log_every_n(level, msg, n, *args):
    """Write a line in the first of every n calls with this text.

    Args:
        level, msg, args: as of `log`.
        n: int.
    """
    count = _counts[msg] = _counts.get(msg, -1) + 1
    if count % n == 0:
        log(level, msg, *args)


def log_first_n(level, msg, n, *args):
    """Write a line in the first n calls with this text.

    Args:
        level, msg, args: as of `log`.
        n: int.
    """
    count = _counts[msg] = _counts.get(msg, -1) + 1
    if count < n:
        log(level, msg, *args)


def use_absl_handler():
    """Nothing: lines go where Python's logging sends them."""


def set_stderrthreshold(s):
    """Nothing: see use_absl_handler.

    Args:
        s: of no effect.
    """
