"""The data adapter: what users pass as x, y and weights becomes checked arrays, without a copy where possible."""

import collections.abc
import operator

import numpy as np

from fastnn.core import config, dtypes, tables, tree
from fastnn.core.errors import ArgumentError, DataError, DTypeError
from fastnn.core.results import ARRAYS
from fastnn.core.values import as_numbers, doubtful, report_overflow
from fastnn.models.source_state import SourceState
from fastnn.models.sparse import dense, is_sparse
from fastnn.utils.triples import unpack_x_y_sample_weight

_EMPTY = (None, (), [])
SMALL = 8192  # numbers that are multiplied in less time than it takes to look at them in another way
SQUARE_OF_FLOAT32 = 1e76  # of something that float32 holds
MOST_AXES = 64  # that an array of NumPy may have


def as_rows(value, name):
    """`value` (array, list, DataFrame, memmap, ...) as an array whose rows are contiguous and native.

    Raises DTypeError for strings and objects, DataError for 0-d, masked and missing values and integers beyond int64.
    """
    value = dense(value)
    array = as_numbers(value, name, wide=getattr(getattr(value, "dtype", None), "kind", "") == "c")
    if array.dtype.kind == "u" and array.dtype.itemsize > 1:  # batches are gathered from signed integers
        array = array.astype(np.int32 if array.dtype.itemsize == 2 else np.int64)
    if array.ndim == 0:
        raise DataError(f"{name}: received the single value {array}, expected an array with one row per sample.")
    row = array[:1]
    if array.size and (not row[0].flags.c_contiguous or not array.flags.aligned):
        found, labels = np.ascontiguousarray(array), tables.labels_of(array)
        array = tables.note_labels(found, labels) if labels else found
    return array


def flatten(structure):
    """The leaves of nested dicts, lists and tuples, in order (dicts by sorted key); arrays are leaves.

    A list of numbers (or of lists of numbers) is one array, a list of arrays is a structure.
    """
    if type(structure) in ARRAYS:  # nearly always; a step asks ten times
        return [structure]
    return [leaf for leaf in tree.flatten(structure, is_numbers) if leaf is not None]


def is_numbers(value):
    """Whether a list or tuple holds plain numbers, i.e. is one array written as a list."""
    for _ in range(MOST_AXES):
        if not (isinstance(value, (list, tuple)) and len(value)):
            break
        value = next((v for v in value if v is not None), None)  # None among numbers is a missing value: no input
    return isinstance(value, (int, float, bool, np.number, np.bool_)) or (
        isinstance(value, (list, tuple)) and not len(value)
    )


def like(structure, leaves):
    """`structure` with its leaves replaced, in order."""
    leaves = iter(leaves)
    return tree.map_structure(lambda s: None if s is None else next(leaves), structure, is_leaf=is_numbers)


def sorted_keys(structure):
    """The structure with every dict in the order of its keys: what reads `x.values()` means the same at every call.

    >>> sorted_keys({"b": 1, "a": [{"d": 2, "c": 3}]})
    {'a': [{'c': 3, 'd': 2}], 'b': 1}
    """
    try:
        return _sorted_keys(structure)
    except RecursionError as error:
        raise tree.holds_itself(structure, error) from None


def _sorted_keys(structure):
    if isinstance(structure, dict):
        return {k: _sorted_keys(structure[k]) for k in tree.ordered_keys(structure)}
    if isinstance(structure, (list, tuple)) and not is_numbers(structure):
        return tree.rebuild(structure, [_sorted_keys(s) for s in structure])
    return structure


def convert(structure, name):
    """Every leaf as rows; names say where a leaf was, e.g. x[0] or y['aux']."""
    try:
        return _convert(structure, name)
    except RecursionError as error:
        raise tree.holds_itself(structure, error) from None


def _convert(structure, name):
    if isinstance(structure, dict):
        return {k: _convert(v, f"{name}[{k!r}]") for k, v in structure.items()}
    if isinstance(structure, (list, tuple)) and not is_numbers(structure):
        return tree.rebuild(structure, [_convert(v, f"{name}[{i}]") for i, v in enumerate(structure)])
    return None if structure is None else as_rows(structure, name)


