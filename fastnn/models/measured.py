"""What a model measures: its metrics, and their results as logs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fastnn.core.settable import settable
from fastnn.core.types import Logs
from fastnn.graph import Symbol
from fastnn.layers.tracking import structure_version
from fastnn.metrics.compile_metrics import CompileMetrics
from fastnn.metrics.deferred import Later


class Measured:
    """The part of a model that has metrics."""

    _trainer: Callable[[], Any]

    @settable
    def _loss_tracker(self):
        return self._trainer().loss_tracker

    @settable
    def _compile_loss(self):
        return self._trainer().compile_loss

    @settable
    def _compile_metrics(self):
        return self._trainer().compile_metrics

    @property
    def metrics(self) -> list[Any]:
        """The loss tracker and every metric, in the order in which their results are logged."""
        own = self._trainer()
        stamp = structure_version(), own.compile_loss is not None and own.compile_loss.built
        if own.metric_list is None or own.metric_list[0] != stamp:
            own.metric_list = stamp, self._collect_metrics(own)
        return list(own.metric_list[1])

    def _collect_metrics(self, own):
        out = [own.loss_tracker] if own.loss_tracker is not None else []
        if own.compile_metrics is not None:
            out.append(own.compile_metrics)
        if own.compile_loss is not None:
            out += own.compile_loss.metrics
        for layer in self._flatten_layers() if hasattr(self, "_flatten_layers") else ():
            out += [m for m in layer._tracker.metrics if m not in out]
        return out

    @property
    def metrics_names(self) -> list[str]:
        """Names of `metrics`."""
        return [m.name for m in self.metrics]

    def reset_metrics(self) -> None:
        """Set every metric back to its start."""
        for m in self.metrics:
            m.reset_state()

    def get_metrics_result(self) -> Logs:
        """{name: float} of every metric."""
        out = {}
        for m in self.metrics:
            result = m.result()
            if isinstance(result, dict):
                out.update(result)
            else:
                out[m.name] = result
        return {k: _number(v) for k, v in out.items()}

    def _logs(self):
        own = self._trainer()
        found = own.ran and own.ran.logs()
        if found is None and type(self).get_metrics_result is Measured.get_metrics_result:
            results = self.get_metrics_result()
        else:
            results = {k: _number(v) for k, v in (self.get_metrics_result() if found is None else found).items()}
        return dict(sorted(results.items())) if len(results) > 1 else results

    def _in_order(self, logs):
        """Results as evaluate and train_on_batch return them: loss first; a single one without a list."""
        names = []
        for m in self.metrics:
            names += [s.name for s in m.metrics] if isinstance(m, CompileMetrics) else [m.name]
        out = [logs[n] for n in names if n in logs] + [v for k, v in logs.items() if k not in names]
        return out[0] if len(out) == 1 else out


def _number(value):
    if isinstance(value, (float, Symbol, Later)):  # NumPy's float64 is a float
        return value if type(value) is not np.float64 else float(value)
    array = np.asarray(value)
    return float(array) if array.ndim == 0 else array
