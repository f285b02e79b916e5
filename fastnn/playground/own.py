"""Points of the user's own: a CSV file of numbers and labels, checked, scaled to the page, short enough for a link."""

from __future__ import annotations

import base64
import binascii
import csv
import io
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastnn.core.errors import DataError, FileFormatError

MAX_ROWS, MIN_ROWS, MAX_COLUMNS, MAX_CLASSES, MAX_NAME = 5000, 10, 12, 6, 40
STEPS = 5000  # a column is kept in so many steps to each side of 0; the page's plane shows it from -5 to 5


@dataclass(frozen=True)
class Own:
    """Rows of a CSV file.

    names: of the columns, the two that the plane shows first.  classes: the labels in the order of their numbers, none
    in regression.  values: int16 (rows, columns), from -STEPS to STEPS.  targets: int16 (rows,): numbers of classes, or
    from -STEPS to STEPS.
    """

    names: tuple[str, ...]
    classes: tuple[str, ...]
    values: np.ndarray
    targets: np.ndarray

    @property
    def task(self) -> str:
        """ "classification" or "regression"."""
        return "classification" if self.classes else "regression"

    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """(positions (n, columns), targets (n,)) float64: positions from -5 to 5, targets as of the page's own sets."""
        return self.values / (STEPS / 5), self.targets / (1 if self.classes else STEPS)

    def to_plain(self) -> dict[str, Any]:
        """As JSON's kinds of values; the numbers are base64 of little-endian int16."""
        table = np.concatenate([self.values, self.targets[:, None]], 1).astype("<i2")
        return {"names": list(self.names), "classes": list(self.classes),
                "table": base64.b64encode(table.tobytes()).decode()}  # fmt: skip

    @classmethod
    def from_plain(cls, plain: Any) -> Own:
        """Own points of what a page or a link says; DataError where they are none."""
        if not isinstance(plain, dict) or set(plain) != {"names", "classes", "table"}:
            raise DataError(f"own: received {plain!r:.200}, expected an object with names, classes and table.")
        names, classes = (_texts(key, plain[key]) for key in ("names", "classes"))
        if not 2 <= len(names) <= MAX_COLUMNS or len(classes) > MAX_CLASSES or len(classes) == 1:
            raise DataError(
                f"own: received {len(names)} columns and {len(classes)} classes; expected 2 to {MAX_COLUMNS} columns "
                f"and 2 to {MAX_CLASSES} classes, or none."
            )
        try:
            raw = base64.b64decode(plain["table"], validate=True)
        except (TypeError, ValueError, binascii.Error) as error:
            raise DataError(f"own: table is not base64: {error}.") from error
        width = 2 * (len(names) + 1)
        if len(raw) % width or not MIN_ROWS <= len(raw) // width <= MAX_ROWS:
            raise DataError(
                f"own: received a table of {len(raw)} bytes; expected {MIN_ROWS} to {MAX_ROWS} rows of {width} bytes."
            )
        table = np.frombuffer(raw, "<i2").reshape(-1, len(names) + 1)
        values, targets = table[:, :-1], table[:, -1]
        low, high = (0, len(classes) - 1) if classes else (-STEPS, STEPS)
        if np.abs(values.astype(int)).max() > STEPS or targets.min() < low or targets.max() > high:
            raise DataError("own: the table has numbers outside of the plane, or targets that are no class.")
        return cls(names, classes, values, targets)


