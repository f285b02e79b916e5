"""Class weights: Keras's rule for every form of labels, and an error where a row has no single class."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fastnn
from fastnn.core.errors import ArgumentError
from fastnn.models.data import class_weights

KEYS = st.dictionaries(st.integers(-3, 5), st.floats(0.0, 9.0, width=32), max_size=5)


def keras_rule(y, class_weight):
    """Labels are rounded; rows of several numbers have the class of the largest; classes without a weight have 1."""
    if y.ndim > 1:
        y = y[..., 0] if y.shape[-1] == 1 else np.argmax(y, axis=-1)
    labels = np.round(np.asarray(y, "float64")).astype("int64").reshape(len(y))
    return np.array([class_weight.get(int(c), 1.0) for c in labels], "float32")


@st.composite
def labels(draw):
    n, classes = draw(st.integers(1, 7)), draw(st.integers(2, 5))
    values = np.array(draw(st.lists(st.integers(-3, 5), min_size=n, max_size=n)))
    form = draw(st.sampled_from(["int", "float", "bool", "column", "one hot", "one hot of one step", "scores"]))
    if form == "int":
        return values
    if form == "float":
        return values + draw(st.sampled_from([-0.5, -0.4, 0.0, 0.3, 0.5]))
    if form == "bool":
        return values > 0
    if form == "column":
        return values.astype("float32").reshape(draw(st.sampled_from([(n, 1), (n, 1, 1)])))
    if form == "scores":
        return np.random.default_rng(abs(int(values.sum()))).random((n, classes))
    hot = np.eye(classes)[values % classes]
    return hot if form == "one hot" else hot[:, None]


@settings(max_examples=60)
@given(labels(), KEYS)
def test_the_rule(y, class_weight):
    weights = class_weights(y, class_weight)
    assert weights.dtype == np.float32 and weights.tolist() == keras_rule(y, class_weight).tolist()


@pytest.mark.parametrize("shape", [(4, 3, 1), (4, 3, 2), (4, 1, 2, 1), (4, 2, 2, 5), (4, 0)])
def test_several_labels_in_a_row_are_an_error(shape):
    with pytest.raises(ArgumentError, match="sample_weight"):
        class_weights(np.zeros(shape), {0: 2.0})


def model_of(*layers, loss):
    model = fastnn.Sequential([fastnn.Input((2,)), *layers])
    model.compile("sgd", loss)
    return model


STEPS = [fastnn.layers.Dense(6), fastnn.layers.Reshape((2, 3)), fastnn.layers.Softmax()]


SPARSE = "sparse_categorical_crossentropy"


@pytest.mark.parametrize("loss", [SPARSE, "crossentropy", [SPARSE]])
def test_class_indices_per_step_are_not_read_as_one_hot_rows(loss):
    model = model_of(*STEPS, loss=loss)
    before = model.get_weights()
    for call in (model.fit, model.train_on_batch):
        with pytest.raises(ArgumentError, match="sample_weight"):
            call(np.ones((4, 2)), np.array([[0, 1], [1, 2], [2, 0], [0, 0]]), class_weight={0: 1.0, 1: 9.0})
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights()))


class Source(fastnn.utils.PyDataset):
    """Batches of two rows."""

    def __init__(self, *arrays):
        super().__init__()
        self.arrays = arrays

    def __len__(self):
        return len(self.arrays[0]) // 2

    def __getitem__(self, i):
        return tuple(a[2 * i : 2 * i + 2] for a in self.arrays)


@pytest.mark.parametrize("form", [lambda y: y, lambda y: y[:, None], lambda y: y + 0.3, lambda y: np.eye(3)[y]])
@pytest.mark.parametrize("feed", ["arrays", "generator", "dataset"])
def test_every_source_of_data_is_weighted(form, feed):
    x, classes = np.random.default_rng(1).random((6, 2)), np.array([0, 2, 1, 1, 0, 2])
    y, rule, results = form(classes), {0: 1.0, 1: 4.0}, []
    for how in ({"class_weight": rule}, {"sample_weight": np.array([rule.get(c, 1.0) for c in classes])}):
        fastnn.utils.set_random_seed(0)
        model = model_of(fastnn.layers.Dense(3 if y.ndim > 1 and y.shape[1] > 1 else 1), loss="mse")
        if "sample_weight" in how or feed == "arrays":
            history = model.fit(x, y, batch_size=2, shuffle=False, verbose=0, **how)
        else:
            source = Source(x, y) if feed == "dataset" else ((x[i : i + 2], y[i : i + 2]) for i in (0, 2, 4))
            history = model.fit(source, shuffle=False, verbose=0, **how)
        results.append([history.history["loss"][0], *model.get_weights()])
    assert all(np.array_equal(a, b) for a, b in zip(*results))


def test_weights_of_both_kinds_are_an_error_in_every_batch_too():
    model = model_of(fastnn.layers.Dense(1), loss="mse")
    with pytest.raises(ArgumentError, match="same time"):
        model.fit(Source(np.ones((4, 2)), np.ones(4), np.ones(4)), class_weight={1: 2.0}, verbose=0)
    with pytest.raises(ArgumentError, match="single output"):
        model.fit(Source(np.ones((4, 2))), class_weight={1: 2.0}, verbose=0)
