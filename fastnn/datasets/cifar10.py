"""CIFAR-10 from its binary version (Krizhevsky): 60,000 colour images of 32x32 pixels in ten classes."""

import os

import numpy as np

from fastnn.core.errors import DataError
from fastnn.datasets.files import find_folder, read_records

FILES = ("data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin",
         "test_batch.bin")  # fmt: skip


def load_data(path=None):
    """The images and labels of `data_batch_1.bin` ... and `test_batch.bin`.

    path: folder with the files, or the folder above `cifar-10-batches-bin`; None looks into $FASTNN_DATA and
    ~/.keras/datasets.  Training batches that are not there are left out; the shapes say how many images came.
    Returns (x_train, y_train), (x_test, y_test): images (n, 32, 32, 3) uint8, labels (n, 1) uint8.
    Raises DataError if the first batch or the test batch is missing, or a file is damaged.

    >>> load_data("/nowhere")
    Traceback (most recent call last):
        ...
    fastnn.core.errors.DataError: CIFAR-10: no 'data_batch_1.bin' in '/nowhere', ...
    """
    folder = find_folder(path, "cifar-10-batches-bin", FILES, "CIFAR-10")
    names = [n for n in FILES[:5] if os.path.isfile(os.path.join(folder, n))]
    parts = [read_records(os.path.join(folder, n), 1) for n in names]
    x_train, y_train = (np.concatenate([p[i] for p in parts]) for i in (0, 1))
    x_test, y_test = read_records(os.path.join(folder, FILES[5]), 1)
    for labels, what in ((y_train, "training"), (y_test, "test")):
        if labels.max() > 9:
            raise DataError(f"CIFAR-10: a {what} label is {labels.max()}, expected 0..9; is this CIFAR-100?")
    return (x_train, y_train), (x_test, y_test)
