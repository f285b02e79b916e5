"""Generated from NAMES by tests/typing/stubs.py."""
from fastnn.legacy import saving as saving

__all__ = [
    'saving',
]
