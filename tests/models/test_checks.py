"""What is checked before a step runs: embedding indices, labels of sparse losses, verbose, batches of a source."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fastnn as keras
from fastnn import layers
from fastnn.core.errors import ArgumentError, DataError, ShapeError
from fastnn.models.checks import index_inputs


def text_model(rows=10, build=True):
    first = [keras.Input((5,), dtype="int32")] if build else []
    model = keras.Sequential(
        [*first, layers.Embedding(rows, 3, name="words"), layers.Flatten(), layers.Dense(4, activation="softmax")]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


DATA = np.random.default_rng(0).integers(0, 10, (20, 5)), np.arange(20) % 4


@settings(max_examples=15, deadline=None)
@given(
    row=st.integers(0, 19),
    value=st.sampled_from([10, 11, -1, 1 << 40]),
    build=st.booleans(),
    kind=st.sampled_from(["int64", "float64"]),
)
def test_index_outside_an_embedding(row, value, build, kind):
    x, y = DATA[0].astype(kind), DATA[1]
    x[row, 2] = value
    model = text_model(build=build)
    before = model.get_weights()
    for call in (model.fit, model.evaluate, model.train_on_batch, lambda x, _: model.predict(x, batch_size=3)):
        with pytest.raises(DataError, match=rf"index {value}(\.0)? in row {row}.*'words'.*10 entries.*0 to 9"):
            call(x, y)
    if build:
        assert all(map(np.array_equal, before, model.get_weights()))


def test_which_inputs_are_indices():
    a, b, c = (keras.Input((5,), name=n) for n in "abc")
    inner = text_model()
    table = layers.Embedding(7, 2)
    model = keras.Model([a, b, c], [layers.Dense(1)(a), inner(c), table(b), table(c)])
    assert [(i, layer.name) for i, layer in index_inputs(model)] == [(2, "words"), (1, table.name), (2, table.name)]
    x = [np.zeros((4, 5)), np.full((4, 5), 6), np.full((4, 5), 7)]
    with pytest.raises(DataError, match="array 2 holds the index 7"):
        model.predict(x, batch_size=2)


def test_labels_that_are_no_whole_numbers():
    x, y = DATA
    model = text_model()
    model.train_on_batch(x, y.astype("float32"))
    with pytest.raises(DataError, match=r"label 2\.5 in row 6.*whole numbers"):
        model.fit(x, np.where(np.arange(20) == 6, 2.5, y))
    unbuilt = keras.Sequential([layers.Dense(3)])
    unbuilt.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(DataError, match="whole numbers"):
        unbuilt.fit(np.ones((2, 2)), [0.5, 1.0])


@pytest.mark.parametrize("verbose", [7, -1, "loud", None, 1.5])
def test_verbose(verbose):
    model = text_model()
    for call in (
        lambda: model.fit(*DATA, verbose=verbose),
        lambda: model.evaluate(*DATA, verbose=verbose),
        lambda: model.predict(DATA[0], batch_size=4, verbose=verbose),
    ):
        with pytest.raises(ArgumentError, match="verbose"):
            call()
    model.fit(*DATA, verbose=False)


def test_a_later_batch_of_another_shape():
    x, y = DATA
    model = text_model()

    def source():
        yield x, y
        yield x, y
        yield x[:, :4], y

    with pytest.raises(ShapeError, match=r"Batch 2 .*\(20, 4\).*batch before it had x of shape \(20, 5\).*trained"):
        model.fit(source(), verbose=0)
    with pytest.raises(DataError, match=r"^Batch 0 .*index 99[^B]*$"):
        model.fit(iter([(x + 99 - x, y)]), verbose=0)


def test_compiled_says_whether():
    model = keras.Sequential([layers.Dense(1)])
    assert model.compiled is False
    model.compile("sgd", "mse")
    assert model.compiled is True


@pytest.mark.parametrize("loss", [[None, "mse", None], {"b": "mse", "a": None, "c": None}], ids=["list", "dict"])
@pytest.mark.parametrize("form", [lambda y: y, lambda y: [y], lambda y: {"b": y}, lambda y: [None, y, None]])
def test_targets_of_the_outputs_that_have_a_loss(loss, form):
    i = keras.Input((4,))
    heads = [keras.layers.Dense(2, kernel_initializer=k, name=n)(i) for n, k in zip("abc", ("zeros", "ones", "zeros"))]
    model = keras.Model(i, heads)
    model.compile("sgd", loss)
    x, y = np.ones((8, 4), "float32"), np.ones((8, 2), "float32")
    assert model.test_on_batch(x, form(y)) == pytest.approx(9.0)
    assert model.evaluate(x, form(y), verbose=0) == pytest.approx(9.0)


def test_too_few_targets_are_an_error():
    i = keras.Input((4,))
    model = keras.Model(i, [keras.layers.Dense(2, name=n)(i) for n in "abc"])
    model.compile("sgd", ["mse", "mse", None])
    with pytest.raises(ValueError, match="1 entries, but the model has 3 outputs"):
        model.fit(np.ones((8, 4)), [np.ones((8, 2))], verbose=0)
