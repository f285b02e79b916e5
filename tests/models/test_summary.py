"""What a summary says of layers with several results."""

import pytest

import fastnn as keras
from fastnn import layers


class Two(layers.Layer):
    """Results in a structure of the caller's choice."""

    def __init__(self, make):
        super().__init__(name="two")
        self.make = make

    def call(self, inputs):
        return self.make(inputs, inputs[:, :1])


@pytest.mark.parametrize(
    "make", [lambda a, b: (a, b), lambda a, b: [a, b], lambda a, b: {"one": a, "two": b}, lambda a, b: (a, [b])]
)
def test_shapes_of_several_results_are_a_list(make):
    x = keras.Input((3,))
    lines = []
    keras.Model(x, Two(make)(x)).summary(print_fn=lines.append, line_length=120)
    assert "[(None, 3), (None, 1)]" in "\n".join(lines)


def test_one_result_in_a_list_stands_alone():
    x = keras.Input((3,))
    lines = []
    keras.Model(x, Two(lambda a, b: [a])(x)).summary(print_fn=lines.append)
    assert "[(" not in "\n".join(lines)


class Mine(layers.GroupQueryAttention):
    pass


@pytest.mark.parametrize(("kind", "name"), [(layers.GroupQueryAttention, "(GroupedQueryAttention)"), (Mine, "(Mine)")])
def test_a_layer_of_another_public_name_has_the_name_of_its_class_in_keras(kind, name):
    x = keras.Input((None, 8))
    lines = []
    keras.Model(x, kind(2, 4, 2, name="a")(x, x)).summary(print_fn=lines.append, line_length=120)
    assert name in "".join(lines)
