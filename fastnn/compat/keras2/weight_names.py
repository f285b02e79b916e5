"""Names of variables before Keras 3, `dense/kernel:0`, with the layers around: scripts tell weights apart by them."""

import functools

from fastnn.graph.variable import Variable
from fastnn.layers import context

_always = []  # for each call in progress of a method that only those years had


class NameOfYears(str):
    """A whole name that is equal to the last word of it, too, which is today's.

    >>> name = NameOfYears("dense/kernel:0")
    >>> name == "kernel", name == "dense/kernel:0", name.startswith("dense"), name != "bias"
    (True, True, True, True)
    """

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other):
        whole = str(self)
        return isinstance(other, str) and str(other) in (whole, whole.removesuffix(":0").rpartition("/")[2])

    def __ne__(self, other):
        return not self == other


def _name(self):
    """Its name; in scripts of years before Keras 3 with those of the layers around it."""
    own = self.__dict__["name"]
    if not (_always or context.as_before_keras_3()) or not isinstance(own, str):
        return own
    path = (self.__dict__.get("path") or own).removesuffix(":0")
    if path.rpartition("/")[2] != own.removesuffix(":0"):  # one that was named otherwise since
        return own
    whole = path[self.__dict__.get("_in_stack", 0) :]
    return NameOfYears(f"{whole}:0")


NAME = property(_name, lambda self, name: self.__dict__.__setitem__("name", name), doc=_name.__doc__)


def with_whole_names(function):
    """A function (a method that only years before Keras 3 had), in which variables have the names of those years."""

    @functools.wraps(function)
    def call(*args, **kwargs):
        _always.append(True)
        try:
            return function(*args, **kwargs)
        finally:
            _always.pop()

    return call


def stacked(build_today):
    """Sequential.build, whose name did not stand in those of the weights that it made."""

    @functools.wraps(build_today)
    def build(self, *args, **kwargs):
        made = build_today(self, *args, **kwargs)
        for weight in self.weights:
            place = f"/{weight.path}".rfind(f"/{self.name}/")
            if place >= 0 and isinstance(weight, Variable):
                weight.__dict__.setdefault("_in_stack", place + len(self.name) + 1)
        return made

    return build
