"""The public operations as users call them: on symbols of the functional API a call is recorded as one event.

A node of a functional graph is then what Keras has there, the public operation, and not what fastnn makes of it; that
follows when the graph runs.
"""

import ast
import dataclasses
import functools
import inspect
import re
from typing import Any

from fastnn.core import config, dtypes, hooks, keras_classes, later
from fastnn.core.errors import ArgumentError
from fastnn.core.naming import camel_case
from fastnn.core.notes import notes
from fastnn.core.results import ARRAYS, own
from fastnn.graph.active import casting, current
from fastnn.graph.node import Symbol
from fastnn.graph.tensor import here

# Their arguments are functions, which may hold symbols that no event would know of: what they call is recorded.
TAKE_FUNCTIONS = frozenset(("associative_scan", "cond", "custom_gradient", "fori_loop", "jvp", "map", "scan", "switch",
                            "vectorized_map", "vectorize", "while_loop"))  # fmt: skip
# Their results on symbols are no symbols, or they take none, or they call one that is recorded.
NOT_RECORDED = frozenset((
    "bartlett", "blackman", "broadcast_shapes", "convert_to_numpy", "dtype", "empty", "eye", "hamming", "hanning",
    "identity", "image.extract_patches_3d", "indices", "is_tensor", "kaiser", "linear", "ndim", "ones", "shape",
    "size", "tri", "zeros",
))  # fmt: skip
# Of these, the ones that make arrays of a size: a size that is not known yet is an argument that makes them events.
TAKE_SIZES = NOT_RECORDED - {"broadcast_shapes", "convert_to_numpy", "dtype", "image.extract_patches_3d", "is_tensor",
                             "linear", "ndim", "shape", "size"}  # fmt: skip


# Made of several operations that are functions of arrays alone: on arrays they run as one plan.
AS_ONE = frozenset((
    "average", "batch_normalization", "cross", "dot_product_attention", "einsum", "glu", "image.affine_transform",
    "image.gaussian_blur", "image.hsv_to_rgb", "image.perspective_transform", "image.rgb_to_hsv", "layer_normalization",
    "logsumexp", "moments", "norm", "normalize", "psnr", "rms_normalization", "std", "tensordot", "var",
))  # fmt: skip


def is_recorded(name):
    """Whether calls of the public operation `name` on functional symbols become one event."""
    return name not in NOT_RECORDED and name not in TAKE_FUNCTIONS


@dataclasses.dataclass(frozen=True)
class Row:
    """One row: the public function (a name in fastnn.ops, or a path such as "image.resize") and its Keras class."""

    function: str
    module: str
    class_name: str
    config: tuple  # names of the constructor's arguments
    arguments: tuple  # names of the call's arguments by position; a last "*name" takes the rest
    keywords: tuple  # names of those passed by keyword
    more: bool = False  # whether the call takes any others by keyword
    defaults: dict = dataclasses.field(default_factory=dict, hash=False)
    settled: frozenset = frozenset()  # names whose None stands in a file as the default that it means


@functools.cache
def rows():
    """{function: Row}."""
    return {row.function: row for row in map(_parse, re.sub(r"\n +", " ", keras_classes.TABLE.strip()).split("\n"))}


@functools.cache
def by_class():
    """{class name: Row}; of several functions with one class the one that is called like it."""
    found = {}
    for row in rows().values():
        old = found.get(row.class_name)
        if old is None or row.function.replace("_", "") == row.class_name.lower():
            found[row.class_name] = row
    return {**found, "Abs": rows()["abs"], "Conj": rows()["conj"]}


