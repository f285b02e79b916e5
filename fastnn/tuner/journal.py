"""The journal of a search: a line of JSON for each trial that has ended, on disk before the next one counts."""

from __future__ import annotations

import json
import os
from typing import Any

from fastnn.core.errors import FileFormatError

FORMAT = 1


class Journal:
    """Lines of JSON in a file that only grows.

    A line counts once its end is written, so a process that is killed loses the trial that was being noted and no
    other.

    >>> import tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "trials.jsonl")
    >>> Journal(path).append({"seed": 1})
    >>> Journal(path).read()
    [{'seed': 1}]
    """

    def __init__(self, path: str) -> None:
        self.path = path

    def read(self) -> list[dict[str, Any]]:
        """All entries; none where there is no file.

        Raises FileFormatError, which names file and line, for what is no journal.
        """
        if not os.path.exists(self.path):
            return []
        with open(self.path, "rb") as file:
            lines = file.read().split(b"\n")
        found = []
        for number, line in enumerate(lines[:-1], 1):  # what is behind the last end of line was never finished
            try:
                entry = json.loads(line)
            except ValueError as error:
                raise FileFormatError(
                    f"{self.path!r}, line {number}: expected JSON, found {line[:60]!r} ({error}). The file is damaged: "
                    "mend or delete the line, or begin anew with overwrite=True."
                ) from None
            if not isinstance(entry, dict):
                raise FileFormatError(f"{self.path!r}, line {number}: expected an object, found {line[:60]!r}.")
            found.append(entry)
        return found

    def append(self, entry: dict[str, Any]) -> None:
        """Add an entry, and wait until it is on the disk."""
        with open(self.path, "ab") as file:
            if file.tell() and not self._ends():
                file.truncate(self._whole())
            file.write(json.dumps(entry).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _ends(self) -> bool:
        with open(self.path, "rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"

    def _whole(self) -> int:
        """Bytes of the lines that are finished."""
        with open(self.path, "rb") as file:
            return file.read().rfind(b"\n") + 1
