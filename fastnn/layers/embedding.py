"""Embedding: integers to vectors."""

from typing import Any

import numpy as np

from fastnn import constraints, initializers, ops, regularizers
from fastnn.core.arguments import whole
from fastnn.core.errors import ArgumentError
from fastnn.core.values import check_indices
from fastnn.layers.dense import weight_config
from fastnn.layers.leaf import symbol_like
from fastnn.layers.lora import adapted
from fastnn.layers.quantized import Quantized
from fastnn.ops.functions.indexing import rows_of


class Embedding(Quantized):
    """Row i of a learned table for each integer i.

    Args:
        input_dim: int >= 1, the number of rows: the largest integer + 1.
        output_dim: int >= 1, the length of a row.
        mask_zero: whether 0 means "no step": layers that follow leave it out.
        weights: a list with the first table, (input_dim, output_dim), or None.

    Input: integers (batch, ...).  Output: (batch, ..., output_dim).
    Weights: embeddings (input_dim, output_dim).

    >>> import numpy as np
    >>> Embedding(5, 2, embeddings_initializer="ones")(np.array([[1, 4]])).shape
    (1, 2, 2)
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ) -> None:
        length = kwargs.pop("input_length", None)
        if length is not None and not {"input_shape", "batch_input_shape", "batch_shape"} & kwargs.keys():
            kwargs["input_shape"] = tuple(length) if isinstance(length, (list, tuple)) else (length,)
        super().__init__(**kwargs)
        for name, value in (("input_dim", input_dim), ("output_dim", output_dim)):
            if (whole(value) or 0) < 1:
                raise ArgumentError(
                    f"`{name}` must be a positive integer. Received: {name}={value} (of type {type(value).__name__})."
                )
        self.input_dim, self.output_dim, self.mask_zero = int(input_dim), int(output_dim), mask_zero
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        self._take_lora(lora_rank, lora_alpha)
        self._take_quantization(quantization_config)
        self.supports_masking = bool(mask_zero)
        self.autocast = False
        self.embeddings = None
        if weights is not None:
            self.build()
            self.set_weights(weights if isinstance(weights, list) else [weights])

    def build(self, input_shape=None):
        if self._build_by_policy((self.input_dim, self.output_dim)):
            self.embeddings = self.add_weight(
                shape=(self.input_dim, self.output_dim),
                name="embeddings",
                initializer=self.embeddings_initializer,
                regularizer=self.embeddings_regularizer,
                constraint=self.embeddings_constraint,
            )
        self._lora_if_asked()

    lora_weight, _lora_words = "embeddings", "embedding"
    _quantized_axes, _scales_of_rows, _modes = (-1,), True, ("int8", "int4")
    embeddings = adapted("embeddings")

    def call(self, inputs):
        if not hasattr(inputs, "dtype"):
            inputs = np.asarray(inputs)
        if isinstance(inputs, np.ndarray) and inputs.dtype.kind in "fiu":
            check_indices(inputs, self.input_dim, "inputs", f"layer '{self.name}' (Embedding)")
        packing = self._packing
        rows = rows_of(self._embeddings, inputs) if packing is None else packing.rows(self, inputs)
        if self.lora_enabled:
            thin, wide = self._lora_parts
            rows = ops.add(rows, self._lora_times(ops.matmul(rows_of(thin, inputs), wide), rows.dtype))
        return ops.cast(rows, self.compute_dtype)

    refuses_indices = True  # what runs finds indices outside by itself

    @property
    def index_range(self):
        """Inputs are integers in [0, index_range): models check data that come here straight from outside."""
        return self.input_dim

    def compute_mask(self, inputs, previous_mask=None):
        return ops.not_equal(inputs, 0) if self.mask_zero else None

    def _resolve_mask(self, call, args, kwargs, first):
        """A mask is made here, whatever came in."""
        return True if self.mask_zero else None

    def compute_output_shape(self, input_shape):
        return (*input_shape, self.output_dim)

    def compute_output_spec(self, inputs):
        return symbol_like(self.compute_output_shape(inputs.shape), self.compute_dtype)

    def get_config(self):
        return {
            **super().get_config(),
            "input_dim": self.input_dim,
            "output_dim": self.output_dim,
            **weight_config(self, ("embeddings",)),
            "mask_zero": self.mask_zero,
            **self._quantization_config(),
            **self._lora_config(),
        }
