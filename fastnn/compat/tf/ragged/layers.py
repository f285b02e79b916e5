"""TextVectorization(ragged=True), as it is with TensorFlow."""

from typing import Any

import numpy as np

from fastnn import layers
from fastnn.compat.tf.ragged.tensor import RaggedTensor
from fastnn.compat.tf.values import host
from fastnn.core.errors import ArgumentError, DataError
from fastnn.layers.host import text_array


class RaggedTextVectorization(layers.TextVectorization):
    """TextVectorization that gives rows as long as their texts are, a RaggedTensor; it works on arrays.

    Args:
        ragged: True.
        args, kwargs: those of TextVectorization; output_sequence_length cuts the rows.

    Raises ArgumentError for another output mode than "int".

    >>> RaggedTextVectorization(vocabulary=["a", "b"])(["a b", "b"])
    <tf.RaggedTensor [[2, 3], [3]]>
    """

    def __init__(self, *args: Any, ragged: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.output_mode != "int":
            raise ArgumentError(
                f"`ragged` must not be true if `output_mode` is not 'int'. Received: ragged={ragged} and "
                f"output_mode={self.output_mode}"
            )

    def call(self, inputs):
        texts = np.asarray(text_array(inputs), dtype=object)
        if self.split is None or not texts.ndim:
            return super().call(inputs)
        if self._tokens is None:
            raise DataError("TextVectorization: there is no vocabulary yet; pass `vocabulary`, or call adapt(data).")
        rows = [self._numbered(row)[: self.output_sequence_length] for row in self._rows(texts, True)]
        numbers = host(np.array([n for row in rows for n in row], np.int64))
        return RaggedTensor.from_row_lengths(numbers, [len(row) for row in rows])

    def get_config(self):
        return {**super().get_config(), "ragged": True}
