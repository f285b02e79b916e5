"""Copy as Python: the script is a program of its own that comes to the page's numbers, bit by bit."""

import contextlib
import io
import re
import subprocess
import sys

import numpy as np
import pytest

from fastnn.playground.own import read_csv
from fastnn.playground.points import SETS
from fastnn.playground.script import script_of
from fastnn.playground.session import Session
from fastnn.playground.settings import OPTIMIZERS, Block, Settings

ROWS = [(k % 7, k % 5 - 2, (k * k) % 11, 'new\n"""; raise SystemExit #' if k % 4 else "ö") for k in range(40)]
CSV = "ä,b,\"'''\",kind\n" + "".join('{},{},{},"{}"\n'.format(*row[:3], row[3].replace('"', '""')) for row in ROWS)
NUMBERS = "".join(f"{k},{k % 4},{k * k}\n" for k in range(40))
PAGES = {
    **{name: Settings(data=name, noise=20, train=30) for name in SETS},
    **{name: Settings(optimizer=name, rate=0.01) for name in OPTIMIZERS},
    "layers": Settings(layers=(Block(8, True, 0.2), Block(3), Block(2, False, 0.5)), activation="leaky_relu", batch=7),
    "none": Settings(layers=(), features=("x1_squared", "x2_squared", "sin_x1")),
    "l1": Settings(penalty="l1", penalty_rate=0.01),
    "l2": Settings(penalty="l2", penalty_rate=0.003, loss="crossentropy"),
    "own": Settings(data="own", own=read_csv(CSV), features=("x1", "column_3")),
    "own classes": Settings(data="own", own=read_csv(CSV.replace("ö", "u", 5).replace("ö", "v", 5)), batch=3),
    "own numbers": Settings(data="own", own=read_csv(NUMBERS, "regression")),
}


def trained(page, edits=True):
    session = Session(page)
    session.advance(37)
    if edits:
        session.edit("weight", 0.123456789, len(session.dense) - 1, 0, 0)
        session.edit("rate", 0.02)
        session.advance(30)
        session.edit("bias", -0.25, 0, 0)
        session.advance(101)
    return session


def run(script):
    """(its names, what it prints)."""
    names, said = {"__name__": "__main__"}, io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(script, "playground.py", "exec"), names)
    return names, said.getvalue()


def printed(session):
    """What the script says of a session."""
    found = session.measure()
    lines = []
    for name, part in (("training", "train"), ("test", "test")):
        lines.append(f"{name} loss: {found[part]['loss']:.6g}")
        if found[part]["accuracy"] is not None:
            lines.append(f"{name} accuracy: {found[part]['accuracy']:.6g}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", PAGES)
def test_the_script_gives_the_pages_bits(name):
    session = trained(PAGES[name])
    script = script_of(session)
    names, said = run(script)
    for a, b in zip(names["model"].get_weights(), session.model.get_weights(), strict=True):
        assert np.array_equal(a, b)
    assert said == printed(session)
    assert max(map(len, script.splitlines())) <= 120


@pytest.mark.parametrize("edits", [False, True])
def test_a_page_that_has_not_trained_and_one_without_edits(edits):
    session = Session(Settings())
    if edits:
        session.edit("bias", 0.5, 0, 0)
    script = script_of(session)
    assert "model.fit" not in script
    assert run(script)[1] == printed(session)


def test_it_runs_by_itself(tmp_path):
    session = trained(Settings())
    (tmp_path / "page.py").write_text(script_of(session), encoding="utf-8")
    done = subprocess.run([sys.executable, "page.py"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, printed(session)), done.stderr


def test_it_begins_with_what_the_page_said():
    session = trained(PAGES["circle"])
    loss = session.measure()["test"]["loss"]
    assert re.match(rf'"""A network of `fastnn playground`: 168 steps of training; .*, test loss {loss:.6g}\.',
                    script_of(session))  # fmt: skip


def test_nothing_that_a_file_says_becomes_code():
    script = script_of(Session(PAGES["own"]))
    assert "raise SystemExit" not in script and script.isascii()


def test_what_diverged_is_said():
    session = Session(Settings(data="plane", layers=(Block(8),) * 3, activation="relu", rate=10.0))
    session.advance(1000)
    assert f"{session.step} steps of training; training loss NaN" in script_of(session)
    with np.errstate(all="ignore"):
        names, _ = run(script_of(session))
    assert all(np.array_equal(a, b) for a, b in zip(names["model"].get_weights(), session.model.get_weights()))
