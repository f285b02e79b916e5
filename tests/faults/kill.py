"""Trainings that are killed at random moments, and resumed until they are done."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastnn.callbacks import BackupAndRestore
from fastnn.models import keeping  # noqa: F401  children need not import it
from fastnn.saving.checkpoints import files_of, read_newest

from .cases import CASES, train

MOST = 4  # kills of one training
FREQUENCIES = (1, 2, 3, 7, "epoch", "0.003s", "0.02s")


def forked(work: Callable[[], Any], result: Path) -> int:
    """Do work in a child, which writes what it returns as JSON; its process id."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        found = json.dumps(work())
        result.with_suffix(".part").write_text(found, encoding="utf-8")
        result.with_suffix(".part").rename(result)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def finished(child: int) -> bool:
    """Wait for a child; False where it was killed.  Raises AssertionError where it failed."""
    _, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status)
    assert killed or os.waitstatus_to_exitcode(status) == 0, f"a resumed training failed, status {status}"
    return not killed


def wait_for_another(folder: Path, most: float) -> None:
    """Wait until a folder holds other files than now, at most so many seconds."""
    before, end = listed(folder), time.perf_counter() + most
    while listed(folder) == before and time.perf_counter() < end:
        time.sleep(0.001)


def listed(folder: Path) -> list[str]:
    """The checkpoints in a folder that need not be there."""
    return sorted(f.name for f in folder.glob("*.run"))


def one(case: str, lot: random.Random, folder: Path, places: Counter[str], most: int = MOST) -> tuple[int, list[str]]:
    """Kill a training of a case up to `most` times; (kills, what differs from one that was not interrupted).

    places: counts where trainings go on from: inside an epoch, between epochs, or the start.
    """
    whole = folder / "whole.json"
    finished(forked(lambda: train(case, folder / "whole"), whole))
    expected, frequency = json.loads(whole.read_text(encoding="utf-8")), lot.choice(FREQUENCIES)
    result, kills = folder / "parts.json", 0

    def work() -> Any:
        keeps = BackupAndRestore(folder / "run", save_freq=frequency)
        if frequency == 2:
            return train(
                case, folder / "parts", callbacks=[BackupAndRestore(folder / "run", 2, delete_checkpoint=False)]
            )
        return train(case, folder / "parts", checkpoint=keeps)

    (folder / "timed").mkdir()
    begin = time.perf_counter()
    finished(forked(lambda: train(case, folder / "timed", checkpoint=str(folder / "timed_run")), folder / "timed.json"))
    long = time.perf_counter() - begin
    while not result.exists():
        child = forked(work, result)
        if kills < most:
            if lot.random() < 0.75:  # starting takes longer than training: wait until that goes on
                wait_for_another(folder / "run", long)
                time.sleep(lot.uniform(0, long / 8))
            else:
                time.sleep(lot.uniform(0, long))
            os.kill(child, signal.SIGKILL)
        if not finished(child):
            kills += 1
            found = read_newest(files_of(str(folder / "run"))) if (folder / "run").is_dir() else None
            places["no checkpoint" if found is None else "an epoch" if found.run["state"]["batch"] else "epochs"] += 1
    found = json.loads(result.read_text(encoding="utf-8"))
    return kills, [f"{case}, save_freq={frequency!r}: {what}" for what in expected if found[what] != expected[what]]


def run(n: int, seed: int = 0, cases: list[str] | None = None, say: Callable[[str], Any] = print) -> int:
    """Kill trainings n times; 1 where one that was resumed is not equal to one that was not interrupted, else 0."""
    lot, kills, runs, wrong, places = random.Random(seed), 0, 0, [], Counter[str]()
    while kills < n:
        case = (cases or [*CASES])[runs % len(cases or CASES)]
        with tempfile.TemporaryDirectory() as folder:
            more, bad = one(case, lot, Path(folder), places, min(MOST, n - kills))
        kills, runs, wrong = kills + more, runs + 1, wrong + bad
        say(f"{kills} kills, {runs} trainings, {len(wrong)} differences ({case})" + "".join(f"\n  {b}" for b in bad))
    say(
        f"{kills} kills of {runs} trainings: {len(wrong)} differences from trainings that were not interrupted; gone "
        f"on inside an epoch {places['an epoch']} times, between epochs {places['epochs']}, from the start "
        f"{places['no checkpoint']}"
    )
    return 1 if wrong else 0
