"""What devices are called: as Keras, PyTorch, JAX and TensorFlow write it, read by one parser."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from fastnn.core.errors import ArgumentError

EXPECTED = "'cpu', 'auto', 'cuda' or 'cuda:0', 'cuda:1', ..."
PLAIN = ("auto", "simulated")  # words that name no device of a kind; the last one is the tests'
KINDS = {"cpu": "cpu", "gpu": "gpu", "cuda": "gpu", "xla_cpu": "cpu", "xla_gpu": "gpu", "tpu": "tpu"}
_NAME = re.compile(
    r"(?:/job:\w+)?(?:/replica:\d+)?(?:/task:\d+)?/?(?:(?:physical_)?device:)?"
    rf"({'|'.join(KINDS)})(?::(\d+))?",
    re.ASCII,
)


class Named(NamedTuple):
    """A device of a name.  kind: "cpu", "gpu" or "tpu".  number: of the device, 0 where none was said."""

    kind: str
    number: int


def read(name: Any, asker: str) -> Named:
    """The device of a name.

    Args:
        name: "gpu:0", "cuda", "/GPU:0", "/device:GPU:0", "/job:localhost/replica:0/task:0/device:CPU:0", ..., in any
            case; or what has such a name: a `torch.device`, a device as TensorFlow lists them.
        asker: who was given the name, for the error.

    Raises ArgumentError for another name.

    >>> read("cuda", ""), read("/device:GPU:1", "").number
    (Named(kind='gpu', number=0), 1)
    """
    found = _NAME.fullmatch(words(name))
    if found is None:
        raise ArgumentError(f"{asker}: received {name!r}, expected {EXPECTED}")
    return Named(KINDS[found.group(1)], int(found.group(2) or 0))


def words(name: Any) -> str:
    """The text of a name, in small letters; "" where it is none."""
    if hasattr(name, "type") and hasattr(name, "index"):  # of PyTorch
        name = str(name)
    name = getattr(name, "name", name)  # of TensorFlow
    return name.strip().lower() if isinstance(name, str) else ""


def own(name: Any, asker: str) -> str:
    """A name as the setting has it: "cpu", "cuda:0", or a word of PLAIN.

    Raises ArgumentError for a name of another device.

    >>> own("/GPU:1", ""), own("CPU:0", ""), own("auto", "")
    ('cuda:1', 'cpu', 'auto')
    """
    plain = words(name)
    if plain in PLAIN:
        return plain
    kind, number = read(name, asker)
    if kind == "gpu":
        return f"cuda:{number}"
    if kind != "cpu" or number:
        raise ArgumentError(f"{asker}: received {name!r}, expected {EXPECTED}; there is one CPU, and no TPU")
    return "cpu"
