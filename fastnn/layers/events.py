"""Call events: what the functional API records when a layer or an operation is called on symbols.

Who owns whom, so that dropping a model frees it at once: a symbol holds its event, an event the symbols it was
called with and its operation; an operation knows its events only weakly, and an event its result symbols.
"""

import inspect
import itertools
import weakref
from typing import Any

from fastnn.core import hooks
from fastnn.core.arguments import name_of
from fastnn.core.errors import GraphError, NotSupportedError
from fastnn.core.naming import camel_case, snake_case
from fastnn.graph import Spec, Symbol, Trace, current
from fastnn.graph.lifetime import passing
from fastnn.graph.node import STAND_ALONE
from fastnn.graph.variable import auto_name
from fastnn.layers import nest, op_rules
from fastnn.layers.leaf import symbol_like
from fastnn.ops import public

_serial = itertools.count()


class Noted(weakref.ref):
    """A call event that its operation knows weakly, and what it says while somebody holds it."""

    __slots__ = ()

    def __getattr__(self, name):
        event = None if name.startswith("__") else self()
        if event is None:
            raise AttributeError(f"The call of a layer has no {name!r}: nobody holds its results any more.")
        return getattr(event, name)


def _kept(value):
    """A value with lists and dicts of its own, which nobody changes after the call."""
    if type(value) in (list, tuple):
        return type(value)(map(_kept, value))
    return {k: _kept(v) for k, v in value.items()} if type(value) is dict else value


class CallEvent:
    """One call of `operation` (a layer, a model or an Operation) in the functional API.

    args, kwargs: as called, with symbols inside.  specs: shape and dtype of each result.  structure: how the
    results are nested.  index: the how-many-th call of the operation it is, from 0.  serial: its place in the order
    of all calls.  outside: (symbol, symbol that now stands in its place) for each that the operation uses unpassed.
    held: where it has them (layers/outside.py).
    """

    __slots__ = ("operation", "args", "kwargs", "specs", "structure", "names", "index", "serial", "outside", "held",
                 "_outputs", "__weakref__")  # fmt: skip

    def __init__(self, operation, args, kwargs, outputs, names=None, outside=(), held=()):
        self.operation, self.outside, self.held = operation, outside, held
        self.args, self.kwargs = _kept(args), _kept(kwargs)
        flat = nest.flatten(outputs)
        if (bare := next((x for x in flat if not hasattr(x, "shape")), self)) is not self:
            raise GraphError(
                f"All operation outputs must be tensors. Operation {operation!r} returned a non-tensor. Non-tensor "
                f"received: {bare!r:.80}. What `call` returns goes into the graph: return a tensor."
            )
        self.specs = [Spec(tuple(s.shape), s.dtype) for s in flat]
        self.structure = nest.map_structure(lambda s: None, outputs)
        self.names = names or [None] * len(flat)
        self._outputs = [None] * len(flat)
        self.index, self.serial = len(operation._inbound_nodes), next(_serial)
        operation._inbound_nodes.append(Noted(self))
        if self.index == 0 and not self.is_input and hasattr(operation, "_first_made"):
            object.__setattr__(operation, "_first_made", FirstCall(self))

    @property
    def is_input(self):
        """Whether it stands for an Input: nothing was passed."""
        return not self.args and not self.kwargs

    @property
    def inputs(self):
        """The symbols among the arguments, in order, and those that are used unpassed."""
        return [x for x in nest.flatten([self.args, self.kwargs]) if is_functional(x)] + [x for _, x in self.outside]

    @property
    def parent_nodes(self):
        """The calls whose results it was made with, each once."""
        return list({id(x.origin): x.origin for x in self.inputs}.values())

    input_tensors = inputs

    @property
    def inbound_layers(self):
        """The layers that made what it was called with: one alone, or a list of them."""
        found = [x.origin.operation for x in self.inputs]
        return found[0] if len(found) == 1 else found

    def result(self, index):
        """Result number `index` as a symbol; the same one while somebody holds it."""
        symbol = self._outputs[index] and self._outputs[index]()
        if symbol is None:
            spec = self.specs[index]
            name = self.names[index] or auto_name("keras_tensor")
            made = getattr(self.operation, "result_class", Symbol)
            sparse = self.is_input and getattr(self.operation, "sparse", False)
            symbol = made(spec.shape, spec.dtype, sparse=sparse, name=name, index=index, origin=self)
            self.names[index] = name
            self._outputs[index] = weakref.ref(symbol)
        return symbol

    def stands_for(self, symbol):
        """Make `symbol`, which was there before, the first result."""
        self._outputs[0] = weakref.ref(symbol)

    @property
    def outputs(self):
        """The result symbols, as a list."""
        return [self.result(i) for i in range(len(self.specs))]

    output_tensors = outputs

    @property
    def output(self):
        """The results, nested as the operation returned them."""
        return nest.pack(self.structure, self.outputs)

    @property
    def input(self):
        """The symbols it was called with, nested as they were passed; a single one without a list around it."""
        if self.is_input:
            return self.output
        if len(self.args) == 1 and not any(is_functional(x) for x in nest.flatten(self.kwargs)):
            return self.args[0]
        found = self.inputs
        return found[0] if len(found) == 1 else found

    def __repr__(self):
        return f"<call {self.index} of {self.operation.name}>"


