"""`fastnn check`: the report of model.check for a model file, or for the first fit of a script, which is not run."""

from fastnn.cli.scripts import run_script
from fastnn.cli.terminal import clean, say
from fastnn.core.errors import ArgumentError
from fastnn.models import Model, load_model

TAKEN = ("x", "y", "batch_size", "validation_split", "validation_data")  # arguments of fit that check has, too
ORDER = ("x", "y", "batch_size", "epochs", "verbose", "callbacks", "validation_split", "validation_data")


class _Done(BaseException):
    """The first fit was looked at: nothing of the script's own catches this."""


def run(path, arguments=()):
    """Print the report; returns the exit status, 1 if a finding is an error.

    path: a model file (.keras, .h5), or a script or notebook, which is run as far as its first call of fit; arguments:
    the script's.
    """
    if path.endswith((".keras", ".h5", ".hdf5")):
        return _tell(load_model(path).check())
    found = []

    def look(model, *args, **kwargs):
        given = {**dict(zip(ORDER, args)), **kwargs}
        found.append(model.check(**{k: v for k, v in given.items() if k in TAKEN and v is not None}))
        raise _Done

    Model.fit = look
    try:
        run_script(path, arguments)
    except _Done:
        return _tell(found[0])
    finally:
        del Model.fit  # what is inherited is there again
    raise ArgumentError(f"check: {path} came to its end without a call of fit; there is nothing to look at.")


def _tell(report):
    say(clean(report))
    return 0 if report.ok else 1
