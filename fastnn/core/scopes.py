"""The names around what is being made: layers being built or called, and the user's `name_scope` blocks."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any, Self

from fastnn.core.errors import ArgumentError

_local = threading.local()


def _stack() -> list[Any]:
    if not hasattr(_local, "scopes"):
        _local.scopes = []
    found: list[Any] = _local.scopes
    return found


@contextlib.contextmanager
def inside(owner: Any) -> Iterator[None]:
    """Inside, paths have `owner.name` in front; entering the same owner twice counts once."""
    scopes = _stack()
    if scopes and scopes[-1] is owner:
        yield
        return
    scopes.append(owner)
    try:
        yield
    finally:
        scopes.pop()


def path() -> str:
    """The names around, joined by "/".

    >>> with name_scope("outer"), name_scope("inner"):
    ...     path()
    'outer/inner'
    """
    names: list[str] = []
    for owner in _stack():
        parent = getattr(owner, "override_parent", None)
        if parent is not None:
            names = [parent.strip("/")] if parent.strip("/") else []
        if owner.name:
            names.append(owner.name)
    return "/".join(names)


class name_scope:
    """A `with` block: variables made and layers built inside have its name in front of their path.

    Args:
        name: str without "/"; "" adds nothing to paths.
        caller: an object; entering a scope of the same name and caller again counts once.
        deduplicate: whether it does.
        override_parent: a path that takes the place of what is around.

    Raises:
        ArgumentError (a ValueError): for another name.

    >>> with name_scope("block") as scope:
    ...     scope.name
    'block'
    """

    def __init__(
        self, name: str, caller: Any = None, deduplicate: bool = True, override_parent: str | None = None
    ) -> None:
        if not isinstance(name, str) or "/" in name:
            raise ArgumentError(
                f"Argument `name` must be a string and cannot contain character `/`. Received: name={name}"
            )
        self.name, self.caller, self.deduplicate, self.override_parent = name, caller, deduplicate, override_parent
        self._entered = False

    def __enter__(self) -> Self:
        scopes = _stack()
        last = scopes[-1] if scopes else None
        again = isinstance(last, name_scope) and last.name == self.name and last.caller is self.caller
        self._entered = not (again and self.deduplicate and self.caller is not None)
        if self._entered:
            scopes.append(self)
        return self

    def __exit__(self, *exc: object) -> None:
        if self._entered and _stack():
            _stack().pop()
