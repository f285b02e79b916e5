"""SeedGenerator: a stream of random numbers, and the key of a draw for any `seed` argument."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Self

import numpy as np

from fastnn.core import config, hooks, results, scopes
from fastnn.core.arguments import name_of, whole
from fastnn.core.errors import ArgumentError
from fastnn.core.types import Array, Config
from fastnn.graph.active import current
from fastnn.graph.node import Symbol
from fastnn.graph.tensor import here, stepping
from fastnn.graph.trace import Trace
from fastnn.graph.variable import Variable, auto_name, watchers

__all__ = ["SeedGenerator"]


class SeedState(Variable):
    """[seed, number of uses] of a SeedGenerator as Keras shows it: written to, it sets the generator."""

    def __init__(self, generator: SeedGenerator) -> None:
        name = "seed_generator_state"
        path = "/".join(filter(None, (generator.scope, generator.name, name)))
        super().__init__(np.zeros(2, "uint32"), dtype="uint32", trainable=False, name=name, path=path)
        self.generator = generator

    @property
    def _host(self) -> Array:
        seed, stream = self.generator.key
        return np.array([(seed + stream) % 2**32, self.generator.calls % 2**32], np.uint32)

    @_host.setter
    def _host(self, value: Any) -> None:
        generator = self.__dict__.get("generator")
        if generator is not None:
            seed, calls = (int(v) for v in value)
            if seed != self._array[0]:
                generator.key = seed, 0
            generator.calls = calls

    @property
    def value(self) -> Any:
        """The numbers; inside a trace uses are counted by the trace."""
        return results.shown(self._array)

    def assign(self, value: Any) -> Any:
        """Set the seed and the number of uses."""
        if not isinstance(value, Symbol):
            for watcher in watchers[-1:]:
                watcher.keep(self)
            self._array = np.asarray(value)
        return self


class SeedGenerator:
    """A stream of random numbers: every use takes the next call number.

    Args:
        seed: int, or None for a stream of its own under the process-wide seed.
        name: str or None.
        kwargs: none is known.

    Raises:
        ArgumentError: if the seed is not an int.

    >>> from fastnn.random import normal
    >>> generator = SeedGenerator(7)
    >>> bool((normal((2,), seed=generator) == normal((2,), seed=generator)).any())
    False
    """

    _fastnn_random_stream = True

    def __init__(self, seed: Any = None, name: str | None = None, **kwargs: Any) -> None:
        if kwargs:
            raise ArgumentError(f"Unrecognized keyword arguments: {kwargs}")
        if seed is not None and whole(seed) is None:
            raise ArgumentError(f"Argument `seed` must be an integer. Received: seed={seed!r}")
        self.name, self.scope = name_of(name) or auto_name("seed_generator"), scopes.path()
        self._initial_seed = seed
        self.key: tuple[int, int] = (config.seed(), config.next_stream()) if seed is None else (int(seed), 0)
        self.calls = 0
        self._state: SeedState | None = None

    @property
    def state(self) -> SeedState:
        """[seed, number of uses], a variable that layers count among theirs."""
        if self._state is None:
            self._state = SeedState(self)
        return self._state

    def draw(self) -> tuple[int, int, int]:
        """(seed, stream, call) of the next use: counted within the active trace or step, or over this object's life."""
        trace = current()
        if trace is None:
            return self._next() if stepping() else self.draw_of_life()
        replay = trace.replay()
        if replay is not None:
            key: tuple[int, int, int] = replay.draw_key(self._next)
            return key
        return (*self.key, _count(trace, ("random", id(self))))

    def draw_of_life(self) -> tuple[int, int, int]:
        """(seed, stream, call) of the next use, counted over this object's life whatever is traced."""
        self.calls += 1
        return (*self.key, self.calls - 1)

    def _next(self) -> tuple[int, int, int]:
        """The key of the next use by a call that gathers: counted within a step, else as on arrays."""
        counts = here.log.counts
        if counts is None:
            return self.draw_of_life()
        return (*self.key, _count_in(counts, ("random", id(self))))

    def next(self, ordered: bool = True) -> Array:
        """[seed, call number] as Keras' seed state (int64 array of 2); takes one call.

        Inside a layer's call or a step they are two numbers that are drawn anew at every step.

        Args:
            ordered: Keras's argument, of no effect.
        """
        if current() is not None or stepping():
            drawn: Array = hooks.call("drawn_seed", self)
            return drawn
        seed, stream, call = self.draw()
        found: Array = results.shown(np.array([(seed + stream) % 2**31, call], np.int64))
        return found

    def get_config(self) -> Config:
        """{"seed", "name"}."""
        return {"seed": self._initial_seed, "name": self.name}

    @classmethod
    def from_config(cls, config: Config) -> Self:
        """The inverse of get_config.

        Args:
            config: that dict.
        """
        return cls(**config)


def _count(trace: Trace, key: Hashable) -> int:
    return _count_in(trace.extra, key)


def _count_in(counts: dict[Any, Any], key: Hashable) -> int:
    n: int = counts.get(key, 0)
    counts[key] = n + 1
    return n


def _next_of_process() -> tuple[int, int, int]:
    """The key of a draw without a generator, by a call that gathers."""
    counts = here.log.counts
    if counts is None:
        return config.seed(), config.next_stream(), 0
    return counts.get("seed", config.seed()), 0, _count_in(counts, "random")


def draw_seed(seed: Any) -> tuple[tuple[int, int, int], bool]:
    """((seed, stream, call), whether the numbers may change from step to step) for any `seed` argument."""
    if isinstance(seed, SeedGenerator):
        return seed.draw(), True
    if seed is None:
        trace = current()
        replay = None if trace is None else trace.replay()
        if replay is not None:
            return replay.draw_key(_next_of_process), True
        if trace is not None:
            seed = config.seed() if trace.seed is None else trace.seed
            return (seed, 0, _count(trace, "random")), True
        if stepping():
            return _next_of_process(), True
        return (config.seed(), config.next_stream(), 0), True
    if isinstance(seed, bool) or not hasattr(seed, "__index__"):
        raise ArgumentError(
            "Argument `seed` must be either an integer or an instance of `SeedGenerator`. "
            f"Received: seed={seed!r} (of type {type(seed)})"
        )
    return (int(seed), 0, 0), False
