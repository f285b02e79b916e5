"""The base of every loss: alignment of shapes, sample weights, masks, reductions (Keras 3's rules)."""

from typing import Any, Self

import numpy as np

from fastnn import dtype_policies, ops
from fastnn.core import config, dtypes, hooks, results
from fastnn.core.arguments import ChecksArguments
from fastnn.core.errors import ArgumentError, DTypeError, ShapeError
from fastnn.core.naming import snake_case
from fastnn.core.results import shown
from fastnn.core.tree import map_structure
from fastnn.core.types import Config, Structure, Tensor, open_signature
from fastnn.core.values import as_numbers, narrow
from fastnn.graph import Symbol, calls, current
from fastnn.graph.tensor import Tensor as Lazy
from fastnn.graph.tensor import here, lifted
from fastnn.graph.variable import auto_name
from fastnn.ops.records.shards import over_shards, shard


class Reduction:
    """Keras 2's names of the reductions: losses.Reduction.SUM and so on.

    >>> Reduction.SUM_OVER_BATCH_SIZE
    'sum_over_batch_size'
    """

    AUTO = SUM_OVER_BATCH_SIZE = "sum_over_batch_size"
    SUM, NONE = "sum", "none"


REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)


def is_symbolic(x):
    """Whether x is a symbol or a variable (anything that is not plain data)."""
    return isinstance(x, Symbol) or hasattr(x, "_fastnn_variable")


def tensor(x, dtype=None):
    """x as an operand of `dtype`: symbols and variables stay symbolic, anything else becomes an array.

    dtype None keeps the dtype of arrays and symbols; Python floats become the default float dtype, at least float32.
    """
    x = ops.stack(list(x)) if isinstance(x, (list, tuple)) and any(map(is_symbolic, x)) else lifted(x)
    if is_symbolic(x):
        trace = current()
        if trace is not None and type(x) is Symbol and x.made_in is not trace:  # kept by a closure: its shape, here
            x = trace.symbol(x)
        return x if dtype is None or x.dtype == dtype else ops.cast(_real(x, dtype), dtype)
    array = _real(as_numbers(x, "the labels or predictions", wide=True), dtype)
    if dtype is None and not hasattr(x, "dtype") and array.dtype.kind == "f":
        dtype = dtypes.standardize(float)
    if dtype is None:
        return array
    kind = np.dtype(dtypes.numpy_type(dtype))
    if array.dtype.kind == kind.kind == "f" and kind.itemsize < array.dtype.itemsize:
        return narrow(array, kind, "the labels or predictions")
    return array.astype(kind, copy=False)


def _real(x, dtype):
    """x, unless it is complex where real numbers are wanted."""
    if dtype is not None and dtype not in dtypes.COMPLEX and dtypes.standardize(x.dtype) in dtypes.COMPLEX:
        raise DTypeError(
            f"The labels or predictions have the dtype {x.dtype}, expected real numbers for the dtype {dtype}. Give "
            "their parts, e.g. with ops.view_as_real."
        )
    return x


def float_tensor(x):
    """x as a floating-point operand: integers and booleans become the default float dtype."""
    x = tensor(x)
    return x if dtypes.is_float(dtypes.standardize(x.dtype)) else tensor(x, config.floatx())


def dtype_of(x):
    """The canonical dtype name of an operand."""
    return dtypes.standardize(x.dtype)


def align(x1, x2, expand_rank_1=True):
    """Squeeze or expand the last axis of one operand where the ranks differ by exactly one.

    (n,) against (n, 1) becomes (n, 1) against (n, 1), never n x n; (n, k, 1) against (n, k) becomes (n, k).
    Other ranks are left as they are.

    Args:
        x1, x2: arrays or symbols.
        expand_rank_1: whether (n,) grows; else (n, 1) shrinks.

    >>> [x.shape for x in align(np.ones((4,)), np.ones((4, 1)))]
    [(4, 1), (4, 1)]
    """
    r1, r2 = len(x1.shape), len(x2.shape)
    if r1 == r2 + 1 and x1.shape[-1] == 1:
        if r2 == 1 and expand_rank_1:
            return x1, ops.expand_dims(x2, -1)
        return ops.squeeze(x1, -1), x2
    if r2 == r1 + 1 and x2.shape[-1] == 1:
        if r1 == 1 and expand_rank_1:
            return ops.expand_dims(x1, -1), x2
        return x1, ops.squeeze(x2, -1)
    return x1, x2


squeeze_or_expand_to_same_rank = align


