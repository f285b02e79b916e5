"""The kinds of columns of a FeatureSpace: what each is and which layer makes numbers of it."""

from __future__ import annotations

from typing import Any

from fastnn.core.errors import ArgumentError
from fastnn.graph.variable import auto_name
from fastnn.layers.encoding import Discretization
from fastnn.layers.hashing import Hashing
from fastnn.layers.lookup import IntegerLookup, StringLookup
from fastnn.layers.rescaling import Normalization, Rescaling
from fastnn.layers.simple import Identity
from fastnn.saving import identifiers as serial

__all__ = ["Cross", "Feature", "TFDIdentity"]  # the names in Keras's files


def one_of(name: str, value: Any, allowed: tuple[str, ...]) -> Any:
    if value not in allowed:
        raise ArgumentError(
            f"Invalid value for argument `{name}`. Expected one of {{{', '.join(map(repr, allowed))}}}. "
            f"Received: {name}={value}"
        )
    return value


class TFDIdentity(Identity):
    """Its input, unchanged: what files call the layer of a column of plain numbers.

    >>> TFDIdentity()([1.0])
    array([1.], dtype=float32)
    """


class Feature:
    """How one column becomes numbers.

    Args:
        dtype: of the column: "float32", "int32", "string".
        preprocessor: the layer that takes it, or its config.
        output_mode: what is made of the layer's results: "int", "one_hot" or "float".

    >>> Feature("float32", TFDIdentity(), "float").output_mode
    'float'
    """

    _file_kind = "columns"

    def __init__(self, dtype: str, preprocessor: Any, output_mode: str) -> None:
        self.output_mode = one_of("output_mode", output_mode, ("int", "one_hot", "float"))
        self.dtype = dtype
        self.preprocessor = (
            serial.deserialize(preprocessor, "layers") if isinstance(preprocessor, dict) else preprocessor
        )

    def get_config(self) -> dict[str, Any]:
        """What makes it again."""
        return {"dtype": self.dtype, "preprocessor": serial.serialize(self.preprocessor),
                "output_mode": self.output_mode}  # fmt: skip

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Feature:
        """A feature from what get_config() gave."""
        return cls(**config)


class Cross:
    """Columns that are hashed together.

    Args:
        feature_names: the names of the columns.
        crossing_dim: how many bins there are.
        output_mode: "one_hot" or "int".

    >>> Cross(("size", "kind"), 8).name
    'size_X_kind'
    """

    _file_kind = "columns"

    def __init__(self, feature_names: Any, crossing_dim: int, output_mode: str = "one_hot") -> None:
        self.output_mode = one_of("output_mode", output_mode, ("int", "one_hot"))
        self.feature_names, self.crossing_dim = tuple(feature_names), crossing_dim

    @property
    def name(self) -> str:
        """The names of the columns, joined."""
        return "_X_".join(self.feature_names)

    def get_config(self) -> dict[str, Any]:
        """What makes it again."""
        return {"feature_names": self.feature_names, "crossing_dim": self.crossing_dim,
                "output_mode": self.output_mode}  # fmt: skip

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Cross:
        """A cross from what get_config() gave."""
        return cls(**config)


def _made(kind: str, dtype: str, output_mode: str, layer: Any, name: str | None, **options: Any) -> Feature:
    return Feature(dtype, layer(name=f"{name or auto_name(kind)}_preprocessor", **options), output_mode)


