"""Every layer against numbers that Keras 3 gave (make_keras_numbers.py says how): values, shapes, names, configs."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from layers.make_keras_numbers import CASES, call

import fastnn
from fastnn import Input, layers

NUMBERS = np.load(Path(__file__).with_name("keras_numbers.npz"))
NAMES = {n: getattr(layers, n) for n in layers.__all__}


def stored(k, letter):
    out = []
    while f"{k}{letter}{len(out)}" in NUMBERS:
        out.append(NUMBERS[f"{k}{letter}{len(out)}"])
    return out


def close(mine, theirs):
    assert [m.shape for m in mine] == [t.shape for t in theirs]
    for m, t in zip(mine, theirs):
        np.testing.assert_allclose(m, t, rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize("k", range(len(CASES)), ids=[re.sub(r"[^\w]+", "-", text) for text, _ in CASES])
def test_layer(k):
    text, _ = CASES[k]
    layer = eval(text, dict(NAMES))
    xs = stored(k, "x")
    symbols = [Input(x.shape[1:], dtype=x.dtype.name) for x in xs]
    shapes = [y.shape for y in call(layer, text, symbols)]
    layer.set_weights(stored(k, "w"))
    strip = re.compile(r"_\d+(?=/|$)")
    paths = [strip.sub("", w.path.split("/", 1)[1]) for w in layer.weights]
    assert paths == [strip.sub("", p) for p in NUMBERS[f"{k}p"]]
    out = call(layer, text, xs)
    close(out, stored(k, "y"))
    assert shapes == [(None, *y.shape[1:]) for y in out]
    twin = fastnn.layers.deserialize(json.loads(json.dumps(fastnn.layers.serialize(layer))))
    assert json.dumps(twin.get_config()) == json.dumps(layer.get_config())
    if f"{k}t0" in NUMBERS:
        close(call(layer, text, xs, training=True), stored(k, "t"))
    close(layer.get_weights(), stored(k, "a"))
