"""Functions of single values or slices, made functions of arrays."""

import re
from typing import Any

from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.core.shapes import broadcast, product
from fastnn.core.types import Tensor
from fastnn.ops.functions.choices import check_functions, leaves_of
from fastnn.ops.functions.layout import broadcast_to, reshape
from fastnn.ops.functions.loops import map
from fastnn.ops.functions.operands import operand

__all__ = ["vectorize"]


def _ranks(signature):
    """How many dimensions each argument has in "(n,m),(),(n)->(m)"; the results' follow from the function."""
    side = r"\((\w+(,\w+)*)?\)(,\((\w+(,\w+)*)?\))*"
    text = re.sub(r"\s", "", signature)
    if not re.fullmatch(f"{side}->{side}", text):
        raise ArgumentError(f"vectorize: received signature={signature!r}, expected one like '(n),(n,m)->(m)'.")
    return [len(group.split(",")) if group else 0 for group in re.findall(r"\(([^)]*)\)", text.split("->")[0])]


def vectorize(pyfunc: Any, *, excluded: Any = None, signature: Any = None) -> Tensor:
    """A function of arrays that calls pyfunc for each element, and puts the results together.

    Args:
        pyfunc: (*values) -> value or values.
        excluded: numbers of arguments that are handed on as they are.
        signature: "(n,m),(n)->(m)" for a function of slices; what is in front of these dimensions is broadcast.

    >>> import numpy as np
    >>> vectorize(lambda v: v * 2)(np.array([1.0, 2.0], "float32"))
    array([2., 4.], dtype=float32)
    """
    check_functions("vectorize", pyfunc=pyfunc)
    whole = frozenset(excluded or ())
    ranks = None if signature is None else _ranks(signature)

    def over(*args, **kwargs):
        places = [k for k in range(len(args)) if k not in whole]
        xs = [operand(args[k]) for k in places]
        own = [0] * len(xs) if ranks is None else ranks
        if len(own) != len(xs) or any(len(x.shape) < r for x, r in zip(xs, own)):
            raise ShapeError(
                f"vectorize: received values of shapes {[tuple(x.shape) for x in xs]} for the signature {signature!r}."
            )
        leads = [tuple(x.shape)[: len(x.shape) - r] for x, r in zip(xs, own)]
        cores = [tuple(x.shape)[len(x.shape) - r :] for x, r in zip(xs, own)]
        lead = broadcast(*leads)

        def once(values):
            given = list(args)
            for place, value in zip(places, values):
                given[place] = value
            return pyfunc(*given, **kwargs)

        if not lead:
            return once(xs)
        rows = [reshape(broadcast_to(x, lead + core), (product(lead), *core)) for x, core in zip(xs, cores)]
        found = map(once, tuple(rows))
        parts = [reshape(y, lead + tuple(y.shape[1:])) for y in leaves_of(found)]
        return tuple(parts) if isinstance(found, (tuple, list)) else parts[0]

    return over
