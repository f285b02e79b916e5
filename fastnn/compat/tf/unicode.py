"""tf.strings, the rest: characters and their numbers, buckets, n-grams, numbers as text; see tf_math for tables."""

import re
import unicodedata

import numpy as np

from fastnn.compat.tf import patterns
from fastnn.compat.tf.ragged.tensor import RaggedTensor
from fastnn.compat.tf.text import _apart, _text
from fastnn.compat.tf.values import host, operand, values_of
from fastnn.core.errors import ArgumentError
from fastnn.core.fingerprint import fingerprint64, siphash


def _each(function, x, dtype=object):
    """function of each text, in the shape of the texts."""
    return host(np.array([function(s) for s in x.reshape(-1).tolist()], dtype).reshape(x.shape))


# ---- numbers as text ---------------------------------------------------------------------------------------------
def _as_string(input, precision=-1, scientific=False, shortest=False, width=-1, fill="", name=None):
    x = np.asarray(values_of(operand(input), "strings.as_string"))
    if scientific and shortest:
        raise ArgumentError("tf.strings.as_string: received scientific and shortest, expected one of them.")
    form = {"f": "e" if scientific else "g" if shortest else "f", "c": "f"}.get(x.dtype.kind, "d")
    places = f".{precision}" if precision >= 0 else ""
    # fill and width are C's: "0" fills with zeros, "-" moves to the left
    spec = f"%{fill if width >= 0 else ''}{width if width >= 0 else ''}{places}{form}"

    def word(v):
        if isinstance(v, bool):
            return str(v).lower()
        return f"({spec},{spec})" % (v.real, v.imag) if isinstance(v, complex) else spec % v

    return x.astype(object).view(type(host(x))) if x.dtype.kind in "OSU" else _each(word, x)


def _format(template, inputs, placeholder="{}", summarize=3, name=None):
    """The template with inputs in the places of its placeholders."""
    given = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    parts = template.split(placeholder)
    if len(parts) - 1 != len(given):
        raise ArgumentError(
            f"tf.strings.format: received {len(given)} inputs for {len(parts) - 1} placeholders, expected as many."
        )
    words = [_shown(np.asarray(operand(v)), int(summarize)) for v in given]
    return host(np.array("".join(a + b for a, b in zip(parts, [*words, ""])), object))


def _shown(x, most, indent=1):
    if not x.ndim:
        return f'"{x.item()}"' if x.dtype.kind in "OSU" else f"{x.item():g}" if x.dtype.kind == "f" else str(x.item())
    rows = [_shown(part, most, indent + 1) for part in x]
    if most >= 0 and len(rows) > 2 * most:
        rows = [*rows[:most], "...", *rows[-most:]]
    return f"[{(' ' if x.ndim == 1 else chr(10) * (x.ndim - 1) + ' ' * indent).join(rows)}]"


# ---- characters --------------------------------------------------------------------------------------------------
def _bytes_split(input, name=None):
    return _apart(
        lambda s: [chr(b) if b < 128 else bytes([b]) for b in s.encode()], _text(input, "strings.bytes_split")
    )


def _texts(input, encoding, errors, replacement_char, control, name):
    """Texts, which are Unicode already: their bytes in the encoding are read again where they are bytes."""
    array = np.asarray(values_of(operand(input), name))
    codec = encoding.replace("-BE", "-be").lower()
    how = {"strict": "strict", "replace": "replace", "ignore": "ignore"}[errors]

    def read(s):
        try:
            s = s.decode(codec, how) if isinstance(s, bytes) else str(s)
        except UnicodeDecodeError as error:
            raise ArgumentError(f"tf.{name}: Invalid formatting on input string: {error}.") from error
        s = s.replace("\ufffd", chr(replacement_char)) if how == "replace" else s
        return re.sub(r"[\x00-\x1f]", chr(replacement_char), s) if control else s

    return np.array([read(s) for s in array.reshape(-1).tolist()], object).reshape(array.shape)


def _numbers(found, number=ord, dtype=np.int32):
    """The innermost parts of texts as numbers."""
    if isinstance(found, RaggedTensor):
        return RaggedTensor(_numbers(found.values, number, dtype), found._splits)
    return host(np.array([number(c) for c in np.asarray(found).tolist()], dtype))


def _unicode_decode(input, input_encoding, errors="replace", replacement_char=65533,
                    replace_control_characters=False, name=None):  # fmt: skip
    x = _texts(input, input_encoding, errors, replacement_char, replace_control_characters, "strings.unicode_decode")
    return _numbers(_apart(list, x))


def _starts(text):
    sizes = [len(c.encode("utf-8")) for c in text]
    return np.cumsum([0, *sizes[:-1]]).tolist() if sizes else []


def _offsets(x):
    return _numbers(_apart(_starts, x), int, np.int64)


def _decode_with_offsets(input, input_encoding, errors="replace", replacement_char=65533,
                         replace_control_characters=False, name=None):  # fmt: skip
    x = _texts(input, input_encoding, errors, replacement_char, replace_control_characters, "strings.unicode_decode")
    return _numbers(_apart(list, x)), _offsets(x)


def _split_with_offsets(input, input_encoding, errors="replace", replacement_char=65533, name=None):
    x = _texts(input, input_encoding, errors, replacement_char, False, "strings.unicode_split")
    return _apart(list, x), _offsets(x)


