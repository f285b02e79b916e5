"""train_on_batch, test_on_batch and predict_on_batch: one run on one batch.

A call checks data, opens a run (runs.py), sets metrics back, points a feed to the arrays, looks a program up, runs it
and reads logs; for a small net most of that takes longer than the step. So what does not depend on the values of the
arrays is worked out once, for arrays of one shape and dtype: the Shortcut that the calls after the second one take. It
does what the long way does and nothing else; whatever it cannot do, it leaves to the long way, which also finds the
words for what is wrong.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from fastnn.core import changes, config, dtypes, results, turns
from fastnn.core.jit import MODE
from fastnn.core.results import ARRAYS
from fastnn.core.types import Array, Structure
from fastnn.graph import current
from fastnn.graph.tensor import here
from fastnn.graph.variable import watchers
from fastnn.metrics.compile_metrics import CompileMetrics
from fastnn.metrics.metric import Metric
from fastnn.metrics.reduction import Mean
from fastnn.models import checks, loop, runs
from fastnn.models.data import SMALL, flatten, surely_finite
from fastnn.models.direct import plan_of
from fastnn.models.feed import wanted_dtypes
from fastnn.models.measured import Measured
from fastnn.models.sources import run_batch
from fastnn.models.step import CompiledStep
from fastnn.models.watch import Watch
from fastnn.runtime import extension
from fastnn.runtime.abi import BATCH, ROW0, STOP, WATCH

KEPT = 32  # shapes of one kind of step
addresses = extension("executor").addresses


def run(
    model: Any, kind: str, x: Any, y: Any, weight: Any, class_weight: Any, return_dict: bool, nan: str | None = None
) -> Any:
    """One step of training or evaluation on one batch; what train_on_batch and test_on_batch return."""
    own = model._trainer()
    short = key = None
    if type(x) in ARRAYS and type(y) in ARRAYS and weight is None and class_weight is None and nan is None:
        key = x.shape, x.dtype, y.shape, y.dtype
        short = own.steps[kind].short.get(key)
        if type(short) is Shortcut:
            values = short(model, own, x, y)
            if values is not None:
                if return_dict:
                    return dict(sorted(zip(short.names, values)))
                return values[0] if len(values) == 1 else values
    with runs.run(model):
        step, optimizer = own.steps[kind], model.optimizer
        arrays = model._arrays(x, y, weight, class_weight, kind)
        model.reset_metrics()
        if kind == "train":
            if getattr(optimizer, "python_per_batch", False):  # a learning rate in plain Python
                optimizer.refresh()
            step.watch = None if nan is None else Watch(nan)
        compiled, _ = run_batch(step, arrays)
        if step.watch is not None:
            step.watch.epoch_is_over()
        logs = model._logs()
        if key is not None:
            _remember(model, own, step, key, compiled, (x, y), arrays)
    return logs if return_dict else model._in_order(logs)


def predict(model: Any, x: Any) -> Any:
    """The outputs for one batch."""
    if type(x) in ARRAYS and x.ndim and 0 < len(x) <= 32 and not getattr(model, "run_eagerly", False):
        plan = plan_of(model, x, own_layers=False, said=True)
        if plan is not None:
            return plan(x)
    with runs.run(model):
        x, _, _ = model._arrays(x, None, None, what="predict")
        return loop.predict_batch(model, x)


def _remember(
    model: Any, own: Any, step: Any, key: Any, compiled: Any, given: tuple[Array, Array], arrays: Any
) -> None:
    """Make a Shortcut where such arrays have come twice with nothing changed between."""
    if step.short.get(key) != changes.count:
        if len(step.short) >= KEPT:
            step.short.clear()
        step.short[key] = changes.count
        return
    x, y, _ = arrays
    if (
        MODE != "python"
        and type(compiled) is CompiledStep
        and compiled.logs is None
        and not compiled.losses
        and not compiled.program.plan.hosts
        and compiled.program.device is None
        and [id(a) for a in (*flatten(x), *flatten(y))] == [id(a) for a in given]
        and all(0 < a.size <= SMALL and (a.dtype.kind in "ib" or a.dtype in ("f4", "f8")) for a in given)
        and not (step.kind == "train" and model.optimizer.python_per_batch)
        and all(getattr(type(model), name) is getattr(Measured, name) for name in _OF_MEASURED)
        and (entries := _entries(model)) is not None
    ):
        step.short[key] = Shortcut(model, own, step, compiled, given, x, entries)


_OF_MEASURED = "metrics", "reset_metrics", "get_metrics_result", "_logs", "_in_order"


def _entries(model: Any) -> list[tuple[str, Metric]] | None:
    """(name in the logs, metric) of all that is measured, in order; None where some of it is not the library's own."""
    found: list[tuple[str, Metric]] = []
    for m in model.metrics:
        found += zip(m.log_names(), m.metrics) if isinstance(m, CompileMetrics) else [(m.name, m)]
    plain = all(type(m).__module__.startswith("fastnn.") and not isinstance(m.result(), dict) for _, m in found)
    return found if plain and len({name for name, _ in found}) == len(found) > 0 else None


