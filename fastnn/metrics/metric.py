"""The base of every metric: state in variables, updated by operations, read by NumPy."""

import contextlib
import math
import types
from typing import Any, Self

import numpy as np

from fastnn import dtype_policies, initializers
from fastnn.core import allowance, config, dtypes, hooks
from fastnn.core.arguments import ChecksArguments, name_of
from fastnn.core.errors import ArgumentError
from fastnn.core.naming import snake_case
from fastnn.core.tree import everything_in, reached
from fastnn.core.types import Config, Tensor, is_function, open_signature
from fastnn.graph import Variable, current
from fastnn.graph.calls import Unhashed, event, gathered, wanted
from fastnn.graph.variable import auto_name, zero
from fastnn.metrics.deferred import deferred

ACCUMULATOR = "float64"  # totals: 2**53 samples are still counted exactly


def zeros(shape, dtype=ACCUMULATOR):
    """An array of zeros of a canonical dtype name."""
    return np.zeros(shape, dtypes.numpy_type(dtype))


def divide_no_nan(a, b):
    """a / b, 0 where b is 0 (NumPy arrays, float64)."""
    a, b = np.broadcast_arrays(np.asarray(a, np.float64), np.asarray(b, np.float64))
    return np.divide(a, b, out=np.zeros(a.shape), where=b != 0)


