"""What is said of a RaggedTensor that is not there yet."""

from fastnn.compat.shapes import TensorShape
from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError


class RaggedTensorSpec:
    """Shape and dtype of rows of different lengths; `tf.map_fn` gives such where it is told so.

    Args:
        shape: sizes, None for one that varies or is not known; or None: not known.
        dtype: a name.
        ragged_rank: int, how many axes are ragged; one less than the axes if None.
        row_splits_dtype: of the numbers where rows begin.

    Raises ArgumentError where neither shape nor ragged_rank says how many axes are ragged.

    >>> spec = RaggedTensorSpec([None, None], "int32")
    >>> spec, spec.ragged_rank
    (RaggedTensorSpec((None, None), int32, 1, int64), 1)
    """

    def __init__(self, shape=None, dtype="float32", ragged_rank=None, row_splits_dtype="int64", flat_values_spec=None):
        if shape is None and ragged_rank is None:
            raise ArgumentError("Must specify ragged_rank or a shape with a known rank. Received: shape=None.")
        self.shape = None if shape is None else TensorShape(shape)
        text = str(dtype) in (dtypes.TEXT, "object", "str")
        self.dtype = dtypes.TEXT if text else dtypes.standardize(dtype)
        self.row_splits_dtype = dtypes.standardize(row_splits_dtype)
        self.ragged_rank = len(self.shape) - 1 if ragged_rank is None else ragged_rank
        self.flat_values_spec = flat_values_spec

    def __repr__(self):
        return f"RaggedTensorSpec({self.shape}, {self.dtype}, {self.ragged_rank}, {self.row_splits_dtype})"

    def __eq__(self, other):
        return isinstance(other, RaggedTensorSpec) and repr(self) == repr(other)

    def __hash__(self):
        return hash(repr(self))
