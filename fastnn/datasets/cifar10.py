"""CIFAR-10 from its binary or its Python version (Krizhevsky): 60,000 colour images of 32x32 pixels in ten classes."""

import os

import numpy as np

from fastnn.core.errors import DataError
from fastnn.datasets.files import find_version, read_pickled, read_records

FILES = ("data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin",
         "test_batch.bin")  # fmt: skip
PYTHON = "cifar-10-batches-py"  # as Keras keeps it
VERSIONS = [
    (("cifar-10-batches-bin",), FILES),
    ((PYTHON, f"{PYTHON}-target/{PYTHON}"), tuple(name.removesuffix(".bin") for name in FILES)),
]


def load_data(path=None):
    """The images and labels of `data_batch_1.bin` ... and `test_batch.bin`, or of the files without `.bin`.

    Args:
        path: folder with the files, or the folder above `cifar-10-batches-bin` or `cifar-10-batches-py`; None looks
            into $FASTNN_DATA and ~/.keras/datasets, where Keras puts them. Nothing is unpickled. Training batches that
            are not there are left out; the shapes say how many images came.

    Returns (x_train, y_train), (x_test, y_test): images (n, 32, 32, 3) uint8, labels (n, 1) uint8.
    Raises DataError if the first batch or the test batch is missing, or a file is damaged.

    >>> load_data("/nowhere")
    Traceback (most recent call last):
        ...
    fastnn.core.errors.DataError: CIFAR-10: no 'data_batch_1.bin' in '/nowhere', ...
    """
    folder, which = find_version(path, VERSIONS, "CIFAR-10")
    *names, test = VERSIONS[which][1]

    def read(name):
        place = os.path.join(folder, name)
        return read_pickled(place, ["labels"]) if which else read_records(place, 1)

    parts = [read(n) for n in names if os.path.isfile(os.path.join(folder, n))]
    x_train, y_train = (np.concatenate([p[i] for p in parts]) for i in (0, 1))
    x_test, y_test = read(test)
    for labels, what in ((y_train, "training"), (y_test, "test")):
        if labels.max() > 9:
            raise DataError(f"CIFAR-10: a {what} label is {labels.max()}, expected 0..9; is this CIFAR-100?")
    return (x_train, y_train), (x_test, y_test)
