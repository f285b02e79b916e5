"""Lines, boxes and text as pixels, without a graphics library or a font of the system.

The letters are those of Aileron by Sora Sagano (CC0 1.0), drawn once.
"""

import functools
from pathlib import Path
from typing import Any

import numpy as np

from fastnn.core.resampling import weights

LINE = 20  # the size of the letters in letters.npz, as fonts count


@functools.cache
def _letters() -> dict[str, Any]:
    """{character: (rows, columns) shares of ink}; the file is written by tests/visualization/make_letters.py."""
    with np.load(Path(__file__).with_name("letters.npz"), allow_pickle=False) as file:
        packed, widths = file["pixels"], file["widths"].astype(int)
    pixels = np.stack([packed >> 4, packed & 15], axis=-1).reshape(len(packed), -1) / 15
    ends = np.cumsum(widths)
    return {chr(32 + k): pixels[:, end - width : end] for k, (end, width) in enumerate(zip(ends, widths))}


def text_width(words: str, size: float) -> float:
    """How wide a line of text is, in pixels.

    >>> text_width("", 12.0)
    0.0
    """
    letters = _letters()
    return sum(letters.get(c, letters["?"]).shape[1] for c in words) * size / LINE


class Canvas:
    """An image of pixels to draw into; coordinates are (x, y) from the upper left corner, colours (r, g, b).

    >>> canvas = Canvas(4, 3)
    >>> canvas.box(1, 1, 3, 2, (0, 0, 0), (0, 0, 0))
    >>> int((canvas.pixels == 0).all(-1).sum())
    6
    """

    def __init__(self, width: float, height: float) -> None:
        self.pixels = np.full((max(round(height), 1), max(round(width), 1), 3), 255, np.uint8)

    def _inside(self, x: Any, y: Any) -> tuple[Any, Any]:
        x, y = np.rint(x).astype(int), np.rint(y).astype(int)
        kept = (x >= 0) & (x < self.pixels.shape[1]) & (y >= 0) & (y < self.pixels.shape[0])
        return y[kept], x[kept]

    def line(self, x1: float, y1: float, x2: float, y2: float, colour: Any, width: int = 1) -> None:
        """A line, `width` pixels wide."""
        steps = int(2 * max(abs(x2 - x1), abs(y2 - y1))) + 2
        along = np.linspace(0, 1, steps)
        steep = abs(y2 - y1) >= abs(x2 - x1)
        for k in range(width):
            shift = k - (width - 1) / 2
            x, y = x1 + (x2 - x1) * along + shift * steep, y1 + (y2 - y1) * along + shift * (not steep)
            self.pixels[self._inside(x, y)] = colour

    def box(self, x1: float, y1: float, x2: float, y2: float, fill: Any, outline: Any, width: int = 1) -> None:
        """A filled rectangle with an edge."""
        x1, y1, x2, y2 = (max(round(v), 0) for v in (x1, y1, x2, y2))
        self.pixels[y1 : y2 + 1, x1 : x2 + 1] = outline
        self.pixels[y1 + width : y2 + 1 - width, x1 + width : x2 + 1 - width] = fill

    def text(self, x: float, y: float, words: str, size: float, colour: Any = (0, 0, 0)) -> None:
        """A line of text whose middle lies at (x, y); what is no ASCII becomes a question mark."""
        letters = _letters()
        if not words:
            return
        ink = np.concatenate([letters.get(c, letters["?"]) for c in words], axis=1)
        rows, columns = (max(round(n * size / LINE), 1) for n in ink.shape)
        ink = weights(ink.shape[0], rows, antialias=True) @ ink @ weights(ink.shape[1], columns, antialias=True).T
        top, left = round(y - rows / 2), round(x - columns / 2)
        place = np.s_[max(top, 0) : max(top + rows, 0), max(left, 0) : max(left + columns, 0)]
        under = self.pixels[place]
        share = np.clip(ink[max(-top, 0) :, max(-left, 0) :], 0, 1)[: under.shape[0], : under.shape[1], None]
        self.pixels[place] = np.rint(under * (1 - share) + np.asarray(colour) * share).astype(np.uint8)
