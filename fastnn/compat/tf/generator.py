"""tf.random.Generator: streams of random numbers as objects."""

import numpy as np

from fastnn import random
from fastnn.compat.tensorflow import Tensor
from fastnn.compat.tf import names as tf_names
from fastnn.compat.tf.values import ints
from fastnn.core import config, dtypes
from fastnn.core.errors import ArgumentError
from fastnn.graph.seeds import SeedGenerator


class Generator:
    """A stream of random numbers, which each use moves on; other numbers than TensorFlow's of the same seed.

    Args:
        copy_from: a Generator, whose place in its stream this one begins at.
        state: what `state` of a Generator was.
        alg: the name of an algorithm, of no effect.

    >>> a, b = Generator.from_seed(3), Generator.from_seed(3)
    >>> bool((a.uniform((2,)) == b.uniform((2,))).all()), bool((a.uniform((2,)) == a.uniform((2,))).any())
    (True, False)
    """

    algorithm = 1

    def __init__(self, copy_from=None, state=None, alg=None):
        if (copy_from is None) == (state is None):
            raise ArgumentError(
                "tf.random.Generator: expected one of `copy_from` and `state`; or call from_seed(seed)."
            )
        self.reset(copy_from.state if state is None else state)

    @classmethod
    def from_seed(cls, seed, alg=None):
        """The stream of a seed.

        Args:
            seed: an int.
            alg: of no effect.
        """
        return cls(state=[seed, 0])

    @classmethod
    def from_non_deterministic_state(cls, alg=None):
        """A stream of its own, which the process-wide seed sets.

        Args:
            alg: of no effect.
        """
        return cls.from_seed((config.seed() + 1_000_003 * config.next_stream()) % 2**31)

    @classmethod
    def from_state(cls, state, alg=None):
        """The stream, and the place in it, that `state` of a Generator was.

        Args:
            state: that value.
            alg: of no effect.
        """
        return cls(state=state)

    @classmethod
    def from_key_counter(cls, key, counter, alg=None):
        """The stream of a key, from a place on.

        Args:
            key: an int.
            counter: an int, or ints of which the first counts.
            alg: of no effect.
        """
        return cls(state=[key, np.ravel(counter)[0]])

    @property
    def state(self):
        """[seed, number of uses]."""
        return np.array([self._seeds.key[0], self._seeds.calls], np.int64).view(Tensor)

    @property
    def key(self):
        """The seed."""
        return self.state[0]

    def reset(self, state):
        """Go to a place.

        Args:
            state: what `state` was.
        """
        seed, calls = (int(v) for v in np.ravel(state)[:2])
        self._seeds = SeedGenerator(seed % 2**31)
        self._seeds.calls = calls

    def reset_from_seed(self, seed):
        """Go to the beginning of the stream of a seed.

        Args:
            seed: an int.
        """
        self.reset([seed, 0])

    def reset_from_key_counter(self, key, counter):
        """Go to a place in the stream of a key.

        Args:
            key: an int.
            counter: an int, or ints of which the first counts.
        """
        self.reset([key, np.ravel(counter)[0]])

    def skip(self, delta):
        """Go on by uses.

        Args:
            delta: how many, an int.
        """
        self._seeds.calls += int(delta)

    def make_seeds(self, count=1):
        """Seeds for the stateless functions.

        Args:
            count: how many, an int.

        Returns ints (2, count).
        """
        return self.uniform((2, int(count)), 0, 2**31 - 1, "int64")

    def split(self, count=1):
        """Streams of their own.

        Args:
            count: how many, an int.
        """
        return [type(self).from_seed(int(seed)) for seed in self.make_seeds(count)[0]]

    def uniform(self, shape, minval=0, maxval=None, dtype="float32", name=None):
        """Numbers in [minval, maxval), all as likely.

        Args:
            shape: ints.
            minval, maxval: the bounds; maxval is 1 for floats if None.
            dtype: of the result.
            name: of no effect.
        """
        return tf_names.find("random.uniform")(shape, minval, maxval, dtype, seed=self._seeds)

    def normal(self, shape, mean=0.0, stddev=1.0, dtype="float32", name=None):
        """Normal numbers.

        Args:
            shape: ints.
            mean, stddev: of the distribution.
            dtype: a float dtype.
            name: of no effect.
        """
        return tf_names.find("random.normal")(shape, mean, stddev, dtype, seed=self._seeds)

    def truncated_normal(self, shape, mean=0.0, stddev=1.0, dtype="float32", name=None):
        """Normal numbers no further than two deviations from the mean.

        Args:
            shape: ints.
            mean, stddev: of the distribution.
            dtype: a float dtype.
            name: of no effect.
        """
        return tf_names.find("random.truncated_normal")(shape, mean, stddev, dtype, seed=self._seeds)

    def uniform_full_int(self, shape, dtype="uint64", name=None):
        """Integers, all of a dtype as likely.

        Args:
            shape: ints.
            dtype: an integer dtype.
            name: of no effect.
        """
        kind = np.dtype(dtypes.numpy_type(dtypes.standardize(dtype)))
        raw = np.asarray(random.randint((*ints(shape), kind.itemsize), 0, 256, "int32", self._seeds)).astype(np.uint8)
        return raw.view(kind)[..., 0].view(Tensor)

    def binomial(self, shape, counts, probs, dtype="int32", name=None):
        """How many of `counts` trials succeed.

        Args:
            shape: ints.
            counts: of trials.
            probs: of each.
            dtype: of the result.
            name: of no effect.
        """
        drawn = random.binomial(ints(shape), counts, probs, seed=self._seeds)
        return np.asarray(drawn).astype(dtypes.numpy_type(dtypes.standardize(dtype))).view(Tensor)


_shared: list[Generator] = []


def get_global_generator():
    """The Generator that all share."""
    if not _shared:
        _shared.append(Generator.from_non_deterministic_state())
    return _shared[0]


def set_global_generator(generator):
    """Share another Generator.

    Args:
        generator: a Generator.
    """
    _shared[:] = [generator]
