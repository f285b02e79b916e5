"""NumPy's calls on what a tape watches: each ufunc, method and function is recorded, no float, or a named error.

The sweeps find NumPy's names by themselves, so one that is new is a case.
"""

import numpy as np
import pytest

import fastnn
from fastnn import GradientTape, Variable, ops
from fastnn.compiler.eager import EagerPlan
from fastnn.core import results
from fastnn.core.errors import ArgumentTypeError, GradientError, ValuesError
from fastnn.graph import Trace, gradients, numpy_names
from fastnn.graph.tensor import Tensor
from fastnn.ops import public_function

A = np.array([[0.31, 0.57, 0.22], [0.73, 0.42, 0.16], [0.53, 0.84, 0.63]])
STEP = 1e-6
WATCHED = []  # what the last call watched: some calls give their argument itself
ZERO = {"imag"}  # of real numbers, whatever they are
NO_GRADIENT = {"nextafter"}  # a step of one bit
# how a value gets under a tape: an array that is watched, a Tensor that follows from one, a variable
KINDS = {
    "array": (ops.array, lambda x: x),
    "Tensor": (ops.array, lambda x: x * 1.0),
    "variable": (lambda a: Variable(a, dtype="float64"), lambda x: x),
}


def sums(found):
    """The sum of all that a call gives, weighted."""
    if isinstance(found, (list, tuple)):
        return sum(sums(x) for x in found)
    shape = np.shape(found)
    return ops.sum(found * np.cos(np.arange(np.prod(shape, dtype=int))).reshape(shape))


def outcome(call, kind):
    """("recorded", value, gradient), ("plain", value, None) or ("error", text, None) of a call on a value of a kind."""
    make, under = KINDS[kind]
    x = make(A)
    WATCHED[:] = [x]
    with GradientTape() as tape:
        tape.watch(x)
        try:
            found = call(under(x))
        except GradientError as error:
            return "error", str(error), None
        first = found[0] if isinstance(found, (list, tuple)) else found
        if type(first) is not Tensor:
            return "plain", found, None
        total = sums(found) if str(first.dtype).startswith("float") else None
    return "recorded", found, None if total is None else tape.gradient(total, x, unconnected_gradients="zero")


def slopes(call):
    """The gradient of the weighted sum of call(A) by central differences."""
    out = np.zeros_like(A)
    for at in np.ndindex(A.shape):
        high, low = A.copy(), A.copy()
        high[at] += STEP
        low[at] -= STEP
        out[at] = (float(sums(call(high))) - float(sums(call(low)))) / (2 * STEP)
    return out


def check(name, call, kind, inexact):
    """A call is recorded with its value and its gradient, or gives no floats, or is an error that helps."""
    how, found, gradient = outcome(call, kind)
    if how == "error":
        assert inexact and "stop_gradient" in found and ".numpy()" in found
        return how
    if how == "plain":
        assert not inexact or found is WATCHED[-1] or name in ZERO, f"{name}: a silent constant"
        return "recorded" if inexact else how
    expected = call(A)
    flat = zip(found, expected) if isinstance(found, (list, tuple)) else [(found, expected)]
    for f, e in flat:
        np.testing.assert_allclose(f, e, rtol=1e-6, atol=1e-9)
    if gradient is not None and name not in NO_GRADIENT:
        np.testing.assert_allclose(gradient, slopes(call), rtol=2e-4, atol=2e-6)
    return how


def is_inexact(found):
    if isinstance(found, (list, tuple)):
        return any(map(is_inexact, found))
    return isinstance(found, float) or getattr(np.asarray(found), "dtype", np.dtype("i")).kind in "fc"


# ---------------------------------------------------------------------- ufuncs
WHOLE = "bitwise_ gcd invert lcm left_shift right_shift".split()  # of integers
UFUNCS = {n: f for n, f in vars(np).items() if isinstance(f, np.ufunc) and f.__name__ == n and n != "isnat"}
UFUNCS = {n: f for n, f in UFUNCS.items() if not n.startswith(tuple(WHOLE))}
NO_TWIN = {"divmod", "frexp", "matvec", "modf", "spacing", "vecdot", "vecmat"}
MATRIX = {"matvec": 1, "vecmat": 1}


