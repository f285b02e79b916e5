"""Values of an ONNX graph while it becomes a model, and the nodes that make them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastnn import ops
from fastnn.core.errors import FileFormatError, NotSupportedError
from fastnn.core.types import Array

UNKNOWN = -(1 << 40)  # in an array of sizes: one that is not known, as that of the batch
MOST = 1 << 24  # numbers of a constant that a node makes


class Value:
    """A symbol of the functional API as the graph sees it.

    order: which axis of the symbol each axis of the value is; None for one of size 1 that the symbol has not. So a
    transpose costs nothing until somebody needs the other order, and two that undo each other never happen.
    """

    def __init__(self, symbol: Any, order: Sequence[int | None] | None = None) -> None:
        self.symbol = symbol
        self.order = list(range(len(symbol.shape))) if order is None else list(order)

    @property
    def shape(self) -> tuple[int | None, ...]:
        """Sizes, None where they are not known."""
        return tuple(1 if a is None else self.symbol.shape[a] for a in self.order)

    @property
    def axes(self) -> list[int]:
        """The axes that the symbol has, in the value's order."""
        return [a for a in self.order if a is not None]

    def transposed(self, axes: Sequence[int]) -> Value:
        """The value with its axes in another order."""
        return Value(self.symbol, [self.order[a] for a in axes])

    def with_axis(self, axis: int) -> Value:
        """A new axis of size 1."""
        axis %= len(self.order) + 1
        return Value(self.symbol, [*self.order[:axis], None, *self.order[axis:]])

    def without_axis(self, axis: int) -> Value:
        """Without an axis of size 1."""
        axis %= len(self.order)
        gone, order = self.order[axis], [*self.order[:axis], *self.order[axis + 1 :]]
        if gone is None:
            return Value(self.symbol, order)
        return Value(ops.squeeze(self.symbol, gone), [a if a is None or a < gone else a - 1 for a in order])

    def made(self) -> Any:
        """The symbol whose axes are the value's."""
        axes = self.axes
        symbol = self.symbol if axes == sorted(axes) else ops.transpose(self.symbol, axes)
        for k, a in enumerate(self.order):
            if a is None:
                symbol = ops.expand_dims(symbol, k)
        return symbol

    def channels_last(self) -> Any:
        """The symbol with axis 1 moved to the end: images, channels last."""
        last = [0, *range(2, len(self.order)), 1]
        return self.transposed(last).made()


def channels_first(symbol: Any) -> Value:
    """The value (rows, channels, places) of a symbol (rows, places, channels)."""
    rank = len(symbol.shape)
    return Value(symbol, [0, rank - 1, *range(1, rank - 1)])


class Call:
    """A node with its inputs: Values, arrays, or None where one is left out.

    alone: numbers of its outputs that somebody reads.
    """

    def __init__(self, node: Any, inputs: list[Value | Array | None], attributes: dict[str, Any], read: set[int]):
        self.node, self.inputs, self.attributes, self.read = node, inputs, attributes, read

    def get(self, name: str, default: Any = None) -> Any:
        """An attribute."""
        return self.attributes.get(name, default)

    def refuse(self, what: str) -> NotSupportedError:
        """An error that names the node."""
        return NotSupportedError(f"load_onnx: {said(self.node)}: {what}.")

    def value(self, k: int = 0) -> Value:
        """Input number k, which must be no constant."""
        found = self.inputs[k] if k < len(self.inputs) else None
        if not isinstance(found, Value):
            raise self.refuse(
                f"its input {k} is {'a constant' if found is not None else 'not there'}; expected a value"
            )
        return found

    def constant(self, k: int, default: Any = None) -> Any:
        """Input number k, which must be a constant; `default` where it is left out."""
        found = self.inputs[k] if k < len(self.inputs) else None
        if isinstance(found, Value):
            raise self.refuse(f"its input {k} is computed; expected a constant")
        return default if found is None else found

    def numbers(self, k: int, name: str, default: Any = None) -> list[int] | None:
        """Whole numbers that are input number k, or (in older opsets) an attribute."""
        found = self.constant(k) if k < len(self.inputs) else None
        found = self.get(name, default) if found is None else found
        return None if found is None else [int(v) for v in np.asarray(found).reshape(-1)]

    def array(self, k: int = 0) -> Array:
        """Input number k, a constant to calculate with: no unknown size is in it."""
        found = np.asarray(self.constant(k))
        if found.dtype.kind in "iu" and (found == UNKNOWN).any():
            raise self.refuse("it calculates with a size that is not known")
        return found

    def symbols(self) -> list[Any]:
        """All inputs: symbols, or arrays."""
        return [x.made() if isinstance(x, Value) else x for x in self.inputs]


def said(node: Any) -> str:
    """A node in an error."""
    outputs = ", ".join(node.output)
    return f"node {node.name!r} of type {node.op_type}" + (f" in domain {node.domain}" if node.domain else "") + (
        f", which makes {outputs}"
    )  # fmt: skip


def checked_array(tensor: Any, numpy_helper: Any) -> Array:
    """The array of a tensor in the file; FileFormatError where it claims more than it holds, or lies elsewhere."""
    if tensor.data_location == 1 or tensor.external_data:
        raise FileFormatError(
            f"load_onnx: the tensor {tensor.name!r} lies in another file; expected all weights in the model's own. "
            "Save it with onnx.save_model(..., save_as_external_data=False)."
        )
    if any(d < 0 for d in tensor.dims):
        raise FileFormatError(f"load_onnx: the tensor {tensor.name!r} has sizes {list(tensor.dims)}.")
    size = 1
    for d in tensor.dims:
        size *= d
    held = len(tensor.raw_data) * 8 or 64 * max(
        len(tensor.float_data), len(tensor.int32_data), len(tensor.int64_data), len(tensor.double_data),
        len(tensor.uint64_data), len(tensor.string_data),
    )  # fmt: skip
    if size > held:
        raise FileFormatError(
            f"load_onnx: the tensor {tensor.name!r} of sizes {list(tensor.dims)} has {size:,} numbers; the file holds "
            f"{held // 8:,} bytes of it."
        )
    try:
        found: Array = numpy_helper.to_array(tensor)
    except (ValueError, TypeError, KeyError) as error:
        raise FileFormatError(f"load_onnx: the tensor {tensor.name!r} cannot be read: {error}.") from error
    return found
