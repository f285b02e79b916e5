"""The metrics that `compile` was given, for all outputs of a model, under the names that Keras's logs use.

Names: one output: the metric's name ("accuracy").  Several: "<output>_<metric>" ("out_a_accuracy").  A name that
comes twice among `metrics` gets "_1", "_2"; one of `weighted_metrics` that is also among `metrics` gets "weighted_"
in front of its own name.
"""

from typing import NamedTuple

from fastnn.core.errors import ArgumentError, UnknownNameError
from fastnn.core.registry import suggest
from fastnn.core.tree import flatten as leaves
from fastnn.core.tree import is_nested
from fastnn.losses.targets import as_list, key_in, known_keys, outputs_of, per_output, resolve
from fastnn.metrics import identifiers
from fastnn.metrics.deferred import deferred
from fastnn.metrics.metric import Metric


def _inside(value, output, outputs, depth):
    """What a structure of metrics says of an output, below the first `depth` steps of its path."""
    for i in range(depth, len(output.path)):
        step = output.path[i]
        if isinstance(value, dict):
            value = value.get(step)
        elif is_nested(value) and len(value) == len({o.path[i] for o in outputs if o.path[:i] == output.path[:i]}):
            value = value[step]
        else:
            break
    return value


class Entry(NamedTuple):
    """One metric of one output."""

    index: int
    metric: Metric
    output: str | None
    weighted: bool


class CompileMetrics:
    """`metrics` and `weighted_metrics` of `compile`, resolved against the outputs of a model.

    Args:
        metrics, weighted_metrics: None; a list of names, functions or Metrics (one output); a list with one entry
            (name, list or None) per output; a dict by output name.
        output_names: the model's, in output order.

    Raises ArgumentError (types, lengths), UnknownNameError (names, keys).

    >>> import numpy as np
    >>> m = CompileMetrics(["mae"], None)
    >>> m.update_state(np.zeros((2, 1)), np.ones((2, 1)))
    >>> {k: float(v) for k, v in m.result().items()}
    {'mae': 1.0}
    """

    name = "compile_metrics"

    def __init__(self, metrics=None, weighted_metrics=None, output_names=None):
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

    @property
    def metrics(self):
        """The Metric objects, in the order of the logs; empty until built."""
        return [e.metric for e in self.entries]

    @property
    def variables(self):
        """The variables of all metrics."""
        return [v for m in self.metrics for v in m.variables]

    def build(self, y_true, y_pred):
        """Resolve names against the shapes of y_true and y_pred (structures of anything with a shape).

        Args:
            y_true, y_pred: structures of anything with a shape.
        """
        self.outputs = outputs_of(y_pred, self.output_names)
        self.entries = []
        found = {what: self._per_output(what) for what in self._given}
        without = [i for i in range(len(self.outputs)) if not any(lists[i] for lists in found.values())]
        targets = per_output(y_true, self.outputs, "y", optional=without)
        many, deep = len(self.outputs) > 1, any(len(o.path) > 1 for o in self.outputs)
        for what, lists in found.items():
            for i in self._order():
                output = self.outputs[i]
                for identifier in lists[i]:
                    if targets[i] is None:
                        raise ArgumentError(f"Output {output.name or i!r} has metrics but no target: pass y for it.")
                    metric = identifiers.resolve(identifier, targets[i], resolve(y_pred, output.path))
                    called = output.own if deep else output.name
                    name = str(called) if many and called is not None else None
                    self.entries.append(Entry(i, metric, name, what == "weighted_metrics"))
        self.built = True

    def _order(self):
        """The positions of the outputs in the order of the logs: the model's names, where these are the dict's keys."""
        names, keys = self.output_names or [], [o.key for o in self.outputs]
        every = range(len(keys))
        return sorted(every, key=lambda i: names.index(keys[i])) if set(names) == set(keys) else list(every)

    def _per_output(self, what):
        """For each output the list of what the user wants measured there."""
        given, n = self._given[what], len(self.outputs)
        if given is None:
            return [[] for _ in range(n)]
        deep = len({o.path[:1] for o in self.outputs})
        if isinstance(given, dict):
            if n == 1:  # whatever the keys say, as in Keras
                return [[metric for metric in leaves(given) if metric is not None]]
            if all(key in known_keys(self.outputs) for key in given):
                return [as_list(_inside(given.get(key_in(given, o)), o, self.outputs, 1)) for o in self.outputs]
        elif n == 1:
            return [as_list(given)]
        elif len(given) == n:
            return [as_list(entry) for entry in given]
        elif len(given) == deep and all(isinstance(o.path[0], int) for o in self.outputs):
            return [as_list(_inside(given, o, self.outputs, 0)) for o in self.outputs]
        names = [o.name for o in self.outputs]
        extra = [key for key in given if key not in known_keys(self.outputs)] if isinstance(given, dict) else []
        kind = UnknownNameError if extra else ArgumentError
        raise kind(
            f"Invalid `{what}`. `{what}` should contain metrics objects and be a dict by the names of the outputs "
            f"{names}, a list with one entry (a metric, a list of metrics, or None) for each of the {n} outputs, or "
            f"match the structure of the outputs. Received: {what}={given!r}, which has "
            + (f"{extra[0]!r}.{suggest(extra[0], known_keys(self.outputs))}" if extra else f"{len(given)} entries.")
        )

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take a batch into account (recorded on the tape inside a trace).

        Args:
            y_true, y_pred: structures as the model gives them.
            sample_weight: None, (n,), or a structure; only weighted_metrics see it.
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
