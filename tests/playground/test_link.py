"""Links: all of a page in a text, whole or refused."""

import base64
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastnn.core.errors import FastnnError, FileFormatError
from fastnn.playground.link import MOST, pack, unpack
from fastnn.playground.own import MAX_CLASSES, MAX_COLUMNS, MAX_NAME, MAX_ROWS, Own
from fastnn.playground.session import MOST_EDITS, session_of

LINK = pack({"settings": {"data": "spiral", "seed": 5}, "edits": [[0, "rate", 0.1]], "step": 40})
plain = st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
                     | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x))  # fmt: skip


@given(st.dictionaries(st.text(), plain))
def test_what_is_packed_comes_back(state):
    link = pack(state)
    assert unpack(link) == state and set(link) <= set(map(chr, range(128))) - set("+/=#% ")


@pytest.mark.parametrize("cut", range(0, len(LINK), 3))
def test_a_link_that_was_cut(cut):
    with pytest.raises(FileFormatError, match="copy it whole"):
        unpack(LINK[:cut])


def packed(text):
    return base64.urlsafe_b64encode(zlib.compress(text)).decode()


@pytest.mark.parametrize(("link", "words"), [
    (None, "received None, expected text"), (7, "expected text"), ("%%%", "no state of a page"), ("é", "no state"),
    (packed(b"[" * 100_000), "no state"), (packed(b"\xff\xfe"), "no state"), (packed(b"{"), "no state"),
    (packed(b" " * 50_000_000), f"longer than {MOST} bytes")])  # fmt: skip
def test_what_is_no_link(link, words):
    with pytest.raises(FileFormatError, match=words):
        unpack(link)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_by_name(raw):
    for link in (base64.urlsafe_b64encode(raw).decode(), packed(raw)):
        try:
            session_of(unpack(link))
        except FastnnError as error:
            assert str(error)


def test_the_largest_own_points_and_the_most_edits_fit():
    own = {"names": ["ä" * MAX_NAME] * MAX_COLUMNS, "classes": ["ö" * MAX_NAME] * MAX_CLASSES,
           "table": base64.b64encode(bytes(2 * MAX_ROWS * (MAX_COLUMNS + 1))).decode()}  # fmt: skip
    assert Own.from_plain(own).values.shape == (MAX_ROWS, MAX_COLUMNS)
    edits = [[9_999_999, "weight", -0.12345678901234567, 6, 7, 7]] * MOST_EDITS
    state = {"settings": {"own": own, "data": "own"}, "edits": edits, "step": 1}
    assert unpack(pack(state)) == json.loads(json.dumps(state))
