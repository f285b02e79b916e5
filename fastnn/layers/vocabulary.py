"""A vocabulary, and words as its numbers: what StringLookup, IntegerLookup and TextVectorization share."""

import collections
import itertools
import os
from typing import Any

import numpy as np

from fastnn.core import allowance
from fastnn.core.arguments import whole
from fastnn.core.errors import ArgumentError, CallOrderError, DataError, MissingFileError
from fastnn.core.fingerprint import fingerprint64, keys_of, siphash
from fastnn.layers.encoding import encoded, encoded_shape
from fastnn.layers.host import TEXT, HostLayer, text_array
from fastnn.layers.lookup_assets import LookupFiles
from fastnn.layers.sparse_rows import checked, has_rows, sparse_rows
from fastnn.saving.roles import of_argument, require_words

_MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")
_OLD_MODES = {"binary": "multi_hot", "tf-idf": "tf_idf"}


def _weights(given, words, special):
    """`idf_weights` as an array, checked against the numbers of words and of special ones."""
    weights = np.asarray(given, np.float64)
    if weights.ndim != 1:
        raise ArgumentError(f"TF-IDF data must be a 1-index array. Received: idf_weights of shape {weights.shape}")
    if len(weights) not in (words, words + special):
        raise ArgumentError(
            "`idf_weights` must be the same length as vocabulary. "
            f"len(idf_weights) is {len(weights)}; len(vocabulary) is {words}"
        )
    return weights


DROPPED = -1  # the number of a masked word where words are counted: it is in no row


