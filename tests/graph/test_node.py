"""KerasTensor: what a symbol made by hand is and refuses."""

import pytest

import fastnn as keras
from fastnn import layers, ops


@pytest.mark.parametrize("attribute", ["shape", "dtype", "sparse", "ragged"])
def test_attributes_cannot_be_set(attribute):
    x = keras.KerasTensor((3,), "int32", sparse=True, name="x")
    assert (x.shape, x.dtype, x.sparse, x.ragged, x.name, x.ndim) == ((3,), "int32", True, False, "x", 1)
    with pytest.raises(AttributeError, match=f"The `{attribute}` attribute of KerasTensor is immutable"):
        setattr(x, attribute, None)


@pytest.mark.parametrize(
    "use, error, words",
    [
        (bool, TypeError, "cannot be used as a boolean"),
        (iter, NotImplementedError, "Iterating over a symbolic KerasTensor"),
        (float, ValueError, "doesn't have any actual numerical value"),
        (int, ValueError, "doesn't have any actual numerical value"),
        (lambda x: x.__array__(), ValueError, "doesn't have any actual numerical value"),
        (lambda x: x.__tf_tensor__(), ValueError, "cannot be used as input to a TensorFlow function"),
        (lambda x: x.__jax_array__(), ValueError, "cannot be used as input to a JAX function"),
    ],
)
def test_it_has_no_values(use, error, words):
    with pytest.raises(error, match=words):
        use(keras.KerasTensor((3, 4)))


@pytest.mark.parametrize(
    "arguments", [{"shape": (2, -1)}, {"shape": "x"}, {"shape": 1, "sparse": True, "ragged": True}]
)
def test_what_is_none_is_refused(arguments):
    with pytest.raises(ValueError):
        keras.KerasTensor(**arguments)


def test_it_takes_part_in_functional_graphs():
    x = keras.KerasTensor((2, 3), name="x")
    assert (x + 1).shape == x.reshape((6,)).reshape((1, 3, 2)).squeeze().T.shape == (2, 3)
    y = layers.Dense(4)(ops.expand_dims(x, 0))
    assert y.shape == (1, 2, 4)
    model = keras.Model(x, y)
    assert keras.Model.from_config(model.get_config()).output_shape == (1, 2, 4)


def test_layers_say_their_outputs_as_symbols():
    spec = layers.Dense(4).compute_output_spec(keras.KerasTensor((None, 3)))
    assert isinstance(spec, keras.KerasTensor) and spec.shape == (None, 4)
