"""Results of metrics that are means, noted epoch by epoch and calculated for all epochs at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np

from fastnn.core import dtypes, mirrors
from fastnn.metrics.compile_metrics import CompileMetrics
from fastnn.metrics.reduction import Mean


class Means(Mapping[str, float]):
    """The totals and counts of a model's metrics at moments that `note` names by a prefix.

    As a mapping it has the logs of the epoch that was noted last, each calculated when somebody asks for it.

    named: {name of the log: a Mean}.

    >>> mean = Mean()
    >>> means = Means({"loss": mean})
    >>> for value in (1.0, 4.0):
    ...     mean.reset_state()
    ...     mean.update_state(value)
    ...     means.note("")
    ...     means.note("val_")
    >>> means["val_loss"], [*means]
    (4.0, ['loss', 'val_loss'])
    >>> means.results()
    {'loss': [1.0, 4.0], 'val_loss': [1.0, 4.0]}
    """

    def __init__(self, named: dict[str, Mean]) -> None:
        self._named = dict(sorted(named.items()))
        self.variables = [v for mean in self._named.values() for v in (mean.total, mean.count)]
        self._noted: dict[str, list[list[float]]] = {}
        self._fresh: list[str] = []  # prefixes of the epoch that was noted last

    @classmethod
    def of(cls, metrics: list[Any]) -> Self | None:
        """Those of a model's metrics, or None where one is no such mean."""
        named: dict[str, Any] = {}
        for metric in metrics:
            if type(metric) is CompileMetrics:
                named.update(zip(metric.log_names(), (entry.metric for entry in metric.entries), strict=True))
            else:
                named[metric.name] = metric
        known = "result", "to_output", "reset_state"
        own = all(getattr(type(m), name, None) is getattr(Mean, name) for m in named.values() for name in known)
        return cls(named) if own else None

    def note(self, prefix: str) -> None:
        """Remember what the metrics have measured so far; an epoch begins with the prefix ""."""
        self._fresh = [prefix] if not prefix else ["", prefix]
        if mirrors.HELD:
            for v in self.variables:
                mirrors.look(v._host)
        self._noted.setdefault(prefix, []).append([v._host.item() for v in self.variables])

    def __iter__(self) -> Iterator[str]:
        return (prefix + name for prefix in self._fresh for name in self._named)

    def __len__(self) -> int:
        return len(self._fresh) * len(self._named)

    def __getitem__(self, key: str) -> float:
        for prefix in self._fresh:
            name = key.removeprefix(prefix)
            if prefix + name == key and name in self._named:
                k = [*self._named].index(name)
                total, count = self._noted[prefix][-1][2 * k : 2 * k + 2]
                return float(_kind(self._named[name])(total / count if count else 0.0))
        raise KeyError(key)

    def results(self) -> dict[str, list[float]]:
        """{prefix and name: the mean at each moment}, as `result()` would have said it then."""
        out: dict[str, list[float]] = {}
        for prefix, rows in self._noted.items():
            table = np.array(rows, np.float64)
            for k, (name, mean) in enumerate(self._named.items()):
                total, count = table[:, 2 * k], table[:, 2 * k + 1]
                values = np.divide(total, count, out=np.zeros(len(table)), where=count != 0)
                out[prefix + name] = values.astype(_kind(mean)).astype(np.float64).tolist()
        return out


def _kind(mean: Mean) -> Any:
    """The type that a metric gives its results in."""
    return dtypes.numpy_type(mean.dtype) if dtypes.is_float(mean.dtype) else np.float32