def same_shape(name, y_true, y_pred):
    """Raise ShapeError unless both operands have one shape (a loss never broadcasts in silence)."""
    if tuple(y_true.shape) != tuple(y_pred.shape):
        raise ShapeError(
            f"{name}: y_true and y_pred must have the same shape. Received: y_true.shape="
            f"{tuple(y_true.shape)}, y_pred.shape={tuple(y_pred.shape)}. Check the number of units "
            "of the output layer against the targets."
        )


def get_mask(x):
    """The mask that came along with a prediction (a boolean operand), or None."""
    trace = current()
    if trace is None and type(x) is Lazy:
        return x._mask
    noted = None if trace is None else trace.extra.get("masks", {}).get(id(x))
    return getattr(x, "_keras_mask", None) if noted is None else noted[1]


def standardize_reduction(reduction):
    """`reduction` if it is one of the names Keras knows, else ArgumentError."""
    if hasattr(reduction, "shape"):
        raise ArgumentError(
            f"Invalid value for argument `reduction`. Expected one of {REDUCTIONS}. Received an array of shape "
            f"{tuple(reduction.shape)}: a loss is made first and called then, as MeanSquaredError()(y_true, y_pred)."
        )
    if reduction == "auto":  # Keras 2's default
        return "sum_over_batch_size"
    if reduction not in REDUCTIONS:
        raise ArgumentError(
            f"Invalid value for argument `reduction`. Expected one of {REDUCTIONS}. Received: reduction={reduction!r}."
        )
    return reduction


def count(shape):
    """Number of elements of a concrete shape."""
    n = 1
    for d in shape:
        n *= d
    return n


def apply_mask(sample_weight, mask, dtype, reduction):
    """Merge a mask into the sample weights; with a mean reduction valid entries weigh total / valid."""
    if mask is None:
        return sample_weight
    weight = tensor(mask, dtype)
    if reduction in ("mean", "sum_over_batch_size"):
        valid = over_shards(ops.sum(weight))
        scale = ops.divide_no_nan(np.asarray(count(mask.shape) * _shards(), dtypes.numpy_type(dtype)), valid)
        weight = ops.multiply(weight, scale)
    if sample_weight is None:
        return weight
    weight, sample_weight = align(weight, tensor(sample_weight, dtype))
    if len(sample_weight.shape) > len(weight.shape):
        return ops.multiply(fit_weight(sample_weight, weight), sample_weight)
    return ops.multiply(weight, fit_weight(weight, sample_weight))


def reduce_weighted(values, sample_weight=None, mask=None, reduction="sum_over_batch_size"):
    """Weight the per-sample values and reduce them as `reduction` says.

    values: (n, ...) floats.  sample_weight: (n,) or the shape of values, or None.  mask: booleans, or None.
    "sum_over_batch_size" divides by the number of values, "mean_with_sample_weight" by the sum of the weights.

    Of a shard of a batch it is the part whose mean, over the shards by their rows, is the batch's.
    """
    dtype = dtype_of(values)
    weight = apply_mask(sample_weight, mask, dtype, reduction)
    if weight is not None:
        values, weight = align(values, tensor(weight, dtype))
        weight = fit_weight(values, weight)
        values = ops.multiply(values, weight)
    if reduction in (None, "none") or tuple(values.shape) in ((), (0,)):
        return results.shown(values)
    if reduction == "sum":
        return _of_shard(ops.sum(values), dtype)
    if reduction == "mean_with_sample_weight" and weight is not None:
        return _of_shard(ops.divide_no_nan(ops.sum(values), over_shards(ops.sum(weight))), dtype)
    return ops.mean(values)


def _shards() -> float:
    """How many times the rows of this shard the batch has; 1 where it is not cut."""
    part = shard()
    return 1 if part is None else part.whole / part.rows


def _of_shard(value, dtype):
    """A part of a sum over the batch, so that the mean over the shards by their rows is the sum."""
    times = _shards()
    return value if times == 1 else ops.multiply(value, np.asarray(times, dtypes.numpy_type(dtype)))


def fit_weight(values, weight):
    """The weights with trailing axes of 1 added until they broadcast into the values, sample by sample.

    (n,) against (n, t) means one weight per sample, also where n equals t.  A loss that is one number for all samples
    (Dice, Tversky) is weighted by each, as in Keras.
    """
    v, w = tuple(values.shape), tuple(weight.shape)
    if not v:
        return weight
    if w and len(w) < len(v) and all(b in (1, a) for a, b in zip(v, w)):
        return ops.reshape(weight, w + (1,) * (len(v) - len(w)))
    if w and (len(w) != len(v) or any(b not in (1, a) for a, b in zip(v, w))):
        raise ShapeError(
            f"sample_weight of shape {w} does not fit the loss values of shape {v}: expected one weight "
            "per sample, or one per value."
        )
    return weight


