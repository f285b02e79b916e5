"""Data sets in folders: one subfolder per class, read batch by batch; and windows of a series."""

import pathlib

import numpy as np

from fastnn.core import config
from fastnn.core.errors import ArgumentError, DataError
from fastnn.core.random import permutation
from fastnn.utils.batches import PyDataset
from fastnn.utils.images import MODES, img_to_array, load_img

IMAGES = (".bmp", ".gif", ".jpeg", ".jpg", ".png")


class _Rows(PyDataset):
    """Batches of rows: `row(i)` gives the parts of row i; an order of its own in every pass where shuffle is set."""

    def __init__(self, n, batch_size, shuffle, seed, row):
        super().__init__()
        self.n, self.batch_size, self.shuffle, self.row = n, batch_size, shuffle, row
        self._stream = (config.next_stream() if seed is None else seed) if shuffle else 0
        self._pass = 0
        self._mix()

    def _mix(self):
        self.order = (
            permutation((config.seed(), self._stream, self._pass), self.n) if self.shuffle else np.arange(self.n)
        )

    def __len__(self):
        return -(-self.n // self.batch_size) if self.batch_size else self.n

    def __getitem__(self, index):
        if self.batch_size is None:
            return self.row(self.order[index])
        first = index * self.batch_size
        rows = [self.row(i) for i in self.order[first : first + self.batch_size]]
        if not isinstance(rows[0], tuple):
            return _column(rows)
        return tuple(_column(c) for c in zip(*rows))

    def on_epoch_end(self):
        self._pass += 1
        self._mix()


def _column(values):
    return np.array(values, dtype=object) if isinstance(values[0], str) else np.stack(values)


def _check_split(validation_split, subset, shuffle, seed):
    if validation_split is not None and not 0 < validation_split < 1:
        raise ArgumentError(f"`validation_split` must be between 0 and 1, received: {validation_split}")
    if (validation_split is None) != (subset is None):
        raise ArgumentError("If `subset` is set, `validation_split` must be set, and inversely.")
    if subset not in (None, "training", "validation", "both"):
        raise ArgumentError(f'`subset` must be either "training", "validation" or "both", received: {subset!r}')
    if validation_split and shuffle and seed is None:
        raise ArgumentError(
            "If using `validation_split` and shuffling the data, you must provide a `seed` argument, "
            "to make sure that there is no overlap between the training and validation subset."
        )


def _listed(directory, endings, labels, class_names):
    """(paths, integer labels or None, class names)."""
    root = pathlib.Path(directory)
    if not root.is_dir():
        raise DataError(f"No folder {str(directory)!r}.")
    folders = sorted(p.name for p in root.iterdir() if p.is_dir()) if labels == "inferred" else []
    if class_names is not None and labels == "inferred" and set(class_names) != set(folders):
        raise ArgumentError(
            f"The `class_names` passed did not match the names of the subdirectories of the target "
            f"directory. Expected: {folders}, but received: {list(class_names)}"
        )
    names = list(class_names or folders)
    paths, numbers = [], []
    for number, place in enumerate([root / n for n in names] if labels == "inferred" else [root]):
        found = sorted(p for p in place.rglob("*") if p.suffix.lower() in endings)
        paths += found
        numbers += [number] * len(found)
    if not paths:
        raise DataError(
            f"No files found in folder {str(directory)!r} with the endings {', '.join(endings)}"
            + ("; expected one subfolder per class." if labels == "inferred" else ".")
        )
    if isinstance(labels, (list, tuple)):
        if len(labels) != len(paths):
            raise ArgumentError(
                f"Expected the lengths of `labels` to match the number of files in the target "
                f"directory. len(labels) is {len(labels)} while we found {len(paths)} files."
            )
        numbers, names = list(labels), [str(n) for n in sorted(set(labels))]
    return paths, None if labels is None else np.array(numbers), names


def _label_rows(numbers, label_mode, names):
    if numbers is None or label_mode is None:
        return None
    if label_mode == "binary" and len(names) != 2:
        raise ArgumentError(
            f'When passing `label_mode="binary"`, there must be exactly 2 class_names. Received: class_names={names}'
        )
    table = {
        "int": lambda: numbers.astype("int32"),
        "binary": lambda: numbers.astype("float32")[:, None],
        "categorical": lambda: np.eye(len(names), dtype="float32")[numbers],
    }
    if label_mode not in table:
        raise ArgumentError(
            f'`label_mode` argument must be one of "int", "categorical", "binary", or None. Received: '
            f"label_mode={label_mode}"
        )
    return table[label_mode]()


def _from_directory(
    directory, endings, read, labels, label_mode, class_names, batch_size, shuffle, seed, validation_split, subset
):
    _check_split(validation_split, subset, shuffle, seed)
    if labels not in ("inferred", None) and not isinstance(labels, (list, tuple)):
        raise ArgumentError(
            "`labels` argument should be a list/tuple of integer labels, of the same size as the "
            f"number of files, 'inferred' or None. Received: labels={labels!r}"
        )
    paths, numbers, names = _listed(directory, endings, labels, class_names)
    rows = _label_rows(numbers, label_mode, names)
    order = permutation((config.seed(), seed), len(paths)) if shuffle and seed is not None else np.arange(len(paths))
    cut = len(paths) - int(validation_split * len(paths)) if validation_split else len(paths)

    def part(chosen):
        if not len(chosen):
            raise DataError(f"No files are left: {len(paths)} files with validation_split={validation_split}.")

        def row(i):
            value = read(paths[chosen[i]])
            return value if rows is None else (value, rows[chosen[i]])

        data = _Rows(len(chosen), batch_size, shuffle, seed, row)
        data.class_names, data.file_paths = names, [str(paths[i]) for i in chosen]
        return data

    parts = {None: slice(None), "training": slice(None, cut), "validation": slice(cut, None)}
    if subset == "both":
        return part(order[:cut]), part(order[cut:])
    return part(order[parts[subset]])


def image_dataset_from_directory(
    directory,
    labels="inferred",
    label_mode="int",
    class_names=None,
    color_mode="rgb",
    batch_size=32,
    image_size=(256, 256),
    shuffle=True,
    seed=None,
    validation_split=None,
    subset=None,
    interpolation="bilinear",
    follow_links=False,
    crop_to_aspect_ratio=False,
    pad_to_aspect_ratio=False,
    data_format=None,
    format=None,
    verbose=True,
):
    """Batches of the images in a folder, for fit(): a PyDataset of (images, labels), or of images alone.

    Args:
        directory: folder with one subfolder per class (with labels=None: with images).
        labels: "inferred" from the subfolders, None, or a list of ints in the order of the sorted files.
        label_mode: "int", "categorical" (one-hot rows), "binary" ((n, 1) floats) or None.
        class_names: the subfolders in the order of their numbers.
        color_mode: "rgb", "rgba" or "grayscale".  image_size: (rows, columns).
        batch_size: images in a batch.  shuffle, seed: another order in each epoch.
        validation_split, subset: the share of files kept for validation, and "training", "validation" or "both".

    Returns:
        A PyDataset with `class_names` and `file_paths`; two of them for subset="both".

    Raises:
        DataError: if there are no files.  ArgumentError: for arguments that do not fit.  Needs Pillow.
    """
    if color_mode not in MODES:
        raise ArgumentError(f'`color_mode` must be one of {{"rgb", "rgba", "grayscale"}}. Received: {color_mode!r}')

    def read(path):
        return img_to_array(load_img(path, color_mode, image_size, interpolation, crop_to_aspect_ratio), data_format)

    return _from_directory(
        directory, IMAGES, read, labels, label_mode, class_names, batch_size, shuffle, seed, validation_split, subset
    )


def text_dataset_from_directory(
    directory,
    labels="inferred",
    label_mode="int",
    class_names=None,
    batch_size=32,
    max_length=None,
    shuffle=True,
    seed=None,
    validation_split=None,
    subset=None,
    follow_links=False,
    format=None,
    verbose=True,
):
    """Batches of the text files in a folder: (object array of str, labels); arguments as of
    image_dataset_from_directory.

    max_length: characters after which a text is cut.
    """

    def read(path):
        text = path.read_text(encoding="utf-8", errors="replace")
        return text if max_length is None else text[:max_length]

    return _from_directory(
        directory, (".txt",), read, labels, label_mode, class_names, batch_size, shuffle, seed, validation_split, subset
    )


def timeseries_dataset_from_array(
    data,
    targets,
    sequence_length,
    sequence_stride=1,
    sampling_rate=1,
    batch_size=128,
    shuffle=False,
    seed=None,
    start_index=None,
    end_index=None,
):
    """Batches of windows of a series, for fit().

    Args:
        data: (steps, ...) array.  targets: (steps, ...) array, or None; window i has targets[i of its first step].
        sequence_length: steps in a window.  sequence_stride: distance of two windows.
        sampling_rate: distance of the steps inside a window.  batch_size: windows in a batch; None: one by one.
        start_index, end_index: the part of `data` that is used.

    Raises ArgumentError for a number that does not fit the data.

    >>> windows = timeseries_dataset_from_array(np.arange(10), None, 4, batch_size=2)
    >>> len(windows), windows[0].tolist()
    (4, [[0, 1, 2, 3], [1, 2, 3, 4]])
    """
    data, first = np.asarray(data), start_index or 0
    end = len(data) if end_index is None else end_index
    for name, value in (
        ("sequence_length", sequence_length),
        ("sequence_stride", sequence_stride),
        ("sampling_rate", sampling_rate),
    ):
        if not hasattr(value, "__index__") or not 0 < value <= len(data):
            raise ArgumentError(
                f"timeseries_dataset_from_array: received {name}={value!r}, expected an int from 1 to "
                f"the {len(data)} steps of the data."
            )
    if not 0 <= first < end <= len(data):
        raise ArgumentError(
            f"timeseries_dataset_from_array: received start_index={start_index}, end_index={end_index} "
            f"for {len(data)} steps."
        )
    values = data[first:end]
    reach = (sequence_length - 1) * sampling_rate
    starts = np.arange(0, max(len(values) - reach, 0), sequence_stride)
    targets = None if targets is None else np.asarray(targets)[first:end]
    if targets is not None:
        starts = starts[starts < len(targets)]
    if not len(starts):
        raise ArgumentError(f"timeseries_dataset_from_array: {len(values)} steps hold no window of {reach + 1}.")

    def row(i):
        window = values[starts[i] : starts[i] + reach + 1 : sampling_rate]
        return window if targets is None else (window, targets[starts[i]])

    return _Rows(len(starts), batch_size, shuffle, seed, row)
