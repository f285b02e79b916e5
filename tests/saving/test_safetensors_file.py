"""`.safetensors`: weights by their paths, the config beside them; a bad file changes nothing."""

import json
import struct

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

import fastnn
from fastnn import layers
from fastnn.core.errors import FileFormatError, MissingFileError


def net(name="net"):
    return fastnn.Sequential(
        [fastnn.Input((4,)), layers.Dense(3, "relu", name="a"), layers.BatchNormalization(name="n")], name=name
    )


@pytest.fixture
def file(tmp_path):
    fastnn.utils.set_random_seed(3)
    model = net()
    model.export(tmp_path / "m.safetensors", verbose=False)
    return model, tmp_path / "m.safetensors"


def test_others_read_it(file):
    model, path = file
    found = load_file(path)
    assert set(found) == {v.path for v in model.weights}
    for v in model.weights:
        np.testing.assert_array_equal(found[v.path], v.numpy())
    with safe_open(path, "numpy") as opened:
        assert json.loads(opened.metadata()["fastnn_config"])["config"]["name"] == "net"


def test_it_is_loaded_as_a_model_and_as_weights(file):
    model, path = file
    x = np.ones((2, 4), "float32")
    read = fastnn.models.load_model(path)
    np.testing.assert_array_equal(read(x), model(x))
    other = net("other")  # paths begin with another name: the order decides
    other.load_weights(path)
    np.testing.assert_array_equal(other(x), model(x))


def test_what_does_not_fit_is_listed_and_nothing_changes(file):
    model, path = file
    small = fastnn.Sequential([fastnn.Input((5,)), layers.Dense(3, name="a")], name="net")
    before = small.get_weights()
    with pytest.raises(FileFormatError, match=r"'net/a/kernel' has the shape \(4, 3\), the model's \(5, 3\)"):
        small.load_weights(path)
    np.testing.assert_array_equal(small.get_weights()[0], before[0])
    with pytest.warns(UserWarning, match="These were skipped"):
        small.load_weights(path, skip_mismatch=True)
    np.testing.assert_array_equal(small.get_weights()[1], model.get_weights()[1])


def test_files_of_others(tmp_path):
    save_file(
        {"net/a/kernel": np.ones((4, 3), "float32"), "net/a/bias": np.ones(3, "float32")}, tmp_path / "o.safetensors"
    )
    model = fastnn.Sequential([fastnn.Input((4,)), layers.Dense(3, name="a")], name="net")
    model.load_weights(tmp_path / "o.safetensors")
    assert model.get_weights()[0].sum() == 12
    with pytest.raises(FileFormatError, match="without the config"):
        fastnn.models.load_model(tmp_path / "o.safetensors")


def test_damage_anywhere_is_refused(file, tmp_path):
    _, path = file
    data = path.read_bytes()
    bad = [data[:n] for n in range(0, len(data), 37)] + [struct.pack("<Q", 1 << 60) + data[8:], b"PK\x03\x04" + data]
    for k, content in enumerate(bad):
        (tmp_path / f"{k}.safetensors").write_bytes(content)
        for load in (fastnn.models.load_model, net().load_weights):
            with pytest.raises(FileFormatError):
                load(tmp_path / f"{k}.safetensors")
    with pytest.raises(MissingFileError, match=r"no\.safetensors"):
        fastnn.models.load_model(tmp_path / "no.safetensors")
