"""Pipelines without chance, as functions of (Dataset class, TensorSpec class): what TensorFlow gave is in
pipelines.json."""

import numpy as np


def rows():
    return np.arange(12.0, dtype="float32").reshape(6, 2), np.arange(6)


def ragged():
    yield from ([1], [1, 2, 3], [4, 5], [], [6])


TABLE = {
    "slices": lambda D, S: D.from_tensor_slices(rows()),
    "slices_of_list": lambda D, S: D.from_tensor_slices([[1, 2], [3, 4]]),
    "slices_of_floats": lambda D, S: D.from_tensor_slices([1.5, 2.5]),
    "slices_of_dict": lambda D, S: D.from_tensor_slices(({"a": rows()[0], "b": [1, 2, 3, 4, 5, 6]}, rows()[1])),
    "tensors": lambda D, S: D.from_tensors((1, [2.0, 3.0])),
    "range": lambda D, S: D.range(2, 11, 3),
    "range_back": lambda D, S: D.range(5, 0, -2),
    "generator": lambda D, S: D.from_generator(ragged, output_signature=S((None,), "int32")),
    "generator_types": lambda D, S: D.from_generator(
        lambda n: ((i, [i, i + 1]) for i in range(n)), ("int64", "float32"), ((), (2,)), args=(3,)
    ),
    "map": lambda D, S: D.from_tensor_slices(rows()).map(lambda x, y: (x * 2, y + 1)),
    "map_list": lambda D, S: D.range(3).map(lambda i: [i, i + 1]),
    "map_dict": lambda D, S: D.range(3).map(lambda i: {"a": i, "b": (i, i * 2)}),
    "filter": lambda D, S: D.range(10).filter(lambda i: i % 3 == 1),
    "take_while": lambda D, S: D.range(10).take_while(lambda i: i < 4),
    "batch": lambda D, S: D.from_tensor_slices(rows()).batch(4),
    "batch_drop": lambda D, S: D.from_tensor_slices(rows()).batch(4, drop_remainder=True),
    "batch_of_batches": lambda D, S: D.range(8).batch(2).batch(3, drop_remainder=True),
    "unbatch": lambda D, S: D.from_tensor_slices(rows()).batch(4).unbatch(),
    "rebatch": lambda D, S: D.range(7).batch(3).rebatch(2),
    "take": lambda D, S: D.range(7).take(3),
    "take_all": lambda D, S: D.range(3).take(-1),
    "take_more": lambda D, S: D.range(3).take(9),
    "skip": lambda D, S: D.range(7).skip(4),
    "skip_all": lambda D, S: D.range(7).skip(-1),
    "repeat": lambda D, S: D.range(3).repeat(2).batch(4),
    "repeat_none": lambda D, S: D.range(3).repeat(0),
    "endless": lambda D, S: D.range(3).repeat().take(7),
    "endless_filter": lambda D, S: D.range(3).filter(lambda i: i > 0).repeat().take(5),
    "concatenate": lambda D, S: D.range(3).concatenate(D.range(5, 7)).batch(2),
    "zip": lambda D, S: D.zip((D.range(3), D.range(5, 9).batch(2))),
    "zip_more": lambda D, S: D.zip(D.range(3), D.range(4, 9)),
    "zip_dict": lambda D, S: D.zip({"a": D.range(3), "b": D.range(3, 6)}),
    "enumerate": lambda D, S: D.from_tensor_slices(rows()).enumerate(4),
    "cache": lambda D, S: D.range(4).cache().repeat(2),
    "cache_filter": lambda D, S: D.range(4).filter(lambda i: i > 1).cache().repeat(2),
    "prefetch": lambda D, S: D.range(4).prefetch(2),
    "shard": lambda D, S: D.range(10).shard(3, 1),
    "shard_filter": lambda D, S: D.range(10).filter(lambda i: i > 2).shard(3, 1),
    "window": lambda D, S: D.range(7).window(3, shift=2).flat_map(lambda w: w.batch(3)),
    "window_stride": lambda D, S: D.range(11).window(3, shift=4, stride=2).flat_map(lambda w: w.batch(9)),
    "window_drop": lambda D, S: D.range(7).window(3, 1, drop_remainder=True).flat_map(lambda w: w.batch(3)),
    "window_pairs": lambda D, S: (
        D.from_tensor_slices(rows()).window(2).flat_map(lambda x, y: D.zip((x.batch(2), y.batch(2))))
    ),
    "flat_map": lambda D, S: D.range(4).flat_map(lambda i: D.range(i)),
    "interleave": lambda D, S: D.range(1, 6).interleave(
        lambda i: D.from_tensors(i).repeat(6), cycle_length=2, block_length=4
    ),
    "interleave_unequal": lambda D, S: D.range(1, 7).interleave(
        lambda i: D.range(i * 10, i * 10 + i), cycle_length=3, block_length=2
    ),
    "padded": lambda D, S: D.from_generator(ragged, output_signature=S((None,), "int32")).padded_batch(2),
    "padded_to": lambda D, S: D.from_generator(ragged, output_signature=S((None,), "int32")).padded_batch(
        3, padded_shapes=(4,), padding_values=-1
    ),
    "padded_pairs": lambda D, S: (
        D.range(1, 5)
        .map(lambda i: (i, i))
        .flat_map(lambda i, j: D.zip((D.range(i).batch(9), D.range(1))))
        .padded_batch(2, padded_shapes=((None,), ()))
    ),
    "buckets": lambda D, S: D.from_generator(ragged, output_signature=S((None,), "int32")).bucket_by_sequence_length(
        _size, [2, 3], [2, 2, 2]
    ),
    "group": lambda D, S: D.range(10).group_by_window(lambda i: i % 2, lambda k, d: d.batch(3), window_size=3),
    "scan": lambda D, S: D.range(5).scan(np.int64(0), lambda s, i: (s + i, s + i)),
    "unique": lambda D, S: D.from_tensor_slices([1, 37, 2, 37, 2, 1]).unique(),
    "choose": lambda D, S: D.choose_from_datasets(
        [D.from_tensors(n).repeat() for n in (10, 20, 30)], D.range(3).repeat(2)
    ),
    "counter": lambda D, S: D.counter(3, 2).take(3),
    "apply": lambda D, S: D.range(4).apply(lambda d: d.batch(3)),
    "text": lambda D, S: D.from_tensor_slices(["a", "bcd", "e"]).batch(2),
}


def _size(array):
    if array.shape[0] is not None:
        return array.shape[0]
    import tensorflow  # make_pipelines.py alone comes here

    return tensorflow.shape(array)[0]


def plain(value):
    """An element as JSON, with its dtypes."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, tuple):
        return [plain(v) for v in value]
    array = np.asarray(value)
    if array.dtype.kind in "OSU":
        return ["string", [t.decode() if isinstance(t, bytes) else t for t in array.reshape(-1).tolist()]]
    return [array.dtype.name, array.tolist()]


def results(D, S):
    """{name: [cardinality, elements, element_spec as text]} of all pipelines."""
    out = {}
    for name, make in TABLE.items():
        data = make(D, S)
        out[name] = [int(data.cardinality()), [plain(e) for e in data.as_numpy_iterator()]]
    return out
