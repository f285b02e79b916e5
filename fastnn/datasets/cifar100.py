"""CIFAR-100 from its binary or its Python version (Krizhevsky): 60,000 images of 32x32 pixels, 100 classes."""

import os

from fastnn.core.errors import ArgumentError
from fastnn.datasets.files import find_version, read_pickled, read_records

FILES = ("train.bin", "test.bin")
PYTHON = "cifar-100-python"  # as Keras keeps it
VERSIONS = [(("cifar-100-binary",), FILES), ((PYTHON, f"{PYTHON}-target/{PYTHON}"), ("train", "test"))]


def load_data(label_mode="fine", path=None):
    """The images and labels of `train.bin` and `test.bin`, or of `train` and `test`.

    Args:
        label_mode: "fine" (100 classes) or "coarse" (20).
        path: as `cifar10.load_data`, folder `cifar-100-binary` or `cifar-100-python`.

    Returns (x_train, y_train), (x_test, y_test): images (n, 32, 32, 3) uint8, labels (n, 1) uint8.

    >>> load_data(path="/nowhere")
    Traceback (most recent call last):
        ...
    fastnn.core.errors.DataError: CIFAR-100: no 'train.bin' in '/nowhere', ...
    """
    if label_mode not in ("fine", "coarse"):
        raise ArgumentError(f"`label_mode` is {label_mode!r}, expected 'fine' or 'coarse'.")
    folder, which = find_version(path, VERSIONS, "CIFAR-100")
    column = ["coarse", "fine"].index(label_mode)

    def read(name):
        place = os.path.join(folder, name)
        images, labels = read_pickled(place, ["coarse_labels", "fine_labels"]) if which else read_records(place, 2)
        return images, labels[:, column : column + 1]

    train, test = VERSIONS[which][1]
    return read(train), read(test)