class Lookup(LookupFiles, HostLayer):
    """Base: a vocabulary, and arrays of its numbers.

    Args:
        max_tokens: int > 1: the largest vocabulary that adapt() makes, special words counted; None: all words.
        num_oov_indices: int >= 0: how many numbers words share that are not in the vocabulary; 0: they are an error.
        mask_token: a word that has number 0 for itself; None: there is none.
        oov_token: what stands for unknown words in the vocabulary, and with `invert`.
        vocabulary: list of words, or the name of a file with one a line; None: adapt() takes it from data.
        idf_weights: a number for each word of the vocabulary, for "tf_idf".
        invert: whether numbers become words, in place of words numbers.
        output_mode: "int" (numbers), "one_hot", "multi_hot", "count" or "tf_idf" (rows with a place for each number).
        pad_to_max_tokens: whether those rows have max_tokens places, whatever the vocabulary.
        encoding: how bytes are read as text.
        sparse: whether a matrix of rows is a sparse array of SciPy's; in a model results are dense.
        salt: an int or two: unknown words are spread over their numbers by SipHash with this key, not by FarmHash.
    """

    what, kind, plain = "vocabulary", object, str  # of the vocabulary; its dtype; the class of its words
    own_checks = ("num_oov_indices",)
    _static = False  # whether the vocabulary was given with the layer, and is not for adapt() to change

    def __init__(
        self,
        max_tokens: int | None,
        num_oov_indices: int,
        mask_token: Any,
        oov_token: Any,
        vocabulary: Any,
        idf_weights: Any,
        invert: Any,
        output_mode: Any,
        pad_to_max_tokens: bool = False,
        salt: Any = None,
        oov_method: str = "floormod",
        sparse: bool = False,
        **kwargs: Any,
    ) -> None:
        kwargs.pop("has_input_vocabulary", None)
        self._promised = whole(kwargs.pop("vocabulary_size", None))  # of a file whose words come later
        super().__init__(**kwargs)
        output_mode = _OLD_MODES.get(output_mode, output_mode)
        if oov_method not in ("floormod", "farmhash"):
            raise ArgumentError(
                f"{type(self).__name__}: `oov_method` must be 'floormod' or 'farmhash'. Received: "
                f"oov_method={oov_method!r}"
            )
        if pad_to_max_tokens and max_tokens is None:
            raise ArgumentError("If pad_to_max_tokens is True, must set `max_tokens`. Received: max_tokens=None")
        if whole(num_oov_indices) is None or num_oov_indices < 0:
            raise ArgumentError(
                f"`num_oov_indices` must be greater than or equal to 0. Received: num_oov_indices={num_oov_indices}"
            )
        if idf_weights is not None and output_mode != "tf_idf":
            raise ArgumentError(
                "`idf_weights` should only be set if `output_mode` is `'tf_idf'`. Received: "
                f"idf_weights={idf_weights!r:.200} and output_mode={output_mode}"
            )
        if max_tokens is not None and max_tokens <= 1:
            raise ArgumentError(f"If set, `max_tokens` must be greater than 1. Received: max_tokens={max_tokens}")
        if output_mode not in _MODES:
            raise ArgumentError(f"`output_mode` must be one of {', '.join(_MODES)}. Received: {output_mode!r}")
        if invert and output_mode != "int":
            raise ArgumentError("`output_mode` must be `'int'` when `invert` is true.")
        self.sparse = checked(type(self).__name__, sparse, output_mode)
        allowance.reserve(num_oov_indices)  # each has a place among the words
        self.max_tokens, self.num_oov_indices, self.mask_token = max_tokens, num_oov_indices, mask_token
        self.oov_token, self.invert, self.output_mode = oov_token, invert, output_mode
        self.pad_to_max_tokens, self.salt, self.oov_method = pad_to_max_tokens, keys_of(salt), oov_method
        self.input_vocabulary, self.input_idf_weights = vocabulary, idf_weights
        self._tokens, self._weights = None, None
        self.reset_state()
        self.autocast, self.built = False, True
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf_weights)
            self._static = True

    @classmethod
    def from_config(cls, config):
        """A layer from what get_config() gave: the words themselves, never the name of a file (FileFormatError).

        Args:
            config: dict of the constructor's arguments.
        """
        require_words(of_argument("vocabulary"), config.get("vocabulary"), f"as vocabulary of {cls.__name__}")
        made = super().from_config(config)
        made._static = False  # a config has the words of adapt(), too
        return made

    # ---- the vocabulary --------------------------------------------------------------------------------
    def _special(self):
        mask = [] if self.mask_token is None or self.output_mode != "int" else [self.mask_token]
        return mask + [self.oov_token] * self.num_oov_indices

    def set_vocabulary(self, vocabulary, idf_weights=None):
        """Use these words (a list, an array, or the name of a file with one a line), with or without special ones.

        Args:
            vocabulary: list or array of words (without repeats), or the name of a file with one a line.
            idf_weights: a number for each word, for "tf_idf".
        """
        if idf_weights is not None and self.output_mode != "tf_idf":
            raise ArgumentError(
                "`idf_weights` should only be set if output_mode is `'tf_idf'`. Received: "
                f"output_mode={self.output_mode} and idf_weights={idf_weights!r:.200}"
            )
        if isinstance(vocabulary, str):
            if not os.path.exists(vocabulary):
                raise MissingFileError(f"Vocabulary file {vocabulary} does not exist.")
            if self.output_mode == "tf_idf":
                raise ArgumentError("output_mode `'tf_idf'` does not support loading a vocabulary from file.")
            with open(vocabulary, encoding="utf-8") as file:
                vocabulary = file.read().splitlines()
        words, special = [self._clean(w) for w in np.asarray(vocabulary).ravel().tolist()], self._special()
        words = words[len(special) :] if words[: len(special)] == special and special else words
        if not words:
            raise ArgumentError(f"Cannot set an empty vocabulary. Received: vocabulary={vocabulary!r}")
        for what, token in (("mask", self.mask_token), ("OOV", self.oov_token if self.invert else None)):
            if token is not None and token in words:
                raise ArgumentError(
                    f"Found reserved {what} token at unexpected location in `vocabulary`: {token!r} at "
                    f"index {words.index(token)}. Either remove all mask and OOV tokens, or include "
                    f"them only at the start of the vocabulary in precisely this order: {special}."
                )
        repeated = [w for w, n in collections.Counter(words).items() if n > 1]
        if repeated:
            raise ArgumentError(
                f"The passed vocabulary has at least one repeated term. Please uniquify your dataset. "
                f"The repeated terms are: {repeated[:5]}"
            )
        if self.max_tokens is not None and len(words) + len(special) > self.max_tokens:
            raise ArgumentError(
                "Attempted to set a vocabulary larger than the maximum vocab size. Passed size is "
                f"{len(words) + len(special)}, max vocab size is {self.max_tokens}."
            )
        if self.output_mode == "tf_idf" and idf_weights is None:
            raise ArgumentError("`idf_weights` must be set if output_mode is 'tf_idf'.")
        given = None if idf_weights is None else _weights(idf_weights, len(words), len(special))
        self._tokens = words
        self._index = {word: i + len(special) for i, word in enumerate(words)}
        if self.mask_token is not None:
            self._index[self.mask_token] = 0 if self.output_mode == "int" else DROPPED
        if given is not None:
            lead = np.full(self.num_oov_indices, given.mean() if given.size else 1.0)
            self._weights = given if len(given) == len(words) + len(lead) else np.concatenate([lead, given])

    def get_vocabulary(self, include_special_tokens=True):
        """The words in the order of their numbers.

        Args:
            include_special_tokens: whether the mask's and the unknown words' token come first.
        """
        words = list(self._tokens or [])
        return self._special() + words if include_special_tokens else words

    @property
    def idf_weights(self):
        """What each word weighs in the mode tf_idf, those of unknown words first; None in other modes."""
        return None if self._weights is None else self._weights.astype(self.compute_dtype)

    def vocabulary_size(self):
        """The number of words, special ones counted."""
        return len(self.get_vocabulary())

    def adapt(self, data, batch_size=None, steps=None):
        """Take the words of an array or of batches, the most frequent first (of equals, the later in order).

        Args:
            data: an array or list of words, or an iterable (a Dataset) of batches; of tuples the first part counts.
            batch_size: taken for Keras's sake: an array is counted at once.
            steps: int: how many batches are looked at; None: all.
        """
        if self._static:
            raise ArgumentError(
                f"Cannot adapt layer '{self.name}' after setting a static vocabulary via `vocabulary` argument or "
                "`set_vocabulary()` method."
            )
        whole = hasattr(data, "dtype") or isinstance(data, (list, tuple, str))
        self.reset_state()
        for batch in [data] if whole else itertools.islice(data, steps):
            self._count(batch[0] if isinstance(batch, tuple) and not whole else batch, whole)
        self.finalize_state()
        self.reset_state()  # counts can be larger than the vocabulary

    def reset_state(self):
        """Forget the words counted so far: the first of the three parts of `adapt`."""
        self._counted = collections.Counter(), collections.Counter(), 0

    def update_state(self, data):
        """Count more words: the second part of `adapt`.

        Args:
            data: words (documents, n); a vector is one document.
        """
        self._count(data, False)

    def _count(self, batch, whole):
        counts, documents, rows = self._counted
        found = self._rows(batch, whole)
        counts.update(itertools.chain.from_iterable(found))
        if self.output_mode == "tf_idf":
            documents.update(itertools.chain.from_iterable(map(set, found)))
        self._counted = counts, documents, rows + len(found)

    def finalize_state(self):
        """Make the vocabulary of what has been counted: the last part of `adapt`."""
        counts, documents, rows = self._counted
        for word in (self.mask_token, self.oov_token, ""):
            counts.pop(word, None)
        most = None if self.max_tokens is None else self.max_tokens - len(self._special())
        ranked = sorted(sorted(counts, reverse=True), key=counts.__getitem__, reverse=True)[:most]
        idf = [np.log(1 + rows / (1 + documents[w])) for w in ranked] if self.output_mode == "tf_idf" else None
        if ranked:
            self.set_vocabulary(ranked, idf)

    # ---- numbers ---------------------------------------------------------------------------------------
    def _clean(self, word):
        return word

    def _cleaned(self, words):
        """A list of words as those of the vocabulary."""
        return words if {self.plain}.issuperset(map(type, words)) else list(map(self._clean, words))

    def _rows(self, batch, whole):
        """The words of a batch, by document: a row; a vector is one, but n of one word where it is all data."""
        if hasattr(batch, "with_flat_values"):
            rows = batch.to_list()
        else:
            array = text_array(batch)
            single = whole and self.output_mode == "tf_idf"  # nothing else asks what a document is
            rows = array.reshape((len(array), -1) if array.ndim > 1 else (-1, 1) if single else (1, -1)).tolist()
        return list(map(self._cleaned, rows))

    def _numbered(self, words):
        """The numbers of a list of words, as a list."""
        if self.num_oov_indices == 1:  # all unknown ones have the same
            return list(map(self._index.get, words, itertools.repeat(len(self._special()) - 1)))
        found = list(map(self._index.get, words))
        return [self._unknown(w) if n is None else n for w, n in zip(words, found)] if None in found else found

    def _unknown(self, word):
        if not self.num_oov_indices:
            raise DataError(f"{type(self).__name__}: {word!r} is not in the vocabulary, and num_oov_indices is 0.")
        first = len(self._special()) - self.num_oov_indices
        return first + (0 if self.num_oov_indices == 1 else self._hash(word) % self.num_oov_indices)

    def _hash(self, word):
        text = str(word).encode()
        return fingerprint64(text) if self.salt is None else siphash(self.salt, text)

    def call(self, inputs):
        """The numbers of the words of an array (or the words of numbers, with invert).

        Args:
            inputs: an array or (nested) list of words, of any shape.
        """
        if self._tokens is None and self.output_mode != "int":
            raise CallOrderError(
                f"When using `output_mode={self.output_mode}` and `pad_to_max_tokens=False`, you must set the layer's "
                "vocabulary before calling it. Either pass a `vocabulary` argument to the layer, or call `adapt` with "
                "some sample data."
            )
        if self._tokens is None:
            raise DataError(
                f"{type(self).__name__}: there is no vocabulary yet; pass `vocabulary`, or call adapt(data)."
            )
        if hasattr(inputs, "with_flat_values"):  # rows of different lengths
            taken = self._words if self.invert else self._numbers
            rows = inputs.with_flat_values(taken(np.asarray(inputs.flat_values)))
            return rows if self.output_mode == "int" else self._finish(np.asarray(rows.to_tensor(DROPPED)))
        array = text_array(inputs)
        if self.invert:
            return self._words(array)
        return self._finish(self._numbers(array))

    def _words(self, array):
        words = np.array(self.get_vocabulary(), dtype=self.kind)
        known = (array >= 0) & (array < len(words))
        return np.where(known, words[np.where(known, array, 0)], self.oov_token)

    def _numbers(self, array):
        return np.array(self._numbered(self._cleaned(array.reshape(-1).tolist())), np.int64).reshape(array.shape)

    def _size(self):
        """The numbers in a row of the output modes other than "int"."""
        known = self._promised if self._promised and self._tokens is None else self.vocabulary_size()
        return self.max_tokens if self.pad_to_max_tokens and self.max_tokens else known

    def compute_output_shape(self, input_shape):
        if self.output_mode == "int":
            return tuple(input_shape)
        return encoded_shape(tuple(input_shape), self._size(), "one_hot" if self.output_mode == "one_hot" else "count")

    @property
    def input_dtype(self):
        """The dtype of its inputs."""
        return "int64" if self.invert or self.kind is np.int64 else TEXT

    @property
    def output_dtype(self):
        """The dtype of its outputs."""
        if self.invert and self.kind is object:
            return TEXT
        return "int64" if self.output_mode == "int" else self.compute_dtype

    def _finish(self, numbers):
        if self.output_mode == "int":
            return numbers
        size = self._size()
        mode = "count" if self.output_mode == "tf_idf" else self.output_mode
        if self.sparse and has_rows(numbers.shape, mode):
            return self._weighted(sparse_rows(numbers, size, mode, dtype="int64"))
        return self._weighted(np.asarray(encoded(numbers.astype("int32"), size, mode, dtype="int64")))

    def _weighted(self, rows):
        """Rows of counts, times what each word weighs in the mode tf_idf."""
        if self.output_mode != "tf_idf":
            return rows
        weights = np.pad(self._weights, (0, rows.shape[-1] - len(self._weights))).astype(self.compute_dtype)
        rows = rows.astype(self.compute_dtype)
        if isinstance(rows, np.ndarray):
            return rows * weights
        rows.data *= weights[rows.indices]
        return rows

    def get_config(self):
        size = None if self._tokens is None else self.vocabulary_size()
        return {**super().get_config(), "invert": self.invert, "max_tokens": self.max_tokens,
                "num_oov_indices": self.num_oov_indices, "oov_token": self.oov_token, "mask_token": self.mask_token,
                "output_mode": self.output_mode, "sparse": self.sparse, "pad_to_max_tokens": self.pad_to_max_tokens,
                "idf_weights": None if self._weights is None else self._weights[self.num_oov_indices:].tolist(),
                "vocabulary": self._tokens, "vocabulary_size": size, "oov_method": self.oov_method,
                "salt": self.salt}  # fmt: skip
