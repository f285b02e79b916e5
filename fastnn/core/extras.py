"""The optional packages: which extra of fastnn-engine brings each, and the words of an error where one is missing."""

from __future__ import annotations

from fastnn.core.errors import MissingPackageError

PACKAGES = {  # import's subject -> (package on the index, extra of fastnn-engine that brings it; None: no extra)
    "bfloat16": ("ml_dtypes", "bfloat16"),
    "images": ("pillow", "images"),
    "joblib": ("joblib", "tuner"),
    "mpi": ("mpi4py", "mpi"),
    "onnx": ("onnx", "onnx"),
    "optuna": ("optuna", "tuner"),
    "plots": ("matplotlib", "plots"),
    "requests": ("requests", None),
    "safetensors": ("safetensors", "safetensors"),
    "scipy": ("scipy", None),
    "sklearn": ("scikit-learn", "sklearn"),
}  # fmt: skip


def install(subject: str) -> str:
    """The sentence that says how to install what a subject needs, ready to be pasted into a shell.

    Args:
        subject: key of `PACKAGES`.

    >>> install("onnx")
    'Run `pip install onnx`, or `pip install "fastnn-engine[onnx]"`.'
    """
    package, extra = PACKAGES[subject]
    own = f"Run `pip install {package}`"
    return f'{own}, or `pip install "fastnn-engine[{extra}]"`.' if extra else own + "."


def missing(what: str, subject: str, instead: str = "") -> MissingPackageError:
    """The error of something that needs an optional package which is not installed.

    Args:
        what: who needs it, as the user named it.
        subject: key of `PACKAGES`.
        instead: a sentence that names another way, if there is one.

    >>> print(missing("RemoteMonitor", "requests", "Or use CSVLogger."))
    RemoteMonitor requires `requests` to be installed. Run `pip install requests`. Or use CSVLogger.
    """
    words = f"{what} requires `{PACKAGES[subject][0]}` to be installed. {install(subject)}"
    return MissingPackageError(f"{words} {instead}".rstrip())
