"""What data sets of `tf.data` have besides, under the aliases: their iterators' methods, files of elements, samples."""

import functools
import gzip
import itertools
import json
import os

import numpy as np

from fastnn.compat.keras2.streams import of_stream
from fastnn.compat.tf.errors import OutOfRangeError
from fastnn.compat.tf.graphs.graph import Node, graph
from fastnn.compat.tf.graphs.updates import Update
from fastnn.compat.tf.ragged.calls import stack as ragged_stack
from fastnn.compat.tf.values import only
from fastnn.core import tree
from fastnn.core.errors import ArgumentError, FileFormatError
from fastnn.data import Dataset
from fastnn.data.elements import array_of, call, each, element, leaves
from fastnn.data.groups import Turn
from fastnn.data.plan import Plan


class Iterator:
    """The elements of a pass over a data set, one after the other.

    Args:
        elements: an iterator of them.
        dataset: the data set.

    >>> steps = Iterator(iter([1, 2]), None)
    >>> steps.get_next(), next(steps)
    (1, 2)
    """

    def __init__(self, elements, dataset):
        self._elements, self._dataset = elements, dataset

    def __iter__(self):
        return self

    def __next__(self):
        return next(self._elements)

    def get_next(self, name=None):
        """The next element.

        Args:
            name: of no effect.

        While a graph of TensorFlow 1 is built, it is what each run gets.

        Raises OutOfRangeError where there is none.
        """
        if graph().active and graph().values is None:
            return self._waiting()
        for found in self._elements:
            return of_stream(self, found)
        raise OutOfRangeError("End of sequence")

    def _waiting(self):
        """The Nodes of an element: one step for all that a run asks of it."""
        spec = self.element_spec
        sizes = lambda s, size: tuple(size if n is None else n for n in s.shape)
        zeros = lambda size: tree.map_structure(lambda s: np.zeros(sizes(s, size), s.dtype), spec)
        whole = Node(lambda: self.get_next(), random=True, sample=zeros)
        first = functools.cache(lambda: tree.flatten(next(self._elements)))
        found = [_Part(self, k, whole, first) for k in range(len(tree.flatten(spec)))]
        return tree.pack(spec, found) if tree.is_nested(spec) else found[0]

    def _restart(self):
        self._elements = iter(self._dataset)._elements

    def get_next_as_optional(self):
        """An object that has the next element, or has none."""
        return Optional(*itertools.islice(self._elements, 1))

    @property
    def element_spec(self):
        """What elements look like."""
        return self._dataset.element_spec

    @property
    def initializer(self):
        """None: a pass begins by itself; while a graph is built an operation that begins anew."""
        return Update(self._restart, name="MakeIterator") if graph().active else None

    def close(self):
        """End the pass."""
        self._elements.close()


class _Part(Node):
    """A part of the elements that runs get; the input or the target of a Keras model, too, which reads the stream."""

    def __init__(self, iterator, number, whole, first):
        super().__init__(lambda x: tree.flatten(x)[number], (whole,), random=True, name="IteratorGetNext")
        self.stream, self._first = (iterator, number), first

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self._first()[self.stream[1]], dtype)


class Optional:
    """A value that may not be there."""

    def __init__(self, *value):
        self._value = value

    def has_value(self, name=None):
        """Whether it is there.

        Args:
            name: of no effect.
        """
        return bool(self._value)

    def get_value(self, name=None):
        """The value.

        Args:
            name: of no effect.

        Raises ArgumentError where there is none.
        """
        if not self._value:
            raise ArgumentError("Optional.get_value: the given optional does not have a value.")
        return self._value[0]


def with_methods(iter_today):
    """`iter(dataset)` as an Iterator.

    Args:
        iter_today: the method.
    """
    return lambda self: Iterator(iter_today(self), self)


class Arrays:
    """What as_numpy_iterator() gives: an iterator with the method that TensorFlow's has.

    Args:
        elements: an iterator.

    >>> arrays = Arrays(iter([1, 2]))
    >>> arrays.next(), list(arrays)
    (1, [2])
    """

    def __init__(self, elements):
        self._elements = elements

    def __iter__(self):
        return self

    def __next__(self):
        return next(self._elements)

    next = __next__


