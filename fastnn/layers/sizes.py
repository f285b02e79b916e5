"""Sizes that are not known while a functional graph is built, as values to calculate with.

`ops.shape(x)` gives ints where they are known and a Size elsewhere.  Sizes and ints make Sizes; operations take them
where they take ints, as `ops.arange(n)` and `ops.reshape(x, (n, -1))`.  When the graph runs every Size is an int.
"""

import operator
import weakref
from typing import Any

import numpy as np

from fastnn.core import dtypes, shapes
from fastnn.core.errors import ArgumentError, FileFormatError, ShapeError
from fastnn.core.registry import suggest
from fastnn.graph import Symbol
from fastnn.graph.variable import auto_name
from fastnn.layers import nest
from fastnn.layers.events import CallEvent, Operation, PublicCall, is_functional
from fastnn.layers.leaf import symbol_like
from fastnn.ops import public

# What two sizes make, under the names that files have.
# fmt: off
FUNCTIONS = {"add": operator.add, "subtract": operator.sub, "multiply": operator.mul, "floor_divide": operator.floordiv,
             "mod": operator.mod, "power": operator.pow, "negative": operator.neg, "maximum": max, "minimum": min}
# fmt: on
_METHODS = {
    "add": "add",
    "subtract": "sub",
    "multiply": "mul",
    "floor_divide": "floordiv",
    "mod": "mod",
    "power": "pow",
}  # fmt: skip


def _is_size(value):
    return isinstance(value, Size) or (hasattr(value, "__index__") and not isinstance(value, (bool, Symbol)))


def _calculated(name, swap=False):
    general = getattr(Symbol, f"__{'r' if swap else ''}{_METHODS[name]}__")

    def method(self, other):
        if not _is_size(other):
            return general(self, other)  # a value like any other
        other = other if isinstance(other, Size) else int(other)
        return SizeCalculation(name)(*((other, self) if swap else (self, other)))

    return method


class Size(Symbol):
    """An unknown size as a value of the functional API: a whole number, known when the graph runs.

    It equals None, which Keras has in its place, itself, and nothing else.
    """

    __slots__ = ()
    __add__, __radd__ = _calculated("add"), _calculated("add", True)
    __sub__, __rsub__ = _calculated("subtract"), _calculated("subtract", True)
    __mul__, __rmul__ = _calculated("multiply"), _calculated("multiply", True)
    __floordiv__, __rfloordiv__ = _calculated("floor_divide"), _calculated("floor_divide", True)
    __mod__, __rmod__ = _calculated("mod"), _calculated("mod", True)
    __pow__, __rpow__ = _calculated("power"), _calculated("power", True)

    def __neg__(self):
        return SizeCalculation("negative")(self)

    def __eq__(self, other):
        return other is None or other is self

    def __ne__(self, other):
        return not self == other

    __hash__ = Symbol.__hash__


class SizeOf(Operation):
    """The size of a value along an axis."""

    kind, result_class = "Size", Size

    def __init__(self, axis: Any, name: str | None = None) -> None:
        if isinstance(axis, bool) or not isinstance(axis, int):
            raise ArgumentError(f"The axis of a size: received {axis!r}, expected an int.")
        super().__init__(name or auto_name("size"))
        self.axis = axis

    @property
    def options(self):
        """Its arguments that are no symbols."""
        return {"axis": self.axis}

    def run(self, x):
        """The size, an int."""
        return x.shape[self.axis]

    def infer(self, args, kwargs):
        """A whole number."""
        if kwargs or len(args) != 1 or not is_functional(args[0]):
            raise ArgumentError(f"A size: received {len(args)} arguments and {sorted(kwargs)}, expected one value.")
        shapes.normalize_axis(self.axis, len(args[0].shape))
        return symbol_like((), "int32")


class SizeCalculation(Operation):
    """What one or two sizes make: `function` is a key of FUNCTIONS."""

    kind, result_class = "SizeCalculation", Size

    def __init__(self, function: Any, name: str | None = None) -> None:
        if function not in FUNCTIONS:
            raise FileFormatError(
                f"A calculation of sizes: received the function {function!r}."
                f"{suggest(str(function), FUNCTIONS)} Expected one of {', '.join(FUNCTIONS)}."
            )
        super().__init__(name or auto_name(f"size_{function}"))
        self.function = function

    @property
    def options(self):
        """Its arguments that are no symbols."""
        return {"function": self.function}

    def run(self, *sizes):
        """The result, an int."""
        if self.function == "power" and abs(sizes[0]) > 1 and not 0 <= sizes[1] < 64:
            raise ShapeError(f"{sizes[0]} ** {sizes[1]} is no size of an array.")
        found = FUNCTIONS[self.function](*sizes)
        if not -shapes.LARGEST_SIZE <= found < shapes.LARGEST_SIZE:
            raise ShapeError(f"{self.function} of the sizes {sizes} gives {found}, which is no size of an array.")
        return found

    def infer(self, args, kwargs):
        """A whole number."""
        if kwargs or len(args) != (1 if self.function == "negative" else 2) or not all(map(_is_size, args)):
            raise ArgumentError(f"{self.function} of sizes: received {args} and {kwargs}, expected sizes and ints.")
        return symbol_like((), "int32")