def row_count(*named):
    """The common number of rows of (name, structure) pairs; DataError where they differ or are 0."""
    counts = [(name, len(a)) for name, s in named for a in flatten(s)]
    if not counts:
        raise DataError("No data: received x=None; expected arrays, a generator or a PyDataset.")
    if len({n for _, n in counts}) > 1:
        raise DataError(
            "Data cardinality is ambiguous. Make sure all arrays contain the same number of samples. "
            "Received rows: " + ", ".join(f"{name} {n}" for name, n in counts) + "."
        )
    if counts[0][1] == 0:
        raise DataError(f"The data is empty: received 0 rows in {counts[0][0]}; expected at least one.")
    return counts[0][1]


def check_finite(named, only_overflow=False):
    """Warn once (an error in strict mode) about NaN or infinity, naming the array and the first row.

    Finite numbers that are infinite in the float type that a model calculates in warn too; only_overflow: only these.
    """
    narrow = config.floatx() != "float64"
    if surely_finite([a for _, s in named for a in flatten(s)], narrow):
        return
    kept = np.dtype(dtypes.numpy_type(config.floatx()))
    with np.errstate(all="ignore"):
        for name, structure in named:
            for i, a in enumerate(flatten(structure)):
                narrow = a.dtype.itemsize > kept.itemsize
                if a.dtype.kind != "f" or (only_overflow and not narrow) or _finite(a, kept if narrow else a.dtype):
                    continue
                label = name if not isinstance(structure, (list, tuple, dict)) else f"{name}, array {i}"
                _report(a, kept, label, only_overflow)


@np.errstate(over="ignore", invalid="ignore")
def surely_finite(arrays, narrow):
    """Whether one look at each of some small arrays shows that all their numbers are finite; False says nothing.

    narrow: whether they must be so as float32, too.
    """
    for a in arrays:
        if a.dtype.kind != "f":
            continue
        if a.size > SMALL or not a.flags.c_contiguous or a.dtype.itemsize < 4:
            return False
        flat = a.reshape(-1)
        if not flat.dot(flat) < (SQUARE_OF_FLOAT32 if narrow and a.dtype.itemsize > 4 else np.inf):
            return False
    return True


def _report(a, kept, label, only_overflow):
    """The warning about an array that is not finite, or not in the float type `kept`."""
    fine = np.isfinite(a.reshape(len(a), -1))
    rows = fine.all(axis=1)
    if only_overflow or rows.all():
        report_overflow(a, kept, label)
        return
    first = int(np.argmin(rows))
    what = "NaN" if np.isnan(a[first]).any() else "infinity"
    labels = tables.labels_of(a)
    label = f"{label}[{labels[int(np.argmin(fine[first]))]!r}]" if labels else label
    doubtful(
        f"{label} contains {what}, first in row {first} ({int((~rows).sum())} of {len(a)} rows): the loss will "
        "become NaN. Remove or fill these rows."
    )


def _finite(a, dtype):
    """Whether all values are finite in `dtype`; one pass in blocks that stay in cache, no temporary of its size."""
    flat = a.reshape(-1) if a.flags.c_contiguous else np.ravel(a)
    for i in range(0, flat.size, 1 << 16):
        block = flat[i : i + (1 << 16)]
        if (
            not np.isfinite(block.sum(dtype=dtype if dtype.itemsize > 2 else np.float64))
            and not np.isfinite(block.astype(dtype, copy=False)).all()
        ):
            return False
    return True


def batch_dtype(array, wanted=None):
    """The dtype in which a batch of `array` reaches the model: floats as floatx, integers kept as int32/int64.

    Raises DTypeError for complex numbers where the model wants real ones.
    """
    if array.dtype.kind == "c":
        if wanted is not None and wanted not in dtypes.COMPLEX:
            raise DTypeError(
                f"The data hold complex numbers ({array.dtype}), but the model takes {wanted}. Give the Input "
                'dtype="complex64", or pass the parts as floats, e.g. with ops.view_as_real.'
            )
        return wanted or array.dtype.name
    wanted = dtypes.COMPLEX.get(wanted, wanted)  # real numbers become complex in the model
    if wanted is not None and dtypes.is_float(wanted):
        return wanted
    if array.dtype.kind == "f":
        return config.floatx()
    if wanted is not None and array.dtype.kind in "iub":
        wide = wanted == "int64" or (wanted == "bool" and array.dtype.itemsize == 8)  # no bit of it may be lost
        return "int64" if wide else "int32" if wanted in dtypes.TABLE else wanted
    return "int64" if array.dtype.itemsize == 8 else "int32"


