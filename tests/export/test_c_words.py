"""Numbers in C: exactly those that they stand for."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastnn.core.errors import NotSupportedError
from fastnn.export.c_words import ctype, literal, table


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_float_is_written_to_the_bit(value):
    text = literal(value, "float32")
    assert text.endswith("f")
    assert struct.pack("<f", float.fromhex(text[:-1])) == struct.pack("<f", np.float32(value))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_is_written_to_the_bit(value):
    assert struct.pack("<d", float.fromhex(literal(value, "float64"))) == struct.pack("<d", value)


@pytest.mark.parametrize("value, dtype, text", [
    (float("nan"), "float32", "NAN"), (float("inf"), "float64", "INFINITY"), (True, "bool", "1"),
    (-(1 << 63), "int64", "INT64_MIN"), (1 << 40, "int64", f"INT64_C({1 << 40})"), (-5, "int32", "-5"),
])  # fmt: skip
def test_other_numbers(value, dtype, text):
    assert literal(value, dtype) == text


def test_a_type_that_c_has_not():
    with pytest.raises(NotSupportedError, match="dtype 'bfloat16'"):
        ctype("bfloat16")


@given(st.lists(st.floats(width=32), min_size=1, max_size=20))
def test_a_table_holds_what_its_numbers_are(values):
    lines = table("w", np.array(values, np.float32), "float32").splitlines()
    assert lines[0] == f"static const float w[{len(values)}] = {{" and lines[-1] == "};"
    found = " ".join(lines[1:-1]).replace(",", "").split()
    for text, value in zip(found, np.float32(values).tolist(), strict=True):
        names = {"NAN": "nan", "INFINITY": "inf", "-INFINITY": "-inf"}
        read = float.fromhex(names.get(text) or text.removesuffix("f"))
        assert struct.pack("<f", read) == struct.pack("<f", value) or value != value
