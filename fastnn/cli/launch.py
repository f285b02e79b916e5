"""`fastnn launch`: a script in several processes of this machine, which find each other (fastnn.distribution)."""

import ctypes
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time

from fastnn.core.errors import ArgumentError
from fastnn.runtime.threads import planned

LAUNCHER = "FASTNN_LAUNCHER"  # in the environment of what is started: the launcher's process
PR_SET_PDEATHSIG = 1  # of Linux's prctl: the signal that a process gets when the one that started it ends
GRACE = 5.0  # seconds that processes have to end by themselves where one has failed, and again after SIGTERM


def run(script, arguments=(), processes=2, threads=None, module=False, every=False):
    """Run a script in several processes and wait for all of them; returns the exit status.

    script, arguments, module: as of `fastnn run`.  threads: of each process; the machine's, divided, by default.
    every: whether lines that processes other than the first print are shown, too; what they say of errors always is.

    The status is that of the process that failed first, 128 + n where signal n has ended it.
    """
    if not module and not os.path.isfile(script):
        raise ArgumentError(f"launch: no file {script!r}; expected a Python script or a notebook.")
    command = [sys.executable, "-m", "fastnn", "run", *(["-m"] if module else []), script, *arguments]
    children, readers = [], []
    shared = environment(processes, threads)
    try:
        for rank in range(processes):
            own = {**shared, "RANK": str(rank), "LOCAL_RANK": str(rank)}
            first = rank == 0 and not every
            child = subprocess.Popen(
                command,
                env=own,
                stdout=None if first else subprocess.PIPE if every else subprocess.DEVNULL,
                stderr=None if first else subprocess.PIPE,
            )
            children.append(child)
            readers += [
                _follow(pipe, rank, into)
                for pipe, into in ((child.stdout, sys.stdout), (child.stderr, sys.stderr))
                if pipe is not None
            ]
        return _wait(children)
    finally:
        _end(children)
        for reader in readers:
            reader.join()


def environment(processes, threads=None):
    """The environment of the processes, but for their ranks: what torchrun sets, and a word that is theirs alone.

    >>> found = environment(2, 1)
    >>> found["WORLD_SIZE"], found["MASTER_ADDR"], found["OMP_NUM_THREADS"]
    ('2', '127.0.0.1', '1')
    """
    if processes < 1:
        raise ArgumentError(f"launch: received -n {processes}, expected at least 1 process.")
    if threads is None and "OMP_NUM_THREADS" not in os.environ:
        threads = max(1, planned()[0] // processes)
    more = {} if threads is None else {"OMP_NUM_THREADS": str(threads)}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return {
        **os.environ,
        **more,
        "WORLD_SIZE": str(processes),
        "LOCAL_WORLD_SIZE": str(processes),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "FASTNN_JOB": secrets.token_hex(16),
        LAUNCHER: str(os.getpid()),
    }


def end_with_launcher():
    """Let SIGTERM end this process when the launcher that started it has ended, however; nothing without one.

    A launcher that is killed cannot tell its processes, and they would train on with nobody to see it.  Linux only.
    """
    launcher = os.environ.pop(LAUNCHER, "")  # what this process starts is no business of the launcher's
    if launcher != str(os.getppid()) and launcher:
        os.kill(os.getpid(), signal.SIGTERM)  # it has ended already
    elif launcher and sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != int(launcher):
            os.kill(os.getpid(), signal.SIGTERM)


def _wait(children):
    """Wait for all; where one fails the others get a moment, for they find it out themselves.  Returns the status."""
    ends = [n for n in (signal.SIGTERM, getattr(signal, "SIGHUP", None)) if n is not None]  # no SIGHUP on Windows
    before = {n: signal.signal(n, lambda *_: _send(children, signal.SIGTERM)) for n in ends}
    failed, until = 0, None
    try:
        while any(child.poll() is None for child in children):
            failed = failed or _failure(children)
            if failed and until is None:
                until = time.monotonic() + GRACE
            if until is not None and time.monotonic() > until:
                break
            time.sleep(0.02)
        failed = failed or _failure(children)
    except KeyboardInterrupt:  # the terminal has told all of them
        _gone(children)
        return 130
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 128 - failed if failed < 0 else failed


def _failure(children):
    """The code of one that has failed, 0 if none has: of several at once of one that a signal has ended."""
    return min((child.returncode for child in children if child.returncode), default=0)


def _send(children, number):
    for child in children:
        if child.poll() is None:
            child.send_signal(number)


def _gone(children):
    """Whether all have ended within a moment."""
    until = time.monotonic() + GRACE
    while any(child.poll() is None for child in children) and time.monotonic() < until:
        time.sleep(0.02)
    return all(child.poll() is not None for child in children)


def _end(children):
    """End those that are left: first so that they can clean up."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if all(child.poll() is not None for child in children):
            return
        _send(children, number)
        _gone(children)


def _follow(pipe, rank, into):
    """A thread that writes the lines of a pipe with the rank before each."""

    def lines():
        with pipe:
            for line in pipe:
                into.write(f"[{rank}] {line.decode(errors='replace')}")
                into.flush()

    thread = threading.Thread(target=lines, daemon=True)
    thread.start()
    return thread
