"""What a layer owns: variables, sub-layers and metrics found among its attributes, also inside lists and dicts."""

import functools
import threading
from typing import Any

from fastnn.core import changes, hooks, nesting
from fastnn.core.errors import ArgumentError
from fastnn.core.tree import reached
from fastnn.graph import Variable
from fastnn.layers import context

_version = _own_version = 0


def structure_version():
    """A number that changes whenever an attribute of a built layer, or the graph of a model, is changed."""
    return _version


hooks.register("structure_version", structure_version)


def own_structure_version():
    """structure_version(), but for attributes of users' layers, whose Python runs at every call that gathers."""
    return _own_version


hooks.register("own_structure_version", own_structure_version)


def structure_changed(own=True):
    """Plans of models made before this moment may no longer hold.  own: whether a class of fastnn's has changed."""
    global _version, _own_version
    _version += 1
    _own_version += own
    changes.note()


class _Untracked(threading.local):
    """How many blocks of DotNotTrackScope this thread is in."""

    blocks = 0


_untracked = _Untracked()


class DotNotTrackScope:
    """A block in which what layers are given as attributes stays as it is, and is not theirs.

    >>> from fastnn import layers
    >>> layer = layers.Layer()
    >>> with DotNotTrackScope():
    ...     layer.inner = layers.Dense(2)
    >>> layer._tracker.layers
    []
    """

    def __enter__(self):
        _untracked.blocks += 1
        return self

    def __exit__(self, *exc):
        _untracked.blocks -= 1


def no_automatic_dependency_tracking(fn):
    """A function that runs in a DotNotTrackScope.

    Args:
        fn: a function, as a decorator has it.
    """

    @functools.wraps(fn)
    def call(*args, **kwargs):
        with DotNotTrackScope():
            return fn(*args, **kwargs)

    return call


class Owned(list):
    """A list of what a layer has of its own; `Owned.changes` counts changes of all such lists."""

    changes = 0

    def append(self, value):
        Owned.changes += 1
        super().append(value)

    def insert(self, index, value):
        Owned.changes += 1
        super().insert(index, value)

    def pop(self, index=-1):
        Owned.changes += 1
        return super().pop(index)

    def __setitem__(self, index, value):
        Owned.changes += 1
        super().__setitem__(index, value)

    def __delitem__(self, index):
        Owned.changes += 1
        super().__delitem__(index)


class Tracker:
    """The variables, layers and metrics of one layer in the order they were set; knows nothing of the layer itself.

    >>> tracker = Tracker()
    >>> tracker.lock("Nothing comes in.")
    >>> tracker.enter(Variable(1.0))
    Traceback (most recent call last):
    fastnn.core.errors.ArgumentError: Nothing comes in.
    >>> tracker.unlock()
    >>> tracker.enter(Variable(1.0, name="late")).name
    'late'
    """

    words = None  # said by what is locked

    def __init__(self):
        self.trainable, self.frozen, self.layers, self.metrics = Owned(), Owned(), Owned(), Owned()
        self.levels = 0  # of layers inside layers
        self.building = False  # whether the layer's `build` runs
        self.locked: bool | None = None  # as somebody has said; None: in the layer's `call`

    def lock(self, msg=None):
        """Take nothing new from now on.

        msg: str, said where something comes; None: the usual words.
        """
        self.locked, self.words = True, msg

    def unlock(self):
        """Take what comes, also in the layer's `call`."""
        self.locked = False

    def hold(self, layer):
        """Enter a layer; ArgumentError where it would make the nesting too deep to be walked."""
        levels = layer._tracker.levels + 1
        if levels > nesting.MOST:
            raise ArgumentError(
                f"Layer {layer.name!r} holds {levels - 1} levels of layers, expected {nesting.MOST} at most."
            )
        if levels > self.levels:
            self.levels = levels
            nesting.make_room(nesting.FRAMES * levels)
        self.layers.append(layer)

    @property
    def variables(self):
        """Its own variables: those made trainable first, whatever they are now."""
        return self.trainable + self.frozen

    def home(self, value):
        """The list that a value belongs to, or None."""
        if isinstance(value, Variable):
            known = next((h for h in (self.trainable, self.frozen) if any(v is value for v in h)), None)
            return known if known is not None else self.trainable if value.trainable else self.frozen
        if isinstance(value, type):
            return None  # a class of layers or metrics, to make them of later
        kind = type(value)  # not the value: a test's mock answers to every name
        if getattr(kind, "_fastnn_layer", False):
            return self.layers
        return self.metrics if hasattr(kind, "update_state") and hasattr(kind, "reset_state") else None

    def track(self, value, made=None):
        """Enter `value`; lists and dicts come back as kinds that enter what is put into them later.

        made: {id: what came back} of the structures around, which may hold themselves.
        """
        if _untracked.blocks:
            return value
        if isinstance(value, (TrackedList, TrackedDict)) and value.tracker is self:
            return value
        kind = KINDS.get(type(value))
        if kind is not None:
            made = {} if made is None else made
            return made[id(value)] if id(value) in made else kind(value, self, made)
        if type(value) in (tuple, set, frozenset):
            made = {} if made is None else made
            if id(value) not in made:
                made[id(value)] = value
                for item in value:
                    self.track(item, made)
            return value
        return self.enter(value)

    def enter(self, value):
        """Enter a variable, layer or metric, in every block; anything else comes back as it is."""
        home = self.home(value)
        if home is not None and not any(v is value for v in home):
            closed = context.locked(self) if self.locked is None else self.locked
            if home is not self.metrics and closed:  # add_metric makes one in `call`
                raise ArgumentError(
                    self.words
                    or "You cannot add new elements of state (variables or sub-layers) to a layer that is already "
                    f"built, or in its `call`. Received: {value!r}. Make it in `__init__()` or in `build()`."
                )
            (self.hold if home is self.layers else home.append)(value)
        return value

    def untrack(self, value):
        """Forget a value and what is inside it."""
        for part in reached(value, _items):
            home = self.home(part)
            if home is not None:
                home[:] = [v for v in home if v is not part]

    def replace(self, old, new):
        """Put `new` where `old` stood."""
        home, other = self.home(old), self.home(new)
        if home is None or home is not other or any(v is new for v in home):
            self.untrack(old)
            self.track(new)
        else:
            home[:] = [new if v is old else v for v in home]


