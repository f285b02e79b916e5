"""Data made by a rule, in the shapes of well-known sets: for examples and tests where no files are at hand.

Each function gives (x_train, y_train), (x_test, y_test) and needs no file. The same arguments give the same data. What
is learnt from them says nothing about the sets that they stand in for.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.core import random
from fastnn.core.arguments import count
from fastnn.core.errors import ArgumentError
from fastnn.datasets.sequences import objects

# silhouettes of seven by seven pixels, in the order of Fashion-MNIST's classes
_CLOTHES = {
    "T-shirt/top": ".##.##. ####### ####### .#####. .#####. .#####. .#####.",
    "Trouser":     "..###.. ..###.. ..#.#.. ..#.#.. ..#.#.. ..#.#.. ..#.#..",
    "Pullover":    ".##.##. ####### ####### ####### #.###.# #.###.# #.###.#",
    "Dress":       "..#.#.. ..###.. ...#... ..###.. ..###.. .#####. .#####.",
    "Coat":        ".##.##. ###.### ###.### #.#.#.# #.#.#.# #.#.#.# ..#.#..",
    "Sandal":      "....... ....... ......# ...#.## .#.#.## ####### .......",
    "Shirt":       "..#.#.. .#####. ##.#.## #.###.# ..#.#.. ..###.. ..###..",
    "Sneaker":     "....... ....... ....... ....### ..##### ####### #######",
    "Bag":         "..###.. .#...#. .#...#. ####### ####### ####### #######",
    "Ankle boot":  "....### ....### ....### ...#### .###### ####### #######",
}  # fmt: skip
CLOTHES = tuple(_CLOTHES)


def _check(train: int, test: int, seed: int) -> tuple[int, int, int]:
    if isinstance(seed, bool) or not hasattr(seed, "__index__"):
        raise ArgumentError(f"synthetic: received seed={seed!r}, expected an int.")
    return count("train", train), count("test", test), int(seed)


def _split(x: Any, y: Any, train: int) -> Any:
    return (x[:train], y[:train]), (x[train:], y[train:])


def reviews(train: int = 2000, test: int = 500, num_words: int = 1000, maxlen: int = 100, seed: int = 0) -> Any:
    """Rows of word numbers and 0 or 1, as imdb.load_data gives them: 1 begins each row, 2 is an unknown word.

    Words come as often as in a language (Zipf's law); some belong to good reviews, some to bad ones.

    Args:
        train: rows of the first part, an int.
        test: rows of the second part, an int.
        num_words: words are numbers below it.
        maxlen: words of the longest row.
        seed: an int.

    Returns (x_train, y_train), (x_test, y_test): object arrays of lists, int64 labels.

    >>> (x, y), _ = reviews(train=3, test=1)
    >>> len(x), x[0][0], y.dtype
    (3, 1, dtype('int64'))
    """
    train, test, seed = _check(train, test, seed)
    num_words, maxlen = count("num_words", num_words, 64), count("maxlen", maxlen, 16)
    n = train + test
    labels = random.integers((seed, 0), n, 0, 2, "int64")
    lengths = random.integers((seed, 1), n, maxlen // 4, maxlen, "int64")
    drawn = random.uniform((seed, 2), (n, maxlen), dtype="float64")
    words = np.minimum((np.exp(drawn * np.log(num_words - 3)) + 3).astype("int64"), num_words - 1)
    telling = random.uniform((seed, 3), (n, maxlen), dtype="float64") < 0.12
    mood = random.integers((seed, 4), (n, maxlen), 0, 20, "int64") + np.where(labels, 20, 40)[:, None]
    words = np.where(telling, mood, words)
    words[:, 0] = 1
    return _split(objects([row[:length].tolist() for row, length in zip(words, lengths)]), labels, train)


def clothes(train: int = 6000, test: int = 1000, seed: int = 0) -> Any:
    """Grey images (n, 28, 28) uint8 of ten kinds of clothes (CLOTHES) and their numbers, as fashion_mnist.load_data.

    Args:
        train: rows of the first part, an int.
        test: rows of the second part, an int.
        seed: an int.

    Returns (x_train, y_train), (x_test, y_test).

    >>> (x, y), _ = clothes(train=3, test=1)
    >>> x.shape, x.dtype, y.dtype
    ((3, 28, 28), dtype('uint8'), dtype('uint8'))
    """
    train, test, seed = _check(train, test, seed)
    n, grid = train + test, np.arange(28)
    drawn = np.array([[list(row) for row in art.split()] for art in _CLOTHES.values()]) == "#"
    shapes = np.kron(drawn.astype("float64"), np.ones((4, 4)))
    padded = np.pad(shapes, ((0, 0), (1, 1), (1, 1)))
    shapes = sum(padded[:, i : i + 28, j : j + 28] for i in range(3) for j in range(3)) / 9  # soft edges
    labels = random.integers((seed, 10), n, 0, 10, "int64")
    scale = random.uniform((seed, 11), (n, 2), 0.8, 1.2, "float64")
    move = random.uniform((seed, 12), (n, 2), -2.5, 2.5, "float64")
    at = np.rint((grid - 13.5) / scale[..., None] + 13.5 + move[..., None]).astype(int)  # (n, axis, 28)
    inside = (at >= 0) & (at < 28)
    at = np.clip(at, 0, 27)
    images = shapes[labels[:, None, None], at[:, 0, :, None], at[:, 1, None, :]]
    images = images * (inside[:, 0, :, None] & inside[:, 1, None, :])
    light = random.uniform((seed, 13), (n, 1, 1), 120, 250, "float64")
    cloth = random.uniform((seed, 14), (n, 28, 28), 0.7, 1.0, "float64")
    return _split((images * light * cloth).astype("uint8"), labels.astype("uint8"), train)


def housing(train: int = 404, test: int = 102, seed: int = 0) -> Any:
    """Tables (n, 13) of numbers on scales of their own, and prices from 5 to 50, as boston_housing.load_data.

    Args:
        train: rows of the first part, an int.
        test: rows of the second part, an int.
        seed: an int.

    Returns (x_train, y_train), (x_test, y_test).

    >>> (x, y), _ = housing()
    >>> x.shape, y.shape
    ((404, 13), (404,))
    """
    train, test, seed = _check(train, test, seed)
    n = train + test
    wealth = random.normal((seed, 20), (n, 1), dtype="float64")
    mixed = 0.6 * wealth * np.array([-1, 1, -1, 0, -1, 1, -1, 1, -1, -1, -1, 1, -1.0])
    mixed = mixed + 0.8 * random.normal((seed, 21), (n, 13), dtype="float64")
    scale = np.array([8.6, 23.3, 6.9, 0.25, 0.12, 0.7, 28.0, 2.1, 8.7, 168.0, 2.2, 91.0, 7.1])
    middle = np.array([3.6, 11.4, 11.1, 0.07, 0.55, 6.3, 68.6, 3.8, 9.5, 408.0, 18.5, 356.7, 12.7])
    x = np.maximum(middle + scale * mixed, 0)
    x[:, 3] = mixed[:, 3] > 1.5  # by the river, or not
    rooms, poor, river = mixed[:, 5], mixed[:, 12], x[:, 3]
    noise = random.normal((seed, 22), n, dtype="float64")
    y = 22.5 + 4.5 * rooms - 4 * poor + 2.5 * np.maximum(rooms, 0) ** 2 + 3 * river - 1.2 * mixed[:, 4] + 1.5 * noise
    return _split(x, np.clip(np.round(y, 1), 5, 50), train)


def _points(train: int, test: int, noise: float, seed: int, stream: int, rule: Any) -> Any:
    """Points (n, 2) float32 and labels (n,) int64: rule(uniform numbers (n, 2), labels' uniform numbers) and noise."""
    train, test, seed = _check(train, test, seed)
    if not 0 <= noise < np.inf:
        raise ArgumentError(f"synthetic: received noise={noise!r}, expected a number >= 0.")
    n = train + test
    u = random.uniform((seed, stream), (n, 3), dtype="float64")
    x, y = rule(u[:, 0], u[:, 1], u[:, 2])
    x = x + noise * random.normal((seed, stream + 1), (n, 2), dtype="float64")
    return _split(x.astype("float32"), y.astype("int64"), train)


def spirals(train: int = 800, test: int = 200, classes: int = 2, noise: float = 0.02, seed: int = 0) -> Any:
    """Points on spirals, one for each class, around the origin.

    Args:
        train: rows of the first part, an int.
        test: rows of the second part, an int.
        classes: how many spirals.
        noise: standard deviation of what is added to each coordinate.
        seed: an int.

    Returns (x_train, y_train), (x_test, y_test): points (n, 2), ints (n,).

    >>> (x, y), _ = spirals(train=4, test=1)
    >>> x.shape, y.shape
    ((4, 2), (4,))
    """
    classes = count("classes", classes, 2)

    def rule(a: Any, b: Any, _: Any) -> Any:
        y = np.minimum((b * classes).astype(int), classes - 1)
        turn = 2 * np.pi * np.sqrt(a) + 2 * np.pi * y / classes
        return np.sqrt(a)[:, None] * np.stack([np.cos(turn), np.sin(turn)], -1), y

    return _points(train, test, noise, seed, 30, rule)


def circles(train: int = 800, test: int = 200, noise: float = 0.05, seed: int = 0) -> Any:
    """Points on two circles, one inside the other: 1 is the inner one.

    Args:
        train: rows of the first part, an int.
        test: rows of the second part, an int.
        noise: standard deviation of what is added to each coordinate.
        seed: an int.

    Returns (x_train, y_train), (x_test, y_test): points (n, 2), ints (n,).

    >>> (x, y), _ = circles(train=4, test=1)
    >>> x.shape, y.shape
    ((4, 2), (4,))
    """

    def rule(a: Any, b: Any, _: Any) -> Any:
        y = (b < 0.5).astype(int)
        turn = 2 * np.pi * a
        return np.where(y, 0.5, 1.0)[:, None] * np.stack([np.cos(turn), np.sin(turn)], -1), y

    return _points(train, test, noise, seed, 40, rule)


def xor(train: int = 800, test: int = 200, noise: float = 0.02, seed: int = 0) -> Any:
    """Points in a square around the origin: 1 where exactly one coordinate is positive.

    Args:
        train: rows of the first part, an int.
        test: rows of the second part, an int.
        noise: standard deviation of what is added to each coordinate.
        seed: an int.

    Returns (x_train, y_train), (x_test, y_test): points (n, 2), ints (n,).

    >>> (x, y), _ = xor(train=4, test=1)
    >>> x.shape, y.shape
    ((4, 2), (4,))
    """

    def rule(a: Any, b: Any, _: Any) -> Any:
        x = 2 * np.stack([a, b], -1) - 1
        return x + 0.1 * np.sign(x), (x[:, 0] > 0) != (x[:, 1] > 0)

    return _points(train, test, noise, seed, 50, rule)


def gauss(train: int = 800, test: int = 200, classes: int = 2, noise: float = 0.25, seed: int = 0) -> Any:
    """Points around centres on a circle, one for each class.

    Args:
        train: rows of the first part, an int.
        test: rows of the second part, an int.
        classes: how many centres.
        noise: standard deviation of the points around their centre.
        seed: an int.

    Returns (x_train, y_train), (x_test, y_test): points (n, 2), ints (n,).

    >>> (x, y), _ = gauss(train=4, test=1)
    >>> x.shape, y.shape
    ((4, 2), (4,))
    """
    classes = count("classes", classes, 2)

    def rule(_: Any, b: Any, __: Any) -> Any:
        y = np.minimum((b * classes).astype(int), classes - 1)
        turn = 2 * np.pi * y / classes
        return np.stack([np.cos(turn), np.sin(turn)], -1), y

    return _points(train, test, noise, seed, 60, rule)
