"""Programs that end, or fork, while a model trains: no hang, no crash, the exit status that they ask for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import fastnn

pytestmark = pytest.mark.compiled
HEAD = """
import os, signal, sys, threading
import numpy as np
import fastnn
from fastnn import layers
x, y = np.ones((64, 4), "f4"), np.ones((64, 1), "f4")
model = fastnn.Sequential([fastnn.Input((4,)), layers.Dense(8), layers.Dense(1)])
model.compile("adam", "mse")
def on(**hooks):
    return [fastnn.callbacks.LambdaCallback(**hooks)]
def for_ever(hooks=()):
    model.fit(x, y, epochs=10**9, verbose=0, callbacks=hooks)
begun = threading.Event()
begin = on(on_epoch_begin=lambda epoch, logs: begun.set())
def child_works():
    signal.alarm(60)
    model.predict(x, verbose=0), model.get_weights(), model.train_on_batch(x, y), model.fit(x, y, verbose=0)
    os._exit(11)
"""
PROGRAMS = {
    "sys.exit in a callback": (7, "for_ever(on(on_train_batch_end=lambda batch, logs: sys.exit(7)))"),
    "os._exit in a callback": (9, "for_ever(on(on_epoch_end=lambda epoch, logs: os._exit(9)))"),
    "an interrupt that is caught": (5, """
def interrupt(batch, logs):
    raise KeyboardInterrupt
try:
    for_ever(on(on_train_batch_end=interrupt))
except KeyboardInterrupt:
    model.predict(x, verbose=0), model.fit(x, y, verbose=0)
    sys.exit(5)
"""),
    "Ctrl-C": (8, """
def press():
    begun.wait()
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=press).start()
try:
    for_ever(begin)
except KeyboardInterrupt:
    sys.exit(8)
"""),
    "daemon threads at work": (4, """
for work in (lambda: for_ever(begin), lambda: [model.predict(x, verbose=0) for _ in iter(int, 1)],
             lambda: [model.get_weights() for _ in iter(int, 1)], lambda: [model(x[:3]) for _ in iter(int, 1)]):
    threading.Thread(target=work, daemon=True).start()
begun.wait()
sys.exit(4)
"""),
    "workers of a data set": (6, """
class Batches(fastnn.utils.PyDataset):
    def __len__(self):
        return 10**6
    def __getitem__(self, i):
        return x, y
model.fit(Batches(workers=2), verbose=0, callbacks=on(on_train_batch_end=lambda batch, logs: sys.exit(6)))
"""),
    "a fork in a callback": (12, """
def fork(batch, logs):
    child = os.fork()
    if child == 0:
        child_works()
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) + 1)
for_ever(on(on_train_batch_end=fork))
"""),
    "forks beside a fit": (13, """
fastnn.config.set_num_threads(2)
threading.Thread(target=for_ever, args=(begin,), daemon=True).start()
begun.wait()
for _ in range(3):
    child = os.fork()
    if child == 0:
        child_works()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 11
os._exit(13)
"""),
}  # fmt: skip
POOL = """
import multiprocessing, sys
import numpy as np
import fastnn
from fastnn import layers
x, y = np.ones((64, 4), "f4"), np.ones((64, 1), "f4")
def job(_):
    fastnn.utils.set_random_seed(0)
    model = fastnn.Sequential([fastnn.Input((4,)), layers.Dense(8), layers.Dense(1)])
    model.compile("adam", "mse")
    return model.fit(x, y, verbose=0, epochs=2).history
if __name__ == "__main__":
    expected = job(0)
    if sys.argv[1] == "loky":
        import joblib
        found = joblib.Parallel(2)(joblib.delayed(job)(i) for i in range(3))
    else:
        with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
            found = pool.map(job, range(3))
    sys.exit(0 if found == [expected] * 3 else 1)
"""


def ended(*command):
    """(exit status, what it wrote to standard error) of a Python program."""
    place = {"PYTHONPATH": str(Path(fastnn.__path__[0]).parent), "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", *command],
        capture_output=True,
        text=True,
        timeout=180,
        env={**os.environ, **place},
    )
    return done.returncode, done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="signals and forks are those of POSIX")
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_ends_as_it_says(program):
    status, text = PROGRAMS[program]
    found, said = ended("-c", HEAD + text)
    assert found == status, said


@pytest.mark.skipif(not hasattr(os, "fork"), reason="signals and forks are those of POSIX")
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver", "loky"])
def test_processes_of_all_kinds_train_to_the_same_bits(method, tmp_path):
    file = tmp_path / "program.py"
    file.write_text(POOL, encoding="utf-8")
    found, said = ended(str(file), method)
    assert found == 0, said
