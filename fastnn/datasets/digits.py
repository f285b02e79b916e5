"""The UCI optical digits: 1,797 handwritten digits of 8x8 pixels, shipped with the package.

Source: E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository
(1998), https://doi.org/10.24432/C50P49, licence CC BY 4.0; these are the images of its test file, unchanged.
"""

import os

import numpy as np

from fastnn.datasets.files import read_idx

_TEST = 360


def load_data():
    """The digits, split in a fixed way into 1,437 for training and 360 for testing.

    Returns (x_train, y_train), (x_test, y_test): images (n, 8, 8) uint8 with values 0..16, labels (n,) uint8 0..9.

    >>> (x_train, y_train), (x_test, y_test) = load_data()
    >>> x_train.shape, x_test.shape, int(x_train.max())
    ((1437, 8, 8), (360, 8, 8), 16)
    """
    folder = os.path.join(os.path.dirname(__file__), "data")
    images = read_idx(os.path.join(folder, "digits-images-idx3-ubyte.gz"))
    labels = read_idx(os.path.join(folder, "digits-labels-idx1-ubyte.gz"))
    # Writers and digits come in runs in the file; multiplicative hashing of the position spreads both evenly.
    order = np.argsort((np.arange(len(labels), dtype=np.uint64) * 2654435761) % 2**32, kind="stable")
    train, test = np.sort(order[_TEST:]), np.sort(order[:_TEST])
    return (images[train], labels[train]), (images[test], labels[test])
