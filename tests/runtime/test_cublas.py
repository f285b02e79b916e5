"""Products by cuBLASLt over a test double: descriptors, numbers, what stays with the kernels, what goes away again."""

from __future__ import annotations

import gc
import sys
from unittest import mock

import evaluate
import numpy as np
import on_blocks
import pytest
from fake_cublas import Epilogue, FakeCublas
from fake_driver import FakeDriver, Kernels
from strategies import kernels_mode

import fastnn as keras
from fastnn import ops
from fastnn.compiler.eager import EagerPlan
from fastnn.compiler.target import placed
from fastnn.core import config
from fastnn.core.errors import DeviceError, NotSupportedError
from fastnn.ops.op import R
from fastnn.runtime import cublas, cuda, device

RNG = np.random.default_rng(0)


@pytest.fixture
def card(monkeypatch):
    """A function that makes (device, its cuBLASLt), with products by the library and other kernels on small blocks."""
    if kernels_mode() == "jit":
        pytest.skip("kernels for devices are run as Python here, and in this mode their sources are Numba's")
    monkeypatch.setitem(config._settings, "matmul_precision", "cublas")

    def make(**settings):
        driver = FakeDriver(own=True)
        library = FakeCublas(driver, **settings)
        return cuda.Cuda(0, driver, Kernels(), library), library

    with on_blocks.small_blocks():
        yield make
    evaluate.PLANS.clear()  # made for small tiles


def draw(*shape):
    return RNG.standard_normal(shape).astype("float32")


def run(found, function, *arrays):
    with device.using(found):
        plan = EagerPlan(function, [(a.shape, a.dtype.name) for a in arrays], options=placed(None))
        plan(*arrays)
        out = np.array(plan(*arrays))
    found.driver.device.check()
    return out


def matmul(ta=False, tb=False):
    def product(x, w):
        return R.matmul(x, w, transpose_a=ta, transpose_b=tb)

    return product


SHAPES = [((5, 7), (7, 3)), ((1, 7), (7, 3)), ((5, 7), (7, 1)), ((5, 1), (1, 3)), ((1, 1), (1, 1)), ((2, 5, 7), (7, 3)),
          ((4, 5, 7), (4, 7, 3)), ((2, 3, 5, 7), (3, 7, 2)), ((1, 5, 7), (4, 7, 3)), ((300, 200), (200, 40)),
          ((3, 900), (900, 2))]  # fmt: skip


@pytest.mark.parametrize("ta", [False, True])
@pytest.mark.parametrize("tb", [False, True])
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_products_in_every_orientation(card, shapes, ta, tb):
    x, w = (draw(*shape) for shape in shapes)
    given = [np.ascontiguousarray(a.swapaxes(-1, -2)) if turn else a for a, turn in ((x, ta), (w, tb))]
    found, library = card()
    received = run(found, matmul(ta, tb), *given)
    irregular = shapes == ((2, 3, 5, 7), (3, 7, 2))  # offsets of w: 0, 14, 28, 0, ...
    assert bool(library.products) != irregular
    near = 2e-2 if irregular else 1e-4  # TF32, by the kernel
    np.testing.assert_allclose(received, x @ w, rtol=near, atol=near)
    for what in library.products:
        assert (what["compute_type"], what["scale_type"], what["EPILOGUE"]) == (77, 0, Epilogue.DEFAULT)
        assert {layout["type"] for layout in what["layouts"]} == {0}


@pytest.mark.parametrize(("activation", "epilogue"), [(None, Epilogue.BIAS), ("relu", Epilogue.RELU_BIAS),
                                                      ("sigmoid", None), ("tanh", None)])  # fmt: skip
def test_bias_and_relu_are_the_librarys_other_activations_the_kernels(card, activation, epilogue):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(9, activation, bias_initializer="normal")])
    x = draw(5, 6)
    with mock.patch.dict(config._settings, matmul_precision="high"):
        wanted = model.predict(x, verbose=0)
    found, library = card()
    with device.using(found):
        np.testing.assert_allclose(model.predict(x, verbose=0), wanted, rtol=1e-2, atol=1e-2)  # TF32 by the kernel
    assert {what["EPILOGUE"] for what in library.products} == ({epilogue} if epilogue else set())


