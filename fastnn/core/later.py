"""Later: a value that is taken when it is asked for, and what is computed with it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from typing import Any

from fastnn.core.errors import ValuesError


class Later:
    """A value that `take()` gives, once there is one; operators on it give what is computed with it then.

    Args:
        take: a function without arguments.
        what: what it is a result of, an object with a name.
        parts: {name: value} that `take` reads.

    >>> class Total:
    ...     name = "total"
    >>> half = Later(lambda: 3.0, Total) / 2
    >>> half, half.take()
    (<result of metric 'total' after the step>, 1.5)
    """

    __array_ufunc__ = None  # NumPy's numbers leave their operators to this class

    def __init__(self, take: Callable[[], Any], what: Any, parts: dict[Any, Any] | None = None) -> None:
        self.take, self.metric, self.parts = take, what, parts or {}
        self.homes: list[Any] = []

    def place(self, home: Callable[[Any], Any]) -> None:
        """Put home(value) in the place of every value that it is computed with.

        Args:
            home: gives the value, or what will hold it then.
        """
        for name, value in self.parts.items():
            if isinstance(value, Later):
                value.place(home)
            else:
                self.parts[name] = home(value)
                self.homes += [self.parts[name]] if self.parts[name] is not value else []

    def all_homes(self) -> list[Any]:
        """All that `place` has put in the place of a value."""
        inner = [v.all_homes() for v in self.parts.values() if isinstance(v, Later)]
        return self.homes + [v for part in inner for v in part]

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise ValuesError(
            f"{self!r} has no value while the step is traced. Return it in the logs, or compute with what "
            "the metric was updated with."
        )

    def _early(self, *args: Any) -> Any:
        """It is asked for a number before there is one."""
        return self.__array__()

    __bool__ = __float__ = __int__ = __index__ = __len__ = __iter__ = _early
    __hash__ = object.__hash__  # which __eq__ below would take away

    def __round__(self, ndigits: Any = None) -> Later:
        return postponed(round, (self, ndigits), {})

    def __format__(self, spec: str) -> str:
        return self._early() if spec else str(self)

    def __repr__(self) -> str:
        return f"<result of metric {self.metric.name!r} after the step>"


def holds(values: Iterable[Any]) -> bool:
    """Whether one of them is taken later.

    Args:
        values: anything.
    """
    return any(isinstance(v, Later) for v in values)


def postponed(function: Callable[..., Any], args: Any, kwargs: Any) -> Later:
    """function(*args, **kwargs) when it is asked for, of arguments of which some are taken later.

    Args:
        function: what computes.
        args, kwargs: its arguments.

    >>> class Total:
    ...     name = "total"
    >>> postponed(max, (Later(lambda: 3.0, Total), 5), {}).take()
    5
    """
    first = next(v for v in (*args, *kwargs.values()) if isinstance(v, Later))

    def taken(value: Any) -> Any:
        return value.take() if isinstance(value, Later) else value

    parts: dict[Any, Any] = {**dict(enumerate(args)), **kwargs}

    def take() -> Any:
        found = {name: taken(value) for name, value in parts.items()}
        return function(*[found.pop(k) for k in range(len(args))], **found)

    return Later(take, first.metric, parts)


def _operator(function: Callable[..., Any], swap: bool = False) -> Any:
    def method(self: Later, *others: Any) -> Later:
        return postponed(function, (*others, self) if swap else (self, *others), {})

    return method


for _name in ("lt", "le", "eq", "ne", "ge", "gt"):
    setattr(Later, f"__{_name}__", _operator(getattr(operator, _name)))
for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow"):
    setattr(Later, f"__{_name}__", _operator(getattr(operator, _name)))
    setattr(Later, f"__r{_name}__", _operator(getattr(operator, _name), swap=True))
for _name in ("neg", "pos", "abs"):
    setattr(Later, f"__{_name}__", _operator(getattr(operator, _name)))
