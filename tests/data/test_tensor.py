"""Text that comes out of tensors, and layers that compute on the host."""

import copy
import io
import pickle

import numpy as np
import pytest

from fastnn import layers, losses
from fastnn.core.results import give_as
from fastnn.data import Dataset
from fastnn.data.tensor import Tensor, Text
from fastnn.graph.array import Array
from fastnn.graph.dtype import DType


@pytest.fixture(autouse=True)
def tensors():
    """Results are tensors, as the aliases make them."""
    give_as(Tensor)
    yield
    give_as(Array)


def test_text_is_a_str_that_does_what_bytes_do():
    text = Text("né")
    assert text == "né" and text == "né".encode() and text != "ne" and text != b"ne"
    assert text.decode("utf-8") == "né" and type(text.decode()) is str and {text: 1}["né"] == 1


def test_every_way_out_of_a_tensor_gives_it():
    words = np.array([["a", "b"]], object)
    data = Dataset.from_tensor_slices(words[0])
    invert = layers.StringLookup(vocabulary=["a", "b"], invert=True)
    ways = (words.view(Tensor)[0, :1].numpy()[0], words.view(Tensor).numpy()[0, 0], next(iter(data)).numpy(),
            next(data.as_numpy_iterator()), invert([1]).numpy()[0])  # fmt: skip
    assert [way.decode("utf-8") for way in ways] == ["a"] * 5


VECTORS = layers.TextVectorization(vocabulary=["a", "b"], output_mode="multi_hot")
HOST = {
    "vectorization": lambda: VECTORS(["a c"]), "lookup": lambda: layers.StringLookup(vocabulary=["a"])(["a"]),
    "integers": lambda: layers.IntegerLookup(vocabulary=[3])(np.array([3])),
    "hashing": lambda: layers.Hashing(3)(["a"]),
    "crossing": lambda: layers.HashedCrossing(5)((np.array(["a"]), np.array(["b"]))),
    "loss": lambda: losses.MeanSquaredError()([1.0], [2.0]),
}  # fmt: skip


@pytest.mark.parametrize("name", HOST)
def test_results_are_tensors(name):
    assert isinstance(HOST[name](), Tensor)


@pytest.mark.parametrize("name", ["bool", "int8", "uint16", "int32", "int64", "float16", "float32", "float64"])
def test_the_dtype_of_a_tensor_has_the_words_of_both_libraries(name):
    tensor, plain = np.ones((2, 3), name).view(Tensor), np.dtype(name)
    dtype = tensor.dtype
    assert dtype == name and dtype == plain and plain == dtype and dtype == plain.type and dtype != np.complex64
    assert isinstance(dtype, np.dtype) and isinstance(dtype, DType) and {name: 1}[dtype] == 1
    assert dtype.is_floating == (plain.kind == "f") and dtype.as_numpy_dtype is plain.type and dtype.base_dtype == name
    assert (dtype.kind, dtype.char, dtype.str, dtype.names) == (plain.kind, plain.char, plain.str, plain.names)
    assert np.empty(1, dtype).dtype is plain and np.result_type(dtype, "int8") == np.result_type(plain, "int8")
    assert pickle.loads(pickle.dumps(dtype)) == dtype and type(copy.deepcopy(dtype)) is type(dtype)
    for function in (np.mean, np.var, np.median, np.unique, np.nanmax, np.cumsum):
        np.testing.assert_array_equal(function(tensor), function(np.ones((2, 3), name)))
    file = io.BytesIO()
    np.save(file, tensor)
    file.seek(0)
    assert np.load(file).dtype is plain
