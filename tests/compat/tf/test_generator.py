"""tf.random.Generator: its streams go on, begin anew, split; what it draws is what it says."""

import numpy as np
import pytest

from fastnn import layers, models
from fastnn.compat import backend
from fastnn.compat.tf import generator as tf_generator
from fastnn.compat.tf.generator import Generator
from fastnn.core.errors import ArgumentError

DRAWS = [
    (lambda g: g.uniform((500,), 2.0, 3.0), "float32", 2, 3),
    (lambda g: g.uniform((500,), 1, 5, "int64"), "int64", 1, 4),
    (lambda g: g.normal((500,), 5.0, 0.1), "float32", 4, 6),
    (lambda g: g.truncated_normal((500,), stddev=2.0), "float32", -4, 4),
    (lambda g: g.binomial((500,), 4, 0.5), "int32", 0, 4),
    (lambda g: g.uniform_full_int((500,), "uint8"), "uint8", 0, 255),
    (lambda g: g.uniform_full_int((500,)), "uint64", 0, 2**64 - 1), (lambda g: g.make_seeds(250), "int64", 0, 2**31),
]  # fmt: skip


@pytest.mark.parametrize(("draw", "dtype", "least", "most"), DRAWS)
def test_draws(draw, dtype, least, most):
    generator = Generator.from_seed(3)
    first, second = draw(generator), draw(generator)
    assert str(first.dtype) == dtype and first.size == 500 and hasattr(first, "numpy")
    assert least <= first.min() < first.max() <= most
    assert not np.array_equal(first, second) and np.array_equal(first, draw(Generator.from_seed(3)))
    assert not np.array_equal(first, draw(Generator.from_seed(4)))


def test_places():
    generator = Generator.from_seed(3)
    values = [generator.normal((2,)).tolist() for _ in range(4)]
    for again in (Generator.from_state([3, 2]), Generator.from_key_counter(3, [2, 0]), Generator(state=[3, 2])):
        assert again.normal((2,)).tolist() == values[2]
        assert Generator(copy_from=again).normal((2,)).tolist() == values[3]
    generator.reset_from_seed(3)
    generator.skip(1)
    assert generator.normal((2,)).tolist() == values[1] and generator.state.tolist() == [3, 2] and generator.key == 3
    generator.reset_from_key_counter(3, 0)
    assert generator.normal((2,)).tolist() == values[0]
    first, second = generator.split(2)
    assert not np.array_equal(first.normal((2,)), second.normal((2,)))
    with pytest.raises(ArgumentError, match="from_seed"):
        Generator()


def test_the_one_that_all_share(monkeypatch):
    monkeypatch.setattr(tf_generator, "_shared", [])
    shared = tf_generator.get_global_generator()
    assert tf_generator.get_global_generator() is shared
    own = Generator.from_seed(1)
    tf_generator.set_global_generator(own)
    assert tf_generator.get_global_generator() is own
    one, two = (Generator.from_non_deterministic_state() for _ in range(2))
    assert not np.array_equal(one.normal((3,)), two.normal((3,)))


class Noisy(layers.Layer):
    def __init__(self):
        super().__init__()
        self.generator = Generator.from_seed(2)

    def call(self, x):
        return x + self.generator.normal((1, 2))


def test_a_layer_draws_anew_at_each_step():
    model = models.Sequential([Noisy()])
    found = model.predict(np.zeros((8, 2), "float32"), batch_size=1, verbose=0)
    assert len(np.unique(found)) > 8


def test_bernoulli_takes_a_probability():
    assert backend.random_bernoulli((3,), p=1.0).tolist() == [1.0, 1.0, 1.0]
