"""Folders of numbered checkpoints: a folder for each step, named by its number, with one file of a model inside.

`7/model.keras` is a whole model, `7/model.weights.h5` its weights. Keras's OrbaxCheckpoint has the same folders with
Orbax's files in them; each reads its own.
"""

import os
import re

from fastnn.core.errors import ArgumentError

MODEL, WEIGHTS = "model.keras", "model.weights.h5"
_NUMBER = re.compile(r"0|[1-9]\d{0,17}")


def numbers(path):
    """The numbers of the checkpoints in a folder, in order; folders that hold anything else do not count."""
    found = [n for n in os.listdir(path) if _NUMBER.fullmatch(n) and file_in(os.path.join(path, n)) is not None]
    return sorted(map(int, found))


def newest(path, whole=False):
    """The file of the newest checkpoint in a folder, or of the one whose folder it is; None where there is none.

    whole: whether it has to be a whole model: ArgumentError if it has weights alone.
    """
    found = file_in(path) or next((file_in(os.path.join(path, str(n))) for n in numbers(path)[-1:]), None)
    if whole and found is not None and os.path.basename(found) == WEIGHTS:
        raise ArgumentError(
            f"Checkpoint {found!r} does not contain model configuration. This checkpoint may have been saved with "
            "save_weights_only=True: make the model and use its load_weights()."
        )
    return found


def file_in(folder):
    """The file of a checkpoint whose folder holds nothing else, or None."""
    names = os.listdir(folder) if os.path.isdir(folder) else []
    return os.path.join(folder, names[0]) if names in ([MODEL], [WEIGHTS]) else None
