"""Functions of `keras.preprocessing.image` up to Keras 2 that change one image, at random or as they are told.

What is random is drawn by NumPy's global generator, in the order of these years: `np.random.seed` says what comes.
Images have channels first unless `channel_axis` says otherwise.
"""

import os
import re

import numpy as np

from fastnn.core.errors import ArgumentError
from fastnn.preprocessing.image import ImageDataGenerator, array_to_img, img_to_array
from fastnn.utils import images
from fastnn.utils.resampling import affine


def load_img(path, grayscale=False, color_mode="rgb", target_size=None, interpolation="nearest", **kwargs):
    """An image file as a Pillow image, with Keras 1's and 2's `grayscale`.

    Args:
        path, color_mode, target_size, interpolation: as of today's `load_img`.
        grayscale: a bool in the second place or by name; a mode of colors there is today's second argument.
        kwargs: today's.
    """
    if isinstance(grayscale, str):
        grayscale, color_mode = False, grayscale
    mode = "grayscale" if grayscale else color_mode
    return images.load_img(path, mode, target_size, interpolation, **kwargs)


def flip_axis(x, axis):
    """x turned round along an axis.

    Args:
        x: an array.
        axis: int.

    >>> flip_axis(np.array([[1, 2], [3, 4]]), 1).tolist()
    [[2, 1], [4, 3]]
    """
    return np.flip(np.asarray(x), axis)


def transform_matrix_offset_center(matrix, x, y):
    """A 3 x 3 map of places, about the middle of an image in place of its corner.

    Args:
        matrix: (3, 3).
        x, y: the sizes of the image.

    >>> transform_matrix_offset_center(np.diag([-1.0, 1.0, 1.0]), 3, 3)[0].tolist()  # 0, 1, 2 become 2, 1, 0
    [-1.0, 0.0, 2.0]
    """
    to, back = np.eye(3), np.eye(3)
    to[:2, 2] = x / 2 - 0.5, y / 2 - 0.5
    back[:2, 2] = -to[:2, 2]
    return to @ matrix @ back


def apply_transform(x, transform_matrix, channel_axis=0, fill_mode="nearest", cval=0.0):
    """An image whose pixel (i, j) is that of x at matrix @ (i, j, 1) (Keras 1's function).

    Args:
        x: an image, (channels, rows, columns), or as channel_axis says.
        transform_matrix: (3, 3).
        channel_axis: int.
        fill_mode: "nearest", "constant", "reflect" or "wrap": what lies outside.
        cval: the value outside of fill_mode "constant".

    >>> apply_transform(np.arange(3.0).reshape(1, 1, 3), np.array([[1, 0, 0], [0, 1, 1], [0, 0, 1.0]])).tolist()
    [[[1.0, 2.0, 2.0]]]
    """
    image = np.moveaxis(np.asarray(x), channel_axis, -1)
    return np.moveaxis(affine(image, np.asarray(transform_matrix, float), fill_mode, cval), -1, channel_axis)


def apply_affine_transform(
    x,
    theta=0,
    tx=0,
    ty=0,
    shear=0,
    zx=1,
    zy=1,
    row_axis=0,
    col_axis=1,
    channel_axis=2,
    fill_mode="nearest",
    cval=0.0,
    order=1,
):
    """An image that is turned, shifted, sheared and zoomed.

    Args:
        x: an image, (rows, columns, channels), or as channel_axis says.
        theta, shear: degrees.
        tx, ty: pixels to the left and up.
        zx, zy: factors along the width and the height.
        row_axis, col_axis: of no effect: they are the axes that are not the channels'.
        channel_axis: int.
        fill_mode, cval: what lies outside.
        order: 0 takes the nearest pixel, 1 interpolates.

    >>> apply_affine_transform(np.arange(3.0).reshape(1, 3, 1), tx=1)[0, :, 0].tolist()
    [1.0, 2.0, 2.0]
    """
    made = ImageDataGenerator(
        fill_mode=fill_mode, cval=cval, interpolation_order=order, data_format="channels_last", dtype=x.dtype
    )
    changes = {"theta": theta, "tx": tx, "ty": ty, "shear": shear, "zx": zx, "zy": zy}
    return np.moveaxis(made.apply_transform(np.moveaxis(x, channel_axis, -1), changes), -1, channel_axis)


