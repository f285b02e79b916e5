"""Images on their way into a model: files, arrays, and Keras 2's generator of random variants."""

import pathlib

import numpy as np

from fastnn.core import config
from fastnn.core.arguments import near
from fastnn.core.errors import ArgumentError, ArgumentTypeError, DataError, NotSupportedError
from fastnn.core.random import permutation, uniform
from fastnn.utils.batches import PyDataset
from fastnn.utils.folders import IMAGES
from fastnn.utils.images import array_to_img, img_to_array, load_img, save_img, smart_resize
from fastnn.utils.resampling import affine

__all__ = ["ImageDataGenerator", "array_to_img", "img_to_array", "load_img", "save_img", "smart_resize"]
OF_NO_EFFECT = ("save_prefix", "save_format", "ignore_class_split", "follow_links")  # arguments of flow in Keras
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
        self.data_format = data_format or config.image_data_format()
        if validation_split and not 0 < validation_split < 1:
            raise ArgumentError(f"`validation_split` must be strictly between 0 and 1. Received: {validation_split}")
        self.mean = self.std = self.zca_whitening_matrix = None

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
                raise DataError(f"ImageDataGenerator: `{name}` needs statistics; call .fit(images) first.")
        x = x - self.mean if self.featurewise_center else x
        x = x / (self.std + 1e-6) if self.featurewise_std_normalization else x
        if self.zca_whitening:
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
        return {"theta": around(self.rotation_range), "tx": shift(self.height_shift_range, rows),
                "ty": shift(self.width_shift_range, columns), "shear": around(self.shear_range),
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
            x = affine(x, to @ matrix @ back, self.fill_mode, self.cval, self.interpolation_order)
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
    def flow(self, x, y=None, batch_size=32, shuffle=True, sample_weight=None, seed=None, subset=None, **kwargs):
        """Batches of variants of images, with their labels and weights: a PyDataset, and an endless iterator.

        Args:
            x: images (n, rows, columns, channels), or channels first.
            y: (n, ...) labels, or None.
            batch_size: images in a batch, an int.
            shuffle: whether each pass has an order of its own.
            sample_weight: (n,) weights, or None.
            seed: int or None: of the changes and the order.
            subset: "training" or "validation", with validation_split.
            kwargs: save_prefix, save_format and ignore_class_split, Keras's arguments, of no effect.

        Raises DataError for images of another rank and other numbers of rows, ArgumentError for another subset,
        NotSupportedError for save_to_dir.
        """
        _check_others("flow", ImageDataGenerator.flow, kwargs)
        x = np.asarray(x)
        if x.ndim != 4:
            raise DataError(f"flow: received images of shape {x.shape}, expected four dimensions.")
        parts = [None if p is None else np.asarray(p) for p in (y, sample_weight)]
        if any(p is not None and len(p) != len(x) for p in parts):
            raise DataError(
                f"`x` (images tensor) and `y` (labels) should have the same length. Found: {len(x)} and "
                f"{[len(p) for p in parts if p is not None]}."
            )
        cut = int(len(x) * self.validation_split)
        chosen = {None: slice(None), "training": slice(cut, None), "validation": slice(None, cut)}.get(subset)
        if chosen is None:
            raise ArgumentError(f"Invalid subset name: {subset}; expected 'training' or 'validation'.")
        x, *parts = (None if p is None else p[chosen] for p in (x, *parts))
        return _Flow(self, len(x), lambda i: x[i], [p for p in parts if p is not None], batch_size, shuffle, seed)

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
        subset=None,
        interpolation="nearest",
        keep_aspect_ratio=False,
        **kwargs,
    ):
        """Batches of variants of the images in a folder (needs Pillow).

        Args:
            directory: folder with one subfolder per class.
            target_size: (rows, columns) of the images.
            color_mode: "rgb", "rgba" or "grayscale".
            classes: names of the subfolders in the order of their numbers; sorted if None.
            class_mode: "categorical", "binary", "sparse", "input" (the images themselves) or None.
            batch_size: images in a batch, an int.
            shuffle: whether each pass has an order of its own.
            seed: int or None: of the changes and the order.
            subset: "training" or "validation", with validation_split.
            interpolation: between pixels, as of `load_img`.
            keep_aspect_ratio: whether the middle of an image is cut to the shape of target_size first.
            kwargs: save_prefix, save_format and follow_links, Keras's arguments, of no effect.

        Raises DataError where there is no folder, ArgumentError for another class_mode, NotSupportedError for
        save_to_dir.
        """
        _check_others("flow_from_directory", ImageDataGenerator.flow_from_directory, kwargs)
        root = pathlib.Path(directory)
        if not root.is_dir():
            raise DataError(f"No folder {str(directory)!r}.")
        names = list(classes or sorted(p.name for p in root.iterdir() if p.is_dir()))
        paths, numbers = [], []
        for number, name in enumerate(names):
            found = sorted(p for p in (root / name).rglob("*") if p.suffix.lower() in IMAGES)
            cut = int(len(found) * self.validation_split)
            found = found[cut:] if subset == "training" else found[:cut] if subset == "validation" else found
            paths += found
            numbers += [number] * len(found)
        labels = np.array(numbers, int)
        table = {
            "categorical": lambda: [np.eye(len(names), dtype=self.dtype)[labels]],
            "binary": lambda: [labels.astype(self.dtype)],
            "sparse": lambda: [labels.astype(self.dtype)],
            "input": lambda: ["input"],
            None: list,
        }
        if class_mode not in table:
            raise ArgumentError(f"Invalid class_mode: {class_mode}; expected one of: {list(table)}.")

        def image(i):
            return img_to_array(
                load_img(paths[i], color_mode, target_size, interpolation, keep_aspect_ratio), self.data_format
            )

        out = _Flow(self, len(paths), image, table[class_mode](), batch_size, shuffle, seed)
        out.classes, out.class_indices = labels, {n: i for i, n in enumerate(names)}
        out.filenames, out.filepaths = [str(p.relative_to(root)) for p in paths], [str(p) for p in paths]
        return out


