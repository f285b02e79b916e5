"""The tree of the shards: who adds what to what, whatever the processes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastnn.distribution import tree


def as_text(nodes, additions):
    """The sum that a stack of nodes comes to, with brackets."""
    stack = []
    for node, due in zip(nodes, additions, strict=True):
        stack.append(node)
        for to, other in due:
            assert other == len(stack) - 1 == to + 1
            stack[to] = f"({stack[to]}+{stack.pop()})"
    return stack


def in_one(shards):
    leaves = tree.leaves(range(shards))
    return as_text([str(a) for a, _ in leaves], tree.additions(leaves, shards)[0])


def in_processes(shards, size):
    texts, nodes = [], []
    for rank in range(size):
        own = tree.leaves(tree.owned(shards, rank, size))
        additions, left = tree.additions(own, shards)
        texts += as_text([str(a) for a, _ in own], additions)
        nodes += left
    return as_text(texts, tree.additions(nodes, shards)[0])


@pytest.mark.parametrize(
    ("shards", "text"),
    [(1, "0"), (2, "(0+1)"), (3, "((0+1)+2)"), (6, "(((0+1)+(2+3))+(4+5))"), (7, "(((0+1)+(2+3))+((4+5)+6))")],
)
def test_neighbours_are_added_level_by_level(shards, text):
    assert in_one(shards) == [text]


@given(st.integers(1, 12), st.integers(1, 8))
def test_the_tree_is_of_the_shards_not_of_the_processes(each, size):
    assert in_processes(each * size, size) == in_one(each * size)


@given(st.integers(0, 200), st.integers(1, 33))
def test_sizes_are_those_of_array_split(rows, shards):
    assert tree.sizes(rows, shards) == [len(a) for a in np.array_split(np.arange(rows), shards)]


@given(st.integers(1, 12), st.integers(1, 8))
def test_places_are_few_and_each_shard_belongs_to_one_process(each, size):
    owned = [s for rank in range(size) for s in tree.owned(each * size, rank, size)]
    assert owned == list(range(each * size))
    places = tree.places(tree.leaves(tree.owned(each * size, 0, size)), each * size)
    assert max(places) <= np.log2(each) + 1
