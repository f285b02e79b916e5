"""What data a run trains on, so that it never goes on with others: sizes, settings, and a hash of some rows."""

import hashlib

import numpy as np

from fastnn.core.errors import ArgumentError
from fastnn.utils.scopes import version

ROWS = 64  # that are looked at


def content(arrays):
    """A short hash of dtypes, shapes and up to 64 rows of arrays, evenly spread, the first and last among them.

    >>> x = np.arange(12.0).reshape(6, 2)
    >>> content([x]) == content([x.copy()]) != content([x + 1])
    True
    """
    out = hashlib.sha256()
    for a in arrays:
        rows = (
            a if a.ndim == 0 else a[np.unique(np.linspace(0, max(len(a) - 1, 0), min(len(a), ROWS)).astype(np.int64))]
        )
        out.update(f"{a.dtype.str}{a.shape}".encode())
        out.update(np.ascontiguousarray(rows).tobytes())
    return out.hexdigest()[:16]


def identity(source, validation):
    """{what: value} of the data of a fit."""
    found = {"fastnn": version(), **source.identity()}
    if validation is not None:
        found |= {f"validation {name}": value for name, value in validation.identity().items()}
    return found


def check(saved, mine, name):
    """ArgumentError that says what differs between the data of a checkpoint and those of a fit."""
    differs = [
        f"{key}: {saved.get(key, 'none')} then, {mine.get(key, 'none')} now"
        for key in [*saved, *(k for k in mine if k not in saved)]
        if saved.get(key) != mine.get(key)
    ]
    if differs:
        raise ArgumentError(
            f"{name} was written by another run: {'; '.join(differs)}. Pass the data and settings of that run, "
            "or begin anew: resume=False, or another folder."
        )
