"""Making the weights of a layer."""

from __future__ import annotations

from typing import Any

from fastnn import constraints, initializers, regularizers
from fastnn.core import dtypes
from fastnn.core.errors import ArgumentTypeError, ShapeError
from fastnn.graph import Variable
from fastnn.graph.active import paused
from fastnn.graph.variable import auto_name
from fastnn.layers import context
from fastnn.layers.method_wrappers import named_from_the_fourth


class WeightsMixin:
    """add_weight, and its older name, of a Layer; and what arguments about weights mean in every layer.

    Args:
        ..._initializer: first values of the weight of that name: an Initializer, its name, or a function (shape, dtype)
            that gives an array.
        ..._regularizer: penalty on the weight of that name, added to the loss: a Regularizer, its name, or None.
        ..._constraint: what the weight of that name becomes after each update: a Constraint, its name, or None.
    """

    name: str
    variable_dtype: Any
    _trainable: bool
    _path: str | None
    _tracker: Any

    @named_from_the_fourth
    def add_weight(
        self,
        shape: Any = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        aggregation: str | None = "none",
        overwrite_with_gradient: bool = False,
        name: str | None = None,
        **kwargs: Any,
    ) -> Variable:
        """Make a weight.

        Args:
            shape: tuple of ints; () or None for a scalar.
            initializer: an Initializer, its name or a function (shape, dtype); glorot_uniform (zeros for integers) if
                None.
            dtype: dtype name, the layer's own if None.
            trainable: whether the optimizer changes it.
            autocast: whether it is seen in the dtype that the layer computes in.
            regularizer: penalty on it, added to the loss, or None.
            constraint: what it becomes after each update, or None.
            aggregation: how replicas would be put together, kept as an attribute: "none", "mean", "sum" or
                "only_first_replica".
            overwrite_with_gradient: whether its gradient replaces it, as with the scales of float8.
            name: its name inside the layer; made if None.
            **kwargs: older arguments, which have no effect: `synchronization`, `use_resource`, `getter`, `collections`,
                `experimental_autocast`, `partitioner`.

        Returns the Variable.  Arguments behind `dtype` are named.
        """
        for old in ("synchronization", "use_resource", "getter", "collections", "experimental_autocast", "partitioner"):
            kwargs.pop(old, None)
        if kwargs:
            raise ArgumentTypeError(f"add_weight() got an unexpected keyword argument '{sorted(kwargs)[0]}'")
        shape = () if shape is None else (shape,) if hasattr(shape, "__index__") else tuple(shape)
        if any(d is not None and not hasattr(d, "__index__") for d in shape):
            raise ShapeError(
                f"add_weight in layer '{self.name}': Cannot convert '{shape!r}' to a shape: expected a tuple of ints "
                "(// divides to an int)."
            )
        if any(d is None for d in shape):
            raise ShapeError(
                f"add_weight in layer '{self.name}': every dimension of a weight must be known; received shape={shape}."
            )
        dtype = dtypes.standardize(dtype, self.variable_dtype)
        if initializer is None:
            initializer = "glorot_uniform" if dtypes.is_float(dtype) else "zeros"
        called = name or auto_name("variable")
        with context.name_scope(self), paused():
            variable = Variable(
                initializers.get(initializer),
                shape=shape,
                dtype=dtype,
                trainable=trainable,
                aggregation=aggregation,
                name=called,
                regularizer=regularizers.get(regularizer),
                constraint=constraints.get(constraint),
                autocast=autocast,
            )
            variable.overwrite_with_gradient = overwrite_with_gradient
            variable.path = f"{self._path or context.path()}/{called}"
        self._tracker.enter(variable)
        if not self._trainable:
            variable.trainable = False
        return variable

    def add_variable(
        self,
        shape: Any = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> Variable:
        """add_weight with the arguments at Keras's other places.

        Args:
            shape, initializer, dtype, trainable, autocast, regularizer, constraint, name, **kwargs: as of `add_weight`.
        """
        given = {"trainable": trainable, "autocast": autocast, "regularizer": regularizer, "constraint": constraint}
        return self.add_weight(shape, initializer, dtype, name=name, **given, **kwargs)
