"""Cross-entropies of `keras.backend` in scripts of Keras 1, which gave the predictions first and then the targets.

Keras 2 changed the order without changing the names. A script that shows itself to be of Keras 1, by a name or an
argument of it, and asks for the cross-entropy of what does not depend on weights, given what does, means the other one.
"""

import functools

from fastnn.graph import Symbol
from fastnn.graph.node import VARIABLE

_shown = set()  # names and arguments of Keras 1 that the script has used


def note(names):
    """Remember that a script has used names, or arguments, of Keras 1."""
    _shown.update(names)


def forget():
    """Begin again."""
    _shown.clear()


def depends_on_weights(value):
    """Whether variables are among what a symbol of a step is computed of."""
    todo, seen = [value], set()
    while todo:
        node = getattr(todo.pop(), "node", None)
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        if node.op is VARIABLE and node.payload.trainable:
            return True
        todo += [x for x in node.inputs if x is not None]
    return False


@functools.cache
def in_order(function):
    """A cross-entropy that takes (predictions, targets) from scripts of Keras 1 as (targets, predictions).

    Args:
        function: one of two arrays or symbols, the targets first.
    """

    @functools.wraps(function)
    def call(*args, **kwargs):
        if _shown and len(args) > 1 and isinstance(args[0], Symbol):
            if depends_on_weights(args[0]) and not depends_on_weights(args[1]):
                args = args[1], args[0], *args[2:]
        return function(*args, **kwargs)

    return call
