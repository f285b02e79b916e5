"""What a kernel is compiled from, as a hash: its bytecode and, followed through every name, all that it refers to.

So an edit recompiles the kernels that it changes and no others. Whatever is not understood here counts with the whole
file that defines it: a needless compilation is cheap, a stale object is not.
"""

import builtins
import functools
import hashlib
import sys
import types

import numpy as np

_PLAIN = (type(None), bool, int, float, complex, str, bytes, type(Ellipsis))
_FOREIGN = {"numpy", "numba", "llvmlite", *sys.stdlib_module_names}  # the tools' versions count elsewhere


@functools.cache
def _file(module):
    """Hash of the file of a module, by its name."""
    path = getattr(sys.modules.get(module), "__file__", None)
    if path is None:
        return module
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def _foreign(module):
    return (module or "").split(".")[0] in _FOREIGN


class _Walk:
    """One walk over everything that an object refers to; `feed` is told a text of each thing once."""

    def __init__(self, feed):
        self.feed, self.seen = feed, {}

    def __call__(self, x):
        if isinstance(x, _PLAIN):
            self.feed(f"{type(x).__name__} {x!r}")
        elif isinstance(x, np.generic | np.ndarray):
            self.feed(f"{x.dtype} {x.shape} {x.tobytes().hex()}")
        elif isinstance(x, tuple | list):
            self.feed(f"{type(x).__name__} {len(x)}")
            for item in x:
                self(item)
        elif isinstance(x, set | frozenset):
            self(sorted(x, key=repr))
        elif id(x) in self.seen:
            self.feed(f"again {self.seen[id(x)][0]}")
        else:
            self.seen[id(x)] = len(self.seen), x  # x stays alive: its id is not given out again
            self.thing(x)

    def thing(self, x):
        """What may refer back to itself: looked at once."""
        if isinstance(x, dict):
            self.feed(f"dict {len(x)}")
            for key in sorted(x, key=repr):
                self(key)
                self(x[key])
        elif isinstance(x, types.FunctionType):
            self.function(x)
        elif isinstance(x, types.ModuleType):
            self.feed(f"module {x.__name__}")  # what is used of it: see `function`
        elif isinstance(x, types.BuiltinFunctionType | np.ufunc | np.dtype):
            self.feed(f"builtin {getattr(x, '__module__', '')} {x!r}".split(" at 0x")[0])
        elif isinstance(x, type):
            self.feed(f"class {x.__module__}.{x.__qualname__}")
            if not _foreign(x.__module__):
                self(list(x.__bases__))
                self({k: v for k, v in vars(x).items() if k not in ("__dict__", "__weakref__", "__doc__")})
        else:
            self.instance(x)

    def function(self, fn):
        """Bytecode, defaults, closed-over values, and the globals that its names reach."""
        self.feed(f"function {fn.__name__}")
        if _foreign(fn.__module__):
            self.feed(f"{fn.__module__}.{fn.__qualname__}")
            return
        if fn.__module__ in sys.modules and _uses_overload(fn.__module__):
            self.feed(_file(fn.__module__))  # an @overload is tied to its function by no reference
        names = self.code(fn.__code__)
        self([fn.__defaults__, fn.__kwdefaults__, [_content(cell) for cell in fn.__closure__ or ()]])
        for name in sorted(names):
            if name in fn.__globals__:
                value = fn.__globals__[name]
                self.feed(f"global {name}")
                self(value)
                if isinstance(value, types.ModuleType) and not _foreign(value.__name__):
                    for attribute in sorted(names & set(vars(value))):
                        self.feed(f"of {value.__name__}.{attribute}")
                        self(vars(value)[attribute])
            elif hasattr(builtins, name):
                self.feed(f"builtin {name}")

    def code(self, code):
        """Feed a code object; return all the names in it and in those nested in it."""
        self.feed(f"code {code.co_code.hex()} {code.co_names} {code.co_varnames} {code.co_freevars} {code.co_flags}")
        names = set(code.co_names)
        for constant in code.co_consts:
            if isinstance(constant, types.CodeType):
                names |= self.code(constant)
            else:
                self(constant)
        return names

    def instance(self, x):
        """Numba's dispatchers and intrinsics, wrapped functions, LLVM and Numba types, objects of our own classes."""
        kind = type(x)
        self.feed(f"a {kind.__module__}.{kind.__qualname__}")
        if hasattr(x, "py_func"):
            self([x.py_func, dict(getattr(x, "targetoptions", {}))])
        elif hasattr(x, "_defn"):
            self(x._defn)
        elif hasattr(x, "__wrapped__"):
            self(x.__wrapped__)
        elif isinstance(x, staticmethod | classmethod | property):
            self(x.fget if isinstance(x, property) else x.__func__)
        elif kind.__module__ == "os":
            self.feed("the environment")  # what is read of it decides the level, which counts elsewhere
        elif _foreign(kind.__module__):
            self.feed(str(x).split(" at 0x")[0])
        elif hasattr(x, "__dict__"):
            self([kind, vars(x)])
        else:
            self.feed(_file(kind.__module__))


def _content(cell):
    try:
        return cell.cell_contents
    except ValueError:  # not filled yet: a name that is defined later
        return "empty"


@functools.cache
def _uses_overload(module):
    path = getattr(sys.modules[module], "__file__", None)
    if path is None:
        return False
    with open(path, encoding="utf-8") as f:
        return "overload" in f.read()


def fingerprint(*things):
    """Return a hash of `things` (functions, types, values) and of all that they refer to.

    >>> def f(x, k=1):
    ...     return x + k
    >>> def g(x, k=2):
    ...     return x + k
    >>> g.__name__ = f.__name__
    >>> fingerprint(f) == fingerprint(f), fingerprint(f) == fingerprint(g)
    (True, False)
    """
    h = hashlib.sha256()
    walk = _Walk(lambda text: h.update(text.encode() + b"\0"))
    for thing in things:
        walk(thing)
    return h.hexdigest()