def _parse(line):
    function, module, name, config, arguments = re.fullmatch(r"([\w.]+): (\w+)\.(\w+)\((.*)\)\((.*)\)", line).groups()
    config = [part.partition("=") for part in _parts(config)]
    settled = frozenset(n[:-1] for n, _, _ in config if n[-1] == "!")
    config = [(n.rstrip("!"), equals, value) for n, equals, value in config]
    arguments = _parts(arguments)
    more = [a for a in arguments if a.startswith("**")]
    return Row(function, module, name, tuple(n for n, _, _ in config),
               tuple(a for a in arguments if not a.endswith("=") and a not in more),
               tuple(a[:-1] for a in arguments if a.endswith("=")), bool(more),
               {n: ast.literal_eval(value) for n, equals, value in config if equals}, settled)  # fmt: skip


def _parts(text):
    return text.split(", ") if text else []


@functools.cache
def parameters(function):
    """The parameters of a function, by name."""
    return inspect.signature(function).parameters


def row_of(name, function):
    """The row of a public operation; of one that Keras has not, its parameters are its arguments."""
    return rows().get(name) or row_of_arguments(name, function)


def row_of_arguments(name, function):
    """The row of a public operation whose parameters all are arguments of the call, none of the config."""
    kinds = parameters(function).values()
    names = tuple(f"*{p.name}" if p.kind == p.VAR_POSITIONAL else p.name for p in kinds if p.kind != p.VAR_KEYWORD)
    return Row(name, "fastnn.ops", camel_case(name.rpartition(".")[2]), (), names, ())


def split(row, function, args, kwargs):
    """(config, arguments, keywords) of a call in the words of a row; None where a row has no place for what it says."""
    try:
        bound = inspect.signature(function).bind(*args, **kwargs)
    except TypeError:
        return None  # calling the function says what is wrong
    given = set(bound.arguments)
    bound.apply_defaults()
    values, known = dict(row.defaults), {*row.config, *row.keywords, *(a.lstrip("*") for a in row.arguments)}
    for name, value in bound.arguments.items():
        if parameters(function)[name].kind == inspect.Parameter.VAR_KEYWORD:
            given |= set(value)
            values.update(value)
        else:
            values[name] = value
    others = [name for name in given if name not in known and name in values and values[name] is not None]
    if others and not row.more:
        return None
    arguments = []
    for name in row.arguments:
        arguments += values[name[1:]] if name[0] == "*" else [values[name]]
    return (
        {name: _settled(row, name, values[name], values) for name in row.config},
        tuple(arguments),
        {name: values[name] for name in (*row.keywords, *others)},
    )


def _settled(row, name, value, values):
    """A config value as files have it: names of dtypes and data formats, sizes of patches in full."""
    if name in row.settled and name in ("size", "strides"):
        value = values["size"] if value is None else value
        return (value, value) if isinstance(value, int) and (name == "size" or values[name] is None) else value
    if name == "dtype" and (value is not None or name in row.settled):
        return dtypes.standardize(value)
    if name == "data_format" and value is None and name in row.settled:
        return config.image_data_format()
    return value.lower() if name == "padding" and isinstance(value, str) else value


def joined(row, function, given, args, kwargs):
    """The call of the function, (args, kwargs): from a config (`given`) and the arguments in a row's words."""
    names, values, rest = list(row.arguments), dict(given), ()
    if names and names[-1][0] == "*":
        names.pop()
        args, rest = args[: len(names)], args[len(names) :]
    if len(args) > len(names):
        names += row.keywords
    if len(args) > len(names):
        raise ArgumentError(
            f"{row.function}: received {len(args)} arguments, expected at most {len(names)}: {', '.join(names)}."
        )
    values.update(zip(names, args))
    values.update(kwargs)
    before = []  # what stands before *rest can be given by position only
    if rest or (row.arguments and row.arguments[-1][0] == "*"):
        for name, parameter in parameters(function).items():
            if parameter.kind == parameter.VAR_POSITIONAL:
                break
            before.append(values.pop(name))
    return (*before, *rest), values


def _symbolic(values):
    """Whether a symbol of the functional API is somewhere inside."""
    for value in values:
        if isinstance(value, Symbol):
            if value.origin is not None:
                return True
        elif isinstance(value, (list, tuple)):
            if _symbolic(value):
                return True
        elif isinstance(value, dict) and _symbolic(value.values()):
            return True
    return False


