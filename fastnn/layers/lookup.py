"""Words and ids as numbers: StringLookup and IntegerLookup.

They work on arrays: before fit, as `x = layer(texts)`, or at the door of a model whose Input holds text.
"""

from typing import Any

import numpy as np

from fastnn.core.errors import ArgumentError
from fastnn.layers.config import placed
from fastnn.layers.vocabulary import Lookup

NONE = -2  # in a table: no word lies there
CLOSE = 8  # places of a table for each word, at most


class StringLookup(Lookup):
    """Words as numbers: 0 for the mask, then the numbers of unknown words, then the vocabulary.

    >>> StringLookup(vocabulary=["a", "b"])(np.array([["b", "z"]]))
    array([[2, 0]])
    """

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: Any = None,
        oov_token: Any = "[UNK]",
        vocabulary: Any = None,
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        pad_to_max_tokens: bool = False,
        sparse: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        salt: Any = None,
        **kwargs: Any,
    ) -> None:
        self.encoding = encoding
        super().__init__(
            max_tokens,
            num_oov_indices,
            mask_token,
            oov_token,
            vocabulary,
            idf_weights,
            invert,
            output_mode,
            pad_to_max_tokens,
            salt,
            sparse=sparse,
            name=name,
            **kwargs,
        )

    def _clean(self, word):
        return word.decode(self.encoding) if isinstance(word, bytes) else str(word)

    def get_config(self):
        return {**super().get_config(), "encoding": self.encoding}


class IntegerLookup(Lookup):
    """Any integers as numbers from 0 on: first the mask's, then those of unknown ones, then the vocabulary.

    Args:
        vocabulary_dtype: "int64", dtype of the vocabulary in files.
        oov_method: unknown integers are spread over their numbers by their remainder ("floormod"), or by the hash of
            their decimal digits ("farmhash").

    >>> IntegerLookup(vocabulary=[12, 36])(np.array([36, 7]))
    array([2, 0])
    """

    kind, plain = np.int64, int
    _rising = None  # of the vocabulary that `_sorted` saw

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: Any = None,
        oov_token: Any = -1,
        vocabulary: Any = None,
        vocabulary_dtype: str = "int64",
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        sparse: bool = False,
        pad_to_max_tokens: bool = False,
        oov_method: str = "floormod",
        salt: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if vocabulary_dtype != "int64":
            raise ArgumentError(
                "IntegerLookup: Only `vocabulary_dtype='int64'` is supported. Received: "
                f"vocabulary_dtype={vocabulary_dtype!r}"
            )
        if salt is not None and oov_method == "floormod":
            raise ArgumentError(
                "IntegerLookup: `salt` can only be used when `oov_method='farmhash'`. Received: "
                f"oov_method={oov_method!r}, salt={salt!r}"
            )
        super().__init__(
            max_tokens,
            num_oov_indices,
            mask_token,
            oov_token,
            vocabulary,
            idf_weights,
            invert,
            output_mode,
            pad_to_max_tokens,
            salt,
            oov_method,
            sparse,
            name=name,
            **kwargs,
        )

    def get_config(self):
        return placed({**super().get_config(), "vocabulary_dtype": "int64"}, ("vocabulary_dtype",), "idf_weights")

    def _clean(self, word):
        return int(word)

    def _numbers(self, array):
        if array.dtype.kind not in "iu":
            return super()._numbers(array)
        flat, (words, numbers, table) = array.reshape(-1), self._sorted()
        if table is not None:
            places = flat.astype(np.int64) - words[0]
            missing = (flat < words[0]) | (flat > words[-1])
            found = table[np.where(missing, 0, places)]
            missing |= found == NONE
        else:
            places = np.minimum(np.searchsorted(words, flat), len(words) - 1)
            found, missing = numbers[places], words[places] != flat
        if missing.any():
            others = flat[missing].tolist()
            numbers = {word: self._unknown(word) for word in dict.fromkeys(others)}
            found[missing] = [numbers[word] for word in others]
        return found.reshape(array.shape)

    def _sorted(self):
        """The words, rising, their numbers, and where they lie close together a table from the first word on."""
        if self._rising is None or self._rising[0] is not self._index:
            words = np.array(list(self._index), np.int64)
            order = np.argsort(words)
            words, numbers, table = words[order], np.array(list(self._index.values()), np.int64)[order], None
            if int(words[-1]) - int(words[0]) < CLOSE * len(words):
                table = np.full(int(words[-1] - words[0]) + 1, NONE)
                table[words - words[0]] = numbers
            self._rising = self._index, words, numbers, table
        return self._rising[1:]

    def _hash(self, word):
        return word if self.oov_method == "floormod" else super()._hash(word)