def _unicode_encode(input, output_encoding, errors="replace", replacement_char=65533, name=None):
    """Texts of rows of numbers of characters."""
    if isinstance(input, RaggedTensor):
        rows = [np.asarray(row).tolist() for row in input]
        return host(np.array(["".join(map(chr, row)) for row in rows], object))
    x = np.asarray(values_of(operand(input), "strings.unicode_encode"))
    rows = ["".join(map(chr, row)) for row in x.reshape(-1, x.shape[-1]).tolist()]
    return host(np.array(rows, object).reshape(x.shape[:-1]))


def _transcode(input, input_encoding, output_encoding, errors="replace", replacement_char=65533,
               replace_control_characters=False, name=None):  # fmt: skip
    x = _texts(input, input_encoding, errors, replacement_char, replace_control_characters, "strings.unicode_transcode")
    if output_encoding.upper() == "UTF-8":
        return host(x)
    return _each(lambda s: s.encode(output_encoding.lower()), x)


# The numbers that ICU has for scripts, by the first word of a character's name in Unicode.
_SCRIPTS = {"LATIN": 25, "GREEK": 14, "CYRILLIC": 8, "ARMENIAN": 3, "HEBREW": 19, "ARABIC": 2, "DEVANAGARI": 10,
            "BENGALI": 4, "THAI": 38, "GEORGIAN": 12, "HANGUL": 18, "HIRAGANA": 20, "KATAKANA": 22, "CJK": 17,
            "ETHIOPIC": 11, "TAMIL": 35, "TELUGU": 36, "GUJARATI": 15, "KHMER": 23, "LAO": 24,
            "MONGOLIAN": 27}  # fmt: skip


def _script(input, name=None):
    x = np.asarray(values_of(operand(input), "strings.unicode_script"))

    def number(c):
        letter = unicodedata.category(chr(c))[0] == "L"
        return _SCRIPTS.get(unicodedata.name(chr(c), "").split(" ")[0], 0) if letter else 0

    return host(np.array([number(c) for c in x.reshape(-1).tolist()], np.int32).reshape(x.shape))


# ---- matches, buckets, n-grams -----------------------------------------------------------------------------------
def _full_match(input, pattern, name=None):
    compiled = patterns.compiled(pattern)
    return _each(lambda s: compiled.fullmatch(s) is not None, _text(input, "strings.regex_full_match"), bool)


def _fast_bucket(input, num_buckets, name=None):
    x = _text(input, "strings.to_hash_bucket_fast")
    return _each(lambda s: fingerprint64(s.encode("utf-8")) % int(num_buckets), x, np.int64)


def _strong_bucket(input, num_buckets, key, name=None):
    x = _text(input, "strings.to_hash_bucket_strong")
    return _each(lambda s: siphash(tuple(key), s.encode("utf-8")) % int(num_buckets), x, np.int64)


def _ngrams(data, ngram_width, separator=" ", pad_values=None, padding_width=None, preserve_short_sequences=False,
            name=None):  # fmt: skip
    """n-grams of the last axis; of rows of any lengths ragged ones."""
    widths = [ngram_width] if isinstance(ngram_width, int) else list(ngram_width)
    pads = (pad_values, pad_values) if isinstance(pad_values, (str, bytes)) else pad_values
    pads = pads and [p.decode() if isinstance(p, bytes) else p for p in pads]

    def of(row):
        found = []
        for n in widths:
            most = n - 1 if padding_width is None else min(padding_width, n - 1)
            padded = [pads[0]] * most + row + [pads[1]] * most if pads else row
            grams = [separator.join(padded[k : k + n]) for k in range(len(padded) - n + 1)]
            found += grams
        if not found and preserve_short_sequences and row:
            found = [separator.join(row)]
        return found

    if isinstance(data, RaggedTensor):
        rows = [of(_text(row, "strings.ngrams").tolist()) for row in data]
    else:
        x = _text(data, "strings.ngrams")
        if x.ndim == 1:
            return host(np.array(of(x.tolist()), object))
        rows = [of(row) for row in x.reshape(-1, x.shape[-1]).tolist()]
        if len({len(r) for r in rows}) <= 1:
            return host(np.array(rows, object).reshape(*x.shape[:-1], -1))
    flat = host(np.array([gram for row in rows for gram in row], object))
    return RaggedTensor.from_row_lengths(flat, [len(r) for r in rows])


def _segment_join(inputs, segment_ids, num_segments, separator="", name=None):
    texts, rows = _text(inputs, "strings.unsorted_segment_join"), np.asarray(segment_ids)
    found = [[] for _ in range(int(num_segments))]
    for text, k in zip(texts.reshape(-1).tolist(), rows.reshape(-1).tolist()):
        found[k].append(text)
    return host(np.array([separator.join(parts) for parts in found], object))


TABLE = {
    "strings.as_string as_string": _as_string, "strings.format": _format, "strings.bytes_split": _bytes_split,
    "strings.unicode_decode": _unicode_decode, "strings.unicode_decode_with_offsets": _decode_with_offsets,
    "strings.unicode_split_with_offsets": _split_with_offsets, "strings.unicode_encode": _unicode_encode,
    "strings.unicode_transcode": _transcode, "strings.unicode_script": _script,
    "strings.regex_full_match": _full_match, "strings.to_hash_bucket_fast": _fast_bucket,
    "strings.to_hash_bucket_strong": _strong_bucket, "strings.ngrams": _ngrams,
    "strings.unsorted_segment_join": _segment_join,
}  # fmt: skip
