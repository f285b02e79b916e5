"""Short programs in the styles of Keras 1, 2, 3 and tf.keras, each run by `fastnn run` in a folder of its own.

What is right is asserted inside the programs, or it is what they print: `recorded/printed.json` has what they print
under the library they were written for, `recorded/record.py` says how it was made.  Warnings are errors, as in all
tests.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import fastnn

HERE, ROOT = Path(__file__).parent, Path(fastnn.__file__).parent.parent
PROGRAMS = sorted(path.stem for path in HERE.glob("*.py") if not path.name.startswith("test_"))
PRINTED = json.loads((HERE / "recorded" / "printed.json").read_text(encoding="utf-8"))
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d*)?(?:e[-+]?\d+)?(?![\w])")
CLOSE = 2e-4  # of a number, or one in its last digit: float32's rounding over a few steps of training


def numbers(line):
    """The numbers of a line, as text."""
    return NUMBER.findall(line)


def words(line):
    """What a line says besides its numbers; spaces follow the width of numbers."""
    return NUMBER.sub("#", line).replace("[ ", "[").split()


def last_digit(number):
    """The worth of a number's last digit.

    >>> last_digit("0.25"), last_digit("1.5e-3"), last_digit("7")
    (0.01, 0.0001, 0)
    """
    digits, _, power = number.partition("e")
    fraction = digits.partition(".")[2]
    return 10.0 ** (int(power or 0) - len(fraction)) if fraction else 0


def compare(found, expected):
    """Lines that a program printed against those recorded: the same words, numbers that are close."""
    for line, wanted in zip(found, expected):
        assert words(line) == words(wanted), f"received {line!r}, expected {wanted!r}"
        for a, b in zip(numbers(line), numbers(wanted)):
            np.testing.assert_allclose(float(a), float(b), CLOSE, CLOSE / 10 + 1.01 * last_digit(b), err_msg=wanted)
    assert len(found) == len(expected)


def test_other_numbers_and_other_words_are_seen():
    for found in (["loss 0.51 [1 2]"], ["lost 0.52 [1 2]"], ["loss 0.52 [1 2]", "more"], ["loss 0.52 [1 3]"], []):
        with pytest.raises(AssertionError):
            compare(found, ["loss 0.53 [ 1 2]"])
    compare(["loss 0.5300001 [1  2]"], ["loss 0.53 [ 1 2]"])


def test_all_years_are_there():
    years = {program.split("_")[0] for program in PROGRAMS}
    assert years == {"keras1", "keras2", "keras3", "tfkeras"} and len(PROGRAMS) >= 60
    assert set(PRINTED) <= set(PROGRAMS)


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
    compare(done.stdout.splitlines(), PRINTED.get(program, done.stdout.splitlines()))
