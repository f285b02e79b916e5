"""Patterns and replacements of tf.strings, in RE2's words; values beside TensorFlow's in tensorflow_values.json."""

import string

import pytest

from fastnn.compat.tf import patterns

CLASSES = {
    "alnum": string.ascii_letters + string.digits, "alpha": string.ascii_letters, "blank": "\t ",
    "digit": string.digits, "lower": string.ascii_lowercase, "punct": string.punctuation, "space": string.whitespace,
    "upper": string.ascii_uppercase, "word": string.ascii_letters + string.digits + "_", "xdigit": string.hexdigits,
    "graph": string.digits + string.ascii_letters + string.punctuation, "ascii": "".join(map(chr, range(128))),
    "print": "".join(map(chr, range(32, 127))), "cntrl": "".join(map(chr, [*range(32), 127])),
}  # fmt: skip


@pytest.mark.parametrize("name", CLASSES)
def test_classes_of_posix(name):
    fitting = patterns.compiled(f"[[:{name}:]]")
    assert {c for c in map(chr, range(256)) if fitting.fullmatch(c)} == set(CLASSES[name])


@pytest.mark.parametrize(
    "pattern, words, text, expected",
    [
        (r"[\.,]$", r" \0 \1", "a.b.", "a.b."), (r"[\.,]$", r" \0", "a.b.", "a.b ."), ("a", r"\\x", "ab", r"\xb"),
        ("a", r"\x", "ab", "ab"), ("a", "$1", "ab", "$1b"), ("(a)|b", r"<\1>", "ab", "<a><>"), ("a", "x\\", "ab", "ab"),
        ("(?P<n>a)", r"<\1>", "a b", "<a> b"), ("a", "\n", "ab", "\nb"),
    ],
)  # fmt: skip
def test_replacements(pattern, words, text, expected):
    assert patterns.replaced(patterns.compiled(pattern), words, text) == expected