def ufunc_call(name):
    ufunc = UFUNCS[name]
    if ufunc.nin == 1:
        return (lambda x: ufunc(1.0 + x)) if name == "arccosh" else ufunc
    other = np.array([2, 1, 3]) if name == "ldexp" else A[0] if name in ("matvec", "vecmat") else A[::-1] + 0.07
    if name == "vecmat":
        return lambda x: ufunc(other, x)
    return lambda x: ufunc(x, other)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", UFUNCS)
def test_each_ufunc(name, kind):
    call = ufunc_call(name)
    how = check(name, call, kind, is_inexact(call(A)))
    assert (how == "recorded") == (UFUNCS[name] in numpy_names.UFUNCS)
    assert (how == "error") == (name in NO_TWIN)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("swap", [False, True])
@pytest.mark.parametrize("ufunc", [np.maximum, np.hypot, np.power, np.arctan2])
def test_ufuncs_of_two_watched_values_and_numbers(ufunc, kind, swap):
    check(ufunc.__name__, (lambda x: ufunc(0.7, x)) if swap else (lambda x: ufunc(x, 2)), kind, True)
    check(ufunc.__name__, lambda x: ufunc(x, x[::-1]), kind, True)


ALONG = {
    "sum of columns": lambda x: np.add.reduce(x), "sum": lambda x: np.add.reduce(x, axis=None),
    "kept": lambda x: np.maximum.reduce(x, axis=1, keepdims=True), "running": lambda x: np.add.accumulate(x, 1),
    "outer": lambda x: np.multiply.outer(x, A[0]), "parts": lambda x: np.add.reduceat(x, [0, 2]),
    "masked": lambda x: np.exp(x, where=A > 0.4, out=np.zeros((3, 3))), "dtype": lambda x: np.exp(x, dtype="float32"),
}  # fmt: skip


@pytest.mark.parametrize("kind", ["Tensor", "variable"])
@pytest.mark.parametrize("call", ALONG.values(), ids=ALONG)
def test_methods_of_ufuncs_and_what_they_are_told(call, kind):
    check("a ufunc", call, kind, True)


@pytest.mark.parametrize("call", [ALONG[n] for n in ("sum of columns", "running", "parts")])
def test_methods_of_ufuncs_on_arrays(call):
    assert outcome(call, "array")[0] == "error"


@pytest.mark.parametrize("call", [ALONG["outer"], lambda x: np.subtract.outer(A[0], x)])
def test_each_with_each(call):
    assert check("outer", call, "array", True) == "recorded"


# ---------------------------------------------------------------------- methods of arrays
CALLS = {
    "argmax": [(), (1,)], "clip": [(0.3, 0.6), (None, 0.5), {"min": 0.4}], "cumsum": [(), (1,)], "diagonal": [(), (1,)],
    "dot": [(A,), (A[0],)], "max": [(), (1,), {"axis": 0, "keepdims": True}], "repeat": [(2,), (2, 1)],
    "reshape": [(9,), (1, 9), ((9, 1),)], "round": [(), (1,)], "squeeze": [()], "swapaxes": [(0, 1)],
    "sum": [(), (1,), {"axis": 0, "keepdims": True}], "take": [([0, 2],), ([2, 1], 1)], "trace": [(), (1,)],
    "transpose": [(), (1, 0), ((1, 0),)], "astype": [("float64",), (np.float64,), ("int32",)],
    "choose": [], "compress": [([True, False, True], 0)], "getfield": [("float64",)], "byteswap": [()],
}  # fmt: skip
# what a method tells of an array besides its values, or the values as Python, files and bytes take them
VALUES = set(
    "base ctypes data device dtype dump dumps flags flat item itemsize nbytes ndim nonzero searchsorted argpartition "
    "setflags shape size strides T mT to_device tobytes tofile tolist view".split()
)
NAMES = [n for n in dir(np.ndarray) if n[0] != "_"]


