"""`ops.numpy`: the same operations under the name that Keras gives this part of them."""


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    from fastnn import ops
    return getattr(ops, name)
