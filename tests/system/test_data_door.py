"""One door for data: whatever takes arrays keeps their values, or refuses them by name, and leaves the arrays alone."""

import mmap

import numpy as np
import pytest

import fastnn
from fastnn import layers, losses, metrics, ops
from fastnn.core.errors import DataError, DataWarning, DTypeError, FastnnError

ROWS = 40
BASE = np.random.default_rng(0).integers(0, 5, (ROWS, 4)).astype("f4")
BASE[0] = 3
Y = np.zeros((ROWS, 1), "f4")


class Sub(np.ndarray):
    """A subclass that changes nothing."""


def memory_mapped():
    array = np.frombuffer(mmap.mmap(-1, BASE.nbytes), "f4").reshape(BASE.shape)
    array[:] = BASE
    return array


def read_only():
    array = BASE.copy()
    array.flags.writeable = False
    return array


def apart():
    wide = np.ones((ROWS, 8), "f4")
    wide[:, ::2] = BASE
    return wide[:, ::2]


def with_one(value, dtype):
    array = BASE.astype(dtype)
    array[7, 1] = value
    return array


KEPT = {
    **{d: lambda d=d: BASE.astype(d) for d in ("f2", "f8", "g", ">f4", ">i4", "i2", "i8", "u1", "u8", object)},
    "fortran": lambda: np.asfortranarray(BASE),
    "apart": apart,
    "rows backwards": lambda: BASE[::-1].copy()[::-1],
    "columns backwards": lambda: np.ascontiguousarray(BASE[:, ::-1])[:, ::-1],
    "unaligned": lambda: np.frombuffer(b"\0" + BASE.tobytes(), "u1")[1:].view("f4").reshape(BASE.shape),
    "read-only": read_only,
    "memory-mapped": memory_mapped,
    "subclass": lambda: BASE.view(Sub),
    "nothing masked": lambda: np.ma.array(BASE, mask=False),
    "list": BASE.tolist,
}
REFUSED = {
    "masked": (DataError, lambda: np.ma.array(BASE, mask=BASE == 3)),
    "None": (DataError, lambda: with_one(None, object)),
    "large objects": (DataError, lambda: with_one(2**80, object)),
    "ragged": (DataError, lambda: [[1, 2, 3, 4]] * (ROWS - 1) + [[1, 2, 3]]),
    "complex": (DTypeError, lambda: BASE.astype("c8")),
    "dates": (DTypeError, lambda: BASE.astype("M8[s]")),
    "durations": (DTypeError, lambda: BASE.astype("m8[s]")),
    "records": (FastnnError, lambda: np.zeros(ROWS, [("a", "f4"), ("b", "i4")])),
    "text": (DTypeError, lambda: BASE.astype("U5")),
    "bytes": (DTypeError, lambda: BASE.astype("S5")),
    "void": (DTypeError, lambda: np.zeros((ROWS, 4), "V4")),
}


def net(units=1):
    fastnn.utils.set_random_seed(0)
    model = fastnn.Sequential([fastnn.Input((4,)), layers.Dense(units)])
    model.compile("sgd", "mse")
    return model


class Batch(fastnn.utils.PyDataset):
    """One batch."""

    def __init__(self, x):
        super().__init__()
        self.x = x

    def __len__(self):
        return 1

    def __getitem__(self, i):
        return self.x, Y


def adapted(x):
    layer = layers.Normalization()
    layer.adapt(x)
    return layer.mean


DOORS = {
    "call": lambda x: net()(x),
    "predict": lambda x: net().predict(x, verbose=0),
    "predict few": lambda x: net().predict(x[:8], verbose=0),
    "predict_on_batch": lambda x: net().predict_on_batch(x),
    "train_on_batch": lambda x: net().train_on_batch(x, Y),
    "test_on_batch": lambda x: net().test_on_batch(x, Y),
    "fit": lambda x: net().fit(x, Y, verbose=0, shuffle=False).history["loss"],
    "validation": lambda x: net().fit(BASE, Y, verbose=0, validation_data=(x, Y)).history["val_loss"],
    "evaluate": lambda x: net().evaluate(x, Y, verbose=0),
    "targets": lambda x: net(4).evaluate(BASE, x, verbose=0),
    "generator": lambda x: net().fit(iter([(x, Y)]), verbose=0).history["loss"],
    "evaluate generator": lambda x: net().evaluate(iter([(x, Y)]), verbose=0),
    "predict generator": lambda x: net().predict(iter([(x,)]), verbose=0),
    "data set": lambda x: net().fit(Batch(x), verbose=0).history["loss"],
    "operation": lambda x: ops.add(x, 0.0),
    "convert": lambda x: ops.convert_to_tensor(x),
    "layer": lambda x: layers.Dense(1, kernel_initializer="ones")(x),
    "loss": lambda x: losses.mean_squared_error(x, BASE),
    "metric": lambda x: metrics.MeanSquaredError()(x, BASE),
    "assign": lambda x: fastnn.Variable(np.zeros_like(BASE)).assign(x),
    "variable": lambda x: fastnn.Variable(x, dtype="float32"),
    "set_weights": lambda x: weights_set(x),
    "adapt": adapted,
    "discretize": lambda x: boundaries(x),
}
COMPLEX = ("operation", "convert", "layer")  # these calculate with complex numbers
OTHERWISE = {  # layers may take objects, which are text; a list is one batch after another
    ("layer", object),
    ("discretize", "list"),
}


