"""Patterns and replacements in the words of RE2, which `tf.strings` takes (https://github.com/google/re2/wiki/Syntax)."""

import re

_POSIX = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "ascii": r"\x00-\x7f", "blank": r"\t ", "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9", "graph": "!-~", "lower": "a-z", "print": " -~", "punct": r"!-/:-@\[-`{-~", "space": r"\t-\r ",
    "upper": "A-Z", "word": "0-9A-Za-z_", "xdigit": "0-9A-Fa-f",
}  # fmt: skip
_WORDS = re.compile(r"\[:(\w+):\]")


def compiled(pattern):
    r"""A pattern of RE2 as Python's: classes of POSIX by their letters.

    >>> compiled("[[:punct:]x]+").sub("_", "a.!xb"), compiled("a|b").pattern
    ('a_b', 'a|b')
    """
    return re.compile(_WORDS.sub(lambda m: _POSIX.get(m[1], m[0]), pattern))


def replaced(pattern, rewrite, text, count=0):
    r"""The text with what fits the pattern in other words: \0 is all of it, \1 to \9 are the groups, \\ is one "\".

    A text in which something fits comes back as it is where the words name a group that there is not.

    Args:
        pattern: of `compiled`.
        rewrite: str.
        text: str.
        count: int, the most replacements; 0 for all.

    >>> replaced(compiled("(a)(b)"), r"<\2\1\0>", "abab", 1), replaced(compiled("a"), r"\1", "aha")
    ('<baab>ab', 'aha')
    """
    parts = re.split(r"(\\.|\\$)", rewrite, flags=re.DOTALL)
    for part in parts[1::2]:
        if part != "\\\\" and not (part[1:].isdecimal() and int(part[1:]) <= pattern.groups):
            return text

    def words(found):
        return "".join(
            part if i % 2 == 0 else "\\" if part == "\\\\" else found[int(part[1:])] or ""
            for i, part in enumerate(parts)
        )

    return pattern.sub(words, text, count=count)
