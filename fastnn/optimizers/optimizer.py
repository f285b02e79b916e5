"""The base of every optimizer: Keras's arguments, variables, learning rate and saving.

What an optimizer does in a step is in `fastnn.optimizers.applying`.
"""

import copy
import inspect
import re
import warnings
from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from fastnn import initializers, ops
from fastnn.core import config, dtypes
from fastnn.core.arguments import ChecksArguments, name_of, near, number, whole
from fastnn.core.errors import ArgumentError, NotBuiltError, UnknownNameError
from fastnn.core.naming import snake_case
from fastnn.core.turns import turn
from fastnn.core.types import Array, Config
from fastnn.graph import Symbol, Trace, Variable, current
from fastnn.graph.flat import FlatBuffer
from fastnn.graph.lifetime import passing
from fastnn.graph.variable import auto_name
from fastnn.optimizers.applying import LIVE, Applying
from fastnn.optimizers.schedules.schedule import LearningRateSchedule
from fastnn.saving import identifiers as serial


def _slot_name(variable, name):
    """What an optimizer variable for a model variable is called."""
    return f"{re.sub('[/:]', '_', getattr(variable, 'path', None) or variable.name)}_{name or 'var'}"


def _zeros(initializer):
    """Whether an optimizer variable starts at zero."""
    return (
        type(initializers.get(initializer or "zeros")) is initializers.Zeros
        if not isinstance(initializer, (int, float))
        else initializer == 0
    )


def can_be_traced(schedule):
    """Whether a schedule written by a user works on a symbol (no `if step < ...`, no NumPy or math functions)."""
    try:
        with passing(), Trace() as trace:
            rate = schedule(trace.input((), "int64"))
    except Exception:  # whatever it is that the formula cannot do
        return False
    return isinstance(rate, Symbol) and rate.shape == ()


