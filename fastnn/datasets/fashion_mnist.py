"""Fashion-MNIST (Zalando) from its four original files, which have the names and the format of MNIST's."""

from fastnn.datasets import mnist

FILES = mnist.FILES


def load_data(path=None):
    """The images and labels of the original gzipped IDX files, as `mnist.load_data`.

    Args:
        path: folder with the four files, or the folder above `fashion-mnist`.

    Returns (x_train, y_train), (x_test, y_test): images (n, 28, 28) uint8, labels (n,) uint8.

    >>> load_data("/nowhere")
    Traceback (most recent call last):
        ...
    fastnn.core.errors.DataError: Fashion-MNIST: no 'train-images-idx3-ubyte.gz' in '/nowhere', ...
    """
    return mnist.load_data(path, "fashion-mnist", "Fashion-MNIST")
