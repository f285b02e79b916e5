"""`tf.keras.layers.DenseFeatures`: the columns of a table as rows of numbers.

What takes text, and combinations of columns, is a layer of its own at a model's door; the rest is calculated in the
step. As the first layer of a Sequential it gives the model an input for each column of the first data.
"""

import dataclasses
import math

import numpy as np

from fastnn import ops, saving
from fastnn.compat.tf import feature_columns as kinds
from fastnn.core.errors import ArgumentError
from fastnn.graph import Symbol
from fastnn.layers.host import TEXT, HostLayer, is_text, text_array
from fastnn.layers.input_layer import Input
from fastnn.layers.layer import Layer
from fastnn.saving import identifiers as serial


@saving.register_keras_serializable("tensorflow")
class CategoryIds(HostLayer):
    """The ids that a categorical column gives the values of a table; -1 where there is none.

    Args:
        column: a column of feature_columns, or its config.
        name: str or None.
    """

    def __init__(self, column, name=None, dtype=None):
        super().__init__(name=name, dtype="int64")
        self.column = made(column) if isinstance(column, dict) else column

    def call(self, *arrays):
        """(batch, n) ids.

        Args:
            arrays: one for each of the column's keys.
        """
        ids, there = self.column.ids([np.asarray(a) for a in arrays])
        return np.where(there, ids, -1)

    def compute_output_spec(self, *arrays):
        """Shape and dtype of the ids.

        Args:
            arrays: symbols.
        """
        width = math.prod(math.prod(n for n in a.shape[1:]) for a in arrays)
        return Symbol((arrays[0].shape[0], width), "int64")

    def get_config(self):
        """What makes the layer again."""
        return {**super().get_config(), "column": config_of(self.column)}


def _rows(x, width=None):
    x = ops.convert_to_tensor(x)
    return ops.reshape(x, (-1, math.prod(x.shape[1:]) if width is None else width))