class Kinds:
    """The methods of FeatureSpace that make features and crosses."""

    @classmethod
    def cross(cls, feature_names: Any, crossing_dim: int, output_mode: str = "one_hot") -> Cross:
        """Columns that are hashed together into `crossing_dim` bins.

        Args:
            feature_names: names of the columns.
            crossing_dim: int >= 1, the number of bins.
            output_mode: "one_hot" (a row of 0 and 1) or "int" (the number).
        """
        return Cross(feature_names, crossing_dim, output_mode)

    @classmethod
    def feature(cls, dtype: str, preprocessor: Any, output_mode: str) -> Feature:
        """A column for a layer of one's own.

        Args:
            dtype: dtype of the column: "float32", "int32" or "string".
            preprocessor: the layer (or a function) that is called on the column.
            output_mode: "int", "one_hot" or "float": what the layer gives.
        """
        return Feature(dtype, preprocessor, output_mode)

    @classmethod
    def float(cls, name: str | None = None) -> Feature:
        """Numbers as they are.

        Args:
            name: name of the column; found in the dict of features if None.
        """
        return _made("float", "float32", "float", TFDIdentity, name)

    @classmethod
    def float_rescaled(cls, scale: Any = 1.0, offset: Any = 0.0, name: str | None = None) -> Feature:
        """Numbers times `scale`, plus `offset`.

        Args:
            scale: a number.
            offset: a number.
            name: name of the column; found in the dict of features if None.
        """
        return _made("float_rescaled", "float32", "float", Rescaling, name, scale=scale, offset=offset)

    @classmethod
    def float_normalized(cls, name: str | None = None) -> Feature:
        """Numbers with mean 0 and variance 1.

        Args:
            name: name of the column; found in the dict of features if None.
        """
        return _made("float_normalized", "float32", "float", Normalization, name)

    @classmethod
    def float_discretized(
        cls, num_bins: Any, bin_boundaries: Any = None, output_mode: str = "one_hot", name: str | None = None
    ) -> Feature:
        """Numbers by the interval that they lie in.

        Args:
            num_bins: int >= 1, the number of intervals that adapt() makes, with about as many values in each.
            bin_boundaries: instead: rising numbers between the intervals.
            output_mode: "one_hot" (a row of 0 and 1) or "int" (the number).
            name: name of the column; found in the dict of features if None.
        """
        return _made("float_discretized", "float32", output_mode, Discretization, name, num_bins=num_bins,
                     bin_boundaries=bin_boundaries)  # fmt: skip

    @classmethod
    def integer_categorical(
        cls, max_tokens: Any = None, num_oov_indices: int = 1, output_mode: str = "one_hot", name: str | None = None
    ) -> Feature:
        """Whole numbers by a vocabulary.

        Args:
            max_tokens: int: the largest vocabulary that adapt() makes; None: all integers.
            num_oov_indices: int >= 0: how many numbers integers share that are not in the vocabulary.
            output_mode: "one_hot" (a row of 0 and 1) or "int" (the number).
            name: name of the column; found in the dict of features if None.
        """
        return _made("integer_categorical", "int32", output_mode, IntegerLookup, name, max_tokens=max_tokens,
                     num_oov_indices=num_oov_indices)  # fmt: skip

    @classmethod
    def string_categorical(
        cls, max_tokens: Any = None, num_oov_indices: int = 1, output_mode: str = "one_hot", name: str | None = None
    ) -> Feature:
        """Words by a vocabulary.

        Args:
            max_tokens: int: the largest vocabulary that adapt() makes; None: all words.
            num_oov_indices: int >= 0: how many numbers words share that are not in the vocabulary.
            output_mode: "one_hot" (a row of 0 and 1) or "int" (the number).
            name: name of the column; found in the dict of features if None.
        """
        return _made("string_categorical", "string", output_mode, StringLookup, name, max_tokens=max_tokens,
                     num_oov_indices=num_oov_indices)  # fmt: skip

    @classmethod
    def string_hashed(cls, num_bins: int, output_mode: str = "one_hot", name: str | None = None) -> Feature:
        """Words by their hash.

        Args:
            num_bins: int >= 1, the number of bins.
            output_mode: "one_hot" (a row of 0 and 1) or "int" (the number).
            name: name of the column; found in the dict of features if None.
        """
        return _made("string_hashed", "string", output_mode, Hashing, name, num_bins=num_bins)

    @classmethod
    def integer_hashed(cls, num_bins: int, output_mode: str = "one_hot", name: str | None = None) -> Feature:
        """Whole numbers by their hash.

        Args:
            num_bins: int >= 1, the number of bins.
            output_mode: "one_hot" (a row of 0 and 1) or "int" (the number).
            name: name of the column; found in the dict of features if None.
        """
        return _made("integer_hashed", "int32", output_mode, Hashing, name, num_bins=num_bins)
