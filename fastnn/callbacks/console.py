"""Text for whoever watches a run."""

import sys

from fastnn.utils.interactive import say


def is_live():
    """Whether the output can be overwritten in place: a terminal or a notebook."""
    out = sys.stdout
    return bool(getattr(out, "isatty", bool)()) or "ipykernel" in sys.modules


__all__ = ["is_live", "say"]
