"""One door for data: what cannot be kept is an error or a warning that names array and row, by every way in."""

import gc
import warnings
import weakref

import numpy as np
import pytest

import fastnn as keras
from fastnn import layers, ops
from fastnn.core import config, values
from fastnn.core.errors import DataError, DataWarning, DTypeError, FastnnError, KernelError

ROWS = 1, 40  # the short way of predict, and the long one


def plain():
    model = keras.Sequential([keras.Input((2,)), layers.Rescaling(1.0)])
    model.compile("sgd", "mse")
    return model


def batches(x):
    yield x, np.zeros((len(x), 2), "float32")


ENTRIES = {
    "predict": lambda m, x: m.predict(x, verbose=0),
    "predict generator": lambda m, x: m.predict(batches(x), verbose=0),
    "predict_on_batch": lambda m, x: m.predict_on_batch(x),
    "model(x)": lambda m, x: m(x),
    "layer(x)": lambda m, x: m.layers[-1](x),
    "evaluate": lambda m, x: m.evaluate(x, np.zeros((len(x), 2)), verbose=0),
    "evaluate generator": lambda m, x: m.evaluate(batches(x), verbose=0),
    "test_on_batch": lambda m, x: m.test_on_batch(x, np.zeros((len(x), 2))),
    "train_on_batch": lambda m, x: m.train_on_batch(x, np.zeros((len(x), 2))),
    "fit": lambda m, x: m.fit(x, np.zeros((len(x), 2)), verbose=0),
    "fit generator": lambda m, x: m.fit(batches(x), verbose=0),
    "y": lambda m, x: m.evaluate(np.zeros((len(x), 2)), x, verbose=0),
    "validation_data": lambda m, x: m.fit(*(np.zeros((4, 2)),) * 2, validation_data=(x, x), verbose=0),
    "validation_split": lambda m, x: m.fit(x, np.zeros((len(x), 2)), validation_split=0.5, verbose=0),
}
ROWWISE = "x|y|inputs|the operand"


def array(rows, last, dtype=None):
    """Rows of ones; the last row begins with `last`."""
    x = np.ones((rows, 2), dtype or np.asarray(last).dtype)
    x[-1, 0] = last
    return x


REFUSED = {
    "uint64": (lambda n: array(n, 2**63 + 5, "uint64"), DataError, rf"({ROWWISE}) holds 9223372036854775813 in row"),
    "masked": (
        lambda n: np.ma.array(np.ones((n, 2)), mask=array(n, True, bool) & (np.arange(n) == n - 1)[:, None]),
        DataError,
        rf"({ROWWISE}) is a masked array with 2 masked values, the first in row",
    ),
    "None": (lambda n: array(n, None, object), (DataError, DTypeError), "None in row|dtype"),
    "text in objects": (lambda n: array(n, "3", object), DTypeError, "dtype"),
    "strings": (lambda n: np.full((n, 2), "3"), DTypeError, "dtype"),
    "bytes": (lambda n: np.full((n, 2), b"3"), DTypeError, "dtype"),
    "dates": (lambda n: np.zeros((n, 2), "datetime64[D]"), DTypeError, "dtype"),
    "durations": (lambda n: np.zeros((n, 2), "timedelta64[s]"), DTypeError, "dtype"),
    "complex": (lambda n: np.ones((n, 2), complex), DTypeError, "dtype"),  # of models; operations take them
    "records": (lambda n: np.zeros((n, 2), [("a", "f4")]), DTypeError, "dtype"),
}


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("kind", REFUSED)
def test_what_no_array_of_numbers_keeps_is_an_error_everywhere(kind, rows):
    make, error, text = REFUSED[kind]
    for name, call in ENTRIES.items():
        if name == "validation_split" and rows == 1:
            continue
        if kind == "complex" and name == "layer(x)":
            continue
        with pytest.raises(error, match=text) as found:
            call(plain(), make(rows))
        assert kind not in ("uint64", "masked") or f"row {rows - 1}" in str(found.value), name
    if kind not in ("uint64", "complex"):  # operations know uint64 itself
        with pytest.raises(error, match=text):
            ops.exp(make(rows))
        with pytest.raises(error, match=text):
            ops.convert_to_tensor(make(rows))


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("entry", [e for e in ENTRIES if e != "validation_split"])
def test_numbers_too_large_for_float32_warn_as_infinity_does(entry, rows):
    with pytest.warns(
        DataWarning,
        match=rf"({ROWWISE}) contains 1e\+300, which is infinity in float32; first in row "
        rf"{rows - 1} \(1 of {rows} rows\)",
    ) as seen:
        ENTRIES[entry](plain(), array(rows, 1e300))
    assert all(w.filename == __file__ for w in seen)  # the user's line, not the library's
    config.set_strict(True)
    try:
        with pytest.raises(DataError, match="1e\\+300"):
            ENTRIES[entry](plain(), array(rows, 1e300))
    finally:
        config.set_strict(False)


