"""Sessions: automatic names and random streams start again, for good or for a while."""

import contextlib

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


@contextlib.contextmanager
def session_of_its_own():
    """A `with` block whose seeds, names and random streams leave those of the process as they were.

    >>> from fastnn.layers import Dense
    >>> clear_session()
    >>> with session_of_its_own():
    ...     clear_session()
    ...     name = Dense(1).name
    >>> name, Dense(1).name
    ('dense', 'dense')
    """
    names, seed, streams = dict(variable._names), config.seed(), config.streams()
    try:
        yield
    finally:
        variable._names.clear()
        variable._names.update(names)
        config.set_seed(seed)
        config.go_on_at_stream(streams)