def test_descriptors_of_a_layer(card):
    """C by rows is its transpose by columns: W comes first, and both lie as they are."""
    found, library = card()
    x, w = draw(5, 7), draw(7, 3)
    run(found, ops.matmul, x, w)
    first, second, out = library.products[0]["layouts"]
    assert [(m["rows"], m["cols"], m["ld"]) for m in (first, second, out)] == [(3, 7, 3), (7, 5, 7), (3, 5, 3)]
    assert (library.products[0]["TRANSA"], library.products[0]["TRANSB"]) == (0, 0)
    run(found, matmul(True, True), np.ascontiguousarray(x.T), np.ascontiguousarray(w.T))
    what = library.products[-1]
    assert [(m["rows"], m["cols"], m["ld"]) for m in what["layouts"]] == [(7, 3, 7), (5, 7, 5), (3, 5, 3)]
    assert (what["TRANSA"], what["TRANSB"]) == (1, 1)


def test_batches_of_matrices_are_one_product(card):
    found, library = card()
    run(found, ops.matmul, draw(4, 5, 7), draw(4, 7, 3))
    layouts = library.products[-1]["layouts"]
    assert [m["BATCH_COUNT"] for m in layouts] == [4, 4, 4]
    assert [m["STRIDED_BATCH_OFFSET"] for m in layouts] == [21, 35, 15]


def test_a_training_is_near_the_cpus_and_captured_once(card):
    def trained():
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(3, "softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy")
        rng = np.random.default_rng(0)
        model.fit(rng.standard_normal((12, 6)).astype("float32"), rng.integers(0, 3, 12), batch_size=4, verbose=0)
        return model.get_weights()

    wanted = trained()
    found, library = card()
    with device.using(found):
        received = trained()
    for a, b in zip(received, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    assert len(library.products) == 5  # two forwards, two gradients of weights, one of what lies between: once captured
    assert found.driver.counts["cuGraphLaunch"] == 3


def test_descriptors_go_with_what_they_were_for(card):
    found, library = card()
    run(found, ops.matmul, draw(5, 7), draw(7, 3))
    evaluate.PLANS.clear()
    gc.collect()
    with found.session():
        pass
    assert [what["kind"] for what in library.live.values()] == ["handle"]


def test_what_the_library_has_no_algorithm_for_the_kernel_makes(card):
    found, library = card(refuse=cublas.NOT_SUPPORTED)
    x, w = draw(5, 7), draw(7, 3)
    np.testing.assert_allclose(run(found, ops.matmul, x, w), x @ w, rtol=1e-2, atol=1e-2)
    assert not library.products and [what["kind"] for what in library.live.values()] == ["handle"]


def test_other_errors_of_the_library_are_named(card):
    found, _ = card(refuse=14)
    with pytest.raises(DeviceError, match=r"cuBLASLt's matmul_algo_get_heuristic failed.*'tf32'\) does without"):
        run(found, ops.matmul, draw(5, 7), draw(7, 3))


@pytest.mark.parametrize("function", [
    lambda x, w: ops.scan(lambda c, row: (ops.tanh(ops.matmul(row, c)), c), w, x)[1],  # what moves in a loop
    lambda x, w: ops.matmul(ops.cast(x, "float64"), ops.cast(w, "float64")),
], ids=["loop", "float64"])  # fmt: skip
def test_what_stays_with_the_kernels(card, function):
    x, w = draw(3, 5, 5), draw(5, 5)
    found, library = card()
    with mock.patch.dict(config._settings, matmul_precision="high"):
        wanted = np.array(EagerPlan(function, [(a.shape, a.dtype.name) for a in (x, w)])(x, w))
    received = run(found, function, x, w)
    np.testing.assert_allclose(received, wanted, rtol=2e-2, atol=2e-2)
    assert not library.products


def test_without_the_package_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "nvmath", None)
    version = config.version()
    with pytest.raises(NotSupportedError, match=r"nvmath-python is not installed.*\[cuda-blas\]"):
        config.set_matmul_precision("cublas")
    assert config.version() == version
