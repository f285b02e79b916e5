"""CIFAR-100 from its binary version (Krizhevsky): 60,000 colour images of 32x32 pixels in a hundred classes."""

import os

from fastnn.core.errors import ArgumentError
from fastnn.datasets.files import find_folder, read_records

FILES = ("train.bin", "test.bin")


def load_data(label_mode="fine", path=None):
    """The images and labels of `train.bin` and `test.bin`.

    label_mode: "fine" (100 classes) or "coarse" (20).  path: as `cifar10.load_data`, folder `cifar-100-binary`.
    Returns (x_train, y_train), (x_test, y_test): images (n, 32, 32, 3) uint8, labels (n, 1) uint8.

    >>> load_data(path="/nowhere")
    Traceback (most recent call last):
        ...
    fastnn.core.errors.DataError: CIFAR-100: no 'train.bin' in '/nowhere', ...
    """
    if label_mode not in ("fine", "coarse"):
        raise ArgumentError(f"`label_mode` is {label_mode!r}, expected 'fine' or 'coarse'.")
    folder = find_folder(path, "cifar-100-binary", FILES, "CIFAR-100")
    column = ["coarse", "fine"].index(label_mode)
    (x_train, y_train), (x_test, y_test) = (read_records(os.path.join(folder, n), 2) for n in FILES)
    return (x_train, y_train[:, column : column + 1]), (x_test, y_test[:, column : column + 1])
