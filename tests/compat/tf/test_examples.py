"""Examples: those of TensorFlow are read, any lists come back, and what does not fit is an error."""

import random

import numpy as np
import pytest
from compat.tf.test_records import STORED

from fastnn.compat.tensorflow import constant
from fastnn.compat.tf import examples
from fastnn.compat.tf.names import find
from fastnn.core.errors import ArgumentError, DataError

WANTED = {
    "n": examples.FixedLenFeature([2], "int64"), "x": examples.VarLenFeature("float32"),
    "s": examples.FixedLenFeature((2,), "string"), "more": examples.FixedLenFeature([], "float32", 7.0),
    "rows": examples.FixedLenSequenceFeature([1], "int64", allow_missing=True),
}  # fmt: skip


def row(i):
    """An example with every kind of list."""
    n = examples.Feature(int64_list=examples.Int64List(value=[i, -i - 1]))
    x = examples.Feature(float_list=examples.FloatList(value=[0.5 * i, 3e-5]))
    s = examples.Feature(bytes_list=examples.BytesList(value=[b"goat", ""]))
    return examples.Example(features=examples.Features(feature={"x": x, "n": n, "s": s, "none": examples.Feature()}))


def test_tensorflows_examples_are_read():
    stored = [STORED[12:82], STORED[98:168]]
    for i, data in enumerate(stored):
        found, mine = (examples.Example.FromString(d).features.feature for d in (data, row(i).SerializeToString()))
        assert found.keys() == mine.keys() and len(data) == len(row(i).SerializeToString())
        assert all(found[key].encoded() == mine[key].encoded() for key in found)
    found = examples.parse_single_example(stored[1], WANTED)
    assert found["n"].tolist() == [1, -2] and found["n"].dtype == np.int64
    np.testing.assert_array_equal(found["x"], np.array([0.5, 3e-5], "float32"))
    assert found["s"].tolist() == [b"goat", b""] and float(found["more"]) == 7 and found["rows"].shape == (0, 1)


def test_any_lists_come_back(tmp_path):
    rng = random.Random(3)
    for _ in range(50):
        ints = [rng.randrange(-(2**63), 2**63) >> rng.randrange(64) for _ in range(rng.randrange(5))]
        floats = [float(np.float32(rng.gauss(0, 10) ** 5)) for _ in range(rng.randrange(5))]
        texts = [rng.randbytes(rng.randrange(300)) for _ in range(rng.randrange(4))]
        lists = {
            "ints": examples.Feature(int64_list=examples.Int64List(value=ints)),
            "floats": examples.Feature(float_list=examples.FloatList(value=floats)),
            "texts": examples.Feature(bytes_list=examples.BytesList(value=texts)),
        }
        found = examples.Example()
        data = examples.Example(examples.Features(lists)).SerializeToString()
        assert found.ParseFromString(data) == len(data)
        table = found.features.feature
        assert (table["ints"].int64_list.value, table["floats"].float_list.value) == (ints, floats)
        assert table["texts"].bytes_list.value == texts


def test_several_examples_are_stacked():
    rows = np.empty(2, object)
    rows[:] = [row(i).SerializeToString() for i in range(2)]
    found = examples.parse_example(constant(rows), {"n": WANTED["n"], "x": WANTED["x"]})
    assert found["n"].tolist() == [[0, -1], [1, -2]] and found["x"].shape == (2, 2)
    shorter = examples.Feature(float_list=examples.FloatList(value=[1]))
    rows[0] = examples.Example(examples.Features({"x": shorter})).SerializeToString()
    sparse = examples.parse_example(constant(rows), {"x": WANTED["x"]})["x"]
    assert sparse.values.tolist() == [1.0, *found["x"][1].tolist()] and sparse.shape == (2, 2)
    padded = {"x": examples.FixedLenSequenceFeature([], "float32", allow_missing=True)}
    assert examples.parse_example(constant(rows), padded)["x"].tolist() == [[1.0, 0.0], found["x"][1].tolist()]


def test_pictures_in_records():
    picture = np.arange(24, dtype="uint8").reshape(2, 4, 3)
    kept = examples.Feature(bytes_list=examples.BytesList(value=[find("io.encode_png")(picture)]))
    data = examples.Example(examples.Features({"picture": kept})).SerializeToString()
    found = examples.parse_single_example(data, {"picture": examples.FixedLenFeature([], "string")})["picture"]
    assert found.numpy() == find("io.encode_png")(picture).numpy()


@pytest.mark.parametrize(
    "call, text",
    [
        (lambda: examples.parse_single_example(row(0).SerializeToString(), {"q": WANTED["n"]}), "required but could"),
        (lambda: examples.parse_single_example(row(0).SerializeToString(), {"x": WANTED["n"]}), "types don't match"),
        (
            lambda: examples.parse_single_example(
                row(0).SerializeToString(), {"n": examples.FixedLenFeature([3], "int64")}
            ),
            "Number of values 2",
        ),
        (lambda: examples.Example.FromString(b"\x0a\x7f"), "cut off"),
        (lambda: examples.Example.FromString(b"\x0b"), "wire type 3"),
    ],
)
def test_errors(call, text):
    with pytest.raises(DataError, match=text):
        call()


def test_lists_that_are_filled_after_they_were_made():
    row = examples.Example()
    row.features.feature["n"].int64_list.value.extend([np.int32(3), True])
    row.features.feature["x"].float_list.value.append(0.5)
    row.features.feature["s"].bytes_list.value.append("goat")
    found = examples.Example.FromString(row.SerializeToString())
    assert (
        found == row
        and found != examples.Example()
        and "'n': Feature(int64_list=Int64List(value=[3, 1]))" in repr(found)
    )
    kinds = {name: f.WhichOneof("kind") for name, f in found.features.feature.items()}
    assert kinds == {"n": "int64_list", "s": "bytes_list", "x": "float_list"}
    assert examples.Feature().WhichOneof("kind") is None and found.features.feature["s"].HasField("bytes_list")
    with pytest.raises(ArgumentError, match="expected 'kind'"):
        examples.Feature().WhichOneof("type")


@pytest.mark.parametrize("value", [1.5, 1.0, "a", 2**63, -(2**63) - 1])
def test_integers_of_64_bits(value):
    with pytest.raises(ArgumentError, match="expected an integer"):
        examples.Int64List(value=[value])
    row = examples.Feature()
    row.int64_list.value.append(value)
    with pytest.raises(ArgumentError, match="expected an integer"):
        row.encoded()


def test_sequences_need_allow_missing():
    with pytest.raises(ArgumentError, match="allow_missing=True"):
        wanted = {"n": examples.FixedLenSequenceFeature([], "int64")}
        examples.parse_single_example(row(1).SerializeToString(), wanted)
