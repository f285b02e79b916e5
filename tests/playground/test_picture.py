"""The bytes of a frame are the answers of the network on the plane."""

import json

import numpy as np
import pytest

from fastnn import Model
from fastnn.playground.own import read_csv
from fastnn.playground.picture import LARGE, SMALL, Picture, classes, positions, shades, shown_of, view_of
from fastnn.playground.points import FEATURES, columns
from fastnn.playground.session import Session
from fastnn.playground.settings import Block, Settings


def read(frame):
    """(header, {section: bytes as an array}) as the page reads them."""
    length = int.from_bytes(frame[:4], "little")
    head, at, out = json.loads(frame[4 : 4 + length]), 4 + length, {}
    assert at % 4 == 0  # where float32 may begin
    for name, size in head["sections"]:
        out[name] = np.frombuffer(frame[at : at + size], "<f4" if name == "weights" else "u1")
        at += size
    assert at == len(frame)
    return head, out


def own(kinds):
    rows = "".join(f"{k % 7},{k % 5},{k % 3},{kinds[k % len(kinds)]}\n" for k in range(30))
    return read_csv(rows)


PAGES = {
    "start": Settings(),
    "norm": Settings(layers=(Block(3, True, 0.2), Block(2, False)), activation="relu", optimizer="Adam"),
    "none": Settings(layers=()),
    "sigmoid": Settings(loss="crossentropy"),
    "numbers": Settings(data="many_peaks", features=("x1", "sin_x2")),
    "classes": Settings(data="own", own=own("abc"), features=("x1", "column_3")),
}


@pytest.mark.parametrize("name", PAGES)
def test_each_pixel_is_an_answer(name):
    page = PAGES[name]
    session = Session(page)
    session.advance(40)
    head, got = read(Picture(session).frame())
    count = session.points.x.shape[1]
    spread = (lambda a: 2 * a - 1) if page.output[1] in ("sigmoid", "softmax") else lambda a: a
    answer = session.model.predict(columns(positions(LARGE, count, (0, 1)), list(page.features)), verbose=0)
    expected = classes(answer) if page.classes > 2 else shades(spread(answer[:, 0]))
    assert np.abs(got["map"].astype(int) - expected).max() <= 1  # a rounding, at most
    small = columns(positions(SMALL, count, (0, 1)), list(page.features))
    made, x = [], small
    for k, layer in enumerate(session.model.layers):
        x = Model(session.model.inputs, layer.output).predict(small, verbose=0)
        if layer in session.dense:
            made.append(spread(x) if k == len(session.model.layers) - 1 else x)
        elif layer.name.startswith("norm"):
            made[-1] = x
    expected = shades(np.concatenate(made, 1).T).ravel()
    assert np.abs(got["neurons"].astype(int) - expected).max() <= 1
    assert len(got["neurons"]) == sum(layer.units for layer in session.dense) * SMALL**2
    assert np.array_equal(got["weights"], session.weights())
    assert head["step"] == 40 and head["test"] == session.measure()["test"] and head["broken"] == ""


def test_a_neuron_in_the_large_picture():
    session = Session(Settings())
    picture = Picture(session)
    first = session.dense[0].get_weights()[0][:, 2]
    _, got = read(picture.frame(view=(0, 2)))
    assert np.abs(got["map"] - shades(np.tanh(positions(LARGE, 2, (0, 1)) @ first)).astype(int)).max() <= 1
    _, plain = read(picture.frame())
    assert not np.array_equal(plain["map"], got["map"])
    _, output = read(picture.frame(view=(2, 0)))
    assert np.array_equal(plain["map"], output["map"])


def test_the_inputs_pictures():
    session = Session(PAGES["classes"])
    got = Picture(session).features((0, 2))
    assert list(got) == [*FEATURES, "column_3"] and {len(b) for b in got.values()} == {SMALL**2}
    plane = np.frombuffer(got["column_3"], "u1").reshape(SMALL, SMALL)
    assert (plane == plane[:, :1]).all() and plane[0, 0] == 254 and plane[-1, 0] == 0  # upwards
    assert set(got["x2"]) == {127}


def test_what_diverged_is_grey_and_json():
    session = Session(Settings(layers=(Block(2),)))
    session.model.set_weights([np.full_like(w, np.nan) for w in session.model.get_weights()])
    head, got = read(Picture(session).frame())
    assert set(got["map"]) == set(got["neurons"]) == {255}
    assert head["test"]["loss"] is None and head["gradients"] == [None, None]


@pytest.mark.parametrize("plain", [None, [], [0], [0, 9], [9, 0], [-1, 0], ["0", 0], [True, 0], [0, 1, 2], {"a": 1}, 3])
def test_views_of_nothing(plain):
    session = Session(Settings())
    assert view_of(session, plain) is None and shown_of(session, plain) == (0, 1)


def test_views_of_something():
    session = Session(PAGES["classes"])
    assert (
        view_of(session, [0, 1]) == (0, 1)
        and shown_of(session, [2, 0]) == (2, 0)
        and shown_of(session, [1, 1]) == (0, 1)
    )