def arrays_with_methods(as_numpy_iterator_today):
    """`as_numpy_iterator`, as Arrays.

    Args:
        as_numpy_iterator_today: the method.
    """
    return lambda self: Arrays(as_numpy_iterator_today(self))


WRAPPED = {"__iter__": with_methods, "as_numpy_iterator": arrays_with_methods}


def one_shot(dataset):
    """An Iterator, as TensorFlow 1 made them.

    Args:
        dataset: a Dataset.
    """
    return iter(dataset)


# ---- files of elements -------------------------------------------------------------------------------------------
_FILE, _STRUCTURE = "elements.npz", "structure.json"


def _outline(value, numbers):
    """A structure with numbers in the places of its leaves, as plain data."""
    if isinstance(value, dict):
        return {"dict": {k: _outline(v, numbers) for k, v in value.items()}}
    if isinstance(value, tuple):
        return {"tuple": [_outline(v, numbers) for v in value]}
    return next(numbers)


def _filled(outline, found):
    if isinstance(outline, int):
        return found[outline]
    if "dict" in outline:
        return {k: _filled(v, found) for k, v in outline["dict"].items()}
    return tuple(_filled(v, found) for v in outline["tuple"])


def _save(self, path, compression=None, shard_func=None, checkpoint_args=None):
    """Write the elements of a pass into a folder, which `Dataset.load` reads.

    Args:
        path: the folder.
        compression: None or "GZIP".
        shard_func, checkpoint_args: of no effect.
    """
    only("data.Dataset.save", "compression", compression, None, "GZIP")
    arrays, outline, count = {}, None, 0
    for count, value in enumerate(self.as_numpy_iterator(), 1):
        outline = _outline(value, itertools.count()) if outline is None else outline
        for k, leaf in enumerate(leaves(value)):
            array = np.asarray(leaf)
            arrays[f"{count - 1}/{k}"] = array.astype(str) if array.dtype.kind == "O" else array
    os.makedirs(path, exist_ok=True)
    (np.savez_compressed if compression else np.savez)(os.path.join(path, _FILE), **arrays)
    with open(os.path.join(path, _STRUCTURE), "w", encoding="utf-8") as file:
        json.dump({"count": count, "element": outline}, file)


def _load(path, element_spec=None, compression=None, reader_func=None, wait=False):
    """The data set that `save` wrote.

    Args:
        path: the folder.
        element_spec, compression, reader_func, wait: of no effect.

    Raises FileFormatError for a folder that `save` has not written.
    """
    try:
        with open(os.path.join(path, _STRUCTURE), encoding="utf-8") as file:
            outline = json.load(file)
        with np.load(os.path.join(path, _FILE), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError) as error:
        raise FileFormatError(
            f"Dataset.load: {path!r} is no folder that Dataset.save of fastnn has written: {error}."
        ) from error
    count = outline["count"]
    width = len(arrays) // count if count else 0
    rows = [[array_of(arrays[f"{k}/{j}"]) for j in range(width)] for k in range(count)]
    return Dataset(Plan(count, at=lambda _, i: _filled(outline["element"], rows[i])))


# ---- samples and batches -----------------------------------------------------------------------------------------
def _resample(self, class_func, target_dist, initial_dist=None, seed=None, name=None):
    """Pairs (class, element) of those elements that are kept, so that classes are as frequent as is wanted.

    Args:
        class_func: a function of an element that gives its class, an int.
        target_dist: the shares of the classes that are wanted.
        initial_dist: their shares in the data; None: counted as they come.
        seed: int or None.
        name: of no effect.
    """
    wanted, plan = np.asarray(target_dist, float), self._plan

    def make(turn: Turn):
        rng = np.random.default_rng([0 if seed is None else int(seed), *turn])
        counts = np.ones(len(wanted))
        for value in plan.iterate(turn):
            kind = int(np.asarray(call(class_func, value)))
            counts[kind] += 1
            shares = counts / counts.sum() if initial_dist is None else np.asarray(initial_dist, float)
            ratios = np.divide(wanted, shares, out=np.zeros_like(wanted), where=shares > 0)
            if rng.random() * ratios.max() < ratios[kind]:
                yield element((np.asarray(kind, "int32"), value))

    return self._made(Plan(None, make))


