"""What runs plans: executors, threads, kernel packs, eager evaluation. Its modules are imported where they are used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from fastnn.core import errors, neighbours

if TYPE_CHECKING:
    from types import ModuleType


def extension(name: str) -> ModuleType:
    """The compiled module fastnn.runtime.`name`.

    Raises PackError, which says what to do, where it is not there: in a source checkout that was not built.

    >>> extension("order").__name__
    'fastnn.runtime.order'
    """
    try:
        return importlib.import_module(f"{__name__}.{name}")
    except ImportError as error:
        raise errors.PackError(
            f"the compiled module fastnn.runtime.{name} cannot be imported from {__path__[0]} ({error}). In a source "
            "checkout run `pip install -e .`, or go to another folder: there Python finds the installed fastnn. Else "
            "install fastnn-engine again." + (f" {neighbours.words(other)}" if (other := neighbours.other()) else "")
        ) from error
