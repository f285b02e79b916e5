"""Another package of the same import name: both install into one folder, and each overwrites files of the other."""

import os

NAME = "fastnn"  # of the other one on the package index; this one is fastnn-engine


def other(folder: str | None = None) -> str | None:
    """Return the folder of the other package's metadata beside this package, or None where it is not installed.

    folder: where to look, by default where this package is.

    >>> other()
    """
    folder = folder or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    try:
        found = os.listdir(folder)
    except OSError:  # inside an archive
        return None
    for name in found:
        if name.startswith(NAME + "-") and name.endswith((".dist-info", ".egg-info")):
            return os.path.join(folder, name)
    return None


def words(found: str) -> str:
    """What to do about it.

    found: what `other` returned.
    """
    return (
        f"The package {NAME!r}, which has nothing to do with fastnn-engine, is installed in the same folder ({found}); "
        f"each of the two overwrites files of the other. Run `pip uninstall -y {NAME} fastnn-engine`, then "
        "`pip install fastnn-engine`."
    )
