"""How tests run operations: traced functions on arrays, plans made in every way, gradients checked in one place.

`tolerance` is the only float tolerance of the registry tests, `check_gradient` the only gradient checker.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np

from fastnn.compiler import compile as compiling
from fastnn.compiler import passes, program
from fastnn.compiler.compile import PLANS
from fastnn.compiler.eager import EagerPlan
from fastnn.compiler.target import Options
from fastnn.graph import Node, Spec, Symbol, gradients
from fastnn.ops.op import REGISTRY

EPS = {"float32": 2.0**-24, "float64": 2.0**-53}


def load_registry() -> dict[str, Any]:
    """The registry with every family of operations in it."""
    from fastnn import ops

    if hasattr(ops, "load_all"):
        ops.load_all()
    else:
        for name in dir(ops):
            getattr(ops, name)
    return REGISTRY


def call_op(op: Any, inputs: Any, attrs: dict[str, Any]) -> Any:
    """An operation on symbols or arrays, whether it has a kernel or is composed of others."""
    return op.compose(*inputs, **attrs) if op.compose is not None else op(*inputs, **attrs)


def as_list(value: Any) -> list[Any]:
    """One result or several, as a list."""
    return list(value) if isinstance(value, (tuple, list)) else [value]


def options(target: dict[str, Any] | None = None, **settings: Any) -> Options:
    """Options as plans have them now, with `settings`; target: fields of the Target that are to be others."""
    return Options(target=replace(program.DEFAULT.target, **(target or {})), **settings)


def plan(fn: Callable[..., Any], arrays: list[np.ndarray], **settings: Any) -> EagerPlan:
    """A plan of fn(*symbols) for the shapes and dtypes of `arrays`."""
    return EagerPlan(fn, [(a.shape, a.dtype.name) for a in arrays], options=options(**settings))


def run(fn: Callable[..., Any], arrays: list[np.ndarray], **options: Any) -> list[np.ndarray]:
    """fn on arrays through a plan made with `options`; a list of results."""
    return as_list(plan(fn, arrays, **options)(*arrays))


@contextmanager
def small_chunks(nanoseconds: float = 2.0, tile: int = 4):
    """Plans made inside are for a machine whose caches hold a few numbers: even tiny work is cut into several chunks,
    and chunks into several tiles, so that threads and fusion have something to get wrong."""
    kept = program.DEFAULT
    program.DEFAULT = copy.copy(kept)
    program.DEFAULT.target = replace(kept.target, grain_ns=nanoseconds, tile=tile, least_tile=tile)
    try:
        yield
    finally:
        program.DEFAULT = kept


def graphs_of(make: Callable[[], Any]) -> list[Any]:
    """The graphs, after all passes, of the plans that make() has to compile."""
    found = []

    def noting(*args: Any) -> Any:
        found.append(passes.run(*args))
        return found[-1]

    PLANS.clear()
    keep = mock.patch.object(Node, "let_go", lambda node: None)  # they are looked at later
    with keep, mock.patch.object(compiling, "passes", SimpleNamespace(run=noting)):
        make()
    return found


def op_function(op: Any, case: Any) -> Callable[..., Any]:
    """The case's call as a function of its present inputs."""
    absent = [spec is None for spec in case.inputs]

    def fn(*symbols: Any) -> Any:
        given = iter(symbols)
        return call_op(op, [None if gone else next(given) for gone in absent], case.attrs)

    return fn


def tolerance(
    op: Any, arrays: list[np.ndarray], outs: list[np.ndarray], attrs: dict[str, Any], dtype: str, factor: float = 1.0
) -> float:
    """Relative error allowed in a result of `dtype`, to be scaled with the largest magnitude in it.

    Each element of the result is a chain of at most n rounded operations, n = flops per output element (the length of
    the reduction, where there is one). Roundings are of either sign, so their sum grows like sqrt(n) rather than n;
    eight standard deviations, plus eight units for polynomials and for the rounding of the inputs, leave correct code
    alone and catch a wrong term (which costs 1/n of the result: 1e-3 and more at these sizes, against 1e-5).
    """
    specs = [None if a is None else Spec(a.shape, a.dtype.name) for a in arrays]
    out_specs = [Spec(o.shape, o.dtype.name) for o in outs]
    flops = op.cost(specs, out_specs, op.normalize(attrs))[0] if op.cost else 0
    elements = max(1, min(o.size for o in outs) if outs else 1)
    length = max(1.0, flops / elements)
    return factor * EPS[dtype] * (8 + 8 * length**0.5)


def assert_close(received: np.ndarray, expected: np.ndarray, rtol: float, what: str = "") -> None:
    """|received - expected| <= rtol * (largest finite |expected|, at least 1); NaN and infinity in the same places."""
    expected = np.asarray(expected, np.float64)
    received = np.asarray(received, np.float64)
    assert received.shape == expected.shape, f"{what}: shape {received.shape}, the reference says {expected.shape}"
    finite = np.isfinite(expected)
    np.testing.assert_array_equal(received[~finite], expected[~finite], what)
    if finite.any():
        scale = max(1.0, float(np.abs(expected[finite]).max()))
        worst = np.abs(received[finite] - expected[finite]).max() / scale
        assert worst <= rtol, f"{what}: relative error {worst:.3g}, allowed {rtol:.3g}"


