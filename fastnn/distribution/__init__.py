"""`keras.distribution`: training by several processes, and the meshes, layouts and strategies that say how.

`DataParallel` cuts each batch into shards, which are spread over the processes that `initialize` joins. Bits depend on
the shards, not on the processes. Every process has one device, its CPU.
"""

from fastnn.core.registry import lazy

NAMES = {
    **dict.fromkeys(("list_devices", "get_device_count"), "devices"),
    "initialize": "world",
    **dict.fromkeys(("DeviceMesh", "TensorLayout", "LayoutMap"), "layout"),
    **dict.fromkeys(("Distribution", "DataParallel", "ModelParallel", "distribution", "set_distribution",
                     "distribute_tensor"), "strategies"),
}  # fmt: skip
__getattr__, __dir__, __all__ = lazy(__name__, NAMES)
