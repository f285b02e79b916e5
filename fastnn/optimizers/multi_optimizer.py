"""MultiOptimizer: each variable by an optimizer of its own; OptimizerMap, from paths of variables to optimizers."""

import re
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any

import numpy as np

from fastnn import ops
from fastnn.core.errors import ArgumentError, ArgumentTypeError
from fastnn.optimizers.loss_scale_optimizer import LossScaleOptimizer
from fastnn.optimizers.optimizer import Optimizer
from fastnn.optimizers.wrapping import Wrapping
from fastnn.saving import identifiers as serial
from fastnn.saving.serialization import serialize_object


class OptimizerMap(MutableMapping[str, Optimizer]):
    """Optimizers under paths of variables, or regular expressions that match whole paths.

    Args:
        default_optimizer: Optimizer of variables that nothing matches.
        optimizer_map: dict {path or expression: Optimizer} or None.

    Raises ArgumentTypeError for a default that is no Optimizer, ArgumentError where two expressions match a path.

    >>> from fastnn.optimizers import SGD, Adam
    >>> found = OptimizerMap(SGD(name="rest"), {"encoder/.*": Adam(name="coder")})
    >>> found["encoder/dense/kernel"].name, found["head/kernel"].name
    ('coder', 'rest')
    """

    def __init__(self, default_optimizer: Optimizer, optimizer_map: dict[str, Optimizer] | None = None) -> None:
        if not isinstance(default_optimizer, Optimizer):
            raise ArgumentTypeError(
                f"default_optimizer must be a Keras Optimizer instance. Received: {default_optimizer}"
            )
        if optimizer_map is not None and not isinstance(optimizer_map, dict):
            raise ArgumentTypeError(f"optimizer_map must be a dictionary. Received: {optimizer_map}")
        self._default_optimizer, self._optimizer_map = default_optimizer, optimizer_map or {}

    @property
    def default_optimizer(self) -> Optimizer:
        """The optimizer of variables that nothing matches."""
        return self._default_optimizer

    def __getitem__(self, key: str) -> Optimizer:
        if key in self._optimizer_map:
            return self._optimizer_map[key]
        found = [pattern for pattern in self._optimizer_map if re.fullmatch(pattern, key)]
        if len(found) > 1:
            raise ArgumentError(f"Multiple optimizers assigned to variable {key}. Matching: {', '.join(found)}.")
        return self._optimizer_map[found[0]] if found else self._default_optimizer

    def __setitem__(self, key: str, optimizer: Optimizer) -> None:
        if key in self._optimizer_map:
            raise ArgumentError(
                f"'{key}' already exists in the OptimizerMap with value {self._optimizer_map[key]}. Please make sure "
                "to not use duplicated keys."
            )
        if not isinstance(key, str):
            raise ArgumentError(f"key must be a string. Received: {key}")
        if not isinstance(optimizer, Optimizer):
            raise ArgumentError(f"optimizer must be a Keras Optimizer instance. Received: {optimizer}")
        for kind in (LossScaleOptimizer, MultiOptimizer):
            if isinstance(optimizer, kind):
                raise ArgumentError(f"optimizer cannot be {kind.__name__}.")
        self._optimizer_map[key] = optimizer

    def __delitem__(self, key: str) -> None:
        del self._optimizer_map[key]

    def __len__(self) -> int:
        return len(self._optimizer_map)

    def __iter__(self) -> Iterator[str]:
        return iter(self._optimizer_map)

    def __call__(self, variable: Any) -> Optimizer:
        """The optimizer of a variable, by its path."""
        return self[variable.path]

    def get_config(self):
        """The arguments as configs."""
        return {
            "default_optimizer": serial.serialize(self._default_optimizer),
            "optimizer_map": {key: serial.serialize(o) for key, o in self._optimizer_map.items()},
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A map from what get_config returned.

        Args:
            config: a dict that get_config returned.
            custom_objects: {name: class} for names that fastnn does not know, or None.
        """
        made = lambda c: serial.deserialize(c, "optimizers", custom_objects) if isinstance(c, dict) else c
        return cls(made(config["default_optimizer"]), {k: made(c) for k, c in config["optimizer_map"].items()})


class MultiOptimizer(Wrapping):
    """An optimizer that leaves each variable to one of several others.

    Args:
        optimizer_map: OptimizerMap, or a function from a variable to an Optimizer (the same object for variables that
            belong together).
        loss_scale_factor: float: what the loss is multiplied by, in place of that of the optimizers inside; None:
            theirs.
        name: str; None: the class name in snake case, numbered.

    The optimizers are in `optimizers`; each has its own learning rate and iterations, and this one has no
    `learning_rate` (an AttributeError).

    >>> from fastnn.optimizers import SGD
    >>> from fastnn.graph import Variable
    >>> slow, fast = SGD(0.1), SGD(1.0)
    >>> v, w = Variable([1.0], name="v"), Variable([1.0], name="w")
    >>> optimizer = MultiOptimizer(lambda variable: slow if variable is v else fast)
    >>> optimizer.apply([np.array([1.0], "float32")] * 2, [v, w])
    >>> v.numpy().round(3), w.numpy()
    (array([0.9], dtype=float32), array([0.], dtype=float32))
    """

    _inner_optimizers: list[Optimizer]

    def __init__(
        self,
        optimizer_map: "OptimizerMap | Callable[[Any], Optimizer]",
        loss_scale_factor: float | None = None,
        name: str | None = None,
    ) -> None:
        object.__setattr__(self, "_inner_optimizers", [])
        super().__init__(0.0, loss_scale_factor=loss_scale_factor, name=name)
        self._optimizer_map = optimizer_map
        self._owners: list[int] = []
        if isinstance(optimizer_map, OptimizerMap):
            for optimizer in [*optimizer_map.values(), optimizer_map.default_optimizer]:
                self._place(optimizer)

    def _inner(self):
        return self._inner_optimizers

    def _place(self, optimizer):
        """The position of an optimizer in `optimizers`, where it is added if it is new."""
        for i, known in enumerate(self._inner_optimizers):
            if known is optimizer:
                return i
        optimizer.loss_scale_factor = self.loss_scale_factor
        self._inner_optimizers.append(optimizer)
        return len(self._inner_optimizers) - 1

    def build(self, variables):
        """Ask the map for the optimizer of each variable, and make the variables of those.

        Args:
            variables: the model variables.
        """
        if self.built:
            return
        variables = list(variables)
        chosen = [self._optimizer_map(v) for v in variables]
        for v, optimizer in zip(variables, chosen):
            if not isinstance(optimizer, Optimizer):
                raise ArgumentError(f"Optimizer for variable {v} is not an Optimizer instance. Received: {optimizer!r}")
            for kind in (LossScaleOptimizer, MultiOptimizer):
                if isinstance(optimizer, kind):
                    raise ArgumentError(f"{kind.__name__} cannot be used inside an MultiOptimizer.")
        self._owners = [self._place(optimizer) for optimizer in chosen]
        for i, optimizer in enumerate(self._inner_optimizers):
            own = [v for v, owner in zip(variables, self._owners) if owner == i]
            if own:
                optimizer.build(own)
        super().build(variables)

    def _var_key(self, variable):
        return id(variable)

    @property
    def _var_to_optimizer_idx(self):
        return {self._var_key(v): owner for v, owner in zip(self._trainable, self._owners)}

    @property
    def optimizers(self) -> list[Optimizer]:
        """The optimizers inside: those of the map, its default, then those that a function named, as they came."""
        return self._inner_optimizers

    def _by_owner(self, items, variables):
        """[(optimizer, its part of items)] where that part is not empty."""
        parts = [[] for _ in self._inner_optimizers]
        for item, v in zip(items, variables):
            parts[self._owners[self._get_variable_index(v)]].append(item)
        return [(optimizer, part) for optimizer, part in zip(self._inner_optimizers, parts) if part]

    def _step(self, grads, variables, prepared):
        for optimizer, pairs in self._by_owner(list(zip(grads, variables)), variables):
            optimizer.apply([g for g, _ in pairs], [v for _, v in pairs])
        self._iterations.assign(ops.add(self._iterations, np.int64(1)))

    @property
    def loss_scale_factor(self):
        """What the loss was multiplied by; setting it sets that of all optimizers inside."""
        return self.__dict__.get("_loss_scale_factor")

    @loss_scale_factor.setter
    def loss_scale_factor(self, value):
        self.__dict__["_loss_scale_factor"] = value
        for optimizer in self._inner_optimizers:
            optimizer.loss_scale_factor = value

    @property
    def learning_rate(self):
        """An AttributeError: each optimizer inside has its own."""
        raise AttributeError(
            "Learning rate cannot be accessed on a MultiOptimizer. Access the learning rate on the individual "
            "sub-optimizers instead."
        )

    @learning_rate.setter
    def learning_rate(self, value):
        raise AttributeError(
            "Learning rate cannot be set on a MultiOptimizer. Set the learning rate on the individual sub-optimizers "
            "instead."
        )

    lr = learning_rate

    def finalize_variable_values(self, var_list):
        """Put the moving averages of the optimizers inside into the model.

        Args:
            var_list: the Variables that have averages.
        """
        for optimizer, own in self._by_owner(var_list, var_list):
            optimizer.finalize_variable_values(own)

    def get_config(self):
        """The arguments; the map with the configs of its optimizers."""
        return {
            "optimizer_map": serialize_object(self._optimizer_map),
            "loss_scale_factor": self.loss_scale_factor,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """An optimizer from what get_config returned.

        Args:
            config: a dict that get_config returned.
            custom_objects: {name: class} for names that fastnn does not know, or None.
        """
        found = serial.deserialize(config["optimizer_map"], "optimizers", custom_objects)
        return cls(**{**config, "optimizer_map": found})
