"""What TensorFlow's tape does, done by ours: the cases of `tape_cases.py`, which run under `fastnn run`, once for all.

`tape_values.json` beside this file holds TensorFlow's answers; `tape_cases.py` says how they were made.
"""

import builtins
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from compat.running import ROOT

HERE = Path(__file__).parent
VALUES = json.loads((HERE / "tape_values.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def answers():
    """{case: our answer}."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "fastnn", "run", str(HERE / "tape_cases.py")],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def is_tensor(answer):
    """Whether an answer is [dtype, shape, numbers]."""
    return isinstance(answer, list) and len(answer) == 3 and isinstance(answer[0], str) and isinstance(answer[1], list)


def compare(found, expected, at=""):
    """An answer of ours against TensorFlow's: the same structure, dtypes, shapes; numbers that are close."""
    if is_tensor(expected):
        assert is_tensor(found), f"{at}: received {found!r}, expected a tensor, {expected}"
        assert found[:2] == expected[:2], f"{at}: received {found[:2]}, expected {expected[:2]}"
        if expected[0] in ("bool", "int32", "int64"):
            assert found[2] == expected[2], at
        else:
            close = 2e-3 if expected[0] == "float16" else 5e-5
            np.testing.assert_allclose(found[2], expected[2], close, close / 10, err_msg=at)
    elif isinstance(expected, dict) and "raises" not in expected:
        assert isinstance(found, dict) and sorted(found) == sorted(expected), at
        for key in expected:
            compare(found[key], expected[key], f"{at}[{key!r}]")
    elif isinstance(expected, list):
        assert isinstance(found, list) and len(found) == len(expected), f"{at}: {found} {expected}"
        for k, part in enumerate(expected):
            compare(found[k], part, f"{at}[{k}]")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=5e-5, abs=5e-6), at
    else:
        assert found == expected, at


@pytest.mark.parametrize("case", VALUES)
def test_answers(answers, case):
    found, expected = answers[case], VALUES[case]
    if isinstance(expected, dict) and "raises" in expected:
        assert isinstance(found, dict) and "raises" in found, f"received {found}, expected {expected}"
        assert issubclass(getattr(builtins, found["raises"]), getattr(builtins, expected["raises"])), found
        assert len(found["says"]) > 20, found
    else:
        assert not (isinstance(found, dict) and "raises" in found), found
        compare(found, expected, case)


def test_all_cases_have_an_answer(answers):
    assert sorted(answers) == sorted(VALUES)


def test_other_answers_are_seen():
    tensor = ["float32", [2], [1.0, 2.0]]
    for found in (None, 1.0, [tensor], ["float64", *tensor[1:]], ["float32", [2], [1.0, 2.1]], ["float32", [1], [1.0]]):
        with pytest.raises(AssertionError):
            compare(found, tensor)
    compare({"a": [tensor, None, "text"]}, {"a": [["float32", [2], [1.0, 2.0000001]], None, "text"]})