MOST_SHORT, LARGEST_SHORT = 256, 1 << 16  # calls that go the short way; bytes of the plan of one
_short: dict[Any, Any] = {}  # of one or two float arrays to the plan that the function came to, and its version


def _short_way(function, args):
    """The plan of a call on one or two float arrays; a key where there is none yet; None for other calls."""
    first = args[0] if args else None
    if type(first) not in ARRAYS or first.dtype.char not in "fd" or len(args) > 2:
        return None
    if len(args) == 1:
        key = function, first.shape, first.dtype.char
    else:
        second = args[1]
        if type(second) not in ARRAYS or second.dtype.char != first.dtype.char:
            return None
        key = function, first.shape, first.dtype.char, second.shape
    if current() is not None:
        return None
    found = _short.get(key)
    return found[1] if found is not None and found[0] == config.version() else key


def _noted(function, args, key):
    """function(*args); the next call goes the short way if this one was a single operation on these arrays."""
    if notes.calls is not None:
        return function(*args)
    notes.calls = []
    try:
        result = function(*args)
        calls = notes.calls
    finally:
        notes.calls = None
    if len(calls) == 1 and calls[0][2] is result and len(calls[0][1]) == len(args):
        plan, arrays, _ = calls[0]
        if all(a is b for a, b in zip(arrays, args)) and not plan.reads_variables and plan.bytes <= LARGEST_SHORT:
            if len(_short) >= MOST_SHORT:
                _short.clear()
            _short[key] = config.version(), plan
    return result


def _as_one(name, function):
    """`function`, of which a call on arrays and plain values is one plan, which is kept."""

    def run(*args, **kwargs):
        values = (*args, *kwargs.values())
        arrays = [v for v in values if type(v) in ARRAYS]
        others = [None if type(v) in ARRAYS else _exact(v) for v in values]
        fits = arrays and NotImplemented not in others and all(a.size for a in arrays)
        if not fits or current() is not None or here.recording or casting() is not None:
            return function(*args, **kwargs)

        def call(*symbols):
            given = iter(symbols)
            put = [next(given) if type(v) in ARRAYS else v for v in values]
            return function(*put[: len(args)], **dict(zip(kwargs, put[len(args) :])))

        key = name, id(function), len(args), tuple(kwargs), tuple(others)
        found = hooks.call("kept", key, call, arrays)
        return function(*args, **kwargs) if found is None else found

    return run


def _exact(value):
    """A plain value as a part of a key: 1, 1.0 and True differ; NotImplemented for one that is not plain."""
    if type(value) in (tuple, list):
        parts = tuple(map(_exact, value))
        return NotImplemented if NotImplemented in parts else (type(value).__name__, parts)
    return (type(value).__name__, value) if isinstance(value, (bool, int, float, str, type(None))) else NotImplemented


def recorded(name, function):
    """`function`, the public operation `name`, with its calls on functional symbols recorded."""

    run = _as_one(name, function) if name in AS_ONE else function

    @functools.wraps(function)
    def call(*args, **kwargs):
        if not kwargs and not here.recording:
            short = _short_way(function, args)
            if short is not None:
                return short(*args) if type(short) is not tuple else own(_noted(run, args, short))
        if current() is None and (_symbolic(args) or (kwargs and _symbolic(kwargs.values()))):
            return hooks.call("record", name, function, args, kwargs)
        if current() is not None and (later.holds(args) or (kwargs and later.holds(kwargs.values()))):
            return later.postponed(call, args, kwargs)
        result = run(*args, **kwargs)
        # a tape knows the arrays that it watches
        return result if here.recording or current() is not None else own(result)

    call.public_name = name
    return call


def recorded_as(name):
    """Decorator form of `recorded`."""
    return functools.partial(recorded, name)
