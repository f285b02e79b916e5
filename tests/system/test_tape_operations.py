"""A tape loses no operation: one stored call of each public one, on watched values, against central differences.

The same of a tape in a tape: second derivatives along one direction, against differences of gradients.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from fastnn import GradientTape, Variable, ops, tree
from fastnn.graph.tensor import Tensor

FOLDER = Path(__file__).resolve().parents[1] / "ops"
sys.path.insert(0, str(FOLDER))
import keras_calls  # noqa: E402
from make_keras_values import unpack  # noqa: E402

with np.load(FOLDER / "keras_values.npz") as file:
    STORED = list(unpack(file))
MAKERS = "ENXS"  # functions of keras_calls that give the arrays of a call
STEP = 1e-5
# what has no gradient here, though a difference is not zero: why
WITHOUT = {
    "unique": "how many there are depends on values",
    "lu_factor": "places of rows", "ctc_decode": "a choice", "angle": "a jump at 0",
    "linalg.cholesky": "of symmetric matrices, to which the step does not keep",
    "linalg.lu_factor": "places of rows", "cholesky_inverse": "its argument goes through NumPy",
    "linalg.solve_triangular": "its argument goes through NumPy", "linalg.qr": "no reduced form",
}  # fmt: skip


def evaluated(call, make):
    """(float results of a call, {array: what `make` made of it}) with its arrays of floats replaced."""
    used: dict[tuple[str, str], object] = {}

    def maker(name):
        def replaced(*args, **kwargs):
            array = getattr(keras_calls, name)(*args, **kwargs)
            if array.dtype != np.float32 or not array.size or not np.isfinite(array).all():
                return array
            return used.setdefault((name, f"{args}{kwargs}"), make(array))

        return replaced

    found = eval(call, {"P": ops, "np": np, **{name: maker(name) for name in MAKERS}})
    return [x for x in tree.flatten(found) if str(getattr(x, "dtype", "")) in ("float32", "float64")], used


def chosen():
    """{operation: the first of its calls whose results are floats that follow from arrays of floats}."""
    out: dict[str, str] = {}
    for call in STORED:
        name = re.match(r"P\.([a-z_0-9.]+)", call)[1]
        if name in out or name in WITHOUT or "'f4'" not in call:
            continue
        results, used = evaluated(call, lambda array: array)
        if used and results and all(np.isfinite(r).all() for r in results):
            out[name] = call
    return out


CALLS = chosen()
# what has no second derivative: its record says so
FIRST_ONLY = {"ctc_loss", "linalg.svd"}
KINDS = {"a Tensor": Tensor.of, "a variable": lambda array: Variable(array, dtype="float32"), "an array": np.copy}


def directions(used):
    """A direction for each array, of ones and minus ones."""
    rng = np.random.default_rng(0)
    return {key: rng.choice([-1.0, 1.0], np.shape(x)) for key, x in used.items()}


def test_there_are_many_operations():
    assert len(CALLS) > 120


@pytest.mark.parametrize("name", CALLS)
def test_gradients_under_a_tape(name):
    call = CALLS[name]
    plain, used = evaluated(call, lambda array: array)
    along, rng = directions(used), np.random.default_rng(1)
    weights = [rng.normal(size=np.shape(r)) for r in plain]

    def value(step):
        keys = iter(along)
        results, _ = evaluated(call, lambda array: array.astype("f8") + step * along[next(keys)])
        return sum(float(np.sum(np.asarray(r, "f8") * w)) for r, w in zip(results, weights))

    expected = (value(STEP) - value(-STEP)) / (2 * STEP)
    for kind, make in KINDS.items():
        with GradientTape() as tape:

            def watched(array, tape=tape, make=make):
                tape.watch(x := make(array))
                return x

            results, used = evaluated(call, watched)
        found = tape.gradient(results, list(used.values()), [w.astype(str(r.dtype)) for r, w in zip(results, weights)])
        total = sum(float(np.sum(np.asarray(g, "f8") * along[k])) for g, k in zip(found, used) if g is not None)
        np.testing.assert_allclose(total, expected, 2e-2, 2e-2, err_msg=f"{kind}: {call}")


def total(results, weights):
    """One number that bends, made of results."""
    return sum(ops.sum(ops.tanh(r * 0.3) * w) for r, w in zip(results, weights))


@pytest.mark.parametrize("name", sorted(set(CALLS) - FIRST_ONLY))
def test_second_derivatives_of_a_tape_in_a_tape(name):
    call = CALLS[name]
    plain, used = evaluated(call, lambda array: array)
    along, rng = directions(used), np.random.default_rng(1)
    weights = [rng.normal(size=np.shape(r)) for r in plain]

    def gradients(step):
        """The gradients a step along the directions, and their derivatives there."""
        keys = iter(along)
        with GradientTape() as outer, GradientTape(persistent=True) as tape:

            def watched(array):
                x = Tensor.of(array.astype("f8") + step * along[next(keys)])
                tape.watch(x)
                outer.watch(x)
                return x

            results, used = evaluated(call, watched)
            sources = list(used.values())
            first = tape.gradient(total(results, weights), sources, unconnected_gradients="zero")
            slope = sum(ops.sum(g * d) for g, d in zip(first, along.values()))
        return first, outer.gradient(slope, sources, unconnected_gradients="zero")

    _, found = gradients(0.0)
    after, before = gradients(STEP)[0], gradients(-STEP)[0]
    for mine, a, b in zip(found, after, before):
        expected = (np.asarray(a) - np.asarray(b)) / (2 * STEP)
        np.testing.assert_allclose(mine, expected, 2e-3, 2e-4 * max(1.0, np.abs(expected).max()), err_msg=call)
