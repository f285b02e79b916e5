"""Words and ids as numbers: StringLookup, IntegerLookup and TextVectorization.

Text cannot go into a model, so these layers work on arrays, before fit: `x = layer(texts)`.
"""
import collections
import hashlib
import re

import numpy as np

from fastnn.core.errors import ArgumentError, DataError
from fastnn.layers.encoding import encoded
from fastnn.layers.layer import Layer

_MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")
_PUNCTUATION = re.compile(r"[!\"#$%&()\*\+,\-\./:;<=>?@\[\\\]^_`{|}~\']")


class _Lookup(Layer):
    """Base: a vocabulary, and arrays of its numbers."""

    what, kind = "vocabulary", object

    def __init__(self, max_tokens, num_oov_indices, mask_token, oov_token, vocabulary, idf_weights, invert, output_mode,
                 pad_to_max_tokens=False, **kwargs):
        super().__init__(**kwargs)
        if max_tokens is not None and max_tokens <= 1:
            raise ArgumentError(f"If set, `max_tokens` must be greater than 1. Received: max_tokens={max_tokens}")
        if output_mode not in _MODES:
            raise ArgumentError(f"`output_mode` must be one of {', '.join(_MODES)}. Received: {output_mode!r}")
        if invert and output_mode != "int":
            raise ArgumentError("`output_mode` must be `'int'` when `invert` is true.")
        self.max_tokens, self.num_oov_indices, self.mask_token = max_tokens, num_oov_indices, mask_token
        self.oov_token, self.invert, self.output_mode = oov_token, invert, output_mode
        self.pad_to_max_tokens = pad_to_max_tokens
        self.input_vocabulary, self.input_idf_weights = vocabulary, idf_weights
        self._tokens, self._weights = None, None
        self.autocast, self.built = False, True
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf_weights)

    # ---- the vocabulary --------------------------------------------------------------------------------
    def _special(self):
        mask = [] if self.mask_token is None or self.output_mode != "int" else [self.mask_token]
        return mask + [self.oov_token] * self.num_oov_indices

    def set_vocabulary(self, vocabulary, idf_weights=None):
        """Use these words (a list, an array, or the name of a file with one a line), with or without special ones."""
        if isinstance(vocabulary, str):
            with open(vocabulary, encoding="utf-8") as file:
                vocabulary = file.read().splitlines()
        words, special = [self._clean(w) for w in np.asarray(vocabulary).ravel().tolist()], self._special()
        words = words[len(special):] if words[:len(special)] == special and special else words
        repeated = [w for w, n in collections.Counter(words).items() if n > 1]
        if repeated:
            raise ArgumentError(f"The passed vocabulary has at least one repeated term. Please uniquify your dataset. "
                                f"The repeated terms are: {repeated[:5]}")
        if self.max_tokens is not None and len(words) + len(special) > self.max_tokens:
            raise ArgumentError("Attempted to set a vocabulary larger than the maximum vocab size. Passed size is "
                                f"{len(words) + len(special)}, max vocab size is {self.max_tokens}.")
        if self.output_mode == "tf_idf" and idf_weights is None:
            raise ArgumentError("`idf_weights` must be set if output_mode is 'tf_idf'.")
        self._tokens = words
        self._index = {word: i + len(special) for i, word in enumerate(words)}
        if idf_weights is not None:
            given = np.asarray(idf_weights, np.float64)
            lead = np.full(self.num_oov_indices, given.mean() if given.size else 1.0)
            self._weights = given if len(given) == len(words) + len(lead) else np.concatenate([lead, given])

    def get_vocabulary(self, include_special_tokens=True):
        """The words in the order of their numbers."""
        words = list(self._tokens or [])
        return self._special() + words if include_special_tokens else words

    def vocabulary_size(self):
        """The number of words, special ones counted."""
        return len(self.get_vocabulary())

    def adapt(self, data, batch_size=None, steps=None):
        """Take the words of an array or of batches, the most frequent first (of equals, the later in order)."""
        counts, documents, rows = collections.Counter(), collections.Counter(), 0
        for batch in ([data] if hasattr(data, "dtype") or isinstance(data, (list, tuple, str)) else data):
            for row in self._rows(batch):
                counts.update(row)
                documents.update(set(row))
                rows += 1
        for word in (self.mask_token, self.oov_token, ""):
            counts.pop(word, None)
        most = None if self.max_tokens is None else self.max_tokens - len(self._special())
        ranked = sorted(sorted(counts, reverse=True), key=counts.__getitem__, reverse=True)[:most]
        idf = [np.log(1 + rows / (1 + documents[w])) for w in ranked] if self.output_mode == "tf_idf" else None
        self.set_vocabulary(ranked, idf)

    # ---- numbers ---------------------------------------------------------------------------------------
    def _clean(self, word):
        return word

    def _rows(self, batch):
        array = np.asarray(batch)
        return [[self._clean(v) for v in row] for row in array.reshape(len(array), -1).tolist()] if array.ndim else \
            [[self._clean(array.item())]]

    def _number(self, word):
        found = self._index.get(word)
        if found is not None:
            return found
        if word == self.mask_token and self.output_mode == "int":
            return 0
        if not self.num_oov_indices:
            raise DataError(f"{type(self).__name__}: {word!r} is not in the vocabulary, and num_oov_indices is 0.")
        first = len(self._special()) - self.num_oov_indices
        return first + (0 if self.num_oov_indices == 1 else self._hash(word) % self.num_oov_indices)

    def _hash(self, word):
        return int(hashlib.md5(str(word).encode(), usedforsecurity=False).hexdigest(), 16)

    def __call__(self, inputs, *args, **kwargs):
        if hasattr(inputs, "origin"):
            raise ArgumentError(f"{type(self).__name__} works on arrays, not inside a model: use its result as the "
                                "model's input.")
        return self.call(inputs)

    def call(self, inputs):
        """The numbers of the words of an array (or the words of numbers, with invert)."""
        if self._tokens is None:
            raise DataError(f"{type(self).__name__}: there is no vocabulary yet; pass `vocabulary`, or call "
                            "adapt(data).")
        array = np.asarray(inputs)
        if self.invert:
            words = np.array(self.get_vocabulary(), dtype=self.kind)
            known = (array >= 0) & (array < len(words))
            return np.where(known, words[np.where(known, array, 0)], self.oov_token)
        flat = [self._number(self._clean(v)) for v in array.reshape(-1).tolist()]
        return self._finish(np.array(flat, np.int64).reshape(array.shape))

    def _finish(self, numbers):
        if self.output_mode == "int":
            return numbers
        size = self.max_tokens if self.pad_to_max_tokens and self.max_tokens else self.vocabulary_size()
        mode = "count" if self.output_mode == "tf_idf" else self.output_mode
        rows = np.asarray(encoded(numbers.astype("int32"), size, mode, dtype=self.compute_dtype))
        if self.output_mode == "tf_idf":
            rows = rows * np.pad(self._weights, (0, size - len(self._weights))).astype(rows.dtype)
        return rows

    def get_config(self):
        return {**super().get_config(), "max_tokens": self.max_tokens, "num_oov_indices": self.num_oov_indices,
                "mask_token": self.mask_token, "oov_token": self.oov_token,
                "vocabulary": self._tokens, "invert": self.invert, "output_mode": self.output_mode,
                "idf_weights": None if self._weights is None else self._weights[self.num_oov_indices:].tolist(),
                "pad_to_max_tokens": self.pad_to_max_tokens}


