"""keras.Function: a graph between symbols, called on arrays and on symbols."""

import numpy as np
import pytest

import fastnn as keras

ONES = np.ones((2, 3), "float32")


def made(kind):
    x, y = keras.KerasTensor((2, 3)), keras.KerasTensor((2, 3))
    total = keras.ops.add(x, y)
    inputs, outputs = ([x, y], [total * 3, total**2]) if kind is list else ({"x": x, "y": y}, {"a": total * 3})
    return keras.Function(inputs, outputs, name="mine")


def test_lists_and_dicts():
    function = made(list)
    np.testing.assert_array_equal(function([ONES, ONES])[1], 4 * ONES)
    again = keras.Function(*(lambda xs: (xs, function(xs)))([keras.KerasTensor((2, 3)) for _ in range(2)]))
    np.testing.assert_array_equal(again([ONES, ONES])[0], 6 * ONES)
    np.testing.assert_array_equal(made(dict)({"x": ONES, "y": ONES})["a"], 6 * ONES)
    assert function.name == "mine" and len(function.inputs) == len(function.outputs) == 2


def test_shapes_of_other_inputs():
    x = keras.KerasTensor((None, 3))
    function = keras.Function(x, x**2)
    assert function(keras.KerasTensor((4, 3))).shape == function.compute_output_shape((4, 3)) == (4, 3)


def test_it_may_start_inside_a_graph():
    x = keras.Input(batch_shape=(), name="x")
    y = x**2
    function = keras.Function(y, y + 1)
    assert "power" not in [operation.name for operation in function.operations]
    np.testing.assert_array_equal(function(np.float32(3)), 4)


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: made(list)(ONES), "invalid input structure"),
        (lambda: made(list)([ONES, np.ones((2, 3, 3))]), "incompatible inputs"),
        (lambda: made(list)([ONES, np.ones((4, 3))]), "incompatible inputs"),
        (lambda: keras.Function([], keras.KerasTensor(())), "`inputs` argument cannot be empty"),
        (lambda: keras.Function(keras.KerasTensor(()), []), "`outputs` argument cannot be empty"),
        (lambda: keras.Function(keras.KerasTensor((2,)), keras.KerasTensor((2,)) + 1), "Output .* is not connected"),
    ],
)
def test_what_does_not_fit(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize("pack", [list, tuple, lambda ys: ys[0], lambda ys: {"y": ys[0]}])
def test_one_output_comes_as_it_was_asked_for(pack):
    """Keras gives a list for [y], where a model gives y."""
    x = keras.KerasTensor((2,))
    asked = pack([x * 3])
    found = keras.Function([x], asked)([np.ones(2, "float32")])
    assert isinstance(found, type(asked) if isinstance(asked, (list, tuple, dict)) else np.ndarray)
