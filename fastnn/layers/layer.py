"""Layer: a callable with weights; the base of every layer and model."""

from __future__ import annotations

import contextlib
from typing import Any, Self

import numpy as np

from fastnn import regularizers
from fastnn.core import dtypes, results
from fastnn.core.arguments import LAYER_RULES, ChecksArguments, near
from fastnn.core.errors import ArgumentError, ArgumentTypeError, CallOrderError
from fastnn.core.frames import user_line
from fastnn.core.masks import with_mask
from fastnn.core.naming import snake_case
from fastnn.core.types import Tensor, open_signature
from fastnn.core.values import received
from fastnn.graph import Symbol, current
from fastnn.graph.active import casting, casting_to
from fastnn.graph.tensor import Tensor as Lazy
from fastnn.graph.tensor import here as gathering
from fastnn.graph.variable import auto_name
from fastnn.layers import context, gathered, inference, nest, outside, positional, remat, short, signature
from fastnn.layers.attributes import AttributesMixin
from fastnn.layers.calling import CallingMixin
from fastnn.layers.config import ConfigMixin
from fastnn.layers.events import CallEvent, any_functional
from fastnn.layers.history import HistoryMixin
from fastnn.layers.input_spec import assert_input_compatibility
from fastnn.layers.leaf import symbol_like
from fastnn.layers.masking import MaskingMixin
from fastnn.layers.method_wrappers import recorded_build
from fastnn.layers.state import StateMixin
from fastnn.layers.tracking import Tracker
from fastnn.layers.weights import WeightsMixin


