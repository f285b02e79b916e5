"""Numbers of whole arrays of integers are those of one integer after the other."""

import numpy as np
import pytest

from fastnn.layers import IntegerLookup

LOOKUP_ARRAYS = [
    np.array([30, 10, 7, 10, 7, -5, 20], np.int64),
    np.array([[10, 7], [200, 20]], np.uint8),
    np.array([10, 2**40, 20], np.int64),
    np.zeros(0, np.int32),
]


@pytest.mark.parametrize("options", [{}, {"num_oov_indices": 3}, {"num_oov_indices": 2, "oov_method": "farmhash"},
                                     {"mask_token": 7}])  # fmt: skip
@pytest.mark.parametrize("array", LOOKUP_ARRAYS, ids=str)
@pytest.mark.parametrize("words", [[30, 10, 20], [10, 2**40, -(2**40)]], ids=["close", "far"])
def test_integers_in_an_array_are_looked_up_as_one_by_one(array, options, words):
    layer = IntegerLookup(vocabulary=words, **options)
    one_by_one = np.array([int(layer(v)) for v in array.reshape(-1).tolist()], np.int64).reshape(array.shape)
    np.testing.assert_array_equal(layer(array), one_by_one)
    layer.set_vocabulary([7000, 10])
    assert layer(np.array([10])) == layer(10)


def test_the_first_integer_that_is_unknown_is_named():
    layer = IntegerLookup(vocabulary=[1], num_oov_indices=0)
    with pytest.raises(ValueError, match=r"(?<!-)9 is not in the vocabulary"):
        layer(np.array([1, 9, 4]))
