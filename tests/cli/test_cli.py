"""The command: what it prints, what it leaves behind, and how it fails."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest

import fastnn
from fastnn.cli import main
from fastnn.cli.facts import gather
from fastnn.cli.terminal import seconds, table
from fastnn.runtime import device, levels, pack, threads


def test_info(capsys):
    assert main(["info"]) == 0
    out = capsys.readouterr().out
    for word in ("fastnn", "cpu level", "cpu features", "threads", "cores", "cgroup quota", "gpu", "kernels"):
        assert f"\n{word} " in f"\n{out}"


def test_info_tells_the_pack_its_level_and_its_age():
    if pack.MODE != "pack":
        pytest.skip("about the kernel pack")
    told = pack.describe()
    facts = gather(now=told["built"] + 7205)
    assert f"{told['kernels']} kernels" in facts["kernel pack"] and "2 hours ago" in facts["kernel pack"]
    assert facts["pack levels"] == ", ".join(told["levels"]) and facts["pack folder"] == told["folder"]
    assert facts["kernel level"].startswith(told["level"])


def test_info_says_why_kernels_are_not_the_best(monkeypatch):
    told = {"mode": pack.MODE, "level": "x86-64-v3", "cpu_level": "x86-64-v4", "folder": "f", "file": "f.so",
            "levels": ["x86-64-v3"], "kernels": 1, "bytes": 1, "built": 0.0}  # fmt: skip
    monkeypatch.setattr(levels, "own_level", lambda: "x86-64-v4")
    monkeypatch.setattr(pack, "describe", lambda: told)
    monkeypatch.delenv("FASTNN_LEVEL", raising=False)
    assert "this CPU runs x86-64-v4; for the faster one run `python -m fastnn.k" in gather()["kernel level"]
    monkeypatch.setenv("FASTNN_LEVEL", "x86-64-v3")
    assert gather()["kernel level"] == "x86-64-v3 (FASTNN_LEVEL), although this CPU runs x86-64-v4"

    def broken():
        raise pack.errors.PackError("the kernel pack cannot be used: there is none")

    monkeypatch.setattr(pack, "describe", broken)
    assert gather()["kernel pack"] == "not usable: the kernel pack cannot be used: there is none"


def test_info_tells_where_the_number_of_threads_comes_from(monkeypatch):
    monkeypatch.setattr(threads, "_cores", 5)
    monkeypatch.setattr(threads, "quota", lambda: 1.5)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert gather()["threads"] == "5 (cores of this process)" and gather()["cgroup quota"] == "1.5"
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert gather()["threads"] == "3 (OMP_NUM_THREADS)"
    fastnn.config.set_num_threads(2)
    assert gather()["threads"] == "2 (set_num_threads)"


def test_info_without_a_gpu_says_why(monkeypatch):
    monkeypatch.setattr(device, "_importable", lambda name: False)
    found = gather()
    assert found["device"] == "cpu"
    assert found["gpu"].startswith("none: the package cuda-bindings is not installed. Run `pip install")


def test_info_tells_of_gpus(monkeypatch):
    gpu = {"name": "A", "capability": "8.0", "driver": "550.54", "memory": 80 << 30, "free": 79 << 30}
    monkeypatch.setattr(device, "facts", lambda: {"device": "cuda:0", "devices": [gpu], "missing": ""})
    assert gather()["gpu"] == "A, capability 8.0, driver 550.54, 80.0 GiB, 79.0 GiB free"


def test_version_and_help(capsys):
    assert main(["--version"]) == 0
    assert re.match(r"\d+\.\d+|0\+source", capsys.readouterr().out)
    assert main([]) == 0
    assert "demo" in capsys.readouterr().out


@pytest.mark.parametrize("line, words", [
    (["chek"], "unknown command 'chek'. Did you mean: check"), (["\x1b[31m"], "Expected one of: demo"),
])  # fmt: skip
def test_an_unknown_command_names_the_nearest(capsys, line, words):
    assert main(line) == 2
    err = capsys.readouterr().err
    assert words in err and "\x1b" not in err


@pytest.mark.parametrize("command", ["run", "launch"])
def test_a_missing_script_alone_is_named(capsys, command):
    with pytest.raises(SystemExit):
        main([command])
    assert "are required: script\n" in capsys.readouterr().err


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
    for arguments in (
        ["inspect", str(tmp_path / "bad.keras")],
        ["inspect", str(tmp_path / "no.keras")],
        ["run", str(tmp_path / "no.py")],
        ["demo", "--epochs", "0"],
    ):
        assert main(arguments) == 1
        error = capsys.readouterr().err
        assert error.startswith("fastnn: ") and error.count("\n") == 1


def test_bench_says_and_writes_what_it_measured(tmp_path, capsys):
    path = tmp_path / "speed.json"
    before = fastnn.config.num_threads()
    assert main(["bench", "playground", "--threads", "1", "--seconds", "0.01", "--json", str(path)]) == 0
    out = capsys.readouterr().out
    (found,) = json.loads(path.read_text())["workloads"]
    assert found["name"] == "playground" and found["threads"] == 1 and found["p25"] <= found["ms"] <= found["p75"]
    assert sum(k["share"] for k in found["kernels"]) == pytest.approx(1.0)
    assert out.startswith("playground, batch 10, 1 thread(s)") and found["kernels"][0]["kernel"] in out
    assert fastnn.config.num_threads() == before


def test_bench_knows_its_workloads(capsys):
    for arguments, word in (
        (["run"], "mnist_mlp"),
        (["playground", "--threads", "0"], "threads"),
        (["playground", "--seconds", "0"], "seconds"),
    ):
        assert main(["bench", *arguments]) == 1
        error = capsys.readouterr().err
        assert error.startswith("fastnn: ") and word in error


def test_demo_in_short(tmp_path, capsys):
    assert main(["demo", "--epochs", "1", "--output", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    for word in ("/step", "loss", "accuracy", "val_loss", "images/s", "Total params", "Test accuracy", "bit for bit"):
        assert word in out, word
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for word in (
        "Learning curves",
        "Confusion matrix",
        "Misclassified digits",
        "Learned filters",
        "<svg",
        "data:image/png",
    ):
        assert word in page, word
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    assert (tmp_path / "digits.keras").stat().st_size > 100_000


@pytest.mark.slow
def test_demo_reaches_98_percent(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "fastnn", "demo"], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr
    assert float(re.search(r"Test accuracy: ([\d.]+)%", done.stdout)[1]) >= 98
    model = fastnn.models.load_model(tmp_path / "digits.keras")
    assert model.predict(np.zeros((1, 8, 8, 1), "float32"), verbose=0).shape == (1, 10)


def test_terminal():
    assert seconds(59.99) == "0:59" and seconds(3.14159) == "3.1 s" and table([]) == ""


SCRIPT = """
import sys
import keras
import numpy as np

