"""Data in a pipeline: Dataset, elements one after the other, with the methods of `tf.data`."""

from fastnn.core.registry import lazy

NAMES = {
    "Dataset": "dataset", "AUTOTUNE": "passes", "INFINITE_CARDINALITY": "passes", "UNKNOWN_CARDINALITY": "passes",
    "Options": "dataset", "Tensor": "tensor", "TensorSpec": "tensor",
}  # fmt: skip
__getattr__, __dir__, __all__ = lazy(__name__, NAMES)
