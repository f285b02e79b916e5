"""Digests of what a call of fit has: configuration, data, weights; BLAKE2b over every byte, with dtype and shape."""

import hashlib
import json
import types
import warnings
from typing import Any

import numpy as np

from fastnn.core.errors import FastnnError
from fastnn.core.types import Array
from fastnn.models.data import flatten
from fastnn.saving import identifiers as serial


def _feed(digest: Any, array: Array) -> None:
    digest.update(f"{array.dtype.str}{array.shape}".encode())
    if array.flags.c_contiguous:
        digest.update(array.reshape(-1).view(np.uint8) if array.size else b"")
        return
    for row in array:
        digest.update(np.ascontiguousarray(row).reshape(-1).view(np.uint8))


def digest_of(arrays: Any) -> str:
    """The digest of some arrays, over all bytes.

    >>> digest_of([np.zeros(3)]) == digest_of([np.zeros((6,))[::2]]) != digest_of([np.zeros((3, 1))])
    True
    """
    digest = hashlib.blake2b(digest_size=16)
    for array in arrays:
        _feed(digest, np.asarray(array))
    return digest.hexdigest()


def text_digest(value: Any) -> str:
    """The digest of plain data, as JSON with sorted keys."""
    text = json.dumps(value, sort_keys=True, default=lambda odd: type(odd).__qualname__)  # no address, as repr has
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _code(function: types.FunctionType) -> list[Any]:
    """What stands for a function that no file could name: its code."""
    code = function.__code__
    constants = [repr(c) for c in code.co_consts if not isinstance(c, types.CodeType)]
    return [function.__qualname__, code.co_code.hex(), constants, list(code.co_names)]


def plain_config(value: Any) -> Any:
    """The configuration of anything, as plain data; of what has none, what can be told of it."""
    if isinstance(value, dict):
        return {str(k): plain_config(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_config(v) for v in value]
    if isinstance(value, types.FunctionType) and value.__module__.split(".")[0] != "fastnn":
        return _code(value)
    try:
        with warnings.catch_warnings():  # about functions that a file cannot keep: none is written
            warnings.simplefilter("ignore")
            return serial.serialize(value)
    except (FastnnError, NotImplementedError, TypeError, ValueError):  # a class of the user's without get_config
        parts = [[type(p).__qualname__, p.name, [list(w.shape) for w in p.weights]] for p in _layers(value)]
        return [type(value).__module__, type(value).__qualname__, parts]


def architecture(model: Any) -> Any:
    """The configuration of a model, without what compile() was given."""
    plain = plain_config(model)
    return {k: v for k, v in plain.items() if k != "compile_config"} if isinstance(plain, dict) else plain


def _layers(value: Any) -> list[Any]:
    return list(value._flatten_layers()) if hasattr(value, "_flatten_layers") else []


def digest_of_weights(model: Any) -> str:
    """The digest of all weights of a model."""
    return digest_of(v._seen for v in model.weights)


def digests_of_data(**sources: Any) -> dict[str, str]:
    """What can be told of the data of sources: of arrays their digests, of batches how many there are."""
    found = {}
    for kind, source in sources.items():
        if source is not None and not hasattr(source, "arrays"):
            found[kind] = f"{type(source.source.source).__name__}, {source.source.length} batches"
        elif source is not None:
            for name, part in zip(("x", "y", "sample_weight"), source.arrays):
                for i, a in enumerate(() if part is None else flatten(part)):
                    shape = "x".join(map(str, a.shape))
                    found[f"{kind} {name}[{i}]"] = f"{digest_of([a])}, {a.dtype.name} {shape}"
    return found


def configuration(model: Any) -> dict[str, str]:
    """Digests of what a model is made of, and of what compile() was given."""
    compiled = {k: plain_config(v) for k, v in model._trainer().compile_config.items()}
    return {"model": text_digest(architecture(model)), "compile": text_digest(compiled)}
