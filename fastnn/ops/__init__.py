"""The operations: each declared once in a family file of this folder; also the public ``keras.ops`` names.

Every module of the folder is a family; its ``__all__`` says which of its functions are public.
"""
import importlib
import pkgutil

from fastnn.core import hooks
from fastnn.core.registry import suggest

FAMILIES = tuple(sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name != "op"))
__all__ = []
# all modules first: importing one binds its name here, and where a function has the name of a file (matmul, conv) the
# function is what users mean
for _module in [importlib.import_module(f"{__name__}.{_family}") for _family in FAMILIES]:
    for _name in vars(_module).get("__all__", ()):
        globals()[_name] = getattr(_module, _name)
        __all__.append(_name)


def __getattr__(name):
    raise AttributeError(f"module {__name__!r} has no operation {name!r}.{suggest(name, __all__)}")


def _operator(name, *args):
    return globals()[name](*args)


hooks.register("operator", _operator)
