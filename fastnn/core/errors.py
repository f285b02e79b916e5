"""Named errors: each says what was received, what was expected and what to do.

Every class is also the built-in kind that Keras raises in its place, so that scripts which catch
``ValueError`` or ``TypeError`` keep working.
"""


class FastnnError(Exception):
    """Base of every error that fastnn raises on purpose."""


class ShapeError(FastnnError, ValueError):
    """Shapes that do not fit the operation or layer they were given to."""


class PlaceError(ShapeError, IndexError):
    """An index outside of the axis that it points into; Python's way to end a loop over the rows, too."""


class DTypeError(FastnnError, TypeError, ValueError):
    """A dtype that is unknown, or that an operation does not take."""


class GraphError(FastnnError, ValueError):
    """A graph that is not connected, has duplicate names, or mixes symbols of different traces."""


class ForeignSymbolError(GraphError):
    """A symbol of one graph where another one is built: something that was kept from outside a call."""


class DataError(FastnnError, ValueError):
    """Data that cannot be trained on: lengths that differ, empty, bad labels, NaN in strict mode."""


class OutOfMemoryError(FastnnError, MemoryError):
    """More memory than the machine gives; the message says how much a plan or an array needs."""


class UnknownNameError(FastnnError, ValueError):
    """A name (loss, layer, metric, ...) that is not in the table; the message lists near ones."""


class UnknownConfigNameError(UnknownNameError, TypeError):
    """A name in a config that is not found: a TypeError, too, as Keras raises it."""


class UnknownPathError(UnknownNameError, KeyError):
    """A place in a structure that the outputs of a model do not have."""

    __str__ = Exception.__str__  # a KeyError shows its text in quotes


class ArgumentError(FastnnError, ValueError):
    """An argument outside its documented values."""


class ArgumentTypeError(ArgumentError, TypeError):
    """An argument of a kind that cannot be taken, as something that cannot be called for a function."""


class NotBuiltError(FastnnError, ValueError, RuntimeError):
    """A model or layer used before its weights exist, or a model not compiled: Keras 2 raised a RuntimeError there."""


class LengthError(GraphError, TypeError):
    """Python's len() of something whose number of rows is not known."""


class NoWeightYetError(NotBuiltError, AttributeError):
    """A weight that is asked for before its layer is built: hasattr() says that it is not there."""


class NoCallError(NotBuiltError, NotImplementedError):
    """A model or layer of a user's has no `call`."""


class CallOrderError(FastnnError, RuntimeError, ValueError):
    """Something that has to be said before the first call, and comes after it."""


class NotSupportedError(FastnnError, NotImplementedError, ValueError):
    """Something Keras has and fastnn has not; the message names the nearest thing."""


class ValuesError(GraphError, ArgumentError, NotSupportedError):
    """The values of a symbol are asked for, which are there when its graph runs, not before.

    A step that is traced and meets it runs as Python (models/step.py).
    """


def asked(error: BaseException) -> str:
    """What a ValuesError says that an error is, or came from ("" if none): a user's code may raise its own instead.

    error: what was raised.
    """
    behind: BaseException | None = error
    while behind is not None and not isinstance(behind, ValuesError):
        behind = behind.__cause__ or behind.__context__
    return "" if behind is None else str(behind)


class SymbolTypeError(ValuesError, TypeError):
    """A symbol where only a value will do, as the condition of an `if`."""


class NoValuesYetError(ValuesError, AttributeError):
    """A method that only values have, as numpy(), of a symbol: hasattr says that it is not there."""


class GoneNameError(NotSupportedError, ImportError):
    """A name that Keras once had and fastnn has not; an ImportError, which scripts of several years catch."""


class MissingPackageError(NotSupportedError, ImportError):
    """An optional package that something needs is not installed."""


class FileFormatError(FastnnError, ValueError):
    """A file that is truncated, not a model, of a newer version, or that asks for something unsafe."""


class BadHdf5Error(FileFormatError, OSError):
    """A file whose name says HDF5 and that is none; an OSError, as h5py's."""


class FolderInUseError(FastnnError, OSError):
    """A folder of checkpoints that another run is writing to."""


class StepExistsError(FastnnError, FileExistsError, ValueError):
    """A numbered checkpoint whose folder has one of this number already, or of a larger one."""


class MissingFileError(FastnnError, FileNotFoundError, ValueError):
    """A file that is not there: a FileNotFoundError, and a ValueError as Keras raises it."""


class RebuildError(FileFormatError, TypeError):
    """A class whose config does not make it again."""


class KernelError(FastnnError, RuntimeError, ValueError):
    """A kernel found bad data while it ran (a label or an index out of range)."""

    def __init__(self, message: str, status: int = 0, instruction: int = -1) -> None:
        super().__init__(message)
        self.status, self.instruction = status, instruction


class GradientError(FastnnError, ArithmeticError, ValueError):
    """A gradient that is not the derivative of the loss: see `Model.check_gradients`."""


class NotFiniteError(FastnnError, FloatingPointError, ValueError):
    """NaN or infinity in a step of `fit(nan="stop")`; the weights are as before that step.

    finding: where it began (fastnn.models.diagnosis.Finding).  file: the file that replays the step, or None.
    """

    def __init__(self, message: str, finding: object = None, file: str | None = None) -> None:
        super().__init__(message)
        self.finding, self.file = finding, file


class DivergedError(FastnnError, RuntimeError):
    """A loss that is NaN or infinite, where TerminateOnNaN was told to raise; no `on_train_end` follows."""


class ProcessLostError(FastnnError, ConnectionError, RuntimeError):
    """Another process of a run of several has ended.

    rank: its number.
    """

    def __init__(self, message: str, rank: int = -1) -> None:
        super().__init__(message)
        self.rank = rank


class ProcessesDifferError(FastnnError, RuntimeError, ValueError):
    """The processes of a run do not do the same: other code, data, weights or seeds; the message says what."""


class SearchError(FastnnError, RuntimeError):
    """A search of hyperparameters that cannot go on: too many trials failed, or its space is not what was said."""


class FailedTrialError(FastnnError, RuntimeError):
    """To be raised in a build or fit: this trial of a search has failed, and is not tried again."""


class FatalError(FastnnError):
    """To be raised in a build or fit: the search ends, with this error."""


class FatalValueError(FatalError, ValueError):
    """A FatalError that is a ValueError."""


class FatalTypeError(FatalError, TypeError):
    """A FatalError that is a TypeError."""


class FatalRuntimeError(FatalError, RuntimeError):
    """A FatalError that is a RuntimeError."""


class PackError(FastnnError, ImportError, RuntimeError):
    """The kernel pack is missing, stale, or made for another CPU; the message says what to run."""


class SettingError(FastnnError, ImportError, ValueError):
    """A variable of the environment outside its documented values, found when fastnn is imported."""


class DeviceError(FastnnError, RuntimeError):
    """A device or its driver failed; the message has the driver's function and its error."""


class NotFiniteWarning(UserWarning):
    """NaN or infinity in a step of training; the message says where it began."""


class DataWarning(UserWarning):
    """Data that will train, but probably not as meant (NaN, infinity, a one-class validation set)."""
