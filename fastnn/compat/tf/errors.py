"""tf.errors: what of TensorFlow's errors has no class of ours, and their numbers."""

from fastnn.core.errors import FastnnError


class OutOfRangeError(FastnnError):
    """An iterator that is asked for more than there is."""


class AbortedError(FastnnError):
    """Something was given up."""


class AlreadyExistsError(FastnnError):
    """What was to be made is there."""


class CancelledError(FastnnError):
    """Something was called off."""


class DeadlineExceededError(FastnnError):
    """Something took too long."""


class InternalError(FastnnError):
    """Something that should not happen."""


class OperatorNotAllowedInGraphError(FastnnError, TypeError):
    """An operator of a value that is not known yet."""


class PermissionDeniedError(FastnnError):
    """Somebody may not do something."""


class UnauthenticatedError(FastnnError):
    """Somebody is not known."""


class UnavailableError(FastnnError):
    """Something is not there now."""


class UnknownError(FastnnError):
    """An error of another kind."""


CODES = {name: number for number, name in enumerate((
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
    "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"))}  # fmt: skip
globals().update(CODES)
_CLASSES = [name for name, value in list(globals().items()) if isinstance(value, type) and value is not FastnnError]
NAMES = {f"errors.{n}": f"compat.tf.errors:{n}" for n in (*_CLASSES, *CODES)}
