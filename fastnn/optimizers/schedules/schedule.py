"""The schedules.

Called with a symbol they become part of the training tape; called with a number they give a float, or a tensor under
the aliases.  All of them compute in float64, whatever the default float dtype is.
"""

import math
from typing import Any, Self

import numpy as np

from fastnn import ops
from fastnn.core import config, results
from fastnn.core.arguments import ChecksArguments
from fastnn.core.errors import ArgumentError
from fastnn.core.types import Config, Tensor, open_signature
from fastnn.optimizers.operands import is_symbolic
from fastnn.saving import identifiers as serial


def f64(value):
    """A float64 constant (a bare Python float would be rounded to float32 inside a trace)."""
    return np.float64(value)


class LearningRateSchedule(ChecksArguments):
    """Base of all schedules: subclass it and write `__call__(step)` with `fastnn.ops` or operators.

    `step` is a scalar, the number of updates made so far.

    >>> class Half(LearningRateSchedule):
    ...     def __call__(self, step):
    ...         return 0.5 / (step + 1.0)
    >>> Half()(1)
    0.25
    """

    @open_signature
    def __call__(self, step: Tensor) -> Tensor:
        """The learning rate at `step`.  To be written by subclasses."""
        raise NotImplementedError(
            f"Learning rate schedule '{type(self).__name__}' must override `__call__(self, step)`."
        )

    def get_config(self) -> Config:
        """The arguments that make this schedule again.  To be written by subclasses."""
        raise NotImplementedError(
            f"Learning rate schedule '{type(self).__name__}' must override `get_config()` in order to be serializable."
        )

    @classmethod
    def from_config(cls, config: Config) -> Self:
        """A schedule from what get_config returned.

        Args:
            config: dict of the constructor's arguments.
        """
        return cls(**config)


class _Formula(LearningRateSchedule):
    """A schedule given by `rate(step)`, step a float64 scalar; `arguments` are its constructor's, in order.

    Args:
        initial_learning_rate: float, the rate at step 0.
        decay_steps: number > 0 of steps: what the decay is counted in.
        name: str, kept in the config.

    Raises ArgumentError for numbers out of range.
    """

    arguments = ()

    def __call__(self, step):
        """The learning rate at `step`: a float for a number, an array for an array, a symbol for a symbol."""
        if is_symbolic(step):
            return self.rate(ops.cast(step, "float64"))
        if np.ndim(step):  # of several steps at once, as for a plot
            rates = np.array([float(self.rate(s)) for s in np.asarray(step, "float64").flat]).reshape(np.shape(step))
        else:
            rates = float(self.rate(np.float64(step)))
        # in TensorFlow's place a tensor: scripts ask it for numpy()
        return rates if results.numpy_joins else results.shown(np.asarray(rates, config.floatx()))

    def rate(self, step):
        """The formula.

        Args:
            step: a float64 scalar, the number of updates made so far.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement rate(step).")

    def get_config(self):
        """The constructor's arguments."""
        return {key: getattr(self, key, getattr(self, f"_{key}", None)) for key in self.arguments}


def _positive(name, value):
    if value <= 0:
        raise ArgumentError(f"Argument `{name}` must be > 0. Received: {name}={value}.")
    return value


class ExponentialDecay(_Formula):
    """initial_learning_rate * decay_rate ^ (step / decay_steps).

    Args:
        decay_rate: float: what the rate is multiplied by in decay_steps steps.
        staircase: whether the exponent is rounded down, so that the rate falls all at once.

    >>> round(ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)(10), 6)
    0.05
    """

    arguments = ("initial_learning_rate", "decay_steps", "decay_rate", "staircase", "name")

    def __init__(
        self,
        initial_learning_rate: Any,
        decay_steps: Any,
        decay_rate: Any,
        staircase: bool = False,
        name: str | None = "ExponentialDecay",
    ) -> None:
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, _positive("decay_steps", decay_steps)
        self.decay_rate, self.staircase, self.name = decay_rate, staircase, name

    def rate(self, step):
        p = ops.divide(step, f64(self.decay_steps))
        p = ops.floor(p) if self.staircase else p
        return ops.multiply(f64(self.initial_learning_rate), ops.power(f64(self.decay_rate), p))


