"""Hyperparameters of runs, written for TensorBoard as a table of text beside a run's scalars."""

import random

from fastnn.callbacks import Callback
from fastnn.compat.tf import summary
from fastnn.core.errors import ArgumentError


class Domain:
    """Values that a hyperparameter may take."""

    dtype: type | None = None

    def sample_uniform(self, rng=random):
        """One of the values.

        Args:
            rng: a random.Random.
        """
        raise NotImplementedError

    def __str__(self):
        return repr(self)


class _Interval(Domain):
    def __init__(self, min_value=None, max_value=None):
        for value in (min_value, max_value):
            if not isinstance(value, self.dtype):
                raise TypeError(f"{type(self).__name__}: received {value!r}, expected a {self.dtype.__name__}.")
        if min_value > max_value:
            raise ArgumentError(f"{min_value!r} > {max_value!r}")
        self.min_value, self.max_value = min_value, max_value

    def __repr__(self):
        return f"{type(self).__name__}({self.min_value!r}, {self.max_value!r})"

    def __str__(self):
        return f"[{self.min_value}, {self.max_value}]"


class RealInterval(_Interval):
    """Floats between two.

    Args:
        min_value, max_value: floats.

    >>> RealInterval(0.1, 0.2).max_value
    0.2
    """

    dtype = float

    def sample_uniform(self, rng=random):
        """One of the values.

        Args:
            rng: a random.Random.
        """
        return rng.uniform(self.min_value, self.max_value)


class IntInterval(_Interval):
    """Integers between two, which are among them.

    Args:
        min_value, max_value: ints.

    >>> IntInterval(1, 8)
    IntInterval(1, 8)
    """

    dtype = int

    def sample_uniform(self, rng=random):
        """One of the values.

        Args:
            rng: a random.Random.
        """
        return rng.randint(self.min_value, self.max_value)


class Discrete(Domain):
    """Some values.

    Args:
        values: of one type, in any order.
        dtype: int, float, bool or str; None: that of the values.

    >>> Discrete([32, 16]).values
    [16, 32]
    """

    def __init__(self, values, dtype=None):
        values = list(values)
        if dtype is None and not values:
            raise ArgumentError("Empty domain with no dtype specified")
        self.dtype = dtype or type(values[0])
        if self.dtype not in (int, float, bool, str):
            raise ArgumentError(f"Unknown dtype: {self.dtype!r}")
        for value in values:
            if not isinstance(value, self.dtype):
                raise TypeError(f"dtype mismatch: not isinstance({value!r}, {self.dtype.__name__})")
        self.values = sorted(values)

    def sample_uniform(self, rng=random):
        """One of the values.

        Args:
            rng: a random.Random.
        """
        return rng.choice(self.values)

    def __repr__(self):
        return f"Discrete({self.values!r})"

    def __str__(self):
        return "{" + ", ".join(map(repr, self.values)) + "}"


class HParam:
    """A hyperparameter: a key of the dict that a run is made by.

    Args:
        name: str.
        domain: a Domain, or None.
        display_name, description: texts, or None.

    >>> HParam("units", Discrete([16, 32])).name
    'units'
    """

    def __init__(self, name, domain=None, display_name=None, description=None):
        if not isinstance(domain, (Domain, type(None))):
            raise ArgumentError(f"not a domain: {domain!r}")
        self.name, self.domain, self.display_name, self.description = name, domain, display_name, description

    def __str__(self):
        return f"<HParam {self.name!r}: {self.domain}>"

    __repr__ = __str__


class Metric:
    """A scalar of a run.

    Args:
        tag: its name among the scalars.
        group, display_name, description: texts, or None.
        dataset_type: Metric.TRAINING or VALIDATION, or None.

    >>> Metric("accuracy").tag
    'accuracy'
    """

    TRAINING, VALIDATION = "training", "validation"

    def __init__(self, tag, group=None, display_name=None, description=None, dataset_type=None):
        self.tag, self.group, self.display_name = tag, group, display_name
        self.description, self.dataset_type = description, dataset_type


def _table(rows):
    return "\n".join(["| name | value |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in rows)])


def _named(hparams):
    found = {}
    for key, value in hparams.items():
        name = key.name if isinstance(key, HParam) else key
        if name in found:
            raise ArgumentError(f"multiple values specified for hparam {name!r}")
        found[name] = value
    return found


def hparams(hparams, trial_id=None, start_time_secs=None):
    """Write the hyperparameters of a run with the writer that is the default; whether they were written.

    Args:
        hparams: {HParam or name: value}.
        trial_id, start_time_secs: of no effect.
    """
    return summary.text("hparams", _table(_named(hparams).items()), step=0)


def hparams_config(hparams, metrics, time_created_secs=None):
    """Write which hyperparameters and metrics runs have; whether they were written.

    Args:
        hparams: a list of HParam.
        metrics: a list of Metric.
        time_created_secs: of no effect.
    """
    rows = [*((h.name, h.domain) for h in hparams), *((m.tag, m.display_name or m.tag) for m in metrics)]
    return summary.text("hparams_config", _table(rows), step=0)


class KerasCallback(Callback):
    """Writes the hyperparameters when training begins.

    Args:
        writer: a folder, or a writer of tf.summary; None: nothing is written.
        hparams: {HParam or name: value}.
        trial_id: of no effect.
    """

    def __init__(self, writer, hparams, trial_id=None):
        super().__init__()
        self._hparams = _named(hparams)
        self._writer = writer if writer is None or hasattr(writer, "as_default") else summary.create_file_writer(writer)

    def on_train_begin(self, logs=None):
        """Write the hyperparameters.

        Args:
            logs: of no effect.
        """
        if self._writer is not None:
            with self._writer.as_default():
                hparams(self._hparams)
