"""Lazy public names.  A package lists its names once; importing it imports none of its modules.

The same tables are the closed list from which a file's config may name classes: nothing else can be
reached by a name.
"""

import difflib
import importlib
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fastnn.core.errors import UnknownNameError
from fastnn.core.gone import GONE, OLD


def lazy(package: str, names: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """(__getattr__, __dir__, __all__) for a package whose public `names` map to module names.

    names: {"Dense": "core"} = class Dense of <package>.core; {"ops": ""} = the submodule itself;
    {"get_file": "fastnn.utils.files"} = a name of another module, written in full;
    {"Renamed": "module:Original"} = under another name.
    """

    def getattr_(name):
        where = names.get(name)
        if where is None:
            key = f"{package}.{name}".removeprefix("fastnn.")
            instead = GONE.get(key) or OLD.get(key)
            why = f": {instead}." if instead else suggest(name, names, ". Did you mean: {}?")
            raise missing(f"module {package!r} has no attribute {name!r}{why}", name)
        module, _, original = where.partition(":")
        if not module and not original:
            value = importlib.import_module(f"{package}.{name}")
        else:
            full = module if module.startswith("fastnn") else f"{package}.{module}"
            home = importlib.import_module(full)
            value = getattr(home, original or name, home)
            if value is home:  # a module inside another package
                value = importlib.import_module(f"{full}.{original or name}")
        setattr(sys.modules[package], name, value)
        return value

    def dir_():
        return sorted({*names, *(name for name in vars(sys.modules[package]) if name.startswith("__"))})

    return getattr_, dir_, sorted(names)


def missing(words: str, name: str) -> AttributeError:
    """The error for a name that is not there, with its own near names in `words`.

    Python adds near names of its own to an AttributeError that says of which object it is: so this one says None.
    """
    return AttributeError(words, name=name, obj=None)


def suggest(name: object, names: Iterable[object], template: str = " Did you mean: {}?") -> str:
    """Near names as a sentence, or an empty string."""
    near = difflib.get_close_matches(str(name), [str(n) for n in names], 3, 0.6)
    return template.format(", ".join(near)) if near else ""


def lookup(kind: str, name: Any, table: Mapping[Any, Any]) -> Any:
    """table[name], or UnknownNameError that names the kind and near names."""
    if name in table:
        return table[name]
    raise UnknownNameError(
        f"Could not interpret {kind} identifier: {name}.{suggest(name, table)} "
        f"Expected one of: {', '.join(sorted(map(str, table)))}."
    )