def read_csv(text: str, task: str = "classification") -> Own:
    r"""The points of a CSV text: two or more columns of numbers and a last one with the label.

    Args:
        text: rows of equal length, commas, semicolons or tabs between; a first row without numbers names the columns.
        task: "classification", or "regression" for labels that are numbers. Each column is scaled to the range -5 to 5.

    Raises DataError or FileFormatError that names the row: no numbers, NaN, one class, too many rows or columns.

    >>> own = read_csv("a,b,kind\n" + "1,2,yes\n3,5,no\n" * 5)
    >>> own.names, own.classes, own.arrays()[0][:2].tolist()
    (('a', 'b'), ('yes', 'no'), [[-5.0, -5.0], [5.0, 5.0]])
    """
    first, rows = _rows(text)
    *names, _ = first or [f"x{k + 1}" for k in range(len(rows[0][1]))]
    numbers = np.array([[_number(cell, at, name) for cell, name in zip(row[:-1], names)] for at, row in rows])
    labels = [row[-1].strip() for _, row in rows]
    for (at, _), label in zip(rows, labels):
        if label.lower() in ("", "nan"):
            raise DataError(f"CSV: line {at} has no label. Leave out rows with gaps.")
    low, high = numbers.min(0), numbers.max(0)
    if (low == high).all():
        raise DataError(f"CSV: each column holds one number only, {low.tolist()}; expected points that differ.")
    values = _scaled(numbers)
    shown = tuple(name.strip()[:MAX_NAME] or f"x{k + 1}" for k, name in enumerate(names))
    if task == "regression":
        targets = np.array([_number(label, at, "label") for (at, _), label in zip(rows, labels)])
        if targets.min() == targets.max():
            raise DataError(f"CSV: all labels are {targets[0]:g}; expected numbers that differ.")
        return Own(shown, (), values, _scaled(targets[:, None])[:, 0])
    classes = tuple(dict.fromkeys(labels))
    if not 2 <= len(classes) <= MAX_CLASSES:
        some = ", ".join(repr(c[:MAX_NAME]) for c in classes[:3])
        raise DataError(
            f"CSV: the last column has {len(classes)} class{'es' * (len(classes) > 1)} ({some}); expected 2 to "
            f"{MAX_CLASSES}, or numbers and the task 'regression'."
        )
    index = {name: k for k, name in enumerate(classes)}
    return Own(shown, tuple(c[:MAX_NAME] for c in classes), values, np.array([index[c] for c in labels], "int16"))


def _rows(text: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """(names of the columns or [], [(line, cells)]) of the rows that are not empty."""
    if "\0" in text:
        raise FileFormatError("CSV: received bytes that are no text; expected a text file of numbers.")
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")  # as any system ends lines
    lines = sum(not line.isspace() for line in io.StringIO(text))
    if lines > MAX_ROWS + 1:  # before a row is read; one may be names
        raise _wrong_count(lines)
    head = text[:10_000]
    mark = max(",;\t", key=lambda c: head.count(c))
    try:
        reader = csv.reader(io.StringIO(text), delimiter=mark, skipinitialspace=True)
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise FileFormatError(f"CSV: {error}; expected rows of numbers with commas between.") from error
    names = rows.pop(0)[1] if rows and not any(_is_number(cell) for cell in rows[0][1]) else []
    if not MIN_ROWS <= len(rows) <= MAX_ROWS:
        raise _wrong_count(len(rows))
    width = len(names) or len(rows[0][1])
    if not 3 <= width <= MAX_COLUMNS + 1:
        raise DataError(
            f"CSV: received {width} columns; expected 2 to {MAX_COLUMNS} columns of numbers and one of labels."
        )
    for at, row in rows:
        if len(row) != width:
            raise DataError(f"CSV: line {at} has {len(row)} cells; expected {width} as in the first line.")
    return names, rows


def _wrong_count(rows: int) -> DataError:
    return DataError(
        f"CSV: received {rows:,} rows of data; expected {MIN_ROWS} to {MAX_ROWS:,}. Draw a sample of a larger file, as "
        f"`shuf -n {MAX_ROWS}` does."
    )


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _number(cell: str, line: int, name: str) -> float:
    value = float(cell) if _is_number(cell) else math.nan
    if not math.isfinite(value):
        raise DataError(
            f"CSV: line {line}, column {name.strip()[:MAX_NAME]!r}: received {cell.strip()[:MAX_NAME]!r}, expected a "
            "finite number. Leave out rows with gaps."
        )
    return value


def _scaled(numbers: np.ndarray) -> np.ndarray:
    """Columns (n, k) as int16 from -STEPS to STEPS; one with a single number is 0."""
    half = numbers / 2  # so that no difference overflows
    low, high = half.min(0), half.max(0)
    span = np.where(high > low, high - low, 1)
    place = np.where(high > low, (half - low) / span, 0.5)
    return np.rint((2 * place - 1) * STEPS).astype("int16")


def _texts(key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) and len(v) <= MAX_NAME for v in value):
        raise DataError(f"own: received {key}={value!r:.200}, expected a list of short texts.")
    return tuple(value)
