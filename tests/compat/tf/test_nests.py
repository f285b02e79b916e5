"""tf.nest with TensorFlow's arguments; what is expected is what TensorFlow 2.21 gives."""

import pytest
from compat.running import run

from fastnn.compat.shapes import TensorShape
from fastnn.compat.tf import nests
from fastnn.core.errors import ArgumentError, ArgumentTypeError

SHAPE = TensorShape([2, 3])


def add(a, b):
    return a + b


@pytest.mark.parametrize(
    "found, expected",
    [
        (lambda: nests.flatten(SHAPE), [(2, 3)]), (lambda: nests.flatten([SHAPE, {"a": SHAPE}]), [(2, 3), (2, 3)]),
        (lambda: nests.flatten([1, [2]], expand_composites=True), [1, 2]), (lambda: nests.flatten(None), [None]),
        (lambda: nests.map_structure(lambda s: s[1:], [SHAPE, SHAPE]), [(3,), (3,)]),
        (lambda: nests.map_structure(add, [1, 2], (3, 4), check_types=False), [4, 6]),
        (lambda: nests.map_structure(abs, {"b": -1, "a": 2}, expand_composites=True), {"b": 1, "a": 2}),
        (lambda: nests.pack_sequence_as([SHAPE, 1], [5, 6]), [5, 6]), (lambda: nests.is_nested(SHAPE), False),
        (lambda: nests.pack_sequence_as({"b": 0, "a": 0}, [1, 2]), {"b": 2, "a": 1}),
        (lambda: nests.assert_same_structure([1, 2], (3, 4), check_types=False), None),
    ],
)  # fmt: skip
def test_values(found, expected):
    assert found() == expected


@pytest.mark.parametrize(
    "call, error",
    [
        (lambda: nests.map_structure(add, [1, 2], (3, 4)), ArgumentTypeError),
        (lambda: nests.map_structure(abs), ArgumentError),
        (lambda: nests.assert_same_structure([1, 2], [3, [4]]), ArgumentError),
        (lambda: nests.assert_same_structure([1, 2], (3, 4)), ArgumentTypeError),
        (lambda: nests.map_structure(3, [1]), ArgumentTypeError),
        (lambda: nests.pack_sequence_as([1, 2], [1]), ArgumentError),
    ],
)  # fmt: skip
def test_errors(call, error):
    with pytest.raises(error):
        call()


def test_the_name(tmp_path):
    script = "import tensorflow as tf\nprint(tf.nest.flatten(tf.ones((2, 3)).shape, expand_composites=False))"
    status, output, errors = run(script, tmp_path)
    assert status == 0 and output == "[(2, 3)]\n", errors