class Shortcut:
    """The way of arrays whose shapes and dtypes have come before.

    names: of what a call returns, in order.
    """

    def __init__(self, model, own, step, compiled, given, x, entries):
        self.step, self.compiled = step, weakref.ref(compiled)  # the cache of programs decides how long there is one
        self.seen, self.forgotten = changes.count, own.forgotten
        self.changes = model.optimizer.changes if step.kind == "train" else 0
        self.names = [name for name, _ in entries]
        stock = [type(m).reset_state is Metric.reset_state for _, m in entries]
        self.zeroed = [v._array for (_, m), plain in zip(entries, stock) if plain for v in m.variables]
        self.resets = [m.reset_state for (_, m), plain in zip(entries, stock) if not plain]
        self.results = [_result_of(m) for _, m in entries]
        self.narrow = config.floatx() != "float64"
        self.words = [(slot.io, slot.index, a.strides[0], len(a)) for slot, a in zip(compiled.feed.slots, given)]
        self.state = own.shared.states[step.kind]
        self.checks = _checks_of(model, x, given)

    def __call__(self, model: Any, own: Any, x: Array, y: Array) -> list[float] | None:
        """What was measured, as `names`; None, with nothing done, where the long way has to be taken."""
        compiled, step = self.compiled(), self.step
        if (
            self.seen != changes.count
            or compiled is None
            or self.forgotten != own.forgotten
            or (step.kind == "train" and self.changes != model.optimizer.changes)
            or not (_readable(x) and _readable(y) and surely_finite((x, y), self.narrow))
            or watchers
            or here.log is not None
            or current() is not None
            or not runs.enter_alone(own)
        ):
            return None
        try:
            for check in self.checks:
                check(model, x, y)
            program, state, shared = compiled.program, self.state, own.shared
            compiled.turn = shared.programs.turn
            taken = turns.begin(program)
            try:
                if self.seen != changes.count:  # while it waited for its turn
                    return None
                for array in self.zeroed:
                    array.fill(0)
                for reset in self.resets:
                    reset()
                for (io, index, stride, rows), address in zip(self.words, addresses((x, y))):
                    io[0], io[1], io[2], index[0] = address, stride, rows, 0
                state[ROW0] = state[BATCH] = state[STOP] = state[WATCH] = 0
                shared.kind, step.last = step.kind, compiled
                program.once()
                return [result() for result in self.results]
            finally:
                if taken:
                    turns.end()
        finally:
            own.lock.release()


def _readable(array: Array) -> bool:
    """Whether kernels can read an array as it lies."""
    flags = array.flags
    return flags.c_contiguous and flags.aligned


