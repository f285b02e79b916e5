"""Threads under pressure: more of them than cores, forks in the middle of a run, two models at once."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest

import fastnn
from fastnn.core.jit import MODE
from fastnn.runtime import abi, executor

compiled = pytest.mark.skipif(MODE == "python", reason="the Python executor has no threads of its own")
THREADS = 6  # no other test uses so many: their pool is started with the affinity that is set here


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cannot take cores away here")
@pytest.mark.parametrize("instructions", [1, 4])
def test_threads_without_a_core_sleep_instead_of_spinning(lay, instructions):
    """A neighbour has all cores but one: who waits must give the core away, at nearly every barrier.

    Counted, not timed: a thread that went on spinning would not be among the parked ones.
    """
    batches, cores = 200, os.sched_getaffinity(0)
    x = np.zeros(6000, np.float32)
    tape = lay()
    for _ in range(instructions):
        tape.add("axpb", x, x, 1.0, 1.0, n=6000, chunk=1000, flags=abi.SYNC)
    made = tape.build(executor.Executor)
    os.sched_setaffinity(0, {min(cores)})
    try:
        assert made.run(batches, 0, THREADS) == batches
    finally:
        os.sched_setaffinity(0, cores)
    assert x.tolist() == [batches * instructions] * 6000
    assert made.parks > 0.5 * (THREADS - 1) * batches * instructions


def net():
    fastnn.config.set_seed(5)
    model = fastnn.Sequential([fastnn.Input((40,)), fastnn.layers.Dense(300, activation="relu"),
                               fastnn.layers.Dropout(0.3), fastnn.layers.Dense(3)])  # fmt: skip
    model.compile("adam", "mse")
    return model


def data(seed):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((700, 40), dtype=np.float32), rng.standard_normal((700, 3), dtype=np.float32)


@compiled
def test_two_models_train_in_two_python_threads():
    """As each would alone; both with two threads of their own."""
    fastnn.config.set_num_threads(2)

    def fit(model, seed):
        model.fit(*data(seed), batch_size=256, epochs=6, verbose=0)
        return b"".join(w.tobytes() for w in model.get_weights())

    alone = [fit(net(), seed) for seed in (1, 2)]
    models, together = [net(), net()], {}
    start = threading.Barrier(2)

    def work(k):
        start.wait()
        together[k] = fit(models[k], k + 1)

    workers = [threading.Thread(target=work, args=(k,)) for k in (0, 1)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    assert [together[0], together[1]] == alone


FORK = """
import multiprocessing, os, signal, threading
import numpy as np, fastnn
fastnn.config.set_num_threads(2)

def net():
    fastnn.config.set_seed(5)
    L = fastnn.layers
    model = fastnn.Sequential([fastnn.Input((40,)), L.Dense(300, activation="relu"), L.Dense(3)])
    model.compile("adam", "mse")
    return model

x = np.random.default_rng(0).standard_normal((600, 40), dtype=np.float32)

def fit(model):
    model.fit(x, x[:, :3], batch_size=200, epochs=3, verbose=0)
    return b"".join(w.tobytes() for w in model.get_weights())

def child(send, model):
    signal.alarm(20)                        # a hanging child ends
    send.send_bytes(fit(net()))             # a plan of its own
    send.send_bytes(fit(model))             # a plan that the parent made and ran
    busy.predict(x[:5], verbose=0)          # the model that the parent's other thread is training, and holds
    busy.evaluate(x, x[:, :3], verbose=0)
    fit(busy)

want, started, stop = fit(net()), threading.Event(), threading.Event()
known = net()
fit(known)
busy = net()

class Watch(fastnn.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        started.set()
        if stop.is_set():
            self.model.stop_training = True

trainer = threading.Thread(target=lambda: busy.fit(x, x[:, :3], batch_size=20, epochs=10**6, verbose=0,
                                                   callbacks=[Watch()]), daemon=True)
trainer.start()
started.wait()                              # from here forks meet a run in the middle
context = multiprocessing.get_context("fork")
second = []
for _ in range(5):
    receive, send = context.Pipe(False)
    process = context.Process(target=child, args=(send, known))
    process.start()
    send.close()                            # a child that dies ends the reading
    assert receive.recv_bytes() == want
    second.append(receive.recv_bytes())
    process.join()
    assert process.exitcode == 0, process.exitcode
stop.set()
trainer.join()
assert second == [fit(known)] * 5           # each child went on from the state at its fork, and the parent can too
print("well")
"""


@compiled
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_forked_children_train_while_the_parent_does():
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORK],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "well\n"), done.stderr
