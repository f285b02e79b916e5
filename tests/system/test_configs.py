"""get_config() of the public classes: Keras's entries, in its order, with its values."""

import gzip
import importlib.util
import json
import math
import pathlib

import pytest

import fastnn

FOLDER = pathlib.Path(__file__).parent / "configs"
ROWS = json.loads(gzip.decompress((FOLDER / "configs.json.gz").read_bytes()))
_spec = importlib.util.spec_from_file_location("make_configs", FOLDER / "make_configs.py")
make_configs = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(make_configs)

# entries that a file needs to make the same object again and that Keras does not write
MORE = {
    "MaxNumBoundingBoxes": {"fill_value"},
    "RandomGrayscale": {"seed"},
    "CosineSimilarity": {"axis"},
    "Huber": {"delta"},
    "SparseTopKCategoricalAccuracy": {"from_sorted_ids"},
    "IdentityInitializer": {"gain"},
}
# entries that Keras fills in: a seed that it has drawn, numbers rounded to float32, a number as a range
FILLED = {"RandomCrop": {"seed"}, "RandomShear": {"x_factor", "y_factor"}}


def same(found, expected):
    if isinstance(expected, dict):
        return (
            isinstance(found, dict)
            and list(found) == list(expected)
            and all(same(found[k], v) for k, v in expected.items())
        )
    if isinstance(expected, list):
        return isinstance(found, list) and len(found) == len(expected) and all(map(same, found, expected))
    if isinstance(expected, float):
        return isinstance(found, float) and math.isclose(found, expected, rel_tol=1e-6)
    return type(found) is type(expected) and found == expected


@pytest.mark.parametrize(("expression", "expected"), ROWS, ids=[row[0] for row in ROWS])
def test_config_is_that_of_keras(expression, expected):
    fastnn.utils.clear_session()
    made = eval(expression, make_configs.names_of(fastnn))
    found = make_configs.plain(made.get_config())
    name = expression.partition("(")[0].partition(".")[2]
    more, filled = MORE.get(name, set()), FILLED.get(name, set())
    found = {k: v for k, v in found.items() if k not in more}
    assert list(found) == list(expected)
    for key in set(expected) - filled:
        assert same(found[key], expected[key]), (key, found[key], expected[key])
    fastnn.utils.clear_session()
    again = type(made).from_config(made.get_config())
    assert make_configs.plain(again.get_config()) == make_configs.plain(made.get_config())
