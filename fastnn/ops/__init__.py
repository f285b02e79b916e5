"""The operations: each declared once in a family file of this folder; also the public ``keras.ops`` names.

Every module of the folder is a family; its ``__all__`` says which of its functions are public.
"""
import importlib
import pkgutil

from fastnn.core import hooks
from fastnn.core.registry import suggest
from fastnn.ops import public

_NO_FAMILIES = ("op", "public")
FAMILIES = tuple(sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name not in _NO_FAMILIES))
__all__ = []
# all modules first: importing one binds its name here, and where a function has the name of a file (matmul, conv) the
# function is what users mean
for _module in [importlib.import_module(f"{__name__}.{_family}") for _family in FAMILIES]:
    for _name in vars(_module).get("__all__", ()):
        if public.is_recorded(_name) or _name in public.TAKE_SIZES:
            setattr(_module, _name, public.recorded(_name, getattr(_module, _name)))
        globals()[_name] = getattr(_module, _name)
        __all__.append(_name)
image = importlib.import_module(f"{__name__}.image")
for _name in [n for n, f in vars(image).items() if n[0] != "_" and getattr(f, "__module__", "") == image.__name__]:
    setattr(image, _name, public.recorded(f"image.{_name}", getattr(image, _name)))


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


def _operator(name, *args):
    return globals()[name](*args)


hooks.register("operator", _operator)
