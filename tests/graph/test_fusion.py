"""What records say to passes (graph/fusion.py) is true, and passes know operations by what they say, not by name."""

import ast
import pathlib

import numpy as np
import pytest
from strategies import SeededDraw

import fastnn
from fastnn.graph.fusion import NOTHING, Algebra
from fastnn.ops.op import REGISTRY, Array

ROOT = pathlib.Path(fastnn.__file__).parent
FILES = [*sorted((ROOT / "compiler/passes").glob("[!_]*.py")), ROOT / "graph/hoist.py", ROOT / "graph/loop_grad.py"]
CASES = 12


def saying(field):
    """Names of the records that say something in a field."""
    found = sorted(name for name, op in REGISTRY.items() if getattr(op.fusion, field) != getattr(NOTHING, field))
    assert found, field
    return found


FUNCTIONS = {REGISTRY[name].fusion.function: name for name in saying("function")}


def arrays(case, seed):
    """The arrays of a case, in float64 where the type is free."""
    rng = np.random.default_rng(seed)
    out = []
    for a in case.inputs:
        if not isinstance(a, Array):
            out.append(a)
            continue
        x = rng.uniform(a.low, a.high, a.shape)
        out.append(x if a.dtype == "float" else np.floor(x).astype(a.dtype))
    return out


def drawn(name):
    """(arrays, attributes) of some cases of a record."""
    op = REGISTRY[name]
    for seed in range(CASES):
        case = op.cases(SeededDraw(seed))
        yield arrays(case, seed), op.normalize(case.attrs)


def called(name, inputs, attrs=None):
    """The results of an operation's reference."""
    op = REGISTRY[name]
    out = op.reference(*inputs, **op.normalize(attrs or {}))
    return list(out) if isinstance(out, (tuple, list)) else [np.asarray(out)]


def close(a, b):
    np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)


# ------------------------------------------------------------------ each claim against the reference
@pytest.mark.parametrize("name", saying("bias"))
def test_a_bias_is_added_to_each_row_before_the_activation(name):
    at = REGISTRY[name].fusion.bias
    assert REGISTRY[name].inputs[at].endswith("?")
    met = 0
    for inputs, attrs in drawn(name):
        if inputs[at] is not None:
            attrs = {**attrs, REGISTRY[name].fusion.activation: None}
            without = [*inputs[:at], None, *inputs[at + 1 :]]
            close(called(name, inputs, attrs)[0], called(name, without, attrs)[0] + inputs[at])
            met += 1
    assert met


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
@pytest.mark.parametrize("name", saying("activation"))
def test_an_activation_is_applied_to_the_first_result(name, function):
    attribute = REGISTRY[name].fusion.activation
    for inputs, attrs in drawn(name):
        plain = called(name, inputs, {**attrs, attribute: None})
        fused = called(name, inputs, {**attrs, attribute: function})
        close(fused[0], called(FUNCTIONS[function], plain[:1])[0])
        for a, b in zip(fused[1:], plain[1:], strict=True):
            close(a, b)


