"""A bound on the memory that building a model from a file may take."""
import contextlib

from fastnn.core import allowance
from fastnn.core.errors import FileFormatError

_SPARE = 16 << 20       # for small models, whose file is mostly headers
_PACKING = 4            # half precision and compression on disk


@contextlib.contextmanager
def budget(size, name):
    """Inside the block, weights may take a few times `size` bytes (None: no bound).

    Raises FileFormatError, naming the file, before the weight that goes beyond is made.
    """
    if size is None:
        yield
        return
    try:
        with allowance.limit(size * _PACKING + _SPARE):
            yield
    except allowance.Exceeded as error:
        raise FileFormatError(f"{name}: the config asks for a weight of shape {error.shape}, {error.asked} bytes in "
                              f"all so far, but the file holds only {size} bytes of weights; refused.") from None