def _items(value):
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, (list, tuple, set, frozenset)) else ()


class TrackedList(list):
    """A list attribute of a layer."""

    def __init__(self, values: Any, tracker: Any, made: dict[int, Any]) -> None:
        self.tracker = tracker
        made[id(values)] = self
        super().__init__([tracker.track(v, made) for v in values])

    def append(self, value):
        super().append(self.tracker.track(value))

    def insert(self, index, value):
        super().insert(index, self.tracker.track(value))

    def extend(self, values):
        super().extend([self.tracker.track(v) for v in values])

    def __iadd__(self, values):
        self.extend(values)
        return self

    def __setitem__(self, index, value):
        old = self[index]
        new = [self.tracker.track(v) for v in value] if isinstance(index, slice) else self.tracker.track(value)
        super().__setitem__(index, new)
        self._forget(old)

    def __delitem__(self, index):
        old = self[index]
        super().__delitem__(index)
        self._forget(old)

    def pop(self, index=-1):
        value = super().pop(index)
        self._forget(value)
        return value

    def remove(self, value):
        super().remove(value)
        self._forget(value)

    def clear(self):
        old = list(self)
        super().clear()
        self._forget(old)

    def _forget(self, old):
        for value in old if isinstance(old, list) else [old]:
            if not any(v is value for v in self):
                self.tracker.untrack(value)

    def __reduce__(self):
        return list, (), None, iter(self)


class TrackedDict(dict):
    """A dict attribute of a layer."""

    def __init__(self, values: Any, tracker: Any, made: dict[int, Any]) -> None:
        self.tracker = tracker
        made[id(values)] = self
        super().__init__({key: tracker.track(v, made) for key, v in values.items()})

    def __setitem__(self, key, value):
        old = self.get(key)
        super().__setitem__(key, self.tracker.track(value))
        if old is not value:
            self._forget(old)

    def __delitem__(self, key):
        old = self[key]
        super().__delitem__(key)
        self._forget(old)

    def update(self, *args, **kwargs):
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def setdefault(self, key, default=None):
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, key, *default):
        value = super().pop(key, *default)
        self._forget(value)
        return value

    def _forget(self, old):
        if not any(v is old for v in self.values()):
            self.tracker.untrack(old)

    def __reduce__(self):
        return dict, (), None, None, iter(self.items())


KINDS = {list: TrackedList, TrackedList: TrackedList, dict: TrackedDict, TrackedDict: TrackedDict}
