"""The few upward calls: a lower layer calls what a higher one has registered here.

``eager(op, inputs, attrs)`` evaluates an operation on arrays (registered by ``fastnn.compiler``);
``traced(fn, arrays)`` evaluates a function of symbols on arrays, ``plan(fn, array)`` makes a plan of one,
``kept(key, fn, arrays)`` keeps it (registered by ``fastnn.compiler``); ``kernel(name, args, lo, hi)`` calls a kernel
(registered by ``fastnn.runtime``);
``operator(name, *args)`` calls a function of ``fastnn.ops``;
``draw(kind, key, n, first, second)`` fills a large float32 array with random numbers (registered by
``fastnn.compiler``);
``functional_call(op, inputs, attrs)`` records an operation on symbols of the functional API
(registered by ``fastnn.layers``); ``record(name, function, args, kwargs)`` a call of a public one;
``shape(symbol)`` gives the sizes of a symbol of the functional API;
``stand_alone(symbol)`` makes one that was made by hand an input of functional graphs;
``mask(symbol)`` its mask, ``masks_walked()`` two tables for who walks through models inside of models;
``initializer(name)`` the initializer of a name;
``infer(function, args, kwargs, rules)`` what a function makes of symbols: shapes and dtypes (registered by
``fastnn.layers``);
``random_normal(shape, seed)`` draws float numbers (registered by ``fastnn.random``);
``in_float32(op, inputs, attrs)`` calculates an operation on float16 or bfloat16 in float32 (registered by
``fastnn.ops``); ``in_parts(op, inputs, attrs)`` one on complex numbers, from their real and imaginary parts;
``gather(op, inputs, attrs)``, ``gather_read(variable)``, ``gather_assign(variable, value)``, ``gather_call(key, fn,
values, effect)`` and ``gather_gradients(ys, xs, gys)`` are what calls do whose values nobody has looked at yet,
``changing(variables)`` says that variables are changed otherwise, ``serial(thing)`` numbers what such calls depend on
(registered by ``fastnn.compiler``);
``tape()`` makes a gradient tape (registered by ``fastnn.gradients``), ``symbolic_gradients(ys, xs)`` a node of
gradients, ``structure_version()`` changes with the layers that there are, ``own_structure_version()`` with those of
fastnn's classes (registered by ``fastnn.layers``);
``operation(name)`` is a function of ``fastnn.ops`` (registered by it);
``by_ufunc(ufunc, method, inputs, kwargs)``, ``by_function(function, args, kwargs)``, ``method_of_tensor(x, name)``
are what NumPy's calls make of Tensors (registered by ``fastnn.graph.numpy_calls``);
``shard_sum(array, number)`` is the sum over the shards of a batch, ``functional()`` the class of functional models,
 ``copied(model)`` and ``pickled(model)`` are what copy.deepcopy and
pickle make of a model (registered by ``fastnn.models``).
"""

import importlib
from collections.abc import Callable
from typing import Any

_PROVIDERS = {"operator": "fastnn.ops", "eager": "fastnn.compiler.eager", "traced": "fastnn.compiler.eager",
              "plan": "fastnn.compiler.eager", "kept": "fastnn.compiler.eager",
              "kernel": "fastnn.runtime.pack",
              "in_float32": "fastnn.ops.records.cast", "in_parts": "fastnn.ops.records.in_parts",
              "draw": "fastnn.compiler.eager", "functional_call": "fastnn.layers.events",
              "record": "fastnn.layers.recording", "shape": "fastnn.layers.recording",
              "infer": "fastnn.layers.inference", "random_normal": "fastnn.random",
              "shard_sum": "fastnn.models.meeting",
              "functional": "fastnn.models.functional", "functional_value": "fastnn.models.kept_symbols",
               "copied": "fastnn.models.cloning",
              "pickled": "fastnn.models.cloning", "stand_alone": "fastnn.layers.input_layer",
              "mask": "fastnn.layers.masks", "set_mask": "fastnn.layers.masks", "masks_walked": "fastnn.layers.masks",
              "gather": "fastnn.compiler.gather", "gather_read": "fastnn.compiler.gather",
              "gather_assign": "fastnn.compiler.gather", "gather_call": "fastnn.compiler.gather",
              "gather_gradients": "fastnn.compiler.gather",
              "changing": "fastnn.compiler.gather", "serial": "fastnn.compiler.gather",
              "structure_version": "fastnn.layers.tracking",
              "own_structure_version": "fastnn.layers.tracking", "operation": "fastnn.ops",
              "by_ufunc": "fastnn.graph.numpy_calls",
              "by_function": "fastnn.graph.numpy_calls", "method_of_tensor": "fastnn.graph.numpy_calls",
              "tape": "fastnn.gradients",
              "symbolic_gradients": "fastnn.layers.gradients", "initializer": "fastnn.initializers"}  # fmt: skip
_hooks: dict[str, Callable[..., Any]] = {}


def register(name: str, function: Callable[..., Any]) -> None:
    """Make `function` the one that `call(name, ...)` reaches."""
    _hooks[name] = function


def call(name: str, *args: Any, **kwargs: Any) -> Any:
    """Call a registered hook; its provider is imported on first use."""
    hook = _hooks.get(name)
    if hook is None:
        importlib.import_module(_PROVIDERS[name])
        hook = _hooks[name]
    return hook(*args, **kwargs)
