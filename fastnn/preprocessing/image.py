"""Images on their way into a model: files, arrays, and Keras 2's generator of random variants."""

import warnings
from inspect import signature

import numpy as np

from fastnn.core import config
from fastnn.core.arguments import near
from fastnn.core.errors import ArgumentError, ArgumentTypeError, DataError
from fastnn.core.random import uniform
from fastnn.preprocessing.image_tables import DataFrameIterator
from fastnn.preprocessing.iterators import DirectoryIterator, Iterator, NumpyArrayIterator
from fastnn.utils.images import array_to_img, img_to_array, load_img, save_img, smart_resize
from fastnn.utils.resampling import affine

__all__ = ["DataFrameIterator", "DirectoryIterator", "ImageDataGenerator", "Iterator", "NumpyArrayIterator",
           "array_to_img", "img_to_array", "load_img", "save_img", "smart_resize"]  # fmt: skip
_KNOWN_STATISTICS = "featurewise_center", "featurewise_std_normalization", "zca_whitening"


def _span(value, name):
    """(low, high) of a zoom: a number z is (1 - z, 1 + z)."""
    if isinstance(value, (int, float)):
        return 1 - value, 1 + value
    if len(value) == 2:
        return tuple(value)
    raise ArgumentError(f"`{name}` should be a float or a tuple or list of two floats. Received: {value}")