def test_lists_that_overflow_and_numbers_that_do_not():
    with pytest.warns(DataWarning, match=r"operand contains 1e\+39"):
        assert np.isinf(ops.negative([1.0, 1e39])[1])
    assert ops.negative(np.array([1e300]))[0] == -1e300  # float64 stays float64
    values.narrow(np.full(3, 3.4e38), np.float32, "x")
    with pytest.warns(DataWarning, match="70000.0, which is infinity in float16"):
        layers.Rescaling(1.0, dtype="float16")(np.full((1, 2), 7e4, "float32"))


SAME = np.arange(8.0).reshape(4, 2)
KEPT = {
    "matrix": SAME.view(np.matrix), "masked, nothing hidden": np.ma.array(SAME), "big-endian": SAME.astype(">f8"),
    "big-endian int": SAME.astype(">i2"), "longdouble": SAME.astype(np.longdouble), "float16": SAME.astype("f2"),
    "objects": SAME.astype(object), "objects of rows": np.array([None, *SAME], object)[1:],
    "negative strides": np.ascontiguousarray(SAME[::-1, ::-1])[::-1, ::-1], "transposed": np.asfortranarray(SAME),
    "unaligned": np.frombuffer(b" " + SAME.tobytes(), np.uint8)[1:].view("f8").reshape(4, 2),
    "uint64": SAME.astype("u8"), "uint32": SAME.astype("u4"), "int8": SAME.astype("i1"), "list": SAME.tolist(),
}  # fmt: skip


@pytest.mark.parametrize("kind", KEPT)
def test_numbers_in_other_clothes_are_kept(kind):
    model = plain()
    for call in ("predict", "predict_on_batch", "model(x)"):
        if kind.startswith("objects") and call == "model(x)":
            continue
        assert np.array_equal(ENTRIES[call](model, KEPT[kind]), SAME), call
    assert np.array_equal(ops.add(KEPT[kind] if kind != "objects of rows" else SAME, 0.0), SAME)


def test_repeated_rows_and_bools():
    model = plain()
    for x in (np.broadcast_to(np.float32(2), (3, 2)), np.broadcast_to([[True, False]], (40, 2)), np.ones((3, 2), bool)):
        assert np.array_equal(model.predict(x, verbose=0), x)
        assert np.array_equal(model(x), x)


class Frame:
    """What a data frame with missing values gives."""

    def __init__(self, *rows):
        self.rows = rows

    def to_numpy(self):
        return np.array(self.rows, object)


def test_integers_that_no_int64_holds_name_the_row():
    for rows in ([[1, 2], [3, 2**70]], np.array([[1, 2], [3, -(2**64)]], object)):
        with pytest.raises(DataError, match=r"^x holds -?\d{20,} in row 1: integers from 2\*\*63 on"):
            plain().predict(rows, verbose=0)


def test_missing_values_name_the_row():
    NAType = type("NAType", (), {"__float__": lambda self: 1.0})
    for missing in (None, NAType()):
        with pytest.raises(DataError, match=r"^x holds .* in row 1\. Fill"):
            plain().predict(Frame([1, 2], [missing, 3]), verbose=0)
    with pytest.raises(DataError, match="None in row 1"):
        plain().predict([[1.0, 2.0], [None, 3.0]], verbose=0)
    with pytest.raises(DataError, match="None in row 0"):
        plain().predict([[None, 2.0]], verbose=0)


# ------------------------------------------------------------------ indices
class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.table = layers.Embedding(10, 2)

    def call(self, x):
        return self.table(x)


def after(dtype, function=lambda v: v * 1):
    return lambda: keras.Sequential([keras.Input((1,), dtype=dtype), layers.Lambda(function), layers.Embedding(10, 2)])


def table():
    return keras.Sequential([keras.Input((1,), dtype="int32"), layers.Embedding(10, 2)])


def shared():
    x, embed = keras.Input((1,), dtype="int64"), layers.Embedding(10, 2)
    return keras.Model(x, embed(x) + embed(x))