def assert_same_bits(received: list[np.ndarray], expected: list[np.ndarray], what: str) -> None:
    """Equal dtypes, shapes and bytes (NaN payloads apart)."""
    assert len(received) == len(expected)
    for a, b in zip(received, expected):
        assert a.dtype == b.dtype and a.shape == b.shape, f"{what}: {a.dtype}{a.shape} against {b.dtype}{b.shape}"
        same = (a == b) | ((a != a) & (b != b))
        if a.dtype.kind == "f":
            same &= (np.signbit(a) == np.signbit(b)) | (a != a)
        assert np.all(same), (
            f"{what}: {np.count_nonzero(~same)} of {a.size} elements differ, first at "
            f"{np.argwhere(~same)[0]}: {a[~same][0]!r} against {b[~same][0]!r}"
        )


# ---------------------------------------------------------------- gradients
def float_positions(arrays: list[np.ndarray]) -> list[int]:
    """Which arrays a gradient is checked of: float64, for a difference of float32 numbers says little."""
    return [i for i, a in enumerate(arrays) if a.dtype == np.float64]


def with_gradients(fn: Callable[..., Any], count: int, where: list[int]) -> Callable[..., Any]:
    """(x..., gy...) -> (gx of the inputs `where`): None where no path leads."""

    def both(*symbols: Symbol) -> list[Any]:
        xs, gys = symbols[:count], symbols[count:]
        ys = [y for y in as_list(fn(*xs)) if y.dtype == "float64"]
        return gradients(ys, [xs[i] for i in where], list(gys))

    return both


def check_gradient(
    fn: Callable[..., Any],
    arrays: list[np.ndarray],
    rng: np.random.Generator,
    *,
    plant: float = 0.0,
    step: float = 1e-6,
    rtol: float = 2e-6,
    fixed: tuple[int, ...] = (),
    **options: Any,
) -> None:
    """Directional check in float64: <random covector, numeric derivative along d> against <gradient, d>.

    Two directions: a random one, and the gradient's own signs with random lengths, along which nothing cancels, so
    that a relative error of the gradient is the relative error of the comparison.

    Args:
        fn: symbols -> symbol(s).  arrays: float64 (and integer) inputs.  rng: of the covector and directions.
        plant: relative error put into the gradient (the checker's own test).  step: of the central difference; its
            error is step^2 f''' ~ 1e-12 and rounding / step ~ 1e-10.  rtol: relative to sum |gradient * d|.
        fixed: inputs that the operation treats as constants by its definition.
    """
    where = float_positions(arrays)
    forward = plan(fn, arrays, **options)
    ys = [y for y in as_list(forward(*arrays)) if y.dtype == np.float64]
    if not ys or not where:
        return
    gys = [rng.standard_normal(y.shape) for y in ys]
    received = plan(with_gradients(fn, len(arrays), where), [*arrays, *gys], **options)(*arrays, *gys)
    gxs = [np.zeros_like(arrays[i]) if g is None else g * (1 + plant) for i, g in zip(where, received)]
    for i, g in zip(where, gxs):
        assert g.shape == arrays[i].shape and g.dtype == arrays[i].dtype, f"gradient {g.dtype}{g.shape} of input {i}"
    for aligned in (False, True):
        ds = [rng.standard_normal(a.shape) for a in gxs]
        if aligned:
            ds = [np.abs(d) * np.where(g < 0, -1.0, 1.0) for d, g in zip(ds, gxs)]
        ds = [d * 0 if i in fixed else d for i, d in zip(where, ds)]

        def shifted(h: float, ds: list[np.ndarray] = ds) -> float:
            moved = list(arrays)
            for i, d in zip(where, ds):
                moved[i] = arrays[i] + h * d
            outs = [y for y in as_list(forward(*moved)) if y.dtype == np.float64]
            return sum(float(np.sum(gy * y, dtype=np.longdouble)) for gy, y in zip(gys, outs))

        numeric = (shifted(step) - shifted(-step)) / (2 * step)
        exact = sum(float((g * d).sum()) for g, d in zip(gxs, ds))
        scale = sum(float(np.abs(g * d).sum()) for g, d in zip(gxs, ds))
        # the difference quotient itself is known to about (rounding of the sums) / step
        noise = 4 * EPS["float64"] * sum(float(np.abs(gy * y).sum()) for gy, y in zip(gys, ys)) / step
        limit = rtol * max(scale, 1e-3) + noise
        assert abs(numeric - exact) <= limit, (
            f"directional derivative: numeric {numeric!r}, by the gradient rule {exact!r}, "
            f"difference {abs(numeric - exact):.3g} > {limit:.3g} ({'aligned' if aligned else 'random'} direction)"
        )
