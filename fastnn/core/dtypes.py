"""Type names: what users write, what kernels are called, how two types meet."""

import importlib
from typing import Any

import numpy as np

from fastnn.core import config
from fastnn.core.errors import DTypeError
from fastnn.core.extras import missing

# dtype name -> (NumPy type, kernel type name).  bool is stored as one byte, 0 or 1.
TABLE: dict[str, tuple[type[np.generic], str]] = {
    "float32": (np.float32, "f32"), "float64": (np.float64, "f64"), "float16": (np.float16, "f16"),
    "int8": (np.int8, "i8"), "int16": (np.int16, "i16"), "int32": (np.int32, "i32"), "int64": (np.int64, "i64"),
    "uint8": (np.uint8, "u8"), "uint16": (np.uint16, "u16"), "uint32": (np.uint32, "u32"),
    "uint64": (np.uint64, "u64"), "bool": (np.bool_, "u8"),
    "complex64": (np.complex64, "c64"), "complex128": (np.complex128, "c128"),
}  # fmt: skip
# dtypes that NumPy knows from the package ml_dtypes: kernel type name, bytes; those of one byte are stored only
PACKAGED = {"bfloat16": ("bf16", 2), "float8_e4m3fn": ("f8", 1), "float8_e5m2": ("f8w", 1)}
EIGHTHS = ("float8_e4m3fn", "float8_e5m2")
TEXT = "string"  # of symbols that stand for text: no kernel takes it
FLOATS = ("float16", "bfloat16", "float32", "float64")
HALVES = ("float16", "bfloat16")  # stored and rounded to; calculated with in float32
COMPLEX = {"complex64": "float32", "complex128": "float64"}  # of a complex dtype that of its parts
INEXACT = (*FLOATS, *COMPLEX)
_ALIASES = {"float": "float32", "double": "float64", "half": "float16", "int": "int32", "boolean": "bool",
            "single": "float32", "long": "int64"}  # fmt: skip
_ITEMSIZE = {name: np.dtype(t).itemsize for name, (t, _) in TABLE.items()}
_ITEMSIZE.update({name: size for name, (_, size) in PACKAGED.items()})
_KNOWN: dict[Any, str] = {}


def standardize(dtype: Any, default: str | None = None) -> str:
    """The canonical name of `dtype` (a name, NumPy dtype or Python type); `default` for None.

    >>> standardize(np.float64), standardize("int"), standardize(None, "float32")
    ('float64', 'int32', 'float32')
    """
    if dtype is None:
        return default or config.floatx()
    try:
        known = _KNOWN.get(dtype)
    except TypeError:
        known = None
    if known is not None:
        return known
    if dtype is float:
        return max(config.floatx(), "float32", key=itemsize)
    if dtype is complex:
        return promote("complex64", config.floatx())
    name = dtype if isinstance(dtype, str) else getattr(dtype, "name", None) or getattr(dtype, "__name__", str(dtype))
    name = {int: "int32", bool: "bool"}.get(dtype, name) if isinstance(dtype, type) else name
    if isinstance(name, str) and name.startswith("torch."):  # what PyTorch calls its dtypes
        name = name.removeprefix("torch.")
    name = _ALIASES.get(name, name).rstrip("_") if isinstance(name, str) else name
    if name not in TABLE and name not in PACKAGED:
        try:
            name = np.dtype(dtype).newbyteorder("=").name
        except TypeError:
            name = None
    if name not in TABLE and name not in PACKAGED:
        raise DTypeError(f"Unknown dtype: received {dtype!r}, expected one of {', '.join([*TABLE, *PACKAGED])}.")
    _KNOWN[dtype] = name
    return name


def numpy_type(name: str) -> type[Any]:
    """The NumPy scalar type of a canonical dtype name."""
    found = TABLE.get(name)
    return _packaged(name) if found is None else found[0]


def _packaged(name: str) -> type[Any]:
    """NumPy's scalar type of bfloat16 or a float8, from the package ml_dtypes, which is asked for here only."""
    try:
        kind: type[Any] = getattr(importlib.import_module("ml_dtypes"), name)
    except ImportError:
        raise missing(f"the dtype {name}", "bfloat16", "Or use float16, float32 or mixed_float16.") from None
    return kind


def finfo(name: str) -> Any:
    """NumPy's facts about a float dtype; of bfloat16 and float8 those of the package ml_dtypes.

    >>> float(finfo("float16").eps)
    0.0009765625
    """
    kind = numpy_type(name)
    return importlib.import_module("ml_dtypes").finfo(kind) if name in PACKAGED else np.finfo(kind)


def kernel_type(name: str) -> str:
    """The type name kernels carry as a suffix: "f32" for "float32"."""
    return PACKAGED[name][0] if name in PACKAGED else TABLE[name][1]


def itemsize(name: str) -> int:
    """Bytes of one element."""
    return _ITEMSIZE[name]


def is_float(name: str) -> bool:
    """Whether the dtype is a floating-point one."""
    return name in FLOATS


def is_inexact(name: str) -> bool:
    """Whether the dtype is a floating-point or a complex one: what has gradients, and is not rounded to integers.

    >>> is_inexact("complex64"), is_inexact("int32")
    (True, False)
    """
    return name in INEXACT


def far(value: float, name: str) -> float:
    """`value`, which stands for infinity, or the farthest number on its side that the float dtype holds.

    >>> far(-1e9, "float16"), far(-1e9, "float32")
    (-65504.0, -1000000000.0)
    """
    return max(-65504.0, min(value, 65504.0)) if name == "float16" else value


def promote(*names: str | None) -> str:
    """The dtype in which values of these dtypes meet; floats win over integers, complex ones over both, as in Keras.

    Raises DTypeError where a float8 meets another dtype.

    >>> promote("int64", "float32"), promote("int32", "int64"), promote("float64", "complex64")
    ('float32', 'int64', 'complex128')
    """
    given = [n for n in names if n is not None]
    first = given[0]
    if all(n == first for n in given):
        return first
    if any(n in EIGHTHS for n in given):
        raise DTypeError(
            "There is no implicit conversions from float8 dtypes to others. You must cast it internally. "
            f"Received: {tuple(given)}"
        )
    if any(n in COMPLEX for n in given):
        part = promote("float32", *(COMPLEX.get(n, n) for n in given if n in INEXACT))
        return "complex64" if part == "float32" else "complex128"
    floats = [n for n in given if n in FLOATS]
    if floats:
        if "float16" in floats and "bfloat16" in floats:
            floats.append("float32")  # neither holds the other's values
        return max(floats, key=lambda n: _ITEMSIZE[n])
    return np.result_type(*(TABLE[n][0] for n in given)).name
