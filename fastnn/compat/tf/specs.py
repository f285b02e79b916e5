"""`tf.TypeSpec` and its kinds: what values look like, beside TensorSpec."""

import numpy as np

from fastnn.compat.tf.ragged.spec import RaggedTensorSpec
from fastnn.compat.tf.ragged.tensor import RaggedTensor
from fastnn.compat.tf.sparse import Sparse
from fastnn.core.errors import ArgumentTypeError
from fastnn.data import Dataset
from fastnn.data.tensor import TensorSpec
from fastnn.graph import Symbol, Variable


class _AnySpec(type):
    """Specs of tensors are TypeSpecs, too."""

    def __instancecheck__(cls, instance):
        of_tensors = cls is TypeSpec and isinstance(instance, (TensorSpec, RaggedTensorSpec))
        return of_tensors or type.__instancecheck__(cls, instance)


class TypeSpec(metaclass=_AnySpec):
    """What a value looks like.

    Args:
        shape: ints and None, or None.
        dtype: its dtype.
        more: by name: what else is known.

    >>> isinstance(TensorSpec((2,)), TypeSpec), isinstance(SparseTensorSpec((2, None)), TypeSpec)
    (True, True)
    """

    def __init__(self, shape=None, dtype="float32", **more):
        spec = TensorSpec(shape, dtype)
        self.shape, self.dtype = spec.shape, spec.dtype
        for name, value in more.items():
            setattr(self, name, value)

    def __eq__(self, other):
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self):
        return hash((type(self), self.shape, self.dtype))

    def __repr__(self):
        more = "".join(f", {k}={v!r}" for k, v in vars(self).items() if k not in ("shape", "dtype"))
        return f"{type(self).__name__}(shape={self.shape}, dtype=tf.{self.dtype}{more})"

    def is_compatible_with(self, spec_or_value):
        """Whether a value, or another spec, is of this kind: shapes that are known are the same.

        Args:
            spec_or_value: it.
        """
        other = spec_or_value if isinstance(spec_or_value, TypeSpec) else type_spec_from_value(spec_or_value)
        if type(other) is not type(self) or other.dtype != self.dtype:
            return False
        if self.shape is None or other.shape is None:
            return True
        return len(self.shape) == len(other.shape) and all(
            None in (a, b) or a == b for a, b in zip(self.shape, other.shape)
        )


class SparseTensorSpec(TypeSpec):
    """Of sparse tensors.

    Args:
        shape, dtype: as of TypeSpec.
    """


class IndexedSlicesSpec(TypeSpec):
    """Of rows and where they belong.

    Args:
        shape, dtype: as of TypeSpec.
    """


def type_spec_from_value(value):
    """The spec of a value.

    Args:
        value: an array, a RaggedTensor, a data set, a variable or a number.

    Raises ArgumentTypeError for what has none.

    >>> type_spec_from_value(np.ones((2, 3), "float32")).shape
    (2, 3)
    """
    if isinstance(value, RaggedTensor):
        return RaggedTensorSpec(tuple(value.shape), str(value.dtype), value.ragged_rank)
    if type(value) is Sparse:
        return SparseTensorSpec(tuple(value.shape), str(value.dtype))
    if isinstance(value, Dataset):
        return value.element_spec
    if isinstance(value, (Symbol, Variable)):
        return TensorSpec(tuple(value.shape), str(value.dtype))
    array = np.asarray(value)
    if array.dtype.kind == "O" and not isinstance(array.reshape(-1)[0] if array.size else "", (str, bytes)):
        raise ArgumentTypeError(f"Could not build a TypeSpec for {value!r:.80} with type {type(value).__name__}.")
    kinds = {int: "int32", float: "float32"}
    return TensorSpec(array.shape, kinds.get(type(value)) or ("string" if array.dtype.kind in "OSU" else array.dtype))


def get_structure(dataset_or_iterator):
    """The specs of the elements of a data set.

    Args:
        dataset_or_iterator: it.
    """
    return dataset_or_iterator.element_spec
