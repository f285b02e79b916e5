"""What loading is going to change in a model."""

import warnings

import numpy as np

from fastnn.core.errors import FileFormatError, NotBuiltError
from fastnn.core.turns import turn


def need_built(model, what):
    """NotBuiltError unless the model has its weights: it, or each of the layers inside it, is built."""
    inside = model._flatten_layers(include_self=False) if hasattr(model, "_flatten_layers") else []
    if not getattr(model, "built", False) and not (inside and all(layer.built for layer in inside)):
        doing = {"save": "saving a model", "load": "loading weights into a model"}[what]
        raise NotBuiltError(
            f"You are {doing} that has not yet been built. Model {getattr(model, 'name', model)!r} has no weights: "
            "give it an input shape, call build(), or call it on data first."
        )


def warn_of_no_weights(stacklevel):
    """Say that a model which is saved may have no weights yet."""
    warnings.warn(
        "You are saving a model that has not yet been built. It might not contain any weights yet. Consider "
        "building the model first by calling it on some data.",
        stacklevel=stacklevel,
    )


MOST = 12  # problems that an error lists


class Changes:
    """What loading is going to do, collected and checked before the first weight is touched."""

    def __init__(self):
        self.arrays = []  # (variable, path in the file)
        self.calls = []  # (a user's load_own_variables, {name: array})

    def refuse(self, problems, file, model, skip_mismatch):
        """FileFormatError with what does not fit, if there is any; skip_mismatch: a warning."""
        if not problems:
            return
        more = len(problems) - MOST
        text = f"{file} does not fit model {model!r}:\n  - " + "\n  - ".join(problems[:MOST])
        text += f"\n  - and {more} more" if more > 0 else ""
        if not skip_mismatch:
            raise FileFormatError(
                text + "\nBuild the model as it was when it was saved, or pass skip_mismatch=True "
                "to load what fits. Nothing has been changed."
            )
        warnings.warn(text + "\nThese were skipped.", stacklevel=5)

    def commit(self, read):
        """Set everything.  read: (variable, array) pairs, of right shapes."""
        converted = [(v, _as(a, v)) for v, a in read]
        with turn([v for v, _ in converted], writes=True):  # other threads may use the model: they see all or nothing
            before = [(v, v.numpy()) for v, _ in converted]
            try:
                for variable, array in converted:
                    variable.assign(array)
                for call, store in self.calls:
                    call(store)
            except BaseException:
                # Only a user's own load_own_variables can fail here, or an interrupt.
                for variable, array in before:
                    variable.assign(array)
                raise


def _as(array, variable):
    kind = np.dtype(variable.dtype)
    return array if array.dtype == kind else array.astype(kind)
