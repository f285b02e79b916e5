"""What a build or fit may raise to say what becomes of a trial or of the search, and what a search raises itself."""

from fastnn.core.errors import (
    FailedTrialError,
    FatalError,
    FatalRuntimeError,
    FatalTypeError,
    FatalValueError,
    SearchError,
)

__all__ = ["FailedTrialError", "FatalError", "FatalRuntimeError", "FatalTypeError", "FatalValueError", "SearchError"]
