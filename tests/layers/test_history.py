"""`input` and `output` of layers whose calls nobody has held."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import fastnn
from fastnn import layers


def test_a_discarded_call_is_there():
    i = fastnn.Input((3,))
    dense = layers.Dense(2)
    dense(i)
    assert dense.output.shape == (None, 2) and dense.input is i and dense.output_shape == (None, 2)
    model = fastnn.Model(i, dense.output)
    x = np.ones((2, 3), "float32")
    np.testing.assert_allclose(model.predict(x), dense(x), rtol=1e-6)
    second = dense(i)
    assert dense.get_output_at(1) is second and dense.get_output_at(0) is not second


def test_a_shared_layer_keeps_its_first_call():
    a, b = fastnn.Input((3,)), fastnn.Input((3,))
    dense = layers.Dense(2)
    dense(a)
    kept = dense(b)
    assert dense.input is a and dense.get_input_at(1) is b and kept is not None


def test_it_keeps_no_dropped_model():
    """A layer holds what it was called on, and nothing that holds the layer."""
    gc.disable()
    try:
        i = fastnn.Input((3,))
        h = layers.Dense(2)(i)
        model = fastnn.Model(i, layers.Dense(2)(h))
        seen = [weakref.ref(layer) for layer in model.layers] + [weakref.ref(model)]
        del model, i, h
        assert not any(ref() for ref in seen)
    finally:
        gc.enable()


def test_a_copy_has_not_been_called():
    dense = layers.Dense(2)
    dense(fastnn.Input((3,)))
    with pytest.raises(AttributeError, match="never been called"):
        _ = layers.Dense.from_config(dense.get_config()).output
    assert copy.deepcopy(dense._first_made) is None and pickle.loads(pickle.dumps(dense._first_made)) is None