@saving.register_keras_serializable("tensorflow")
class DenseFeatures(Layer):
    """The columns of a table as rows of numbers, beside each other in the order of their names.

    Args:
        feature_columns: a column, a list of them or a dict; numbers, buckets, indicators and embeddings.
        trainable: whether tables of vectors are trained.
        name: str or None.
        partitioner: of no effect.
    """

    def __init__(self, feature_columns, trainable=True, name=None, partitioner=None, **kwargs):
        super().__init__(name=name, trainable=trainable, **kwargs)
        given = feature_columns.values() if isinstance(feature_columns, dict) else feature_columns
        given = [given] if isinstance(given, (kinds.Column, dict)) else given
        columns = [made(c) if isinstance(c, dict) else c for c in given]
        for column in columns:
            if not hasattr(column, "width"):
                raise ArgumentError(
                    f"Items of feature_columns must be a <class 'DenseColumn'>. Given: {column!r:.200}. Wrap a "
                    "categorical column in indicator_column or embedding_column."
                )
        names = [c.name for c in columns]
        if len(set(names)) < len(names):
            raise ArgumentError(f"Duplicate feature column name found for columns: {sorted(names)}")
        self.columns = sorted(columns, key=lambda c: c.name)
        self.tables, self.hosts = {}, {}
        for column in self.columns:
            categorical = getattr(column, "categorical", None)
            if categorical is not None and not getattr(categorical, "numbers", False):
                self.hosts[column.name] = CategoryIds(categorical, name=f"{self.name}_{column.name}_ids")

    def build(self, input_shape):
        """Make the tables of vectors.

        Args:
            input_shape: of no effect.
        """
        for column in self.columns:
            if isinstance(column, kinds.EmbeddingColumn) and column.table not in self.tables:
                self.tables[column.table] = self.add_weight(
                    name=f"{column.table}_weights", shape=(column.categorical.num_buckets, column.dimension),
                    initializer=column.initializer, trainable=column.trainable and self.trainable)  # fmt: skip
        self.built = True

    def __call__(self, features, *args, **kwargs):
        """(batch, numbers) of a table.

        Args:
            features: {name: array or symbol}.
            args, kwargs: as of any layer.
        """
        if not isinstance(features, dict):
            raise ArgumentError(f"We expected a dictionary here. Instead we got: {type(features).__name__}")
        if self.hosts and all(f"{name} ids" in features for name in self.hosts):  # as a node of a graph that runs
            return super().__call__(features, *args, **kwargs)
        wanted = {key for column in self.columns for key in column.keys}
        wanted |= {w.weight_feature_key for w in map(_weighted, self.columns) if w}
        features = {k: text_array(v) if isinstance(v, (list, tuple)) else v for k, v in features.items()}
        missing = sorted(wanted - features.keys())
        if missing:
            raise ArgumentError(f"Feature {missing[0]} is not in features dictionary. It has {sorted(features)}.")
        given = {}
        for column in self.columns:
            host = self.hosts.get(column.name)
            if host is not None:
                given[f"{column.name} ids"] = host(*(features[key] for key in column.keys))
            else:
                given[column.keys[0]] = features[column.keys[0]]
            weighted = _weighted(column)
            if weighted:
                given[weighted.weight_feature_key] = features[weighted.weight_feature_key]
        return super().__call__(given, *args, **kwargs)

    def call(self, given):
        """(batch, numbers).

        Args:
            given: {name: numbers}, ids of columns that need them.
        """
        return ops.concatenate([self._part(column, given) for column in self.columns], axis=-1)

    def _part(self, column, given):
        if isinstance(column, kinds.NumericColumn):
            x = ops.cast(_rows(given[column.key], column.width), self.compute_dtype)
            return x if column.normalizer_fn is None else column.normalizer_fn(x)
        if isinstance(column, kinds.BucketizedColumn):
            return self._buckets(column, given)
        ids = self._ids(column, given)
        counts = ops.cast(ids >= 0, self.compute_dtype)
        weighted = _weighted(column)
        weights = counts
        if weighted:
            weights = counts * ops.cast(_rows(given[weighted.weight_feature_key]), self.compute_dtype)
        if isinstance(column, kinds.IndicatorColumn):
            hot = ops.one_hot(ids, column.width, dtype=self.compute_dtype)
            return ops.sum(hot * ops.expand_dims(weights, -1), axis=1)
        vectors = ops.take(self.tables[column.table], ops.maximum(ids, 0), axis=0)
        if column.max_norm is not None:
            length = ops.sqrt(ops.sum(ops.square(vectors), axis=-1, keepdims=True))
            vectors = vectors * ops.minimum(ops.divide_no_nan(float(column.max_norm) * ops.ones_like(length), length),
                                            1.0)  # fmt: skip
        total = ops.sum(vectors * ops.expand_dims(weights, -1), axis=1)
        if column.combiner == "sum":
            return total
        by = weights if column.combiner == "mean" else ops.square(weights)
        size = ops.sum(by, axis=1, keepdims=True)
        return ops.divide_no_nan(total, size if column.combiner == "mean" else ops.sqrt(size))

    def _buckets(self, column, given):
        x = ops.expand_dims(ops.cast(_rows(given[column.keys[0]], column.source.width), "float32"), -1)
        low = ops.convert_to_tensor(np.array([-np.inf, *column.boundaries], np.float32))
        high = ops.convert_to_tensor(np.array([*column.boundaries, np.inf], np.float32))
        inside = ops.logical_and(x >= low, x < high)
        return ops.reshape(ops.cast(inside, self.compute_dtype), (-1, column.width))

    def _ids(self, column, given):
        if column.name in self.hosts:
            return ops.cast(given[f"{column.name} ids"], "int32")
        categorical = column.categorical
        if isinstance(categorical, kinds.BucketizedColumn):
            hot = ops.reshape(self._buckets(categorical, given), (-1, categorical.source.width,
                                                                  len(categorical.boundaries) + 1))  # fmt: skip
            offsets = np.arange(categorical.source.width) * (len(categorical.boundaries) + 1)
            return ops.cast(ops.argmax(hot, axis=-1), "int32") + offsets.astype("int32")
        ids = ops.cast(_rows(given[categorical.key]), "int32")
        beyond = -1 if categorical.default_value is None else int(categorical.default_value)
        return ops.where(ids < categorical.num_buckets, ids, beyond)

    def compute_output_spec(self, given):
        """Shape and dtype of the rows.

        Args:
            given: {name: symbol}.
        """
        rows = next(iter(given.values())).shape[0]
        return Symbol((rows, sum(c.width for c in self.columns)), self.compute_dtype)

    def inputs_of(self, data):
        """{name: Input} for the columns that are wanted of a table.

        Args:
            data: {name: array}.
        """
        wanted = [key for column in self.columns for key in column.keys]
        wanted += [w.weight_feature_key for w in map(_weighted, self.columns) if w]
        found = {}
        for key in dict.fromkeys(wanted):
            if key not in data:
                raise ArgumentError(f"Feature {key} is not in features dictionary. It has {sorted(data)}.")
            array = data[key]
            kind = TEXT if is_text(array) else np.asarray(array).dtype.name
            found[key] = Input(np.shape(array)[1:] or (1,), dtype=kind, name=key)
        return found

    def get_config(self):
        """What makes the layer again."""
        return {**super().get_config(), "feature_columns": [config_of(c) for c in self.columns]}


def _weighted(column):
    found = getattr(column, "categorical", None)
    return found if isinstance(found, kinds.WeightedColumn) else None


# ---- configs -----------------------------------------------------------------------------------------------------
def config_of(column):
    """A column as JSON can hold it.

    Args:
        column: a column.
    """
    # Weights are read with the model: how a table begins says nothing then.
    fields = {f.name: getattr(column, f.name) for f in dataclasses.fields(column) if f.name != "initializer"}
    return {"column": type(column).__name__, "fields": {k: _plain(v) for k, v in fields.items()}}


def _plain(value):
    if isinstance(value, kinds.Column):
        return config_of(value)
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return str.__str__(value) if isinstance(value, str) else value
    return serial.serialize(value)


def made(config):
    """The column of a config.

    Args:
        config: what config_of gave.
    """
    cls = {kind.__name__: kind for kind in kinds.KINDS}[config["column"]]
    return cls(**{k: _value(v) for k, v in config["fields"].items()})


def _value(value):
    if isinstance(value, list):
        return tuple(map(_value, value))
    if isinstance(value, dict) and "column" in value:
        return made(value)
    return saving.deserialize_keras_object(value) if isinstance(value, dict) else value
