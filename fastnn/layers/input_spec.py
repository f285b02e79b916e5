"""InputSpec: what a layer demands of its inputs' rank, shape and dtype."""

from typing import Any, Self

from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError, ArgumentTypeError, ShapeError
from fastnn.core.types import Config
from fastnn.layers import nest


class InputSpec:
    """Demands on one input.

    Args:
        dtype: expected dtype name.
        shape: expected shape, None for free dimensions.
        ndim, max_ndim, min_ndim: expected rank and its bounds.
        axes: {axis: size} for single dimensions.
        allow_last_axis_squeeze: accept a missing or an extra last dimension of 1.
        name: the input's key when inputs come as a dict.
        optional: None may be passed.

    Raises ArgumentError for an axis beyond the rank, ArgumentTypeError for axes that are no dict of ints.

    >>> InputSpec(ndim=2, axes={-1: 4})
    InputSpec(ndim=2, axes={-1: 4})
    """

    def __init__(
        self,
        dtype: Any = None,
        shape: Any = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: dict[int, int | None] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ) -> None:
        self.dtype = None if dtype is None else dtypes.standardize(dtype)
        if shape is not None and not hasattr(shape, "__iter__"):
            raise ArgumentError(f"Cannot convert '{shape}' to a shape. Expected a tuple of ints and None.")
        self.shape = None if shape is None else tuple(shape)
        self.ndim = ndim if self.shape is None else len(self.shape)
        self.max_ndim, self.min_ndim, self.name, self.optional = max_ndim, min_ndim, name, optional
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        try:
            self.axes = {int(axis): size for axis, size in (axes or {}).items()}
        except (AttributeError, TypeError, ValueError):
            raise ArgumentTypeError(
                f"Argument `axes` must be a dict with integer keys. Received: axes={axes}"
            ) from None
        bound = self.ndim or self.max_ndim
        if self.axes and bound is not None and max(self.axes) > bound - 1:
            raise ArgumentError(f"Axis {max(self.axes)} is greater than the maximum allowed value: {bound - 1}")

    def get_config(self) -> Config:
        """The constructor's arguments as a dict."""
        return {"dtype": self.dtype, "shape": self.shape, "ndim": self.ndim, "max_ndim": self.max_ndim,
                "min_ndim": self.min_ndim, "axes": self.axes, "optional": self.optional}  # fmt: skip

    @classmethod
    def from_config(cls, config: Config) -> Self:
        """A spec with the arguments that get_config() gave.

        Args:
            config: dict of the constructor's arguments.
        """
        return cls(**config)

    def __repr__(self):
        said = [
            f"{key}={getattr(self, key)}"
            for key in ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes")
            if getattr(self, key)
        ]
        return f"InputSpec({', '.join(said)})"


def assert_input_compatibility(input_spec, inputs, layer_name):
    """Raise ShapeError (a ValueError) if `inputs` are not what `input_spec` demands.

    input_spec: an InputSpec, a list of them, or None.  inputs: a structure of things with a shape and a dtype.
    """
    if not input_spec:
        return
    specs = nest.flatten(input_spec)
    names = [spec.name for spec in specs if spec is not None]
    named = len(names) == len(specs) and all(names)
    if isinstance(inputs, dict) and named:
        missing = [name for name in names if name not in inputs]
        if missing:
            raise ShapeError(
                f'Missing data for input "{missing[0]}". You passed a data dictionary with keys '
                f"{list(inputs)}. Expected the following keys: {names}"
            )
        inputs = [inputs[name] for name in names]
    inputs = nest.flatten(inputs)
    if len(inputs) != len(specs):
        if named:
            raise ShapeError(
                f'Layer "{layer_name}" expects {len(specs)} named input(s) with keys {names}, but it received '
                f"{len(inputs)} input tensors. Pass inputs as a dict, e.g. "
                f"`layer({{{', '.join(f'{name!r}: ...' for name in names)}}})`."
            )
        raise ShapeError(
            f'Layer "{layer_name}" expects {len(specs)} input(s), but it received {len(inputs)} input '
            f"tensors. Inputs received: {inputs}"
        )
    for position, (x, spec) in enumerate(zip(inputs, specs)):
        if spec is None or (x is None and spec.optional):
            continue
        if x is None and spec.name:
            raise ShapeError(
                f"The input '{spec.name}' is not optional, but None was passed. Please provide a valid tensor."
            )
        if not hasattr(x, "shape"):
            raise ShapeError(
                f"Inputs to a layer should be tensors. Got '{x}' (of type {type(x)}) as input for layer '{layer_name}'."
            )
        fault = _fault(spec, tuple(x.shape), x.dtype)
        if fault:
            name = f" with name '{spec.name}'" if spec.name else ""
            raise ShapeError(f"Input {position}{name} of layer '{layer_name}' is incompatible with the layer: {fault}")


def _channels(wanted, got):
    """What to do where the data are those wanted, but for the place of their channels."""
    if len(wanted) == len(got) > 2:
        for start, end, name in ((1, -1, "first"), (-1, 1, "last")):
            moved = list(got)
            moved.insert(len(moved) if end == -1 else 1, moved.pop(start))
            if all(a is None or b is None or a == b for a, b in zip(wanted, moved)):
                return f". The data have their channels {name}: write np.moveaxis(x, {start}, {end})"
    return ""


def _fault(spec, shape, dtype):
    """What is wrong with one input, or None."""
    rank = len(shape)
    if spec.ndim is not None and not spec.allow_last_axis_squeeze and rank != spec.ndim:
        return f"expected ndim={spec.ndim}, found ndim={rank}. Full shape received: {shape}"
    if spec.max_ndim is not None and rank > spec.max_ndim:
        return f"expected max_ndim={spec.max_ndim}, found ndim={rank}"
    if spec.min_ndim is not None and rank < spec.min_ndim:
        return f"expected min_ndim={spec.min_ndim}, found ndim={rank}. Full shape received: {shape}"
    if spec.dtype is not None and dtypes.standardize(dtype) != spec.dtype:
        return f"expected dtype={spec.dtype}, found dtype={dtype}"
    for axis, size in spec.axes.items():
        if size is not None and (not -rank <= axis < rank or shape[axis] not in (size, None)):
            return f"expected axis {axis} of input shape to have value {size}, but received input with shape {shape}"
    if spec.shape is not None:
        wanted, got = spec.shape, shape
        if spec.allow_last_axis_squeeze:
            wanted, got = (s[:-1] if s and s[-1] == 1 else s for s in (wanted, got))
        if any(a is not None and b is not None and a != b for a, b in zip(wanted, got)):
            return f"expected shape={spec.shape}, found shape={shape}{_channels(spec.shape, shape)}"
    return None
