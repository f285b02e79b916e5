"""tf.data.experimental: what became methods of Dataset, as functions for `apply`; and sources of elements."""

import csv
import glob
import os
import re

import numpy as np

from fastnn.compat.tf.files import column
from fastnn.compat.tf.values import text_of
from fastnn.core.errors import ArgumentError, DataError
from fastnn.data import Dataset
from fastnn.data.plan import Plan

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(inf|nan)")


def _applied(method, *names, **fixed):
    """A function with a method's arguments that gives what Dataset.apply takes."""

    def make(*args, **kwargs):
        given = {**fixed, **dict(zip(names, args)), **kwargs}
        return lambda dataset: getattr(dataset, method)(**{k: v for k, v in given.items() if k in names or k in fixed})

    make.__name__ = make.__qualname__ = method
    make.__doc__ = f"Dataset.{method}, for Dataset.apply."
    return make


unbatch = _applied("unbatch")
bucket_by_sequence_length = _applied(
    "bucket_by_sequence_length", "element_length_func", "bucket_boundaries", "bucket_batch_sizes", "padded_shapes",
    "padding_values", "pad_to_bucket_boundary", "no_padding", "drop_remainder")  # fmt: skip
scan = _applied("scan", "initial_state", "scan_func")
group_by_window = _applied("group_by_window", "key_func", "reduce_func", "window_size", "window_size_func")
ignore_errors = _applied("ignore_errors", "log_warning")
enumerate_dataset = _applied("enumerate", "start")
take_while = _applied("take_while", "predicate")
unique = _applied("unique")
dense_to_ragged_batch = _applied("ragged_batch", "batch_size", "drop_remainder")
dense_to_sparse_batch = _applied("sparse_batch", "batch_size", "row_shape")
rejection_resample = _applied("rejection_resample", "class_func", "target_dist", "initial_dist", "seed")


def from_list(elements, name=None):
    """A data set of the elements of a list.

    Args:
        elements: structures of one kind.
        name: of no effect.
    """
    return (
        Dataset.from_tensor_slices(elements)
        if not isinstance(elements[0], (dict, tuple))
        else Dataset.from_generator(lambda: iter(elements))
    )


def RandomDataset(seed=None, rerandomize_each_iteration=None, name=None):
    """Random whole numbers without end.

    Args:
        seed: int or None.
        rerandomize_each_iteration: whether each pass has others.
        name: of no effect.
    """
    return Dataset.random(seed, rerandomize_each_iteration)


def prefetch_to_device(device, buffer_size=None):
    """Dataset.prefetch, for Dataset.apply.

    Args:
        device, buffer_size: of no effect.
    """
    return lambda dataset: dataset.prefetch(buffer_size)


def copy_to_device(target_device, source_device="/cpu:0"):
    """The same data set, for Dataset.apply.

    Args:
        target_device, source_device: of no effect.
    """
    return lambda dataset: dataset


def snapshot(path, compression="AUTO", reader_func=None, shard_func=None):
    """Dataset.cache, for Dataset.apply: elements stay in memory.

    Args:
        path, compression, reader_func, shard_func: of no effect.
    """
    return lambda dataset: dataset.cache()


def map_and_batch(map_func, batch_size, num_parallel_batches=None, drop_remainder=False, num_parallel_calls=None):
    """Dataset.map and then batch, for Dataset.apply.

    Args:
        map_func: a function of an element.
        batch_size: int.
        drop_remainder: leave out a last batch that is not full.
        num_parallel_batches, num_parallel_calls: of no effect.
    """
    return lambda dataset: dataset.map(map_func).batch(batch_size, drop_remainder=drop_remainder)


def shuffle_and_repeat(buffer_size, count=None, seed=None):
    """Dataset.shuffle and then repeat, for Dataset.apply.

    Args:
        buffer_size: int.
        count: how often, or None: without end.
        seed: int or None.
    """
    return lambda dataset: dataset.shuffle(buffer_size, seed=seed).repeat(count)


def parallel_interleave(map_func, cycle_length, block_length=1, sloppy=False, buffer_output_elements=None,
                        prefetch_input_elements=None):  # fmt: skip
    """Dataset.interleave, for Dataset.apply.

    Args:
        map_func: a function from an element to a Dataset.
        cycle_length, block_length: ints.
        sloppy, buffer_output_elements, prefetch_input_elements: of no effect.
    """
    return lambda dataset: dataset.interleave(map_func, cycle_length, block_length)


def assert_cardinality(expected_cardinality):
    """A data set with a number of elements that its user knows, for Dataset.apply.

    Args:
        expected_cardinality: int.

    A pass that has another number of elements is a DataError.

    >>> data = Dataset.from_generator(lambda: iter([1, 2]), "int32").apply(assert_cardinality(2))
    >>> len(data), [int(x) for x in data]
    (2, [1, 2])
    """
    expected = int(expected_cardinality)

    def checked(dataset):
        plan = dataset._plan

        def make(turn):
            count = 0
            for value in plan.iterate(turn):
                count += 1
                if count > expected:
                    raise DataError(f"assert_cardinality: received more than the {expected} elements expected.")
                yield value
            if count < expected:
                raise DataError(f"assert_cardinality: received {count} elements, expected {expected}.")

        return dataset._made(Plan(expected, make, spec=dataset._spec()))

    return checked


def get_single_element(dataset):
    """The only element of a data set.

    Args:
        dataset: a Dataset.
    """
    return dataset.get_single_element()


