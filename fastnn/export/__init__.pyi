"""Generated from NAMES by tests/typing/stubs.py."""
from fastnn.export.export_archive import ExportArchive as ExportArchive

__all__ = [
    'ExportArchive',
]
