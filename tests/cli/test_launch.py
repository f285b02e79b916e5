"""`fastnn launch`: what the processes are told, what is shown of them, the exit status."""

import os
import select
import signal
import subprocess
import sys

import pytest

from fastnn.cli import launch
from fastnn.cli.main import main
from fastnn.core.errors import ArgumentError

SCRIPT = """
import os, sys
names = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "OMP_NUM_THREADS")
print(*(os.environ[n] for n in names), *sys.argv[1:], flush=True)
print("error of", os.environ["RANK"], file=sys.stderr, flush=True)
sys.exit(int(os.environ["RANK"]) * (5 if "fail" in sys.argv else 0))
"""


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    return str(path)


def launched(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "fastnn", "launch", *arguments], capture_output=True, text=True, timeout=60
    )


def test_each_process_knows_which_it_is(script):
    found = launched("-n", "2", "--threads", "3", "--all", script, "x", "--all")
    assert found.returncode == 0
    assert sorted(found.stdout.splitlines()) == [f"[{r}] {r} {r} 2 2 127.0.0.1 3 x --all" for r in range(2)]
    assert sorted(found.stderr.splitlines()) == ["[0] error of 0", "[1] error of 1"]


def test_the_first_is_shown_and_the_status_is_that_of_who_fails(script):
    found = launched("-n", "2", "--threads", "1", script, "fail")
    assert found.returncode == 5
    assert found.stdout == "0 0 2 2 127.0.0.1 1 fail\n"
    assert sorted(found.stderr.splitlines()) == ["[1] error of 1", "error of 0"]


def test_cores_are_divided(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(launch, "planned", lambda: (8, False))
    assert launch.environment(3)["OMP_NUM_THREADS"] == "2" and launch.environment(16)["OMP_NUM_THREADS"] == "1"
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    one, two = launch.environment(2), launch.environment(2)
    assert one["OMP_NUM_THREADS"] == "7" and one["FASTNN_JOB"] != two["FASTNN_JOB"]
    assert set(os.environ) <= set(one)


def test_what_cannot_be_launched(capsys):
    with pytest.raises(ArgumentError, match="-n 0"):
        launch.run(__file__, processes=0)
    assert main(["launch", "nowhere.py"]) == 1
    assert "no file 'nowhere.py'" in capsys.readouterr().err


WAITS = """
import os, sys
print(os.getpid(), flush=True)
sys.stdin.readline()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent has ended")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP, signal.SIGTERM])
def test_no_process_is_left_behind_by_a_launcher_that_ends(tmp_path, number):
    path = tmp_path / "waits.py"
    path.write_text(WAITS)
    child = subprocess.Popen(
        [sys.executable, "-m", "fastnn", "launch", "-n", "2", "--threads", "1", "--all", str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with child:
        pids = [int(child.stdout.readline().split()[1]) for _ in range(2)]
        watched = [os.pidfd_open(pid) for pid in pids]
        child.send_signal(number)
        for each in watched:
            assert select.select([each], [], [], 30)[0], "it lives on"
            os.close(each)


def test_a_launcher_that_has_ended_before_is_noticed(script):
    gone = {**os.environ, launch.LAUNCHER: "1000000000"}
    found = subprocess.run([sys.executable, "-m", "fastnn", "run", script], env=gone, capture_output=True, timeout=60)
    assert (found.returncode, found.stdout) == (-signal.SIGTERM, b"")


def test_what_a_process_starts_does_not_end_with_the_launcher(tmp_path, monkeypatch):
    monkeypatch.delenv(launch.LAUNCHER, raising=False)
    launch.end_with_launcher()  # started by nobody: nothing happens
    path = tmp_path / "script.py"
    path.write_text(f"import os\nprint({launch.LAUNCHER!r} in os.environ)")
    assert launched("-n", "1", str(path)).stdout == "False\n"
