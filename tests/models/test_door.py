"""Models whose inputs hold text: what runs before the tape gives the numbers that calling the layers by hand gives."""

import numpy as np
import pytest

import fastnn
from fastnn import Input, layers
from fastnn.core.errors import DTypeError, GraphError
from fastnn.data import Dataset

TEXTS = np.array(["the cat sat", "a dog", "cat dog cat", "b"] * 8, object)
LABELS = np.array([0, 1, 1, 0] * 8)


def vectors(**options):
    layer = layers.TextVectorization(**{"output_sequence_length": 4, **options})
    layer.adapt(TEXTS)
    return layer


def after(layer):
    """What stands behind the text: the same weights in every model made of it."""
    fastnn.utils.set_random_seed(3)
    parts = layers.Embedding(20, 8), layers.GlobalAveragePooling1D(), layers.Dense(1, "sigmoid")
    whole = fastnn.Sequential([Input((1,), dtype="string"), layer, *parts])
    numbers = fastnn.Sequential([Input((4,), dtype="int64"), *parts])
    for model in (whole, numbers):
        model.compile("adam", "binary_crossentropy")
    return whole, numbers


def same(a, b):
    np.testing.assert_array_equal(np.asarray(a), np.asarray(b))


@pytest.mark.parametrize(
    "texts", [TEXTS, TEXTS[:, None], TEXTS.astype("U"), TEXTS.astype("S"), TEXTS.tolist(), TEXTS[:, None].tolist()]
)
def test_text_in_every_shape(texts):
    whole, numbers = after(vectors())
    expected = numbers.predict(vectors()(TEXTS), verbose=0)
    same(whole.predict(texts if not isinstance(texts, list) else np.array(texts), verbose=0), expected)
    same(whole(texts), numbers(vectors()(TEXTS)))


def test_every_way_to_run():
    whole, numbers = after(vectors())
    x = vectors()(TEXTS)
    same(whole.evaluate(TEXTS, LABELS, verbose=0), numbers.evaluate(x, LABELS, verbose=0))
    pairs = Dataset.from_tensor_slices((TEXTS, LABELS)).batch(8)
    same(whole.evaluate(pairs, verbose=0), numbers.evaluate(x, LABELS, verbose=0, batch_size=8))
    same(whole.predict_on_batch(TEXTS[:2]), numbers.predict_on_batch(x[:2]))
    same(whole.test_on_batch(TEXTS, LABELS), numbers.test_on_batch(x, LABELS))


@pytest.mark.parametrize("how", ["rows", "split", "batches", "one batch"])
def test_training(how):
    results = []
    for choose in (0, 1):
        model = after(vectors())[choose]
        x = vectors()(TEXTS) if choose else TEXTS
        fastnn.utils.set_random_seed(1)
        if how == "one batch":
            model.train_on_batch(x, LABELS)
        elif how == "batches":
            model.fit(Dataset.from_tensor_slices((x, LABELS)).shuffle(9).batch(5), epochs=2, verbose=0)
        else:
            model.fit(x, LABELS, epochs=2, batch_size=7, verbose=0, validation_split=0.25 if how == "split" else 0.0)
        results.append(model.get_weights())
    for a, b in zip(*results):
        same(a, b)


def test_summary_clone_and_file(tmp_path, capsys):
    whole, _ = after(vectors())
    assert whole.output_shape == (None, 1) and whole.layers[0].output.shape == (None, 4)
    whole.summary()
    assert "TextVectorization" in capsys.readouterr().out
    assert fastnn.models.clone_model(whole).count_params() == whole.count_params()
    whole.save(tmp_path / "m.keras")
    again = fastnn.models.load_model(tmp_path / "m.keras")
    same(again.predict(TEXTS, verbose=0), whole.predict(TEXTS, verbose=0))


def columns():
    lookup = layers.StringLookup(vocabulary=["red", "green"], output_mode="one_hot")
    return {"color": Input((1,), dtype="string", name="color"), "num": Input((2,), name="num")}, lookup


ROWS = {"color": np.array(["red", "x", "green"]), "num": np.arange(6, dtype="float32").reshape(3, 2)}
EXPECTED = np.array([[0, 1, 0, 0, 1], [1, 0, 0, 2, 3], [0, 0, 1, 4, 5]], "float32")


def test_named_columns_and_models_inside():
    inputs, lookup = columns()
    table = fastnn.Model(inputs, layers.Concatenate()([lookup(inputs["color"]), inputs["num"]]))
    same(table(ROWS), EXPECTED)
    same(table.predict(ROWS, batch_size=2, verbose=0), EXPECTED)
    same(table(dict(reversed(ROWS.items()))), EXPECTED)
    inputs, _ = columns()
    dense = layers.Dense(1)
    outer = fastnn.Model(inputs, dense(table(inputs)))
    same(outer.predict(ROWS, verbose=0), dense(EXPECTED))
    outer.compile("sgd", "mse")
    before = dense.get_weights()[0]
    outer.fit(ROWS, np.ones(3), verbose=0)
    assert np.abs(dense.get_weights()[0] - before).max() > 0


def test_what_lookups_are_computed_from_runs_there_too():
    x = Input((1,))
    bins = layers.Discretization([0.0, 1.0, 2.0])(x)
    found = layers.IntegerLookup(vocabulary=[3, 1], output_mode="int")(bins)
    model = fastnn.Model(x, layers.Embedding(4, 2)(found))
    data = np.array([[-1.0], [0.5], [5.0], [1.5]])
    same(model.predict(data, verbose=0), model.layers[-1](np.array([[0], [2], [1], [0]])))


def test_layers_alone_without_a_known_input():
    layer = vectors()
    model = fastnn.Sequential([layer, layers.Embedding(20, 2)])
    assert model.predict(TEXTS[:3], verbose=0).shape == (3, 4, 2)
    same(fastnn.Model((i := Input((1,), dtype="string")), layer(i)).predict(TEXTS, verbose=0), layer(TEXTS))


def test_rows_without_words():
    i = Input((1,), dtype="string")
    model = fastnn.Model(
        i, layers.GlobalMaxPooling1D()(layers.Embedding(9, 2)(vectors(output_sequence_length=None)(i)))
    )
    assert model.predict(TEXTS[:2], verbose=0).shape == (2, 2)


def test_errors():
    i = Input((1,), dtype="string")
    with pytest.raises(DTypeError, match="text can neither"):
        fastnn.Model(i, i)
    number = layers.StringLookup(vocabulary=["a"])
    back = layers.StringLookup(vocabulary=["a"], invert=True)
    with pytest.raises(DTypeError, match="text can neither"):
        fastnn.Model(i, back(number(i)))
    x = Input((2,))
    with pytest.raises(GraphError, match="weights to train"):
        fastnn.Model(x, layers.IntegerLookup(vocabulary=[1])(layers.Dense(2)(x)))
    whole, _ = after(vectors())
    with pytest.raises(DTypeError, match="takes text"):
        whole.predict(np.ones((2, 1)), verbose=0)
    inputs, lookup = columns()
    table = fastnn.Model(inputs, layers.Concatenate()([lookup(inputs["color"]), inputs["num"]]))
    with pytest.raises(DTypeError, match="takes numbers"):
        table({**ROWS, "num": ROWS["color"]})

    class Inside(layers.Layer):
        def call(self, x):
            return number(x)

    with pytest.raises(ValueError, match="arrays before a step"):
        fastnn.Sequential([Input((1,)), Inside()])
