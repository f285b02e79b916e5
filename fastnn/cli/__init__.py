"""The `fastnn` command."""

from fastnn.cli.main import main

__all__ = ["main"]