def _ragged_batch(self, batch_size, drop_remainder=False, row_splits_dtype="int64", name=None):
    """Batches of elements of different lengths, as ragged tensors.

    Args:
        batch_size: int.
        drop_remainder: leave out a last batch that is not full.
        row_splits_dtype, name: of no effect.
    """
    plan, size = self._plan, int(batch_size)

    def make(turn: Turn):
        elements = plan.iterate(turn)
        while rows := list(itertools.islice(elements, size)):
            if len(rows) == size or not drop_remainder:
                yield each(lambda *parts: ragged_stack(list(parts)), *rows)

    return self._made(Plan(None, make))


def _sparse_batch(self, batch_size, row_shape, name=None):
    """Batches of a shape of rows: what is missing is 0.

    Args:
        batch_size: int.
        row_shape: the shape of a row.
        name: of no effect.
    """
    return self.padded_batch(batch_size, padded_shapes=tuple(row_shape))


METHODS = {
    "save": _save, "load": staticmethod(_load), "rejection_resample": _resample, "ragged_batch": _ragged_batch,
    "sparse_batch": _sparse_batch, "make_one_shot_iterator": one_shot, "make_initializable_iterator": one_shot,
}  # fmt: skip


def FixedLengthRecordDataset(filenames, record_bytes, header_bytes=None, footer_bytes=None, buffer_size=None,
                             compression_type=None, num_parallel_reads=None, name=None):  # fmt: skip
    """A Dataset of the records of files, each of as many bytes, as bytes.

    Args:
        filenames: a name, or a list or array of names.
        record_bytes: bytes of a record.
        header_bytes, footer_bytes: bytes before and behind the records.
        compression_type: None, "" or "GZIP".
        buffer_size, num_parallel_reads, name: of no effect.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "records.bin")
    ...     _ = path.write_bytes(b"!abcd")
    ...     [bytes(r.item()) for r in FixedLengthRecordDataset(str(path), 2, header_bytes=1)]
    [b'ab', b'cd']
    """
    only("data.FixedLengthRecordDataset", "compression_type", compression_type, None, "", "GZIP")
    opened = gzip.open if compression_type == "GZIP" else open

    def records():
        for path in np.ravel(np.asarray(filenames, object)):
            with opened(path, "rb") as file:
                data = file.read()
            data = data[int(header_bytes or 0) : len(data) - int(footer_bytes or 0)]
            if len(data) % int(record_bytes):
                raise FileFormatError(
                    f"FixedLengthRecordDataset: received {len(data)} bytes in {path}, expected a multiple of "
                    f"{record_bytes}."
                )
            for k in range(0, len(data), int(record_bytes)):
                yield np.array(data[k : k + int(record_bytes)], object)

    return Dataset.from_generator(records)


NAMES = {
    "data.FixedLengthRecordDataset": "compat.tf.datasets:FixedLengthRecordDataset",
    **dict.fromkeys(("data.Iterator", "data.NumpyIterator"), "compat.tf.datasets:Iterator"),
    "experimental.Optional": "compat.tf.datasets:Optional", "data.experimental.Optional": "compat.tf.datasets:Optional",
    **{f"data.{n}": "compat.tf.datasets:one_shot" for n in ("make_one_shot_iterator", "make_initializable_iterator")},
    **dict.fromkeys(("data.experimental.AutoShardPolicy", "data.experimental.ExternalStatePolicy"),
                    "compat.tf.devices:SETTINGS"),
    **{f"data.experimental.{n}": "compat.tf.devices:Inert" for n in (
        "DistributeOptions", "OptimizationOptions", "ThreadingOptions")},
    "data.ThreadingOptions": "compat.tf.devices:Inert", "data.experimental.save": "compat.tf.datasets:_save",
    "data.experimental.load": "compat.tf.datasets:_load",
}  # fmt: skip
