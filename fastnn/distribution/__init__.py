"""`keras.distribution` on a machine of one device: meshes, layouts and strategies, whose shards all lie on it.

Keras spreads arrays over devices; the numbers do not depend on it. Here the objects say where things would lie, and
training runs as it does without them.
"""

from fastnn.core.registry import lazy

NAMES = {
    **dict.fromkeys(("list_devices", "get_device_count", "initialize"), "devices"),
    **dict.fromkeys(("DeviceMesh", "TensorLayout", "LayoutMap"), "layout"),
    **dict.fromkeys(("Distribution", "DataParallel", "ModelParallel", "distribution", "set_distribution",
                     "distribute_tensor"), "strategies"),
}  # fmt: skip
__getattr__, __dir__, __all__ = lazy(__name__, NAMES)