def split_validation(fraction, arrays):
    """((training structures), (validation structures)): the last rows, before any shuffling.

    Raises DataError where one of the two parts would be empty.
    """
    n = row_count(("x", arrays[0]))
    cut = int(np.floor(n * (1.0 - fraction)))
    if not 0 < fraction < 1 or cut in (0, n):
        raise DataError(
            f"Training data contains {n} samples, which is not sufficient to split it into a validation and "
            f"training set as specified by `validation_split={fraction}`. Either provide more data, or a "
            "different value for the `validation_split` argument."
        )

    def part(s, sl):
        return like(s, [a[sl] for a in flatten(s)]) if s is not None else None

    return tuple(part(s, slice(None, cut)) for s in arrays), tuple(part(s, slice(cut, None)) for s in arrays)


def is_batches(x):
    """Whether x yields batches itself (generator, PyDataset, iterable of tuples) instead of being arrays."""
    if (
        x is None
        or isinstance(x, (np.ndarray, dict, list, tuple, str))
        or hasattr(x, "to_numpy")
        or hasattr(x, "__array__")
        or is_sparse(x)
        or tables.is_table(x)
        or tables.is_lazy(x)
        or isinstance(x, memoryview)
    ):
        return False
    return isinstance(x, collections.abc.Iterable) or hasattr(x, "__getitem__")


class Batches:
    """A source of batches: iterate it once per epoch.

    x: a generator (consumed once), an iterable, or a PyDataset / Sequence (`__getitem__`, `__len__`,
    `on_epoch_begin`, `on_epoch_end`).  mix: function of the number of batches that gives the order of those of a
    PyDataset in the next pass; None: as they are numbered.  call: calls the source's functions, with their arguments.

    length: batches of a pass, None if not known.  at: batches of this pass that have been given.  taken: all that a
    source has given that cannot begin again.  inner: its SourceState.  last: the batch that was given last, unless
    its place is known otherwise.
    """

    def __init__(self, x, mix=None, call=lambda function, *args: function(*args)):
        self.source, self.mix, self.call = x, mix, call
        self.length = _length(x)
        self.indexed = hasattr(x, "__getitem__") and (
            self.length is not None or not hasattr(x, "__iter__") or hasattr(x, "num_batches")
        )
        self.restartable = self.indexed or iter(x) is not x
        self.inner = SourceState(x, self.indexed)
        self.iterator, self.at, self.taken, self.last = None, 0, 0, None
        self.used_up = self.fell_short = False

    def epoch(self, steps=None, begun=False):
        """Yield the (x, y, sample_weight) batches of one epoch: `steps` of them, or those of a whole pass.

        With `steps`, an epoch goes on where the one before it ended; with `begun` a pass goes on.  Afterwards
        `fell_short` says whether there were fewer than `steps`, and `used_up` whether there will be none any more.
        """
        given, self.fell_short = 0, False
        if steps is None and not begun:
            self._rewind()
        _tell(self.source, "on_epoch_begin")
        while steps is None or given < steps:
            batch = self._next()
            if batch is None and self.at and self.restartable and not (given or begun):  # it ended with the last epoch
                self._rewind()
                batch = self._next()
            if batch is None:
                self.fell_short = steps is not None
                self._rewind()
                self.used_up = not self.restartable
                break
            x, *others = unpack_x_y_sample_weight(batch[0])
            yield x, *(None if isinstance(part, (list, tuple)) and not part else part for part in others)
            given += 1
        if self.length is not None and self.at >= self.length:
            self._rewind()
        _tell(self.source, "on_epoch_end")

    def go_to(self, at, taken=0, state=None):
        """Begin after `at` batches of a pass, or where state() was `state`; numbered batches are not made.

        taken: how many batches a source had given that cannot begin again; it is asked for them.  Raises DataError
        where it has fewer.
        """
        self._rewind()
        if state is not None:
            self.inner.put(state)
        if state is not None and not self.indexed:
            if at or not self.restartable:
                self._begin()
        elif not self.indexed:
            count = at if self.restartable else taken
            for given in range(count):
                if self.at == self.length:
                    self.at = 0
                if self._next() is None:
                    raise DataError(
                        f"The run that this one goes on from had taken {count} batches of the data source, which has "
                        f"only {given}. Pass a new one that gives the same batches, or one with the methods state(), "
                        "which says where it is, and restore(state)."
                    )
        if self.indexed and at:
            self._begin()
        self.at, self.taken = at, taken

    def _rewind(self):
        if self.restartable:
            self.iterator = None
        self.at = 0

    def _begin(self):
        if not self.indexed:
            self.iterator = iter(self.source)
        elif self.mix is not None and self.length:
            self.iterator = self.mix(self.length)
        else:
            self.iterator = None

    def _next(self):
        """A tuple with the next batch of this pass, or None at its end."""
        if self.at == 0 and (self.indexed or self.iterator is None):
            self._begin()
        if self.length is not None and self.at >= self.length:
            return None
        if self.indexed:
            batch = self.call(
                operator.getitem, self.source, int(self.at if self.iterator is None else self.iterator[self.at])
            )
        else:
            try:
                batch = self.call(next, self.iterator)
            except StopIteration:
                return None
        self.at += 1
        self.taken += not self.restartable
        self.last = None if self.indexed or self.inner.own else batch
        return (batch,)