keras.utils.set_random_seed(1)
x = np.random.rand(40, 3).astype("float32")
for k in range(3):
    layers = [keras.Input((3,)), keras.layers.Dense(4), keras.layers.Dropout(0.5), keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    model.compile("adam", "mse")
    if (k, sys.argv[2]) == (1, "ends"):
        class Ends(keras.callbacks.Callback):
            def on_epoch_begin(self, epoch, logs=None):
                if epoch == 2:
                    raise OSError("the disk went away")
        ends = [Ends()]
    else:
        ends = []
    history = model.fit(x, x[:, :1], epochs=4, batch_size=8, verbose=0, callbacks=ends)
    with open(sys.argv[1], "a") as file:
        print(k, history.history, model.evaluate(x, x[:, :1], verbose=0), np.random.rand(), file=file)
"""


def test_resume_gives_each_fit_of_a_script_its_checkpoints(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    assert main(["run", "script.py", "whole.txt", ""]) == 0
    assert main(["resume", "kept", "script.py", "broken.txt", "ends"]) == 1
    names = sorted(path.name[:4] for path in (tmp_path / "kept").glob("*.run"))
    assert names == ["fit1", "fit1", "fit2", "fit2"]
    for _ in range(2):
        assert main(["resume", "kept", "script.py", "again.txt", ""]) == 0
    whole = (tmp_path / "whole.txt").read_text(encoding="utf-8")
    assert (tmp_path / "again.txt").read_text(encoding="utf-8") == 2 * whole
    assert whole.startswith((tmp_path / "broken.txt").read_text(encoding="utf-8"))
