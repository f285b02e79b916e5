"""FeatureSpace: the columns of a table as vectors, each in its own way."""

from __future__ import annotations

import functools
from os import PathLike
from typing import IO, Any

import numpy as np

from fastnn import ops, saving
from fastnn.core.errors import ArgumentError
from fastnn.data.dataset import Dataset
from fastnn.layers import nest
from fastnn.layers.encoding import CategoryEncoding, Discretization
from fastnn.layers.events import is_functional
from fastnn.layers.feature_kinds import Cross, Feature, Kinds, one_of
from fastnn.layers.hashing import HashedCrossing, Hashing
from fastnn.layers.host import text_array
from fastnn.layers.input_layer import Input
from fastnn.layers.layer import Layer
from fastnn.layers.lookup import IntegerLookup, StringLookup
from fastnn.layers.rescaling import Normalization
from fastnn.layers.text_vectorization import TextVectorization
from fastnn.saving import identifiers as serial

__all__ = ["FeatureSpace"]

# what says how many categories a layer tells apart
_CARDINALITY = {
    IntegerLookup: lambda layer: layer.vocabulary_size(),
    StringLookup: lambda layer: layer.vocabulary_size(),
    CategoryEncoding: lambda layer: layer.num_tokens,
    Discretization: lambda layer: layer.num_bins or len(layer.bin_boundaries) + 1,
    HashedCrossing: lambda layer: layer.num_bins,
    Hashing: lambda layer: layer.num_bins,
}  # fmt: skip


