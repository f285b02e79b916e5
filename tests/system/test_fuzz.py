"""Files damaged at random: a share of what `python -m tests.fuzz` can run, and whether it would find anything."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest
from fuzz import formats, mutate, mutate_json, runner, seeds
from fuzz.__main__ import SHARES

from fastnn.core.errors import DataError, FileFormatError


@pytest.mark.parametrize("name", sorted(SHARES))
def test_damaged_files(name):
    """1,000 cases in all."""
    report = runner.run(name, 1000 * SHARES[name] // sum(SHARES.values()))
    assert not report.wrong
    assert report.outcomes["error"] and report.outcomes["equal"] + report.outcomes["weights"] + report.outcomes["any"]


@pytest.mark.parametrize(("found", "allowed", "reason"), [
    ({"x": 1.0}, "equal", "difference 'any'"), (KeyError("x"), "any", "KeyError"),
    (FileFormatError("x" * 30_000), "any", "30000 characters"), (DataError("refused"), "equal", None),
    ({"x": 2.0}, "equal", None)])  # fmt: skip
def test_what_is_wrong(found, allowed, reason, tmp_path):
    class Planted(formats.Datasets):
        def load(self, path, seed):
            if isinstance(found, Exception) and self._known:
                raise found
            return "", {k: formats.np.array(v) for k, v in (found if self._known else {"x": 2.0}).items()}

    made = Planted([seeds.Seed("a.idx", b"data")])
    made.learn(tmp_path)
    case = formats.Case(made.seeds[0], b"other", allowed, "planted")
    if reason is None:
        assert made.check(case, tmp_path) in ("error", "equal")
        return
    with pytest.raises(formats.Wrong, match=reason):
        made.check(case, tmp_path)


@pytest.mark.parametrize(
    ("end", "reason"),
    [("time.sleep(60)", "more than 0"), ("os.kill(os.getpid(), 9)", "ends with -9"), ("sys.exit(3)", "ends with 3")],
)
def test_a_case_that_does_not_come_back(end, reason, monkeypatch):
    """It is counted, and the next process goes on behind it."""

    def child(name, start, first, last, keep):
        code = f"""
import json, os, sys, time
for i in range({first}, {last}):
    print(json.dumps({{"at": i, "bytes": 0, "what": "planted"}}), flush=True)
    if i == 1:
        {end}
    print(json.dumps({{"done": i, "outcome": "equal", "wrong": None, "seconds": 0.0}}), flush=True)
"""
        return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)

    monkeypatch.setattr(runner, "child", child)
    monkeypatch.setattr(runner, "SECONDS", 0.3)
    report = runner.run("planted", 3)
    assert report.outcomes == {"equal": 2, "wrong": 1}
    assert [(number, reason in text) for number, _, text in report.wrong] == [(1, True)]


def test_a_case_is_its_number_and_seed():
    made = formats.FORMATS["datasets"]()
    assert made.case(0, 5).data == made.case(0, 5).data
    assert len({made.case(start, i).data for start in range(2) for i in range(20)}) > 30


@pytest.mark.parametrize("mutation", [*mutate.ZIP, *mutate.HDF5], ids=lambda f: f.__name__)
def test_mutations_change_something(mutation):
    data = next(seeds.archives()).data if mutation in mutate.ZIP else next(seeds.weight_files()).data
    r = random.Random(0)
    assert any(mutation(r, data) != data for _ in range(20))


def test_json_mutations_leave_much_of_a_config():
    r, data = random.Random(0), b'{"a": [1, {"b": "c", "d": null}], "e": {"f": 1.5}}'
    out = {mutate_json.text(r, data) for _ in range(300)}
    assert len(out) > 150 and sum(b'"e"' in text for text in out) > 100
