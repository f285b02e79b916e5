"""Functions that only move what a tensor holds, of tensors of text: they move numbers in place of the texts.

Every text gets a number; the function moves the numbers, and each number stands for its text again.
"""

import functools

import numpy as np

from fastnn.compat.tf.values import host, text_of
from fastnn.core import tree
from fastnn.layers.host import is_text

MOVING = set(
    """gather gather_nd where boolean_mask reverse roll repeat tile transpose broadcast_to slice strided_slice split
    unstack identity identity_n pad dynamic_partition dynamic_stitch reverse_sequence tensor_scatter_nd_update
    linalg.matrix_transpose random.shuffle nn.embedding_lookup""".split()
)
_SINGLE = ("x", "y", "constant_values", "input", "value")  # arguments of which one text alone is a text, no setting


def compared(name, x, y):
    """Whether texts are equal, or not."""
    both = [np.vectorize(lambda s: text_of(s, "replace"), otypes=[object])(np.asarray(v, object)) for v in (x, y)]
    return host(np.asarray(np.equal(*both) if name == "equal" else np.not_equal(*both), bool))


def moving(name, function):
    """A function of TensorFlow that takes texts, too; the function itself where it does not move what it is given.

    Args:
        name: its name below `tensorflow`.
        function: it.
    """
    if name not in MOVING:
        return function

    @functools.wraps(function)
    def call(*args, **kwargs):
        texts = []

        def numbers(value):
            if isinstance(value, (list, tuple)) and any(hasattr(v, "shape") for v in value):
                return type(value)(map(numbers, value))
            if not is_text(value):
                return value
            array, first = np.asarray(value, object), sum(map(len, texts))
            texts.append(array.reshape(-1))
            return np.arange(first, first + array.size, dtype=np.int32).reshape(array.shape)

        args = [v if name == "pad" and isinstance(v, str) else numbers(v) for v in args]
        kwargs = {k: v if isinstance(v, str) and k not in _SINGLE else numbers(v) for k, v in kwargs.items()}
        found = function(*args, **kwargs)
        if not texts:
            return found
        flat = np.concatenate(texts)
        return tree.map_structure(lambda v: host(np.asarray(flat[np.asarray(v)], object)), found)

    return call
