"""Short programs in the styles of Keras 1, 2, 3 and tf.keras, each run by `fastnn run` in a folder of its own.

What is right is asserted inside the programs; warnings are errors there, as in all tests.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import fastnn

HERE, ROOT = Path(__file__).parent, Path(fastnn.__file__).parent.parent
PROGRAMS = sorted(path.stem for path in HERE.glob("*.py") if not path.name.startswith("test_"))


def test_all_years_are_there():
    years = {program.split("_")[0] for program in PROGRAMS}
    assert years == {"keras1", "keras2", "keras3", "tfkeras"} and len(PROGRAMS) >= 60


@pytest.mark.parametrize("program", PROGRAMS)
def test_program(program, tmp_path):
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "fastnn", "run", str(HERE / f"{program}.py")],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
