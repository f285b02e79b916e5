"""Files of whole models under any name, as Keras 1 and 2 and TensorFlow 2 wrote them.

What Keras 3 refuses is an error where a script is of its years; one that is run by `fastnn run`, or that has imported
what only earlier years had, gets what it was written for.
"""

import functools
import os
import tempfile

from fastnn.callbacks.model_checkpoint import ModelCheckpoint
from fastnn.compat.keras2 import h5_groups
from fastnn.core.errors import ArgumentError
from fastnn.core.switches import runs_script
from fastnn.layers import context
from fastnn.models import Functional, Sequential
from fastnn.saving import archive, legacy
from fastnn.saving.files import write_file

_ENDINGS = (".keras", ".h5", ".hdf5")
_OF_NO_EFFECT = "signatures", "options", "save_traces"
_OF_FOLDERS = ("", ".tf", ".pb", ".ckpt", ".savedmodel")


def of_any_year():
    """Whether the script that runs may be of any year."""
    return runs_script() or context.as_before_keras_3()


def save_of_any_year(save_today):
    """`Model.save` with a name of any ending: an HDF5 file, or a folder where TensorFlow 2 made one.

    A folder holds the files of a `.keras` archive; it is made for a name without an ending, for save_format="tf" and
    for a model that no HDF5 file can hold.
    """

    @functools.wraps(save_today)
    def save(self, filepath, overwrite=True, zipped=None, save_format=None, **kwargs):
        """Write the model to a file of any name."""
        if h5_groups.is_group(filepath):
            h5_groups.put(filepath, legacy.dump_model(self, **kwargs))
            return None
        if hasattr(filepath, "write") or not of_any_year():
            more = {} if save_format is None else {"save_format": save_format}
            return save_today(self, filepath, overwrite, zipped, **more, **kwargs)
        for name in _OF_NO_EFFECT:
            kwargs.pop(name, None)
        path = os.fspath(filepath)
        if zipped is not None or path.endswith(_ENDINGS):
            return save_today(self, path, overwrite, zipped, **kwargs)
        as_file = save_format not in ("tf", "tensorflow") and isinstance(self, (Functional, Sequential))
        if not as_file or (save_format is None and os.path.splitext(path)[1] in _OF_FOLDERS):
            return save_today(self, path, overwrite, False, **kwargs)
        if not overwrite and os.path.exists(path):
            raise ArgumentError(f"save: {path!r} exists and overwrite is False; choose another name.")
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        return write_file(path, legacy.dump_model(self, **kwargs))

    return save


def save_model(model, filepath, overwrite=True, include_optimizer=True, save_format=None, **kwargs):
    """`keras.models.save_model`, with Keras 2's arguments where they are given.

    Args:
        model: the model.
        filepath, overwrite, save_format, kwargs: as of `Model.save`.
        include_optimizer: False leaves the optimizer's state out.
    """
    if not of_any_year() and not h5_groups.is_group(filepath):
        more = {} if save_format is None else {"save_format": save_format}
        archive.save_model(model, filepath, overwrite, include_optimizer=include_optimizer, **more, **kwargs)
        return
    more = {} if include_optimizer else {"include_optimizer": False}
    model.save(filepath, overwrite, save_format=save_format, **more, **kwargs)


def load_model(filepath, custom_objects=None, compile=True, **kwargs):
    """`keras.models.load_model`, of an open HDF5 file too.

    Args:
        filepath: the file, a folder, or a file or group of h5py's.
        custom_objects, compile, kwargs: as `fastnn.models.load_model` takes them.
    """
    kwargs.pop("options", None)
    if h5_groups.is_group(filepath):
        return archive.model_of(h5_groups.taken(filepath), f"{filepath!r}", custom_objects, compile)
    return archive.load_model(filepath, custom_objects, compile, **kwargs)


def weights_of_any_source(load_today):
    """`Model.load_weights`, from an open HDF5 file too."""

    @functools.wraps(load_today)
    def load_weights(self, filepath, *args, **kwargs):
        """Read weights."""
        if not h5_groups.is_group(filepath):
            return load_today(self, filepath, *args, **kwargs)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "weights.h5")
            write_file(path, h5_groups.taken(filepath))
            return load_today(self, path, *args, **kwargs)

    return load_weights


_today = ModelCheckpoint.model_endings
CHECKPOINT = {
    "weights_endings": ("",),
    "into_folders": property(lambda self: of_any_year() and not self.save_weights_only, doc="Whether names may be."),
    "model_endings": property(lambda self: ("",) if of_any_year() else _today, doc="Endings that names may have."),
}