class Loss(ChecksArguments):
    """Base of all losses: subclass it and write `call(y_true, y_pred)` with `fastnn.ops`.

    Args:
        name: str; None: the class name in snake case, numbered.
        reduction: what becomes of the values: "sum_over_batch_size" (their mean), "sum", "mean",
            "mean_with_sample_weight" (over the sum of the weights), "none" or None (nothing: one value per sample).
        dtype: dtype in which y_true and y_pred are compared, by name or as a DTypePolicy; None: the default float type
            (predictions that a float64 model computes stay float64).

    Raises ArgumentError on an unknown reduction, ShapeError on shapes that do not fit.

    >>> class Double(Loss):
    ...     def call(self, y_true, y_pred):
    ...         return 2.0 * (y_pred - y_true)
    >>> float(Double()([1.0, 1.0], [2.0, 3.0]))
    3.0
    """

    keeps_integer_labels = False  # True: y_true of an integer dtype is not turned into floats

    def __init__(
        self, name: str | None = None, reduction: str | None = "sum_over_batch_size", dtype: Any = None
    ) -> None:
        self.reduction = standardize_reduction(reduction)
        self.name = name or auto_name(snake_case(type(self).__name__))
        self._dtype = None if dtype is None else dtype_policies.get(dtype).compute_dtype

    @property
    def dtype(self) -> str:
        """The dtype in which the loss is computed (a name)."""
        return self._dtype or config.floatx()

    def __call__(self, y_true: Structure, y_pred: Structure, sample_weight: Structure = None) -> Tensor:
        """The reduced loss: a symbol inside a trace, an array outside.

        Args:
            y_true, y_pred: one operand each, or equal structures of them.
            sample_weight: how much each sample counts, (n,) or of the values' shape; None: 1 each.
        """
        if (here.recording or here.log is not None) and current() is None and self._own_code():
            if calls.wanted((y_true, y_pred, sample_weight), {}):
                key = "loss", hooks.call("serial", self), self.reduction
                given = (y_true, y_pred) if sample_weight is None else (y_true, y_pred, sample_weight)
                found = calls.tried(key, self, given, {})
                if found is not calls.UNHASHED:
                    return found
        mask = get_mask(y_pred)
        y_pred = map_operands(lambda p: tensor(p, self._compute_dtype(p)), y_pred)
        y_true = map_operands(lambda t: self._cast_target(t, y_pred), y_true)
        values, own_mask = self.call_with_mask(y_true, y_pred)
        if mask is not None and own_mask is not None:
            mask = ops.logical_and(mask, own_mask)
        mask = own_mask if mask is None else mask
        values = float_tensor(values) if self._dtype is None else tensor(values, self._dtype)
        return shown(reduce_weighted(values, sample_weight, mask, self.reduction))

    @open_signature
    def call(self, y_true: Structure, y_pred: Structure) -> Tensor:
        """The loss of each sample, not reduced.  To be written by subclasses.

        Args:
            y_true: labels, (n, ...), or a structure of them.
            y_pred: predictions, (n, ...), or a structure of them.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement call(y_true, y_pred).")

    def _own_code(self) -> bool:
        """Whether its Python is fastnn's, which need not run at every call."""
        return type(self).__module__.startswith("fastnn.")

    def call_with_mask(self, y_true, y_pred):
        """(values, mask or None): what `call` gives, and the mask that it makes by itself.

        Args:
            y_true, y_pred: as of `call`.
        """
        values = self.call(y_true, y_pred)
        return values, get_mask(values)

    def get_config(self) -> Config:
        """The arguments that make this loss again."""
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config: Config) -> Self:
        """A loss from what get_config returned.

        Args:
            config: dict of the constructor's arguments.
        """
        return cls(**config)

    def _compute_dtype(self, y_pred):
        if self._dtype is None and isinstance(y_pred, Symbol) and y_pred.dtype in ("float32", "float64"):
            return y_pred.dtype  # half precision is too coarse for a loss
        return self.dtype

    def _cast_target(self, y_true, y_pred):
        if self.keeps_integer_labels:
            kept = tensor(y_true)
            if not dtypes.is_float(dtype_of(kept)):
                return kept
        return tensor(y_true, self._compute_dtype(first_operand(y_pred)))


def map_operands(function, structure):
    """`function` applied to every operand of a structure; a list without symbols is an operand, written as numbers."""
    return map_structure(function, structure, is_leaf=lambda s: isinstance(s, list) and not any(map(is_symbolic, s)))


def first_operand(structure):
    """The first operand of a structure."""
    while isinstance(structure, (dict, list, tuple)):
        structure = next(iter(structure.values() if isinstance(structure, dict) else structure))
    return structure