class InverseTimeDecay(_Formula):
    """initial_learning_rate / (1 + decay_rate * step / decay_steps).

    Args:
        decay_rate: float: how much the divisor grows in decay_steps steps.
        staircase: whether the quotient step / decay_steps is rounded down, so that the rate falls all at once.

    >>> InverseTimeDecay(0.1, decay_steps=1, decay_rate=1.0)(1)
    0.05
    """

    arguments = ExponentialDecay.arguments

    def __init__(
        self,
        initial_learning_rate: Any,
        decay_steps: Any,
        decay_rate: Any,
        staircase: bool = False,
        name: str | None = "InverseTimeDecay",
    ) -> None:
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, _positive("decay_steps", decay_steps)
        self.decay_rate, self.staircase, self.name = decay_rate, staircase, name

    def rate(self, step):
        p = ops.divide(step, f64(self.decay_steps))
        p = ops.floor(p) if self.staircase else p
        return ops.divide(f64(self.initial_learning_rate), ops.add(f64(1.0), ops.multiply(f64(self.decay_rate), p)))


class PiecewiseConstantDecay(_Formula):
    """values[i] for boundaries[i - 1] < step <= boundaries[i].

    Args:
        boundaries: rising numbers of steps.
        values: rates, one more than boundaries.

    >>> [PiecewiseConstantDecay([2, 4], [1.0, 0.5, 0.1])(step) for step in (0, 2, 3, 5)]
    [1.0, 1.0, 0.5, 0.1]
    """

    arguments = ("boundaries", "values", "name")

    def __init__(self, boundaries: Any, values: Any, name: str | None = "PiecewiseConstant") -> None:
        if len(boundaries) != len(values) - 1:
            raise ArgumentError(
                "The length of boundaries should be 1 less than the length of values. Received: "
                f"boundaries={boundaries} of length {len(boundaries)}, and values={values} of length "
                f"{len(values)}."
            )
        self.boundaries, self.values, self.name = boundaries, values, name

    def rate(self, step):
        out = f64(self.values[-1])
        for boundary, value in zip(reversed(list(self.boundaries)), reversed(list(self.values)[:-1])):
            out = ops.where(ops.less_equal(step, f64(boundary)), f64(value), out)
        return out


class PolynomialDecay(_Formula):
    """From initial_learning_rate to end_learning_rate over decay_steps, as (1 - step / decay_steps) ^ power.

    Args:
        end_learning_rate: float, the rate from decay_steps on.
        power: number: 1 is a straight line.
        cycle: whether it starts again after decay_steps, over the next multiple of decay_steps that is not below step.

    >>> round(PolynomialDecay(1.0, decay_steps=10, end_learning_rate=0.0)(5), 6)
    0.5
    """

    arguments = ("initial_learning_rate", "decay_steps", "end_learning_rate", "power", "cycle", "name")

    def __init__(
        self,
        initial_learning_rate: Any,
        decay_steps: Any,
        end_learning_rate: float = 0.0001,
        power: Any = 1.0,
        cycle: bool = False,
        name: str | None = "PolynomialDecay",
    ) -> None:
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, _positive("decay_steps", decay_steps)
        self.end_learning_rate, self.power, self.cycle, self.name = end_learning_rate, power, cycle, name

    def rate(self, step):
        steps = f64(self.decay_steps)
        if self.cycle:
            steps = ops.multiply(steps, ops.maximum(f64(1.0), ops.ceil(ops.divide(step, steps))))
        else:
            step = ops.minimum(step, steps)
        rest = ops.power(ops.subtract(f64(1.0), ops.divide(step, steps)), f64(self.power))
        span = f64(self.initial_learning_rate) - f64(self.end_learning_rate)
        return ops.add(ops.multiply(span, rest), f64(self.end_learning_rate))


def _half_cosine(fraction):
    return ops.multiply(f64(0.5), ops.add(f64(1.0), ops.cos(ops.multiply(f64(math.pi), fraction))))


