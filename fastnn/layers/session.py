"""clear_session: automatic names and random streams start again."""

from fastnn.core import config
from fastnn.graph import variable


def clear_session(free_memory=True):
    """Start automatic names (dense, dense_1, ...) and default random streams again.

    Models keep no global state, so there is nothing else to free; free_memory is accepted as Keras's.

    >>> from fastnn.layers import Dense
    >>> clear_session()
    >>> Dense(1).name
    'dense'
    """
    variable._names.clear()
    config.set_seed(config.seed())
