"""The variables of a model as nested dicts, there and back."""

import numpy as np
import pytest

import fastnn
from fastnn import layers
from fastnn.core.errors import ArgumentError, NotSupportedError, ShapeError
from fastnn.models.state_tree import FORMATS, _flat


def trained():
    inner = fastnn.Sequential([fastnn.Input((3,)), layers.Dense(2, name="d")], name="inner")
    x = fastnn.Input((3,))
    model = fastnn.Model(x, layers.BatchNormalization(name="bn")(inner(x)))
    model.compile(fastnn.optimizers.Adam(name="adam"), "mse", metrics=["mae"])
    rng = np.random.default_rng(0)
    model.fit(rng.normal(size=(8, 3)), rng.normal(size=(8, 2)), verbose=0)
    return model


def flat(tree):
    return {f"{group}/{path}": value for group, values in tree.items() for path, value in _flat(values)}


@pytest.mark.parametrize("value_format", ["backend_tensor", "numpy_array"])
def test_there_and_back(value_format):
    model, other = trained(), trained()
    tree = model.get_state_tree(value_format)
    paths = list(flat(tree))
    assert "trainable_variables/inner/d/kernel" in paths and "non_trainable_variables/bn/moving_mean" in paths
    assert "optimizer_variables/adam/inner_d_kernel_momentum" in paths and "metrics_variables/loss/total" in paths
    other.set_state_tree(tree)
    for path, value in flat(other.get_state_tree("numpy_array")).items():
        np.testing.assert_array_equal(value, flat(tree)[path], path)


def test_a_part_of_a_tree_sets_that_part():
    model = trained()
    before = flat(model.get_state_tree("numpy_array"))
    model.set_state_tree({"trainable_variables": {"bn": {"gamma": [5.0, 6.0]}}})
    after = flat(model.get_state_tree("numpy_array"))
    changed = [path for path in before if not np.array_equal(before[path], after[path])]
    assert changed == ["trainable_variables/bn/gamma"] and list(after[changed[0]]) == [5.0, 6.0]


def test_a_model_that_is_not_compiled_has_no_optimizer():
    model = fastnn.Sequential([fastnn.Input((2,)), layers.Dense(1)])
    assert model.get_state_tree()["optimizer_variables"] == {}


def test_what_does_not_fit():
    model = trained()
    with pytest.raises(ArgumentError, match="value_format=list"):
        model.get_state_tree("list")
    with pytest.raises(ArgumentError, match="Unknown variable name: weights"):
        model.set_state_tree({"weights": {}})
    with pytest.warns(UserWarning, match="no variables trainable_variables: x/y"):
        model.set_state_tree({"trainable_variables": {"x": {"y": 1.0}}})
    with pytest.raises(ShapeError):
        model.set_state_tree({"trainable_variables": {"bn": {"gamma": [1.0]}}})


def test_two_variables_of_one_path():
    class Twins(fastnn.Model):
        def __init__(self):
            super().__init__()
            self.one, self.two = (layers.Dense(2, name="same") for _ in range(2))

        def call(self, x):
            return self.two(self.one(x))

    model = Twins()
    model(np.ones((1, 2)))
    with pytest.raises(ArgumentError, match=r"found twice in the model: '.*same/kernel'"):
        model.get_state_tree()


@pytest.mark.parametrize("format, error", [*((f, NotSupportedError) for f in FORMATS), ("bad", ArgumentError)])
def test_export_says_what_to_do_instead(format, error, tmp_path):
    with pytest.raises(error, match=r"keras\.models\.load_model|Unrecognized format=bad|not built of layers"):
        fastnn.Sequential([fastnn.Input((2,))]).export(tmp_path / "x", format=format)
    assert list(tmp_path.iterdir()) == []


def test_an_export_of_an_unknown_ending_names_the_file(tmp_path):
    with pytest.raises(NotSupportedError, match=r"net\.tflite'.*ends in \.onnx"):
        fastnn.Sequential([fastnn.Input((2,))]).export(tmp_path / "net.tflite")
