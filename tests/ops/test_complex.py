"""Complex numbers: every operation that takes them against NumPy, its gradient, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import fastnn
from fastnn import ops
from fastnn.core.errors import DTypeError, NotSupportedError, ShapeError

RNG = np.random.default_rng(0)
PAIRS = RNG.standard_normal((3, 4, 2))
Z, W = (RNG.standard_normal((3, 4)) + 1j * RNG.standard_normal((3, 4)) for _ in range(2))
KINDS = [("complex64", 2e-5), ("complex128", 1e-12)]
BINARY = ["add", "subtract", "multiply", "divide", "power", "equal", "not_equal", "isclose", "logical_and", "vdot",
          "inner", "outer", "dot", "array_equal"]  # fmt: skip
UNARY = ["negative", "square", "exp", "expm1", "log", "log1p", "sqrt", "reciprocal", "sign", "sin", "cos", "tan",
         "sinh", "cosh", "tanh", "abs", "isnan", "isfinite", "isinf", "conj", "angle", "real", "imag", "isreal", "sum",
         "mean", "prod", "cumsum", "transpose", "ravel", "var", "std", "flip", "round", "triu", "diagonal",
         "logical_not", "any", "count_nonzero", "zeros_like", "ones_like"]  # fmt: skip
# what moves or joins: (name, arguments after the values)
MOVING = [("roll", (1,)), ("tile", (2,)), ("repeat", (2,)), ("swapaxes", (0, 1)), ("reshape", ((4, 3),)),
          ("pad", (((1, 0), (0, 2)),)), ("expand_dims", (1,)), ("full_like", (3,)), ("moveaxis", (0, 1))]  # fmt: skip


def operands(name, kind):
    """Values of which the operation is defined."""
    z, w = Z.astype(kind), W.astype(kind)
    return (z, w.T) if name in ("dot",) else (z, w)


# ------------------------------------------------------------------ values
@pytest.mark.parametrize(("kind", "rtol"), KINDS)
@pytest.mark.parametrize("name", BINARY)
def test_two_values(name, kind, rtol):
    a, b = operands(name, kind)
    found, wanted = getattr(ops, name)(a, b), getattr(np, name)(a, b)
    assert np.asarray(found).dtype == np.asarray(wanted).dtype
    np.testing.assert_allclose(found, wanted, rtol=10 * rtol, atol=rtol)


@pytest.mark.parametrize(("kind", "rtol"), KINDS)
@pytest.mark.parametrize("name", UNARY)
def test_one_value(name, kind, rtol):
    z = Z.astype(kind)
    found, wanted = getattr(ops, name)(z), getattr(np, name)(z)
    if name != "count_nonzero":
        assert found.dtype == wanted.dtype
    np.testing.assert_allclose(found, wanted, rtol=10 * rtol, atol=rtol)


@pytest.mark.parametrize("mode", ["valid", "same", "full"])
def test_correlation_conjugates_the_second(mode):
    for a, b in ((Z[0], W[0, :2]), (Z[0, :2], W[0]), (Z[0], W[1])):
        np.testing.assert_allclose(ops.correlate(a, b, mode), np.correlate(a, b, mode), rtol=1e-12)


@pytest.mark.parametrize(("name", "arguments"), MOVING)
def test_movement_is_exact(name, arguments):
    for kind, _ in KINDS:
        z = Z.astype(kind)
        np.testing.assert_array_equal(getattr(ops, name)(z, *arguments), getattr(np, name)(z, *arguments), strict=True)


@pytest.mark.parametrize("axis", [None, 0, 1, (0, 1)])
@pytest.mark.parametrize("name", ["sum", "mean", "prod"])
def test_reductions(name, axis):
    for keepdims in (False, True):
        found, wanted = (getattr(m, name)(Z, axis=axis, keepdims=keepdims) for m in (ops, np))
        np.testing.assert_allclose(found, wanted, rtol=1e-12, strict=True)


def test_joining_choosing_and_products():
    np.testing.assert_array_equal(ops.concatenate([Z, W], axis=1), np.concatenate([Z, W], 1), strict=True)
    np.testing.assert_array_equal(ops.stack([Z, W]), np.stack([Z, W]), strict=True)
    np.testing.assert_array_equal(ops.where(Z.real > 0, Z, W), np.where(Z.real > 0, Z, W), strict=True)
    np.testing.assert_array_equal(ops.take(Z, [2, 0], axis=0), Z[[2, 0]], strict=True)
    np.testing.assert_allclose(ops.matmul(Z, W.T), Z @ W.T, rtol=1e-12)
    np.testing.assert_allclose(ops.einsum("ij,kj->ik", Z, W), Z @ W.T, rtol=1e-12)
    np.testing.assert_allclose(ops.tensordot(Z, W, 2), np.tensordot(Z, W, 2), rtol=1e-12)
    a = Z[:, :3]
    np.testing.assert_allclose(ops.inv(a) @ a, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(ops.solve(a, W), np.linalg.solve(a, W), rtol=1e-10)


@pytest.mark.parametrize(("kind", "rtol"), KINDS)
def test_eigenvalues_are_complex(kind, rtol):
    for x in (Z[:, :3].astype(kind), Z[:, :3].real.astype(np.result_type(kind).type(0).real.dtype)):
        w, v = ops.eig(x)
        assert w.dtype == v.dtype == kind
        np.testing.assert_allclose(x @ v, v * w, atol=10 * rtol)


EDGES = np.array([0, -0.0, 1e-30, 1e30, -1e30, 1e30j, -1e-30j, -1, -1j, 1e30 + 1e30j])


@pytest.mark.parametrize("name", ["abs", "sqrt", "sign", "angle", "reciprocal"])
def test_extreme_values(name):
    """Neither the square of a large number nor that of a small one is in between."""
    z = EDGES.astype("complex64")
    z = z[2:] if name == "reciprocal" else z
    wanted = getattr(np, name)(z.astype("complex128"))
    np.testing.assert_allclose(getattr(ops, name)(z), wanted, rtol=1e-5, atol=1e-30)


def test_powers_of_zero():
    np.testing.assert_array_equal(ops.power(np.zeros(3, "complex64"), np.array([0, 1, 2 + 1j], "complex64")), [1, 0, 0])


# ------------------------------------------------------------------ dtypes
@pytest.mark.parametrize(("x", "kind"), [
    (1j, "complex64"), ([1, 2j], "complex64"), (np.complex128(1j), "complex128"),
    (np.ones(2, "complex64"), "complex64"),
])  # fmt: skip
def test_dtype_of_given_values(x, kind):
    assert ops.convert_to_tensor(x).dtype == kind
    assert fastnn.Variable(x, trainable=False).dtype == kind


@pytest.mark.parametrize(("other", "kind"), [
    ("bool", "complex64"), ("int8", "complex64"), ("int64", "complex64"), ("float16", "complex64"),
    ("float32", "complex64"), ("float64", "complex128"), ("complex128", "complex128"),
])  # fmt: skip
def test_where_dtypes_meet(other, kind):
    one = ops.ones((2,), dtype="complex64")
    for f in (ops.add, ops.multiply, ops.divide, ops.subtract, ops.power):
        y = f(one, ops.ones((2,), dtype=other))
        assert y.dtype == kind, f
    assert ops.add(one, 1).dtype == ops.multiply(1.5, one).dtype == ops.add(ops.ones(2), 1j).dtype == "complex64"


def test_casts():
    z = np.array([0, 1 + 2j, 3j], "complex64")
    np.testing.assert_array_equal(ops.cast(z, "bool"), [False, True, True])
    np.testing.assert_array_equal(ops.cast(z, "float32"), [0, 1, 0])
    np.testing.assert_array_equal(ops.cast(z, "complex128"), z)
    np.testing.assert_array_equal(ops.cast([True, False], "complex64"), np.array([1, 0], "complex64"), strict=True)
    assert ops.zeros((2,), dtype=complex).dtype == "complex64"


@pytest.mark.parametrize(("dtype", "kind"), [("float32", "complex64"), ("float64", "complex128")])
def test_views_are_inverse(dtype, kind):
    x = PAIRS.astype(dtype)
    z = ops.view_as_complex(x)
    assert z.dtype == kind and z.shape == (3, 4)
    np.testing.assert_array_equal(ops.view_as_real(z), x)
    np.testing.assert_allclose(ops.polar(np.abs(z), ops.angle(z)), z, rtol=1e-5)


def test_real_numbers_have_an_imaginary_part_of_zero():
    np.testing.assert_array_equal(ops.view_as_real([1.0, 2.0]), [[1, 0], [2, 0]])
    assert ops.view_as_complex(np.ones((3, 2), "float16")).dtype == "complex64"


# ------------------------------------------------------------------ variables
def test_variables():
    v = fastnn.Variable("ones", shape=(3, 4), dtype="complex64", trainable=False)
    v.assign(Z)
    v.assign_add(W)
    np.testing.assert_allclose(v.numpy(), Z + W, rtol=1e-5)
    np.testing.assert_allclose((v * v + 1) / v, (Z + W) + 1 / (Z + W), rtol=1e-4)
    real = fastnn.Variable(np.zeros((3, 4), "float32"), trainable=False)
    with pytest.raises(DTypeError, match="real part"):
        real.assign(Z)
    assert not real.numpy().any()


# ------------------------------------------------------------------ gradients
SMOOTH = ["square", "exp", "log", "sqrt", "reciprocal", "sin", "cos", "tanh", "sign", "conj", "prod", "abs", "angle",
          "log1p", "expm1"]  # fmt: skip


def loss(f, z):
    """A real number that depends on all parts of f(z)."""
    y = f(z)
    y = ops.view_as_real(y) if "complex" in str(y.dtype) else y
    return ops.sum(ops.multiply(y, np.cos(np.arange(np.prod(y.shape))).reshape(y.shape)))


CHECKED = {name: getattr(ops, name) for name in SMOOTH} | {
    "product": lambda z: ops.matmul(z, np.swapaxes(W, 0, 1)), "quotient": lambda z: W / z, "power": lambda z: z**2.5,
    "parts": lambda z: ops.concatenate([z[:, 1:], ops.transpose(z)[:3, :1]], axis=1), "sum": lambda z: ops.sum(z, 0),
    "inverse": lambda z: ops.inv(z[:, :3]), "solution": lambda z: ops.solve(z[:, :3], W), "where": lambda z: ops.where(
        W.real > 0, z, z * 2j), "real": lambda z: ops.real(z) * ops.imag(z) ** 2}  # fmt: skip


@pytest.mark.parametrize("name", CHECKED)
def test_gradient_is_the_direction_of_growth(name):
    """d loss = the real part of conj(gradient) dz, by central differences along a random direction."""
    v = fastnn.Variable(Z)
    with fastnn.GradientTape() as tape:
        value = loss(CHECKED[name], v)
    gradient = tape.gradient(value, v)
    assert gradient.dtype == "complex128" and gradient.shape == Z.shape
    way = 1e-6 * W
    change = loss(CHECKED[name], Z + way) - loss(CHECKED[name], Z - way)
    np.testing.assert_allclose(2 * np.sum((np.conj(gradient) * way).real), change, rtol=1e-5)


# ------------------------------------------------------------------ symbols and models
def test_symbols_have_complex_dtypes():
    x = fastnn.KerasTensor((None, 3, 2))
    z = ops.view_as_complex(x)
    assert (z.shape, z.dtype) == ((None, 3), "complex64")
    assert (z * 2j + 1).dtype == "complex64" and ops.abs(z).dtype == "float32"
    assert ops.view_as_real(fastnn.KerasTensor((None,), dtype="complex128")).shape == (None, 2)
    w, v = ops.eig(fastnn.KerasTensor((None, 3, 3)))
    assert (w.shape, v.shape, w.dtype) == ((None, 3), (None, 3, 3), "complex64")


def test_models(tmp_path):
    x = fastnn.Input((4, 2))
    z = ops.view_as_complex(x)
    model = fastnn.Model(x, [ops.exp(z), ops.abs(z * z)])
    given = RNG.standard_normal((5, 4, 2)).astype("float32")
    c = given[..., 0] + 1j * given[..., 1]
    model.save(tmp_path / "complex.keras")
    for m in (model, fastnn.saving.load_model(tmp_path / "complex.keras")):
        for found in (m(given), m.predict(given, verbose=0, batch_size=2)):
            assert found[0].dtype == "complex64"
            np.testing.assert_allclose(found[0], np.exp(c), rtol=1e-5)
            np.testing.assert_allclose(found[1], abs(c * c), rtol=1e-5)


@pytest.mark.parametrize("given", ["complex64", "complex128", "float32", "int32"])
def test_complex_inputs(given):
    z = fastnn.Input((4,), dtype="complex64")
    model = fastnn.Model(z, ops.real(z * 1j) + ops.imag(z))
    data = (Z if given.startswith("complex") else 3 * Z.real).astype(given)
    wanted = (data * 1j).real + data.imag
    np.testing.assert_allclose(model(data), wanted, atol=1e-5)
    np.testing.assert_allclose(model.predict(data, verbose=0, batch_size=2), wanted, atol=1e-5)


def test_training_through_complex_values():
    fastnn.utils.set_random_seed(1)
    x = fastnn.Input((4,))
    h = ops.view_as_complex(ops.reshape(fastnn.layers.Dense(8)(x), (-1, 4, 2)))
    model = fastnn.Model(x, fastnn.layers.Dense(1)(ops.abs(h * ops.conj(h) + h)))
    model.compile("adam", "mse")
    history = model.fit(Z.real, np.ones((3, 1)), epochs=40, verbose=0, batch_size=2)
    assert history.history["loss"][-1] < 0.7 * history.history["loss"][0]


@fastnn.saving.register_keras_serializable("tests")
class Turned(fastnn.layers.Layer):
    def build(self, shape):
        self.kernel = self.add_weight((shape[-1], 2), "ones", "complex64", name="kernel")

    def call(self, x):
        return ops.abs(ops.matmul(ops.cast(x, "complex64"), self.kernel * (1 + 0.5j)))


def test_complex_weights(tmp_path):
    """They are saved and loaded, stay what they are beside what is trained, and are not trained themselves."""
    model = fastnn.Sequential([fastnn.Input((4,)), Turned(), fastnn.layers.Dense(1)])
    model.layers[0].kernel.assign(W.T[:, :2])
    x = Z.real.astype("float32")
    for name in ("whole.keras", "old.h5"):
        model.save(tmp_path / name)
        again = fastnn.saving.load_model(tmp_path / name)
        np.testing.assert_array_equal(again.get_weights()[0], model.get_weights()[0], strict=True)
        np.testing.assert_array_equal(again(x), model(x))
    model.compile("sgd", "mse")
    with pytest.raises(NotSupportedError, match="view_as_complex"):
        model.fit(x, np.ones((3, 1)), verbose=0)
    model.layers[0].trainable = False
    model.compile("adam", "mse")
    before = model.get_weights()
    model.fit(x, np.ones((3, 1)), verbose=0)
    assert (model.get_weights()[0] == before[0]).all() and (model.get_weights()[1] != before[1]).any()


@pytest.mark.parametrize("kind, tolerance", KINDS)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"ord": 1},
        {"ord": -np.inf},
        {"ord": "fro"},
        {"axis": 1, "ord": 3},
        {"axis": 0, "ord": 2},
        {"axis": 0, "ord": 0},
        {"axis": 1, "keepdims": True},
    ],
)
def test_norms_are_lengths(kind, tolerance, options):
    z = Z.astype(kind)
    found, expected = np.asarray(ops.norm(z, **options)), np.linalg.norm(z, **options)
    np.testing.assert_allclose(found, expected, rtol=tolerance, strict=True)


@pytest.mark.parametrize("axis", [0, 1, None])
@pytest.mark.parametrize("keepdims", [False, True])
def test_products_of_none(axis, keepdims):
    z = np.zeros((0, 4), "complex64")
    np.testing.assert_array_equal(ops.prod(z, axis, keepdims), np.prod(z, axis, keepdims=keepdims), strict=True)


# ------------------------------------------------------------------ what is refused
@pytest.mark.parametrize("name", ["floor", "max", "argmax", "sort", "relu", "det", "erf", "sigmoid"])
def test_what_has_no_rule_says_so(name):
    with pytest.raises(NotSupportedError, match=r"no rule.*ops\.real"):
        getattr(ops, name)(Z[:, :3])


def test_errors():
    with pytest.raises(NotSupportedError, match=r"singular_values.*no rule"):
        ops.norm(Z, 2)
    for x in (PAIRS[..., :1], fastnn.KerasTensor((3, 1)), np.float32(1)):
        with pytest.raises(ShapeError, match="size 2"):
            ops.view_as_complex(x)
    with pytest.raises(TypeError, match="fabs does not support complex"):
        ops.fabs(Z)
    x = fastnn.Input((4,))
    model = fastnn.Model(x, x + 1)
    for call in (model, lambda z: model.predict(z, verbose=0)):
        with pytest.raises(DTypeError, match="complex"):
            call(Z)