class CosineDecay(_Formula):
    """Half a cosine from the initial rate to alpha times it over decay_steps, after a linear warm-up if asked for.

    Args:
        alpha: float: the lowest rate, as a fraction of the highest one.
        warmup_target: float: the rate rises linearly from initial_learning_rate to this in warmup_steps steps, and the
            cosine starts there; None: it starts at initial_learning_rate.
        warmup_steps: int >= 0, how long it rises.

    Source: Loshchilov and Hutter, SGDR, 2016.

    >>> round(CosineDecay(1.0, decay_steps=10)(5), 6)
    0.5
    """

    arguments = ("initial_learning_rate", "decay_steps", "alpha", "name", "warmup_target", "warmup_steps")

    def __init__(
        self,
        initial_learning_rate: Any,
        decay_steps: Any,
        alpha: Any = 0.0,
        name: str | None = "CosineDecay",
        warmup_target: Any = None,
        warmup_steps: int = 0,
    ) -> None:
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, _positive("decay_steps", decay_steps)
        self.alpha, self.name, self.warmup_target, self.warmup_steps = alpha, name, warmup_target, warmup_steps

    def rate(self, step):
        start, steps = f64(self.initial_learning_rate), f64(self.decay_steps)
        if self.warmup_target is None:
            return self._decayed(ops.minimum(step, steps), start)
        warm, target = f64(self.warmup_steps), f64(self.warmup_target)
        step = ops.minimum(step, steps + warm)
        decayed = self._decayed(ops.subtract(step, warm), target)
        if not self.warmup_steps:
            return decayed
        rising = ops.add(ops.multiply(target - start, ops.divide(step, warm)), start)
        return ops.where(ops.less(step, warm), rising, decayed)

    def _decayed(self, step, start):
        cosine = _half_cosine(ops.divide(step, f64(self.decay_steps)))
        share = ops.add(ops.multiply(f64(1.0) - f64(self.alpha), cosine), f64(self.alpha))
        return ops.multiply(start, share)


class CosineDecayRestarts(_Formula):
    """Cosine decays one after the other: each t_mul times as long and m_mul times as high as the one before.

    Args:
        first_decay_steps: int > 0: length of the first cosine, in steps.
        t_mul: float: how much longer each one is.
        m_mul: float: how much higher each one begins.
        alpha: float: the lowest rate of each, as a fraction of its highest one.

    Source: Loshchilov and Hutter, SGDR, 2016.

    >>> round(CosineDecayRestarts(1.0, first_decay_steps=10)(10), 6)
    1.0
    """

    arguments = ("initial_learning_rate", "first_decay_steps", "t_mul", "m_mul", "alpha", "name")

    def __init__(
        self,
        initial_learning_rate: Any,
        first_decay_steps: Any,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: Any = 0.0,
        name: str | None = "SGDRDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.first_decay_steps = _positive("first_decay_steps", first_decay_steps)
        self._t_mul, self._m_mul, self.alpha, self.name = t_mul, m_mul, alpha, name

    def rate(self, step):
        one, t_mul = f64(1.0), f64(self._t_mul)
        fraction = ops.divide(step, f64(self.first_decay_steps))
        if self._t_mul == 1.0:
            restart = ops.floor(fraction)
            fraction = ops.subtract(fraction, restart)
        else:
            grown = ops.log(ops.subtract(one, ops.multiply(fraction, one - t_mul)))
            # At a restart the quotient is a whole number: an ulp below it must not fall into the run before.
            restart = ops.floor(ops.add(ops.divide(grown, f64(math.log(self._t_mul))), f64(1e-9)))
            scale = ops.power(t_mul, restart)
            before = ops.divide(ops.subtract(one, scale), one - t_mul)
            fraction = ops.divide(ops.subtract(fraction, before), scale)
        height = ops.power(f64(self._m_mul), restart)
        cosine = ops.multiply(height, _half_cosine(fraction))
        share = ops.add(ops.multiply(one - f64(self.alpha), cosine), f64(self.alpha))
        return ops.multiply(f64(self.initial_learning_rate), share)


def serialize(learning_rate_schedule):
    """The config of a schedule (a dict).

    Args:
        learning_rate_schedule: a LearningRateSchedule.

    >>> serialize(CosineDecay(0.1, decay_steps=10))["class_name"]
    'CosineDecay'
    """
    return serial.serialize(learning_rate_schedule)


def deserialize(config, custom_objects=None):
    """A schedule from its config.

    Args:
        config: a dict that serialize() gave.
        custom_objects: {name: class} for names that fastnn does not know, or None.

    >>> deserialize({"class_name": "InverseTimeDecay", "config": {"initial_learning_rate": 1.0, "decay_steps": 1,
    ...              "decay_rate": 1.0}}).decay_rate
    1.0
    """
    return serial.deserialize(config, "schedules", custom_objects)
