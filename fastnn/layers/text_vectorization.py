"""TextVectorization: text to numbers of words."""

import itertools
import re
from typing import Any

import numpy as np

from fastnn.core import allowance
from fastnn.core.errors import ArgumentError, DataError, NotSupportedError, ShapeError
from fastnn.layers.host import text_array
from fastnn.layers.sparse_rows import gathered
from fastnn.layers.vocabulary import DROPPED, Lookup

_PUNCTUATION = re.compile(r"[!\"#$%&()\*\+,\-\./:;<=>?@\[\\\]^_`{|}~\']")

# of its config, in Keras's order
ENTRIES = (
    "max_tokens", "standardize", "split", "ngrams", "output_mode", "output_sequence_length", "pad_to_max_tokens",
    "sparse", "ragged", "vocabulary", "idf_weights", "encoding", "vocabulary_size",
)  # fmt: skip


class TextVectorization(Lookup):
    """Texts as rows of word numbers: 0 is padding, 1 an unknown word.

    Args:
        standardize: "lower_and_strip_punctuation", "lower", "strip_punctuation", None, or a function of an array.
        split: "whitespace", "character", None, or a function of one text.
        ngrams: n, or a tuple of them: groups of words that are words too.
        output_mode: "int" (numbers), "multi_hot", "count" or "tf_idf" (rows with a place for each word).
        output_sequence_length: length of the rows for "int"; that of the longest if None.
        ragged: False; True is an error: rows have one length.

    >>> layer = TextVectorization(output_sequence_length=3)
    >>> layer.adapt(["the cat", "the dog"])
    >>> layer(["The dog!", "a cat sat here"])
    array([[2, 3, 0],
           [1, 4, 1]])
    """

    also_in_files = "_lookup_layer"  # Keras's TextVectorization has a StringLookup inside, whose state files hold, too

    def __init__(
        self,
        max_tokens: int | None = None,
        standardize: Any = "lower_and_strip_punctuation",
        split: Any = "whitespace",
        ngrams: Any = None,
        output_mode: str = "int",
        output_sequence_length: int | None = None,
        pad_to_max_tokens: bool = False,
        vocabulary: Any = None,
        idf_weights: Any = None,
        sparse: bool = False,
        ragged: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        for argument, value, allowed in (
            ("standardize", standardize, ("lower_and_strip_punctuation", "lower", "strip_punctuation")),
            ("split", split, ("whitespace", "character")),
        ):
            if value is not None and not callable(value) and value not in allowed:
                raise ArgumentError(
                    f"TextVectorization: `{argument}` must be one of {', '.join(allowed)}, None or a "
                    f"function. Received: {argument}={value!r}"
                )
        if not (ngrams is None or isinstance(ngrams, int)) and not (
            isinstance(ngrams, (tuple, list)) and all(isinstance(n, int) for n in ngrams)
        ):
            raise ArgumentError(f"`ngrams` must be None, an integer, or a tuple of integers. Received: ngrams={ngrams}")
        if ragged and output_mode != "int":
            raise ArgumentError(
                f"`ragged` must not be true if `output_mode` is not 'int'. Received: ragged={ragged} and "
                f"output_mode={output_mode}"
            )
        if ragged:
            raise NotSupportedError(
                "TextVectorization: `ragged=True` can only be used with the TensorFlow backend. Received: ragged=True. "
                "Leave it out: rows are as long as the longest, or `output_sequence_length`, with 0 behind their "
                "words, which Embedding(mask_zero=True) masks."
            )
        self.standardize, self.split, self.encoding = standardize, split, encoding
        allowance.reserve(ngrams if isinstance(ngrams, int) else 0)
        self.ngrams = tuple(range(1, ngrams + 1)) if isinstance(ngrams, int) else ngrams and tuple(ngrams)
        self.output_sequence_length = output_sequence_length
        if output_sequence_length is not None and output_mode != "int":
            raise ArgumentError("`output_sequence_length` must not be set if `output_mode` is not 'int'.")
        super().__init__(
            max_tokens,
            1,
            "",
            "[UNK]",
            vocabulary,
            idf_weights,
            False,
            output_mode,
            pad_to_max_tokens,
            sparse=sparse,
            name=name,
            **kwargs,
        )

    def _standard(self, array):
        """An array of texts, standardized; a function of the user's takes all of them as one array, as in Keras."""
        texts = [t.decode(self.encoding) if isinstance(t, bytes) else str(t) for t in array.reshape(-1).tolist()]
        if callable(self.standardize):
            found = np.asarray(self.standardize(np.array(texts, str).reshape(array.shape)))
            if found.shape != array.shape:
                raise ShapeError(
                    "TextVectorization: the function `standardize` takes an array of texts and returns one of the "
                    f"same shape. Expected: {array.shape}. Received: {found.shape}"
                )
            texts = [t.decode(self.encoding) if isinstance(t, bytes) else str(t) for t in found.reshape(-1).tolist()]
        elif self.standardize is not None:
            texts = [t.lower() for t in texts] if "lower" in self.standardize else texts
            texts = [_PUNCTUATION.sub("", t) for t in texts] if "strip" in self.standardize else texts
        made = np.empty(len(texts), object)
        made[:] = texts
        return made.reshape(array.shape)

    def _words(self, text):
        if callable(self.split):
            return self._grams(list(self.split(text)))
        return self._grams(text.split() if self.split == "whitespace" else list(text))

    def _grams(self, words):
        if self.ngrams is None:
            return words
        return [gram for n in self.ngrams for gram in map(" ".join, zip(*(words[k:] for k in range(n))))]

    def _rows(self, batch, whole):
        array = np.asarray(text_array(batch), dtype=object)
        if self.split is None:
            return [self._grams(row) for row in super()._rows(self._standard(array), whole)]
        if array.ndim > 1 and array.shape[-1] != 1:
            raise ShapeError(
                "When using `TextVectorization` to tokenize strings, the input rank must be 1 or the last "
                f"shape dimension must be 1. Received: inputs.shape={array.shape}"
            )
        return [self._words(text) for text in self._standard(array).reshape(-1).tolist()]

    def _clean(self, word):
        """A word of a vocabulary, or a text that is not split."""
        return word

    def call(self, inputs):
        """The rows of the texts of an array (n,) or (n, 1), or of one text; of unsplit texts each its number.

        Args:
            inputs: texts: an array or list (n,) or (n, 1), or one text.
        """
        if self._tokens is None:
            raise DataError("TextVectorization: there is no vocabulary yet; pass `vocabulary`, or call adapt(data).")
        array = np.asarray(text_array(inputs), dtype=object)
        length = self.output_sequence_length
        if self.split is None:
            rows = array.reshape(-1, array.shape[-1] if array.ndim else 1)
            numbers = np.array([self._numbered(row) for row in self._rows(rows, True)], np.int64)
            numbers = numbers.reshape(*array.shape[:-1], -1) if array.ndim else numbers.reshape(())
            if length is not None:
                numbers = numbers[..., :length]
                numbers = np.pad(numbers, [(0, 0)] * (numbers.ndim - 1) + [(0, length - numbers.shape[-1])])
            return self._finish(numbers)
        rows = self._rows(array, True)
        sizes = np.fromiter(map(len, rows), np.int64, len(rows))
        numbers = np.array(self._numbered(list(itertools.chain.from_iterable(rows))), np.int64)
        places = np.repeat(np.arange(len(rows)), sizes)
        if self.output_mode != "int":
            out = self._counts(places, numbers, (len(rows), self._size()), self.sparse and array.ndim > 0)
        else:
            length = length or int(sizes.max(initial=0))
            columns = np.arange(len(numbers)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
            fits = columns < length
            out = np.zeros((len(rows), length), np.int64)
            out[places[fits], columns[fits]] = numbers[fits]
        return out if array.ndim else out[0]

    def _counts(self, places, numbers, shape, sparse):
        """How often each number is in each row; places: the rows that the numbers are in."""
        if sparse:
            ones = np.ones(len(numbers), np.int64)
            return self._weighted(gathered(places, numbers, ones, shape, self.output_mode, np.int64))
        there = numbers != DROPPED
        flat = np.bincount(places[there] * shape[1] + numbers[there], minlength=shape[0] * shape[1])
        rows = flat.reshape(shape)
        return self._weighted(np.minimum(rows, 1) if self.output_mode == "multi_hot" else rows)

    def compute_output_shape(self, input_shape):
        if self.output_mode != "int":
            return (input_shape[0], self._size())
        if self.split is None and len(input_shape) > 1:
            return (*input_shape[:-1], self.output_sequence_length or input_shape[-1])
        return (input_shape[0], self.output_sequence_length)

    def get_config(self):
        config = {**super().get_config(), "standardize": self.standardize, "split": self.split, "ngrams": self.ngrams,
                  "output_sequence_length": self.output_sequence_length, "ragged": False, "encoding": self.encoding,
                  "vocabulary_size": self.vocabulary_size()}  # fmt: skip
        first = [name for name in config if name in ("name", "trainable", "dtype", "activity_regularizer")]
        return {name: config[name] for name in (*first, *ENTRIES)}
