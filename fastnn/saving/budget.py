"""A bound on the memory and time that building a model from a file may take."""

import contextlib

from fastnn.core import allowance
from fastnn.core.errors import FileFormatError

_SPARE = 16 << 20  # for small models, whose file is mostly headers
_PACKING = 4  # half precision and compression on disk


@contextlib.contextmanager
def budget(size, name):
    """Inside the block, weights may take a few times `size` bytes (None: no bound), all else a fixed room.

    Raises FileFormatError, naming the file, before what goes beyond is made.
    """
    try:
        with allowance.limit(None if size is None else size * _PACKING + _SPARE):
            yield
    except allowance.Exceeded as error:
        held = "" if size is None else f", but the file holds only {size} bytes of weights"
        raise FileFormatError(
            f"{name}: the config asks for {error.what}, {error.asked} so far{held}; refused."
        ) from None