class Metric(ChecksArguments):
    """Base of all metrics: make variables in `__init__`, change them in `update_state`, read them in `result`.

    Args:
        dtype: dtype of the values and of `result`, by name or as a DTypePolicy; None: the default float type.
        name: str, the key of its value in logs; None: the class name in snake case, numbered.

    `update_state(y_true, y_pred, sample_weight=None)` must use `fastnn.ops` and `variable.assign...`, so that
    it can become a part of the training tape; `result()` runs outside of it and returns an array or a dict.

    Raises ArgumentError for arguments that do not fit, ShapeError for labels and predictions whose shapes do not.

    >>> class Largest(Metric):
    ...     def __init__(self, name="largest"):
    ...         super().__init__(name=name)
    ...         self.peak = self.add_variable((), "zeros", name="peak")
    ...     def update_state(self, y_true, y_pred, sample_weight=None):
    ...         from fastnn import ops
    ...         self.peak.assign(ops.maximum(self.peak, ops.max(y_pred)))
    ...     def result(self):
    ...         return self.peak.numpy()
    >>> float(Largest()([0.0, 0.0], [2.0, 5.0]))
    5.0
    """

    _direction = None  # "up" or "down": what EarlyStopping's mode="auto" means

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if isinstance(cls.__dict__.get("result"), types.FunctionType):
            cls.result = deferred(cls.result)
        if cls.__module__.startswith("fastnn.") and isinstance(cls.__dict__.get("update_state"), types.FunctionType):
            cls.update_state = gathered(cls.update_state, effect=True)

    def __init__(self, dtype: Any = None, name: str | None = None) -> None:
        self._variables, self._metrics = [], []
        self.name = name_of(name, in_paths=False) or auto_name(snake_case(type(self).__name__))
        self._dtype = config.floatx() if dtype is None else dtype_policies.get(dtype).compute_dtype

    @property
    def dtype(self) -> str:
        """The dtype of the values (a name)."""
        return self._dtype

    @property
    def variables(self) -> list[Variable]:
        """Every variable of this metric and of the metrics it holds."""
        if not self._metrics:
            return list(self._variables)
        return [v for metric in reached(self, lambda m: m._metrics) for v in metric._variables]

    def add_variable(
        self,
        shape: Any,
        initializer: Any = "zeros",
        dtype: Any = None,
        aggregation: str | None = "sum",
        name: str | None = None,
    ) -> Variable:
        """A new state variable.

        Args:
            shape: tuple of ints; () for a scalar.
            initializer: "zeros", "ones", another name of an Initializer, a number, an array or a callable (shape,
                dtype).
            dtype: dtype name; float64 if None, in which totals are counted.
            aggregation: how shards of a batch are put together: "sum", what each adds is added up; any other, the
                mean of the values.
            name: name of the variable; "variable" if None.
        """
        self._check_super()
        dtype = dtypes.standardize(dtype, ACCUMULATOR)
        shape = tuple(int(d) for d in shape or ())
        allowance.reserve(math.prod(shape), np.dtype(dtypes.numpy_type(dtype)).itemsize)
        variable = Variable(
            _initial(initializer, shape, dtype),
            dtype=dtype,
            trainable=False,
            aggregation=aggregation,
            name=name or "variable",
        )
        variable.path = f"{self.name}/{name or 'variable'}"
        self._variables.append(variable)
        return variable

    def add_weight(
        self, shape: Any = (), initializer: Any = None, dtype: Any = None, name: str | None = None, **_: Any
    ) -> Variable:
        """add_variable under its older name; also takes Keras 1/2's order add_weight(name, shape=...).

        Args:
            shape, initializer, dtype, name: as of `add_variable`.
        """
        if isinstance(shape, str):
            shape, name = (name if isinstance(name, tuple) else ()), shape
        return self.add_variable(shape, initializer or "zeros", dtype, name=name)

    def reset_state(self) -> None:
        """Set every variable back to zero."""
        zero(self.variables)

    @open_signature
    def update_state(self, *args: Any, **kwargs: Any) -> Any:
        """Take one batch into account.  To be written by subclasses.

        Args:
            y_true: labels, (n, ...).
            y_pred: predictions, (n, ...).
            sample_weight: how much each sample counts, (n,), or of the values' shape; None: 1 each.
            *args, **kwargs: what a subclass takes.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement update_state().")

    @open_signature
    def result(self) -> Tensor:
        """The value of the metric so far.  To be written by subclasses."""
        raise NotImplementedError(f"{type(self).__name__} must implement result().")

    def stateless_update_state(self, metric_variables: Any, *args: Any, **kwargs: Any) -> list[Tensor]:
        """The values that `update_state(*args, **kwargs)` would leave, from those of `metric_variables`, one each.

        The metric itself stays as it is.

        Args:
            metric_variables: values of `variables`, in their order.
            *args, **kwargs: what `update_state` takes.

        >>> from fastnn.metrics import Mean
        >>> mean = Mean()
        >>> [float(v) for v in mean.stateless_update_state([1.0, 1.0], [2.0, 3.0])], float(mean.total.numpy())
        ([6.0, 3.0], 0.0)
        """
        if current() is None and wanted((metric_variables, *args), kwargs):
            with contextlib.suppress(Unhashed):
                key = "stateless_update_state", hooks.call("serial", self)
                return event(key, self.stateless_update_state, (list(metric_variables), *args), kwargs)
        with self._values(metric_variables):
            self.update_state(*args, **kwargs)
            return [_copy(v.value) for v in self.variables]

    def stateless_result(self, metric_variables: Any) -> Tensor:
        """What `result()` is where the variables have these values.

        Args:
            metric_variables: values of `variables`, in their order.
        """
        with self._values(metric_variables):
            return self.result()

    def stateless_reset_state(self) -> list[Tensor]:
        """The values of the variables that `reset_state()` would leave."""
        with self._values([v.value for v in self.variables]):
            self.reset_state()
            return [_copy(v.value) for v in self.variables]

    @contextlib.contextmanager
    def _values(self, values):
        """The variables have these values as long as this is open."""
        variables = self.variables
        if len(values) != len(variables):
            raise ArgumentError(
                "Argument `metric_variables` must be a list of tensors corresponding 1:1 to "
                f"{type(self).__name__}().variables. Received list with length {len(values)}, but expected "
                f"{len(variables)} variables."
            )
        before = [_copy(v.value) for v in variables]
        try:
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
            yield
        finally:
            for variable, value in zip(variables, before, strict=True):
                variable.assign(value)

    def __call__(self, *args: Any, **kwargs: Any) -> Tensor:
        """update_state, then result."""
        self._check_super()
        self.update_state(*args, **kwargs)
        return self.result()

    def get_config(self) -> Config:
        """The arguments that make this metric again."""
        return {"name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config: Config) -> Self:
        """A metric from what get_config returned.

        Args:
            config: dict of the constructor's arguments.
        """
        return cls(**config)

    def to_output(self, value):
        """A NumPy value in the metric's dtype.

        Args:
            value: a number or an array.
        """
        kind = dtypes.numpy_type(self._dtype) if dtypes.is_float(self._dtype) else np.float32
        return np.asarray(value).astype(kind)[()]

    def __setattr__(self, name, value):
        tracked = self.__dict__.get("_variables")
        if tracked is not None and name not in ("_variables", "_metrics"):
            for part in everything_in(value):
                if isinstance(part, Variable) and not any(v is part for v in tracked):
                    tracked.append(part)
                elif isinstance(part, Metric) and not any(m is part for m in self._metrics):
                    self._metrics.append(part)
        object.__setattr__(self, name, value)

    def _check_super(self):
        if "_variables" not in self.__dict__:
            raise RuntimeError(f"{type(self).__name__}: call super().__init__() first in __init__.")

    def __repr__(self):
        return f"<{type(self).__name__} name={self.name}>"


def _copy(value):
    """A value that stays when the variable that has it is assigned to."""
    return np.array(value) if isinstance(value, (np.ndarray, np.generic)) else value


def _initial(initializer, shape, dtype):
    """The first value of a variable, from what Keras users pass as an initializer."""
    if initializer is None or (isinstance(initializer, str) and initializer.lower() == "zeros"):
        return zeros(shape, dtype)
    if isinstance(initializer, str) and initializer.lower() == "ones":
        return zeros(shape, dtype) + zeros((), dtype).dtype.type(1)
    if isinstance(initializer, (str, dict)):
        initializer = initializers.get(initializer)
    if isinstance(initializer, type):
        initializer = initializer()
    value = initializer(shape, dtype=dtype) if is_function(initializer) else initializer
    return np.broadcast_to(np.asarray(value, dtypes.numpy_type(dtype)), shape).copy()
