"""`ops.linalg`: the operations under the name that Keras gives linear algebra."""

from fastnn import ops

NAMES = """
cholesky cholesky_inverse det eig eigh inv jvp lstsq lu_factor matrix_rank norm pinv qr solve solve_triangular svd
""".split()
__all__ = [name for name in NAMES if name in ops.__all__]


def __getattr__(name):
    """Operations of other families are found here too."""
    if name.startswith("__") or name not in ops.__all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(ops, name)


def __dir__():
    return __all__
