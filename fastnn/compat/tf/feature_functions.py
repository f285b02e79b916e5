"""The functions of `tf.feature_column`, which make columns; see feature_columns."""

import itertools

import numpy as np

from fastnn.compat.tf.dense_features import DenseFeatures
from fastnn.compat.tf.feature_columns import (
    BucketizedColumn,
    Categorical,
    CrossedColumn,
    EmbeddingColumn,
    HashedColumn,
    IdentityColumn,
    IndicatorColumn,
    NumericColumn,
    VocabularyColumn,
    WeightedColumn,
)
from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError


def _is_text(dtype):
    return str(getattr(dtype, "name", dtype)) in ("string", "object", "str")


def numeric_column(key, shape=(1,), default_value=None, dtype="float32", normalizer_fn=None):
    """Numbers.

    Args:
        key: the name in a table.
        shape: of a row: an int or ints.
        default_value: of examples that have none.
        dtype: of the numbers.
        normalizer_fn: a function of them, or None.
    """
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    if not all(isinstance(n, int) and n > 0 for n in shape):
        raise ArgumentError(f"shape dimensions must be integers above 0. Received: shape={shape}")
    if _is_text(dtype) or dtypes.standardize(dtype) == "bool":
        raise ArgumentError(f"dtype must be convertible to float. dtype: {dtype}, key: {key}")
    return NumericColumn(str(key), shape, default_value, dtypes.standardize(dtype), normalizer_fn)


def bucketized_column(source_column, boundaries):
    """Which interval numbers lie in.

    Args:
        source_column: a numeric column.
        boundaries: sorted numbers.
    """
    if not isinstance(source_column, NumericColumn):
        raise ArgumentError(f"source_column must be a column generated with numeric_column(). Given: {source_column}")
    boundaries = tuple(float(b) for b in boundaries)
    if not boundaries or any(a >= b for a, b in itertools.pairwise(boundaries)):
        raise ArgumentError(f"boundaries must be a sorted list. Received: {boundaries}")
    return BucketizedColumn(source_column, boundaries)


def categorical_column_with_vocabulary_list(key, vocabulary_list, dtype=None, default_value=-1, num_oov_buckets=0):
    """Categories of a list.

    Args:
        key: the name in a table.
        vocabulary_list: words or ints that differ.
        dtype: of the values; None: that of the list.
        default_value: the id of what is not in it.
        num_oov_buckets: how many bins there are for that, instead.
    """
    words = tuple(np.asarray(vocabulary_list).tolist())
    if num_oov_buckets and default_value != -1:
        raise ArgumentError(f"Can't specify both num_oov_buckets and default_value in {key}.")
    kind = dtype or ("string" if words and isinstance(words[0], (str, bytes)) else "int64")
    return VocabularyColumn(key, words, kind if _is_text(kind) else dtypes.standardize(kind), default_value,
                            num_oov_buckets)  # fmt: skip


def categorical_column_with_vocabulary_file(key, vocabulary_file, vocabulary_size=None, dtype="string",
                                            default_value=None, num_oov_buckets=0, file_format=None):  # fmt: skip
    """Categories of the lines of a file.

    Args:
        key: the name in a table.
        vocabulary_file: path.
        vocabulary_size: how many of the lines; None: all.
        dtype, default_value, num_oov_buckets: as of categorical_column_with_vocabulary_list.
        file_format: of no effect.
    """
    with open(vocabulary_file, encoding="utf-8") as file:
        words = [line.rstrip("\n") for line in file][:vocabulary_size]
    default = -1 if default_value is None else default_value
    return categorical_column_with_vocabulary_list(key, words, dtype, default, num_oov_buckets)


def categorical_column_with_hash_bucket(key, hash_bucket_size, dtype="string"):
    """Bins by the hash of text or ints.

    Args:
        key: the name in a table.
        hash_bucket_size: how many.
        dtype: of the values.
    """
    if hash_bucket_size is None or hash_bucket_size < 1:
        raise ArgumentError(f"hash_bucket_size must be at least 1. hash_bucket_size: {hash_bucket_size}, key: {key}")
    return HashedColumn(key, int(hash_bucket_size), dtype)