class FeatureSpace(Kinds, Layer):
    """The columns of a table as numbers: adapted to data, called on a dict of columns, or part of a model.

    Args:
        features: {name: kind}. A kind is "float", "float_normalized", "float_rescaled", "float_discretized",
            "integer_categorical", "string_categorical", "integer_hashed" or "string_hashed", or what the methods of
            these names give, with their arguments; or FeatureSpace.feature(dtype, preprocessor, output_mode) with a
            layer of one's own.
        output_mode: "concat" (one vector) or "dict" (a vector for each column).
        crosses: tuples of names, or what cross() gives: columns that are hashed together.
        crossing_dim, hashing_dim, num_discretization_bins: sizes where a kind is given by its name.

    save(filepath) writes it to a `.keras` file, which fastnn.saving.load_model and Keras read.

    Raises ArgumentError (a ValueError) for what does not fit.

    >>> space = FeatureSpace({"size": "float_normalized", "kind": "string_categorical"})
    >>> table = {"size": [1.0, 3.0], "kind": ["a", "b"]}
    >>> space.adapt(table)
    >>> space(table)
    array([[ 0.,  0.,  1., -1.],
           [ 0.,  1.,  0.,  1.]], dtype=float32)
    """

    _file_kind = "spaces"

    def __init__(
        self,
        features: dict[str, Any],
        output_mode: str = "concat",
        crosses: Any = None,
        crossing_dim: int = 32,
        hashing_dim: int = 32,
        num_discretization_bins: int = 32,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        if not features:
            raise ArgumentError("The `features` argument cannot be None or empty.")
        self.crossing_dim, self.hashing_dim = crossing_dim, hashing_dim
        self.num_discretization_bins = num_discretization_bins
        self.features = {name: self._feature(name, value) for name, value in features.items()}
        self.crosses = [self._cross(cross) for cross in crosses or ()]
        self.output_mode = one_of("output_mode", output_mode, ("concat", "dict"))
        self.inputs = {n: Input((1,), dtype=f.dtype, name=n) for n, f in self.features.items()}
        self.preprocessors = {n: f.preprocessor for n, f in self.features.items()}
        self.crossers = {c.name: HashedCrossing(c.crossing_dim, name=c.name) for c in self.crosses}
        self.one_hot_encoders: dict[str, Any] = {}
        self.encoded_features: Any = None
        self._is_adapted = False

    def _feature(self, name: str, value: Any) -> Feature:
        if isinstance(value, dict):
            value = serial.deserialize(value, "columns")
        if isinstance(value, Feature):
            return value
        kinds = {
            **{k: getattr(self, k) for k in ("float", "float_normalized", "float_rescaled", "integer_categorical",
                                             "string_categorical")},
            "float_discretized": functools.partial(self.float_discretized, self.num_discretization_bins),
            "integer_hashed": functools.partial(self.integer_hashed, self.hashing_dim),
            "string_hashed": functools.partial(self.string_hashed, self.hashing_dim),
        }  # fmt: skip
        if not isinstance(value, str) or value not in kinds:
            raise ArgumentError(f"Invalid feature type: {value}")
        made: Feature = kinds[value](name=name)
        return made

    def _cross(self, value: Any) -> Cross:
        if isinstance(value, dict):
            value = serial.deserialize(value, "columns")
        if isinstance(value, Cross):
            return value
        if not self.crossing_dim:
            raise ArgumentError(
                "When specifying `crosses`, the argument `crossing_dim` (dimensionality of the crossing space) should "
                "be specified as well."
            )
        if not set(value) <= set(self.features):
            raise ArgumentError(
                "All features referenced in the `crosses` argument should be present in the `features` dict. "
                f"Received unknown features: {value}"
            )
        return Cross(value, self.crossing_dim)

    # ---- data ------------------------------------------------------------------------------------------

    def _adaptable(self) -> list[str]:
        def adapts(layer: Any) -> bool:
            if isinstance(layer, Normalization):
                return layer.input_mean is None
            if isinstance(layer, Discretization):
                return layer.num_bins is not None
            if isinstance(layer, TextVectorization):
                return layer.input_vocabulary is None
            return hasattr(layer, "adapt")

        return [name for name, layer in self.preprocessors.items() if adapts(layer)]

    def adapt(self, dataset: Any) -> None:
        """Take vocabularies and statistics from a dict of columns, or from a Dataset of dicts (rows or batches).

        Args:
            dataset: {name: column}, columns being arrays or lists (n,) or (n, 1); or a Dataset of such dicts, of rows
                or of batches.

        Raises ArgumentError for anything else.
        """
        if isinstance(dataset, dict):
            dataset = Dataset.from_tensor_slices(dataset)
        if not isinstance(dataset, Dataset):
            raise ArgumentError(
                "`adapt()` can only be called on a tf.data.Dataset or a dict of arrays/lists. "
                f"Received instead: {dataset} (of type {type(dataset)})"
            )
        for name in self._adaptable():
            column = dataset.map(functools.partial(_column, name))
            rank = len(next(iter(column)).shape)
            column = column.batch(32) if rank == 0 else column
            self.preprocessors[name].adapt(column.map(lambda x: np.asarray(x)[:, None]) if rank < 2 else column)
        self._is_adapted = True
        self.get_encoded_features()

    def get_inputs(self) -> dict[str, Any]:
        """The Inputs of a model, one for each column."""
        self._ready()
        return self.inputs

    def get_encoded_features(self) -> Any:
        """What is made of the Inputs, to go on with in a model."""
        self._ready()
        if self.encoded_features is None:
            self.encoded_features = self._encode(self.inputs)
            self.built = True
        return self.encoded_features

    def _ready(self) -> None:
        if not self._is_adapted and self._adaptable():
            raise ArgumentError("You need to call `.adapt(dataset)` on the FeatureSpace before you can start using it.")
        self._is_adapted = True

    def __call__(self, data: Any) -> Any:
        """The numbers of a dict of columns: arrays or lists, (n,) or (n, 1); single values give one vector."""
        self.get_encoded_features()
        if not isinstance(data, dict):
            raise ArgumentError(
                f"A FeatureSpace can only be called with a dict. Received: data={data} (of type {type(data)}"
            )
        if all(map(is_functional, data.values())):
            return self._encode(data)
        columns = {name: text_array(data[name]) for name in self.features}
        single = any(x.ndim == 0 for x in columns.values())
        wide = {n: x.reshape(1, 1) if x.ndim == 0 else x[:, None] if x.ndim == 1 else x for n, x in columns.items()}
        found = self._encode(wide)
        return nest.map_structure(lambda x: np.asarray(x)[0] if single and len(x) == 1 else x, found)

    def _encode(self, data: dict[str, Any]) -> Any:
        ready = {name: self.preprocessors[name](data[name]) for name in self.features}
        crossed = {c.name: self.crossers[c.name]([ready[n] for n in c.feature_names]) for c in self.crosses}
        modes = {
            **{n: f.output_mode for n, f in self.features.items()},
            **{c.name: c.output_mode for c in self.crosses},
        }
        found = {}
        for name, value in [*sorted(ready.items()), *sorted(crossed.items())]:
            if modes[name] == "one_hot":
                value = self._encoder(name, value)(value)
            if self.output_mode == "concat" and is_functional(value) and value.dtype.startswith(("int", "string")):
                raise ArgumentError(
                    f"Cannot concatenate features because feature '{name}' has not been encoded (it has dtype "
                    f"{value.dtype}). Consider using `output_mode='dict'`."
                )
            found[name] = value
        return found if self.output_mode == "dict" else ops.concatenate(list(found.values()), axis=-1)

    def _encoder(self, name: str, value: Any) -> Any:
        """The layer that makes rows of 0 and 1 of a column's numbers."""
        if name not in self.one_hot_encoders:
            layer = self.preprocessors.get(name) or self.crossers[name]
            if not str(value.dtype).startswith("int"):
                raise ArgumentError(
                    f"Feature '{name}' has `output_mode='one_hot'`. Thus its preprocessor should return an integer "
                    f"dtype. Instead it returns a {value.dtype} dtype."
                )
            size = next((of(layer) for kind, of in _CARDINALITY.items() if isinstance(layer, kind)), None)
            if size is None:
                raise ArgumentError(
                    f"Feature '{name}' has `output_mode='one_hot'`. However it isn't a standard feature and the "
                    "dimensionality of its output space is not known, thus it cannot be one-hot encoded. "
                    "Try using `output_mode='int'`."
                )
            self.one_hot_encoders[name] = CategoryEncoding(size, output_mode="multi_hot")
        return self.one_hot_encoders[name]

    # ---- files -----------------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """What makes it again, with vocabularies and boundaries; the statistics of normalized columns are weights."""
        return {
            "features": {name: serial.serialize(feature) for name, feature in self.features.items()},
            "output_mode": self.output_mode,
            "crosses": [serial.serialize(cross) for cross in self.crosses],
            "crossing_dim": self.crossing_dim,
            "hashing_dim": self.hashing_dim,
            "num_discretization_bins": self.num_discretization_bins,
            "name": self.name,
        }

    def get_build_config(self) -> dict[str, Any] | None:
        """What the layers of the columns were built with, by column; None before adapt()."""
        if not self._is_adapted:
            return None
        return {name: layer.get_build_config() for name, layer in self.preprocessors.items()}

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Build the layers of the columns as get_build_config() says: their statistics come from the file.

        Args:
            config: what get_build_config() gave.
        """
        for name, layer in self.preprocessors.items():
            if config.get(name):
                layer.build_from_config(config[name])
        self._is_adapted = self.built = True

    def save(self, filepath: str | PathLike[str] | IO[bytes]) -> None:
        """Write it to a `.keras` file: see fastnn.saving.save_model.

        Args:
            filepath: a name ending in ".keras", or an open binary file.
        """
        saving.save_model(self, filepath)


def _column(name: str, row: Any, *_: Any) -> Any:
    return row[name]
