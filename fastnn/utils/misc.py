"""Small helpers of `keras.utils`: what is what, triples of data, splitting, files that others have downloaded."""
import os

import numpy as np

from fastnn.core import config
from fastnn.core.errors import ArgumentError, DataError, NotSupportedError
from fastnn.core.random import permutation


def is_keras_tensor(x):
    """Whether x is a symbol of the functional API.

    >>> is_keras_tensor(3)
    False
    """
    return hasattr(x, "origin") and hasattr(x, "spec")


def pack_x_y_sample_weight(x, y=None, sample_weight=None):
    """x, (x, y) or (x, y, sample_weight), as short as they allow.

    >>> pack_x_y_sample_weight(1, 2)
    (1, 2)
    """
    if y is None:
        return x if not isinstance(x, (tuple, list)) else (x,)
    return (x, y) if sample_weight is None else (x, y, sample_weight)


def unpack_x_y_sample_weight(data):
    """(x, y, sample_weight) with None for what `data` has not.

    >>> unpack_x_y_sample_weight((1, 2))
    (1, 2, None)
    """
    if isinstance(data, list):
        data = tuple(data)
    if not isinstance(data, tuple):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise DataError("Data is expected to be in format `x`, `(x,)`, `(x, "
                        f"y)`, or `(x, y, sample_weight)`, found: {data}")
    return data + (None,) * (3 - len(data))


def split_dataset(dataset, left_size=None, right_size=None, shuffle=False, seed=None, preferred_backend=None):
    """Two parts of arrays (one, or a list or tuple of them with as many rows).

    left_size, right_size: rows (int) or shares (float in 0 .. 1) of the parts; one may be None.

    Raises ArgumentError for sizes that do not fit.

    >>> left, right = split_dataset(np.arange(10), left_size=0.8)
    >>> left.shape, right.shape
    ((8,), (2,))
    """
    arrays = [np.asarray(a) for a in dataset] if isinstance(dataset, (list, tuple)) else [np.asarray(dataset)]
    n = len(arrays[0])
    if left_size is None and right_size is None:
        raise ArgumentError("At least one of the `left_size` or `right_size` must be specified.")
    left, right = (None if s is None else round(s * n) if isinstance(s, float) else s for s in (left_size, right_size))
    left = n - right if left is None else left
    right = n - left if right is None else right
    if min(left, right) < 1 or left + right > n:
        raise ArgumentError(f"split_dataset: received left_size={left_size}, right_size={right_size} for {n} rows.")
    order = permutation((config.seed(), config.next_stream() if seed is None else seed), n) if shuffle else np.arange(n)
    parts = [[a[order[:left]] for a in arrays], [a[order[left:left + right]] for a in arrays]]
    return tuple(type(dataset)(p) if isinstance(dataset, (list, tuple)) else p[0] for p in parts)


def get_file(fname=None, origin=None, untar=False, md5_hash=None, file_hash=None, cache_subdir="datasets",
             hash_algorithm="auto", extract=False, archive_format="auto", cache_dir=None, force_download=False):
    """The path of a file that is already in Keras's folder of data files, `~/.keras/datasets`.

    fname: its name (the last part of `origin` if None).  cache_dir, cache_subdir: the folder.

    Raises DataError if it is not there: fastnn downloads nothing.
    """
    name = fname or os.path.basename(origin or "")
    if not name:
        raise ArgumentError("get_file: please specify `fname` or `origin`.")
    folder = os.path.join(os.path.expanduser(cache_dir or os.path.join("~", ".keras")), cache_subdir)
    path = os.path.join(folder, name)
    for found in (path, path.removesuffix(".tar.gz").removesuffix(".tgz").removesuffix(".zip")):
        if os.path.exists(found) and (found != path or not (extract or untar)):
            return found
    if os.path.exists(path):
        raise DataError(f"get_file: {path!r} is an archive; unpack it beside it first.")
    raise DataError(f"get_file: no {path!r}. fastnn downloads nothing: put the file there"
                    + (f", from {origin}." if origin else "."))


def get_source_inputs(tensor):
    """The Input symbols that a symbol of the functional API was computed from.

    Raises ArgumentError for anything else.
    """
    if not is_keras_tensor(tensor) or tensor.origin is None:
        raise ArgumentError(f"get_source_inputs: received {tensor!r}, expected a symbol of the functional API.")
    found, seen, waiting = [], set(), [tensor]
    while waiting:
        x = waiting.pop()
        if (id(x.origin), x.index) in seen:
            continue
        seen.add((id(x.origin), x.index))
        if x.origin.is_input:
            found.append(x)
        waiting.extend(reversed(x.origin.inputs))
    return found


def model_to_dot(model, *args, **kwargs):
    """Not available: there is no Graphviz here.  Raises NotSupportedError."""
    raise NotSupportedError("model_to_dot: Graphviz is not used; model.summary() lists the layers, and plot_model() "
                            "draws them as SVG.")


class Config:
    """A dictionary whose entries are attributes too.

    >>> Config(width=3).width
    3
    """

    def __init__(self, **kwargs):
        self.__dict__.update(kwargs)

    def as_dict(self):
        """The entries as a dict."""
        return dict(self.__dict__)

    def __getitem__(self, name):
        return self.__dict__[name]

    def __setitem__(self, name, value):
        self.__dict__[name] = value

    def __contains__(self, name):
        return name in self.__dict__

    def __iter__(self):
        return iter(self.__dict__)

    def __len__(self):
        return len(self.__dict__)

    def __repr__(self):
        return f"<Config {self.__dict__}>"
