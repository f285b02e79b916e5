"""FeatureSpace against Keras: on tables, new rows and single rows, in models, in data sets; errors."""

import json
from pathlib import Path

import numpy as np
import pytest
from layers.feature_space_calls import ONE, SPACES, TABLE, results

import fastnn
from fastnn import layers
from fastnn.data import Dataset
from fastnn.utils import FeatureSpace

STORED = json.loads((Path(__file__).parent / "feature_space_values.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def found():
    return results(FeatureSpace, layers)


@pytest.mark.parametrize("name", SPACES)
def test_as_keras(name, found):
    for mine, stored in zip(found[name], STORED[name], strict=True):
        if isinstance(stored, dict):
            assert mine.keys() == stored.keys()
            for key, value in stored.items():
                np.testing.assert_allclose(mine[key], value, atol=1e-4)
        else:
            np.testing.assert_allclose(mine, stored, atol=1e-4)


def adapted(name):
    space = SPACES[name](FeatureSpace, layers)
    table = {k: np.array(TABLE[k], object if k == "s" else None) for k in space.features}
    space.adapt(Dataset.from_tensor_slices(table).batch(3))
    return space, table


@pytest.mark.parametrize("name", [n for n in SPACES if n != "dict"])
def test_in_a_model(name):
    space, table = adapted(name)
    encoded = space.get_encoded_features()
    dense = layers.Dense(1)
    model = fastnn.Model(space.get_inputs(), dense(encoded))
    expected = space(table)
    assert encoded.shape == (None, expected.shape[1])
    np.testing.assert_allclose(model.predict(table, verbose=0), dense(expected), rtol=1e-5, atol=1e-6)
    model.compile("sgd", "mse")
    labelled = Dataset.from_tensor_slices((table, np.ones(8))).batch(4)
    assert np.isfinite(model.fit(labelled, verbose=0).history["loss"][0])
    prepared = labelled.map(lambda x, y: (space(x), y))
    np.testing.assert_array_equal(np.concatenate([x for x, _ in prepared]), expected)


@pytest.mark.parametrize("name", SPACES)
def test_config(name):
    space, table = adapted(name)
    again = FeatureSpace.from_config(space.get_config())
    again.adapt(table)
    one = {k: ONE[k] for k in table}
    a, b = space(one), again(one)
    for key in a if isinstance(a, dict) else [...]:
        np.testing.assert_array_equal(a[key], b[key])
    assert again.output_mode == space.output_mode and [c.name for c in again.crosses] == [c.name for c in space.crosses]


WRONG = [
    (lambda: FeatureSpace({}), "cannot be None or empty"),
    (lambda: FeatureSpace({"a": "words"}), "Invalid feature type"),
    (lambda: FeatureSpace({"a": "float"}, output_mode="list"), "output_mode"),
    (lambda: FeatureSpace({"a": "float"}, crosses=[("a", "b")]), "unknown features"),
    (lambda: FeatureSpace({"a": "float"}, crosses=[("a",)], crossing_dim=None), "crossing_dim"),
    (lambda: FeatureSpace.cross(("a", "b"), 3, "float"), "output_mode"),
    (lambda: FeatureSpace.feature("float32", None, "words"), "output_mode"),
    (lambda: FeatureSpace({"a": "float_normalized"})({"a": 1.0}), r"call `.adapt\(dataset\)`"),
    (lambda: FeatureSpace({"a": "float_normalized"}).adapt([1.0]), "can only be called on"),
    (lambda: FeatureSpace({"a": "float"})(3.0), "only be called with a dict"),
    (lambda: FeatureSpace({"a": FeatureSpace.string_hashed(3, output_mode="int")})({"a": "b"}), "Cannot concatenate"),
    (lambda: FeatureSpace({"a": FeatureSpace.feature("float32", layers.Rescaling(2), "one_hot")})({"a": 1.0}),
     "return an integer dtype"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "words"), WRONG)
def test_errors(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize("name", SPACES)
def test_files(name, tmp_path):
    space, table = adapted(name)
    space.save(tmp_path / "space.keras")
    again = fastnn.saving.load_model(tmp_path / "space.keras")
    again.save(tmp_path / "again.keras")
    third = fastnn.saving.load_model(tmp_path / "again.keras")
    for rows in (table, {k: ONE[k] for k in table}):
        expected, *found = (s(rows) for s in (space, again, third))
        for one in found:
            for key in expected if isinstance(expected, dict) else [...]:
                np.testing.assert_array_equal(one[key], expected[key])
    assert again.get_config() == space.get_config() and again.built
    if name != "dict":
        model = fastnn.Model(third.get_inputs(), third.get_encoded_features())
        np.testing.assert_allclose(model.predict(table, verbose=0), space(table), rtol=1e-6, atol=1e-7)


def test_a_file_of_a_space_that_was_not_adapted(tmp_path):
    space = FeatureSpace({"a": "float_normalized", "b": "string_categorical"})
    with pytest.warns(UserWarning, match="not yet been built"):
        space.save(tmp_path / "space.keras")
    again = fastnn.saving.load_model(tmp_path / "space.keras")
    with pytest.raises(ValueError, match=r"call `.adapt\(dataset\)`"):
        again({"a": 1.0, "b": "x"})
    again.adapt({"a": [1.0, 3.0], "b": ["x", "y"]})
    assert again({"a": 1.0, "b": "x"}).shape == (4,)


def test_only_keras_files(tmp_path):
    space, _ = adapted("own")
    with pytest.raises(ValueError, match="requires the model to be a Functional model"):
        space.save(tmp_path / "space.h5")
    with pytest.raises(ValueError, match="Invalid filepath extension"):
        space.save(tmp_path / "space")


def test_a_file_of_keras():
    """feature_space.keras: written by Keras 3.15.1 on TensorFlow, packed anew; what it gives for the row is below.

    features f "float", g "float_normalized", s "string_categorical", i integer_categorical(max_tokens=3),
    d float_discretized(3); crosses ("s", "i") of crossing_dim 4 and cross(("i", "s"), 3).
    """
    space = fastnn.saving.load_model(Path(__file__).parent / "feature_space.keras")
    found = space({"f": [0.5], "g": [2.5], "s": ["b"], "i": [2], "d": [2.2]})
    np.testing.assert_allclose(found, [[0, 1, 0, 0.5, 0, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0]], atol=1e-6)


@pytest.mark.parametrize("make", [layers.StringLookup, layers.TextVectorization], ids=lambda c: c.__name__)
def test_configs_of_adapted_lookups_say_how_large_they_are(make):
    config = {**make(vocabulary=["a"]).get_config(), "vocabulary_size": 3, "has_input_vocabulary": False}
    assert make.from_config(config).get_vocabulary() == make(vocabulary=["a"]).get_vocabulary()
