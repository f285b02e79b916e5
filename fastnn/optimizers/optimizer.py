"""The base of every optimizer: Keras's arguments, its slots, weight decay, configs.

What it does in a step is in `applying`, its variables are in `variables`, the learning rate is in `rate`.
"""

import copy
import inspect
import re
import warnings
from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from fastnn import ops
from fastnn.core import config, dtypes
from fastnn.core.arguments import ChecksArguments, name_of, near, number, whole
from fastnn.core.errors import ArgumentError, UnknownNameError
from fastnn.core.naming import snake_case
from fastnn.core.types import Config, is_function
from fastnn.graph import Variable
from fastnn.graph.variable import auto_name
from fastnn.optimizers.applying import LIVE, Applying
from fastnn.optimizers.rate import Rate
from fastnn.optimizers.schedules.schedule import LearningRateSchedule
from fastnn.optimizers.variables import OptimizerVariables
from fastnn.saving import identifiers as serial


class Optimizer(ChecksArguments, OptimizerVariables, Rate, Applying):
    """Base of all optimizers.

    Args:
        learning_rate: the size of steps: a float, a LearningRateSchedule, or a function without arguments that gives
            one.
        weight_decay: float, decoupled: each step also takes weight_decay * learning_rate of every weight; None:
            nothing.
        clipnorm: float: the largest norm of each variable's gradient; larger ones are scaled down. None: any.
        clipvalue: float: the largest size of each entry of a gradient; larger ones are cut. None: any.
        global_clipnorm: float: the largest norm of all gradients together; larger ones are scaled down. None: any. At
            most one of clipnorm, clipvalue and global_clipnorm may be given.
        use_ema: whether moving averages of the weights are kept, and put into the model at the end of training.
        ema_momentum: float in [0, 1]: share of the old average in the new one.
        ema_overwrite_frequency: int: put the averages into the model every that many steps, too; None: at the end only.
        loss_scale_factor: float: what the loss was multiplied by, and gradients are divided by; None: 1.
        gradient_accumulation_steps: int >= 2: update every that many steps, with the mean gradient; None: every step.
        name: str; None: the class name in snake case, numbered.
        **kwargs: older arguments: `lr` for learning_rate; `decay`, which warns and is ignored, as in Keras 3;
            `time_decay`, Keras 1 and 2's decay: step number t, from 0, has the rate learning_rate / (1 + time_decay t).

    Settings such as weight_decay may be changed between steps, by a callback for example: the next step has them.
    Under `fastnn run` the argument `decay` of a script written for Keras 1 or 2 is `time_decay`.

    To write an optimizer of your own, override `update_step(gradient, variable, learning_rate)`, and `build` for its
    variables.

    Raises ArgumentError for unknown arguments, two kinds of clipping, and numbers out of range.

    >>> class Signed(Optimizer):
    ...     def update_step(self, gradient, variable, learning_rate):
    ...         variable.assign(variable - learning_rate * ops.sign(gradient))
    >>> v = Variable([1.0, 2.0], name="v")
    >>> Signed(learning_rate=0.5).apply([np.array([3.0, -1.0], "float32")], [v])
    >>> v.numpy()
    array([0.5, 2.5], dtype=float32)
    """

    def __init__(
        self,
        learning_rate: Any = 0.01,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        object.__setattr__(self, "_variables", [])
        if "lr" in kwargs:
            learning_rate = kwargs.pop("lr")
        if kwargs.pop("decay", None):
            warnings.warn(
                "Argument `decay` is no longer supported and will be ignored. Its Keras 1 "
                "meaning is learning_rate=fastnn.optimizers.schedules.InverseTimeDecay(lr, "
                "1, decay), or time_decay=decay.",
                stacklevel=3,
            )
        self.time_decay = number("decay", kwargs.pop("time_decay", 0.0), 0)
        if kwargs:
            raise ArgumentError(
                f"Argument(s) not recognized: {kwargs}. Received by {type(self).__name__}.{near(kwargs, type(self))}"
            )
        self.name = name_of(name) or auto_name(snake_case(type(self).__name__))
        self.weight_decay = weight_decay
        self.clipnorm, self.clipvalue, self.global_clipnorm = clipnorm, clipvalue, global_clipnorm
        if sum(a is not None for a in (clipnorm, clipvalue, global_clipnorm)) > 1:
            raise ArgumentError(
                "Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set. Received: "
                f"clipnorm={clipnorm}, clipvalue={clipvalue}, global_clipnorm={global_clipnorm}."
            )
        steps = gradient_accumulation_steps
        if steps is not None and (whole(steps) or 0) < 2:
            raise ArgumentError(
                "`gradient_accumulation_steps` must be an integer >= 2. Received: "
                f"gradient_accumulation_steps={steps!r}."
            )
        self.use_ema, self.ema_momentum, self.ema_overwrite_frequency = use_ema, ema_momentum, ema_overwrite_frequency
        self.loss_scale_factor, self.gradient_accumulation_steps = loss_scale_factor, steps
        self.built = False
        self._trainable, self._index, self._slots = [], {}, {}
        self._excluded, self._excluded_names = set(), None
        self._iterations = self._track(np.zeros((), np.int64), "int64", "iteration")
        self._python_rate = self._traceable = None  # the value of a rate that only Python can compute
        if isinstance(learning_rate, LearningRateSchedule) or is_function(learning_rate):
            self._learning_rate = learning_rate
        else:
            dtype = config.floatx()
            kind, rate = dtypes.numpy_type(dtype), number("learning_rate", learning_rate)
            with np.errstate(over="ignore"):
                held = np.asarray(rate, kind)
            if np.isinf(held):
                raise ArgumentError(
                    f"learning_rate: received {learning_rate!r}, expected a number that {dtype} can hold."
                )
            self._learning_rate = self._track(held, dtype, "learning_rate")

    # ------------------------------------------------------------------ attributes
    def __setattr__(self, name, value):
        own = self.__dict__.get("_variables")
        if (
            own is not None
            and isinstance(value, Variable)
            and not name.startswith("_python")
            and not any(v is value for v in own)
        ):
            own.append(value)
        if self.__dict__.get("built") and (name in LIVE or name in self.settings):
            self._change(name, value)
        object.__setattr__(self, name, value)

    def build(self, variables: Sequence[Variable]) -> None:
        """Make the slots for these model variables (once).

        Args:
            variables: the Variables that it is to update.
        """
        self._check_super()
        if self.built:
            return
        variables = list(variables)
        self._trainable, self._index = variables, {id(v): i for i, v in enumerate(variables)}
        if self.use_ema:
            self._slots["average"] = self.add_optimizer_variables(variables, "average")
        if self.gradient_accumulation_steps:
            self._slots["gradient_accumulator"] = self.add_optimizer_variables(variables, "gradient_accumulator")
        for group in self.slot_groups():
            names = [name for name, _ in group]
            made = self.add_optimizer_variables(variables, names, [initial for _, initial in group])
            self._slots.update(zip(names, made))
        self.built = True

    def __deepcopy__(self, memo):
        twin = memo[id(self)] = object.__new__(type(self))
        for name, value in self.__dict__.items():
            object.__setattr__(twin, name, copy.deepcopy(value, memo))
        twin._index = {id(v): i for i, v in enumerate(twin._trainable)}
        twin._excluded = {id(memo[i]) for i in self._excluded if i in memo}
        return twin

    def _get_variable_index(self, variable):
        return self._index[id(variable)]

    def _check_super(self):
        if "_iterations" not in self.__dict__:
            raise RuntimeError(
                f"In optimizer '{type(self).__name__}', you forgot to call `super().__init__()` as the "
                "first statement in the `__init__()` method."
            )

    def scale_loss(self, loss):
        """The loss times loss_scale_factor (gradients are divided by it again).

        Args:
            loss: a scalar: symbol or array.
        """
        return loss if self.loss_scale_factor is None else ops.multiply(loss, np.float32(self.loss_scale_factor))

    # ------------------------------------------------------------------ weight decay
    def exclude_from_weight_decay(self, var_list=None, var_names=None):
        """Leave variables without weight decay: these, or those whose name holds one of the given words.

        Call it before the optimizer is built.

        Args:
            var_list: list of Variables, or None.
            var_names: list of words (regular expressions) that are searched in paths of variables, or None.
        """
        if self.built:
            raise ArgumentError("`exclude_from_weight_decay()` can only be configured before the optimizer is built.")
        self._excluded = {id(v) for v in var_list or ()}
        self._excluded_names = re.compile("|".join(var_names)) if var_names else None

    def _use_weight_decay(self, variable):
        if id(variable) in self._excluded:
            return False
        return not (self._excluded_names is not None and self._excluded_names.search(variable.path or variable.name))

    def _decay_of(self, variable):
        """The weight decay of a variable; None or 0 where it has none."""
        return self.weight_decay if self._use_weight_decay(variable) else None

    # ------------------------------------------------------------------ configs
    def get_config(self) -> Config:
        """The arguments that make this optimizer again (not its state)."""
        rate = self._learning_rate
        if isinstance(rate, Variable):
            rate = float(rate.numpy())
        else:
            rate = serial.serialize(rate)
        return {"name": self.name, "learning_rate": rate, "weight_decay": self.weight_decay, "clipnorm": self.clipnorm,
                "global_clipnorm": self.global_clipnorm, "clipvalue": self.clipvalue, "use_ema": self.use_ema,
                "ema_momentum": self.ema_momentum, "ema_overwrite_frequency": self.ema_overwrite_frequency,
                "loss_scale_factor": self.loss_scale_factor,
                "gradient_accumulation_steps": self.gradient_accumulation_steps,
                **({"decay": self.time_decay} if self.time_decay else {}),
                **{name: getattr(self, name) for name in self.settings}}  # fmt: skip

    @classmethod
    def from_config(cls, config: Config, custom_objects: dict[str, Any] | None = None) -> Self:
        """An optimizer from what get_config returned.

        Args:
            config: dict of the constructor's arguments.
            custom_objects: {name: class} for schedules that fastnn does not know, or None.
        """
        config = dict(config)
        if isinstance(config.get("learning_rate"), dict):
            config["learning_rate"] = serial.deserialize(config["learning_rate"], "schedules", custom_objects)
        if "decay" in config and "decay" not in inspect.signature(cls.__init__).parameters:  # Keras 2's, or ours
            config["time_decay"] = config.pop("decay")
        return cls(**config)

    #: Names of the arguments of the formula, kept as attributes.
    settings = ()

    def _unknown_variable(self, variable):
        return UnknownNameError(
            f"Unknown variable: {variable}. This optimizer can only be called for the variables it "
            "was originally built with. When working with a new set of variables, you should "
            "recreate a new optimizer instance."
        )

    def __repr__(self):
        return f"<{type(self).__name__} name={self.name}>"
