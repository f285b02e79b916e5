"""`keras.export`: doors to the formats of other frameworks, each an error that says what to do instead."""

from fastnn.core.registry import lazy

NAMES = {"ExportArchive": "export_archive"}
__getattr__, __dir__, __all__ = lazy(__name__, NAMES)
