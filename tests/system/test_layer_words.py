"""What layers refuse, with the words that Keras has for it: scripts and tests match them."""

import numpy as np
import pytest

from fastnn import Input, KerasTensor, Sequential, Variable, layers

# layer, arguments, the words
CONSTRUCTORS = [
    ("ReLU", {"negative_slope": -1.0}, "negative_slope of a ReLU layer cannot be None or a negative value"),
    ("ReLU", {"negative_slope": None}, "negative_slope of a ReLU layer cannot be None or a negative value"),
    ("ReLU", {"threshold": None}, "threshold of a ReLU layer cannot be None or a negative value"),
    ("ReLU", {"max_value": -1.0}, "max_value of a ReLU layer cannot be a negative value"),
    ("LeakyReLU", {"negative_slope": None}, "The negative_slope value of a Leaky ReLU layer cannot be None"),
    ("Embedding", {"input_dim": 3.7, "output_dim": 1}, "`input_dim` must be a positive integer"),
    ("Embedding", {"input_dim": 3, "output_dim": 0}, "`output_dim` must be a positive integer"),
    ("RepeatVector", {"n": 0}, "Argument `n` should be a positive integer"),
    ("Reshape", {"target_shape": (-2, 5)}, "non-negative integer.*-1.*target_shape=\\(-2, 5\\)"),
    ("Reshape", {"target_shape": (-1, -1)}, "at most one unknown dimension"),
    ("UpSampling1D", {"size": 0}, "should be a positive integer"),
    ("UpSampling1D", {"size": True}, "Expected an integer value for `size`"),
    ("Cropping1D", {"cropping": (1,)}, "`cropping` argument must be a tuple of 2 integers"),
    ("ZeroPadding1D", {"padding": "1"}, "`padding` argument must be a tuple of 2 integers"),
    ("Cropping2D", {"cropping": (1, 2, 3)}, "`cropping` should have two elements"),
    ("Cropping2D", {"cropping": ((1, 2), (3, -4))}, "2nd entry of cropping"),
    ("Cropping2D", {"cropping": -1}, "`cropping` cannot be negative"),
    ("ZeroPadding2D", {"padding": "1"}, "`padding` should be either an int, a tuple of 2 ints"),
    ("ZeroPadding3D", {"padding": (1, 1)}, "`padding` should have 3 elements"),
    ("Conv2D", {"filters": 1, "kernel_size": (1, 1, 1)}, "`kernel_size` argument must be a tuple of 2 integers"),
    ("Conv2D", {"filters": 1, "kernel_size": 1, "strides": 0}, "must be a tuple .* including values"),
    ("Conv2D", {"filters": 0, "kernel_size": 1}, "argument `filters`. Expected a strictly positive value"),
    ("Conv2D", {"filters": 1, "kernel_size": 1, "groups": 0}, "number of groups must be a positive integer"),
    ("ConvLSTM1D", dict(filters=1, kernel_size=1, strides=2, dilation_rate=2), "`strides > 1` is not compatible"),
    ("Dropout", {"rate": 0.5, "noise_shape": (1.5,)}, "Expected all elements to be integers or None"),
    ("Dropout", {"rate": 0.5, "noise_shape": (0,)}, "Expected all dimensions to be positive integers"),
    ("GroupNormalization", {"groups": 1.5}, "argument `groups`"),
    ("LayerNormalization", {"axis": {}}, "Expected an int or a list/tuple of ints for the argument 'axis'"),
    ("InputLayer", {"shape": (2,), "batch_shape": (1, 2)}, "cannot pass both `shape` and `batch_shape`"),
    ("InputLayer", {"batch_size": 2, "batch_shape": (1, 2)}, "cannot pass both `batch_size` and `batch_shape`"),
    ("InputLayer", {"shape": (3,), "input_tensor": KerasTensor((1, 2))}, "cannot provide an incompatible `shape`"),
    ("InputLayer", {"ragged": True, "shape": (2,)}, "`ragged=True` is not supported"),
    ("Dot", {"axes": (1, 2, 3)}, "should contain two elements"),
]  # fmt: skip

# layer, arguments, shapes that it is called on, the words
CALLS = [
    ("Cropping1D", {"cropping": 3}, [(3, 5, 7)], "`cropping` parameter of `Cropping1D` layer must be smaller than"),
    ("Cropping2D", {"cropping": 4}, [(3, 7, 9, 5)], "Values in `cropping` argument should be smaller than"),
    ("GroupNormalization", {"groups": 5}, [(2, 2, 2, 4)], "cannot be more than the number of channels"),
    ("GroupNormalization", {"groups": 3}, [(2, 2, 2, 4)], "must be a multiple of the number of channels"),
    ("Conv1D", {"filters": 1, "kernel_size": 9}, [(2, 4, 1)], "output size would be zero or negative"),
    ("Softmax", {}, [(1, 3), (1, 1, 3)], "must not have more dimensions"),
    ("Softmax", {}, [(1, 3), (1, 2)], "Each mask dimension must be 1 or match"),
]


@pytest.mark.parametrize("name, arguments, words", CONSTRUCTORS)
def test_of_constructors(name, arguments, words):
    with pytest.raises((ValueError, TypeError), match=words):
        getattr(layers, name)(**arguments)


@pytest.mark.parametrize("name, arguments, shapes, words", CALLS)
def test_of_calls(name, arguments, shapes, words):
    with pytest.raises(ValueError, match=words):
        getattr(layers, name)(**arguments)(*(np.ones(s, "float32") for s in shapes))
    if len(shapes) == 1:
        with pytest.raises(ValueError, match=words):
            getattr(layers, name)(**arguments)(KerasTensor(*shapes))


@pytest.mark.parametrize("name", ["Add", "Average", "Maximum", "Concatenate"])
def test_masks_of_merging_layers_are_lists_as_their_inputs(name):
    x = KerasTensor((2, 3))
    for inputs, mask, words in [
        ([x, x], x, "`mask` should be a list"),
        (x, [None, None], "`inputs` should be a list"),
        ([x, x], [None], "should have the same length"),
    ]:
        with pytest.raises(ValueError, match=words):
            getattr(layers, name)().compute_mask(inputs, mask)


def test_subtract_takes_two():
    for n in (1, 3):
        with pytest.raises(ValueError, match="layer should be called on exactly 2 inputs"):
            layers.Subtract()([KerasTensor((2, 3))] * n)


@pytest.mark.parametrize("name", ["Dropout", "Activation", "MaxPooling2D", "GlobalMaxPooling1D", "Identity", "Masking"])
def test_a_layer_without_weights_is_built_when_made_unless_a_subclass_builds(name):
    arguments = {"rate": 0.5} if name == "Dropout" else {"activation": "relu"} if name == "Activation" else {}
    cls = getattr(layers, name)
    assert cls(**arguments).built

    class Own(cls):
        def build(self, input_shape):
            self.seen = input_shape

    assert not Own(**arguments).built


def test_variables_are_made_by_the_name_of_an_initializer():
    assert Variable("ones", shape=(2, 3)).numpy().sum() == 6
    with pytest.raises(ValueError, match="`shape` argument should be specified"):
        Variable("zeros")


def test_a_stateful_layer_names_the_batch_size():
    model = Sequential([Input(batch_shape=(4, 5, 2)), layers.LSTM(3, stateful=True)])
    with pytest.raises(ValueError, match="batch size"):
        model.predict(np.ones((6, 5, 2)), verbose=0)