def _random(name, draw):
    def change(
        x,
        *amounts,
        row_axis=1,
        col_axis=2,
        channel_axis=0,
        fill_mode="nearest",
        cval=0.0,
        interpolation_order=1,
        **words,
    ):
        """An image changed at random.

        Args:
            x: an image, (channels, rows, columns), or as the axes say.
            amounts, words: degrees (rg of random_rotation, intensity of random_shear), shares of the width and of the
                height (wrg, hrg of random_shift), or (low, high) factors (zoom_range of random_zoom); behind them by
                position the others.
            row_axis, col_axis, channel_axis: ints.
            fill_mode, cval: what lies outside.
            interpolation_order: 0 takes the nearest pixel, 1 interpolates.
        """
        own = _WORDS[name]
        given = dict(zip((*own, "row_axis", "col_axis", "channel_axis", "fill_mode", "cval"), amounts))
        words = {**words, **{k: given.pop(k) for k in own if k in given}}
        how = {"row_axis": row_axis, "col_axis": col_axis, "channel_axis": channel_axis, "fill_mode": fill_mode,
               "cval": cval, **given}  # fmt: skip
        sizes = x.shape[how["row_axis"]], x.shape[how["col_axis"]]
        return apply_affine_transform(x, **draw(sizes, *(words[k] for k in own)), **how, order=interpolation_order)

    change.__name__ = name
    return change


def _zoom(sizes, zoom_range):
    if len(zoom_range) != 2:
        raise ArgumentError(f"`zoom_range` should be a tuple or list of two floats. Received: {zoom_range}")
    if tuple(zoom_range) == (1, 1):
        return {}
    return dict(zip(("zx", "zy"), np.random.uniform(*zoom_range, 2)))  # noqa: NPY002


def _around(amount):
    return np.random.uniform(-amount, amount)  # noqa: NPY002


_WORDS = {"random_rotation": ("rg",), "random_shift": ("wrg", "hrg"), "random_shear": ("intensity",),
          "random_zoom": ("zoom_range",)}  # fmt: skip
random_rotation = _random("random_rotation", lambda sizes, rg: {"theta": _around(rg)})
random_shift = _random(
    "random_shift", lambda sizes, wrg, hrg: {"tx": _around(hrg) * sizes[0], "ty": _around(wrg) * sizes[1]}
)
random_shear = _random("random_shear", lambda sizes, intensity: {"shear": _around(intensity)})
random_zoom = _random("random_zoom", _zoom)


def apply_channel_shift(x, intensity, channel_axis=0):
    """x + intensity, no darker and no lighter than x is anywhere.

    Args:
        x: an image.
        intensity: a number.
        channel_axis: of no effect: all channels are shifted alike.

    >>> apply_channel_shift(np.array([0.0, 0.5, 1.0]), 0.25).tolist()
    [0.25, 0.75, 1.0]
    """
    return np.clip(x + np.asarray(intensity, np.result_type(x)), np.min(x), np.max(x))


def random_channel_shift(x, intensity_range, channel_axis=0):
    """apply_channel_shift by a random amount.

    Args:
        x: an image.
        intensity_range: the largest amount.
        channel_axis: of no effect.
    """
    return apply_channel_shift(x, _around(intensity_range), channel_axis)


def apply_brightness_shift(x, brightness):
    """An image scaled to 0 .. 255, brighter by a factor.

    Args:
        x: an image, (rows, columns, channels).
        brightness: the factor.

    >>> apply_brightness_shift(np.array([[[0.0], [1.0]]]), 0.5)[0, :, 0].tolist()
    [0.0, 127.0]
    """
    image = img_to_array(array_to_img(x, "channels_last"), "channels_last")
    return np.clip(np.trunc(image * brightness), 0, 255).astype(image.dtype)


def random_brightness(x, brightness_range):
    """apply_brightness_shift by a random factor.

    Args:
        x: an image, (rows, columns, channels).
        brightness_range: (low, high) factors.

    Raises ArgumentError for anything but two numbers.
    """
    if len(brightness_range) != 2:
        raise ArgumentError(f"`brightness_range should be tuple or list of two floats. Received: {brightness_range}")
    return apply_brightness_shift(x, np.random.uniform(*brightness_range))  # noqa: NPY002


def list_pictures(directory, ext="jpg|jpeg|bmp|png|ppm"):
    """The paths of the pictures in a folder and those below it.

    Args:
        directory: the folder.
        ext: endings, joined by "|".
    """
    return [
        os.path.join(root, name)
        for root, _, names in os.walk(directory)
        for name in names
        if re.match(rf"([\w-]+\.(?:{ext}))", name)
    ]


NAMES = {n: f"compat.keras2.images:{n}" for n in (
    "load_img",
    "flip_axis", "transform_matrix_offset_center", "apply_transform", "apply_affine_transform", "random_rotation",
    "random_shift", "random_shear", "random_zoom", "apply_channel_shift", "random_channel_shift",
    "apply_brightness_shift", "random_brightness", "list_pictures")}  # fmt: skip
