"""The pictures of the documentation: each that a page shows is there, well-formed, small, and written by its blocks."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
pytestmark = pytest.mark.skipif(not DOCS.is_dir(), reason="the documentation is in the source tree only")
SHOWN = [
    (page, link)
    for page in sorted(DOCS.glob("*.md"))
    for link in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page.read_text(encoding="utf-8"))
]


def test_the_guide_of_vision_has_pictures():
    assert len([page for page, _ in SHOWN if page.name == "guide-vision.md"]) >= 6


@pytest.mark.parametrize(("page", "link"), SHOWN, ids=[link for _, link in SHOWN])
def test_a_picture_is_there(page, link):
    file = page.parent / link
    assert ET.fromstring(file.read_text(encoding="utf-8")).tag.endswith("svg")
    assert file.stat().st_size < 40_000
    assert f'path="{file.name}"' in page.read_text(encoding="utf-8") or page.name != "guide-vision.md"