class FirstCall:
    """What a layer's first call was, kept by the layer itself: its `output` is there though nobody has held it.

    It does not hold the layer, so no circle keeps a dropped model.  A copy of the layer has not been called.
    """

    __slots__ = ("parts",)
    PARTS = "args", "kwargs", "specs", "structure", "names", "index", "serial", "outside"

    def __init__(self, event):
        self.parts = [getattr(event, name) for name in self.PARTS]

    def again(self, operation):
        """The call event, made again for the operation that it was a call of."""
        event = CallEvent.__new__(CallEvent)
        event.operation = operation
        for name, part in zip(self.PARTS, self.parts):
            setattr(event, name, part)
        event._outputs = [None] * len(event.specs)
        operation._inbound_nodes[event.index] = Noted(event)
        return event

    def __deepcopy__(self, memo):
        return None

    def __reduce__(self):
        return type(None), ()


def is_functional(value):
    """Whether `value` is a symbol of the functional API; one made by hand becomes an input."""
    if not isinstance(value, Symbol):
        return False
    if value.origin is STAND_ALONE:
        value.name = value.name or auto_name("keras_tensor")
        hooks.call("stand_alone", value)
    return isinstance(value.origin, CallEvent)


def any_functional(*structures):
    """Whether a symbol of the functional API is somewhere inside."""
    return any(is_functional(x) for x in nest.flatten(structures))


def history(symbol):
    """(operation, call number, result number) of a functional symbol."""
    return symbol.origin.operation, symbol.origin.index, symbol.index


def live_events(operation):
    """The call events of an operation that still belong to some symbol or model, in call order."""
    return [e for e in (ref() for ref in operation._inbound_nodes) if e is not None]


class Operation:
    """What a functional graph holds besides layers; calling it on functional symbols records a call event.

    result_class: the class of the symbols that a call gives.
    """

    result_class = Symbol

    def __init__(self, name: str | None) -> None:
        self.name, self._inbound_nodes = name, []

    def __call__(self, *args, **kwargs):
        if current() is None and any_functional(args, kwargs):
            return CallEvent(self, args, kwargs, self.infer(args, kwargs)).output
        return self.run(*args, **kwargs)

    def __repr__(self):
        return f"<operation {self.name}>"


class PublicCall(Operation):
    """A public operation of fastnn.ops: its row in the table of Keras's classes, its function, its config.

    Raises NotSupportedError where its result on symbols is not one.
    """

    def __init__(self, row: Any, function: Any, config: Any, name: str | None = None) -> None:
        super().__init__(name_of(name) or auto_name(snake_case(row.class_name)))
        self.row, self.function, self.config = row, function, config

    @property
    def kind(self):
        """The name of Keras's class."""
        return self.row.class_name

    @property
    def options(self):
        """Its arguments that are no symbols, with the function's defaults."""
        given = inspect.signature(self.function).parameters.values()
        return {**{p.name: p.default for p in given if p.default is not p.empty}, **self.config}

    def run(self, *args, **kwargs):
        """The function on these."""
        args, kwargs = public.joined(self.row, self.function, self.config, args, kwargs)
        return self.function(*args, **kwargs)

    def infer(self, args, kwargs):
        """Shapes and dtypes of the results."""
        given, named = public.joined(self.row, self.function, self.config, args, kwargs)
        found = op_rules.by_rule(self.row.function, given, named)
        if found is not None:
            return found
        found = nest.map_structure(
            lambda x: symbol_like((), "int32") if type(x) is int else x,
            hooks.call("infer", self.run, args, kwargs, rules=True),
        )
        if not all(hasattr(x, "shape") for x in nest.flatten(found)):
            raise NotSupportedError(
                f"{self.row.function}: its result on symbols is {found!r}, which cannot be a part "
                "of a functional graph; call it inside the `call` of a layer."
            )
        return found


class OpCall(Operation):
    """An operation's record and its attributes: what is recorded where no public operation was called."""

    def __init__(self, op: Any, attrs: Any, name: str | None = None, absent: Any = ()) -> None:
        super().__init__(name_of(name) or auto_name(op.name))
        self.op, self.attrs, self.absent = op, attrs, absent

    @property
    def options(self):
        """Its arguments that are no symbols."""
        return self.attrs

    @property
    def kind(self):
        """The operation's name in CamelCase, as Keras calls its class."""
        return camel_case(self.op.name)

    def _filled(self, inputs):
        inputs = list(inputs)
        for position in self.absent:
            inputs.insert(position, None)
        return inputs

    def run(self, *inputs):
        """The operation applied."""
        return self.op(*self._filled(inputs), **self.attrs)

    def infer(self, args, kwargs):
        """Shapes and dtypes of the results."""
        specs = []
        for x in self._filled(args):
            if x is None or isinstance(x, Symbol):
                specs.append(x if x is None else x.spec)
            else:
                specs.append(_spec_of_value(x))
        return _fields(self.op.infer(specs, self.attrs))


def functional_call(op, inputs, attrs):
    """What `fastnn.graph.apply` does outside a trace when symbols are among the inputs: record a call event."""
    for x in inputs:
        if isinstance(x, Symbol) and not is_functional(x):
            raise GraphError(
                f"{op.name}: {x!r} belongs to a trace that has ended. Use symbols only inside the call "
                "(of a layer, loss or metric) that received them."
            )
    absent = tuple(i for i, x in enumerate(inputs) if x is None)
    return OpCall(op, attrs, absent=absent)(*(x for x in inputs if x is not None))


def _fields(specs):
    return symbol_like(*specs) if isinstance(specs, Spec) else tuple(symbol_like(*spec) for spec in specs)


def _spec_of_value(value):
    """The spec of an array, number or variable among symbols."""
    if hasattr(value, "_fastnn_variable"):
        return Spec(value.shape, value.dtype)
    with passing():
        constant = Trace().constant(value)
    return Spec(constant.shape, constant.dtype)


hooks.register("functional_call", functional_call)