def _check_others(name, of, kwargs):
    """Raise for arguments that Keras's method takes and this one cannot honour, and for those that none takes."""
    if kwargs.pop("save_to_dir", None) is not None:
        raise NotSupportedError(f"{name}: save_to_dir is not supported: write images with utils.save_img.")
    unknown = [word for word in kwargs if word not in OF_NO_EFFECT]
    if unknown:
        raise ArgumentTypeError(
            f"{name}() got an unexpected keyword argument {unknown[0]!r}.{near(unknown, of, OF_NO_EFFECT)}"
        )


class _Flow(PyDataset):
    """Batches of an ImageDataGenerator; also an endless iterator over them."""

    def __init__(self, generator, n, image, parts, batch_size, shuffle, seed):
        super().__init__()
        if n == 0:
            raise DataError("ImageDataGenerator: there are no images.")
        self.generator, self.n, self.image, self.parts = generator, n, image, parts
        self.samples, self.batch_size, self.shuffle = n, batch_size, shuffle
        self.stream = config.next_stream() if seed is None else seed
        self.batch_index = self.number = 0
        self._mix()

    def _mix(self):
        self.order = (
            permutation((config.seed(), self.stream, self.number), self.n) if self.shuffle else np.arange(self.n)
        )

    def __len__(self):
        return -(-self.n // self.batch_size)

    def __getitem__(self, index):
        if not 0 <= index < len(self):
            raise IndexError(f"Asked for batch {index} of {len(self)}.")
        rows = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        made = self.generator
        x = np.stack(
            [made.standardize(made.random_transform(self.image(i), (self.stream, self.number, int(i)))) for i in rows]
        )
        parts = [x if isinstance(p, str) else p[rows] for p in self.parts]
        return (x, *parts) if parts else x

    def on_epoch_end(self):
        self.number += 1
        self._mix()

    def reset(self):
        """Start at the first batch."""
        self.batch_index = 0

    def __iter__(self):
        return self

    def __next__(self):
        batch = self[self.batch_index]
        self.batch_index += 1
        if self.batch_index == len(self):
            self.batch_index = 0
            self.on_epoch_end()
        return batch

    next = __next__


def __dir__():
    return __all__
