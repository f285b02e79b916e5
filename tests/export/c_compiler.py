"""The C compiler of the machine, for tests of C files; every warning is an error."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

CC = os.environ.get("CC") or "cc"
STRICT = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O1"]


def compiled(source: Path, *more: str) -> Path:
    """The program (or, with -shared, the library) that a file is compiled to; skips where there is no compiler."""
    words = shlex.split(CC)
    if shutil.which(words[0]) is None:
        pytest.skip("no C compiler: set CC")
    target = source.with_suffix(".out")
    done = subprocess.run([*words, *STRICT, *more, source, "-lm", "-o", target], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return target


def ran(program: Path) -> str:
    """What a program says; it must end with 0."""
    done = subprocess.run([program], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
