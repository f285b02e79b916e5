"""docs/devices.md: its table says what the records say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
pytestmark = pytest.mark.skipif(not DOCS.is_dir(), reason="the documentation is in the source tree only")
CODE = """
import runpy, sys
made = runpy.run_path(sys.argv[1])
text = made["PAGE"].read_text(encoding="utf-8")
assert made["page"](text) == text, "run `python docs/devices.py`"
print(made["table"]().count("`") // 2)
"""


def test_the_table_is_current():
    """In a process of its own: tests register operations of theirs."""
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(DOCS / "devices.py")], capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 200
