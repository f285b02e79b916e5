"""Packages written for Keras, on fastnn: each program runs under `fastnn run` in a folder of its own.

`tox -e third-parties` installs them; real Keras, which most of them ask for, may be there or not.
"""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parent / "programs"


@pytest.mark.parametrize("program", sorted(path.stem for path in PROGRAMS.glob("*.py")))
def test_program(program, tmp_path):
    command = [sys.executable, "-m", "fastnn", "run", str(PROGRAMS / f"{program}.py")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
