"""Results of metrics inside a step: a step is traced once and metrics are read by NumPy after it has run.

While a step is traced `metric.result()` therefore stands for "the result of this metric when it is asked for".
"""

import contextlib
import functools
import threading

from fastnn.core import results
from fastnn.core.later import Later


class _Tracing(threading.local):
    """Whether a step is being traced in this thread."""

    step = False


_tracing = _Tracing()


def deferred(result):
    """A `result` of a metric that is a Later while a step is traced.

    >>> class Metric:
    ...     name = "total"
    ...     @deferred
    ...     def result(self):
    ...         return 3.0
    >>> with results_later():
    ...     found = Metric().result()
    >>> found, found.take()
    (<result of metric 'total' after the step>, 3.0)
    """
    if getattr(result, "_deferred", False):
        return result

    @functools.wraps(result)
    def wrapped(self, *args, **kwargs):
        if _tracing.step:
            return Later(functools.partial(result, self, *args, **kwargs), self)
        return results.shown(result(self, *args, **kwargs))

    wrapped._deferred = True
    return wrapped


@contextlib.contextmanager
def results_later():
    """Inside, in this thread, results of metrics are not taken but noted; see `deferred`."""
    before = _tracing.step
    _tracing.step = True
    try:
        yield
    finally:
        _tracing.step = before