class ImageDataGenerator:
    """Random variants of images, batch by batch, in plain Python (Keras 2's class; layers.RandomFlip and its kin do
    the same inside a model).

    Args:
        featurewise_center, featurewise_std_normalization, zca_whitening: with statistics that `fit` takes.
        samplewise_center, samplewise_std_normalization: with each image's own.
        rotation_range: degrees.
        width_shift_range, height_shift_range: share of the size (or pixels from 1 on, or a list of shifts).
        shear_range: degrees.
        zoom_range: a number or (low, high).
        brightness_range: (low, high) factors.
        channel_shift_range: amount.
        fill_mode, cval: what lies outside.
        horizontal_flip, vertical_flip: whether images are turned at random.
        rescale: factor.
        preprocessing_function: image -> image.
        validation_split: share of rows for subset="validation".
        zca_epsilon: added to the variances that zca_whitening divides by.
        data_format: "channels_last" or "channels_first"; the configured one by default.
        interpolation_order: between pixels: 0 takes the nearest, 1 interpolates.
        dtype: of the results.

    >>> data = ImageDataGenerator(horizontal_flip=True).flow(np.ones((5, 4, 4, 1)), np.arange(5), batch_size=2)
    >>> len(data), data[0][0].shape
    (3, (2, 4, 4, 1))
    """

    def __init__(
        self,
        featurewise_center=False,
        samplewise_center=False,
        featurewise_std_normalization=False,
        samplewise_std_normalization=False,
        zca_whitening=False,
        zca_epsilon=1e-6,
        rotation_range=0,
        width_shift_range=0.0,
        height_shift_range=0.0,
        brightness_range=None,
        shear_range=0.0,
        zoom_range=0.0,
        channel_shift_range=0.0,
        fill_mode="nearest",
        cval=0.0,
        horizontal_flip=False,
        vertical_flip=False,
        rescale=None,
        preprocessing_function=None,
        data_format=None,
        validation_split=0.0,
        interpolation_order=1,
        dtype="float32",
    ):
        given = {k: v for k, v in locals().items() if k not in ("self", "__class__")}
        self.__dict__.update(given)
        self.zoom_range = _span(zoom_range, "zoom_range")
        self.data_format = config.standard_data_format(data_format)
        if validation_split and not 0 < validation_split < 1:
            raise ArgumentError(f"`validation_split` must be strictly between 0 and 1. Received: {validation_split}")
        if brightness_range is not None and (
            not isinstance(brightness_range, (tuple, list)) or len(brightness_range) != 2
        ):
            raise ArgumentError(
                f"`brightness_range` should be a tuple or list of two floats. Received: {brightness_range}"
            )
        self.mean = self.std = self.zca_whitening_matrix = None
        if zca_whitening:
            self._overrules("zca_whitening", featurewise_center=True, featurewise_std_normalization=False)
        elif featurewise_std_normalization:
            self._overrules("featurewise_std_normalization", featurewise_center=True)
        if samplewise_std_normalization:
            self._overrules("samplewise_std_normalization", samplewise_center=True)

    def _overrules(self, argument, **others):
        """Set what an argument stands for besides, as Keras does, and say so."""
        for name, value in others.items():
            if getattr(self, name) != value:
                setattr(self, name, value)
                warnings.warn(
                    f"This ImageDataGenerator specifies `{argument}`, which overrides setting of `{name}`.",
                    stacklevel=4,
                )

    # ---- statistics ------------------------------------------------------------------------------------
    def fit(self, x, augment=False, rounds=1, seed=None):
        """Take the statistics that featurewise arguments need.

        Args:
            x: images (n, rows, columns, channels).
            augment: whether of random variants, in place of the images themselves.
            rounds: how many variants of each image, an int.
            seed: int or None.
        """
        x = np.array(x, self.dtype)
        if x.ndim != 4:
            raise DataError(f"Input to `.fit()` should have rank 4. Got array with shape: {x.shape}")
        x = x * np.asarray(self.rescale, x.dtype) if self.rescale else x
        if augment:
            x = np.stack(
                [self.random_transform(image, (seed, r, i)) for r in range(rounds) for i, image in enumerate(x)]
            )
        axes = (0, 1, 2) if self.data_format == "channels_last" else (0, 2, 3)
        if self.featurewise_center:
            self.mean = x.mean(axis=axes, keepdims=True)[0]
            x = x - self.mean
        if self.featurewise_std_normalization:
            self.std = x.std(axis=axes, keepdims=True)[0]
            x = x / (self.std + 1e-6)
        if self.zca_whitening:
            flat = x.reshape(len(x), -1)
            u, s, _ = np.linalg.svd(flat.T, full_matrices=False)
            self.zca_whitening_matrix = (u / np.sqrt(s**2 / len(x) + self.zca_epsilon)) @ u.T

    def standardize(self, x):
        """Factor, function and statistics applied.

        Args:
            x: one image, or a batch of them; it may be changed.
        """
        if self.preprocessing_function is not None:
            x = self.preprocessing_function(x)
        x = np.asarray(x, self.dtype)
        x = x * np.asarray(self.rescale, x.dtype) if self.rescale else x
        x = x - x.mean(keepdims=True) if self.samplewise_center else x
        x = x / (x.std(keepdims=True) + 1e-6) if self.samplewise_std_normalization else x
        for name, value in zip(_KNOWN_STATISTICS, (self.mean, self.std, self.zca_whitening_matrix)):
            if getattr(self, name) and value is None:
                warnings.warn(
                    f"This ImageDataGenerator specifies `{name}`, but it hasn't been fit on any training data. "
                    "Fit it first by calling `.fit(numpy_data)`.",
                    stacklevel=2,
                )
        x = x - self.mean if self.featurewise_center and self.mean is not None else x
        x = x / (self.std + 1e-6) if self.featurewise_std_normalization and self.std is not None else x
        if self.zca_whitening and self.zca_whitening_matrix is not None:
            x = (x.reshape(-1, self.zca_whitening_matrix.shape[0]) @ self.zca_whitening_matrix).reshape(x.shape)
        return x.astype(self.dtype)

    # ---- random changes --------------------------------------------------------------------------------
    def get_random_transform(self, img_shape, seed=None):
        """The changes for one image, as a dict that apply_transform takes.

        Args:
            img_shape: (rows, columns, channels), or channels first.
            seed: an int or a tuple of ints; None for the next numbers.
        """
        key = seed if isinstance(seed, tuple) else (config.next_stream() if seed is None else seed,)
        draw = iter(uniform((config.seed(), *(0 if k is None else int(k) for k in key)), (12,), dtype="float64"))
        rows, columns = img_shape[:2] if self.data_format == "channels_last" else img_shape[1:3]

        def around(amount):
            return (2 * next(draw) - 1) * amount

        def shift(given, size):
            if not isinstance(given, (int, float)):
                return given[int(next(draw) * len(given))] * (1 if next(draw) < 0.5 else -1)
            amount = around(given)
            return amount * size if abs(given) < 1 else float(np.round(amount)) if isinstance(given, int) else amount

        zoom = self.zoom_range
        return {"theta": around(self.rotation_range), "ty": shift(self.height_shift_range, rows),
                "tx": shift(self.width_shift_range, columns), "shear": around(self.shear_range),
                "zx": zoom[0] + next(draw) * (zoom[1] - zoom[0]), "zy": zoom[0] + next(draw) * (zoom[1] - zoom[0]),
                "flip_horizontal": self.horizontal_flip and next(draw) < 0.5,
                "flip_vertical": self.vertical_flip and next(draw) < 0.5,
                "channel_shift_intensity": around(self.channel_shift_range) if self.channel_shift_range else None,
                "brightness": None if self.brightness_range is None else self.brightness_range[0] + next(draw) * (
                    self.brightness_range[1] - self.brightness_range[0])}  # fmt: skip

    def apply_transform(self, x, transform_parameters):
        """An image with certain changes.

        Args:
            x: the image, (rows, columns, channels), or channels first.
            transform_parameters: what get_random_transform returned, or some of it.
        """
        p = {"theta": 0, "tx": 0, "ty": 0, "shear": 0, "zx": 1, "zy": 1, **transform_parameters}
        last = self.data_format == "channels_last"
        x = np.asarray(x, self.dtype) if last else np.moveaxis(np.asarray(x, self.dtype), 0, -1)
        if (p["theta"], p["tx"], p["ty"], p["shear"], p["zx"], p["zy"]) != (0, 0, 0, 0, 1, 1):
            t, s = np.deg2rad(p["theta"]), np.deg2rad(p["shear"])
            matrix = (
                np.array([[np.cos(t), -np.sin(t), 0], [np.sin(t), np.cos(t), 0], [0, 0, 1]])
                @ np.array([[1, 0, p["tx"]], [0, 1, p["ty"]], [0, 0, 1]])
                @ np.array([[1, -np.sin(s), 0], [0, np.cos(s), 0], [0, 0, 1]])
                @ np.diag([p["zx"], p["zy"], 1])
            )
            middle = np.array([x.shape[0] / 2 - 0.5, x.shape[1] / 2 - 0.5])
            to, back = np.eye(3), np.eye(3)
            to[:2, 2], back[:2, 2] = middle, -middle
            matrix = to @ matrix[[1, 0, 2]][:, [1, 0, 2]] @ back  # it speaks of x and y, in this order
            x = affine(x, matrix, self.fill_mode, self.cval, self.interpolation_order)
        if p.get("channel_shift_intensity") is not None:
            x = np.clip(x + np.asarray(p["channel_shift_intensity"], x.dtype), x.min(), x.max())
        x = x[:, ::-1] if p.get("flip_horizontal") else x
        x = x[::-1] if p.get("flip_vertical") else x
        if p.get("brightness") is not None:
            x = np.clip(x * np.asarray(p["brightness"], x.dtype), 0, 255 if x.max() > 1 else 1)
        return x if last else np.moveaxis(x, -1, 0)

    def random_transform(self, x, seed=None):
        """An image with random changes.

        Args:
            x: the image, (rows, columns, channels), or channels first.
            seed: an int or a tuple of ints; None for the next numbers.
        """
        return self.apply_transform(x, self.get_random_transform(np.shape(x), seed))

    # ---- batches ---------------------------------------------------------------------------------------
    def flow(self, x, y=None, batch_size=32, shuffle=True, sample_weight=None, seed=None, **kwargs):
        """Batches of variants of images, with their labels and weights: a NumpyArrayIterator.

        Args:
            x: images (n, rows, columns, channels), or channels first; or (images, other arrays).
            y: (n, ...) labels, or None.
            batch_size: images in a batch, an int.
            shuffle: whether each pass has an order of its own.
            sample_weight: (n,) weights, or None.
            seed: int or None: of the changes and the order.
            kwargs: subset, "training" or "validation", with validation_split; save_to_dir, a folder to which the
                variants are written, save_prefix and save_format; ignore_class_split.

        Raises DataError for images of another rank and other numbers of rows, ArgumentError for another subset.
        """
        return self._made(NumpyArrayIterator, (x, y, self, batch_size, shuffle, sample_weight, seed), kwargs)

    def flow_from_directory(
        self,
        directory,
        target_size=(256, 256),
        color_mode="rgb",
        classes=None,
        class_mode="categorical",
        batch_size=32,
        shuffle=True,
        seed=None,
        **kwargs,
    ):
        """Batches of variants of the images in a folder: a DirectoryIterator (needs Pillow).

        Args:
            directory: folder with one subfolder per class.
            target_size: (rows, columns) of the images.
            color_mode: "rgb", "rgba" or "grayscale".
            classes: names of the subfolders in the order of their numbers; sorted if None.
            class_mode: "categorical", "binary", "sparse", "input" (the images themselves) or None.
            batch_size: images in a batch, an int.
            shuffle: whether each pass has an order of its own.
            seed: int or None: of the changes and the order.
            kwargs: subset, "training" or "validation", with validation_split; save_to_dir, a folder to which the
                variants are written, save_prefix and save_format; interpolation, as of `load_img`; keep_aspect_ratio,
                whether the middle of an image is cut to the shape of target_size first; follow_links, of no effect.

        Raises DataError where there is no folder, ArgumentError for another class_mode.
        """
        given = (directory, self, target_size, color_mode, classes, class_mode, batch_size, shuffle, seed)
        return self._made(DirectoryIterator, given, kwargs)

    def flow_from_dataframe(
        self,
        dataframe,
        directory=None,
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
        **kwargs,
    ):
        """Batches of variants of the images whose files a pandas table names: a DataFrameIterator (needs Pillow).

        Args:
            dataframe: a pandas.DataFrame.
            directory: the folder that the names are in; None where they are paths.
            x_col: the column of names.
            y_col: the column of labels, or a list of columns.
            weight_col: the column of weights, or None.
            target_size: (rows, columns) of the images.
            color_mode: "rgb", "rgba" or "grayscale".
            classes: the classes that count; all if None.
            class_mode: "categorical" (a cell may hold a list of classes), "binary", "sparse", "raw" (the values of
                y_col), "multi_output" (an array per column), "input" (the images themselves) or None.
            batch_size: images in a batch, an int.
            shuffle: whether each pass has an order of its own.
            seed: int or None: of the changes and the order.
            kwargs: those of `flow_from_directory`; validate_filenames, whether names of no image are left out.

        Raises ArgumentError for another class_mode, ArgumentTypeError for columns that are of no use in it.
        """
        for gone in ("has_ext", "sort", "drop_duplicates"):
            kwargs.pop(gone, None)
        given = (dataframe, directory, self, x_col, y_col, weight_col, target_size, color_mode, classes, class_mode,
                 batch_size, shuffle, seed)  # fmt: skip
        return self._made(DataFrameIterator, given, kwargs)

    def _made(self, kind, given, kwargs):
        known = signature(kind.__init__).parameters
        unknown = [word for word in kwargs if word not in known]
        if unknown:
            name = {NumpyArrayIterator: "flow", DirectoryIterator: "flow_from_directory"}.get(
                kind, "flow_from_dataframe"
            )
            raise ArgumentTypeError(
                f"{name}() got an unexpected keyword argument {unknown[0]!r}.{near(unknown, kind.__init__)}"
            )
        return kind(*given, **{"data_format": self.data_format, "dtype": self.dtype, **kwargs})


def __dir__():
    return __all__
