"""Whether progress and summaries are written to standard output, or go to a log."""

import logging
import sys

_state = {"on": True}


def enable_interactive_logging():
    """Write progress bars, summaries and messages of callbacks to standard output (as at the start).

    >>> enable_interactive_logging()
    """
    _state["on"] = True


def disable_interactive_logging():
    """Write no progress bars, summaries or messages of callbacks: they go to the logger "fastnn", at level INFO.

    >>> disable_interactive_logging()
    >>> is_interactive_logging_enabled()
    False
    >>> enable_interactive_logging()
    """
    _state["on"] = False


def is_interactive_logging_enabled():
    """Whether progress is written to standard output.

    >>> is_interactive_logging_enabled()
    True
    """
    return _state["on"]


# What frames and bars are drawn with -> what every terminal has, of the same width.
PLAIN = str.maketrans({**dict.fromkeys("━═", "="), "─": "-", **dict.fromkeys("│┃", "|"),
                       **dict.fromkeys("┏┳┓┡╇┩├┼┤└┴┘", "+"), "…": "~", "×": "x", "−": "-"})  # fmt: skip


def readable(text, encoding):
    """Return the text in letters that an encoding has: frames in ASCII, "?" for what else it lacks.

    >>> readable("┏━┓ Größe", "ascii")
    '+=+ Gr??e'
    """
    try:
        text.encode(encoding or "ascii")
        return text
    except UnicodeEncodeError:
        return text.translate(PLAIN).encode(encoding or "ascii", "replace").decode(encoding or "ascii")


def write(text, out=None):
    """Write text to standard output as it is now (notebooks and tests replace it), in whatever letters it has."""
    out = sys.stdout if out is None else out
    if out is None:  # pythonw and some services have no console
        return
    try:
        out.write(text)
    except UnicodeEncodeError:
        out.write(readable(text, out.encoding))
    out.flush()


def say(text):
    """`write`, or the logger "fastnn" where interactive logging is switched off."""
    if is_interactive_logging_enabled():
        write(text)
    elif text.strip():
        logging.getLogger("fastnn").info("%s", text.strip())
