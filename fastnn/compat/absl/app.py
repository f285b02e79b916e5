"""Running a script's `main` with the flags of the command line."""

import sys

from fastnn.compat.absl.flags import FLAGS
from fastnn.core.errors import ArgumentError

UsageError = ArgumentError


def run(main=None, argv=None, flags_parser=None):
    """Read the flags, call main(the other arguments), and leave Python with what it returns.

    Args:
        main: a function of a list of str, the name of the script first; None: the `main` of the script.
        argv: the command line; None: Python's.
        flags_parser: a function that reads the flags in place of FLAGS.
    """
    argv = sys.argv if argv is None else argv
    main = main or sys.modules["__main__"].main
    sys.exit(main((flags_parser or FLAGS)(argv)))
