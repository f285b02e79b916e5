"""Runs a script through `fastnn run`, in a process of its own."""

import subprocess
import sys
from pathlib import Path

import fastnn

ROOT = Path(fastnn.__file__).parent.parent


def run(script, tmp_path, *arguments):
    """Run a script through `fastnn run`; (exit status, output, errors)."""
    path = tmp_path / "script.py"
    path.write_text(script, encoding="utf-8")
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from fastnn.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", code, "run", str(path), *arguments],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr
