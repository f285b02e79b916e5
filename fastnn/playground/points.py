"""The six sets of points of the page, on the square from -6 to 6.

Each function takes a numpy.random.RandomState (its numbers are the same in every version of NumPy), a number of points
and the noise, 0 to 0.5, and returns (positions (n, 2), targets (n,)): 0 or 1 of classes, -1 to 1 of numbers.  "Copy as
Python" writes their source into its script, so they use nothing but NumPy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def circle(random, n, noise):
    """A disc, 1, and a ring around it, 0; noise blurs the border."""
    inner = np.arange(n) < n // 2
    radius = np.where(inner, random.uniform(0, 2.5, n), random.uniform(3.5, 5, n))
    angle = random.uniform(0, 2 * np.pi, n)
    x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
    moved = x + noise * random.uniform(-5, 5, (n, 2))
    return x, (np.hypot(moved[:, 0], moved[:, 1]) < 2.5).astype(float)


def exclusive_or(random, n, noise):
    """Four squares: 1 where both coordinates have one sign; noise blurs the borders."""
    x = random.uniform(-5, 5, (n, 2))
    x += np.where(x > 0, 0.3, -0.3)
    moved = x + noise * random.uniform(-5, 5, (n, 2))
    return x, (moved[:, 0] * moved[:, 1] >= 0).astype(float)


def two_groups(random, n, noise):
    """Points around (2, 2), 1, and around (-2, -2), 0; noise widens both."""
    y = (np.arange(n) < n // 2).astype(float)
    spread = np.sqrt(0.5 + 7 * noise)
    return (4 * y - 2)[:, None] + spread * random.normal(size=(n, 2)), y


def spiral(random, n, noise):
    """Two arms that turn around each other, 1 and 0; noise moves the points."""
    y = (np.arange(n) < n // 2).astype(float)
    along = np.arange(n) % (n - n // 2) / (n - n // 2)
    angle = 1.75 * 2 * np.pi * along + np.pi * (1 - y)
    x = 5 * along[:, None] * np.stack([np.sin(angle), np.cos(angle)], 1)
    return x + 2 * noise * random.uniform(-1, 1, (n, 2)), y


def plane(random, n, noise):
    """Numbers that rise from one corner to the other; noise moves where they are read."""
    x = random.uniform(-6, 6, (n, 2))
    moved = x + noise * random.uniform(-6, 6, (n, 2))
    return x, np.clip(moved.sum(1) / 10, -1, 1)


def many_peaks(random, n, noise):
    """Six hills and hollows in two rows; noise moves where they are read."""
    x = random.uniform(-6, 6, (n, 2))
    moved = x + noise * random.uniform(-6, 6, (n, 2))
    y = np.zeros(n)
    for k in range(6):
        away = moved - (4 * (k % 3) - 4, 2.5 - 5 * (k // 3))
        y += (-1) ** (k % 3 + k // 3) * np.exp(-(away**2).sum(1) / 2)
    return x, np.clip(y, -1, 1)


Maker = Callable[[Any, int, float], tuple[Any, Any]]
# name -> (what the page calls it, the kind of task, its function)
SETS: dict[str, tuple[str, str, Maker]] = {
    "circle": ("Circle", "classification", circle),
    "exclusive_or": ("Exclusive or", "classification", exclusive_or),
    "two_groups": ("Two groups", "classification", two_groups),
    "spiral": ("Spiral", "classification", spiral),
    "plane": ("Plane", "regression", plane),
    "many_peaks": ("Many peaks", "regression", many_peaks),
}
COUNT = 500


def shuffled(random, x, y):
    """Rows in an order drawn at random: those in front are for training."""
    order = random.permutation(len(x))
    return x[order].astype("float32"), y[order].astype("float32")


# name -> (what the page calls it, its expression in a script, its function): the inputs that a network may have
FEATURES: dict[str, tuple[str, str, Callable[[Any, Any], Any]]] = {
    "x1": ("x₁", "x1", lambda x1, x2: x1),
    "x2": ("x₂", "x2", lambda x1, x2: x2),
    "x1_squared": ("x₁²", "x1 * x1", lambda x1, x2: x1 * x1),
    "x2_squared": ("x₂²", "x2 * x2", lambda x1, x2: x2 * x2),
    "x1_x2": ("x₁x₂", "x1 * x2", lambda x1, x2: x1 * x2),
    "sin_x1": ("sin x₁", "np.sin(x1)", lambda x1, x2: np.sin(x1)),
    "sin_x2": ("sin x₂", "np.sin(x2)", lambda x1, x2: np.sin(x2)),
}


def columns(x: Any, names: list[str]) -> Any:
    """The inputs of a network for positions.

    x: (n, 2 or more) float32: x1, x2, then columns of the user's own.  names: of FEATURES, or "column_3" and so on.
    Returns float32 (n, len(names)).

    >>> columns(np.array([[2.0, 3.0]], "float32"), ["x2", "x1_x2"])
    array([[3., 6.]], dtype=float32)
    """
    made = [
        FEATURES[name][2](x[:, 0], x[:, 1]) if name in FEATURES else x[:, int(name.removeprefix("column_")) - 1]
        for name in names
    ]
    return np.ascontiguousarray(np.stack(made, 1).astype("float32"))
