"""Training of a page: the same bits however it is cut, edits in their places, numbers that are the model's."""

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastnn.core.errors import ArgumentError
from fastnn.playground.link import pack, unpack
from fastnn.playground.network import build
from fastnn.playground.session import MOST_EDITS, MOST_STEPS, Session, edit_of, session_of, spans
from fastnn.playground.settings import Block, Settings

ALL = Settings(data="spiral", batch=7, layers=(Block(5, True, 0.2), Block(3)), optimizer="Adam", penalty="l2",
               penalty_rate=0.003, noise=10)  # fmt: skip
DIVERGES = Settings(data="plane", layers=(Block(8),) * 3, activation="relu", rate=10.0)


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a.model.get_weights(), b.model.get_weights(), strict=True))


# ---------------------------------------------------------------- steps
@given(st.integers(0, 100), st.integers(0, 300), st.integers(1, 30), st.integers(1, 60))
def test_spans_are_the_steps_in_their_order(first, more, batch, rows):
    steps = -(-rows // batch)
    wanted = [(k % steps * batch, min((k % steps + 1) * batch, rows)) for k in range(first, first + more)]
    made = []
    for part, epochs in spans(first, first + more, batch, rows):
        cuts = range(part.start, part.stop, batch)
        made += [(at, min(at + batch, part.stop)) for at in cuts] * epochs
    assert made == wanted
    assert len(spans(first, first + more, batch, rows)) <= 3


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(0, 90), min_size=1, max_size=6))
def test_where_training_stops_and_goes_on_changes_no_bit(parts):
    whole, cut = Session(ALL), Session(ALL)
    whole.advance(sum(parts))
    for part in parts:
        cut.advance(part)
        cut.measure()  # to look changes nothing, either
    assert cut.step == whole.step == sum(parts) and same(whole, cut)


def test_a_step_is_a_batch_of_the_model():
    session = Session(ALL)
    model = build(ALL)
    x, y = session.points.train
    for at in range(0, len(x), ALL.batch):
        model.train_on_batch(x[at : at + ALL.batch], y[at : at + ALL.batch])
    session.advance(session.epoch_steps)
    assert all(np.array_equal(a, b) for a, b in zip(session.model.get_weights(), model.get_weights()))


def test_seeds_are_of_the_network_and_of_the_points():
    def begin(**changed):
        return Session(Settings(**changed))

    assert same(begin(), begin()) and same(begin(points_seed=2), begin()) and not same(begin(seed=2), begin())
    assert np.array_equal(begin(seed=2).points.x, begin().points.x)
    assert not np.array_equal(begin(points_seed=2).points.x, begin().points.x)


@pytest.mark.parametrize("steps", [-1, 1.5, "10", None, True])
def test_steps_that_are_none(steps):
    with pytest.raises(ArgumentError, match="steps: received"):
        Session(Settings()).advance(steps)


# ---------------------------------------------------------------- numbers
def test_the_numbers_are_the_models():
    session = Session(ALL)
    session.advance(100)
    found, model = session.measure(), session.model
    for part, (x, y) in (("train", session.points.train), ("test", session.points.test)):
        p = model.predict(x, verbose=0)
        assert found[part]["loss"] == pytest.approx(np.mean((y - p) ** 2), rel=1e-5)
        assert found[part]["accuracy"] == np.mean((p > 0) == (y > 0))
    assert found["rate"] == pytest.approx(0.03)
    assert session.weights().size == 2 * 5 + 5 + 5 * 3 + 3 + 3 + 1


@pytest.mark.parametrize("task", [{}, {"loss": "crossentropy"}, {"data": "many_peaks"}])
def test_gradients_are_the_step_of_sgd(task):
    """A step of SGD with the rate 1 over all rows moves each kernel by its gradient."""
    page = Settings(rate=1.0, layers=(Block(3), Block(2)), penalty="l1", penalty_rate=0.01, **task)
    session = Session(page)
    sizes = session.measure()["gradients"]
    before = [layer.get_weights()[0] for layer in session.dense]
    session.model.train_on_batch(*session.points.train)
    moved = [np.linalg.norm(layer.get_weights()[0] - w) for layer, w in zip(session.dense, before)]
    assert sizes == pytest.approx(moved, rel=1e-4)


def test_regression_has_no_accuracy():
    assert Session(Settings(data="plane")).measure()["test"]["accuracy"] is None


# ---------------------------------------------------------------- edits
def test_edits_act_at_once_and_last():
    session = Session(Settings())
    session.advance(3)
    session.edit("weight", 2.5, 0, 1, 3)
    session.edit("bias", -1, 2, 0)
    session.edit("rate", 0.1)
    assert session.dense[0].get_weights()[0][1, 3] == 2.5 and session.dense[2].get_weights()[1][0] == -1
    assert session.measure()["rate"] == pytest.approx(0.1)
    plain = [[3, "weight", 2.5, 0, 1, 3], [3, "bias", -1.0, 2, 0], [3, "rate", 0.1]]
    assert session.state()["edits"] == plain and [edit_of(e).to_plain() for e in plain] == plain


