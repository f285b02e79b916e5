"""Where in the user's program something happens."""

import os
import sys
from types import FrameType

_LIBRARY = os.path.dirname(os.__file__) + os.sep + "contextlib"
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def user_level() -> int:
    """The `stacklevel` with which the function that calls this warns at the innermost line outside of the package.

    >>> user_level()
    1
    """
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_code.co_filename.startswith((_PACKAGE, _LIBRARY, "<frozen")):
        frame, level = frame.f_back, level + 1
    return level


def user_line(words: str = "{}") -> str:
    """The place "file:line" of the innermost frame outside the package; "" where there is none.

    It is noted when a layer is made, so that a profile can say which line of a program costs what.
    words: text with the place in it.

    >>> user_line()
    '<doctest fastnn.core.frames.user_line[0]>:1'
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith((_PACKAGE, _LIBRARY, "<frozen")):
            return words.format(f"{name}:{frame.f_lineno}")
        frame = frame.f_back
    return ""
