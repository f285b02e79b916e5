"""Each system call of the writer of checkpoints fails once: no space, a broken disk, an interrupt, a short write."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastnn.callbacks import BackupAndRestore
from fastnn.saving.checkpoints import files_of, read_newest

from .cases import train
from .kill import finished, forked

WAYS = {"ENOSPC": errno.ENOSPC, "EIO": errno.EIO, "EINTR": errno.EINTR, "a short write": -1}
CASE, EPOCHS = "dropout", 3


def compiler() -> str | None:
    """The C compiler, or None."""
    return shutil.which(os.environ.get("CC", "cc"))


def run(every: int = 1, say: Callable[[str], Any] = print) -> int:
    """Run `child` in a process in which calls can fail; its exit status.  Needs a C compiler and LD_PRELOAD."""
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "fail.so"
        source = Path(__file__).with_name("fail.c")
        command = [compiler() or "cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"]
        subprocess.run(command, check=True)
        code = f"import sys; from {__name__} import child; sys.exit(child(*sys.argv[1:]))"
        path = os.pathsep.join([*sys.path, os.environ.get("PYTHONPATH", "")])
        environment = {**os.environ, "LD_PRELOAD": str(library), "PYTHONPATH": path}
        how = {"env": environment, "text": True, "stdout": subprocess.PIPE}
        with subprocess.Popen([sys.executable, "-c", code, folder, str(every)], **how) as running:  # type: ignore[call-overload]
            for line in running.stdout:
                say(line.rstrip())
        return running.returncode


def child(folder: str, every: str) -> int:
    """Let call after call fail; 1 where no checkpoint was left or a resumed training is another one, else 0."""
    here, faults = Path(folder), ctypes.CDLL(os.environ["LD_PRELOAD"])
    finished(forked(lambda: train(CASE, here / "whole", epochs=EPOCHS), here / "whole.json"))
    expected = json.loads((here / "whole.json").read_text(encoding="utf-8"))
    begun = here / "begun"
    finished(forked(lambda: broken_off(begun), here / "begun.json"))
    total = wrong = 0

    def go_on(n: int, code: int, parts: Path) -> dict[str, Any]:
        def work() -> Any:
            faults.fault_arm(str(parts / "run").encode(), n, code)
            return with_faults(parts, faults)

        shutil.copytree(begun, parts)
        finished(forked(work, parts.with_suffix(".json")))
        return json.loads(parts.with_suffix(".json").read_text(encoding="utf-8"))

    last = go_on(0, 0, here / "none")["calls"]
    for way, code in WAYS.items():
        for n in range(1, last + 1, int(every)):
            parts = here / f"{way} {n}"
            told = go_on(n, code, parts)
            files = files_of(str(parts / "run"))
            left = "a checkpoint" if files and read_newest(files) else "NO CHECKPOINT"
            again = here / f"{way} {n} again.json"
            finished(
                forked(
                    lambda parts=parts: train(CASE, parts / "files", epochs=EPOCHS, checkpoint=str(parts / "run")),
                    again,
                )
            )
            same = json.loads(again.read_text(encoding="utf-8")) == expected
            if left == "NO CHECKPOINT" or not same:
                wrong += 1
                sys.stdout.write(f"{way} at call {n}: {left}, resumed {'the same' if same else 'DIFFERENT'}; {told}\n")
            shutil.rmtree(parts)
            total += 1
        sys.stdout.write(f"{way}: each of {last} calls\n" if every == "1" else f"{way}: some of {last} calls\n")
        sys.stdout.flush()
    sys.stdout.write(f"{total} failing calls: {wrong} of them left no checkpoint or another training\n")
    return 1 if wrong else 0


class Gone(Exception):
    """Stands for a process that ends."""


def keeps(folder: Path) -> BackupAndRestore:
    """What asks for checkpoints."""
    return BackupAndRestore(folder / "run", save_freq=5)


def broken_off(folder: Path) -> str:
    """A training that ends in its second epoch, with checkpoints in `run`."""
    import fastnn as keras

    def end(epoch: int, logs: Any) -> None:
        if epoch == 1:
            raise Gone

    ends = keras.callbacks.LambdaCallback(on_epoch_end=end)
    try:
        train(CASE, folder / "files", epochs=EPOCHS, checkpoint=keeps(folder), callbacks=[ends])
    except Gone:
        return "ended"
    return "did not end"


def with_faults(folder: Path, faults: Any) -> dict[str, Any]:
    """Go on with a training while a call fails: what it said, and how many calls there were."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            train(CASE, folder / "files", epochs=EPOCHS, checkpoint=keeps(folder))
            said = [str(w.message) for w in told]
        except OSError as error:  # before training has begun
            said = [repr(error)]
    return {"calls": faults.fault_count(), "said": said}