def _length(x):
    """How many batches a source has, or None."""
    try:
        return x.num_batches if hasattr(x, "num_batches") else len(x) if hasattr(x, "__len__") else None
    except (TypeError, NotImplementedError):  # a pipeline that does not know yet, a PyDataset without an end
        return None


def _tell(source, hook):
    if hasattr(source, hook):
        getattr(source, hook)()


def class_weights(y, class_weight, sparse=False):
    """Per-row weights from {class: weight}; classes that are not named weigh 1.

    y: (n,) or (n, 1) labels, rounded to the nearest class, or (n, classes) rows, whose class is their largest entry.
    sparse: whether the loss takes class indices, so that a row of several numbers holds several labels.

    Raises ArgumentError where a row has more than one label, as an image labelled pixel by pixel has.

    >>> class_weights(np.array([0.9, 0.1]), {1: 5.0}).tolist()
    [5.0, 1.0]
    """
    if not isinstance(class_weight, dict):
        raise ArgumentError(f"class_weight: received {class_weight!r}, expected a dict {{class: weight}}.")
    for c, w in class_weight.items():
        if not all(isinstance(v, (int, float, np.number)) for v in (c, w)):
            raise ArgumentError(f"class_weight: received {c!r}: {w!r}, expected an integer class and a number.")
    row, n = y.shape[1:], len(y)
    labels = y.size if sparse else n * int(np.prod(row[:-1])) if not row or row[-1] else 0
    if labels != n:
        raise ArgumentError(
            f"class_weight: received y of shape {y.shape}, expected one label, or one row of classes, "
            "per sample: a class weight is the weight of a whole sample. Pass sample_weight with the "
            "weight of each label instead."
        )
    found = np.argmax(y.reshape(n, -1), axis=-1) if row and row[-1] != 1 else y.reshape(n)
    with np.errstate(invalid="ignore"):  # a NaN is no class
        found = np.round(found).astype(np.int64)
    classes = np.array([*class_weight], np.float64)
    weights = np.array([*class_weight.values(), 1.0], dtypes.numpy_type(config.floatx()))
    order = np.argsort(classes)
    place = np.searchsorted(classes, found, sorter=order)
    place = np.append(order, -1)[place]  # behind the last class: the weight 1
    return np.where(np.append(classes, np.nan)[place] == found, weights[place], weights[-1])