def _checks_of(model: Any, x: Any, given: tuple[Array, Array]) -> list[Callable[[Any, Array, Array], None]]:
    """What is asked of the values of the arrays, besides being finite: functions of (model, x, y) that raise.

    They hold no model: it holds them, and a circle would outlive `del model`.
    """
    found: list[Callable[[Any, Array, Array], None]] = []
    indices, wanted = model._index_inputs(), wanted_dtypes(model, x, 1)
    if indices:
        found.append(lambda _, x, y: checks.check_indices(indices, x))
    if checks.narrows(given[0].dtype, wanted[0]):
        found.append(lambda _, x, y: checks.check_fit(x, wanted))
    loss = model._compile_loss
    if loss is not None and any(checks.is_sparse(part.loss) for part in loss.parts):
        found.append(lambda model, x, y: checks.check_labels(model, y))
    return found


def _result_of(metric: Any) -> Callable[[], Any]:
    """A function that returns the result of a metric as logs have it."""
    if type(metric).result is Mean.result and type(metric).mean is Mean.mean:
        kind = np.dtype(dtypes.numpy_type(metric.dtype)) if dtypes.is_float(metric.dtype) else np.dtype(np.float32)
        return functools.partial(_mean, metric.total._array, metric.count._array, None if kind == "f8" else kind.type)
    return functools.partial(_measured, metric)


def _mean(total: Array, count: Array, kind: Any) -> float:
    """Mean.result as a Python float."""
    n = count.item()
    value = total.item() / n if n else 0.0
    return value if kind is None else float(kind(value))


def _measured(metric: Any) -> Any:
    array = np.asarray(metric.result())
    return float(array) if array.ndim == 0 else array


class OnBatch:
    """The part of a model that takes one batch at a time."""

    _need_compiled: Callable[[str], None]

    def train_on_batch(
        self,
        x: Structure,
        y: Structure = None,
        sample_weight: Structure = None,
        class_weight: dict[int, float] | None = None,
        return_dict: bool = False,
        nan: str | None = None,
    ) -> Any:
        """One training step on one batch; returns the loss and metrics of that batch.

        Args:
            x: arrays with one row for each sample; a list or dict of them for several inputs.
            y: the targets, likewise for several outputs.
            sample_weight: a weight for each row, (n,), or for each step of a row, (n, steps); likewise for several
                outputs.
            class_weight: {class: weight}, as in `fit`.
            return_dict: whether to return {name: number}, in place of a number or a list.
            nan: what the step does if its loss or gradients are not finite, as in `fit`; None: nobody looks.

        Raises what `fit` raises.

        >>> import fastnn
        >>> model = fastnn.Sequential([fastnn.Input((2,)), fastnn.layers.Dense(1, kernel_initializer="zeros")])
        >>> model.compile("sgd", "mse")
        >>> float(model.train_on_batch(np.ones((4, 2)), np.ones((4, 1))))
        1.0
        """
        self._need_compiled("train_on_batch")
        if nan is not None:
            checks.check_arguments(nan=nan)
        return run(self, "train", x, y, sample_weight, class_weight, return_dict, nan)

    def test_on_batch(
        self, x: Structure, y: Structure = None, sample_weight: Structure = None, return_dict: bool = False
    ) -> Any:
        """Loss and metrics of one batch, in inference mode.

        Args:
            x: arrays with one row for each sample; a list or dict of them for several inputs.
            y: the targets, likewise for several outputs.
            sample_weight: a weight for each row, (n,), or for each step of a row, (n, steps); likewise for several
                outputs.
            return_dict: whether to return {name: number}, in place of a number or a list.

        Raises what `fit` raises.
        """
        self._need_compiled("test_on_batch")
        return run(self, "test", x, y, sample_weight, None, return_dict)

    def predict_on_batch(self, x: Structure) -> Array | Any:
        """The outputs for one batch, in inference mode, as NumPy arrays.

        Args:
            x: arrays with one row for each sample; a list or dict of them for several inputs.
        """
        return results.plain(predict(self, x))
