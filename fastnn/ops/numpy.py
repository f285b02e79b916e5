"""`ops.numpy`: the operations under the name that Keras gives those of NumPy."""

from fastnn import ops


def __getattr__(name):
    """Keras also finds operations of other families under this name."""
    if name.startswith("__") or name not in ops.__all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(ops, name)
