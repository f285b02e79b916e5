"""The metrics that `compile` was given, for all outputs of a model, under the names that Keras's logs use.

Names: one output: the metric's name ("accuracy").  Several: "<output>_<metric>" ("out_a_accuracy").  A name that
comes twice among `metrics` gets "_1", "_2"; one of `weighted_metrics` that is also among `metrics` gets "weighted_"
in front of its own name.
"""

from typing import NamedTuple

from fastnn.core.errors import ArgumentError
from fastnn.losses.targets import as_list, check_keys, is_nested, key_in, leaves, outputs_of, per_output, resolve
from fastnn.metrics import identifiers
from fastnn.metrics.deferred import deferred
from fastnn.metrics.metric import Metric


class Entry(NamedTuple):
    """One metric of one output."""

    index: int
    metric: Metric
    output: str | None
    weighted: bool


class CompileMetrics:
    """`metrics` and `weighted_metrics` of `compile`, resolved against the outputs of a model.

    metrics, weighted_metrics: None; a list of names, functions or Metrics (one output); a list with one entry
    (name, list or None) per output; a dict by output name.  output_names: the model's, in output order.

    Raises ArgumentError (types, lengths), UnknownNameError (names, keys).

    >>> import numpy as np
    >>> m = CompileMetrics(["mae"], None)
    >>> m.update_state(np.zeros((2, 1)), np.ones((2, 1)))
    >>> {k: float(v) for k, v in m.result().items()}
    {'mae': 1.0}
    """

    name = "compile_metrics"

    def __init__(self, metrics=None, weighted_metrics=None, output_names=None, structure=None):
        for what, given in (("metrics", metrics), ("weighted_metrics", weighted_metrics)):
            if given and not is_nested(given):
                raise ArgumentError(
                    f"Expected `{what}` argument to be a list, tuple, or dict. Received instead: "
                    f"{what}={given!r} of type {type(given).__name__}."
                )
            for identifier in leaves(given or []):
                known = identifier is None or isinstance(identifier, Metric) or identifiers.by_shape(identifier)
                if not known:
                    identifiers.get(identifier)  # so that compile() reports a wrong name, not fit()
        self._given = {"metrics": metrics or None, "weighted_metrics": weighted_metrics or None}
        self.output_names = list(output_names) if output_names else None
        self.entries, self.built = [], False
        if structure is not None:
            self.outputs = outputs_of(structure, self.output_names)
            for what in self._given:
                self._per_output(what)

    @property
    def metrics(self):
        """The Metric objects, in the order of the logs; empty until built."""
        return [e.metric for e in self.entries]

    @property
    def variables(self):
        """The variables of all metrics."""
        return [v for m in self.metrics for v in m.variables]

    def build(self, y_true, y_pred):
        """Resolve names against the shapes of y_true and y_pred (structures of anything with a shape)."""
        self.outputs = outputs_of(y_pred, self.output_names)
        self.entries = []
        found = {what: self._per_output(what) for what in self._given}
        without = [i for i in range(len(self.outputs)) if not any(lists[i] for lists in found.values())]
        targets = per_output(y_true, self.outputs, "y", optional=without)
        many = len(self.outputs) > 1
        for what, lists in found.items():
            for i, (output, wanted_here) in enumerate(zip(self.outputs, lists)):
                for identifier in wanted_here:
                    if targets[i] is None:
                        raise ArgumentError(f"Output {output.name or i!r} has metrics but no target: pass y for it.")
                    metric = identifiers.resolve(identifier, targets[i], resolve(y_pred, output.path))
                    self.entries.append(
                        Entry(
                            i,
                            metric,
                            str(output.name) if many and output.name is not None else None,
                            what == "weighted_metrics",
                        )
                    )
        self.built = True

    def _per_output(self, what):
        """For each output the list of what the user wants measured there."""
        given, n = self._given[what], len(self.outputs)
        if given is None:
            return [[] for _ in range(n)]
        if isinstance(given, dict):
            check_keys(given, self.outputs, what)
            out = []
            for o in self.outputs:
                key = key_in(given, o)
                value = given.get(key)
                nested = isinstance(value, dict) and len(o.path) > 1
                out.append(as_list(resolve(value, o.path[1:]) if nested else value))
            return out
        if n == 1:
            return [as_list(given)]
        if len(given) == n:
            return [as_list(entry) for entry in given]
        names = [o.name for o in self.outputs]
        raise ArgumentError(
            f"Invalid `{what}`. `{what}` should be a dict by output name or a list with one entry (a "
            f"metric, a list of metrics, or None) for each of the {n} outputs {names}. Received: "
            f"{what}={given!r}, which has {len(given)} entries."
        )

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take a batch into account (recorded on the tape inside a trace).

        y_true, y_pred: structures as the model gives them; sample_weight: None, (n,), or a structure; only
        weighted_metrics see it.
        """
        if not self.built:
            self.build(y_true, y_pred)
        n = len(self.outputs)
        used = {e.index for e in self.entries}
        targets = per_output(y_true, self.outputs, "y", optional=[i for i in range(n) if i not in used])
        weights = [sample_weight] * n
        if is_nested(sample_weight):
            weights = per_output(sample_weight, self.outputs, "sample_weight", optional=range(n))
        for e in self.entries:
            prediction = resolve(y_pred, self.outputs[e.index].path)
            if e.weighted:
                e.metric.update_state(targets[e.index], prediction, sample_weight=weights[e.index])
            else:
                e.metric.update_state(targets[e.index], prediction)

    def reset_state(self):
        """Set every metric back."""
        for m in self.metrics:
            m.reset_state()

    def log_names(self):
        """The name of each entry in the logs, in order."""
        out, counts = [], {}
        for e in self.entries:
            prefix = f"{e.output}_" if e.output else ""
            name = prefix + e.metric.name
            if name in counts:
                if e.weighted:
                    name = f"{prefix}weighted_{e.metric.name}"
                if name in counts:
                    counts[name] += 1
                    name = f"{name}_{counts[name] - 1}"
                else:
                    counts[name] = 1
            else:
                counts[name] = 1
            out.append(name)
        return out

    @deferred
    def result(self):
        """{log name: value so far}; a metric whose result is a dict adds its own keys."""
        out = {}
        for name, e in zip(self.log_names(), self.entries):
            value = e.metric.result()
            out.update(value if isinstance(value, dict) else {name: value})
        return out
