"""What a step of one's own gets: all that a data set yields, whatever `call` takes and however many rows a part has."""

import numpy as np
import pytest

import fastnn
from fastnn import layers, models, ops, utils
from fastnn.core.errors import DataError, FastnnError
from fastnn.data import Dataset
from fastnn.layers import nest

X = np.arange(24, dtype="float32").reshape(12, 2) / 24


class Own(fastnn.Model):
    """A model whose step is `step(self, data)` and whose call is `take(self, inputs)`."""

    def __init__(self, step, take=lambda self, x: self.dense(x)):
        super().__init__()
        self.dense = layers.Dense(1)
        self.step, self.take = step, take

    def call(self, inputs):
        return self.take(self, inputs)

    def train_step(self, data):
        with fastnn.GradientTape() as tape:
            loss = self.step(self, data)
        weights = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
        return {"loss": loss}


def _triple(self, inputs):
    a, b, c = inputs
    return self.dense(a) + self.dense(b) - self.dense(c)


def test_call_need_not_take_the_first_part():
    data = Dataset.zip((Dataset.from_tensor_slices(X),) * 3).batch(4)
    model = Own(lambda self, data: ops.mean(ops.square(self(data))), _triple)
    model.compile("sgd")
    losses = model.fit(data, epochs=3, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


def test_call_that_takes_rows_of_something_else():
    def step(self, rows):
        return ops.mean(ops.square(ops.take(self((X, X)), ops.cast(rows, "int32"), axis=0)))

    model = Own(step, lambda self, both: self.dense(both[0]) + self.dense(both[1]) if len(both) == 2 else 1 / 0)
    model.compile("sgd")
    losses = model.fit(np.arange(12), epochs=3, batch_size=4, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


def test_parts_may_have_different_numbers_of_rows():
    seen = []

    def step(self, data):
        (many, _), (few, labels) = data
        seen.append((many.shape, few.shape, labels.shape))
        return ops.mean(ops.square(self(many))) + ops.mean(ops.square(self(few)[:, 0] - labels))

    pairs = Dataset.from_tensor_slices((X, np.ones(12, "float32")))
    model = Own(step)
    model.compile("sgd")
    losses = model.fit(Dataset.zip((pairs.batch(6), pairs.batch(2).take(2))), epochs=4, verbose=0).history["loss"]
    assert losses[-1] < losses[0] and seen[0] == ((6, 2), (2, 2), (2,))
    by_hand = model.dense(X[6:]), model.dense(X[2:4])[:, 0] - 1
    expected = sum(float(np.mean(np.square(v))) for v in by_hand)
    assert float(step(model, ((X[6:], None), (X[2:4], np.ones(2, "float32"))))) == pytest.approx(expected, rel=1e-5)


def test_steps_of_fastnn_want_one_number_of_rows():
    model = fastnn.Sequential([layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(DataError, match="cardinality"):
        model.fit(Dataset.zip((Dataset.from_tensor_slices(X).batch(6), Dataset.from_tensor_slices(X).batch(4))))


def test_what_is_wrong_in_a_step_is_said():
    model = Own(lambda self, data: self(data), lambda self, x: self.dense(ops.reshape(x, (-1, 5, 7))))
    model.compile("sgd")
    with pytest.raises(FastnnError, match="reshape"):
        model.fit(X, verbose=0)


class Shown(models.Model):
    """A model that keeps what its step is shown."""

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        type(self).seen = x
        return super().compute_loss(x, y, y_pred, sample_weight)


class Stepped(models.Model):
    """The same, in a step of its own that trains nothing."""

    def train_step(self, data):
        type(self).seen = data[0]
        return {"size": float(ops.sum(ops.ones_like(self(data[0], training=True))).shape == ())}

    test_step = train_step


@pytest.mark.parametrize("kind", [Shown, Stepped])
@pytest.mark.parametrize(
    ("inputs", "given"),
    [
        ({"a": "a"}, "a"),
        ({"a": "a"}, {"a": "a"}),
        (["a"], "a"),
        (["a"], ["a"]),
        (["a"], {"a": "a"}),
        ("a", {"a": "a"}),
        ("a", ["a"]),
        (["a", "b"], {"a": "a", "b": "b"}),
        (["a", "b"], {"b": "b", "a": "a", "more": "a"}),
        ({"b": "b", "a": "a"}, {"a": "a", "b": "b"}),
        ({"a": "a", "b": "b"}, ["a", "b"]),
    ],
)
@pytest.mark.filterwarnings("ignore:The structure of `inputs`")
def test_steps_of_ones_own_are_shown_the_data_as_given(kind, inputs, given):
    """The structure that the user has, whatever that of the model's inputs is; the numbers are the plain model's."""
    data = {"a": np.arange(8, dtype="float32").reshape(4, 2), "b": np.array([[0], [2], [1], [1]])}
    y = np.ones((4, 2))

    def made(cls):
        utils.set_random_seed(1)
        symbols = {"a": layers.Input((2,), name="a"), "b": layers.Input((1,), name="b", dtype="int32")}
        used = nest.flatten(inputs)
        terms = {"a": layers.Dense(2)(symbols["a"]), "b": layers.Flatten()(layers.Embedding(3, 2)(symbols["b"]))}
        outputs = terms["a"] + terms["b"] if "b" in used else terms["a"]
        model = cls(nest.map_structure(symbols.get, inputs), outputs)
        model.compile("sgd", "mse")
        return model

    x = nest.map_structure(data.get, given)
    model, plain = made(kind), made(models.Model)
    model.fit(x, y, verbose=0)
    assert nest.map_structure(lambda t: tuple(t.shape), kind.seen) == nest.map_structure(lambda t: t.shape, x)
    losses = model.evaluate(x, y, verbose=0)
    assert nest.map_structure(lambda t: tuple(t.shape), kind.seen) == nest.map_structure(lambda t: t.shape, x)
    if kind is Shown:
        plain.fit(x, y, verbose=0)
        assert losses == plain.evaluate(x, y, verbose=0)
        np.testing.assert_array_equal(model.predict(x, verbose=0), plain.predict(x, verbose=0))
        assert model.train_on_batch(x, y) == plain.train_on_batch(x, y)


@pytest.mark.parametrize("asks", [False, True])
def test_inputs_of_one_batch_may_have_different_numbers_of_rows(asks):
    atoms, bonds, of = fastnn.Input((3,)), fastnn.Input((3,)), fastnn.Input((), dtype="int32")

    def summed(values):
        a, b, places = values
        if asks and ops.max(a) > 9:
            return a
        return ops.segment_sum(b, places, a.shape[0]) + a

    found = layers.Lambda(summed)([atoms, bonds, of])
    model = fastnn.Model([atoms, bonds, of], ops.mean(layers.Dense(1, kernel_initializer="ones")(found), 0)[None])
    few, many, places = np.ones((2, 3), "float32"), np.ones((5, 3), "float32"), np.array([0, 0, 0, 1, 1])
    model.compile("sgd", "mse")

    def batches():
        for _ in range(2):
            yield (few, many, places), np.ones((1, 1))

    np.testing.assert_allclose(model.predict(((x,) for x, _ in batches()), verbose=0), [[10.5]] * 2)
    assert model.fit(batches(), steps_per_epoch=2, verbose=0).history["loss"][0] > 1
