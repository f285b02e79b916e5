"""Training by several processes: the bits of one, faults that are named, runs that go on with another number."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import fastnn
from fastnn.core.jit import MODE

pytestmark = pytest.mark.skipif(MODE == "python", reason="kernels as plain Python are too slow for whole trainings")
CHILD = Path(__file__).with_name("processes_child.py")
ROOT = str(Path(fastnn.__path__[0]).parent)


@contextlib.contextmanager
def stdin_that_stays_open():
    """A pipe from which nothing comes."""
    here, there = os.pipe()
    try:
        yield here
    finally:
        os.close(here)
        os.close(there)


def launched(script, *arguments, n=1, threads=1, check=True, stdin=None, **env):
    """What `fastnn launch` gives: its output, or with check=False all of it."""
    around = {k: v for k, v in os.environ.items() if k not in ("RANK", "WORLD_SIZE", "OMP_NUM_THREADS")}
    found = subprocess.run(
        [sys.executable, "-m", "fastnn", "launch", "-n", str(n), "--threads", str(threads), "--all", str(script),
         *map(str, arguments)], env={**around, "PYTHONPATH": ROOT, **env}, stdin=stdin, capture_output=True, text=True,
        timeout=120,
    )  # fmt: skip
    if check:
        assert found.returncode == 0, found.stderr
        return found.stdout
    return found


def of_ranks(text):
    """[what each rank printed, JSON]."""
    lines = sorted(line.split("] ", 1) for line in text.splitlines() if "] {" in line)
    return [json.loads(found) for _, found in lines]


@pytest.fixture(scope="module")
def alone():
    return of_ranks(launched(CHILD, 4))[0]


@pytest.mark.parametrize(("n", "threads", "transport"), [
    (2, 2, "sockets"), (4, 1, "auto"), pytest.param(2, 1, "shared", marks=pytest.mark.slow)])  # fmt: skip
def test_the_bits_are_those_of_one_process(alone, n, threads, transport):
    found = of_ranks(launched(CHILD, 4, n=n, threads=threads, FASTNN_TRANSPORT=transport))
    assert len(found) == n
    for rank in found:
        for case, numbers in alone.items():
            assert rank[case] == numbers, case


@pytest.mark.slow
@pytest.mark.parametrize(("shards", "n"), [(6, 3), (3, 3), (8, 4)])
def test_other_trees(shards, n):
    (expected,) = of_ranks(launched(CHILD, shards))
    assert of_ranks(launched(CHILD, shards, n=n)) == [expected] * n


FAULT = """
import os, signal, sys
import numpy as np
import fastnn as keras
from fastnn import distribution, layers
what, rank = sys.argv[1], int(os.environ["RANK"])
distribution.set_distribution(distribution.DataParallel(auto_shard_dataset=what != "rows"))
x = np.random.default_rng(0).random((64, 4), np.float32)
model = keras.Sequential([keras.Input((4,)), layers.Dense(8, "tanh"), layers.Dense(1)])
model.compile("sgd", "mse")
class Fails(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if what == "callback":
            raise KeyError("a callback's own")
def batches():
    for i in range(100):
        if rank == 1 and i == 20:
            if what == "kill":
                os.kill(os.getpid(), 9)
            if what in ("raise", "lives on", "evaluates on"):
                raise ValueError("a batch's own")
            if what == "stop":
                os.kill(os.getpid(), signal.SIGSTOP)
            if what == "fewer":
                return
        n = 4 if what == "rows" and rank and i == 20 else 8
        yield x[:n], x[:n, :1]
try:
    if what == "evaluates on":
        model.evaluate(batches(), verbose=0)
    else:
        model.fit(batches(), epochs=1, verbose=0, callbacks=[Fails()])
except ValueError:
    if not what.endswith("s on") or not rank:
        raise
    sys.stdin.readline()
print("done")
"""
FAULTS = [("kill", 137, "Process 1 of 2 has ended"), ("callback", 1, "A callback has failed in process 0, which runs"),
          ("rows", 1, "do not do the same"), ("fewer", 1, "do not do the same"),
          ("raise", 1, "Process 1 of 2 has ended"), ("lives on", 1, "Process 1 of 2 has left the run"),
          ("evaluates on", 1, "Process 1 of 2 has left the run"),
          ("stop", 1, "Process 1 of 2 does not answer (no sign of life for 2 seconds")]  # fmt: skip


@pytest.mark.parametrize(("what", "status", "text"), [
    pytest.param(*fault, id=fault[0], marks=[pytest.mark.slow] if n > 2 else []) for n, fault in enumerate(FAULTS)
])  # fmt: skip
def test_faults_are_named_and_nothing_hangs(tmp_path, what, status, text):
    script = tmp_path / "fault.py"
    script.write_text(FAULT)
    with stdin_that_stays_open() as stays:
        found = launched(script, what, n=2, check=False, stdin=stays, FASTNN_SILENCE_SECONDS="2")
    assert text in found.stderr, found.stderr
    assert found.returncode == status and "done" not in found.stdout


OTHER = """
import json, os
import numpy as np
import fastnn as keras
from fastnn import distribution, layers
from fastnn.core.errors import ProcessesDifferError
other = os.environ["RANK"] == "1"
distribution.set_distribution(distribution.DataParallel())
found = {}
for what in ("nothing", "seed", "weights", "data", "code", "rate", "epochs", "batch", "shards"):
    odd = other and what
    keras.utils.set_random_seed(1 + (odd == "seed"))
    x = np.random.default_rng(odd == "data").random((64, 4), np.float32)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(8 + (odd == "code"), "tanh"), layers.Dense(1)])
    if odd == "weights":
        model.layers[0].kernel.assign_add(1e-6)
    model.compile(keras.optimizers.SGD(0.1 + (odd == "rate")), "mse")
    before = model.get_weights()
    try:
        with distribution.DataParallel(shards=2 + 2 * (odd == "shards")).scope():
            model.fit(x, x[:, :1], epochs=2 + (odd == "epochs"), batch_size=16 + (odd == "batch"), verbose=0)
        found[what] = "trained"
    except ProcessesDifferError as error:
        assert all(map(np.array_equal, before, model.get_weights()))
        found[what] = str(error)
