"""Values as the numbers of bins, by their hashes: Hashing and HashedCrossing."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.core import config
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.core.fingerprint import fingerprints, joined, siphash
from fastnn.layers.host import TEXT, HostLayer, text_array
from fastnn.layers.sparse_rows import checked, has_rows, sparse_rows

_CROSS_KEY = 0xDECAFCAFFE  # where TensorFlow's crossing begins
_MASK = (1 << 64) - 1


def _bytes(value: Any) -> bytes:
    """What is hashed of a value: text itself, numbers by their decimal digits."""
    return value if isinstance(value, bytes) else str(value).encode()


def _hashes(values: Any) -> Any:
    """Fingerprints of the values of a flat array, uint64."""
    if values.dtype.kind in "iu":
        return fingerprints(values)
    items = values.tolist()
    distinct = list(dict.fromkeys(items)) if {str, bytes}.issuperset(map(type, items)) else items
    hashes = fingerprints([_bytes(v) for v in distinct])
    if len(distinct) == len(items):
        return hashes
    place = {v: i for i, v in enumerate(distinct)}
    return hashes[np.fromiter(map(place.__getitem__, items), np.int64, len(items))]


def _crossed(values: Any) -> Any:
    """What a column of objects adds to a crossing: text its fingerprints, integers themselves."""
    whole = np.array([isinstance(v, int) for v in values.tolist()], bool)
    if not whole.any():
        return _hashes(values)
    found = np.empty(len(values), np.uint64)
    found[whole] = [v & _MASK for v in values[whole].tolist()]
    found[~whole] = _hashes(values[~whole])
    return found


class _Hashed(HostLayer):
    """Base: bins as numbers, or as rows of 0 and 1."""

    num_bins: int
    output_mode: str
    sparse: bool

    @property
    def input_dtype(self) -> str:
        """The dtype of its inputs."""
        return TEXT

    @property
    def output_dtype(self) -> str:
        """The dtype of its outputs."""
        return self.compute_dtype

    def _finish(self, bins: Any) -> Any:
        if self.output_mode == "int":
            return bins.astype(self.compute_dtype)
        if self.output_mode == "one_hot" and bins.ndim > 1 and bins.shape[-1] == 1:
            bins = bins[..., 0]
        if self.sparse and has_rows(bins.shape, self.output_mode):
            return sparse_rows(bins, self.num_bins, self.output_mode, dtype=self.compute_dtype)
        rows = np.eye(self.num_bins, dtype=self.compute_dtype)[bins]
        if self.output_mode == "one_hot" or not bins.ndim:
            return rows
        axis = min(bins.ndim - 1, 1)
        return rows.max(axis) if self.output_mode == "multi_hot" else rows.sum(axis)


class Hashing(_Hashed):
    """Text or integers as the numbers of bins.

    Args:
        num_bins: int >= 1, the number of bins.
        mask_value: a value that has bin 0 for itself; None: there is none.
        salt: an int, or two: SipHash with this key, not FarmHash.
        output_mode: "int", "one_hot", "multi_hot" or "count".
        sparse: whether a matrix of rows is a sparse array of SciPy's; in a model results are dense.

    Input: an array or nested list.  Output: its shape; for other modes `num_bins` in place of the last axis.
    The bins are those of Keras: `Fingerprint64(text) % num_bins`.

    Raises ArgumentError for arguments that do not fit.

    >>> Hashing(num_bins=3)([["A"], ["B"], ["C"]]).ravel()
    array([1, 0, 1])
    """

    def __init__(
        self,
        num_bins: int,
        mask_value: Any = None,
        salt: Any = None,
        output_mode: str = "int",
        sparse: bool = False,
        **kwargs: Any,
    ) -> None:
        if kwargs.get("dtype") is None:
            kwargs["dtype"] = "int64" if output_mode == "int" else config.floatx()
        super().__init__(**kwargs)
        if num_bins is None or num_bins <= 0:
            raise ArgumentError(
                f"The `num_bins` for `Hashing` cannot be `None` or non-positive values. Received: num_bins={num_bins}."
            )
        if output_mode == "int" and self.compute_dtype not in ("int32", "int64"):
            raise ArgumentError(
                "When `output_mode=\"int\"`, `dtype` should be an integer type, 'int32' or 'int64'. "
                f"Received: dtype={kwargs['dtype']}"
            )
        modes = ("int", "one_hot", "multi_hot", "count")
        if output_mode not in modes:
            raise ArgumentError(
                f"Invalid value for argument `output_mode`. Expected one of {modes}. Received: "
                f"output_mode={output_mode}"
            )
        pair = list(salt) if isinstance(salt, (list, tuple)) else salt if salt is None else [salt, salt]
        if pair is not None and (len(pair) != 2 or not all(isinstance(k, int) for k in pair)):
            raise ArgumentError(
                "The `salt` argument for `Hashing` can only be a tuple of size 2 integers, or a single integer. "
                f"Received: salt={salt}."
            )
        self.num_bins, self.mask_value, self.salt, self.output_mode = int(num_bins), mask_value, pair, output_mode
        self.sparse, self.autocast, self.built = checked("Hashing", sparse, output_mode), False, True

    def call(self, inputs: Any) -> Any:
        """The bins of the values of an array.

        Args:
            inputs: an array or nested list of text or integers.
        """
        values = text_array(inputs)
        if values.dtype.kind == "f":
            values = values.astype("int64")
        if self.output_mode == "one_hot" and values.ndim and values.shape[-1] == 1:
            values = values[..., 0]
        return self._finish(self._bins(values.reshape(-1)).reshape(values.shape))

    def _bins(self, values: Any) -> Any:
        masked = self.mask_value is not None and self.num_bins > 1
        if self.salt is None:
            hashes = _hashes(values)
        else:
            hashes = np.array([siphash(self.salt, _bytes(v)) for v in values.tolist()], np.uint64)
        bins = (hashes % np.uint64(self.num_bins - masked)).astype(np.int64) + masked
        if masked:
            mask = self.mask_value, _bytes(self.mask_value)
            bins[np.fromiter((v in mask for v in values.tolist()), bool, len(bins))] = 0
        return bins

    def compute_output_shape(self, input_shape: Any) -> Any:
        if self.output_mode == "int":
            return tuple(input_shape)
        return (*tuple(input_shape)[:-1], self.num_bins)

    def get_config(self) -> dict[str, Any]:
        """What makes the layer again."""
        return {**super().get_config(), "num_bins": self.num_bins, "salt": self.salt, "mask_value": self.mask_value,
                "output_mode": self.output_mode, "sparse": self.sparse}  # fmt: skip


class HashedCrossing(_Hashed):
    """Several columns of text or integers as one: the bins of their combinations.

    Args:
        num_bins: int >= 1, the number of bins.
        output_mode: "int" or "one_hot".
        sparse: whether a matrix of rows is a sparse array of SciPy's; in a model results are dense.
        name: str, made from the class name if None.
        dtype: dtype of "one_hot" rows: a name or a DTypePolicy.

    Called on a list of two or more arrays of the same shape: (), (batch,) or (batch, 1).
    The bins are those of Keras, which takes TensorFlow's `sparse.cross_hashed`.

    Raises ArgumentError, ShapeError (ValueErrors) for what does not fit.

    >>> HashedCrossing(5)([np.array(["A", "B"]), np.array([101, 102])])
    array([1, 1])
    """

    def __init__(
        self,
        num_bins: int,
        output_mode: str = "int",
        sparse: bool = False,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, dtype="int64" if output_mode == "int" and dtype is None else dtype)
        if output_mode not in ("int", "one_hot"):
            raise ArgumentError(
                "Unknown value for `output_mode` argument of HashedCrossing. Allowed values are: ('int', 'one_hot'). "
                f"Received: {output_mode}"
            )
        if num_bins is None or num_bins <= 0:
            raise ArgumentError(f"HashedCrossing: `num_bins` must be an int >= 1. Received: num_bins={num_bins}")
        self.num_bins, self.output_mode = int(num_bins), output_mode
        self.sparse = checked("HashedCrossing", sparse, output_mode)
        self.autocast, self.built = False, True

    def call(self, inputs: Any) -> Any:
        """The bins of the rows of several arrays.

        Args:
            inputs: a list of two or more arrays of text or integers, of one shape: (), (batch,) or (batch, 1).
        """
        if not isinstance(inputs, (list, tuple)):
            raise ArgumentError(
                f"`HashedCrossing` should be called on a list or tuple of inputs. Received: inputs={inputs}"
            )
        if len(inputs) < 2:
            raise ArgumentError(f"`HashedCrossing` should be called on at least two inputs. Received: inputs={inputs}")
        columns = [text_array(x) for x in inputs]
        shape = columns[0].shape
        if len(shape) > 2 or (len(shape) == 2 and shape[-1] != 1):
            raise ShapeError(
                "All `HashedCrossing` inputs should have shape `()`, `(batch_size)` or `(batch_size, 1)`. "
                f"Received: inputs={inputs}"
            )
        if any(c.shape != shape for c in columns):
            raise ShapeError(f"All `HashedCrossing` inputs should have equal shape. Received: inputs={inputs}")
        if any(c.dtype.kind not in "OSUiu" for c in columns):
            raise ArgumentError(
                f"All `HashedCrossing` inputs should have an integer or string dtype. Received: inputs={inputs}"
            )
        found = np.full(columns[0].size, _CROSS_KEY, np.uint64)
        for column in columns:
            flat = column.reshape(-1)
            found = joined(found, flat.astype(np.uint64) if flat.dtype.kind in "iu" else _crossed(flat))
        return self._finish((found % np.uint64(self.num_bins)).astype(np.int64).reshape(shape))

    def compute_output_shape(self, input_shape: Any) -> Any:
        shapes = [tuple(s) for s in input_shape if isinstance(s, (list, tuple))]
        if len(shapes) != len(input_shape) or len(shapes) < 2:
            raise ShapeError(f"Expected as input a list/tuple of 2 tensors. Received input_shape={input_shape}")
        if shapes[0][-1:] != shapes[1][-1:]:
            raise ShapeError(
                f"Expected the two input tensors to have identical shapes. Received input_shape={input_shape}"
            )
        if self.output_mode == "int":
            return shapes[0]
        return (*(shapes[0][:-1] if shapes[0][-1:] == (1,) else shapes[0]), self.num_bins)

    def get_config(self) -> dict[str, Any]:
        """What makes the layer again."""
        return {"num_bins": self.num_bins, "output_mode": self.output_mode, "sparse": self.sparse, "name": self.name,
                "dtype": self.dtype}  # fmt: skip
