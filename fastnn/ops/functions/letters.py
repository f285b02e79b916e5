"""Index letters: names of the dimensions of operands, and of a product of them."""

import numpy as np

from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.core.shapes import normalize_axis

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def parsed(subscripts, operands):
    """(letters of each operand, letters of the result), "..." written out and an implied result added."""
    text = subscripts.replace(" ", "")
    left, arrow, right = text.partition("->")
    if "->" in right:
        raise ArgumentError(f"At most one '->' is supported in `einsum` subscripts, but received {subscripts}.")
    terms = left.split(",")
    if len(terms) != len(operands):
        raise ArgumentError(f"einsum: {subscripts!r} names {len(terms)} operands, received {len(operands)}.")
    free = [c for c in LETTERS if c not in text]
    dots = ""
    for t, x in zip(terms, operands):
        if "..." in t:
            n = len(x.shape) - len(t.replace("...", ""))
            dots = "".join(free[:n]) if n > len(dots) else dots
    out = []
    for t, x in zip(terms, operands):
        n = len(x.shape) - len(t.replace("...", ""))
        t = t.replace("...", dots[len(dots) - n :] if n else "")
        if len(t) != len(x.shape):
            raise ShapeError(
                f"einsum: the term {t!r} of {subscripts!r} has {len(t)} letters for a value of shape {tuple(x.shape)}."
            )
        out.append(t)
    if not arrow:
        joined = "".join(out)
        right = "..." + "".join(sorted(c for c in set(joined) - set(dots) if joined.count(c) == 1))
    return out, right.replace("...", dots)


def paired(operands, axes):
    """([letters of each of two operands], letters of the result) of `tensordot` with these axes."""
    ranks = [len(x.shape) for x in operands]
    if isinstance(axes, int):
        pairs = [range(ranks[0] - axes, ranks[0]), range(axes)]
    else:
        pairs = [[int(a) for a in np.atleast_1d(v)] for v in axes]
    first, second = ([normalize_axis(a, n) for a in own] for own, n in zip(pairs, ranks))
    a, b = list(LETTERS[: ranks[0]]), list(LETTERS[ranks[0] : ranks[0] + ranks[1]])
    for i, j in zip(first, second):
        b[j] = a[i]
    out = [c for i, c in enumerate(a) if i not in first] + [c for j, c in enumerate(b) if j not in second]
    return ["".join(a), "".join(b)], "".join(out)
