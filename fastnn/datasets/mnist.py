"""MNIST from its four original files (LeCun, Cortes, Burges): 60,000 + 10,000 digits of 28x28 pixels."""

import os

from fastnn.core.errors import DataError
from fastnn.datasets.files import find_folder, find_npz, read_idx, read_npz

FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


def load_data(path="mnist.npz", subfolder="mnist", what="MNIST"):
    """The images and labels of the original gzipped IDX files, or of Keras's mnist.npz.

    Args:
        path: folder with the four files, the folder above it, or an .npz file; "mnist.npz" or None looks into
            $FASTNN_DATA and ~/.keras/datasets, for that file and for the four.
        subfolder: where in these folders the four files are.
        what: name of the data set for messages.

    Returns (x_train, y_train), (x_test, y_test): images (n, 28, 28) uint8, labels (n,) uint8.
    Raises DataError if a file is missing or damaged, saying what belongs where.

    >>> load_data("/nowhere")
    Traceback (most recent call last):
        ...
    fastnn.core.errors.DataError: MNIST: no 'train-images-idx3-ubyte.gz' in '/nowhere', ...
    """
    npz = find_npz("mnist.npz") if what == "MNIST" and path in (None, "mnist.npz") else None
    path = None if path == "mnist.npz" and npz is None and not os.path.isfile(path) else path
    if npz is None and path is not None and os.fspath(path).endswith(".npz"):
        npz = path
    if npz is not None:
        names = "x_train", "y_train", "x_test", "y_test"
        arrays = read_npz(npz, names, what)
        return (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])
    folder = find_folder(path, subfolder, FILES, what, plain=what == "MNIST")
    arrays = [read_idx(os.path.join(folder, name)) for name in FILES]
    for images, labels, name in ((arrays[0], arrays[1], FILES[0]), (arrays[2], arrays[3], FILES[2])):
        if images.ndim != 3 or labels.shape != images.shape[:1]:
            raise DataError(
                f"{what}: {name} holds an array of shape {images.shape} and its labels {labels.shape}; "
                "expected (n, 28, 28) and (n,)."
            )
    return (arrays[0], arrays[1]), (arrays[2], arrays[3])
