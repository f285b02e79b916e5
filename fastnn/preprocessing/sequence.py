"""Sequences: padding, windows of a time series, pairs of words."""

import json

import numpy as np

from fastnn.core import config
from fastnn.core.errors import ArgumentError, DataError
from fastnn.core.random import permutation, uniform
from fastnn.utils.arrays import pad_sequences
from fastnn.utils.batches import PyDataset

__all__ = ["TimeseriesGenerator", "make_sampling_table", "pad_sequences", "skipgrams",
           "timeseries_generator_from_json"]  # fmt: skip


class TimeseriesGenerator(PyDataset):
    """Batches of windows of a series and the target that follows each (Keras 2's class).

    Args:
        data: (steps, ...) array.
        targets: (steps, ...) array; window [i - length, i) has target i.
        length: steps covered by a window.
        sampling_rate: distance of the steps inside a window.
        stride: distance of two windows.
        start_index, end_index: the part of `data` that is used.
        shuffle: whether windows are drawn at random.
        reverse: whether each window runs backwards.
        batch_size: windows in a batch.

    Raises DataError where nothing is left of the series.

    >>> windows = TimeseriesGenerator(np.arange(10), np.arange(10), length=3, batch_size=4)
    >>> len(windows), windows[0][0][0].tolist(), int(windows[0][1][0])
    (2, [0, 1, 2], 3)
    """

    def __init__(
        self,
        data,
        targets,
        length,
        sampling_rate=1,
        stride=1,
        start_index=0,
        end_index=None,
        shuffle=False,
        reverse=False,
        batch_size=128,
    ):
        super().__init__()
        if len(data) != len(targets):
            raise DataError(
                f"TimeseriesGenerator: received {len(data)} steps of data and {len(targets)} of targets, "
                "expected as many of each."
            )
        self.data, self.targets = np.asarray(data), np.asarray(targets)
        self.length, self.sampling_rate, self.stride = length, sampling_rate, stride
        self.start_index, self.end_index = start_index + length, len(data) - 1 if end_index is None else end_index
        self.shuffle, self.reverse, self.batch_size = shuffle, reverse, batch_size
        if self.start_index > self.end_index:
            raise DataError(
                f"`start_index+length={self.start_index} > end_index={self.end_index}` is disallowed, as "
                "no part of the sequence would be left to be used as current step."
            )
        self._stream = config.next_stream() if shuffle else 0

    def __len__(self):
        return -(-(self.end_index - self.start_index + 1) // (self.batch_size * self.stride))

    def __getitem__(self, index):
        if self.shuffle:
            n = self.end_index - self.start_index + 1
            rows = permutation((config.seed(), self._stream, index), n)[: self.batch_size] + self.start_index
        else:
            first = self.start_index + self.batch_size * self.stride * index
            rows = np.arange(first, min(first + self.batch_size * self.stride, self.end_index + 1), self.stride)
        windows = np.array([self.data[row - self.length : row : self.sampling_rate] for row in rows])
        return (windows[:, ::-1, ...] if self.reverse else windows), np.array([self.targets[row] for row in rows])

    def get_config(self):
        """Its arguments, with data and targets as JSON."""
        names = ("length", "sampling_rate", "stride", "start_index", "end_index", "shuffle", "reverse", "batch_size")
        data = {n: json.dumps(getattr(self, n).tolist()) for n in ("data", "targets")}
        own = {n: getattr(self, n) for n in names}
        return {**data, **own, "start_index": self.start_index - self.length}

    def to_json(self, **kwargs):
        """Its class and arguments as JSON text.

        Args:
            kwargs: those of json.dumps.
        """
        return json.dumps({"class_name": type(self).__name__, "config": self.get_config()}, **kwargs)


def timeseries_generator_from_json(json_string):
    """The TimeseriesGenerator that to_json described.

    Args:
        json_string: what to_json returned.

    >>> windows = TimeseriesGenerator(np.arange(10), np.arange(10), length=3)
    >>> len(timeseries_generator_from_json(windows.to_json())[0][0])
    7
    """
    config = json.loads(json_string)["config"]
    config.update({n: json.loads(config[n]) for n in ("data", "targets")})
    return TimeseriesGenerator(**config)


def make_sampling_table(size, sampling_factor=1e-5):
    """The probability of keeping each of `size` words, by rank, under Zipf's law (for skipgrams).

    Args:
        size: how many words.
        sampling_factor: of word2vec: the smaller, the fewer of the frequent words are kept.

    >>> make_sampling_table(3).shape
    (3,)
    """
    rank = np.arange(size)
    rank[:1] = 1
    share = sampling_factor * (rank * (np.log(rank) + 0.577) + 0.5 - 1.0 / (12.0 * rank))
    return np.minimum(1.0, np.sqrt(share))


def skipgrams(
    sequence,
    vocabulary_size,
    window_size=4,
    negative_samples=1.0,
    shuffle=True,
    categorical=False,
    sampling_table=None,
    seed=None,
):
    """(pairs of words, labels): words within a window of each other (1), and words drawn at random (0).

    Args:
        sequence: list of word numbers; 0 is no word.
        vocabulary_size: the largest number + 1.
        window_size: how far apart two words of a pair may be.
        negative_samples: random pairs for each real one.
        shuffle: whether pairs are mixed.
        categorical: labels as [0, 1] and [1, 0].
        sampling_table: the chance of keeping each word, from make_sampling_table.
        seed: int.

    >>> pairs, labels = skipgrams([1, 2], 3, negative_samples=0, shuffle=False)
    >>> pairs, labels
    ([[1, 2], [2, 1]], [1, 1])
    """
    if vocabulary_size < 2 and negative_samples > 0:
        raise ArgumentError(f"skipgrams: received vocabulary_size={vocabulary_size}, expected at least 2.")
    key = (config.seed(), config.next_stream() if seed is None else seed)
    kept = uniform((*key, 0), (len(sequence),)) if len(sequence) else ()
    pairs = [
        [word, sequence[j]]
        for i, word in enumerate(sequence)
        if word and (sampling_table is None or sampling_table[word] >= kept[i])
        for j in range(max(0, i - window_size), min(len(sequence), i + window_size + 1))
        if i != j and sequence[j]
    ]
    labels = [[0, 1] if categorical else 1 for _ in pairs]
    count = int(len(pairs) * negative_samples)
    if count:
        firsts = [pairs[int(i)][0] for i in uniform((*key, 1), (count,)) * len(pairs)]
        others = (uniform((*key, 2), (count,)) * (vocabulary_size - 1)).astype(int) + 1
        pairs += [[a, int(b)] for a, b in zip(firsts, others)]
        labels += [[1, 0] if categorical else 0] * count
    if shuffle and pairs:
        order = permutation((*key, 3), len(pairs))
        pairs, labels = [pairs[i] for i in order], [labels[i] for i in order]
    return pairs, labels


def __dir__():
    return __all__