def test_each_method_has_its_place():
    told = {*numpy_names.METHODS, *numpy_names.ELEMENTWISE, *numpy_names.UNKNOWN, *numpy_names.CHANGES}
    told |= {*numpy_names.PROPERTIES, "astype"}
    assert not told & VALUES and set(NAMES) - {"newbyteorder", "itemset"} <= told | VALUES


@pytest.mark.parametrize("kind", ["array", "Tensor"])
@pytest.mark.parametrize("name", [*numpy_names.METHODS, *numpy_names.ELEMENTWISE, *numpy_names.UNKNOWN, "astype"])
def test_each_method(name, kind):
    for args in CALLS.get(name, [()]):
        args, kwargs = ((), args) if isinstance(args, dict) else (args, {})

        def call(x, args=args, kwargs=kwargs):
            return getattr(x, name)(*args, **kwargs)

        how = check(name, call, kind, is_inexact(call(A)))
        assert (how == "error") == (name in numpy_names.UNKNOWN)


@pytest.mark.parametrize("kind", ["array", "Tensor"])
def test_arguments_that_no_operation_takes_are_an_error(kind):
    for call in (lambda x: x.std(ddof=1), lambda x: np.var(x, ddof=1), lambda x: x.sum(where=A > 0.5)):
        assert outcome(call, kind)[0] == "error"


def test_a_tensor_never_changes():
    with GradientTape() as tape:
        v = Variable(A)
        t = v * 2.0
        for name in numpy_names.CHANGES:
            with pytest.raises(ArgumentTypeError, match="never changes"):
                getattr(t, name)
    assert tape.gradient(t, v).shape == (3, 3)


@pytest.mark.parametrize("kind", ["array", "Tensor"])
def test_properties(kind):
    for call in (lambda x: x.T, lambda x: x.mT * x, lambda x: x.real, lambda x: x.imag + x):
        check("a property", call, kind, True)


def test_another_dtype_is_recorded():
    x = ops.array(A)
    with GradientTape() as tape:
        tape.watch(x)
        y = x.astype("float32", copy=False).sum()
    assert y.dtype == "float32" and x.dtype == "float64"
    np.testing.assert_array_equal(tape.gradient(y, x), np.ones((3, 3)))


# ---------------------------------------------------------------------- functions
FUNCTIONS = {
    "append": [(A,)], "array_split": [(2,)], "average": [(), {"weights": A[0], "axis": 1}],
    "broadcast_to": [((2, 3, 3),)],
    "clip": [(0.3, 0.6), {"a_min": 0.4, "a_max": None}], "cross": [(A[::-1] + 0.1,)], "dot": [(A,)], "dsplit": [],
    "expand_dims": [(0,)], "hsplit": [(3,)], "inner": [(A,)], "interp": [([0.0, 0.5, 1.0], [1.0, 3.0, 2.0])],
    "kron": [(A[:2],)], "moveaxis": [(0, 1)], "nanpercentile": [(30.0,)], "nanquantile": [(0.3,)], "outer": [(A[0],)],
    "pad": [(1,), (((1, 0), (0, 2)), "reflect"), {"pad_width": 1, "constant_values": 2.0}], "percentile": [(30.0,)],
    "quantile": [(0.3,)], "repeat": [(2,)], "reshape": [(9,)], "roll": [(1,), (1, 1)], "round": [()],
    "split": [(3,)], "swapaxes": [(0, 1)], "take": [([0, 2], 1)], "take_along_axis": [(np.array([[0, 1, 2]]), 0)],
    "tensordot": [(A, 1)], "tile": [(2,)], "vdot": [(A,)], "vsplit": [(3,)], "around": [(1,)],
    "permute_dims": [((1, 0),)], "solve": [(A[:, :1],)], "select": [], "einsum": [],
}  # fmt: skip
OTHERWISE = {  # where the value is not the first argument, or is one of several
    "concatenate": lambda x: np.concatenate([x, A, x], axis=1), "stack": lambda x: np.stack([A, x], 1),
    "hstack": lambda x: np.hstack((x, A)), "vstack": lambda x: np.vstack((A, x)), "dstack": lambda x: np.dstack((A, x)),
    "where": lambda x: np.where(A > 0.5, x, 2 * A), "where it is": lambda x: np.where(A > 0.5, A, x),
    "einsum": lambda x: np.einsum("ij,kj->ik", A, x), "select": lambda x: np.select([A > 0.5], [x], 1.5),
    "meshgrid": lambda x: np.meshgrid(np.ravel(x), A[0]), "vander": lambda x: np.vander(np.ravel(x), 3),
    "correlate": lambda x: np.correlate(np.ravel(x), A[0]),
    "solution": lambda x: np.linalg.solve(A + np.eye(3), x), "norm of rows": lambda x: np.linalg.norm(x, axis=1),
    "trapezoid": lambda x: np.trapezoid(x, dx=0.5), "dsplit": lambda x: np.dsplit(np.reshape(x, (1, 3, 3)), 3),
    "convolve": lambda x: np.convolve(np.ravel(x), A[0]), "gradient": lambda x: np.gradient(x, axis=0),
    "polyval": lambda x: np.polyval(x[0], 2.0), "unique": lambda x: np.unique(x), "fft": lambda x: np.fft.fft(x),
}  # fmt: skip
MOVES = {"delete": (1, 0), "resize": ((2, 5),), "rollaxis": (1,)}
LINEAR = {np.linalg.det, np.linalg.inv, np.linalg.solve}  # of a matrix that is not near to singular


