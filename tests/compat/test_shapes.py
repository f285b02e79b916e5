"""Shapes with the methods of other years."""

import numpy as np
import pytest
from compat.running import run

import fastnn
from fastnn import layers, ops
from fastnn.compat import backend as K
from fastnn.compat.shapes import Sizes
from fastnn.compat.tf.names import find

NUMBERS = [
    ("slice", lambda s: s[1:3], (4, 6)), ("times", lambda s: s[1:3] * 2, (8, 12)), ("of", lambda s: 2 * s, (4, 8, 12)),
    ("half", lambda s: s // 2, (1, 2, 3)), ("share", lambda s: s / 4, (0.5, 1.0, 1.5)),
    ("odd", lambda s: s % 4, (2, 0, 2)),
    ("more", lambda s: s + 1, (3, 5, 7)), ("less", lambda s: s - 1, (1, 3, 5)), ("from", lambda s: 7 - s, (5, 3, 1)),
    ("behind", lambda s: s + (1,), (2, 4, 6, 1)), ("before", lambda s: (1,) + s[1:], (1, 4, 6)),
    ("back", lambda s: s[::-1], (6, 4, 2)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "function", "expected"), NUMBERS, ids=[n for n, *_ in NUMBERS])
def test_sizes_calculate_as_a_tensor_of_them(name, function, expected):
    assert function(Sizes((2, 4, 6))) == expected
    assert function(K.shape(np.zeros((2, 4, 6)))) == expected


@pytest.mark.parametrize("shape", [K.shape, find("shape")], ids=["backend", "tensorflow"])
def test_sizes_in_a_graph(shape):
    x = fastnn.Input((None, 3))
    grown = layers.Lambda(lambda v: v / ops.cast(shape(v)[1:2] * 2, v.dtype))(x)
    model = fastnn.Model(x, grown)
    for n in (2, 5):
        np.testing.assert_allclose(model.predict(np.ones((1, n, 3)), verbose=0), np.full((1, n, 3), 0.5 / n), rtol=1e-6)


def test_layers_see_shapes_with_tensorflows_methods(tmp_path):
    script = """
import numpy as np
from keras import layers, models

class Dense(layers.Layer):
    def build(self, input_shape):
        self.seen = input_shape.as_list()
        self.kernel = self.add_weight(shape=(input_shape[-1], 2), name="kernel")

    def call(self, x):
        return x @ self.kernel

    def compute_output_shape(self, input_shape):
        assert input_shape.rank == 2
        return input_shape.as_list()[:-1] + [2]

x = layers.Input((3,))
layer = Dense()
print(layer(x).shape, layer.seen, layer.input_shape, isinstance(layer.output_shape, tuple))
model = models.Model(x, layer.output)
model.save("m.keras")
print(models.load_model("m.keras", custom_objects={"Dense": Dense}).predict(np.ones((1, 3)), verbose=0).shape)
"""
    status, out, errors = run(script, tmp_path)
    assert status == 0, errors
    assert out.splitlines() == ["(None, 2) [None, 3] (None, 3) True", "(1, 2)"]


def test_a_size_is_an_int_that_takes_newaxis():
    size = Sizes((4, 6))[0]
    assert size == 4 and size + 1 == 5 and size.numpy() == 4 and isinstance(size, int)
    assert size[..., None].tolist() == [4] and size[None].dtype == "int32" and range(size) == range(4)


SCRIPT_OF_COMPARISONS = """
import tensorflow as tf

x, unknown = tf.constant([[1.0, 2.0]]), tf.TensorShape([None, 2])
assert x.shape == [1, 2] and [1, 2] == x.shape and x.shape == (1, 2) and not x.shape != [1, 2] and x.shape != [2, 1]
assert unknown == [None, 2] and unknown != None and hash(x.shape) == hash((1, 2)) and x.shape in ([1, 2], 3)
assert x.shape.is_subtype_of(unknown) and not unknown.is_subtype_of(x.shape)
assert unknown.merge_with([3, None]).as_list() == [3, 2]
assert unknown.most_specific_compatible_shape([3, 2]).as_list() == [None, 2]
assert unknown.with_rank(2) is unknown.with_rank_at_least(1) is unknown.with_rank_at_most(2)
for call in (
    lambda: unknown.with_rank(3), lambda: unknown.assert_has_rank(1), lambda: unknown.with_rank_at_least(3),
    lambda: unknown.with_rank_at_most(1), lambda: unknown.assert_is_fully_defined(),
    lambda: unknown.assert_same_rank([1]), lambda: unknown.merge_with([1, 3]),
):
    try:
        call()
    except ValueError as error:
        print(error)
"""


def test_shapes_compare_with_lists_and_are_checked(tmp_path):
    status, output, errors = run(SCRIPT_OF_COMPARISONS, tmp_path)
    assert status == 0, errors
    assert output.count("Shape") == 7
