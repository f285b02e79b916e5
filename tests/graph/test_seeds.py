"""Draws of a step: those of the compiled step where it runs as Python, whoever asks for them."""

import numpy as np
import pytest

import fastnn as keras
from fastnn import layers, ops, random, utils

RNG = np.random.default_rng(3)
X, Y = RNG.normal(size=(10, 3)).astype("f"), RNG.normal(size=(10, 2)).astype("f")


class AlwaysDrops(layers.Dropout):
    """Drops at predictions, too."""

    def call(self, inputs):
        return super().call(inputs, training=True)


class Noise(layers.GaussianNoise):
    """Code of a user's own around draws of fastnn's."""

    def call(self, inputs, training=False):
        return super().call(inputs * 2, training=training) / 2


DRAWS = {
    "generator": lambda model, x: random.normal(ops.shape(x), seed=model.one),
    "two generators": lambda model, x: (
        random.uniform((3,), seed=model.two)
        + random.normal(x.shape, seed=model.one)
        + random.normal((3,), seed=model.two)
    ),
    "the process's": lambda model, x: random.normal(x.shape) + random.truncated_normal((1, 3)),
    "integers": lambda model, x: ops.cast(random.randint(x.shape, -3, 4, seed=model.one), "float32"),
    "seeds": lambda model, x: ops.cast(model.one.next() % 100, "float32")[None, :1] / 100,
    "dropout": lambda model, x: random.dropout(x, 0.5, seed=model.one),
    "dropout of a constant": lambda model, x: random.dropout(np.ones((1, 3), "f"), 0.5, seed=model.one),
    "shuffle": lambda model, x: random.shuffle(x, seed=model.one),
    "shuffle of a constant": lambda model, x: ops.cast(random.shuffle(np.arange(3), seed=model.one), "float32")[None],
    "classes": lambda model, x: ops.cast(random.categorical(x, 3, seed=model.one), "float32"),
    "classes of constants": lambda model, x: ops.cast(
        random.categorical(np.zeros((1, 5), "f"), 3, seed=model.one), "float32"
    ),
    "gamma": lambda model, x: random.gamma((4, 1), 2.0, seed=model.one)[: ops.shape(x)[0]],
    "gamma of values": lambda model, x: random.gamma((1, 3), ops.exp(ops.mean(x)), seed=model.one),
    "beta": lambda model, x: random.beta((1, 3), 2.0, 1.0),
    "binomial": lambda model, x: random.binomial((1, 3), 5, 0.5, seed=model.one),
    "derived layers": lambda model, x: model.drops(x) + model.noise(x, training=True) + model.drops(x),
}


class Drawing(keras.Model):
    """Draws in its step, by a function."""

    def __init__(self, draw):
        super().__init__()
        self.draw, self.dense = draw, layers.Dense(2)
        self.one, self.two = random.SeedGenerator(5), random.SeedGenerator()
        self.drops, self.noise, self.mean = AlwaysDrops(0.5), Noise(0.3), keras.metrics.Mean(name="drawn")

    def call(self, x):
        return self.dense(x)

    def train_step(self, data):
        x, y = data
        drawn = self.draw(self, x)
        with keras.GradientTape() as tape:
            loss = ops.mean((self(x + drawn, training=True) - y) ** 2)
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        self.mean.update_state(drawn)
        return {"loss": loss, "first": drawn[0, 0], "drawn": self.mean.result()}

    def predict_step(self, x):
        return self.dense(x + self.draw(self, x))


@pytest.mark.parametrize("draw", DRAWS)
def test_python_steps_draw_what_compiled_steps_draw(draw):
    def trained(eager):
        utils.set_random_seed(2)
        model = Drawing(DRAWS[draw])
        model.compile("sgd", run_eagerly=eager)
        history = model.fit(X, Y, batch_size=4, epochs=2, shuffle=False, verbose=0).history
        predicted = model.predict(X, batch_size=4, verbose=0)
        return history, model.get_weights(), predicted, model.one.calls, float(random.normal((), seed=model.one))

    (history, weights, predicted, *rest), (history2, weights2, predicted2, *rest2) = trained(False), trained(True)
    assert history == history2
    if "shuffle" not in draw:  # whose logs may be equal
        assert len({*history["drawn"], *history["first"]}) > 2, "each step draws anew"
    for a, b in zip([*weights, predicted], [*weights2, predicted2]):
        np.testing.assert_array_equal(a, b)
    assert rest == rest2


def test_a_loop_of_ones_own_keeps_its_plans_where_a_derived_layer_draws():
    from fastnn.compiler.events import roots

    layer, x = AlwaysDrops(0.5), np.ones((4, 3), "f")

    def step():
        with keras.GradientTape() as tape:
            tape.watch(x)
            y = ops.sum(layer(x) * 2.0)
        return tape.gradient(y, x).numpy()

    first = [step() for _ in range(3)]
    known = roots.root.entries
    more = [step() for _ in range(5)]
    assert roots.root.entries == known
    assert len({g.tobytes() for g in first + more}) > 4
