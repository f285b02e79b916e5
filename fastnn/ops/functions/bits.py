"""Integers as bits, and what divides them."""

from typing import Any

from fastnn.core.types import Tensor
from fastnn.ops.functions.elementwise import affine, logical_not
from fastnn.ops.functions.operands import calculate, dtype_of, operand, result_dtype
from fastnn.ops.records.host import _BITWISE

__all__ = ["bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift", "gcd", "lcm",
           "bitwise_left_shift", "bitwise_right_shift", "bitwise_not", "bitwise_invert"]  # fmt: skip


def _bits(name, text, example):
    if name in ("gcd", "lcm"):  # Keras's names of the arguments

        def function(x1, x2):
            return calculate(_BITWISE[name], (x1, x2), result_dtype(x1, x2))
    else:

        def function(x, y):
            return calculate(_BITWISE[name], (x, y), result_dtype(x, y))

    function.__name__ = function.__qualname__ = name
    names = "x1, x2" if name in ("gcd", "lcm") else "x, y"
    function.__doc__ = (
        f"{text}\n\n    Args:\n        {names}: integers whose shapes broadcast; the result has the dtype in which "
        f"theirs meet.\n\n    {example}\n    "
    )
    return function


bitwise_and = _bits(
    "bitwise_and", "The bits that both integers have.", ">>> bitwise_and([6], [3])\n    array([2], dtype=int32)"
)
bitwise_or = _bits(
    "bitwise_or", "The bits that either integer has.", ">>> bitwise_or([6], [3])\n    array([7], dtype=int32)"
)
bitwise_xor = _bits(
    "bitwise_xor", "The bits that one integer has.", ">>> bitwise_xor([6], [3])\n    array([5], dtype=int32)"
)
left_shift = _bits("left_shift", "x * 2^y of integers.", ">>> left_shift([1], [3])\n    array([8], dtype=int32)")
right_shift = _bits(
    "right_shift", "floor(x / 2^y) of integers.", ">>> right_shift([8], [3])\n    array([1], dtype=int32)"
)
gcd = _bits("gcd", "The greatest common divisor.", ">>> gcd([6], [4])\n    array([2], dtype=int32)")
lcm = _bits("lcm", "The least common multiple.", ">>> lcm([6], [4])\n    array([12], dtype=int32)")
bitwise_left_shift, bitwise_right_shift = left_shift, right_shift


def bitwise_not(x: Any) -> Tensor:
    """-x - 1: all bits turned; of truth values the other one.

    Args:
        x: integers or truth values of any shape.

    >>> bitwise_not([0])
    array([-1], dtype=int32)
    """
    x = operand(x)
    return logical_not(x) if dtype_of(x) == "bool" else affine(x, -1, -1)


bitwise_invert = bitwise_not