print(json.dumps(found))
"""
NAMED = {
    "nothing": "trained", "seed": "seed: 1 in rank 0, 2 there", "weights": "weights: ", "data": "data: content: ",
    "code": "configuration (model): ", "rate": "configuration (compile): ",
    "batch": "data: batch size: 16 in rank 0", "epochs": "epochs: range(0, 2) in rank 0, range(0, 3) there",
    "shards": "shards: 2 in rank 0, 4 there",
}  # fmt: skip


def test_a_process_that_would_do_something_else_is_found_at_the_start(tmp_path):
    script = tmp_path / "other.py"
    script.write_text(OTHER)
    for rank in of_ranks(launched(script, n=2)):
        for what, text in NAMED.items():
            assert text in rank[what]
            assert what == "nothing" or rank[what].startswith("Process 1 of 2 is not about to do")


RESUME = """
import hashlib, json, os, sys
import numpy as np
import fastnn as keras
from fastnn import distribution, layers
folder, epochs, slowly = sys.argv[1], int(sys.argv[2]), len(sys.argv) > 3
keras.utils.set_random_seed(3)
distribution.set_distribution(distribution.DataParallel(shards=4))
draw = np.random.default_rng(0)
x, y = draw.random((50, 6), np.float32), draw.integers(0, 3, 50)
model = keras.Sequential([keras.Input((6,)), layers.Dense(8), layers.BatchNormalization(), layers.Dropout(0.2),
                          layers.Dense(3, "softmax")])
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
class Says(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1:
            print("epoch two", flush=True)
            sys.stdin.readline()
more = {"callbacks": [Says()]} if slowly else {}
history = model.fit(x, y, batch_size=16, epochs=epochs, verbose=0, checkpoint=folder, **more).history
state = [v.numpy() for v in (*model.variables, *model.optimizer.variables)]
print(json.dumps([hashlib.sha256(b"".join(a.tobytes() for a in state)).hexdigest(), history]).join(['{"found": ', "}"]))
"""


def test_a_run_goes_on_with_another_number_of_processes(tmp_path):
    script = tmp_path / "resume.py"
    script.write_text(RESUME)
    (whole,) = of_ranks(launched(script, tmp_path / "one", 4))
    folder = tmp_path / "two"
    launched(script, folder, 2, n=2)
    assert len(list(folder.glob("*.run"))) == 2
    assert of_ranks(launched(script, folder, 4, n=4)) == [whole] * 4
    assert of_ranks(launched(script, folder, 4)) == [whole]  # it is finished


def begun(script, folder):
    """Two processes that train, waiting in their second epoch for a line."""
    child = subprocess.Popen(
        [sys.executable, "-m", "fastnn", "launch", "-n", "2", "--threads", "1", script, folder, "6", "says"],
        env={**os.environ, "PYTHONPATH": ROOT}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    )  # fmt: skip
    assert child.stdout.readline() == "epoch two\n"
    return child


def test_sigterm_ends_all_at_one_step_and_the_run_goes_on(tmp_path):
    script, folder = tmp_path / "resume.py", tmp_path / "kept"
    script.write_text(RESUME)
    (whole,) = of_ranks(launched(script, tmp_path / "one", 6))
    child = begun(script, folder)
    os.killpg(child.pid, signal.SIGTERM)
    _, errors = child.communicate("\n", timeout=60)
    assert child.returncode == 143 and "Traceback" not in errors, errors
    (found,) = of_ranks(launched(script, folder, 6))
    assert found["found"][0] == whole["found"][0]


def test_ctrl_c_ends_all(tmp_path):
    script = tmp_path / "resume.py"
    script.write_text(RESUME)
    child = begun(script, tmp_path / "kept")
    os.killpg(child.pid, signal.SIGINT)  # as a terminal does
    child.communicate(timeout=30)
    assert child.returncode == 130
