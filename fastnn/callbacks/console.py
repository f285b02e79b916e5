"""Text for whoever watches a run."""

import sys

from fastnn.utils.interactive import is_interactive_logging_enabled


def say(text):
    """Write text to standard output as it is now (notebooks and tests replace it), in whatever letters it has."""
    out = sys.stdout
    if out is None or not is_interactive_logging_enabled():  # pythonw and some services have no console
        return
    try:
        out.write(text)
    except UnicodeEncodeError:
        plain = text.replace("━", "=")
        out.write(plain.encode(out.encoding or "ascii", "replace").decode(out.encoding or "ascii"))
    out.flush()


def is_live():
    """Whether the output can be overwritten in place: a terminal or a notebook."""
    out = sys.stdout
    return bool(getattr(out, "isatty", bool)()) or "ipykernel" in sys.modules
