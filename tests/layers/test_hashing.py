"""Hashing and HashedCrossing against Keras's bins; shapes that models see; errors."""

import json
from pathlib import Path

import numpy as np
import pytest
from layers.hashing_calls import CALLS, results

import fastnn
from fastnn import layers

STORED = json.loads((Path(__file__).parent / "hashing_values.json").read_text(encoding="utf-8"))


def test_bins_of_keras():
    assert results(layers) == STORED and set(CALLS) == set(STORED)


@pytest.mark.parametrize("shape", [(1,), (3,)])
@pytest.mark.parametrize("mode", ["int", "one_hot", "multi_hot", "count"])
def test_in_a_model(shape, mode):
    x = fastnn.Input(shape, dtype="string")
    layer = layers.Hashing(5, output_mode=mode)
    data = np.array([list("abc"), list("dea"), list("bbb"), list("cda")])[:, : shape[0]]
    model = fastnn.Model(x, layer(x))
    expected = layer(data)
    np.testing.assert_array_equal(model.predict(data, verbose=0), expected)
    again = fastnn.Model.from_config(model.get_config())
    np.testing.assert_array_equal(again.predict(data, verbose=0), expected)


@pytest.mark.parametrize("mode", ["int", "one_hot"])
def test_crossing_in_a_model(mode):
    a, b = fastnn.Input((1,), dtype="string"), fastnn.Input((1,), dtype="int64")
    layer = layers.HashedCrossing(6, output_mode=mode)
    data = [np.array([["a"], ["b"]]), np.array([[1], [2]])]
    model = fastnn.Model([a, b], layer([a, b]))
    expected = layer(data)
    assert model.output_shape == (None, *expected.shape[1:])
    np.testing.assert_array_equal(model.predict(data, verbose=0), expected)


WRONG = [
    (lambda: layers.Hashing(None), "cannot be `None` or non-positive"),
    (lambda: layers.Hashing(0), "cannot be `None` or non-positive"),
    (lambda: layers.Hashing(2, output_mode="x"), "Invalid value for argument `output_mode`"),
    (lambda: layers.Hashing(2, dtype="float32"), "should be an integer type"),
    (lambda: layers.Hashing(2, sparse=True), "`sparse` may only be true"),
    (lambda: layers.Hashing(2, salt="x"), "can only be a tuple of size 2"),
    (lambda: layers.Hashing(2, salt=[1]), "can only be a tuple of size 2"),
    (lambda: layers.HashedCrossing(2, output_mode="count"), "output_mode"),
    (lambda: layers.HashedCrossing(2, sparse=True), "`sparse` may only be true"),
    (lambda: layers.HashedCrossing(2)(np.array(["a"])), "a list or tuple of inputs"),
    (lambda: layers.HashedCrossing(2)([np.array(["a"])]), "at least two inputs"),
    (lambda: layers.HashedCrossing(2)([np.array(["a"]), np.array(["a", "b"])]), "equal shape"),
    (lambda: layers.HashedCrossing(2)([np.ones((2, 2), int)] * 2), "should have shape"),
    (lambda: layers.HashedCrossing(2)([np.ones(2)] * 2), "integer or string dtype"),
]


@pytest.mark.parametrize(("call", "words"), WRONG)
def test_errors(call, words):
    with pytest.raises(ValueError, match=words):
        call()
