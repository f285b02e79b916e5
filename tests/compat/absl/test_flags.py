"""Flags of absl: what a command line says, and what is refused."""

import pytest

from fastnn.compat.absl import app, flags
from fastnn.compat.absl.flags import FlagValues
from fastnn.core.errors import ArgumentError, UnknownNameError


def defined():
    values = FlagValues()
    flags.DEFINE_integer("steps", 10, "how many", flag_values=values)
    flags.DEFINE_float("rate", 0.5, "how far", flag_values=values)
    flags.DEFINE_bool("quick", False, "or not", flag_values=values)
    flags.DEFINE_string("folder", None, "where", flag_values=values)
    flags.DEFINE_enum("kind", "a", ["a", "b"], "which", flag_values=values)
    flags.DEFINE_list("parts", "x,y", "what", flag_values=values)
    flags.DEFINE_multi_integer("size", [1], "each", flag_values=values)
    return values


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        ([], "steps", 10),
        (["--steps=3"], "steps", 3),
        (["-steps", "4"], "steps", 4),
        (["--rate", "-2"], "rate", -2.0),
        (["--quick"], "quick", True),
        (["--quick=false"], "quick", False),
        (["--quick", "--noquick"], "quick", False),
        (["--kind=b"], "kind", "b"),
        ([], "parts", ["x", "y"]),
        (["--parts=a, b,c"], "parts", ["a", "b", "c"]),
        ([], "size", [1]),
        (["--size=2", "--size", "3"], "size", [2, 3]),
        (["--", "--steps=3"], "steps", 10),
    ],
)
def test_values(words, name, value):
    values = defined()
    values(["script", *words])
    assert getattr(values, name) == value and values[name].value == value


def test_rest_and_dict():
    values = defined()
    assert values(["script", "in.txt", "--steps=2", "-5"]) == ["script", "in.txt", "-5"]
    values.rate = 0.25
    values.set_default("folder", "here")
    found = values.flag_values_dict()
    assert (found["rate"], found["folder"], found["steps"]) == (0.25, "here", 2) and "kind" in values
    assert values.get_flag_value("folder", 1) == "here" and len(values) == len(list(values)) == 7
    with pytest.raises(AttributeError):
        _ = values.nothing


@pytest.mark.parametrize(
    ("words", "error", "says"),
    [
        (["--nothing=1"], UnknownNameError, "nothing"),
        (["--steps"], ArgumentError, "Missing value"),
        (["--kind=c"], ArgumentError, "a|b"),
        (["--quick=perhaps"], ArgumentError, "perhaps"),
    ],
)
def test_refused(words, error, says):
    with pytest.raises(error, match=says):
        defined()(["script", *words])
    assert defined()(["script", "--other=1"], known_only=True) == ["script", "--other=1"]


def test_required_and_run():
    values = defined()
    flags.mark_flags_as_required(["folder"], flag_values=values)
    with pytest.raises(ArgumentError, match="folder"):
        values(["script"])
    with pytest.raises(SystemExit) as left:
        app.run(lambda argv: len(argv) + values.steps, ["script", "a", "--folder=f"], flags_parser=values)
    assert left.value.code == 12
