"""Writes fastnn/visualization/letters.npz: the printable characters of ASCII as grey pixels.

python tests/visualization/make_letters.py      # with Pillow 10.1 or later, whose own font is Aileron (CC0 1.0)

pixels: (rows, columns / 2) uint8, two pixels of 16 greys in each byte, the characters side by side.  widths: pixels of
each.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SIZE, ROWS = 20, 25
FILE = Path(__file__).resolve().parents[2] / "fastnn" / "visualization" / "letters.npz"


def main() -> None:
    """Draws each character where a line of text has it."""
    font, cells = ImageFont.load_default(SIZE), []
    for code in range(32, 127):
        width = round(font.getlength(chr(code)))
        cell = Image.new("L", (width, ROWS))
        ImageDraw.Draw(cell).text((0, ROWS - 7), chr(code), fill=255, font=font, anchor="ls")
        cells.append(np.asarray(cell) >> 4)
    pixels = np.concatenate(cells, axis=1)
    pixels = np.pad(pixels, ((0, 0), (0, pixels.shape[1] % 2)))
    widths = np.array([c.shape[1] for c in cells], np.uint8)
    np.savez_compressed(FILE, pixels=pixels[:, ::2] << 4 | pixels[:, 1::2], widths=widths)


if __name__ == "__main__":
    main()
