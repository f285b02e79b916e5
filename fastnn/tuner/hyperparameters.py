"""HyperParameters: the space of a search, and the values of one trial in it."""

from __future__ import annotations

import contextlib
import copy
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Self

from fastnn.core.errors import ArgumentError, UnknownNameError
from fastnn.tuner.kinds import KINDS, Boolean, Choice, Fixed, Float, HyperParameter, Int, Parent


class HyperParameters:
    """What a function `build(hp)` asks for its hyperparameters: it notes each in `space`, and says its value.

    Values are in `values`, of those only that are active: whose conditions hold.

    space: list of HyperParameter, in the order of asking.  values: {name: value}.

    >>> hp = HyperParameters()
    >>> hp.Int("units", 8, 64, step=8), hp.Choice("kind", ["cnn", "mlp"])
    (8, 'cnn')
    >>> with hp.conditional_scope("kind", ["mlp"]):
    ...     print(hp.Float("dropout", 0.0, 0.5))
    None
    >>> hp.values
    {'units': 8, 'kind': 'cnn'}
    """

    def __init__(self) -> None:
        self.space: list[HyperParameter] = []
        self.values: dict[str, Any] = {}
        self.active_scopes: list[list[Parent]] = []
        self.inactive_scopes: list[list[Parent]] = []
        # the value of a hyperparameter that nobody knew of; None: its default
        self.draw: Callable[[HyperParameter], Any] | None = None
        self._asked: dict[tuple[str, tuple[Parent, ...]], HyperParameter] = {}  # how each was asked for first
        self._scopes: list[str] = []
        self._conditions: list[Parent] = []

    # ------------------------------------------------------------------ scopes
    @contextlib.contextmanager
    def name_scope(self, name: str) -> Iterator[None]:
        """Inside a `with` block, names have `name/` in front.

        Args:
            name: str.
        """
        self._scopes.append(str(name))
        try:
            yield
        finally:
            self._scopes.pop()

    @contextlib.contextmanager
    def conditional_scope(self, parent_name: str, parent_values: Any) -> Iterator[None]:
        """Inside a `with` block, hyperparameters are there only where another one has certain values.

        Where it has not, asking for one notes it and gives None.

        Args:
            parent_name: name of the other one.
            parent_values: its value, or a list of values.

        Raises UnknownNameError where nobody has asked for `parent_name` before.
        """
        full = self._full(parent_name)
        if not self._known(full):
            raise UnknownNameError(
                f"`HyperParameter` named: {full} not defined. Ask for it before conditional_scope. Known: "
                f"{sorted({hp.name for hp in self.space})}."
            )
        self._conditions.append(Parent(full, parent_values))
        seen = self.active_scopes if self._holds(self._conditions) else self.inactive_scopes
        seen.append(copy.copy(self._conditions))
        try:
            yield
        finally:
            self._conditions.pop()

    def _full(self, name: str) -> str:
        return "/".join([*self._scopes, str(name)])

    def _holds(self, conditions: Iterable[Parent]) -> bool:
        return all(condition.is_active(self.values) for condition in conditions)

    def _known(self, name: str, conditions: list[Parent] | None = None) -> bool:
        wanted = self._conditions if conditions is None else conditions
        found = [hp.conditions for hp in self.space if hp.name == name]
        return any(known == wanted for known in found) or (conditions is None and bool(found))

    def is_active(self, hyperparameter: str | HyperParameter) -> bool:
        """Whether the conditions of a hyperparameter hold.

        Args:
            hyperparameter: a HyperParameter, or a name: whether those of any that has it hold.
        """
        if isinstance(hyperparameter, HyperParameter):
            return self._holds(hyperparameter.conditions)
        return any(self._holds(hp.conditions) for hp in self.space if hp.name == hyperparameter)

    # ------------------------------------------------------------------ values
    def _value(self, hp: HyperParameter) -> Any:
        """The value of a hyperparameter that somebody asks for; None where it is not active."""
        if any(condition.name == hp.name for condition in hp.conditions):
            raise ArgumentError(
                f"A conditional `HyperParameter` cannot have the same name as its parent. Found: {hp.name}. Choose "
                "another name."
            )
        if not self._known(hp.name, hp.conditions):
            self.space.append(hp)
        if not self._holds(hp.conditions):
            return None
        if hp.name not in self.values:
            self.values[hp.name] = hp.default if self.draw is None else self.draw(hp)
        value = self.values[hp.name]
        first = self._asked.setdefault((hp.name, tuple(hp.conditions)), hp)
        if not hp.allows(value) and repr(first) != repr(hp):
            warnings.warn(
                f"Hyperparameter {hp.name!r} is asked for as {first!r} and as {hp!r}: a name has one value, {value!r}. "
                f'Give each a name of its own, as f"{hp.name}_{{i}}".',
                UserWarning,
                stacklevel=3,
            )
        return value

    @contextlib.contextmanager
    def _under(self, parent_name: str | None, parent_values: Any) -> Iterator[list[Parent]]:
        with contextlib.ExitStack() as stack:
            if parent_name:
                stack.enter_context(self.conditional_scope(parent_name, parent_values))
            yield list(self._conditions)

    def Int(
        self,
        name: str,
        min_value: int,
        max_value: int,
        step: int | None = None,
        sampling: str = "linear",
        default: int | None = None,
        parent_name: str | None = None,
        parent_values: Any = None,
    ) -> Any:
        """A whole number in [min_value, max_value], both included.

        Args:
            name: str.
            min_value, max_value: ints.
            step: what is between two values; a factor where `sampling` is not "linear".
            sampling: "linear", "log" or "reverse_log": how draws are spread.
            default: min_value if None.
            parent_name, parent_values: name of a hyperparameter on which it depends, and the values of that with which
                it is there: see `conditional_scope`; None for always.
        """
        with self._under(parent_name, parent_values) as conditions:
            return self._value(Int(self._full(name), min_value, max_value, step, sampling, default, conditions))

    def Float(
        self,
        name: str,
        min_value: float,
        max_value: float,
        step: float | None = None,
        sampling: str = "linear",
        default: float | None = None,
        parent_name: str | None = None,
        parent_values: Any = None,
    ) -> Any:
        """A number in [min_value, max_value].

        Args:
            name: str.
            min_value, max_value: floats.
            step: what is between two values; a factor where `sampling` is not "linear"; None for any.
            sampling: "linear", "log" or "reverse_log": how draws are spread.
            default: min_value if None.
            parent_name, parent_values: name of a hyperparameter on which it depends, and the values of that with which
                it is there: see `conditional_scope`; None for always.
        """
        with self._under(parent_name, parent_values) as conditions:
            return self._value(Float(self._full(name), min_value, max_value, step, sampling, default, conditions))

    def Choice(
        self,
        name: str,
        values: Any,
        ordered: bool | None = None,
        default: Any = None,
        parent_name: str | None = None,
        parent_values: Any = None,
    ) -> Any:
        """One of several values.

        Args:
            name: str.
            values: numbers, text or bools, all of one type.
            ordered: whether neighbours in the list are alike; None: numbers are.
            default: the first if None.
            parent_name, parent_values: name of a hyperparameter on which it depends, and the values of that with which
                it is there: see `conditional_scope`; None for always.
        """
        with self._under(parent_name, parent_values) as conditions:
            return self._value(Choice(self._full(name), values, ordered, default, conditions))

    def Boolean(
        self, name: str, default: bool = False, parent_name: str | None = None, parent_values: Any = None
    ) -> Any:
        """True or False.

        Args:
            name: str.
            default: bool.
            parent_name, parent_values: name of a hyperparameter on which it depends, and the values of that with which
                it is there: see `conditional_scope`; None for always.
        """
        with self._under(parent_name, parent_values) as conditions:
            return self._value(Boolean(self._full(name), default, conditions))

    def Fixed(self, name: str, value: Any, parent_name: str | None = None, parent_values: Any = None) -> Any:
        """A value that is not searched, but kept with the others.

        Args:
            name: str.
            value: a number, text or a bool.
            parent_name, parent_values: name of a hyperparameter on which it depends, and the values of that with which
                it is there: see `conditional_scope`; None for always.
        """
        with self._under(parent_name, parent_values) as conditions:
            return self._value(Fixed(self._full(name), value, conditions))

    def get(self, name: str) -> Any:
        """The value of a name.

        Args:
            name: str.

        Raises KeyError for one that does not exist, ValueError for one that is not active.
        """
        full = self._full(name)
        if full in self.values:
            return self.values[full]
        if any(hp.name == full for hp in self.space):
            raise ArgumentError(f"{full} is currently inactive.")
        raise KeyError(f"{full} does not exist.")

    __getitem__ = get

    def __contains__(self, name: str) -> bool:
        return self._full(name) in self.values

    # ------------------------------------------------------------------ the space as a whole
    def merge(self, hps: HyperParameters | Iterable[HyperParameter], overwrite: bool = True) -> None:
        """Take up hyperparameters.

        Args:
            hps: HyperParameters, or several HyperParameter.
            overwrite: whether they stand in place of those of the same name and conditions.
        """
        for hp in hps.space if isinstance(hps, HyperParameters) else hps:
            if self._known(hp.name, hp.conditions):
                if not overwrite:
                    continue
                same = [h.name == hp.name and h.conditions == hp.conditions for h in self.space]
                self.space[same.index(True)] = hp
                self.values.pop(hp.name, None)
            else:
                self.space.append(hp)
            if self.is_active(hp):
                self.values.setdefault(hp.name, hp.default)

    def ensure_active_values(self, value_of: Callable[[HyperParameter], Any] | None = None) -> None:
        """Drop the values of what is not active, and give values to what is and has none.

        Args:
            value_of: a function from a HyperParameter to its value; draws one if None.
        """
        for hp in self.space:
            if not self.is_active(hp.name):
                self.values.pop(hp.name, None)
            elif self.is_active(hp) and hp.name not in self.values:
                self.values[hp.name] = hp.random_sample() if value_of is None else value_of(hp)

    def get_config(self) -> dict[str, Any]:
        """Space and values as plain data."""
        space = [{"class_name": type(hp).__name__, "config": hp.get_config()} for hp in self.space]
        return {"space": space, "values": dict(self.values)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """HyperParameters from what get_config returned.

        Args:
            config: that dict.
        """
        hps = cls()
        for entry in config["space"]:
            hps.space.append(KINDS[entry["class_name"]].from_config(entry["config"]))
        hps.values = dict(config["values"])
        return hps

    def copy(self) -> HyperParameters:
        """Another one with the same space and values."""
        return HyperParameters.from_config(self.get_config())