MODELS = {
    "int32": table,
    "float32": lambda: keras.Sequential([keras.Input((1,)), layers.Embedding(10, 2)]),
    "not built": lambda: keras.Sequential([layers.Embedding(10, 2)]),
    "shared": shared,
    "own call": Own,
    "nested": lambda: keras.Sequential([keras.Input((1,), dtype="int32"), table()]),
    "computed int32": after("int32"),
    "computed int64": after("int64"),
    "computed float32": after("float32"),
    "computed, shifted": after("int64", lambda v: v + 2**33),
}


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("value", [-1, 10, 2**32 + 3, 2**63 - 1, -1.0, 10.0, 2.0**32, 1e30, np.nan])
@pytest.mark.parametrize("name", MODELS)
def test_no_index_outside_a_table_is_taken(name, value, rows):
    model, x = MODELS[name](), np.full((rows, 1), value)
    for entry in ("predict", "predict_on_batch", "model(x)", "predict generator"):
        with pytest.raises((DataError, KernelError)) as found:
            ENTRIES[entry](model, x)
        assert isinstance(found.value, ValueError)
        if "computed" not in name and (name != "own call" or entry == "model(x)"):
            assert isinstance(found.value, DataError) and "in row 0" in str(found.value), entry


def test_indices_inside_are_taken_by_value():
    for make in MODELS.values():
        if make is not MODELS["computed, shifted"]:
            model = make()
            for entry in ("predict", "model(x)"):
                a, b = (ENTRIES[entry](model, np.full((1, 1), v)) for v in (9, 9.75))
                assert np.array_equal(a, b)
    x = layers.Embedding(4, 1, weights=[np.arange(4.0).reshape(4, 1)])
    assert np.array_equal(x(np.array([[3, 0]], "uint8")).ravel(), [3, 0])
    assert np.array_equal(x(np.array([[-0.5, 3.9]])).ravel(), [0, 3])
    assert ops.take(np.arange(3.0), -1) == 2.0  # ops.take counts from the end, as Keras's


def test_training_sees_indices_outside_before_anything_has_changed():
    model = keras.Sequential([keras.Input((1,)), layers.Lambda(lambda v: v - 1), layers.Embedding(10, 2)])
    model.compile("sgd", "mse")
    before, x = model.get_weights(), np.zeros((4, 1))
    y = np.zeros((4, 1, 2))
    for call in (lambda: model.fit(x, y, verbose=0), lambda: model.train_on_batch(x, y)):
        with pytest.raises(KernelError, match="index or label is outside"):
            call()
    assert all(map(np.array_equal, before, model.get_weights()))


@pytest.mark.parametrize("given, wanted, bad", [("int64", "int32", 2 ** 31), ("int64", "int32", -2 ** 31 - 1),
                                                ("uint64", "int32", 2 ** 32), ("uint32", "int32", 2 ** 31),
                                                ("int16", "uint8", 256), ("int32", "uint8", -1),
                                                ("int64", "int8", 128)])  # fmt: skip
def test_integers_that_the_model_cannot_keep(given, wanted, bad):
    model = keras.Sequential([keras.Input((2,), dtype=wanted), layers.Flatten()])
    for rows in ROWS:
        for entry in ("predict", "predict_on_batch", "model(x)", "predict generator"):
            with pytest.raises(DataError, match=rf"x holds {bad} in row {rows - 1}: the model takes {wanted}"):
                ENTRIES[entry](model, array(rows, bad, given))
        fine = array(rows, 5, given)
        assert np.array_equal(model.predict(fine, verbose=0), fine)


# ------------------------------------------------------------------ memory
def test_a_model_does_not_keep_the_arrays_it_saw():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    model.compile("sgd", "mse")
    for kind in ("fit", "evaluate", "predict", "train_on_batch"):
        x, y = np.ones((64, 3), "float32"), np.zeros((64, 2), "float32")
        getattr(model, kind)(*((x,) if kind == "predict" else (x, y)), **({} if "batch" in kind else {"verbose": 0}))
        alive = weakref.ref(x), weakref.ref(y)
        del x, y
        gc.collect()
        assert [a() is None for a in alive] == [True, True], kind


def test_batches_changed_after_they_were_given():
    """A source may fill one buffer again and again: each batch is used up before the next is asked for."""

    def source(buffer):
        for value in (0.0, 1.0, 2.0):
            buffer[:] = value
            yield (buffer,)

    out = plain().predict(source(np.zeros((2, 2), "float32")), verbose=0)
    assert out[:, 0].tolist() == [0, 0, 1, 1, 2, 2]


def test_no_warning_where_nothing_is_lost():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for x in (array(3, np.nan), array(3, np.inf), array(3, 3e38), array(40, -3e38)):
            ENTRIES["predict"](plain(), x)
            ENTRIES["model(x)"](plain(), x)


def test_errors_are_of_the_library():
    for kind, (make, _, _) in REFUSED.items():
        with pytest.raises(FastnnError):
            values.as_numbers(make(3), kind)
