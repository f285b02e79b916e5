"""Layers and operations on inputs with unknown sizes: inferred as in Keras, and run on arrays of several sizes."""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from unknown_sizes.cases import CASES, call, data, name_of, shapes

import fastnn
from fastnn.layers import nest

KERAS = json.loads(Path(__file__).with_name("keras_shapes.json").read_text())
# (rows, size) to run with: these fit everything but what asks for certain ones
SIZES = (2, 8), (3, 12)
ONLY = {
    "L.Reshape((4, 3))(x) [[?, 6]]": [(2, 2)],
    "L.Maximum()([x, y]) [[?, 3], [4, 3]]": [(2, 4)],
    "L.Concatenate()([x, y]) [[?, ?, 3], [?, 6, 4]]": [(2, 6)],
    "x * y [[?, 3], [3]]": [(2, 2), (3, 3)],
    "ops.broadcast_to(x, (2, 4, 3)) [[1, 3]]": [(2, 8)],
}


def test_the_stored_shapes_are_those_of_the_cases():
    assert list(KERAS) == list(dict.fromkeys(map(name_of, CASES))), "run make_keras_shapes.py"


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_inferred_as_keras(case):
    assert shapes(call(fastnn, case)[1]) == KERAS[name_of(case)]


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_runs_on_arrays_of_several_sizes(case):
    inputs, outputs = call(fastnn, case)
    model = fastnn.Model(inputs, outputs)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "A lambda has no name")
        config = model.get_config()
    again = model if "lambda" in case[0] else fastnn.Model.from_config(json.loads(json.dumps(config)))
    again.set_weights(model.get_weights())
    for rows, size in ONLY.get(name_of(case), SIZES):
        arrays = data(case, rows, size)
        results = nest.flatten(model(arrays))
        for symbol, result in zip(model.outputs, results, strict=True):
            assert len(symbol.shape) == len(result.shape)
            assert all(d in (None, n) for d, n in zip(symbol.shape, result.shape)), (symbol.shape, result.shape)
        for result, other, reread in zip(
            results, nest.flatten(model.predict(arrays, verbose=0)), nest.flatten(again(arrays)), strict=True
        ):
            np.testing.assert_allclose(result, other, rtol=1e-4, atol=1e-5)
            np.testing.assert_allclose(result, reread, rtol=1e-4, atol=1e-5)


def test_summary_shows_unknown_sizes_as_none():
    inputs = fastnn.Input((None, None, 3))
    model = fastnn.Model(inputs, fastnn.layers.Conv2D(4, 3)(inputs))
    lines = []
    model.summary(line_length=88, print_fn=lines.append)
    assert "(None, None, None, 4)" in "\n".join(lines)


def test_summary_names_operations_as_keras():
    inputs = fastnn.Input((None, 3))
    lines = []
    fastnn.Model(inputs, inputs[:, 1:]).summary(line_length=88, print_fn=lines.append)
    assert "(GetItem)" in "\n".join(lines)