def weights_set(x):
    layer = layers.Dense(4, use_bias=False)
    layer.build((None, ROWS))
    layer.set_weights([x])
    return layer.get_weights()[0]


def boundaries(x):
    layer = layers.Discretization(num_bins=3)
    layer.adapt(x)
    return layer.bin_boundaries


@pytest.mark.parametrize("door", DOORS)
def test_values_are_kept(door):
    expected = np.asarray(DOORS[door](BASE))
    for kind, make in KEPT.items():
        if (door, kind) in OTHERWISE:
            continue
        x = make()
        before = np.array(x)
        np.testing.assert_allclose(np.asarray(DOORS[door](x)), expected, rtol=2e-3, atol=1e-3, err_msg=str(kind))
        assert np.array_equal(np.array(x), before), kind


# the first rows of a ragged list are whole; a list is one batch after another
WHOLE = {("predict few", "ragged"), ("discretize", "ragged")}


@pytest.mark.parametrize("door, kind", [(d, k) for d in DOORS for k in REFUSED if (d, k) not in WHOLE])
def test_what_no_array_of_numbers_keeps_is_refused(door, kind):
    error, make = REFUSED[kind]
    if kind == "complex" and door in COMPLEX:
        assert np.asarray(DOORS[door](make())).dtype == "complex64"
        return
    if kind in ("None", "large objects") and door == "layer":
        error = (DataError, DTypeError)
    with pytest.raises(error):
        DOORS[door](make())


@pytest.mark.parametrize(
    "door",
    [d for d in DOORS if d not in ("operation", "convert", "variable", "assign", "adapt", "discretize", "set_weights")],
)
def test_numbers_that_become_infinite_warn(door):  # fmt: skip
    with pytest.warns(DataWarning, match="infinity"):
        DOORS[door](with_one(1e300, "f8"))


def test_counts_beyond_all_runs_are_refused():
    with pytest.raises(fastnn.core.errors.ArgumentError, match="epochs"):
        net().fit(BASE, Y, epochs=2**70, verbose=0)


BEYOND = {"int32": (2**40, 2.0**40, np.nan, np.inf, -3e9), "uint8": (-1, 256, 300.5, np.nan), "int64": (1e300, np.nan)}


def of_integers(dtype):
    """A model that takes integers of a dtype."""
    x = fastnn.Input((4,), dtype=dtype)
    return fastnn.Model(x, ops.logical_not(x) if dtype == "bool" else ops.cast(x, "float32"))


OF_INTEGERS = {
    "call": lambda model, x: model(x),
    "training": lambda model, x: model(x, training=True),
    "predict": lambda model, x: model.predict(x, verbose=0),
    "predict few": lambda model, x: model.predict(x[:8], verbose=0),
    "predict_on_batch": lambda model, x: model.predict_on_batch(x),
    "generator": lambda model, x: model.predict(iter([(x,)]), verbose=0),
}


@pytest.mark.parametrize("door", OF_INTEGERS)
@pytest.mark.parametrize("dtype, value", [(d, v) for d, values in BEYOND.items() for v in values])
def test_no_integer_of_the_model_is_refused(door, dtype, value):
    with pytest.raises(DataError, match=f"the model takes {dtype}"):
        OF_INTEGERS[door](of_integers(dtype), with_one(value, np.array(value).dtype))


@pytest.mark.parametrize("door", OF_INTEGERS)
def test_numbers_at_the_edge_of_an_integer_type_are_taken(door):
    edges = {"int32": (2**31 - 1, -(2**31), 2147483520.0, -0.5), "uint8": (255, 255.5, -0.5), "bool": (2**40, 0.25)}
    for dtype, values in edges.items():
        for value in values:
            x = with_one(value, np.array(value).dtype)[:8]
            found = np.asarray(OF_INTEGERS[door](of_integers(dtype), x))
            expected = x == 0 if dtype == "bool" else x.astype(dtype).astype("float32")
            assert np.array_equal(found, expected), (dtype, value)


@pytest.mark.parametrize("door", OF_INTEGERS)
def test_a_buffer_is_an_array(door):
    x = BASE[:8].copy()
    found = OF_INTEGERS[door](of_integers("float32"), memoryview(x) if door != "predict few" else x)
    assert np.array_equal(np.asarray(found), x)
