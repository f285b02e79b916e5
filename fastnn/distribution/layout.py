"""Meshes of devices, and which axis of an array goes along which axis of a mesh."""

import math
import re
from collections.abc import Iterator, MutableMapping, Sequence
from typing import Any

import numpy as np

from fastnn.core.errors import ArgumentError
from fastnn.distribution.devices import list_devices


class DeviceMesh:
    """Devices in rows and columns, with a name for each axis.

    Args:
        shape: ints, the number of devices along each axis.
        axis_names: a str for each axis.
        devices: names of devices, as many as the shape has places; all that there are by default.

    Raises:
        ArgumentError: if they do not fit each other.

    >>> DeviceMesh((1,), ["batch"])
    <DeviceMesh shape=(1,), axis_names=['batch']>
    """

    def __init__(self, shape: Sequence[int], axis_names: Sequence[str], devices: Any = None) -> None:
        if not shape or not axis_names:
            raise ArgumentError(
                f"Shape and axis_names cannot be empty. Received: shape={shape}, axis_names={axis_names}"
            )
        if len(shape) != len(axis_names):
            raise ArgumentError(
                f"Shape and axis_names should have same size. Received: shape={shape}, axis_names={axis_names}"
            )
        names = np.asarray(list_devices() if devices is None else devices)
        if math.prod(shape) != names.size:
            raise ArgumentError(
                f"Shape does not match the number of devices. Received: shape={shape}; devices.shape={names.shape}. "
                "This machine has one device: expected a shape of ones, unless `devices` are given."
            )
        self.shape, self.axis_names, self.devices = shape, axis_names, names.reshape(shape)

    def __repr__(self) -> str:
        return f"<DeviceMesh shape={self.shape}, axis_names={self.axis_names}>"


class TensorLayout:
    """The axis of a mesh along which each axis of an array is spread; None for one that is not.

    Args:
        axes: a str or None for each axis of the array.
        device_mesh: DeviceMesh, or None where it is set later.

    Raises:
        ArgumentError: for an axis that the mesh has not, and where a mesh is set twice.

    >>> TensorLayout(("batch", None)).axes
    ('batch', None)
    """

    def __init__(self, axes: Sequence[str | None], device_mesh: DeviceMesh | None = None) -> None:
        self.axes = tuple(axes)
        self._device_mesh: DeviceMesh | None = None
        if device_mesh is not None:
            self.device_mesh = device_mesh

    @property
    def device_mesh(self) -> DeviceMesh | None:
        """The mesh; it can be set once."""
        return self._device_mesh

    @device_mesh.setter
    def device_mesh(self, mesh: DeviceMesh) -> None:
        if self._device_mesh is not None:
            raise ArgumentError(f"Cannot override device mesh value. Existing value is {self._device_mesh}")
        names, axes = set(mesh.axis_names), {axis for axis in self.axes if axis is not None}
        if not axes <= names:
            raise ArgumentError(
                f"Invalid axis names for Layout. Valid axis names: {sorted(names)}, Got {sorted(axes, key=str)}"
            )
        self._device_mesh = mesh

    def __repr__(self) -> str:
        return f"<TensorLayout axes={self.axes}, device_mesh={self.device_mesh}>"


class LayoutMap(MutableMapping[str, Any]):
    """The layouts of variables and of results of layers, by their path or by a regular expression for it.

    What is looked up and has none is None.

    Args:
        device_mesh: DeviceMesh, of the layouts that have none.

    Raises:
        ArgumentError: for a key that is set twice, a value that is no layout (or tuple of axes), and a path that
            several expressions fit.

    >>> layouts = LayoutMap(DeviceMesh((1,), ["model"]))
    >>> layouts["dense.*kernel"] = (None, "model")
    >>> layouts["dense_1/kernel"].axes, layouts["dense_1/bias"]
    ((None, 'model'), None)
    """

    def __init__(self, device_mesh: DeviceMesh | None) -> None:
        self.device_mesh: Any = device_mesh
        self._layouts: dict[str, TensorLayout] = {}

    def __getitem__(self, key: str) -> Any:
        if key in self._layouts:
            return self._layouts[key]
        found = [pattern for pattern in self._layouts if re.fullmatch(pattern, key)]
        if len(found) > 1:
            raise ArgumentError(
                f"Path '{key}' matches multiple layout specification keys: {found}. Please make sure each "
                "tensor/variable path only matches at most one layout specification key in the LayoutMap."
            )
        return self._layouts[found[0]] if found else None

    def __setitem__(self, key: str, layout: Any) -> None:
        if key in self._layouts:
            raise ArgumentError(
                f"{key} already exist in the LayoutMap with value {self._layouts[key]}. Please make sure to not use "
                "duplicated keys."
            )
        if isinstance(layout, tuple):
            layout = TensorLayout(layout)
        if not isinstance(layout, TensorLayout):
            raise ArgumentError(f"{layout} should be a TensorLayout type, got {type(layout)}")
        if layout.device_mesh is None and self.device_mesh is not None:
            layout.device_mesh = self.device_mesh
        self._layouts[key] = layout

    def __delitem__(self, key: str) -> None:
        del self._layouts[key]

    def __len__(self) -> int:
        return len(self._layouts)

    def __iter__(self) -> Iterator[str]:
        return iter(self._layouts)