class StringLookup(_Lookup):
    """Words as numbers: 0 for the mask, then the numbers of unknown words, then the vocabulary.

    Args:
        max_tokens: the largest vocabulary that adapt() makes.  num_oov_indices: numbers for words that are not known.
        mask_token, oov_token: the special words; mask_token=None: there is none.
        vocabulary: list of words, or a file with one a line.  idf_weights: of the words, for "tf_idf".
        invert: numbers to words.  output_mode: "int", "one_hot", "multi_hot", "count" or "tf_idf".

    >>> StringLookup(vocabulary=["a", "b"])(np.array([["b", "z"]]))
    array([[2, 0]])
    """

    def __init__(self, max_tokens=None, num_oov_indices=1, mask_token=None, oov_token="[UNK]", vocabulary=None,
                 idf_weights=None, invert=False, output_mode="int", pad_to_max_tokens=False, **kwargs):
        super().__init__(max_tokens, num_oov_indices, mask_token, oov_token, vocabulary, idf_weights, invert,
                         output_mode, pad_to_max_tokens, **kwargs)

    def _clean(self, word):
        return word.decode("utf-8") if isinstance(word, bytes) else str(word)


class IntegerLookup(_Lookup):
    """Any integers as numbers from 0 on; arguments as of StringLookup, oov_token -1.

    >>> IntegerLookup(vocabulary=[12, 36])(np.array([36, 7]))
    array([2, 0])
    """

    kind = np.int64

    def __init__(self, max_tokens=None, num_oov_indices=1, mask_token=None, oov_token=-1, vocabulary=None,
                 idf_weights=None, invert=False, output_mode="int", pad_to_max_tokens=False, **kwargs):
        super().__init__(max_tokens, num_oov_indices, mask_token, oov_token, vocabulary, idf_weights, invert,
                         output_mode, pad_to_max_tokens, **kwargs)

    def _clean(self, word):
        return int(word)

    def _hash(self, word):
        return word


