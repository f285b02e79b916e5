"""Second derivatives: gradients of operations that are gradients themselves, from what they compute in simple steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fastnn.core import dtypes
from fastnn.graph.autodiff import gradients
from fastnn.graph.node import Node
from fastnn.graph.trace import active
from fastnn.ops.forms import affine
from fastnn.ops.op import Gradients, R

Formula = Callable[..., Any]


def by_parts(formula: Formula) -> Callable[[Node, Gradients], Sequence[Any]]:
    """A gradient rule: that of the formula, in place of the kernel that computes the same at once.

    Args:
        formula: (*inputs, **attributes) -> what the operation gives, a symbol or a tuple, by operations with rules of
            their own; inputs that are left out are None.

    The formula's values are not computed where no derivative needs them: such nodes are dead.
    """

    def rule(node: Node, gys: Gradients) -> Sequence[Any]:
        found = formula_gradients(formula, node.inputs, node.attrs, gys)
        first = {
            id(x): i for i, x in reversed(list(enumerate(node.inputs)))
        }  # an input that is there twice counts once
        return [g if x is not None and first[id(x)] == i else None for i, (x, g) in enumerate(zip(node.inputs, found))]

    return rule


def formula_gradients(formula: Formula, inputs: Sequence[Any], attrs: Any, gys: Sequence[Any]) -> list[Any]:
    """The gradients of formula(*inputs, **attrs) along each input, through nothing but the formula's own nodes."""
    trace = active("a second derivative")
    start, targets = len(trace.nodes), trace.marks.targets
    value = formula(*inputs, **attrs)
    made = frozenset(trace.nodes[start:])
    outputs = value if isinstance(value, tuple) else (value,)
    pairs = [(y, g) for y, g in zip(outputs, gys) if g is not None]
    along = [x for x in inputs if x is not None and dtypes.is_float(x.dtype)]
    found = gradients([y for y, _ in pairs], along, [g for _, g in pairs], made.__contains__)
    trace.marks.targets = targets
    known = dict(zip(map(id, along), found))
    return [None if x is None else known.get(id(x)) for x in inputs]


def gradient_of(value: Formula) -> Formula:
    """The formula (p, t, gy, **attributes) of the gradient along p of a formula (p, t, **attributes)."""

    def formula(p: Any, t: Any, gy: Any, **attrs: Any) -> Any:
        return formula_gradients(value, (p, t), attrs, [gy])[0]

    return formula


# ------------------------------------------------------------------ what the kernels compute
def _mean(x: Any, axis: Any, n: int, keepdims: bool = True) -> Any:
    return affine(R.sum(x, axis=axis, keepdims=keepdims), 1.0 / n, 0.0)


def layer_norm_grad(gy: Any, x: Any, mean: Any, r: Any, gamma: Any, centered: bool) -> tuple[Any, ...]:
    """(gx, ggamma, gbeta) of a layer normalisation over the last axis."""
    rows, c = tuple(range(len(x.shape) - 1)), x.shape[-1]
    r = R.expand_dims(r, axis=-1)
    hat = R.multiply(R.subtract(x, R.expand_dims(mean, axis=-1)), r)
    g = gy if gamma is None else R.multiply(gy, gamma)
    along = R.multiply(hat, _mean(R.multiply(g, hat), -1, c))
    gx = R.multiply(r, R.subtract(R.subtract(g, _mean(g, -1, c)) if centered else g, along))
    return gx, R.sum(R.multiply(gy, hat), axis=rows, keepdims=False), R.sum(gy, axis=rows, keepdims=False)


_SLOPES: dict[Any, Formula] = {  # of activations, from what they give
    "relu": lambda y: R.sign(y),
    "sigmoid": lambda y: R.multiply(y, affine(y, -1.0, 1.0)),
    "tanh": lambda y: affine(R.multiply(y, y), -1.0, 1.0),
}


def batch_norm_grad(
    gy: Any, x: Any, mean: Any, var: Any, gamma: Any, y: Any, gmean: Any, gvar: Any, epsilon: float, activation: Any
) -> tuple[Any, ...]:
    """(gx, ggamma, gbeta) of a batch normalisation over all axes but the last."""
    rows, n = tuple(range(len(x.shape) - 1)), 1
    for size in x.shape[:-1]:
        n *= size
    g = R.multiply(gy, _SLOPES[activation](y)) if activation else gy
    r, centred = R.rsqrt(affine(var, 1.0, epsilon)), R.subtract(x, mean)
    hat = R.multiply(centred, r)
    ggamma, gbeta = (R.sum(v, axis=rows, keepdims=False) for v in (R.multiply(g, hat), g))
    gx = R.subtract(R.subtract(g, affine(gbeta, 1.0 / n, 0.0)), R.multiply(hat, affine(ggamma, 1.0 / n, 0.0)))
    gx = R.multiply(r if gamma is None else R.multiply(gamma, r), gx)
    if gmean is not None:
        gx = R.add(gx, affine(gmean, 1.0 / n, 0.0))
    if gvar is not None:
        gx = R.add(gx, R.multiply(centred, affine(gvar, 2.0 / n, 0.0)))
    return gx, ggamma, gbeta


def categorical_crossentropy(p: Any, t: Any, epsilon: float) -> Any:
    """-sum(t log(clip(p / sum(p))))."""
    q = R.clip(R.divide(p, R.sum(p, axis=-1, keepdims=True)), lo=epsilon, hi=1.0 - epsilon)
    return R.negative(R.sum(R.multiply(t, R.log(q)), axis=-1, keepdims=False))


def sparse_categorical_crossentropy(p: Any, labels: Any, epsilon: float) -> Any:
    """The same for integer labels."""
    return categorical_crossentropy(p, R.one_hot(labels, num_classes=p.shape[-1], dtype=p.dtype), epsilon)


def binary_crossentropy(p: Any, t: Any, epsilon: float) -> Any:
    """-(t log(q) + (1 - t) log(1 - q)), q = clip(p)."""
    q = R.clip(p, lo=epsilon, hi=1.0 - epsilon)
    other = R.multiply(affine(t, -1.0, 1.0), R.log(affine(q, -1.0, 1.0)))
    return R.negative(R.add(R.multiply(t, R.log(q)), other))
