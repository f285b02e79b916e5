"""The file of a training run whose text says something else: a named error, and nothing has changed."""

from __future__ import annotations

import io
import json

import h5py
import numpy as np
import pytest

import fastnn as keras
from fastnn import layers
from fastnn.core.errors import FileFormatError
from fastnn.saving import hdf5, run, streams


def model():
    """Dropout has a random stream, a stateful layer has state between batches."""
    return keras.Sequential([keras.Input(batch_shape=(2, 3, 1)), layers.LSTM(2, stateful=True), layers.Dropout(0.5)])


def edited(data, change):
    """The file with other text, without checksums."""
    with h5py.File(io.BytesIO(data), "r+") as file:
        group = file[run.GROUP]
        said = json.loads(bytes(group[run.TEXT][()].tobytes()))
        change(said)
        del group[run.TEXT]
        group[run.TEXT] = np.frombuffer(json.dumps(said).encode(), np.uint8)
        for key in (hdf5.DIGEST, hdf5._SEALED):
            del file.attrs[key]
        file.flush()
        return file.id.get_file_image()


@pytest.mark.parametrize("change", [
    lambda said: said.pop("random"), lambda said: said.pop("state"), lambda said: said.update(between=[]),
    lambda said: said.update(between=dict.fromkeys(said["between"], 7)),
    lambda said: said.update(between={key: ["x", []] for key in said["between"]}),
    lambda said: said.update(between={}), lambda said: said.update(random=[]),
    lambda said: said.update(format=2), lambda said: said["state"].update(best={"__array__": 99}),
    lambda said: said["state"].update(best={"__array__": -1}),
])  # fmt: skip
def test_other_text(change, tmp_path):
    path = tmp_path / "run"
    run.save_run(model(), path, {"epoch": 3, "best": np.arange(3.0)})
    path.write_bytes(edited(path.read_bytes(), change))
    into = model()
    before = into.get_weights(), streams.dump(into)
    with pytest.raises(FileFormatError):
        run.load_run(into, path)
    assert all(np.array_equal(a, b) for a, b in zip(before[0], into.get_weights())) and streams.dump(into) == before[1]


def test_the_same_text(tmp_path):
    path = tmp_path / "run"
    run.save_run(model(), path, {"epoch": 3, "best": np.arange(3.0)})
    path.write_bytes(edited(path.read_bytes(), lambda said: None))
    state = run.load_run(model(), path)
    assert state["epoch"] == 3 and state["best"].tolist() == [0.0, 1.0, 2.0]