def choose_from_datasets(datasets, choice_dataset, stop_on_empty_dataset=False):
    """Dataset.choose_from_datasets.

    Args:
        datasets: a list of Datasets.
        choice_dataset: a Dataset of numbers of them.
        stop_on_empty_dataset: end with the first that is used up.
    """
    return Dataset.choose_from_datasets(datasets, choice_dataset, stop_on_empty_dataset)


def sample_from_datasets(datasets, weights=None, seed=None, stop_on_empty_dataset=False):
    """Dataset.sample_from_datasets.

    Args:
        datasets: a list of Datasets.
        weights: how often each, or None: alike.
        seed: int or None.
        stop_on_empty_dataset: end with the first that is used up.
    """
    return Dataset.sample_from_datasets(datasets, weights, seed, stop_on_empty_dataset)


def Counter(start=0, step=1, dtype="int64"):
    """Numbers without end.

    Args:
        start, step: ints.
        dtype: their dtype.
    """
    kind = np.dtype(str(dtype))
    return Dataset.counter(start, step).map(lambda n: n.astype(kind))


# ---- lines with fields -----------------------------------------------------------------------------------------
def _files(patterns):
    one = isinstance(patterns, (str, bytes, os.PathLike)) or (isinstance(patterns, np.ndarray) and not patterns.ndim)
    names = [text_of(n) if isinstance(n, np.ndarray) else n for n in ([patterns] if one else patterns)]
    found = [f for n in names for f in (sorted(glob.glob(os.fspath(n))) or [os.fspath(n)])]
    return [f.decode() if isinstance(f, bytes) else f for f in found]


def _rows(path, delimiter, quoted, header):
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.reader(file, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE)
        rows = [row for row in reader if row]
    return (rows[0], rows[1:]) if header else (None, rows)


def CsvDataset(filenames, record_defaults, compression_type=None, buffer_size=None, header=False, field_delim=",",
               use_quote_delim=True, na_value="", select_cols=None, exclude_cols=None):  # fmt: skip
    """The lines of files of fields as tuples, each field in the dtype of its default.

    Args:
        filenames: a path, or a list of them.
        record_defaults: a default for each field that is taken; a dtype: the field must be there.
        header: whether each file begins with a line of names.
        field_delim, use_quote_delim, na_value: how fields are written, and the one that is missing.
        select_cols, exclude_cols: numbers of the fields to take, or to leave out.
        compression_type, buffer_size: only None, and of no effect.
    """
    if compression_type:
        raise ArgumentError(f"CsvDataset: received compression_type={compression_type!r}, expected None.")
    columns = []
    for path in _files(filenames):
        rows = _rows(path, field_delim, use_quote_delim, header)[1]
        width = len(rows[0]) if rows else 0
        taken = range(width) if select_cols is None else select_cols
        taken = [c for c in taken if c not in (exclude_cols or ())]
        columns.append([np.asarray(column(rows, c, d, na_value, (len(rows),))) for c, d in zip(taken, record_defaults)])
    return Dataset.from_tensor_slices(tuple(np.concatenate(parts) for parts in zip(*columns)))


def make_csv_dataset(file_pattern, batch_size, column_names=None, column_defaults=None, label_name=None,
                     select_columns=None, field_delim=",", use_quote_delim=True, na_value="", header=True,
                     num_epochs=None, shuffle=True, shuffle_buffer_size=10000, shuffle_seed=None,
                     prefetch_buffer_size=None, num_parallel_reads=None, sloppy=False, num_rows_for_inference=100,
                     compression_type=None, ignore_errors=False, encoding="utf-8"):  # fmt: skip
    """Batches {name: column} of files of fields, with the labels apart if one column is named.

    Args:
        file_pattern: a path, a pattern, or a list of them.
        batch_size: rows in a batch.
        column_names: names of all fields; None: the first line's.
        column_defaults: a default or dtype for each field that is taken; None: what the values look like.
        label_name: the column that is the label, or None.
        select_columns: names or numbers of the columns to take; None: all.
        field_delim, use_quote_delim, na_value, header: how lines are written.
        num_epochs: passes over the data; None: without end.
        shuffle, shuffle_buffer_size, shuffle_seed: the order of rows.
        prefetch_buffer_size, num_parallel_reads, sloppy, num_rows_for_inference, compression_type, ignore_errors,
            encoding: of no effect.
    """
    parts = [_rows(path, field_delim, use_quote_delim, header) for path in _files(file_pattern)]
    names = list(column_names or parts[0][0] or ())
    rows = [row for _, found in parts for row in found]
    taken = names if select_columns is None else [names[c] if isinstance(c, int) else c for c in select_columns]
    if label_name is not None and label_name not in taken:
        raise ArgumentError(f"make_csv_dataset: received label_name={label_name!r}, expected one of {taken}.")
    defaults = column_defaults or [_default([row[names.index(n)] for row in rows], na_value) for n in taken]
    columns = {n: np.asarray(column(rows, names.index(n), d, na_value, (len(rows),))) for n, d in zip(taken, defaults)}
    data = columns if label_name is None else (columns, columns.pop(label_name))
    dataset = Dataset.from_tensor_slices(data)
    dataset = dataset.shuffle(shuffle_buffer_size, seed=shuffle_seed) if shuffle else dataset
    return dataset.repeat(num_epochs).batch(batch_size, drop_remainder=num_epochs is None)


def _default(fields, na_value):
    """The default of a column by what its fields look like: int32, int64, float32 or text."""
    given = [f for f in fields if f != na_value]
    if all(re.fullmatch(r"[+-]?\d+", f) for f in given):
        largest = max((abs(int(f)) for f in given), default=0)
        return np.zeros(1, "int32" if largest < 2**31 else "int64")
    return np.zeros(1, "float32") if all(NUMBER.fullmatch(f) for f in given) else [""]
