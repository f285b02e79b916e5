"""Types of the compiled src_cython/fastnn/runtime/order.pyx."""
from fastnn.core.types import Array

def shuffle(order: Array, seed: int, stream: int) -> None: ...