class Optimizer(ChecksArguments, Applying):
    """Base of all optimizers.

    learning_rate: a float, a LearningRateSchedule, or a function without arguments.  weight_decay: float or None,
    decoupled: each step also takes weight_decay * learning_rate of every weight.  clipnorm, clipvalue,
    global_clipnorm: at most one: the largest norm of each variable's gradient, of each entry, of all
    gradients together.  use_ema, ema_momentum, ema_overwrite_frequency: keep moving averages of the weights, and put
    them into the model every that many steps.  loss_scale_factor: the loss was multiplied by this.
    gradient_accumulation_steps: update every that many steps with the mean gradient.  lr: an older name of
    learning_rate; decay: warns and is ignored, as in Keras 3; time_decay: Keras 1 and 2's decay, which under
    `fastnn run` goes by its own name: step number t, from 0, has the rate learning_rate / (1 + time_decay t).

    Settings such as weight_decay may be changed between steps, by a callback for example: the next step has them.

    To write an optimizer of your own, override `update_step(gradient, variable, learning_rate)`, and `build` for its
    variables.

    >>> class Signed(Optimizer):
    ...     def update_step(self, gradient, variable, learning_rate):
    ...         variable.assign(variable - learning_rate * ops.sign(gradient))
    >>> v = Variable([1.0, 2.0], name="v")
    >>> Signed(learning_rate=0.5).apply([np.array([3.0, -1.0], "float32")], [v])
    >>> v.numpy()
    array([0.5, 2.5], dtype=float32)
    """

    _variables: list[Variable]

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
        if isinstance(learning_rate, LearningRateSchedule) or callable(learning_rate):
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

    # ------------------------------------------------------------------ variables
    def _track(self, value, dtype, name):
        return self._keep(Variable(value, dtype=dtype, trainable=False, name=name, path=f"{self.name}/{name}"))

    def _keep(self, variable):
        if not any(v is variable for v in self._variables):
            self._variables.append(variable)
        return variable

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

    @property
    def variables(self) -> list[Variable]:
        """iteration, learning_rate (unless a schedule) and the slots, in the order in which they are saved."""
        return list(self._variables)

    @property
    def trainable_variables(self):
        """The model's variables that this optimizer was built for."""
        return list(self._trainable)

    @property
    def averages(self):
        """The moving averages of the trainable variables (with use_ema)."""
        return list(self._slots.get("average", ()))

    # names that subclasses written for Keras use
    _trainable_variables = property(lambda self: self._trainable)
    _model_variables_moving_average = property(lambda self: self.averages)
    _accumulated_gradients = property(lambda self: list(self._slots.get("gradient_accumulator", ())))

    def add_variable(
        self,
        shape: Any,
        initializer: Any = "zeros",
        dtype: Any = None,
        aggregation: Any = "none",
        layout: Any = None,
        name: str | None = None,
    ) -> Variable:
        """A new optimizer variable.  shape: tuple of ints; initializer: as in layers, or a number."""
        self._check_super()
        dtype = dtypes.standardize(dtype)
        shape = tuple(int(d) for d in shape)
        if isinstance(initializer, (int, float)):
            value = np.full(shape, initializer, dtypes.numpy_type(dtype))
        else:
            value = initializers.get(initializer or "zeros")(shape, dtype=dtype)
        return self._track(np.asarray(value), dtype, name or auto_name("variable"))

    def add_variable_from_reference(
        self, reference_variable: Variable, name: str | None = None, initializer: Any = "zeros"
    ) -> Variable:
        """A new optimizer variable of the shape and dtype of a model variable, named "<its path>_<name>"."""
        full = _slot_name(reference_variable, name)
        return self.add_variable(reference_variable.shape, initializer, reference_variable.dtype, name=full)

    def add_optimizer_variables(self, trainable_variables, name, initializer="zeros"):
        """One optimizer variable for each model variable.

        name: str, or a sequence of them for several per variable (made side by side); initializer: one, or as many.
        Returns a list, or one list for each name.
        """
        names = [name] if isinstance(name, str) else list(name)
        initials = list(initializer) if isinstance(initializer, (list, tuple)) else [initializer] * len(names)
        if len(names) != len(initials):
            raise ArgumentError(
                "The number of provided names must match the number of provided initializers. Received "
                f"name={name!r}, initializer={initializer!r}."
            )
        self._check_super()
        sizes = {}
        for v in trainable_variables:
            sizes[v.dtype] = sizes.get(v.dtype, 0) + v.size
        # zeros lie side by side from the start, as the weights do: one update kernel serves them all, without a copy
        own = any(
            getattr(type(self), name) is not getattr(Optimizer, name)
            for name in ("add_variable", "add_variable_from_reference")
        )
        blocks = [
            None if own or not _zeros(i) else {dtype: FlatBuffer(dtype, size) for dtype, size in sizes.items()}
            for i in initials
        ]
        out = [[] for _ in names]
        for v in trainable_variables:
            for made, n, i, block in zip(out, names, initials, blocks):
                if block is None:
                    made.append(self.add_variable_from_reference(v, n, i))
                else:
                    full = _slot_name(v, n)
                    made.append(self._keep(block[v.dtype].zeros(v.shape, name=full, path=f"{self.name}/{full}")))
        return out[0] if isinstance(name, str) else out

    def build(self, variables: Sequence[Variable]) -> None:
        """Make the slots for these model variables (once)."""
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

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Set all variables, in the order of `variables`."""
        if not self.built:
            raise NotBuiltError(
                "You are calling `set_weights()` on an optimizer that has not yet been built. Please "
                "call `optimizer.build(trainable_variables)` first."
            )
        with turn(self.variables, writes=True):
            for variable, weight in zip(self.variables, weights):
                variable.assign(weight)

    def get_weights(self) -> list[Array]:
        """The values of all variables, in order; all of one moment between two steps."""
        with turn(self.variables):
            return [v.numpy() for v in self.variables]

    def save_own_variables(self, store: Any) -> None:
        """Put the variables into a mapping under "0", "1", ..."""
        for i, variable in enumerate(self.variables):
            store[str(i)] = variable.numpy()

    def load_own_variables(self, store: Any) -> None:
        """Take the variables from a mapping; warns and changes nothing if their number differs."""
        keys = list(store.keys())
        if len(keys) != len(self.variables):
            hint = " This is likely because the optimizer has not been called/built yet." if not self.built else ""
            warnings.warn(
                f"Skipping variable loading for optimizer '{self.name}', because it has "
                f"{len(self.variables)} variables whereas the saved optimizer has {len(keys)} "
                f"variables.{hint}",
                stacklevel=2,
            )
            return
        for i, variable in enumerate(self.variables):
            variable.assign(np.asarray(store[str(i)]))

    # ------------------------------------------------------------------ learning rate
    @property
    def iterations(self) -> Variable:
        """The number of updates made: an int64 variable (with gradient accumulation, a value)."""
        if self.gradient_accumulation_steps:
            return ops.floor_divide(self._iterations, np.int64(self.gradient_accumulation_steps))
        return self._iterations

    @property
    def learning_rate(self) -> Any:
        """The learning rate: a variable, or what the schedule gives now."""
        rate = self._learning_rate
        if isinstance(rate, Variable):
            return rate
        if isinstance(rate, LearningRateSchedule):
            return rate(self._iterations if current() is not None else int(self._iterations.numpy()))
        return rate()

    @learning_rate.setter
    def learning_rate(self, value: Any) -> Any:
        if isinstance(value, LearningRateSchedule) or (callable(value) and not isinstance(value, Variable)):
            if isinstance(self._learning_rate, Variable):
                old = self._learning_rate
                object.__setattr__(self, "_variables", [v for v in self._variables if v is not old])
            self._learning_rate, self._traceable = value, None
            return
        if not isinstance(self._learning_rate, Variable):
            if isinstance(self._learning_rate, LearningRateSchedule):
                raise TypeError(
                    "This optimizer was created with a `LearningRateSchedule` object as its "
                    "`learning_rate` constructor argument, hence its learning rate is not settable. If you "
                    "need the learning rate to be settable, you should instantiate the optimizer with a "
                    "float `learning_rate` argument."
                )
            number("learning_rate", value)
            self._learning_rate = lambda: value
            return
        self._learning_rate.assign(np.asarray(number("learning_rate", getattr(value, "value", value))))

    lr = learning_rate

    @property
    def python_per_batch(self):
        """Whether the learning rate comes from Python code that cannot be traced: call refresh() before each batch."""
        rate = self._learning_rate
        if isinstance(rate, Variable) or type(rate).__module__.startswith("fastnn."):
            return False
        if self._traceable is None:
            self._traceable = isinstance(rate, LearningRateSchedule) and can_be_traced(rate)
        return not self._traceable

    def refresh(self):
        """Ask a learning rate written in plain Python for its value at this iteration."""
        if self.python_per_batch:
            rate = self._learning_rate
            step = int(self._iterations.numpy())
            value = rate(step) if isinstance(rate, LearningRateSchedule) else rate()
            if self._python_rate is None:
                self._python_rate = Variable(np.float64(0.0), dtype="float64", trainable=False, name="learning_rate")
            self._python_rate.assign(np.asarray(value, np.float64).reshape(()))

    def scale_loss(self, loss):
        """The loss times loss_scale_factor (gradients are divided by it again)."""
        return loss if self.loss_scale_factor is None else ops.multiply(loss, np.float32(self.loss_scale_factor))

    # ------------------------------------------------------------------ weight decay
    def exclude_from_weight_decay(self, var_list=None, var_names=None):
        """Leave variables without weight decay: these, or those whose name holds one of the given words.

        Call it before the optimizer is built.
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
        """An optimizer from what get_config returned."""
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
