"""Building from what a file says: a bound on memory and time, and errors that are errors of the file."""

import contextlib

from fastnn.core import allowance
from fastnn.core.errors import FastnnError, FileFormatError, NotSupportedError, UnknownNameError

_SPARE = 4 << 20  # for small models; initializers may need ten times what they make
_TEXT = 4000  # characters of a message that may quote the file
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


@contextlib.contextmanager
def described(name, passed=(UnknownNameError, NotSupportedError)):
    """Turns what building from a damaged config raises into FileFormatError of that name; `passed` stay."""
    try:
        yield
    except FileFormatError as error:
        text = str(error)
        if text.startswith(name) and len(text) < _TEXT:
            raise
        raise type(error)(f"{'' if text.startswith(name) else f'{name}: '}{text[:_TEXT]}") from error
    except (*passed, allowance.Exceeded):
        raise
    except RecursionError:
        raise FileFormatError(f"{name}: the config is nested too deep to be built.") from None
    except Exception as error:
        # A damaged config meets constructors that expect anything but that.
        kind = "" if isinstance(error, FastnnError) else f"{type(error).__name__}: "
        raise FileFormatError(
            f"{name}: the config describes nothing that can be built: {kind}{str(error)[:_TEXT]}"
        ) from error


@contextlib.contextmanager
def alone(name):
    """For a config that belongs to no file: a budget without a bound on weights, errors of constructors as they are."""
    if allowance.limited():
        yield
        return
    with described(name, (FastnnError,)), budget(None, name):
        yield
