"""Where in the user's program something was made."""

import os
import sys

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def user_line():
    """The place "file:line" of the innermost frame outside the package; "" where there is none.

    It is noted when a layer is made, so that a profile can say which line of a program costs what.

    >>> user_line()
    '<doctest fastnn.layers.origin.user_line[0]>:1'
    """
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith((_PACKAGE, "<frozen")):
            return f"{name}:{frame.f_lineno}"
        frame = frame.f_back
    return ""
