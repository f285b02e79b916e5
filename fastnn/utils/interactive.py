"""Whether progress and summaries are written to standard output."""

_state = {"on": True}


def enable_interactive_logging():
    """Write progress bars, summaries and messages of callbacks to standard output (as at the start)."""
    _state["on"] = True


def disable_interactive_logging():
    """Write no progress bars, summaries or messages of callbacks."""
    _state["on"] = False


def is_interactive_logging_enabled():
    """Whether progress is written to standard output.

    >>> is_interactive_logging_enabled()
    True
    """
    return _state["on"]
