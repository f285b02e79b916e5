"""Generated from NAMES by tests/typing/stubs.py."""
from fastnn.compat.aliases import install as install
from fastnn.compat.aliases import installed as installed
from fastnn.compat.aliases import uninstall as uninstall

__all__ = [
    'install',
    'installed',
    'uninstall',
]
