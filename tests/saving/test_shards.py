"""Weights in several files, with the index that Keras writes; and layers that are left out."""

import json
import os

import numpy as np
import pytest

import fastnn
from fastnn import layers, saving
from fastnn.core.errors import ArgumentError, FileFormatError, MissingFileError
from fastnn.saving import hdf5, shards

KB = 1024 / shards.GIGABYTE


def made(seed=0):
    fastnn.utils.set_random_seed(seed)
    inner = fastnn.Sequential([fastnn.Input((8,)), layers.Dense(16)])
    return fastnn.Sequential([fastnn.Input((8,)), inner, layers.BatchNormalization(), layers.Dense(16)])


def equal(a, b):
    return all(map(np.array_equal, a.get_weights(), b.get_weights()))


@pytest.mark.parametrize("size, files", [(1, 1), (1.3 * KB, 2), (1.0 * KB, 3)])
def test_there_and_back(tmp_path, size, files):
    model, path = made(), tmp_path / "w.weights.json"
    model.save_weights(path, max_shard_size=size)
    names = [f"w_{i:05}.weights.h5" for i in range(files)]
    assert sorted(os.listdir(tmp_path)) == sorted([*names, "w.weights.json"])
    index = json.loads(path.read_text())
    assert index["metadata"]["total_size"] == 4 * model.count_params()
    found = [index["weight_map"][g] for g in sorted(index["weight_map"])]
    assert sorted({f for n in found for f in (n if isinstance(n, list) else [n])}) == names
    assert "/layers/sequential/layers/dense/vars" in index["weight_map"]
    other = made(1)
    assert not equal(model, other)
    other.load_weights(path)
    assert equal(model, other)


def test_names(tmp_path):
    with pytest.warns(UserWarning, match="will be renamed"):
        made().save_weights(tmp_path / "w.weights.h5", max_shard_size=1)
    assert "w.weights.json" in os.listdir(tmp_path)
    with pytest.raises(ArgumentError, match=r"must end in `\.weights\.json`"):
        made().save_weights(tmp_path / "w.h5", max_shard_size=1)
    with pytest.raises(ArgumentError, match="exceeds the maximum shard size"):
        made().save_weights(tmp_path / "x.weights.json", max_shard_size=0.1 * KB)


@pytest.mark.parametrize(
    "change, error, words",
    [
        (lambda i: i["weight_map"].update({"/x": "../w_00000.weights.h5"}), FileFormatError, "names the file"),
        (lambda i: i["weight_map"].update({"/x": 3}), FileFormatError, "names the file 3"),
        (lambda i: i["weight_map"].update({"/x": "more.weights.h5"}), MissingFileError, "File not found"),
        (lambda i: i.update(weight_map=[]), FileFormatError, "'weight_map'"),
        (lambda i: i.update(weight_map={}), FileFormatError, "does not fit"),
    ],
)
def test_damaged_indices(tmp_path, change, error, words):
    path = tmp_path / "w.weights.json"
    model = made()
    model.save_weights(path, max_shard_size=1.3 * KB)
    index = json.loads(path.read_text())
    change(index)
    path.write_text(json.dumps(index))
    before = model.get_weights()
    with pytest.raises(error, match=words):
        model.load_weights(path)
    assert all(map(np.array_equal, before, model.get_weights()))


def test_an_array_in_two_shards(tmp_path):
    path = tmp_path / "w.weights.json"
    model = made()
    model.save_weights(path, max_shard_size=1)
    (tmp_path / "v_00000.weights.h5").write_bytes((tmp_path / "w_00000.weights.h5").read_bytes())
    path.write_text(json.dumps({"weight_map": {"/a": ["w_00000.weights.h5", "v_00000.weights.h5"]}}))
    with pytest.raises(FileFormatError, match="is in"):
        model.load_weights(path)


def test_splitting_keeps_every_array_and_no_empty_part():
    rng = np.random.default_rng(0)
    for _ in range(50):
        tree = {f"g{i}": ({"name": str(i)}, {str(j): np.zeros(int(rng.integers(1, 9))) for j in range(3)})
                for i in range(4)}  # fmt: skip
        parts = shards.split(tree, 64 + 8 * int(rng.integers(0, 20)))
        found = [(g, n) for part in parts for g, (_, arrays) in part.items() for n in arrays]
        assert found == [(g, n) for g, (_, arrays) in tree.items() for n in arrays]
        assert all(any(arrays for _, arrays in part.values()) for part in parts)


@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize("at", ["saving", "loading"])
def test_layers_that_are_left_out(tmp_path, which, at):
    path, model, other = tmp_path / "w.weights.h5", made(), made(1)
    for layer in other.layers[1].weights:
        layer.assign(np.full(layer.shape, 7.0))
    model.save_weights(path, objects_to_skip=[model.layers[which]] if at == "saving" else None)
    if at == "saving":
        with hdf5.reading(path.read_bytes()) as reader:
            assert not [p for p in reader.arrays() if p.startswith("layers/sequential")] or which != 0
    before = [layer.get_weights() for layer in other.layers]
    other.load_weights(path, objects_to_skip=[other.layers[which]])
    for i, (mine, theirs) in enumerate(zip(other.layers, model.layers, strict=True)):
        expected = before[i] if i == which else theirs.get_weights()
        assert all(map(np.array_equal, mine.get_weights(), expected))


def test_refused_ways_to_load(tmp_path):
    model = made()
    model.save(tmp_path / "m.keras")
    for kwargs, words in [
        ({"objects_to_skip": []}, r"only supports loading '\.weights\.h5' files"),
        ({"by_name": True}, "only supports loading legacy"),
        ({"bad": None}, "Invalid keyword arguments"),
    ]:
        with pytest.raises(ArgumentError, match=words):
            saving.load_weights(model, tmp_path / "m.keras", **kwargs)
