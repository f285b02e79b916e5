"""`fastnn verify`: what it prints and how it ends."""

import runpy
import subprocess
import sys

import pytest

from fastnn.cli import main, verify
from fastnn.core.errors import ArgumentError
from fastnn.models.receipt import verifying

SCRIPT = """
import sys
import numpy as np
import fastnn as keras

keras.utils.clear_session()
keras.utils.set_random_seed(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
model.compile("sgd", "mse")
x = np.arange(36.0).reshape(12, 3) / 36
for _ in range(2):  # the receipt of the second one stays
    model.fit(x, x[:, :2], epochs=2, batch_size=3, verbose=0, receipt="receipt.json")
open("done.txt", "w").close()
sys.exit(0)
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a script that was run, and its receipt."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "script.py").write_text(SCRIPT)
    with verifying(), pytest.raises(SystemExit):
        script(monkeypatch)
    (tmp_path / "done.txt").unlink()
    return tmp_path


def script(monkeypatch, *arguments):
    """Run the script here: the command lets `keras` stand for fastnn, for the rest of the process."""
    monkeypatch.setattr(sys, "argv", ["script.py", *arguments])
    runpy.run_path("script.py", run_name="__main__")


@pytest.mark.parametrize(("steps", "compared"), [(None, 8), (3, 2), (1, 1), (8, 8)])
def test_the_same(folder, monkeypatch, capsys, steps, compared):
    before = (folder / "receipt.json").read_bytes()
    assert verify.run("receipt.json", lambda: script(monkeypatch), steps) == 0
    assert f"The same bits, after {compared} of 8 steps." in capsys.readouterr().out
    assert (folder / "receipt.json").read_bytes() == before  # a check writes none
    assert not (folder / "done.txt").exists()  # it ends when all is compared


def test_another_seed(folder, monkeypatch, capsys):
    assert verify.run("receipt.json", lambda: script(monkeypatch, "7")) == 1
    out = capsys.readouterr().out
    assert "the first difference is in random: seed." in out and "DIFFERS" in out


def test_the_command(folder):
    command = [sys.executable, "-m", "fastnn", "verify", "receipt.json", "script.py", "--steps", "3", "1"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1 and not done.stderr
    assert "random: seed                DIFFERS  0 in the receipt, 1 now" in done.stdout


def test_a_script_that_does_not_come_there(folder):
    with pytest.raises(ArgumentError, match="ended before call number 2 of fit"):
        verify.run("receipt.json", lambda: None)
    with pytest.raises(SystemExit, match="3"):
        verify.run("receipt.json", lambda: sys.exit(3))


@pytest.mark.parametrize(("arguments", "words"), [
    (["no.json", "script.py"], "accessible receipt file"), (["script.py", "script.py"], "not valid JSON"),
    (["receipt.json", "no.py"], "no file 'no.py'"), (["receipt.json", "--steps", "0", "script.py"], "--steps 0"),
    (["receipt.json", "script.py", "--steps", "x"], "--steps x")])  # fmt: skip
def test_errors(folder, capsys, arguments, words):
    assert main(["verify", *arguments]) == 1
    assert words in capsys.readouterr().err
