"""The second column of the tables: the built-in class of what real Keras 3.15.1 raises, or ok.

    ENG_MOD=keras KERAS_BACKEND=jax python tests/system/beginners/answers.py

prints the calls for which it is another one than the table says.  Where Keras on JAX has no such layer (ImportError),
the answer is Keras's on TensorFlow; Exception stands for a class that is no built-in one's.
"""

import builtins
import contextlib
import io
import pathlib
import sys
import warnings

HERE = pathlib.Path(__file__).parent


def calls():
    """(name, Keras's answer, fastnn's or None where it is the same, source) of each call."""
    for path in sorted(HERE.glob("*.txt")):
        for part in path.read_text("utf-8").strip().split("\n\n# "):
            head, _, source = part.removeprefix("# ").partition("\n")
            name, theirs, *ours = head.split(" | ")
            yield name, theirs, ours[0] if ours else None, source


def outcome(source, names):
    """The error of a call, None if there is none."""
    body = "\n".join(f"    {line}" for line in source.splitlines())
    space = dict(names)
    exec(f"def call():\n{body}", space)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            space["call"]()
        except Exception as error:
            return error
    return None


def builtin(error):
    """The names of the built-in classes of an error, the nearest first; ["ok"] for None."""
    if error is None:
        return ["ok"]
    kinds = [c.__name__ for c in type(error).__mro__ if getattr(builtins, c.__name__, None) is c]
    return [k for k in kinds if k not in ("object", "BaseException")]


def main():
    import os
    import tempfile
    import warnings

    import helpers
    import numpy

    names = {**vars(helpers), "np": numpy, "os": os, "tempfile": tempfile, "warnings": warnings}
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for name, theirs, _, source in calls():
            found = builtin(outcome(source, names))
            if found[0] not in (theirs, "ImportError"):
                sys.stdout.write(f"{name} {theirs} {found[0]}\n")


if __name__ == "__main__":
    main()
