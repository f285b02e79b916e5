"""`keras.tree`: each function on every kind of structure, against what the kinds themselves say."""

from collections import OrderedDict, defaultdict, deque, namedtuple

import hypothesis.strategies as st
import pytest
from hypothesis import given

from fastnn import tree

Point = namedtuple("Point", ["x", "y"])
Other = namedtuple("Other", ["x", "y"])


def factory():
    return None


def of(children):
    lists = st.lists(children, max_size=3)
    dicts = st.dictionaries(st.sampled_from("abcd"), children, max_size=3)
    return st.one_of(
        lists,
        lists.map(tuple),
        lists.map(deque),
        st.tuples(children, children).map(lambda p: Point(*p)),
        dicts,
        dicts.map(OrderedDict),
        dicts.map(lambda d: defaultdict(factory, d)),
    )


structures = st.recursive(st.one_of(st.none(), st.integers(), st.text(max_size=2)), of, max_leaves=12)


def same(a, b):
    """Equal, and of equal kinds all the way down."""
    if type(a) is not type(b) or a != b:
        return False
    if not tree.is_nested(a):
        return True
    values = zip(a.values(), b.values(), strict=True) if isinstance(a, dict) else zip(a, b, strict=True)
    return all(same(x, y) for x, y in values)


@given(structures)
def test_leaves_go_back_where_they_came_from(s):
    leaves = tree.flatten(s)
    assert same(tree.pack_sequence_as(s, leaves), s)
    assert same(tree.map_structure(lambda x: x, s), s)
    assert [leaf for _, leaf in tree.flatten_with_path(s)] == leaves
    tree.assert_same_structure(s, tree.map_structure(lambda _: 0, s))
    tree.assert_same_paths(s, tree.lists_to_tuples(s))
    for path, leaf in tree.flatten_with_path(s):
        found = s
        for key in path:
            found = found[key]
        assert found == leaf


@given(structures)
def test_traverse_in_both_directions(s):
    assert same(tree.traverse(lambda _: None, s), s)
    assert same(tree.traverse(lambda _: None, s, top_down=False), s)
    seen = []
    tree.traverse(seen.append, s)
    assert seen[0] == s
    seen.clear()
    tree.traverse(seen.append, s, top_down=False)
    assert seen[-1] == s


def test_orders():
    assert tree.flatten({"b": 1, "a": 2}) == [2, 1]
    assert tree.flatten(OrderedDict([("b", 1), ("a", 2)])) == [1, 2]
    assert tree.flatten([deque([1, (2,)]), Point(3, 4)]) == [1, 2, 3, 4]
    assert list(tree.map_structure(lambda x: x, {"b": 1, "a": 2})) == ["b", "a"]


def test_none():
    assert tree.map_structure(lambda x: 1, [None, 2]) == [1, 1]
    assert tree.map_structure(lambda x: 1, [None, 2], none_is_leaf=False) == [None, 1]
    assert tree.traverse(lambda x: tree.MAP_TO_NONE if x == 1 else None, {"a": 1, "b": 2}) == {"a": None, "b": 2}


DIFFERENT = [
    ([1], (1,), "list.*tuple"),
    ((1,), [1], "tuple.*list"),
    ([1], deque([1]), "list.*deque"),
    (Point(1, 2), Other(1, 2), "namedtuple.*Point.*namedtuple.*Other"),
    (Point(1, 2), (1, 2), "namedtuple.*Point.*tuple"),
    ((1, 2), (1,), "arity mismatch"),
    ({"a": 1}, {"b": 1}, "key"),
    ({"a": 1}, [1], "dict.*list"),
    (OrderedDict(a=1), [1], "OrderedDict"),
    ([1], [[1]], r"leaf.*list"),
    ({"a": [1]}, {"a": (1,)}, r"at \('a',\)"),
]


@pytest.mark.parametrize("a, b, words", DIFFERENT)
def test_different_structures(a, b, words):
    for function in (lambda: tree.assert_same_structure(a, b), lambda: tree.map_structure(max, a, b)):
        with pytest.raises(ValueError, match=words):
            function()


def test_dicts_of_all_kinds_are_one_kind():
    for a in ({"a": 1}, OrderedDict(a=1), defaultdict(factory, a=1)):
        for b in ({"a": 1}, OrderedDict(a=1), defaultdict(factory, a=1)):
            tree.assert_same_structure(a, b)


def test_up_to():
    assert tree.map_structure_up_to([None, [None, None]], str, [[1, 1], [2, 2]]) == ["[1, 1]", ["2", "2"]]
    with pytest.raises(ValueError, match="nested structure"):
        tree.map_structure_up_to([None, [None]], str, [1, 2])


def test_shapes():
    assert tree.map_shape_structure(tuple, {"a": [2, None], "b": (3,)}) == {"a": (2, None), "b": (3,)}
    assert tree.map_shape_structure(lambda s: s, [(1, 2), None]) == [(1, 2), None]


def test_bad_arguments():
    calls = [
        lambda: tree.map_structure(1, [1]),
        lambda: tree.map_structure_up_to([1], 1, [1]),
        lambda: tree.map_shape_structure(1, [1]),
        lambda: tree.traverse(1, [1]),
        lambda: tree.pack_sequence_as([1], 1),
    ]
    for call in calls:
        with pytest.raises(TypeError, match=r"callable|[Ii]terable"):
            call()
    with pytest.raises(ValueError, match="at least one structure"):
        tree.map_structure(len)
    for leaves in ([], [1, 2]):
        with pytest.raises(ValueError, match="leaves; expected: 1"):
            tree.pack_sequence_as(0, leaves)
    with pytest.raises(ValueError, match="don't have the same paths"):
        tree.assert_same_paths([1], [1, 2])
    with pytest.warns(DeprecationWarning, match="check_types"):
        tree.assert_same_structure([1], [1], check_types=False)