class Layer(
    ChecksArguments, AttributesMixin, WeightsMixin, StateMixin, ConfigMixin, HistoryMixin, CallingMixin, MaskingMixin
):
    """A callable with weights.

    Subclass it: make weights in `build(input_shape)` with `add_weight`, and say in `call(inputs)` what is computed,
    with `fastnn.ops` or with operators on the inputs.  `call` may take `training` and `mask`.

    Args:
        activity_regularizer: penalty on its output, added to the loss: a Regularizer, its name, or None.
        trainable: whether the optimizer changes its weights.
        dtype: dtype of its weights and results, by name ("float32"), or a DTypePolicy; the default policy if None.
        autocast: whether float inputs are converted to the dtype that the layer computes in.
        name: str without "/"; made from the class name if None.
        **kwargs: what every layer takes: `name`, `trainable`, `dtype`, `autocast`, `activity_regularizer`; on the first
            layer of a Sequential also the shape of its input: `input_shape`, `input_dim` or `batch_input_shape`.

    Raises:
        ArgumentError (a ValueError): for unknown keyword arguments, and values that do not fit.
        ShapeError (a ValueError): when called on inputs that it cannot take.

    >>> from fastnn import ops
    >>> class Scale(Layer):
    ...     def build(self, input_shape):
    ...         self.w = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="w")
    ...     def call(self, x):
    ...         return x * self.w
    >>> Scale()(np.ones((1, 2), "float32"))
    array([[1., 1.]], dtype=float32)
    """

    _fastnn_layer, argument_rules = True, LAYER_RULES
    _convert_input_args = True  # False, as layers on texts and lists set it: they get what was passed
    KWARGS: tuple[str, ...] = ("input_shape", "input_dim", "batch_input_shape", "batch_shape", "batch_size",
                               "input_dtype", "input_length", "weights", "autocast")  # fmt: skip
    autocast, supports_jit = True, True
    _keeps_dtype = False  # whether integer inputs give integer outputs
    _runs_users_code = False  # True: what it computes is a function of the user, which may do anything at each call
    _marks_itself = True  # in a RematScope: models leave it to the layers in them
    _tracker: Tracker

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "build" in cls.__dict__:
            cls.build = recorded_build(cls.__dict__["build"])

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        if args and isinstance(args[0], Symbol) and cls.__module__.startswith("fastnn.layers."):
            raise ArgumentTypeError(
                f"{cls.__name__}: received {args[0]!r} where it is made. Make the layer first, then call it: "
                f"{cls.__name__}(...)(x)."
            )
        self = super().__new__(cls)
        object.__setattr__(self, "_tracker", Tracker())
        object.__setattr__(self, "_user_line", user_line())
        object.__setattr__(self, "_remat", remat.scope())
        if not cls.__module__.startswith("fastnn."):
            object.__setattr__(self, "_init_arguments", (args, kwargs))
        return self

    def __init__(
        self,
        *,
        activity_regularizer: Any = None,
        trainable: bool = True,
        dtype: Any = None,
        autocast: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(trainable, (bool, np.bool_)):
            raise ArgumentError(
                f"Expected `trainable` to be a boolean. Received: trainable={trainable!r} (of type {type(trainable)})"
            )
        self.name = context.checked_name(name) or auto_name(snake_case(type(self).__name__))
        self.dtype_policy = dtype
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self._trainable, self.autocast = bool(trainable), autocast
        self.built = self._building = False
        self.input_spec = self._path = self._build_shapes = self._called = None
        self._inbound_nodes, self._losses, self._loss_functions = [], [], []
        self._take_input_shape(kwargs)
        if self._says_masks or "compute_mask" in type(self).__dict__:
            self.supports_masking = True
        if kwargs:
            meant = near(kwargs, type(self), self.KWARGS)
            raise ArgumentError(f"Unrecognized keyword arguments passed to {type(self).__name__}: {kwargs}{meant}")

    # ---- building -------------------------------------------------------------------------------------

    @open_signature
    def build(self, input_shape: Any = None) -> None:
        """Make the weights; called once, before the first call, with the shape(s) of its input.

        A layer that does not say how it is built has its sub-layers built by tracing its `call`.

        Args:
            input_shape: a tuple of ints, None for sizes that vary; a structure of them for several inputs.
        """
        given = input_shape is not None and type(self).build is Layer.build  # one of its own may still make weights
        if given and any(not layer.built for layer in self._flatten_layers(include_self=False)):
            self._path = self._path or self.name
            symbols = nest.map_shapes(lambda s: symbol_like(s, self.compute_dtype), input_shape)
            inference.infer(self._call_inner, (symbols,), {})
        self._build_shapes = {"input_shape": input_shape}
        self.built = True

    def _build_at_init(self):
        """Mark a layer without weights as built when it is made; what a subclass builds is still to come."""
        self.built = type(self).build is Layer.build

    def _maybe_build(self, args, kwargs):
        if self.built:
            return
        with casting_to(None):
            self._build_once(args, kwargs)

    def _build_once(self, args, kwargs):
        call = signature.of(type(self).call)
        build_args, build_kwargs = signature.build_arguments(type(self).build, call, args, kwargs)
        if type(self).build is Layer.build:
            with context.name_scope(self):
                self._path = context.path()
            self._build_shapes = {"input_shape": build_args[0]} if build_args else None
            return  # sub-layers build themselves when `call` reaches them
        signature.build(self, build_args, build_kwargs)
        self._after_build()

    def _after_build(self):
        self.built = True
        if self._initial_weights is not None:
            self.set_weights(self._initial_weights)
            self._initial_weights = None

    @open_signature
    def call(self, *args: Any, **kwargs: Any) -> Tensor:
        """What the layer computes; subclasses say.

        Args:
            inputs: an array or symbol, its first axis the batch, or a structure of them: `args[0]`.
            training: whether dropout drops and statistics are those of the batch; None: what the call around it says.
            mask: booleans, False where a step is left out; found with the inputs if it is not given.
            *args, **kwargs: what a subclass takes.
        """
        raise NotImplementedError(f"Layer {type(self).__name__} does not have a `call` method implemented.")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if "_trainable" not in self.__dict__:
            raise CallOrderError(
                f"In layer {type(self).__name__}, you forgot to call `super().__init__()` as the first "
                "statement of the `__init__()` method."
            )
        if current() is None:
            kind = type(args[0]) if len(args) == 1 else None
            alone = kind is Lazy or kind in results.ARRAYS
            if alone and not kwargs and kind is not Lazy and self._short_way(args[0]):
                plan = short.way(self, args[0])
                if plan is not None and not plan.stale:
                    self._clear_losses()
                    return plan(args[0])
            alone = alone and (not kwargs or (len(kwargs) == 1 and "training" in kwargs))
            if not alone and any_functional(args, kwargs):
                return self._call_functional(args, kwargs)
            if gathering.recording or gathering.log is not None:
                if (found := gathered.layer_call(Layer.__call__, self, args, kwargs, alone)) is not gathered.UNHASHED:
                    return found
        args = self._convert(args)
        kwargs = self._convert(kwargs)
        call = signature.of(type(self).call)
        if self._called is None:
            object.__setattr__(self, "_called", True)
        first = call.first(args, kwargs)
        if first is None:
            call.need_first(self.name, args, kwargs)
        assert_input_compatibility(self.input_spec, first, self.name)
        outer = context.active()
        if outer is None and current() is None:
            self._clear_losses()
        passed = self._take_passed(call, kwargs, outer) if self._passes else None
        given = call.named(args, kwargs).get("training") is not None
        training = self._resolve_training(call, args, kwargs, outer)
        if call.takes("training") and "training" not in call.named(args, {}):
            kwargs["training"] = training
        elif not call.takes("training") and not call.open:
            kwargs.pop("training", None)  # meant for the layers inside, which find it in the context
        with context.entered(training, given, self._tracker) as here, context.name_scope(self):
            if passed:
                here.passed = {**here.passed, **passed}
            if not self.built:
                self._maybe_build(args, kwargs)
            mask = self._resolve_mask(call, args, kwargs, first)
            outputs = self._run(args, kwargs)
            self.built = True
            if self.activity_regularizer is not None:
                self._add_activity_loss(outputs)
            self._mask_outputs(first, mask, outputs)
        if outer is None and current() is None:
            return nest.map_structure(
                lambda x: with_mask(results.own(x), here.masks.get(id(x), (None, None))[1]), outputs
            )
        return outputs

    def _short_way(self, x):
        """Whether a call on one array and nothing else may be one plan: see layers/short.py."""
        return (
            x.dtype == self.compute_dtype
            and x.dtype.char in "fd"
            and self._called is not None
            and not gathering.recording
            and gathering.log is None
            and context.active() is None
        )

    def _run(self, args, kwargs):
        with self._weights_as_computed():
            return self._run_inside(args, kwargs)

    def _weights_as_computed(self):
        """Inside, float weights are seen in the dtype that the layer computes in."""
        policy = self.dtype_policy
        to = policy.compute_dtype if self.autocast and policy.compute_dtype != policy.variable_dtype else None
        return _AS_THEY_ARE if to == casting() else casting_to(to)

    def _run_inside(self, args, kwargs):
        trace = current()
        if trace is None:
            return self.call(*args, **kwargs)
        if trace.building and "taped" not in trace.extra and inference.has_rule(type(self)):
            return inference.by_rule(self, trace, args, kwargs)
        again = self._remat is not None and self._marks_itself and self._remat.applies(self.name)
        with trace.scope(context.path()), self._remat.marked(trace) if again else contextlib.nullcontext():
            return self.call(*args, **kwargs)

    def _convert(self, structure):
        """Arrays and float symbols in the dtype of the layer's inputs; lists of numbers as arrays."""

        def leaf(x):
            x = gathered.lifted(x)
            if type(x) is Lazy and x._value is not None and not gathering.recording and current() is None:
                x = with_mask(x.array, x._mask if type(x._mask) is not Lazy else x._mask.array)
            if not self._convert_input_args:
                return results.shown(x) if type(x) is np.ndarray else x
            if isinstance(x, Symbol):
                if self.autocast and x.dtype != self.input_dtype and dtypes.is_float(x.dtype):
                    converted, mask = x.astype(self.input_dtype), context.get_mask(x)
                    if mask is not None:
                        context.set_mask(converted, mask)
                    return converted
                return x
            if isinstance(x, memoryview):
                x = np.asarray(x)
            if not hasattr(x, "__array__") or hasattr(x, "_fastnn_variable"):
                return x.toarray() if hasattr(x, "toarray") else x  # a sparse matrix
            array = x if isinstance(x, (np.ndarray, np.generic)) else np.asarray(x)
            array = received(array, dtypes.numpy_type(self.input_dtype) if self.autocast else None)
            if not type(self).__module__.startswith("fastnn."):
                return with_mask(results.shown(array), context.get_mask(x))
            return array if array is x else with_mask(array, context.get_mask(x))

        if isinstance(structure, tuple):
            structure = positional.arguments(self, structure)
        return nest.map_structure(leaf, structure)

    def _resolve_training(self, call, args, kwargs, outer):
        given = call.named(args, kwargs).get("training")
        trace = current()
        told = None if trace is None or "step" in trace.extra else trace.training  # steps say it in their calls
        for value in (given, outer and outer.training, told, call.default("training")):
            if value is not None:
                if getattr(value, "ndim", 0):
                    raise ArgumentTypeError(
                        f"Layer '{self.name}': received an array of shape {tuple(value.shape)} for `training`, "
                        "expected True, False or None. Several inputs go into one list: layer([a, b])."
                    )
                return bool(value)
        return False

    def _call_functional(self, args, kwargs):
        """A call on symbols of the functional API: check, build, infer, record."""
        call = signature.of(type(self).call)
        args = positional.arguments(self, args)
        call.require(type(self).__name__, args, kwargs, ("training", *self._passes))
        first = call.first(args, kwargs)
        assert_input_compatibility(self.input_spec, first, self.name)
        with context.name_scope(self):
            if not self.built:
                self._maybe_build(args, kwargs)
            outputs, *unpassed = outside.spec_of(self, args, kwargs, inference.spec_of, inference.of_call)
            self.built = True
        return CallEvent(self, args, kwargs, outputs, None, *unpassed).output

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        """A call on symbols: recorded, not computed.

        Args:
            *args, **kwargs: what the layer is called with, with symbols among it.
        """
        return self._call_functional(args, kwargs)

    @open_signature
    def compute_output_shape(self, input_shape: Any) -> Any:
        """The output shape for an input shape; found by tracing `call` unless a subclass says it.

        Args:
            input_shape: a tuple of ints, None for sizes that vary; a structure of them for several inputs.
        """
        if type(self).call is Layer.call:
            raise NotImplementedError(
                f"Layer {type(self).__name__} does not have a `compute_output_shape` method implemented. Should "
                "implement `def compute_output_shape(self, input_shape)`, or `call`."
            )
        symbols = nest.map_shapes(lambda s: symbol_like(s, self.compute_dtype), input_shape)
        if not self.built:
            self.build(input_shape)
        return signature.shapes_of(inference.infer(self.call, (symbols,), {}))

    @open_signature
    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Shape and dtype of the output(s) for symbols as inputs.

        Args:
            *args, **kwargs: what `call` takes (`inputs`, `training`, `mask`, ...), symbols or KerasTensors for arrays.
        """
        if type(self).compute_output_shape is Layer.compute_output_shape:
            return inference.of_call(self, args, kwargs)
        first = args[0] if args else next(iter(kwargs.values()))
        rule, call = type(self).compute_output_shape, signature.of(type(self).call)
        shape = rule(self, *(found := signature.build_arguments(rule, call, args, kwargs))[0], **found[1])
        if type(shape) is list and len(shape) == 1 and isinstance(shape[0], (tuple, list)):  # Keras 2's way to say one
            return inference.of_call(self, args, kwargs)
        dtype = self.compute_dtype
        leaf = nest.flatten(first)[0]
        if self._keeps_dtype and not dtypes.is_float(leaf.dtype):
            dtype = leaf.dtype
        return nest.map_shapes(lambda s: symbol_like(s, dtype), shape)

    def _call_inner(self, *args, **kwargs):
        """`call` with inputs converted, for inference: nested layers see a context."""
        inside = context.entered(kwargs.get("training"), False, self._tracker)
        with inside, context.name_scope(self), self._weights_as_computed():
            return self.call(*self._convert(args), **self._convert(kwargs))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.__dict__.get('built', False)}>"


_AS_THEY_ARE = contextlib.nullcontext()