def categorical_column_with_identity(key, num_buckets, default_value=None):
    """Ids.

    Args:
        key: the name in a table.
        num_buckets: above the largest.
        default_value: what stands for an id that is none; None: an error.
    """
    if num_buckets < 1:
        raise ArgumentError(f"num_buckets {num_buckets} < 1, column_name {key}")
    return IdentityColumn(key, int(num_buckets), default_value)


def crossed_column(keys, hash_bucket_size, hash_key=None):
    """Bins of what columns say together.

    Args:
        keys: names of text or ints in the table, or categorical columns.
        hash_bucket_size: how many bins.
        hash_key: int where hashing begins, or None.
    """
    keys = tuple(keys)
    if len(keys) < 2:
        raise ArgumentError(f"keys must be a list with length > 1. Given: {keys}")
    for key in keys:
        if not isinstance(key, (str, Categorical, BucketizedColumn)) or isinstance(key, HashedColumn):
            raise ArgumentError(
                f"Unsupported key type. Each must be a name or a categorical column (of a hashed one its name). "
                f"Given: {key}"
            )
    return CrossedColumn(keys, int(hash_bucket_size), hash_key)


def weighted_categorical_column(categorical_column, weight_feature_key, dtype="float32"):
    """Categories with weights.

    Args:
        categorical_column: the column.
        weight_feature_key: the name of the weights in a table.
        dtype: of the weights.
    """
    return WeightedColumn(categorical_column, weight_feature_key, dtype)


def indicator_column(categorical_column):
    """How often each category is there.

    Args:
        categorical_column: the column.
    """
    return IndicatorColumn(categorical_column)


def embedding_column(categorical_column, dimension, combiner="mean", initializer=None, ckpt_to_load_from=None,
                     tensor_name_in_ckpt=None, max_norm=None, trainable=True,
                     use_safe_embedding_lookup=True):  # fmt: skip
    """Vectors that are trained.

    Args:
        categorical_column: the column.
        dimension: of the vectors.
        combiner: "mean", "sqrtn" or "sum" of several in a row.
        initializer: of the table; None: a truncated normal one, 1/sqrt(dimension) wide.
        max_norm: the largest length of a vector, or None.
        trainable: whether it is trained.
        ckpt_to_load_from, tensor_name_in_ckpt, use_safe_embedding_lookup: of no effect.
    """
    return EmbeddingColumn(categorical_column, dimension, combiner, initializer, max_norm, trainable)


def shared_embeddings(categorical_columns, dimension, combiner="mean", initializer=None,
                      shared_embedding_collection_name=None, ckpt_to_load_from=None, tensor_name_in_ckpt=None,
                      max_norm=None, trainable=True, use_safe_embedding_lookup=True):  # fmt: skip
    """A list of columns that share one table of vectors.

    Args:
        categorical_columns: columns with as many categories each.
        shared_embedding_collection_name: of the table; None: of their names.
        dimension, combiner, initializer, ckpt_to_load_from, tensor_name_in_ckpt, max_norm, trainable,
            use_safe_embedding_lookup: as of embedding_column.
    """
    if len({c.num_buckets for c in categorical_columns}) > 1:
        raise ArgumentError("To use shared_embedding_column, all categorical_columns must have the same num_buckets.")
    shared = shared_embedding_collection_name or "_".join(sorted(c.name for c in categorical_columns)) + "_shared"
    return [EmbeddingColumn(c, dimension, combiner, initializer, max_norm, trainable, shared)
            for c in categorical_columns]  # fmt: skip


def make_parse_example_spec(feature_columns):
    """{name: what tf.io.parse_example reads} of columns.

    Args:
        feature_columns: the columns.
    """
    return {key: kind for column in feature_columns for key, kind in column.spec.items()}


def input_layer(features, feature_columns, trainable=True):
    """Rows of numbers of a table.

    Args:
        features: {name: array}.
        feature_columns: the columns.
        trainable: whether tables of vectors are trained.
    """
    return DenseFeatures(feature_columns, trainable=trainable)(features)
