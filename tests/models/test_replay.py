"""The file that replays a step: the same diagnosis from the file alone; files are closed and damage has a name."""

import contextlib
import dataclasses
import functools
import io
import json
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fastnn as keras
from fastnn import layers, ops
from fastnn.core.errors import FastnnError, FileFormatError, NotFiniteError, UnknownNameError
from fastnn.models.replay import replay

pytestmark = pytest.mark.filterwarnings("ignore::fastnn.core.errors.DataWarning")
RNG = np.random.default_rng(3)
X, Y = RNG.random((24, 3), dtype="f4"), RNG.random((24, 1), dtype="f4")


@pytest.fixture(autouse=True, scope="module")
def _here(tmp_path_factory):
    """Files of steps go into a folder of the tests."""
    with contextlib.chdir(tmp_path_factory.mktemp("steps")):
        yield


def stopped(model, x, y, **arguments):
    """The error of a fit that stops."""
    with pytest.raises(NotFiniteError) as raised:
        model.fit(x, y, **{"batch_size": 8, "verbose": 0, "nan": "stop", "epochs": 4, **arguments})
    assert raised.value.file is not None, raised.value
    return raised.value


def logarithm(drop=0.0):
    keras.utils.set_random_seed(4)
    i = keras.Input((3,))
    h = layers.Dropout(drop)(layers.Dense(4, "relu", name="hidden")(i))
    model = keras.Model(i, layers.Dense(1, name="last")(ops.log(h - 0.01)))
    model.compile("adam", "mse")
    return model


def plain():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4, "relu"), layers.Dense(1)])
    model.compile("adam", "mse")
    return model


def planted():
    x = X.copy()
    x[17, 0] = np.nan
    return x


def several():
    one, two = keras.Input((3,), name="one"), keras.Input((3,), name="two")
    model = keras.Model({"one": one, "two": two}, [layers.Dense(1)(one), layers.Dense(1)(layers.Add()([one, two]))])
    model.compile("sgd", ["mse", "mae"])
    return model


CASES = {
    "forward": lambda: stopped(logarithm(), X, Y),
    "random numbers": lambda: stopped(logarithm(0.5), X, Y),
    "input": lambda: stopped(plain(), planted(), Y, shuffle=False),
    "batches": lambda: stopped(plain(), ((planted()[i : i + 8], Y[i : i + 8]) for i in (0, 8, 16)), None,
                               batch_size=None, epochs=1),
    "structures": lambda: stopped(several(), {"one": X, "two": planted()}, [Y, Y], sample_weight=None),
    "weights": lambda: stopped(plain(), planted(), Y, sample_weight=np.ones(24, "f4")),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_file_gives_the_same_diagnosis(case):
    error = CASES[case]()
    again = replay(error.file)
    assert again == error.finding
    assert again.phase == ("forward" if case in ("forward", "random numbers") else "input")


class Shifted(layers.Layer):
    """A layer of a user."""

    def call(self, x):
        return ops.log(x - 0.5)


def test_classes_of_the_user_are_named_or_passed():
    model = keras.Sequential([keras.Input((3,)), Shifted(name="shifted"), layers.Dense(1)])
    model.compile("sgd", "mse")
    error = stopped(model, X, Y)
    with pytest.raises(UnknownNameError, match="Shifted"):
        replay(error.file)
    assert replay(error.file, {"Shifted": Shifted}) == error.finding


def test_a_model_that_cannot_be_saved_says_so():
    class Closed(layers.Layer):
        def __init__(self, function):
            super().__init__()
            self.function = function

        def call(self, x):
            return self.function(x)

    model = keras.Sequential([keras.Input((3,)), Closed(lambda x: ops.log(x - 9)), layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(NotFiniteError, match="No file that replays it was written") as raised:
        model.fit(X, Y, verbose=0, nan="stop")
    assert raised.value.file is None and raised.value.finding.operation == "log"


@functools.cache
def members():
    """{name: bytes} of a file."""
    with zipfile.ZipFile(CASES["input"]().file) as archive:
        return {i.filename: archive.read(i) for i in archive.infolist()}


def write(members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile("changed.npz", "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return "changed.npz"


def npy(array):
    out = io.BytesIO()
    np.save(out, array, allow_pickle=True)
    return out.getvalue()


def about(**changes):
    fine = {"format": 1, "structures": {"x": 0, "y": 0, "sample_weight": None}, "rows": None}
    return npy(np.frombuffer(json.dumps({**fine, **changes}).encode(), np.uint8))


DAMAGE = {
    "newer": {"about.npy": about(format=2)},
    "no structure": {"about.npy": about(structures=3)},
    "other structure": {"about.npy": about(structures={"x": {"set": [0]}, "y": 0, "sample_weight": None})},
    "too many arrays wanted": {"about.npy": about(structures={"x": {"list": [0, 0, 0]}, "y": 0, "sample_weight": 0})},
    "wrong rows": {"about.npy": about(rows=[1, 2])},
    "rows of text": {"about.npy": about(rows=["1"] * 8)},
    "no JSON": {"about.npy": npy(np.zeros(5, np.uint8))},
    "no model": {"model.npy": None},
    "damaged model": {"model.npy": npy(np.arange(100, dtype=np.uint8))},
    "objects": {"batch_0.npy": npy(np.array([{}], object))},
    "text": {"batch_0.npy": npy(np.array(["a"]))},
    "a huge shape": {"batch_0.npy": npy(np.zeros(4, "f4")).replace(b"(4,)", b"(9**9,)"[:4])},
    "lengths that differ": {"batch_1.npy": npy(np.zeros((3, 1), "f4"))},
    "no rows": {"batch_0.npy": npy(np.zeros((), "f4"))},
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_has_a_name(damage):
    changed = {k: v for k, v in {**members(), **DAMAGE[damage]}.items() if v is not None}
    with pytest.raises(FileFormatError, match=r"changed\.npz"):
        replay(write(changed))


def test_compressed_members_are_refused():
    with pytest.raises(FileFormatError, match="compressed"):
        replay(write(members(), zipfile.ZIP_DEFLATED))


@settings(max_examples=40, deadline=None)
@given(st.booleans(), st.floats(0, 1, exclude_max=True), st.integers(0, 7))
def test_any_cut_or_flip_is_an_error_with_a_name_or_the_same(cut, where, bit):
    with open(write(members()), "rb") as file:
        raw = bytearray(file.read())
    at = int(where * len(raw))
    if cut:
        raw = raw[:at]
    else:
        raw[at] ^= 1 << bit
    with open("changed.npz", "wb") as file:
        file.write(raw)
    with contextlib.suppress(FastnnError):
        assert dataclasses.asdict(replay("changed.npz"))["phase"] == "input"
