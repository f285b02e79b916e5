"""The file of a training run whose text says something else: a named error, and nothing has changed."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

import fastnn as keras
from fastnn import layers
from fastnn.core.errors import FileFormatError
from fastnn.saving import run, run_file, streams


def model():
    """Dropout has a random stream, a stateful layer has state between batches."""
    return keras.Sequential([keras.Input(batch_shape=(2, 3, 1)), layers.LSTM(2, stateful=True), layers.Dropout(0.5)])


def edited(data, change):
    """The file with another header, and a new checksum."""
    head, body = len(run_file.MAGIC) + run_file._LENGTH.size, data[: -run_file._DIGEST]
    (size,) = run_file._LENGTH.unpack(body[len(run_file.MAGIC) : head])
    header = json.loads(body[head : head + size])
    change(header)
    text = json.dumps(header).encode()
    body = b"".join((run_file.MAGIC, run_file._LENGTH.pack(len(text)), text, body[head + size :]))
    return body + hashlib.sha256(body).digest()


def run_of(change):
    """A change of the plain data."""
    return lambda said: change(said["run"])


def first_array(place, value):
    """Another word of the entry of the first array."""
    return lambda said: said["arrays"][0].__setitem__(place, value)


@pytest.mark.parametrize("change", [
    run_of(lambda run: run.pop("random")), run_of(lambda run: run.pop("state")),
    run_of(lambda run: run.update(between=[])),
    run_of(lambda run: run.update(between=dict.fromkeys(run["between"], 7))), run_of(lambda run: run.update(random=[])),
    run_of(lambda run: run.update(between={key: ["x", []] for key in run["between"]})),
    run_of(lambda run: run.update(between={})), run_of(lambda run: run["state"].update(best={"__array__": 99})),
    run_of(lambda run: run["state"].update(best={"__array__": -1})),
    run_of(lambda run: run["state"].update(x={"__float__": "1"})),
    lambda said: said.update(format=3), lambda said: said.update(run=7), lambda said: said.pop("names"),
    lambda said: said.update(names=[]), lambda said: said.pop("arrays"), lambda said: said["arrays"].append(7),
    lambda said: said["arrays"].append(said["arrays"][0]), first_array(0, None), first_array(1, "O"),
    first_array(1, "|V8"), first_array(1, "<f4,<f4"), first_array(2, [-1]), first_array(2, [2**40]),
    first_array(2, 7), first_array(2, [1.0]),
    first_array(3, -1), first_array(3, 2**62), first_array(3, None)])  # fmt: skip
def test_other_text(change, tmp_path):
    path = tmp_path / "run"
    run.save_run(model(), path, {"epoch": 3, "best": np.arange(3.0)})
    path.write_bytes(edited(path.read_bytes(), change))
    into = model()
    before = into.get_weights(), streams.dump(into)
    with pytest.raises(FileFormatError):
        run.load_run(into, run_file.read_run(path))
    assert all(np.array_equal(a, b) for a, b in zip(before[0], into.get_weights())) and streams.dump(into) == before[1]


def test_the_same_text(tmp_path):
    path = tmp_path / "run"
    run.save_run(model(), path, {"epoch": 3, "best": np.arange(3.0)})
    path.write_bytes(edited(path.read_bytes(), lambda said: None))
    state = run.load_run(model(), run_file.read_run(path))
    assert state["epoch"] == 3 and state["best"].tolist() == [0.0, 1.0, 2.0]