class SizedCall(PublicCall):
    """A call of a public operation with Sizes among the arguments that Keras's class has in its config.

    All arguments are those of the call then; slices stand in them as dicts, whose leaves are looked through.
    """

    def __init__(self, name: str | None, function: Any, label: Any = None) -> None:
        super().__init__(public.row_of_arguments(name, function), function, {}, label)

    @property
    def options(self):
        """Its arguments that are no symbols: none."""
        return {}

    def run(self, *args, **kwargs):
        """The function on these."""
        return self.function(*map(_with_slices, args), **{k: _with_slices(v) for k, v in kwargs.items()})


_SLICE = ("start", "stop", "step")


def _with_slices(value):
    """A structure as it was given: with slices instead of the dicts that stand for them, and tuples for lists."""
    if isinstance(value, dict) and set(value) == set(_SLICE):
        return slice(*(value[word] for word in _SLICE))
    return tuple(map(_with_slices, value)) if isinstance(value, (list, tuple)) else value


def without_slices(value):
    """A structure with slices as dicts."""
    if isinstance(value, slice):
        return dict(zip(_SLICE, (value.start, value.stop, value.step)))
    return tuple(map(without_slices, value)) if isinstance(value, tuple) else value


def count(*structures):
    """How many Sizes are somewhere inside."""
    return sum(isinstance(x, Size) for x in nest.flatten(structures))


def direct(arguments, keywords):
    """How many arguments are Sizes."""
    return sum(isinstance(x, Size) for x in (*arguments, *keywords.values()))


def calculated(name, args):
    """What the operation `name` makes of sizes, as a Size; None if that is no calculation of sizes."""
    if name == "cast" and len(args) == 2 and isinstance(args[0], Size) and dtypes.standardize(args[1]) == "int32":
        return args[0]
    if name in FUNCTIONS and len(args) == 2 and all(map(_is_size, args)):
        return SizeCalculation(name)(*(x if isinstance(x, Size) else int(x) for x in args))
    return None


def listed(value):
    """The sizes in a symbol of the functional API, or a list, that holds such (stacked, joined, cut out), or None."""
    if isinstance(value, (list, tuple)):
        return list(value) if all(map(_is_size, value)) else None
    if not isinstance(value, Symbol):
        return np.ravel(value).tolist()
    if isinstance(value, Size) or not is_functional(value):
        return None
    name, args = getattr(getattr(value.origin.operation, "row", None), "function", None), value.origin.args
    if name in ("stack", "convert_to_tensor") and isinstance(args[0], (list, tuple)):
        return listed(args[0])
    if name == "concatenate":
        parts = list(map(listed, args[0]))
        return None if None in parts else [size for part in parts for size in part]
    if name == "cast":
        return listed(args[0])
    if name == "getitem" and isinstance(args[-1], slice):
        found = listed(args[0])
        return None if found is None else found[args[-1]]
    return None


SHAPED = ("reshape", "broadcast_to", "tile")  # operations whose second argument is a list of sizes


def with_listed(name, args):
    """The arguments of a call with the sizes that a symbol lists in the place of a shape."""
    found = listed(args[1]) if name in SHAPED and len(args) > 1 and isinstance(args[1], Symbol) else None
    return args if found is None else (args[0], tuple(found), *args[2:])


def shape_of(symbol):
    """The sizes of a functional symbol: ints, and a Size for each that is unknown."""
    return tuple(SizeOf(axis)(symbol) if d is None else d for axis, d in enumerate(symbol.shape))


# ---- sizes for given sizes of the inputs -------------------------------------------------------------------
_known: weakref.WeakKeyDictionary[CallEvent, dict] = weakref.WeakKeyDictionary()


def sizes_at(symbols, size):
    """{symbol: its shape, or the int that a Size is} where every unknown size of the Inputs is `size`."""
    for event in _events_behind(symbols, size):
        _known.setdefault(event, {})[size] = _results(event, size)
    return {x: _at(x, size) for x in symbols}


def _at(symbol, size):
    return _known[symbol.origin][size][symbol.index]


def _events_behind(symbols, size):
    """The events that symbols follow from and whose results are not known yet, in the order of the calls."""
    found, todo = set(), [x.origin for x in symbols]
    while todo:
        event = todo.pop()
        if event not in found and size not in _known.get(event, ()):
            found.add(event)
            todo += [x.origin for x in event.inputs]
    return sorted(found, key=lambda event: event.serial)


def _results(event, size):
    if event.is_input:
        return [tuple(size if d is None else d for d in spec.shape) for spec in event.specs]

    def filled(x):
        if not is_functional(x):
            return x
        value = _at(x, size)
        return value if isinstance(x, Size) else symbol_like(value, x.dtype)

    args, kwargs = nest.map_structure(filled, event.args), nest.map_structure(filled, event.kwargs)
    operation = event.operation
    if isinstance(operation, (SizeOf, SizeCalculation)):
        return [operation.run(*args)]
    specs = (
        operation.infer(args, kwargs)
        if isinstance(operation, Operation)
        else operation.compute_output_spec(*args, **kwargs)
    )
    return [tuple(x.shape) for x in nest.flatten(specs)]