class TextVectorization(_Lookup):
    """Texts as rows of word numbers: 0 is padding, 1 an unknown word.

    Args:
        max_tokens: the largest vocabulary.
        standardize: "lower_and_strip_punctuation", "lower", "strip_punctuation", None, or a function of an array.
        split: "whitespace", "character", None, or a function of one text.
        ngrams: n, or a tuple of them: groups of words that are words too.
        output_mode: "int", "multi_hot", "count" or "tf_idf".
        output_sequence_length: length of the rows for "int"; that of the longest if None.
        vocabulary: list of words, or a file.

    >>> layer = TextVectorization(output_sequence_length=3)
    >>> layer.adapt(["the cat", "the dog"])
    >>> layer(["The dog!", "a cat sat here"])
    array([[2, 3, 0],
           [1, 4, 1]])
    """

    def __init__(self, max_tokens=None, standardize="lower_and_strip_punctuation", split="whitespace", ngrams=None,
                 output_mode="int", output_sequence_length=None, pad_to_max_tokens=False, vocabulary=None,
                 idf_weights=None, encoding="utf-8", **kwargs):
        for name, value, allowed in (
                ("standardize", standardize, ("lower_and_strip_punctuation", "lower", "strip_punctuation")),
                ("split", split, ("whitespace", "character"))):
            if value is not None and not callable(value) and value not in allowed:
                raise ArgumentError(f"TextVectorization: `{name}` must be one of {', '.join(allowed)}, None or a "
                                    f"function. Received: {name}={value!r}")
        for old in ("sparse", "ragged"):
            if kwargs.pop(old, None):
                raise ArgumentError(f"TextVectorization: {old}=True is not supported.")
        self.standardize, self.split, self.encoding = standardize, split, encoding
        self.ngrams = tuple(range(1, ngrams + 1)) if isinstance(ngrams, int) else ngrams and tuple(ngrams)
        self.output_sequence_length = output_sequence_length
        if output_sequence_length is not None and output_mode != "int":
            raise ArgumentError("`output_sequence_length` must not be set if `output_mode` is not 'int'.")
        super().__init__(max_tokens, 1, "", "[UNK]", vocabulary, idf_weights, False, output_mode, pad_to_max_tokens,
                         **kwargs)

    def _words(self, text):
        text = text.decode(self.encoding) if isinstance(text, bytes) else str(text)
        if callable(self.standardize):
            text = str(np.asarray(self.standardize(text)))
        elif self.standardize is not None:
            text = text.lower() if "lower" in self.standardize else text
            text = _PUNCTUATION.sub("", text) if "strip" in self.standardize else text
        words = list(self.split(text)) if callable(self.split) else {
            "whitespace": text.split, "character": lambda: list(text), None: lambda: [text]}[self.split]()
        if self.ngrams is None:
            return words
        return [" ".join(words[i:i + n]) for n in self.ngrams for i in range(len(words) - n + 1)]

    def _rows(self, batch):
        return [self._words(text) for text in np.asarray(batch, dtype=object).reshape(-1).tolist()]

    def call(self, inputs):
        """The rows of the texts of an array (n,) or (n, 1), or of one text."""
        if self._tokens is None:
            raise DataError("TextVectorization: there is no vocabulary yet; pass `vocabulary`, or call adapt(data).")
        array = np.asarray(inputs, dtype=object)
        rows = [[self._number(w) for w in row] for row in self._rows(array)]
        if self.output_mode != "int":
            size = self.max_tokens if self.pad_to_max_tokens and self.max_tokens else self.vocabulary_size()
            out = np.zeros((len(rows), size), self.compute_dtype)
            for line, row in zip(out, rows):
                np.add.at(line, row, 1)
            out = np.minimum(out, 1) if self.output_mode == "multi_hot" else out
            if self.output_mode == "tf_idf":
                out = out * np.pad(self._weights, (0, size - len(self._weights))).astype(out.dtype)
        else:
            length = self.output_sequence_length or max(map(len, rows), default=0)
            out = np.zeros((len(rows), length), np.int64)
            for line, row in zip(out, rows):
                line[:len(row)] = row[:length]
        return out if array.ndim else out[0]

    def get_config(self):
        config = super().get_config()
        for name in ("num_oov_indices", "mask_token", "oov_token", "invert"):
            del config[name]
        return {**config, "standardize": self.standardize, "split": self.split, "ngrams": self.ngrams,
                "output_sequence_length": self.output_sequence_length, "encoding": self.encoding}