@pytest.mark.parametrize("name", saying("gradient_of"))
def test_an_activations_gradient_follows_from_its_result(name):
    """Against the difference quotient of the activation, along one direction."""
    of = REGISTRY[name].fusion.gradient_of
    assert len(REGISTRY[name].inputs) == 2
    rng, step = np.random.default_rng(0), 1e-6
    for _ in range(CASES):
        x, way, gy = (rng.uniform(0.2, 1.0, (3, 4)) * rng.choice([-1, 1], (3, 4)) for _ in range(3))
        y, more, less = (called(of, [v])[0] for v in (x, x + step * way, x - step * way))
        expected = np.sum((more - less) / (2 * step) * gy)
        np.testing.assert_allclose(np.sum(called(name, [gy, y])[0] * way), expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", saying("gate"))
def test_a_gate_lets_through_or_not(name):
    assert REGISTRY[name].fusion.gradient_of
    for (gy, y), attrs in drawn(name):
        got = called(name, [gy, y], attrs)[0]
        opened = called(name, [np.ones_like(gy), y], attrs)[0]
        assert set(np.unique(opened)) <= {0.0, 1.0}
        np.testing.assert_array_equal(got, np.where(opened == 1.0, gy, 0.0))


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
@pytest.mark.parametrize("name", saying("activation_grad"))
def test_the_activations_gradient_comes_first(name, function):
    attribute, at, result = REGISTRY[name].fusion.activation_grad
    (gradient,) = (g for g in saying("gradient_of") if REGISTRY[g].fusion.gradient_of == FUNCTIONS[function])
    for seed, (inputs, attrs) in enumerate(drawn(name)):
        inputs = list(inputs)
        y = np.random.default_rng(seed).uniform(0.1, 0.9, inputs[at].shape)
        inputs[result] = y
        fused = called(name, inputs, {**attrs, attribute: function})
        inputs[at], inputs[result] = called(gradient, [inputs[at], y])[0], None
        for a, b in zip(fused, called(name, inputs, {**attrs, attribute: None}), strict=True):
            close(a, b)


@pytest.mark.parametrize("name", saying("routes"))
def test_a_gradient_reaches_the_items_that_were_taken(name):
    """Ones sent back to x are as many as results, and lie where x has the value of a result."""
    of = REGISTRY[name].fusion.routes
    for (x,), attrs in drawn(of):
        x = np.random.default_rng(1).permutation(x.size).reshape(x.shape).astype(float)
        y, *rest = called(of, [x], attrs)
        asked = {k: v for k, v in dict(attrs, height=x.shape[1], width=x.shape[2]).items() if k in REGISTRY[name].attrs}
        sent = called(name, [y, rest[0]], asked)[0]
        winners = sent != 0
        times = np.divide(sent, x, out=np.zeros_like(x), where=x != 0)
        np.testing.assert_array_equal(times, np.round(times))
        assert times.sum() + (y == 0).sum() == y.size and np.isin(x[winners], y).all()


@pytest.mark.parametrize("name", saying("logits"))
def test_a_loss_of_probabilities_is_one_of_logits(name):
    """And its gradient after the activation's is the gradient of that one."""
    activation, stable = REGISTRY[name].fusion.logits
    (before,) = (g for g in saying("gradient_of") if REGISTRY[g].fusion.gradient_of == activation)
    (gradient,) = (g for g in saying("logits_grad") if g == f"{name}_grad")
    assert REGISTRY[gradient].fusion.logits_grad[0] == activation
    for inputs, attrs in drawn(name):
        z = np.random.default_rng(2).uniform(-2, 2, inputs[0].shape)
        p, t, attrs = called(activation, [z])[0], inputs[1], {**attrs, "epsilon": 1e-12}
        if np.issubdtype(t.dtype, np.floating):
            t = t / t.sum(-1, keepdims=True) if activation == "softmax" else t
        else:
            t = t % z.shape[-1]
        loss, *rest = called(stable, [z, t])
        np.testing.assert_allclose(called(name, [p, t], attrs)[0], loss, rtol=1e-9, atol=1e-9)
        gy = np.random.default_rng(3).uniform(-1, 1, loss.shape)
        op = REGISTRY[REGISTRY[gradient].fusion.logits_grad[1]]
        got = called(op.name, [rest[0] if op.fusion.probabilities else z, t, gy])[0]
        gp = called(gradient, [p, t, gy], attrs)[0]
        np.testing.assert_allclose(called(before, [gp, p])[0], got, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("name", saying("reduces"))
def test_reducing_axes_of_size_1_changes_no_number(name):
    attribute = REGISTRY[name].fusion.reduces
    for (x,), attrs in drawn(name):
        got = called(name, [x[:, None]], {**attrs, attribute: (1,)})[0]
        np.testing.assert_array_equal(got.reshape(x.shape), x)


@pytest.mark.parametrize("name", saying("repeats"))
def test_repeating_gives_the_numbers_of_the_input(name):
    for (x,), attrs in drawn(name):
        y = called(name, [x], attrs)[0]
        np.testing.assert_array_equal(np.unique(y), np.unique(x))


@pytest.mark.parametrize("name", saying("reshapes"))
def test_reshaping_keeps_the_order(name):
    for (x,), attrs in drawn(name):
        y = called(name, [x], {**attrs, REGISTRY[name].fusion.reshapes: (1, x.size)})[0]
        np.testing.assert_array_equal(y, x.reshape(1, x.size))


@pytest.mark.parametrize("name", saying("places"))
def test_placing_a_slice_leaves_zeros_around(name):
    key, shape = REGISTRY[name].fusion.places
    for (gy,), attrs in drawn(name):
        expected = np.zeros(attrs[shape])
        expected[tuple(slice(*k) for k in attrs[key])] = gy
        np.testing.assert_array_equal(called(name, [gy], attrs)[0], expected)


@pytest.mark.parametrize("name", saying("undoes"))
def test_what_undoes_gives_the_value_back(name):
    whole, flip = (None, None, None), (None, None, -1)
    x = np.arange(24.0).reshape(2, 3, 4)
    candidates = {
        "axes": [(0, 1, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)],
        "key": [
            (flip, whole, flip),
            (whole, flip, whole),
            ((0, 1, None), whole, whole),
            (whole, (1, None, None), flip),
        ],
    }
    attribute = next(iter(REGISTRY[name].attrs))
    found = 0
    for first in candidates[attribute]:
        for mine in candidates[attribute]:
            more = {"shape": x.shape} if "shape" in REGISTRY[name].attrs else {}
            if REGISTRY[name].fusion.undoes({attribute: mine, **more}, {attribute: first, **more}):
                y = called(name, [x], {attribute: first, **more})[0]
                np.testing.assert_array_equal(called(name, [y], {attribute: mine, **more})[0], x)
                found += 1
    assert 0 < found < len(candidates[attribute]) ** 2


ALGEBRA = {
    Algebra.ADDITION: lambda x, y: x + y,
    Algebra.MULTIPLICATION: lambda x, y: x * y,
    Algebra.SCALING: lambda x, scale, shift: scale * x + shift,
    Algebra.TOTAL: lambda x, axis, keepdims: np.sum(x, axis=axis, keepdims=keepdims),
    Algebra.PRODUCT: lambda x, w, b, transpose_a, transpose_b, activation: np.matmul(
        np.swapaxes(x, -1, -2) if transpose_a else x, np.swapaxes(w, -1, -2) if transpose_b else w
    ),
}


@pytest.mark.parametrize("name", saying("algebra"))
def test_what_an_operation_is_to_arithmetic(name):
    says = REGISTRY[name].fusion
    for inputs, attrs in drawn(name):
        attrs = {k: None if k == says.activation else v for k, v in attrs.items()}
        inputs = [None if k == says.bias else x for k, x in enumerate(inputs)]
        close(called(name, inputs, attrs)[0], ALGEBRA[says.algebra](*inputs, **attrs))


def test_each_kind_of_arithmetic_is_said_once():
    kinds = [REGISTRY[name].fusion.algebra for name in saying("algebra")]
    assert sorted(kinds, key=str) == sorted(Algebra, key=str)


# ------------------------------------------------------------------ passes know no names
MADE = ("make", "_op")  # functions whose first argument names an operation that is made


def names_known(text):
    """[(line, name)] of operations that a source names other than to make one."""
    tree, free = ast.parse(text), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "REGISTRY":
            free.add(node.slice)
        elif isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
            if name in MADE:
                free.add(node.args[0])
    attributes = {a for op in REGISTRY.values() for a in op.attrs}
    return [
        (n.lineno, n.value)
        for n in ast.walk(tree)
        if isinstance(n, ast.Constant) and n not in free and n.value in REGISTRY and n.value not in attributes
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_passes_ask_records(path):
    assert names_known(path.read_text(encoding="utf-8")) == [], "let the record say it (graph/fusion.py)"


def test_a_name_is_found():
    text = "if node.op.name == 'matmul' or kinds['add']:\n    make(REGISTRY['reshape'], x)\n    _op('zeros', 'sum')"
    assert [name for _, name in names_known(text)] == ["matmul", "add", "sum"]
