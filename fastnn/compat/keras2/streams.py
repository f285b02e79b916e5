"""Inputs and targets that are tensors of a data set: `Input(tensor=batch)` and `compile(target_tensors=[labels])`."""

import functools

import numpy as np

from fastnn.core import tree
from fastnn.data.tensor import Tensor
from fastnn.layers.fixed_input import given


def of_stream(iterator, element):
    """An element that an iterator gave first; its tensors know where the next ones come from."""
    leaves = []
    for number, leaf in enumerate(tree.flatten(element)):
        if isinstance(leaf, np.ndarray):
            leaf = np.asarray(leaf).view(Tensor)
            leaf.stream = iterator, number
        leaves.append(leaf)
    return tree.pack(element, leaves)


def _batches(inputs, targets):
    """(inputs, targets) of one step after the other, as lists: the next of tensors that a data set gave."""
    streams = list({id(s): s for s in (getattr(v, "stream", (None,))[0] for v in (*inputs, *targets)) if s}.values())
    while True:
        try:
            found = {id(s): tree.flatten(next(s)) for s in streams}
        except StopIteration:
            return
        yield [_now(v, found) for v in inputs], [_now(v, found) for v in targets]


def _now(value, found):
    stream, number = getattr(value, "stream", (None, None))
    return np.asarray(value if stream is None else found[id(stream)][number])


def fed_by_tensors(today):
    """`fit` or `evaluate`, without data where inputs and targets are tensors."""

    @functools.wraps(today)
    def made(self, x=None, y=None, *args, **kwargs):
        fixed, targets = self.__dict__.get("_fixed"), self.__dict__.get("_target_tensors")
        if x is None and y is None and fixed is not None and targets is not None:
            listed = targets if isinstance(targets, (list, tuple)) else tree.flatten(targets)
            x = _batches([given(symbol) for symbol in fixed], listed)
        elif y is not None and any(getattr(v, "stream", None) is not None for v in tree.flatten(x)):
            x, y = _batches(tree.flatten(x), tree.flatten(y)), None
        return today(self, x, y, *args, **kwargs)

    return made
