"""Batches of images in random variants, endlessly: from arrays and folders (Keras 2's iterators).

Each is a PyDataset and an iterator.  Classes that users derive say in `_get_batches_of_transformed_samples` what a
batch is, given the numbers of its rows.
"""

import os
import pathlib
import threading

import numpy as np

from fastnn.core import config
from fastnn.core.errors import ArgumentError, DataError, MissingFileError, PlaceError
from fastnn.core.random import permutation
from fastnn.utils.batches import PyDataset
from fastnn.utils.folders import IMAGES
from fastnn.utils.images import array_to_img, img_to_array, load_img
from fastnn.utils.interactive import say

_CHANNELS = {"rgb": 3, "rgba": 4, "grayscale": 1}


class Iterator(PyDataset):
    """Numbers of rows, batch by batch, in an order of its own at each pass.

    Args:
        n: how many rows there are.
        batch_size: rows in a batch, an int.
        shuffle: whether each pass has an order of its own.
        seed: int or None: of the order and of what is random in a batch.

    Raises DataError where there are no rows.
    """

    white_list_formats = ("png", "jpg", "jpeg", "bmp", "ppm", "tif", "tiff")

    def __init__(self, n, batch_size, shuffle, seed):
        super().__init__()
        if n == 0:
            raise DataError("ImageDataGenerator: there are no images.")
        self.n, self.batch_size, self.shuffle, self.seed = n, batch_size, shuffle, seed
        self.batch_index = self.total_batches_seen = self.pass_number = 0
        self.lock = threading.Lock()
        self.stream = config.next_stream() if seed is None else seed
        self._set_index_array()
        self.index_generator = self._flow_index()

    def _set_index_array(self):
        key = (config.seed(), self.stream, self.pass_number)
        self.index_array = permutation(key, self.n) if self.shuffle else np.arange(self.n)

    def __len__(self):
        return -(-self.n // self.batch_size)

    def _rows(self, index):
        return self.index_array[index * self.batch_size : (index + 1) * self.batch_size]

    def __getitem__(self, index):
        if not 0 <= index < len(self):
            raise PlaceError(
                f"Asked to retrieve element {index}, but the Sequence has length {len(self)}; "
                f"expected 0 to {len(self) - 1}."
            )
        self.total_batches_seen += 1
        return self._get_batches_of_transformed_samples(self._rows(index))

    def on_epoch_end(self):
        self.pass_number += 1
        self._set_index_array()

    def reset(self):
        """Start at the first batch."""
        self.batch_index = 0

    def _flow_index(self):
        while True:
            rows = self._rows(self.batch_index)
            self.batch_index += 1
            self.total_batches_seen += 1
            yield rows
            if self.batch_index == len(self):
                self.batch_index = 0
                self.on_epoch_end()

    def __iter__(self):
        return self

    def __next__(self):
        return self.next()

    def next(self):
        """The next batch."""
        with self.lock:
            rows = next(self.index_generator)
        return self._get_batches_of_transformed_samples(rows)

    def _get_batches_of_transformed_samples(self, index_array):
        raise NotImplementedError(f"{type(self).__name__} does not say what a batch is.")

    def _variant(self, image, row):
        """An image as the generator changes it, at random by row and pass."""
        made = self.image_data_generator
        if made is None:
            return image
        changed = made.random_transform(image, (self.stream, self.pass_number, int(row)))
        return made.standardize(changed)

    def _save(self, images, rows):
        if not self.save_to_dir:
            return
        for image, row in zip(images, rows):
            name = f"{self.save_prefix}_{row}_{self.total_batches_seen}.{self.save_format}"
            array_to_img(image, self.data_format).save(os.path.join(self.save_to_dir, name))


class NumpyArrayIterator(Iterator):
    """Variants of the images of an array, with labels and weights.

    Args:
        x: images (n, rows, columns, channels), or channels first; or (images, other arrays) whose rows go along.
        y: (n, ...) labels, or None.
        image_data_generator: an ImageDataGenerator.
        batch_size, shuffle, seed: as of Iterator.
        sample_weight: (n,) weights, or None.
        data_format: "channels_last" or "channels_first".
        save_to_dir, save_prefix, save_format: a folder to which the variants are written, or None; their names.
        subset: "training" or "validation", with the generator's validation_split.
        ignore_class_split: whether both subsets may have other labels.
        dtype: of the images.

    Raises DataError for images of another rank and other numbers of rows, ArgumentError for another subset.
    """

    def __init__(
        self,
        x,
        y,
        image_data_generator,
        batch_size=32,
        shuffle=False,
        sample_weight=None,
        seed=None,
        data_format=None,
        save_to_dir=None,
        save_prefix="",
        save_format="png",
        subset=None,
        ignore_class_split=False,
        dtype="float32",
    ):
        others = []
        if isinstance(x, (tuple, list)) and len(x) == 2:
            others = [np.asarray(o) for o in (x[1] if isinstance(x[1], list) else [x[1]])]
            x = x[0]
        x = np.asarray(x)
        if x.ndim != 4:
            raise DataError(f"flow: received images of shape {x.shape}, expected four dimensions.")
        y, sample_weight = (None if p is None else np.asarray(p) for p in (y, sample_weight))
        given = [p for p in (y, sample_weight, *others) if p is not None]
        if any(len(p) != len(x) for p in given):
            raise DataError(
                "`x` (images tensor) and `y` (labels) should have the same length, and so all of the arrays in `x` "
                f"and `sample_weight`. Found: {len(x)} and {[len(p) for p in given]}."
            )
        chosen = part_of(subset, len(x), image_data_generator)
        if subset is not None and y is not None and not ignore_class_split:
            cut = int(len(x) * image_data_generator.validation_split)
            if not np.array_equal(np.unique(y[:cut]), np.unique(y[cut:])):
                raise ArgumentError(
                    "Training and validation subsets have different number of classes after the split. If your numpy "
                    "arrays are sorted by the label, you might want to shuffle them; `ignore_class_split=True` takes "
                    "them as they are."
                )
        self.x, self.y, self.sample_weight = (None if p is None else p[chosen] for p in (x, y, sample_weight))
        self.x_misc = [o[chosen] for o in others]
        self.image_data_generator, self.dtype = image_data_generator, dtype
        self.data_format = data_format or config.image_data_format()
        self.save_to_dir, self.save_prefix, self.save_format = save_to_dir, save_prefix, save_format
        self.samples = len(self.x)
        super().__init__(len(self.x), batch_size, shuffle, seed)

    def _get_batches_of_transformed_samples(self, index_array):
        images = np.stack([self._variant(self.x[i], i) for i in index_array])
        self._save(images, index_array)
        found = [[images, *(o[index_array] for o in self.x_misc)] if self.x_misc else images]
        found += [p[index_array] for p in (self.y, self.sample_weight) if p is not None]
        return tuple(found) if self.y is not None else found[0]


def part_of(subset, n, generator):
    """The slice of n rows that a subset is."""
    if subset is None:
        return slice(None)
    if subset not in ("training", "validation"):
        raise ArgumentError(f"Invalid subset name: {subset}; expected 'training' or 'validation'.")
    cut = int(n * generator.validation_split)
    return slice(cut, None) if subset == "training" else slice(None, cut)


class ImageFiles(Iterator):
    """Base: variants of images in files, with what their class mode makes of them."""

    weights = None

    def _settings(
        self,
        generator,
        target_size,
        color_mode,
        data_format,
        save_to_dir,
        save_prefix,
        save_format,
        interpolation,
        keep_aspect_ratio,
        dtype,
    ):
        if color_mode not in _CHANNELS:
            raise ArgumentError(f'Invalid color mode: {color_mode}; expected "rgb", "rgba", or "grayscale".')
        self.image_data_generator, self.color_mode = generator, color_mode
        self.target_size = None if target_size is None else tuple(target_size)
        self.data_format = data_format or config.image_data_format()
        last = self.data_format == "channels_last"
        sizes, channels = self.target_size or (None, None), (_CHANNELS[color_mode],)
        self.image_shape = (*sizes, *channels) if last else (*channels, *sizes)
        self.save_to_dir, self.save_prefix, self.save_format = save_to_dir, save_prefix, save_format
        self.interpolation, self.keep_aspect_ratio, self.dtype = interpolation, keep_aspect_ratio, dtype

    def _get_batches_of_transformed_samples(self, index_array):
        images = []
        for i in index_array:
            image = load_img(
                self.filepaths[i], self.color_mode, self.target_size, self.interpolation, self.keep_aspect_ratio
            )
            images.append(self._variant(img_to_array(image, self.data_format), i))
        images = np.stack(images)
        self._save(images, index_array)
        if self.class_mode is None:
            return images
        target = images.copy() if self.class_mode == "input" else self._target(index_array)
        return (images, target) if self.weights is None else (images, target, self.weights[index_array])

    def _target(self, rows):
        if self.class_mode == "multi_output":
            return [labels[rows] for labels in self.labels]
        if self.class_mode == "raw":
            return self.labels[rows]
        if self.class_mode != "categorical":
            return np.array([self.classes[i] for i in rows], self.dtype)
        found = np.zeros((len(rows), len(self.class_indices)), self.dtype)
        for k, i in enumerate(rows):
            found[k, self.classes[i]] = 1
        return found

    # Keras 1's names
    nb_sample = property(lambda self: self.samples, doc="How many images there are.")
    nb_class = property(lambda self: len(self.class_indices), doc="How many classes there are.")
    num_classes = property(lambda self: len(self.class_indices), doc="How many classes there are.")


class DirectoryIterator(ImageFiles):
    """Variants of the images in a folder with one subfolder per class; arguments as of `flow_from_directory`.

    Args:
        directory: the folder.
        image_data_generator: an ImageDataGenerator.
        classes, class_mode: as of `flow_from_directory`.
        follow_links: of no effect.
        target_size: (rows, columns) of the images.
        color_mode: "rgb", "rgba" or "grayscale".
        batch_size, shuffle, seed: as of Iterator.
        data_format: "channels_last" or "channels_first"; the configured one by default.
        save_to_dir, save_prefix, save_format: a folder to which the variants are written, or None; their names.
        subset: "training" or "validation", with the generator's validation_split.
        interpolation, keep_aspect_ratio: as of `load_img`.
        dtype: of images and labels.

    Raises DataError where there is no folder, ArgumentError for another class_mode.
    """

    def __init__(
        self,
        directory,
        image_data_generator,
        target_size=(256, 256),
        color_mode="rgb",
        classes=None,
        class_mode="categorical",
        batch_size=32,
        shuffle=True,
        seed=None,
        data_format=None,
        save_to_dir=None,
        save_prefix="",
        save_format="png",
        follow_links=False,
        subset=None,
        interpolation="nearest",
        keep_aspect_ratio=False,
        dtype="float32",
    ):
        modes = ("categorical", "binary", "sparse", "input", None)
        if class_mode not in modes:
            raise ArgumentError(f"Invalid class_mode: {class_mode}; expected one of: {list(modes)}.")
        self._settings(image_data_generator, target_size, color_mode, data_format, save_to_dir, save_prefix,
                       save_format, interpolation, keep_aspect_ratio, dtype)  # fmt: skip
        root = pathlib.Path(directory)
        if not root.is_dir():
            raise MissingFileError(f"No folder {str(directory)!r}: expected one that holds the files.")
        names = list(classes or sorted(p.name for p in root.iterdir() if p.is_dir()))
        paths, numbers = [], []
        for number, name in enumerate(names):
            found = sorted(p for p in (root / name).rglob("*") if p.suffix.lower() in IMAGES)
            found = found[part_of(subset, len(found), image_data_generator)]
            paths += found
            numbers += [number] * len(found)
        self.directory, self.class_mode = directory, class_mode
        self.classes = self.labels = np.array(numbers, "int32")
        self.class_indices = {n: i for i, n in enumerate(names)}
        self.filenames = [str(p.relative_to(root)) for p in paths]
        self.filepaths, self.samples = [str(p) for p in paths], len(paths)
        say(f"Found {self.samples} images belonging to {len(names)} classes.\n")
        super().__init__(len(paths), batch_size, shuffle, seed)
