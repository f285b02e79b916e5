"""The command: what it prints, what it leaves behind, and how it fails."""
import json
import re
import subprocess
import sys

import numpy as np
import pytest

import fastnn
from fastnn.cli import main
from fastnn.cli.terminal import Line, bar, seconds, table


def test_info(capsys):
    assert main(["info"]) == 0
    out = capsys.readouterr().out
    for word in ("fastnn", "cpu level", "threads", "kernels"):
        assert word in out


def test_version_and_help(capsys):
    assert main(["--version"]) == 0
    assert re.match(r"\d+\.\d+|0\+source", capsys.readouterr().out)
    assert main([]) == 0
    assert "demo" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["nonsense"])


def test_inspect(tmp_path, capsys):
    model = fastnn.Sequential([fastnn.Input((4,)), fastnn.layers.Dense(3, name="only")], name="net")
    model.compile("adam", "mse")
    path = str(tmp_path / "m.keras")
    model.save(path)
    assert main(["inspect", path]) == 0
    out = capsys.readouterr().out
    assert "Sequential net" in out and "layers/dense/vars/0" in out and "15 parameters" in out and "Adam" in out
    assert main(["inspect", path, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["parameters"] == 15


def test_failures_are_one_line(tmp_path, capsys):
    (tmp_path / "bad.keras").write_bytes(b"nothing")
    for arguments in (["inspect", str(tmp_path / "bad.keras")], ["inspect", str(tmp_path / "no.keras")],
                      ["run", str(tmp_path / "no.py")], ["demo", "--epochs", "0"]):
        assert main(arguments) == 1
        error = capsys.readouterr().err
        assert error.startswith("fastnn: ") and error.count("\n") == 1


def test_bench_needs_a_checkout(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["bench", "run"]) == 1
    assert "checkout" in capsys.readouterr().err


def test_demo_in_short(tmp_path, capsys):
    assert main(["demo", "--epochs", "1", "--output", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    for word in ("epoch  1/1", "loss", "accuracy", "images/s", "left", "Total params", "Test accuracy", "bit for bit"):
        assert word in out, word
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for word in ("Learning curves", "Confusion matrix", "Misclassified digits", "Learned filters", "<svg",
                 "data:image/png"):
        assert word in page, word
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    assert (tmp_path / "digits.keras").stat().st_size > 100_000


@pytest.mark.slow
def test_demo_reaches_98_percent(tmp_path):
    done = subprocess.run([sys.executable, "-m", "fastnn", "demo"], capture_output=True, text=True, cwd=tmp_path,
                          check=False)
    assert done.returncode == 0, done.stderr
    assert float(re.search(r"Test accuracy: ([\d.]+)%", done.stdout)[1]) >= 98
    model = fastnn.models.load_model(tmp_path / "digits.keras")
    assert model.predict(np.zeros((1, 8, 8, 1), "float32"), verbose=0).shape == (1, 10)


def test_terminal(capsys):
    assert bar(0, 0, 4) == "░░░░" and bar(4, 4, 4) == "████" and bar(9, 4, 4) == "████"
    assert seconds(59.99) == "0:59" and seconds(3.14159) == "3.1 s" and table([]) == ""
    line = Line()
    assert not line.due()                       # the output is captured: no terminal
    line.finish("done")
    assert capsys.readouterr().out == "done\n"
