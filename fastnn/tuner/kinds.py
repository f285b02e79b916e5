"""The kinds of hyperparameters: what values they can have, and how numbers from 0 to 1 become values and come back."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping
from typing import Any

from fastnn.core.arguments import real, whole
from fastnn.core.errors import ArgumentError, ArgumentTypeError
from fastnn.tuner.conditions import Parent, choices, plain

SAMPLINGS = ("linear", "log", "reverse_log")


class HyperParameter:
    """Base of the kinds: a name, a default value, and the conditions under which it is there.

    `prob` is a place in the range on the scale that values are drawn on, from 0 to 1.
    """

    name: str

    def __init__(self, name: str, default: Any = None, conditions: Iterable[Any] | None = None) -> None:
        self.name, self._default = str(name), default
        self.conditions = [c if isinstance(c, Parent) else Parent(**c) for c in conditions or ()]

    @property
    def default(self) -> Any:
        """The value where nothing was searched yet."""
        return self._default

    @property
    def values(self) -> list[Any]:
        """All values in order; ten over the range, where there is no end of them."""
        raise NotImplementedError

    def prob_to_value(self, prob: float) -> Any:
        """The value at a place in [0, 1)."""
        raise NotImplementedError

    def value_to_prob(self, value: Any) -> float:
        """The place of a value, the middle of the part that gives it."""
        raise NotImplementedError

    def allows(self, value: Any) -> bool:
        """Whether it is a value of this hyperparameter."""
        return any(type(known) is type(value) and known == value for known in self.values)

    def random_sample(self, seed: int | None = None) -> Any:
        """A value drawn evenly on the scale."""
        return self.prob_to_value(random.Random(seed).random())

    def narrowed(self, values: list[Any]) -> HyperParameter:
        """The same with only what lies round these values: see `Tuner.refine`."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """The arguments that make it again, as plain data."""
        return {"name": self.name, "default": self._default, "conditions": [c.get_config() for c in self.conditions]}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Any:
        """A hyperparameter from what get_config returned."""
        return cls(**config)

    def __repr__(self) -> str:
        said = ", ".join(f"{k}: {v!r}" for k, v in self.get_config().items() if k != "conditions")
        return f"{type(self).__name__}({said})"


def _index(prob: float, count: int) -> int:
    return min(int(prob * count), count - 1)


class Numerical(HyperParameter):
    """A number in [min_value, max_value], on a scale, with or without steps.

    sampling: "linear", "log" (small and large values equally often by factors) or "reverse_log" (finer near
    max_value).  step: what is between two values, None for any; a factor where sampling is not linear.
    """

    open = 0  # added to the upper end of the range that has no steps: a whole number takes the place up to the next

    def __init__(
        self,
        name: str,
        min_value: Any,
        max_value: Any,
        step: Any = None,
        sampling: str | None = "linear",
        default: Any = None,
        conditions: Iterable[Any] | None = None,
    ) -> None:
        super().__init__(name, None, conditions)
        where = f"For HyperParameters.{type(self).__name__}(name='{name}'), "
        numbers = {"min_value": min_value, "max_value": max_value, "step": step, "default": default}
        for key, value in numbers.items():
            if value is not None or key in ("min_value", "max_value"):
                numbers[key] = self._number(where + key, value)
        self.min_value, self.max_value, self.step, self._default = numbers.values()
        if self.min_value > self.max_value:
            raise ArgumentError(
                f"{where}min_value {self.min_value} is greater than the max_value {self.max_value}. Expected a range: "
                "exchange the two."
            )
        self.sampling = "linear" if sampling is None else str(sampling).lower()
        if self.sampling not in SAMPLINGS:
            raise ArgumentError(f"{where}sampling must be one of {SAMPLINGS}. Received: sampling={sampling!r}.")
        if self.sampling != "linear":
            if self.min_value <= 0:
                raise ArgumentError(
                    f"{where}sampling='{self.sampling}' does not support negative values, found min_value: "
                    f"{self.min_value}. Expected min_value > 0: a scale of factors has no zero."
                )
            if self.step is not None and self.step <= 1:
                raise ArgumentError(f"{where}expected step > 1 with sampling='{self.sampling}'. Received: step={step}.")
        elif self.step is not None and self.step <= 0:
            raise ArgumentError(f"{where}expected step > 0. Received: step={step}.")

    def _number(self, what: str, value: Any) -> Any:
        raise NotImplementedError

    @property
    def default(self) -> Any:
        """The value where nothing was searched yet: min_value, unless another was given."""
        return self.min_value if self._default is None else self._default

    # ------------------------------------------------------------------ the scale
    def _at(self, prob: float, top: float) -> float:
        low = self.min_value
        if self.sampling == "linear":
            return low + prob * (top - low)
        if self.sampling == "log":
            return low * (top / low) ** prob
        return top + low - low * (top / low) ** (1 - prob)

    def _place(self, value: float, top: float) -> float:
        low = self.min_value
        if top == low:
            return 0.5
        if self.sampling == "linear":
            return (value - low) / (top - low)
        if self.sampling == "log":
            return math.log(value / low) / math.log(top / low)
        return 1 - math.log((top + low - value) / low) / math.log(top / low)

    def _count(self) -> int:
        """How many values the steps give."""
        if self.sampling == "linear":
            return int((self.max_value - self.min_value) / self.step + 1e-8) + 1
        return int(math.log(self.max_value / self.min_value, self.step) + 1e-8) + 1

    def _nth(self, k: int) -> float:
        if self.sampling == "linear":
            return self.min_value + k * self.step
        low = self.min_value * self.step**k
        return low if self.sampling == "log" else self.max_value + self.min_value - low

    def _nearest(self, value: float) -> int:
        if self.sampling == "linear":
            k = (value - self.min_value) / self.step
        else:
            up = value if self.sampling == "log" else self.max_value + self.min_value - value
            k = math.log(up / self.min_value, self.step)
        return min(max(round(k), 0), self._count() - 1)

    # ------------------------------------------------------------------ values and places
    @property
    def values(self) -> list[Any]:
        """All values in order; where there are no steps, those at the middle of ten parts of the range."""
        if self.step is None:
            return list(dict.fromkeys(self.prob_to_value(k * 0.1 + 0.05) for k in range(10)))
        return list(dict.fromkeys(self._typed(self._nth(k)) for k in range(self._count())))

    def prob_to_value(self, prob: float) -> Any:
        """The value at a place in [0, 1)."""
        if self.step is not None:
            return self._typed(self._nth(_index(prob, self._count())))
        found = self._typed(self._at(prob, self.max_value + self.open))
        return min(max(found, self.min_value), self.max_value)  # rounding may go over the end

    def value_to_prob(self, value: Any) -> float:
        """The place of a value."""
        if self.step is not None:
            return (self._nearest(value) + 0.5) / self._count()
        return self._place(value + self.open / 2, self.max_value + self.open)

    def allows(self, value: Any) -> bool:
        """Whether it is a number in the range, on a step or not."""
        number = None if isinstance(value, bool) else real(value)
        return number is not None and self.min_value <= number <= self.max_value

    def _typed(self, value: float) -> Any:
        raise NotImplementedError

    def narrowed(self, values: list[Any]) -> HyperParameter:
        """The range from the least to the largest of the values, and half as much on either side.

        >>> Float("rate", 1e-4, 1.0, sampling="log").narrowed([1e-3, 1e-2])
        Float(name: 'rate', default: None, min_value: 0.000316227766016838, max_value: 0.0316227766016838, \
step: None, sampling: 'log')
        """
        config = self.get_config()
        if self.step is not None:
            found = [self._nearest(v) for v in values]
            margin = max(1, (max(found) - min(found) + 1) // 2)
            ends = [self._nth(max(min(found) - margin, 0)), self._nth(min(max(found) + margin, self._count() - 1))]
        else:
            places = [self.value_to_prob(v) for v in values]
            margin = (max(places) - min(places)) / 2 or 1 / 8
            ends = [self.prob_to_value(min(max(p, 0.0), 1.0)) for p in (min(places) - margin, max(places) + margin)]
        low, high = (self._typed(end) for end in sorted(ends))
        default = self._default if self._default is not None and low <= self._default <= high else None
        return type(self)(**{**config, "min_value": low, "max_value": high, "default": default})

    def get_config(self) -> dict[str, Any]:
        """The arguments that make it again, as plain data."""
        config = super().get_config()
        conditions = config.pop("conditions")
        return {**config, "min_value": self.min_value, "max_value": self.max_value, "step": self.step,
                "sampling": self.sampling, "conditions": conditions}  # fmt: skip


class Int(Numerical):
    """A whole number in [min_value, max_value], both included.

    >>> Int("units", 2, 32, step=2, sampling="log").values
    [2, 4, 8, 16, 32]
    """

    open = 1

    def __init__(
        self,
        name: str,
        min_value: Any,
        max_value: Any,
        step: Any = None,
        sampling: str | None = "linear",
        default: Any = None,
        conditions: Iterable[Any] | None = None,
    ) -> None:
        linear = sampling is None or str(sampling).lower() == "linear"
        super().__init__(
            name, min_value, max_value, 1 if step is None and linear else step, sampling, default, conditions
        )

    def _number(self, what: str, value: Any) -> int:
        number = real(value)
        if number is None or not number.is_integer():
            raise ArgumentTypeError(f"{what} must be an int, Received: {value} of type {type(value)}.")
        exact = whole(value)
        return int(number) if exact is None else exact

    def _typed(self, value: float) -> int:
        return math.floor(value + 1e-9)


class Float(Numerical):
    """A number in [min_value, max_value].

    >>> Float("rate", 0.001, 1.0, step=10, sampling="log").values
    [0.001, 0.01, 0.1, 1.0]
    """

    def _number(self, what: str, value: Any) -> float:
        number = real(value)
        if number is None or not math.isfinite(number):
            raise ArgumentTypeError(f"{what} must be a finite number, Received: {value} of type {type(value)}.")
        return number

    def _typed(self, value: float) -> float:
        return float(f"{value:.15g}") if self.step is not None else float(value)  # 0.1 + 0.2 is 0.3 on a ladder


class Choice(HyperParameter):
    """One of `values`, all of one type.  ordered: whether neighbours are alike; numbers are, unless it says no.

    >>> Choice("activation", ["relu", "tanh"]).prob_to_value(0.7)
    'tanh'
    """

    def __init__(
        self,
        name: str,
        values: Any,
        ordered: bool | None = None,
        default: Any = None,
        conditions: Iterable[Any] | None = None,
    ) -> None:
        super().__init__(name, None, conditions)
        found = choices(name, values)
        numeric = isinstance(found[0], (int, float)) and not isinstance(found[0], bool)
        if ordered and not numeric:
            raise ArgumentError(f"`ordered` must be `False` for non-numeric types. Received: values={found}.")
        if default is not None and default not in found:
            raise ArgumentError(
                f"The default value should be one of the choices. You passed: values={found}, default={default!r}"
            )
        self._values, self.ordered = found, numeric if ordered is None else bool(ordered)
        self._default = None if default is None else type(found[0])(default)

    @property
    def values(self) -> list[Any]:
        """The values."""
        return list(self._values)

    @property
    def default(self) -> Any:
        """The first, unless another was given."""
        return self._values[0] if self._default is None else self._default

    def prob_to_value(self, prob: float) -> Any:
        """The value at a place in [0, 1)."""
        return self._values[_index(prob, len(self._values))]

    def value_to_prob(self, value: Any) -> float:
        """The place of a value."""
        return (self._values.index(value) + 0.5) / len(self._values)

    def narrowed(self, values: list[Any]) -> HyperParameter:
        """The values themselves; of ordered ones all from the least to the largest, and a neighbour on either side."""
        at = sorted({self._values.index(v) for v in values})
        kept = range(max(at[0] - 1, 0), min(at[-1] + 2, len(self._values))) if self.ordered else at
        found = [self._values[k] for k in kept]
        default = self._default if self._default in found else None
        return type(self)(**{**self.get_config(), "values": found, "default": default})

    def get_config(self) -> dict[str, Any]:
        """The arguments that make it again, as plain data."""
        return {**super().get_config(), "values": list(self._values), "ordered": self.ordered}


class Boolean(HyperParameter):
    """True or False.

    >>> Boolean("dropout").values
    [True, False]
    """

    def __init__(self, name: str, default: Any = False, conditions: Iterable[Any] | None = None) -> None:
        if default not in (True, False):
            raise ArgumentError(f"`default` must be a Python boolean. Received: name={name!r}, default={default!r}.")
        super().__init__(name, bool(default), conditions)

    @property
    def values(self) -> list[Any]:
        """Both."""
        return [True, False]

    def prob_to_value(self, prob: float) -> bool:
        """The value at a place in [0, 1)."""
        return prob >= 0.5

    def value_to_prob(self, value: Any) -> float:
        """The place of a value."""
        return 0.75 if value else 0.25

    def narrowed(self, values: list[Any]) -> HyperParameter:
        """The value alone, where it is one."""
        return self if len(set(values)) > 1 else Fixed(self.name, values[0], self.conditions)


class Fixed(HyperParameter):
    """One value, which is not searched.

    >>> Fixed("units", 8).values
    [8]
    """

    def __init__(self, name: str, value: Any, conditions: Iterable[Any] | None = None) -> None:
        self.value = plain(value, "A `Fixed` value")
        super().__init__(name, self.value, conditions)

    @property
    def values(self) -> list[Any]:
        """The value."""
        return [self.value]

    def prob_to_value(self, prob: float) -> Any:
        """The value."""
        return self.value

    def value_to_prob(self, value: Any) -> float:
        """The middle."""
        return 0.5

    def narrowed(self, values: list[Any]) -> HyperParameter:
        """Itself."""
        return self

    def get_config(self) -> dict[str, Any]:
        """The arguments that make it again, as plain data."""
        return {"name": self.name, "value": self.value, "conditions": [c.get_config() for c in self.conditions]}


KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in (Int, Float, Choice, Boolean, Fixed)}