def function_cases():
    for function, operation in numpy_names.FUNCTIONS.items():
        for args in FUNCTIONS.get(function.__name__, [()]) if function.__name__ not in OTHERWISE else ():
            args, kwargs = ((), args) if isinstance(args, dict) else (args, {})

            def call(x, function=function, args=args, kwargs=kwargs):
                return function(x + np.eye(3) if function in LINEAR else x, *args, **kwargs)

            yield pytest.param(function.__name__, operation, call, id=f"{function.__name__}{args or ''}")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("name", "operation", "call"), list(function_cases()))
def test_each_function(name, operation, call, kind):
    assert public_function(operation) is not None or hasattr(ops.linalg, operation)
    assert check(name, call, kind, True) == "recorded"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("function", sorted(numpy_names.MOVES, key=lambda f: f.__module__ + f.__name__))
def test_each_function_that_moves_elements(function, kind):
    def call(x):
        return function(x, *MOVES.get(function.__name__, ()))

    assert check(function.__name__, call, kind, True) == "recorded"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", OTHERWISE)
def test_functions_of_several_values_and_those_without_an_operation(name, kind):
    how = check(name, OTHERWISE[name], kind, True)
    assert (how == "error") == (name in {"convolve", "correlate", "fft", "gradient", "polyval", "unique"})


def test_what_takes_no_values_is_no_error():
    x = ops.array(A)
    with GradientTape() as tape:
        tape.watch(x)
        for value in (x, x * 1.0):
            assert np.zeros_like(value).shape == np.ones_like(value).shape == np.shape(value) == (3, 3)
            assert np.argmax(value) == A.argmax() and np.isnan(value).sum() == 0 and np.allclose(value, A)
            assert {5: "there"}.get(int(np.argmax(A[1]))) is None and np.array_equal(value, A)
            np.testing.assert_allclose(value.numpy(), A)
            assert np.unravel_index(np.argmax(value), (3, 3)) == (2, 1)
            assert [len(i) for i in np.where(value > 0.5)] == [5, 5]
        cut = ops.stop_gradient(x * 2.0)
        assert np.fft.fft(cut).shape == (3, 3) and np.unique(cut).size == 9
    with GradientTape(watch_accessed_variables=False):
        assert np.fft.fft(Variable(A)).shape == (3, 3)


