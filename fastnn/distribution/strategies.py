"""How training is spread: batches over shards and processes; and which layout data and variables have on a mesh."""

import contextlib
import threading
import warnings
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from fastnn.core import changes
from fastnn.core.arguments import count
from fastnn.core.errors import ArgumentError, ArgumentTypeError, NotSupportedError
from fastnn.distribution import tree, world
from fastnn.distribution.devices import expect_chosen, steps_run_on
from fastnn.distribution.layout import DeviceMesh, LayoutMap, TensorLayout
from fastnn.distribution.transport import Transport

_active = threading.local()


def distribution() -> "Distribution | None":
    """The distribution that this thread has set, or None.

    >>> distribution()
    """
    return getattr(_active, "value", None)


def set_distribution(value: "Distribution | None") -> None:
    """Set the distribution of this thread.

    Args:
        value: a Distribution, or None.

    Raises ArgumentTypeError for anything else.

    >>> set_distribution(None)
    """
    if value is not None and not isinstance(value, Distribution):
        raise ArgumentTypeError(f"set_distribution: received {value!r}, expected a Distribution or None.")
    _active.value = value
    changes.note()


class Share(NamedTuple):
    """What this process does of each batch.

    transport: to the others.  shards: of a batch, over all processes.  same_data: whether every process is given the
    whole batches, else its own part of each.
    """

    transport: Transport
    shards: int
    same_data: bool

    def sizes(self, rows: int) -> list[int]:
        """The rows of every shard.  rows: of what this process is given."""
        size = self.transport.size
        return tree.sizes(rows, self.shards) if self.same_data else tree.sizes(rows, self.shards // size) * size

    def cut(self, rows: int) -> tuple[list[int], list[int], int]:
        """(rows of the shards of this process, where they begin in what it is given, rows of the whole batch).

        rows: of what it is given.
        """
        sizes, own = self.sizes(rows), tree.owned(self.shards, self.transport.rank, self.transport.size)
        first = 0 if self.same_data else own.start
        return [sizes[s] for s in own], [sum(sizes[first:s]) for s in own], sum(sizes)


def share() -> Share | None:
    """What this process does of each batch where a distribution is set that cuts it; else None."""
    value, way = distribution(), getattr(_active, "way", None)
    if value is None or way == "uncut":
        return None
    return value._share(world.ALONE if way == "alone" else world.transport())


def alone() -> contextlib.AbstractContextManager[None]:
    """Inside, in this thread, this process runs all shards of a batch, without the others."""
    return _going("alone")


def uncut() -> contextlib.AbstractContextManager[None]:
    """Inside, in this thread, batches are not cut, and this process runs without the others.

    >>> with DataParallel(shards=2).scope(), uncut():
    ...     share()
    """
    return _going("uncut")


@contextlib.contextmanager
def _going(way: str) -> Iterator[None]:
    before = getattr(_active, "way", None)
    _active.way = way
    try:
        yield
    finally:
        _active.way = before


def distribute_tensor(tensor: Any, layout: Any) -> Any:
    """The tensor with that layout: itself, for there is one device.

    Args:
        tensor: an array or a symbol.
        layout: a TensorLayout, or a tuple of its axes.

    Raises ArgumentError for a layout with another number of axes than the tensor has.

    >>> distribute_tensor(np.ones(2), TensorLayout(("batch",))).shape
    (2,)
    """
    axes = getattr(layout, "axes", None)
    if axes is not None and len(axes) != len(tensor.shape):
        raise ArgumentError(
            f"distribute_tensor: received a layout of {len(axes)} axes {axes} for a tensor of shape "
            f"{tuple(tensor.shape)}, expected as many."
        )
    return tensor


class Distribution:
    """Base of DataParallel and ModelParallel: a mesh of devices, and the layouts of data and variables on it.

    Args:
        device_mesh: DeviceMesh.
        batch_dim_name: name of the mesh's axis along which batches are spread.
        auto_shard_dataset: whether every process is given the same data and takes its part; else its own part of each.

    >>> Distribution(DeviceMesh((1,), ["batch"])).device_mesh.axis_names
    ['batch']
    """

    def __init__(
        self, device_mesh: DeviceMesh, batch_dim_name: str | None = None, auto_shard_dataset: bool = True
    ) -> None:
        expect_chosen(device_mesh.devices.ravel().tolist(), type(self).__name__)
        self.device_mesh, self.batch_dim_name = device_mesh, batch_dim_name
        self.auto_shard_dataset = auto_shard_dataset

    def __repr__(self) -> str:
        return f"<{type(self).__name__} device_mesh={self.device_mesh}>"

    @property
    def num_processes(self) -> int:
        """How many processes train together."""
        return world.transport().size

    @property
    def _process_id(self) -> int:
        return world.transport().rank

    def _share(self, transport: Transport) -> Share | None:
        """See `share`."""
        if transport.size > 1:
            raise NotSupportedError(
                f"{type(self).__name__}: received {transport.size} processes, expected 1: a model is whole in each of "
                "them. Use DataParallel, which spreads batches; it gives the same numbers."
            )
        return None

    @property
    def num_model_replicas(self) -> int:
        """The number of copies of the model: of devices along the batches' axis of the mesh."""
        return dict(zip(self.device_mesh.axis_names, self.device_mesh.shape)).get(self.batch_dim_name or "", 1)

    @property
    def data_shard_id(self) -> int:
        """Which part of the data this process reads."""
        return self._process_id // max(1, self.num_processes // self.num_model_replicas)

    def get_data_layout(self, data_shape: Sequence[int]) -> TensorLayout:
        """The layout of a batch: spread along its first axis.

        Args:
            data_shape: of the batch, ints.
        """
        return TensorLayout([self.batch_dim_name, *[None] * (len(data_shape) - 1)], self.device_mesh)

    def get_variable_layout(self, variable: Any) -> TensorLayout:
        """The layout of a variable: its own, else whole on each device.

        Args:
            variable: a Variable.
        """
        own = getattr(variable, "_layout", None)
        return TensorLayout([None] * len(variable.shape), self.device_mesh) if own is None else own

    def get_tensor_layout(self, path: str) -> TensorLayout | None:
        """The layout of what a layer returns, None if it is left as it is.

        Args:
            path: of the result: the layer's, and "output" or an index.
        """
        return None

    def distribute_dataset(self, dataset: Any) -> Any:
        """The part of a data set that this process reads: all of it.

        Args:
            dataset: any.
        """
        return dataset

    @contextlib.contextmanager
    def scope(self) -> Iterator[None]:
        """Hold as the distribution within a `with` block."""
        before = distribution()
        set_distribution(self)
        try:
            yield
        finally:
            set_distribution(before)


class DataParallel(Distribution):
    """The model in every process, and a part of each batch.

    A batch is cut into `shards`; their gradients, metrics and moving averages are added in a tree of the shards, so how
    many processes they are spread over does not change a bit.  The number of shards does, as the size of batches does.
    Every process runs the same script and ends with the same weights; callbacks run in the first one.

    Args:
        device_mesh: DeviceMesh of one axis; else one of `devices`, else of what each process runs on.
        devices: names of devices.
        auto_shard_dataset: True: every process is given the same data, `batch_size` is that of whole batches.  False:
            every process is given its own part of each batch, with `batch_size` rows.
        shards: how many parts a batch has, a multiple of the number of processes; that number by default.

    Raises:
        ArgumentError: for a mesh that is none, names of no devices, and shards that cannot be spread evenly.
        NotSupportedError: for GPUs that steps do not run on: `keras.config.set_device` chooses one.

    >>> DataParallel().get_data_layout((8, 4)).axes
    ('batch', None)
    >>> with DataParallel(shards=4).scope():
    ...     distribution().shards
    4
    """

    def __init__(
        self,
        device_mesh: DeviceMesh | None = None,
        devices: Any = None,
        auto_shard_dataset: bool = True,
        shards: int | None = None,
    ) -> None:
        world.join_if_launched()
        if device_mesh is None:
            names = np.atleast_1d(steps_run_on() if devices is None or not len(devices) else devices)
            device_mesh = DeviceMesh(names.shape, ["batch"], names)
        elif not isinstance(device_mesh, DeviceMesh):
            raise ArgumentError(
                "Expect `mesh` to be an instance of `DeviceMesh`. Received: "
                f"mesh={device_mesh} (of type {type(device_mesh)})"
            )
        elif device_mesh.devices.ndim != 1:
            warnings.warn(
                f"Expect the input mesh to be 1D, but received mesh.devices.ndim={device_mesh.devices.ndim}. The first "
                "axis will be used for data-parallel sharding.",
                stacklevel=2,
            )
        super().__init__(device_mesh, device_mesh.axis_names[0], auto_shard_dataset)
        size = self.num_processes
        self.shards = size if shards is None else count("shards", shards)
        if self.shards % size:
            raise ArgumentError(
                f"DataParallel: received shards={self.shards} for {size} processes, expected a multiple of {size}, as "
                f"many for each. Take shards={-(-self.shards // size) * size}, or start another number of processes."
            )

    @property
    def num_model_replicas(self) -> int:
        """The number of devices."""
        return self.device_mesh.devices.size

    def _share(self, transport: Transport) -> Share | None:
        if self.shards == transport.size == 1:
            return None
        return Share(transport, self.shards, self.auto_shard_dataset)


class ModelParallel(Distribution):
    """Variables and results of layers spread over devices as a LayoutMap says, batches along one axis of its mesh.

    Args:
        layout_map: LayoutMap.
        batch_dim_name: name of the batches' axis of the mesh; its first by default.
        auto_shard_dataset: accepted as Keras's.
        kwargs: device_mesh, which the LayoutMap has already, is not taken: none is known.

    Raises:
        ArgumentError: without a LayoutMap.

    >>> ModelParallel(layout_map=LayoutMap(DeviceMesh((1, 1), ["batch", "model"]))).batch_dim_name
    'batch'
    """

    def __init__(
        self,
        *,
        layout_map: LayoutMap | None = None,
        batch_dim_name: str | None = None,
        auto_shard_dataset: bool = True,
        **kwargs: Any,
    ) -> None:
        kwargs.pop("device_mesh", None)  # Keras 3.0 took it
        if kwargs:
            raise ArgumentError(f"ModelParallel: unrecognized keyword arguments: {sorted(kwargs)}.")
        if layout_map is None:
            raise ArgumentError("You must specify a layout_map argument.")
        if not isinstance(layout_map, LayoutMap):
            raise ArgumentError(
                f"Argument `layout_map` must be a `LayoutMap` instance. Received: layout_map={layout_map}"
            )
        super().__init__(
            layout_map.device_mesh, batch_dim_name or layout_map.device_mesh.axis_names[0], auto_shard_dataset
        )
        self._layout_map = layout_map

    def get_variable_layout(self, variable: Any) -> TensorLayout:
        """The variable's own layout, else the map's for its path, else whole on each device.

        Args:
            variable: a Variable.
        """
        named = getattr(variable, "_layout", None) is None and self._layout_map[variable.path]
        return named or super().get_variable_layout(variable)

    def get_tensor_layout(self, path: str) -> TensorLayout | None:
        """The map's layout for what a layer returns, None if it has none.

        Args:
            path: of the result: the layer's, and "output" or an index.
        """
        return self._layout_map[path]
