"""Sparse tensors in graphs of TensorFlow 1: what is fed for them, and what runs give."""

import numpy as np

from fastnn.compat.tf.graphs.graph import Node, on
from fastnn.compat.tf.sparse import SparseTensor, SparseTensorValue
from fastnn.graph.dtype import DType

__all__ = ["SparseTensorValue", "sparse_placeholder"]


def sparse_placeholder(dtype, shape=None, name=None):
    """A sparse value that is fed: a SparseTensorValue, a SparseTensor, or a tuple (indices, values, dense_shape).

    Args:
        dtype: of the values.
        shape: ints and None; of no effect.
        name: str.
    """
    on()
    kind = str(DType(getattr(dtype, "name", dtype)))

    def made_of(value):
        parts = [getattr(value, n) for n in SparseTensorValue._fields] if hasattr(value, "dense_shape") else value
        indices, values, dense_shape = map(np.asarray, parts)
        return SparseTensor(indices, values if kind == "string" else values.astype(kind), dense_shape)

    def sample(size):
        places = np.stack([np.arange(size), np.zeros(size, int)], axis=1)
        return made_of((places, np.full(size, "") if kind == "string" else np.zeros(size), (size, 1)))

    found = Node(None, shape=None, dtype=kind, name=name or "SparsePlaceholder", sample=sample)
    found.made_of = made_of
    return found