def test_of_edits_of_one_place_at_one_step_the_last_counts():
    session = Session(Settings())
    for value in (1, 2, 3):
        session.edit("weight", value, 0, 0, 0)
    assert session.state()["edits"] == [[0, "weight", 3.0, 0, 0, 0]]


KINDS = st.one_of(st.tuples(st.just("rate"), st.sampled_from([0.001, 0.1, 1.0])),
                  st.tuples(st.just("weight"), st.floats(-2, 2, width=32), st.just(1), st.integers(0, 4),
                            st.integers(0, 2)),
                  st.tuples(st.just("bias"), st.floats(-2, 2, width=32), st.just(0), st.integers(0, 4)))  # fmt: skip


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 50), KINDS), max_size=5))
def test_a_link_trains_to_the_same_bits(history):
    session = Session(ALL)
    for steps, edit in history:
        session.advance(steps)
        session.edit(*edit)
    session.advance(20)
    again, until = session_of(unpack(pack(session.state())))
    for steps in (until // 3, until - until // 3):
        again.advance(steps)
    assert same(again, session) and again.state() == session.state()


def test_an_edit_while_a_link_is_on_its_way_begins_another_history():
    session, until = session_of({"settings": {}, "edits": [[5, "rate", 0.1], [50, "rate", 1.0]], "step": 60})
    session.advance(10)
    session.edit("bias", 1.0, 0, 0)
    assert until == 60 and session.state()["edits"] == [[5, "rate", 0.1], [10, "bias", 1.0, 0, 0]]


@pytest.mark.parametrize(("edit", "words"), [
    (("weight", 1.0, 3, 0, 0), "layer: received 3"), (("weight", 1.0, 0, 2, 0), "row: received 2"),
    (("weight", 1.0, 0, 0, 4), "column: received 4"), (("weight", float("nan"), 0, 0, 0), "finite number"),
    (("weight", 1e7, 0, 0, 0), r"\[-1000000.0, 1000000.0\]"), (("bias", 1.0, 0, 4), "column: received 4"),
    (("weight", 1.0, 0, 0), "expected"), (("speed", 1.0), "expected"), (("rate", 0.0), "rate"), (("rate", ""), "value"),
    (("weight", 1.0, -1, 0, 0), "received -1"), (("bias", None, 0, 0), "value"), ((["rate"], 1.0), "expected"),
])  # fmt: skip
def test_edits_that_are_none_change_nothing(edit, words):
    session = Session(Settings())
    with pytest.raises(ArgumentError, match=words):
        session.edit(*edit)
    assert same(session, Session(Settings())) and session.state()["edits"] == []


def test_a_page_keeps_so_many_edits():
    session = Session(Settings())
    session.edits.extend([edit_of([0, "rate", 0.1])] * MOST_EDITS)
    with pytest.raises(ArgumentError, match="keeps 1000 of them"):
        session.edit("bias", 1.0, 0, 0)


@pytest.mark.parametrize(("state", "words"), [
    ({}, "expected an object with settings"), ([], "expected an object"), ({"settings": {}, "more": 1}, "object"),
    ({"settings": {}, "step": MOST_STEPS + 1}, "step: received"), ({"settings": {}, "step": -1}, "step"),
    ({"settings": {}, "edits": 3}, "edits"), ({"settings": {}, "edits": [[0, "rate", 0.1]] * 1001}, "edits"),
    ({"settings": {}, "edits": [[9, "rate", 0.1], [3, "rate", 0.1]]}, "steps that go back"),
    ({"settings": {}, "edits": [[0, "weight", 1, 9, 0, 0]]}, "layer: received 9"),
])  # fmt: skip
def test_states_that_are_none(state, words):
    with pytest.raises(ArgumentError, match=words):
        session_of(state)


# ---------------------------------------------------------------- divergence
def test_a_network_that_diverges_says_where_and_stops(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    session = Session(DIVERGES)
    session.advance(1000)
    at = session.step
    assert 0 < at < 1000 and session.broken.startswith("Infinity in the loss") and f"step {at}" in session.broken
    session.advance(1000)
    assert session.step == at and os.listdir(tmp_path) == []
    again, until = session_of(session.state())
    again.advance(until)
    assert same(again, session) and until == at


def test_an_edit_lets_it_go_on():
    session = Session(DIVERGES)
    session.advance(1000)
    at = session.step
    session.edit("rate", 0.001)
    for layer, rows, columns in ((0, 2, 8), (1, 8, 8), (2, 8, 8), (3, 8, 1)):
        for row in range(rows):
            for column in range(columns):
                session.edit("weight", 0.1, layer, row, column)
        for column in range(columns):
            session.edit("bias", 0.0, layer, column)
    session.advance(10)
    assert session.step == at + 10 and not session.broken and np.isfinite(session.weights()).all()
