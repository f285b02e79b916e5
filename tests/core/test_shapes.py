"""What is no shape is refused with Keras's words, wherever a shape is given."""

import numpy as np
import pytest

import fastnn as keras
from fastnn.core.shapes import standard_shape

# fmt: off
REFUSED = [
    (42, "Cannot convert '42' to a shape."),
    ((3, 5.0), r"Cannot convert '\(3, 5.0\)' to a shape. Found invalid dimension '5.0' of type '<class 'float'>'."),
    ((3, "5"), r"Found invalid dimension '5' of type '<class 'str'>'."),
    ((3, object()), "Found invalid dimension '<object object"),
    ((3, -5), r"Cannot convert '\(3, -5\)' to a shape. Negative dimensions are not allowed."),
]  # fmt: skip
# fmt: on


@pytest.mark.parametrize("shape, words", REFUSED)
@pytest.mark.parametrize(
    "made",
    [standard_shape, keras.KerasTensor, lambda shape: keras.Variable("zeros", shape=shape)],
    ids=["shape", "KerasTensor", "Variable"],
)
def test_what_is_no_shape_is_refused_in_the_same_words(made, shape, words):
    with pytest.raises(ValueError, match=words):
        made(shape)


def test_sizes_of_numpy_become_ints():
    for shape in (keras.KerasTensor([np.int32(3), None, np.int64(5)]).shape, standard_shape([np.int32(3), None])):
        assert all(d is None or type(d) is int for d in shape)
    assert keras.Variable("zeros", shape=[3, np.int64(2)]).shape == (3, 2)


def test_variables_need_every_size_and_symbols_a_shape():
    with pytest.raises(ValueError, match=r"must be fully-defined .* Received: shape=\(3, None\) .* path='v'"):
        keras.Variable("zeros", shape=(3, None), name="v")
    with pytest.raises(ValueError, match="Undefined shapes are not supported"):
        keras.KerasTensor(None)
