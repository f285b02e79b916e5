"""Arrays on their way into a model: one-hot labels, unit rows, sequences of one length."""

import numpy as np

from fastnn.core import config, dtypes, results
from fastnn.core.arguments import near
from fastnn.core.errors import ArgumentError, DataError, PlaceError


def to_categorical(x, num_classes=None, **kwargs):
    """Labels as one-hot rows.

    Args:
        x: integers in [0, num_classes), of any shape; a last dimension of 1 is dropped.
        num_classes: int; the largest label + 1 if None.
        kwargs: nb_classes, Keras 1's name of num_classes; dtype, Keras 2's, of the result.

    Returns:
        Float array of shape x.shape + (num_classes,).

    Raises:
        PlaceError: (an IndexError) if a label lies outside [0, num_classes).

    >>> to_categorical([0, 2], num_classes=3)
    array([[1., 0., 0.],
           [0., 0., 1.]])
    """
    num_classes = kwargs.pop("nb_classes", num_classes)  # Keras 1's name
    dtype = kwargs.pop("dtype", None)
    if kwargs:
        raise ArgumentError(f"to_categorical: unexpected arguments {sorted(kwargs)}.{near(kwargs, to_categorical)}")
    labels = np.asarray(x)
    if labels.size and (labels.dtype.kind not in "fiub" or (labels != labels.astype("int64")).any()):
        raise DataError(f"to_categorical: received labels of dtype {labels.dtype}, expected integers.")
    labels = labels.astype("int64")
    shape = labels.shape[:-1] if labels.ndim > 1 and labels.shape[-1] == 1 else labels.shape
    flat = labels.reshape(-1)
    if num_classes is None:
        num_classes = int(flat.max()) + 1 if flat.size else 0
    if flat.size and (flat.min() < 0 or flat.max() >= num_classes):
        raise PlaceError(
            f"to_categorical: received labels from {flat.min()} to {flat.max()}, expected integers from 0 "
            f"to {num_classes - 1}."
        )
    tensor = results.is_tensor(x)
    kind = (
        (config.floatx() if tensor else np.float64) if dtype is None else dtypes.numpy_type(dtypes.standardize(dtype))
    )
    out = np.zeros((flat.size, num_classes), kind)
    out[np.arange(flat.size), flat] = 1
    out = out.reshape((*shape, num_classes))
    return results.shown(out) if tensor else out


def normalize(x, axis=-1, order=2):
    """An array scaled to `order`-norm 1 along `axis`; zero rows stay zero.

    Args:
        x: numbers of any shape.
        axis: an int; negative ones count from the end.
        order: of the norm, as of numpy.linalg.norm.

    >>> normalize(np.array([[3.0, 4.0]]))
    array([[0.6, 0.8]])
    """
    tensor, x = results.is_tensor(x), np.asarray(x)
    x = x if x.dtype.kind == "f" else x.astype(config.floatx())
    norm = np.atleast_1d(np.linalg.norm(x, order, axis))
    norm[norm == 0] = 1
    scaled = x / np.expand_dims(norm, axis)
    return results.shown(scaled) if tensor else scaled


def pad_sequences(sequences, maxlen=None, dtype="int32", padding="pre", truncating="pre", value=0.0):
    """Sequences of different lengths as one array.

    Args:
        sequences: list of n sequences of numbers (or of equally shaped arrays).
        maxlen: length of the result; that of the longest sequence if None.
        dtype: of the result.
        padding, truncating: "pre" or "post": where `value` is put, and where elements are dropped.
        value: the padding.

    Returns:
        Array of shape (n, maxlen, ...).

    Raises:
        DataError: if something is not a sequence, or elements differ in shape.

    >>> pad_sequences([[1], [2, 3]])
    array([[0, 1],
           [2, 3]], dtype=int32)
    """
    for name, choice in (("padding", padding), ("truncating", truncating)):
        if choice not in ("pre", "post"):
            raise ArgumentError(f'{name.capitalize()} type "{choice}" not understood: expected "pre" or "post".')
    if not hasattr(sequences, "__len__"):
        raise DataError("`sequences` must be iterable.")
    try:
        lengths = [len(s) for s in sequences]
    except TypeError:
        raise DataError("`sequences` must be a list of iterables.") from None
    maxlen = max(lengths, default=0) if maxlen is None else maxlen
    rest = next((np.shape(s)[1:] for s in sequences if len(s)), ())
    if isinstance(value, str) and np.dtype(dtype).kind not in "OUS":
        raise ArgumentError(
            f"`dtype` {dtype} is not compatible with `value`'s type: {type(value)}. You should set `dtype=object` for "
            "variable length strings."
        )
    out = np.full((len(lengths), maxlen, *rest), value, dtype)
    for row, sequence in zip(out, sequences):
        if not len(sequence) or not maxlen:
            continue
        kept = np.asarray(sequence[-maxlen:] if truncating == "pre" else sequence[:maxlen], dtype)
        if kept.shape[1:] != rest:
            raise DataError(f"Shape of sample {kept.shape[1:]} of sequence is different from expected shape {rest}.")
        if padding == "pre":
            row[len(row) - len(kept) :] = kept
        else:
            row[: len(kept)] = kept
    return out