def test_in_tensorflows_place_numpy_gives_arrays(monkeypatch):
    monkeypatch.setattr(results, "numpy_joins", False)
    v = Variable(A)
    with GradientTape() as tape:
        q = v * 2.0
        p = np.squeeze(q)
        target = 1.0 + np.max(q) + np.add.reduce(np.exp(p), axis=None)  # a constant, as there
        y = ops.sum(q * target)
    assert type(p) is np.ndarray and np.random.default_rng(0).choice(3, p=p[0] / p[0].sum()) in (0, 1, 2)
    np.testing.assert_allclose(tape.gradient(y, v), np.full((3, 3), 2 * target), rtol=1e-6)


def test_outside_of_a_tape_numpy_gives_its_arrays():
    with GradientTape() as tape:
        t = Variable(A) * 1.0
    assert type(np.exp(t)) is np.ndarray and type(np.fft.fft(t)) is np.ndarray and tape is not None
    assert type(np.concatenate([ops.array(A), A])) is np.ndarray and type(np.multiply.outer(t, t)) is np.ndarray


TRACED = {
    "tanh": np.tanh, "maximum": lambda x: np.maximum(x, 0.4), "max": np.max, "sum": lambda x: np.sum(x, axis=1),
    "power": lambda x: np.power(x, 2), "cumsum": lambda x: np.add.accumulate(x, axis=1), "log": np.log,
}  # fmt: skip


@pytest.mark.parametrize("name", TRACED)
def test_a_trace_records_what_numpy_calculates(name):
    call = TRACED[name]

    def run(x):
        found = call(x)
        return found, *gradients([sums(found)], [x])

    value, slope = EagerPlan(run, [((3, 3), "float64")])(A)
    np.testing.assert_allclose(value, call(A), rtol=1e-6)
    np.testing.assert_allclose(slope, slopes(call), rtol=1e-4, atol=1e-6)


def test_a_trace_in_tensorflows_place_asks_for_values(monkeypatch):
    monkeypatch.setattr(results, "numpy_joins", False)
    with Trace() as trace:
        x = trace.input((3,), "float32")
        assert np.multiply(2.0, x).shape == (3,)  # an operator's
        for call in np.tanh, np.max, np.fft.fft, np.mean:
            with pytest.raises(ValuesError, match=r"fastnn\.ops"):
                call(x)


@pytest.mark.parametrize(
    "call",
    [np.tanh, np.max, np.mean, lambda x: np.sum(x, axis=1), lambda x: np.maximum(x, 0), lambda x: np.hypot(x, 1)],
)
def test_symbols_of_the_functional_api_are_for_operations(call):
    with pytest.raises(ValuesError, match=r"Use fastnn\.ops instead of NumPy functions"):
        call(fastnn.Input((3,)))


def test_arrays_that_stand_before_a_symbol_ask_it():
    x, n, truth = fastnn.Input((3,)), fastnn.Input((3,), dtype="int32"), fastnn.Input((3,), dtype="bool")
    a, k, t = np.ones(3, "float32"), np.arange(3), np.array([True, False, True])
    total = a.copy()
    total += x
    found = [a * x, np.float64(2) - x, a @ fastnn.Input((3, 2)), a < x, np.float32(1) == x, a // x, total]
    assert all(next(iter(y.shape)) is None for y in [*found, t & truth, t | truth, t ^ truth, k << n, np.int64(8) >> n])
    assert (t & truth).dtype == "bool" and (a < x).dtype == "bool"


def test_in_a_step_an_operator_leaves_the_dtype_of_the_tensor():
    wide, number, seen = np.array([[1.0, 2.0]]), np.float64(3), []

    def loss(y, p):
        seen.extend([p * wide, wide * p, wide - p, p / number, number / p, p**number, p + [[1.0, 2.0]], p > wide])
        return fastnn.ops.mean(p)

    model = fastnn.Sequential([fastnn.Input((2,)), fastnn.layers.Dense(2)])
    model.compile("sgd", loss)
    model.train_on_batch(np.ones((1, 2)), np.ones((1, 2)))
    assert [x.dtype for x in seen] == ["float32"] * 7 + ["bool"]
