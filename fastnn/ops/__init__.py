"""The operations: each declared once in a family file of this folder; also the public ``keras.ops`` names.

Every module of the folder is a family; its ``__all__`` says which of its functions are public.
"""
import importlib
import pkgutil

from fastnn.core import hooks
from fastnn.core.registry import suggest

FAMILIES = tuple(sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name != "op"))
__all__ = []
for _family in FAMILIES:
    _module = importlib.import_module(f"{__name__}.{_family}")
    for _name in getattr(_module, "__all__", ()):
        if _name in FAMILIES:                   # a function named as its file (matmul): the function wins below
            continue
        globals()[_name] = getattr(_module, _name)
        __all__.append(_name)
for _family in FAMILIES:
    _module = importlib.import_module(f"{__name__}.{_family}")
    if _family in getattr(_module, "__all__", ()):
        globals()[_family] = getattr(_module, _family)
        __all__.append(_family)


def __getattr__(name):
    raise AttributeError(f"module {__name__!r} has no operation {name!r}.{suggest(name, __all__)}")


def _operator(name, *args):
    return globals()[name](*args)


hooks.register("operator", _operator)
