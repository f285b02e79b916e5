"""Writes the pictures of guide-vision.md into docs/vision: runs the blocks of that page there.

python docs/pictures.py
"""

from __future__ import annotations

import os
import re
from pathlib import Path

PAGE = Path(__file__).with_name("guide-vision.md")


def blocks() -> str:
    """The Python of the page."""
    return "\n".join(re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S))


if __name__ == "__main__":
    folder = PAGE.with_name("vision")
    folder.mkdir(exist_ok=True)
    os.chdir(folder)
    exec(compile(blocks(), str(PAGE), "exec"), {"__name__": "__main__"})
