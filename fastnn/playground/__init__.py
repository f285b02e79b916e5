"""The playground: a page in the browser on which small networks are built, trained and looked at, by the real engine.

`fastnn playground` opens it.  Without the page: a Session trains what Settings describe, script_of writes it as Python.
"""

from fastnn.core.registry import lazy

NAMES = {
    "Settings": "settings", "Block": "settings", "Session": "session", "script_of": "script", "read_csv": "own",
    "EXERCISES": "exercises", "Server": "server",
}  # fmt: skip
__getattr__, __dir__, __all__ = lazy(__name__, NAMES)
