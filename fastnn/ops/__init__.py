"""The operations: the public ``keras.ops`` names.

``records`` declares each operation once, with one dtype for its operands; ``functions`` holds the public names, which
promote and convert what they are given. The ``__all__`` of each file there says which of its functions are public.
"""

import importlib
import pkgutil

from fastnn.core import hooks, results
from fastnn.core.registry import suggest
from fastnn.ops import functions, public, records

FAMILIES = tuple(
    f"{folder.__name__.rpartition('.')[2]}.{m.name}"
    for folder in (records, functions)
    for m in pkgutil.iter_modules(folder.__path__)
)
MAKERS = "create", "constants", "tapers"  # whose results NumPy makes
__all__ = []
for _module in [importlib.import_module(f"{__name__}.{_family}") for _family in FAMILIES]:
    for _name in vars(_module).get("__all__", ()):
        if public.is_recorded(_name) or _name in public.TAKE_SIZES:
            setattr(_module, _name, public.recorded(_name, getattr(_module, _name)))
        _made = _module.__name__.rpartition(".")[2] in MAKERS and _name != "convert_to_numpy"
        globals()[_name] = results.giving(getattr(_module, _name)) if _made else getattr(_module, _name)
        __all__.append(_name)
image = importlib.import_module(f"{__name__}.functions.image")
for _name in image.NAMES:
    if public.is_recorded(f"image.{_name}"):
        setattr(image, _name, public.recorded(f"image.{_name}", getattr(image, _name)))
for _name in ("image", "linalg", "nn", "numpy"):
    globals()[_name] = importlib.import_module(f"{__name__}.{_name}")


def public_function(name):
    """The public operation that `public.rows()` names, or None."""
    place, _, word = name.rpartition(".")
    if place in ("activations", "random"):
        return getattr(importlib.import_module(f"fastnn.{place}"), word, None)
    if not place:
        return globals()[word] if word in __all__ else None
    return getattr(image, word, None)


def __getattr__(name):
    raise AttributeError(f"module {__name__!r} has no operation {name!r}.{suggest(name, __all__)}")


def __dir__():
    return sorted([*__all__, "image", "linalg", "nn", "numpy"])


def _operator(name, *args):
    return globals()[name](*args)


def _operation(name):
    return globals()[name]


hooks.register("operator", _operator)
hooks.register("operation", _operation)
