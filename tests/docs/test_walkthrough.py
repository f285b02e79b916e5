"""docs/walkthrough.md is what its script writes today, so that a reader sees what the engine really does."""

import importlib.util
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_walkthrough_is_true():
    spec = importlib.util.spec_from_file_location("walkthrough", DOCS / "walkthrough.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.page() == (DOCS / "walkthrough.md").read_text(encoding="utf-8"), "run: python docs/walkthrough.py"
