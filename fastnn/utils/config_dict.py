"""Config: a dictionary with attributes."""

import json
from collections.abc import Iterator
from typing import Any

from fastnn.core.errors import ArgumentError
from fastnn.core.registry import suggest


class Config:
    """A dictionary whose entries are attributes too, and that can be frozen.

    Args:
        kwargs: the first entries.

    Raises:
        AttributeError: for an attribute that is no entry.
        ArgumentError (a ValueError): for a change after `freeze()`.

    >>> config = Config(width=3)
    >>> config.depth = 2
    >>> config.width, config["depth"], config.to_json()
    (3, 2, '{"width": 3, "depth": 2}')
    """

    def __init__(self, **kwargs: Any) -> None:
        self.__dict__.update(_config=kwargs, _frozen=False)

    @property
    def frozen(self) -> bool:
        """Whether entries may no longer be changed."""
        return self._frozen

    def freeze(self) -> None:
        """Refuse changes from here on."""
        self.__dict__["_frozen"] = True

    def unfreeze(self) -> None:
        """Allow changes again."""
        self.__dict__["_frozen"] = False

    def as_dict(self) -> dict[str, Any]:
        """The entries as a dict."""
        return dict(self._config)

    def to_json(self) -> str:
        """The entries as JSON."""
        return json.dumps(self._config)

    def keys(self):
        """The names of the entries, as dict.keys() gives them."""
        return self._config.keys()

    def values(self):
        """The values of the entries, as dict.values() gives them."""
        return self._config.values()

    def items(self):
        """(name, value) of the entries, as dict.items() gives them."""
        return self._config.items()

    def get(self, keyname: str, value: Any = None) -> Any:
        """One entry.

        Args:
            keyname: its name.
            value: what is returned if there is none of that name.
        """
        return self._config.get(keyname, value)

    def pop(self, *args: Any) -> Any:
        """Take an entry out.

        Args:
            *args: its name and what is returned if there is none, as dict.pop takes them.
        """
        return self._changeable().pop(*args)

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Set several entries.

        Args:
            *args, **kwargs: a dict or pairs, and entries by name, as dict.update takes them.
        """
        self._changeable().update(*args, **kwargs)

    def _changeable(self):
        if self._frozen:
            raise ArgumentError(
                "Cannot mutate attribute(s) because the config is frozen. Call unfreeze() first, or change a copy: "
                "Config(**config.as_dict())."
            )
        return self._config

    def __getattr__(self, name):
        entries = self.__dict__.get("_config", {})
        if name in entries:
            return entries[name]
        raise AttributeError(f"Unknown attribute: '{name}'.{suggest(name, entries, ' Did you mean {}?')}")

    def __setattr__(self, name, value):
        if name in dir(type(self)):
            object.__setattr__(self, name, value)
        else:
            self._changeable()[name] = value

    def __getitem__(self, key):
        return self._config[key]

    def __setitem__(self, key, item):
        self._changeable()[key] = item

    def __delitem__(self, key):
        del self._changeable()[key]

    def __contains__(self, item):
        return item in self._config

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._config))

    def __len__(self):
        return len(self._config)

    def __repr__(self):
        return f"<Config {self._config}>"
