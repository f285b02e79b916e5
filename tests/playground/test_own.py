"""CSV files: what is read of them, and how those are refused that cannot be."""

import base64

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastnn.core.errors import DataError, FastnnError
from fastnn.playground.own import MAX_COLUMNS, MAX_ROWS, STEPS, Own, read_csv
from fastnn.playground.session import Session
from fastnn.playground.settings import Settings

ROWS = [(1.0, 2.0, "yes"), (3.0, -4.5, "no"), (2.0, 0.0, "yes"), (0.5, 1.0, "no")] * 4


def text(rows=ROWS, mark=",", head=""):
    return head + "".join(mark.join(map(str, row)) + "\n" for row in rows)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("head", ["", "a{0}b{0}kind\n", "\ufeffa{0}b{0}kind\n\n"])
def test_the_same_points_in_all_spellings(mark, head, end):
    own = read_csv(text(mark=mark, head=head.format(mark)).replace("\n", end))
    assert own.names == (("a", "b") if head else ("x1", "x2")) and own.classes == ("yes", "no")
    x, y = own.arrays()
    assert np.array_equal(y, [0, 1, 0, 1] * 4)
    expected = np.array([row[:2] for row in ROWS])
    expected = 10 * (expected - expected.min(0)) / np.ptp(expected, 0) - 5
    assert np.abs(x - expected).max() <= 5 / STEPS


def test_numbers_as_labels():
    own = read_csv(text([(k, -k, 2 * k) for k in range(20)]), "regression")
    _, y = own.arrays()
    assert own.task == "regression" and own.classes == () and y[0] == -1 and y[-1] == 1
    assert np.allclose(np.diff(y), 2 / 19, atol=2 / STEPS)


def test_quoted_cells_and_a_column_that_says_nothing():
    own = read_csv('"first, of two",b,c\n' + '"1.5",7,"x, y"\n2.5,7,z\n' * 6)
    assert own.names == ("first, of two", "b") and own.classes == ("x, y", "z")
    assert (own.values[:, 1] == 0).all()


BAD = {
    "no numbers": (text([("a", "b", "c")] * 12), r"line 2, column 'a': received 'a', expected a finite number"),
    "one class": (text([(k, 1, "same") for k in range(12)]), r"has 1 class \('same'\); expected 2 to 6"),
    "many classes": (text([(k, 1, k) for k in range(12)]), "has 12 classes .* the task 'regression'"),
    "nan": (text([*ROWS, ("nan", 1, "yes")]), "line 17, column 'x1': received 'nan', expected a finite"),
    "infinity": (text([*ROWS, (1, "inf", "yes")]), "line 17, column 'x2': received 'inf'"),
    "gap": (text([*ROWS, ("", 1, "yes")]), "line 17, column 'x1': received '', expected a finite number. Leave out"),
    "no label": (text([*ROWS, (1, 1, "")]), "line 17 has no label"),
    "nan label": (text([*ROWS, (1, 1, "NaN")]), "line 17 has no label"),
    "million rows": ("1,2,a\n3,4,b\n" * 500_000, "received 1,000,000 rows of data; expected 10 to 5,000. Draw"),
    "a row too many": (text([(k, 1, k % 2) for k in range(MAX_ROWS + 1)]), "received 5,001 rows"),
    "few rows": (text(ROWS[:5]), "received 5 rows of data; expected 10"),
    "nothing": ("", "received 0 rows"),
    "names only": ("a,b,c\n", "received 0 rows"),
    "one column": ("1\n2\n" * 10, "received 1 columns; expected 2 to 12"),
    "two columns": ("1,2\n2,3\n" * 10, "received 2 columns"),
    "many columns": (text([range(MAX_COLUMNS + 2)] * 12), "received 14 columns"),
    "ragged": (text([*ROWS, (1, 2)]), "line 17 has 2 cells; expected 3"),
    "points that are one": (text([(1, 2, "a"), (1, 2, "b")] * 6), "each column holds one number only"),
    "binary": ("\x00\x01" * 100, "no text"),
    "huge cell": ("1,2," + "x" * 200_000 + "\n", "field larger than field limit"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_refused(name):
    given_text, words = BAD[name]
    with pytest.raises(FastnnError, match=words):
        read_csv(given_text)


def test_labels_of_numbers_that_are_none():
    with pytest.raises(DataError, match="line 1, column 'label': received 'yes', expected a finite number"):
        read_csv(text(), "regression")
    with pytest.raises(DataError, match="all labels are 3; expected numbers that differ"):
        read_csv(text([(k, 1, 3) for k in range(12)]), "regression")


numbers = st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(numbers, numbers, st.sampled_from("ab")), min_size=10, max_size=30))
def test_any_finite_numbers_train_or_are_refused(rows):
    """Whatever the scale of a column: what comes of it is on the plane, survives a link, and trains."""
    try:
        own = read_csv(text(rows))
    except DataError:
        assert len({row[2] for row in rows}) == 1 or len({row[:2] for row in rows}) == 1
        return
    x, y = own.arrays()
    assert np.abs(x).max() <= 5 and set(y) <= {0, 1}
    again = Own.from_plain(own.to_plain())
    assert np.array_equal(again.values, own.values) and np.array_equal(again.targets, own.targets)


def test_a_session_of_own_points():
    own = read_csv(text([(k, 12 - k, -k, "abc"[k // 4]) for k in range(12)]))
    session = Session(Settings(data="own", own=own, features=("x1", "x1_x2", "column_3")))
    session.advance(300)
    assert session.settings.output == (3, "softmax", "sparse_categorical_crossentropy")
    assert session.measure()["train"]["accuracy"] == 1


def table(values):
    return base64.b64encode(np.asarray(values, "<i2").tobytes()).decode()


GOOD = {"names": ["a", "b"], "classes": ["u", "v"], "table": table([[0, 1, 0], [2, 3, 1]] * 5)}


@pytest.mark.parametrize(("change", "words"), [
    ({"table": table([[0, 1, 2]] * 10)}, "targets that are no class"),
    ({"table": table([[0, STEPS + 1, 1]] * 10)}, "outside of the plane"),
    ({"table": table([[0, -32768, 1]] * 10)}, "outside of the plane"),
    ({"table": table([[0, 1, 1]] * 9)}, "received a table of 54 bytes; expected 10 to 5000 rows of 6"),
    ({"table": table([[0, 1, 1]] * 10)[:-4]}, "received a table of 57 bytes"),
    ({"table": "?"}, "not base64"), ({"table": None}, "not base64"), ({"table": 3}, "not base64"),
    ({"names": ["a"]}, "received 1 columns"), ({"names": "ab"}, "expected a list of short texts"),
    ({"names": ["a", "b" * 50]}, "short texts"), ({"names": ["a"] * 13}, "received 13 columns"),
    ({"classes": ["u"]}, "1 classes"), ({"classes": list("abcdefg")}, "7 classes"), ({"classes": [1, 2]}, "short text"),
    ({"more": 1}, "expected an object with names, classes and table"),
])  # fmt: skip
def test_a_page_that_sends_other_points(change, words):
    assert Own.from_plain(GOOD).task == "classification"
    with pytest.raises(DataError, match=words):
        Own.from_plain({**GOOD, **change})
