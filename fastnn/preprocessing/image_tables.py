"""Batches of images in random variants, of files that a table names (Keras 2's iterator)."""

import os
import warnings

import numpy as np

from fastnn.core.errors import ArgumentError, ArgumentTypeError
from fastnn.preprocessing.iterators import ImageFiles, part_of
from fastnn.utils.folders import IMAGES
from fastnn.utils.interactive import say

_OTHER_TARGETS = ("input", "multi_output", "raw", None)  # class modes without classes


class DataFrameIterator(ImageFiles):
    """Variants of the images whose files a pandas table names; arguments as of `flow_from_dataframe`.

    Args:
        dataframe: a pandas.DataFrame.
        directory: the folder that the names are in, or None.
        image_data_generator: an ImageDataGenerator, or None.
        x_col, y_col, weight_col, classes, class_mode: as of `flow_from_dataframe`.
        validate_filenames: whether names of no image are left out.
        target_size: (rows, columns) of the images.
        color_mode: "rgb", "rgba" or "grayscale".
        batch_size, shuffle, seed: as of Iterator.
        data_format: "channels_last" or "channels_first"; the configured one by default.
        save_to_dir, save_prefix, save_format: a folder to which the variants are written, or None; their names.
        subset: "training" or "validation", with the generator's validation_split.
        interpolation, keep_aspect_ratio: as of `load_img`.
        dtype: of images and labels.

    Raises ArgumentError for another class_mode, ArgumentTypeError for columns that are of no use in it.
    """

    def __init__(
        self,
        dataframe,
        directory=None,
        image_data_generator=None,
        x_col="filename",
        y_col="class",
        weight_col=None,
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
        subset=None,
        interpolation="nearest",
        keep_aspect_ratio=False,
        dtype="float32",
        validate_filenames=True,
    ):
        modes = ("binary", "categorical", "input", "multi_output", "raw", "sparse", None)
        if class_mode not in modes:
            raise ArgumentError(f"Invalid class_mode: {class_mode}; expected one of: {list(modes)}.")
        if class_mode == "multi_output" and not isinstance(y_col, list):
            raise ArgumentTypeError(f'If class_mode="{class_mode}", y_col must be a list. Received {y_col!r}.')
        self._settings(image_data_generator, target_size, color_mode, data_format, save_to_dir, save_prefix,
                       save_format, interpolation, keep_aspect_ratio, dtype)  # fmt: skip
        names = list(dataframe[x_col])
        if not all(isinstance(n, str) for n in names):
            raise ArgumentTypeError(f"All values in column x_col={x_col} must be strings.")
        paths = [os.path.join(directory or "", n) for n in names]
        rows = np.arange(len(names))
        if validate_filenames:
            fine = [p.lower().endswith(IMAGES) and os.path.isfile(p) for p in paths]
            if not all(fine):
                warnings.warn(
                    f'Found {len(fine) - sum(fine)} invalid image filename(s) in x_col="{x_col}". '
                    "These filename(s) will be ignored.",
                    stacklevel=2,
                )
            rows = rows[np.array(fine, bool)]
        self.directory, self.class_mode, self.class_indices = directory, class_mode, {}
        if class_mode not in _OTHER_TARGETS:
            labels, rows = self._classes_of(list(dataframe[y_col]), rows, classes, y_col)
        rows = rows[part_of(subset, len(rows), image_data_generator)]
        if class_mode not in _OTHER_TARGETS:
            self.classes = self.labels = [labels[i] for i in rows]
        elif class_mode == "raw":
            self.labels = dataframe[y_col].values[rows]
        elif class_mode == "multi_output":
            self.labels = [np.array(dataframe[c].tolist())[rows] for c in y_col]
        self.weights = dataframe[weight_col].values[rows] if weight_col else None
        self.filenames, self.filepaths = [names[i] for i in rows], [paths[i] for i in rows]
        self.samples = len(rows)
        of = f" belonging to {len(self.class_indices)} classes" if class_mode not in _OTHER_TARGETS else ""
        say(f"Found {self.samples} {'' if validate_filenames else 'non-'}validated image filenames{of}.\n")
        super().__init__(len(rows), batch_size, shuffle, seed)

    def _classes_of(self, given, rows, classes, column):
        """({row: number of its class, or numbers of several}, rows that have one)."""
        listed = {int(i): list(given[i]) if isinstance(given[i], (list, tuple)) else [given[i]] for i in rows}
        if not all(isinstance(c, str) for own in listed.values() for c in own):
            raise ArgumentTypeError(
                f'If class_mode="{self.class_mode}", y_col="{column}" column values must be strings.'
            )
        names = sorted(set(classes or (c for own in listed.values() for c in own)))
        if self.class_mode == "binary" and len(names) != 2:
            raise ArgumentError(f'If class_mode="binary" there must be 2 classes. Found {len(names)} classes.')
        self.class_indices = {n: i for i, n in enumerate(names)}
        numbers = {i: [self.class_indices[c] for c in own if c in self.class_indices] for i, own in listed.items()}
        several = {i for i in numbers if isinstance(given[i], (list, tuple))}
        kept = np.array([i for i in numbers if numbers[i]], int)
        return {i: numbers[i] if i in several else numbers[i][0] for i in kept.tolist()}, kept
