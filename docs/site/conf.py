"""Settings of Sphinx for the documentation's site; `build.py` puts the pages beside it."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import reference

import fastnn

project = "fastnn"
author = "the authors of fastnn"
version = release = fastnn.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc"]
html_theme = "furo"
html_title = f"fastnn {release}"
html_show_copyright = False
html_copy_source = html_show_sourcelink = False
smartquotes = False  # names in quotes are to be copied
add_module_names = False
toc_object_entries = False
autodoc_typehints = "none"
autodoc_class_signature = "mixed"
python_maximum_signature_line_length = 100
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]
pygments_style, pygments_dark_style = "friendly", "monokai"
exclude_patterns = ["_build"]


def text_of(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Put a docstring as `help()` shows it in place of what Sphinx read, as reStructuredText."""
    said = inspect.getdoc(thing) if what == "class" else "\n".join(lines)
    lines[:] = reference.as_rst(said or "")


def setup(app: Any) -> None:
    app.connect("autodoc-process-docstring", text_of)
