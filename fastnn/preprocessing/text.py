"""Text as numbers: words counted, indexed and hashed (Keras 2's `keras.preprocessing.text`)."""

import collections
import hashlib
import json

import numpy as np

from fastnn.core.arguments import near
from fastnn.core.errors import ArgumentError, DataError, FileFormatError

__all__ = ["Tokenizer", "hashing_trick", "one_hot", "text_to_word_sequence", "tokenizer_from_json"]
FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
_MODES = ("binary", "count", "freq", "tfidf")


def text_to_word_sequence(text, filters=FILTERS, lower=True, split=" "):
    """The words of a text.

    Args:
        text: str.
        split: what stands between two words.
        filters: characters that separate words as `split` does.
        lower: whether the text is made lower case first.

    >>> text_to_word_sequence("Hello, World!")
    ['hello', 'world']
    """
    text = (text.lower() if lower else text).translate({ord(c): split for c in filters})
    return [word for word in text.split(split) if word]


def hashing_trick(text, n, hash_function=None, filters=FILTERS, lower=True, split=" "):
    """Each word of a text as a number from 1 to n - 1, by a hash of it; different words may have the same number.

    Args:
        text: str.
        n: one more than the largest number, an int.
        hash_function: "md5", a function of a str, or None for Python's `hash`, which differs between processes.
        filters, lower, split: as of text_to_word_sequence.

    >>> hashing_trick("one two one", 1000, "md5")[::2] == hashing_trick("one one", 1000, "md5")
    True
    """
    if n < 2:
        raise ArgumentError(f"hashing_trick: received n={n!r}, expected an int >= 2.")
    if hash_function == "md5":

        def hash_function(word):
            return int(hashlib.md5(word.encode(), usedforsecurity=False).hexdigest(), 16)

    function = hash_function or hash
    return [function(w) % (n - 1) + 1 for w in text_to_word_sequence(text, filters, lower, split)]


def one_hot(input_text, n, filters=FILTERS, lower=True, split=" "):
    """hashing_trick with Python's `hash` (no one-hot rows, in spite of the name).

    Args:
        input_text: str.
        n: one more than the largest number, an int.
        filters, lower, split: as of text_to_word_sequence.

    >>> len(one_hot("two words", 50))
    2
    """
    return hashing_trick(input_text, n, hash, filters, lower, split)


class Tokenizer:
    """Words as numbers, the most frequent first.

    Args:
        num_words: only the num_words - 1 most frequent words are used; None: all.
        filters, lower, split: as of text_to_word_sequence.
        char_level: whether characters are the words.
        oov_token: stands for words that are not known; None leaves them out.
        analyzer: a function from a text to its words.
        document_count: texts that were counted before.
        kwargs: nb_words, Keras 1's name of num_words.

    >>> words = Tokenizer()
    >>> words.fit_on_texts(["the cat", "the dog"])
    >>> words.texts_to_sequences(["the dog sat"])
    [[1, 3]]
    """

    def __init__(
        self,
        num_words=None,
        filters=FILTERS,
        lower=True,
        split=" ",
        char_level=False,
        oov_token=None,
        document_count=0,
        analyzer=None,
        **kwargs,
    ):
        num_words = kwargs.pop("nb_words", num_words)  # Keras 1's name
        if kwargs:
            raise ArgumentError(f"Tokenizer: unexpected arguments {sorted(kwargs)}.{near(kwargs, type(self))}")
        self.num_words, self.filters, self.lower, self.split = num_words, filters, lower, split
        self.char_level, self.oov_token, self.document_count, self.analyzer = (
            char_level,
            oov_token,
            document_count,
            analyzer,
        )
        self.word_counts = collections.OrderedDict()
        self.word_docs, self.index_docs = collections.defaultdict(int), collections.defaultdict(int)
        self.word_index, self.index_word = {}, {}

    def _words(self, text):
        if self.char_level or isinstance(text, list):
            return [t.lower() for t in text] if self.lower else list(text)
        if self.analyzer is not None:
            return self.analyzer(text)
        return text_to_word_sequence(text, self.filters, self.lower, self.split)

    def fit_on_texts(self, texts):
        """Count the words of texts and number them.

        Args:
            texts: strings, or lists of words.
        """
        for text in texts:
            self.document_count += 1
            words = self._words(text)
            for word in words:
                self.word_counts[word] = self.word_counts.get(word, 0) + 1
            for word in set(words):
                self.word_docs[word] += 1
        ranked = sorted(self.word_counts.items(), key=lambda item: item[1], reverse=True)
        names = ([] if self.oov_token is None else [self.oov_token]) + [word for word, _ in ranked]
        self.word_index = {word: i for i, word in enumerate(dict.fromkeys(names), 1)}
        self.index_word = {i: word for word, i in self.word_index.items()}
        for word, count in self.word_docs.items():
            self.index_docs[self.word_index[word]] = count

    def fit_on_sequences(self, sequences):
        """Count lists of word numbers, where the words themselves are not known.

        Args:
            sequences: lists of ints.
        """
        self.document_count += len(sequences)
        for sequence in sequences:
            for i in set(sequence):
                self.index_docs[i] += 1

    def texts_to_sequences(self, texts):
        """A list of word numbers for each text.

        Args:
            texts: strings, or lists of words.
        """
        return list(self.texts_to_sequences_generator(texts))

    def texts_to_sequences_generator(self, texts):
        """texts_to_sequences, one by one.

        Args:
            texts: strings, or lists of words.
        """
        unknown = self.word_index.get(self.oov_token)
        for text in texts:
            numbers = []
            for word in self._words(text):
                i = self.word_index.get(word)
                if i is None or (self.num_words and i >= self.num_words):
                    i = unknown
                if i is not None:
                    numbers.append(i)
            yield numbers

    def sequences_to_texts(self, sequences):
        """The words of lists of word numbers, with a space between them.

        Args:
            sequences: lists of ints.
        """
        unknown = self.word_index.get(self.oov_token)
        texts = []
        for sequence in sequences:
            words = [
                self.index_word[unknown]
                if (i not in self.index_word or (self.num_words and i >= self.num_words))
                else self.index_word[i]
                for i in sequence
                if unknown is not None or (i in self.index_word and not (self.num_words and i >= self.num_words))
            ]
            texts.append(" ".join(words))
        return texts

    def texts_to_matrix(self, texts, mode="binary"):
        """sequences_to_matrix of the texts' numbers.

        Args:
            texts: strings, or lists of words.
            mode: as of sequences_to_matrix.
        """
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode)

    def sequences_to_matrix(self, sequences, mode="binary"):
        """One row per list of word numbers, one column per word.

        Args:
            sequences: lists of ints.
            mode: "binary", "count", "freq" (share of the row's words) or "tfidf".

        Raises DataError before anything was counted where that is needed, ArgumentError for another mode.
        """
        if mode not in _MODES:
            raise ArgumentError(f"mode: received {mode!r}, expected one of {', '.join(_MODES)}.")
        if not self.num_words and not self.word_index:
            raise DataError("Specify a dimension (`num_words` argument), or fit on some text data first.")
        if mode == "tfidf" and not self.document_count:
            raise DataError("Fit the Tokenizer on some data before using tfidf mode.")
        columns = self.num_words or len(self.word_index) + 1
        out = np.zeros((len(sequences), columns))
        for row, sequence in zip(out, sequences):
            counts = collections.Counter(i for i in sequence if i < columns)
            for i, count in counts.items():
                row[i] = {"binary": 1.0, "count": count, "freq": count / len(sequence)}.get(mode, 0.0)
                if mode == "tfidf":
                    row[i] = (1 + np.log(count)) * np.log(1 + self.document_count / (1 + self.index_docs.get(i, 0)))
        return out

    def get_config(self):
        """The arguments and what was counted, as plain data."""
        return {"num_words": self.num_words, "filters": self.filters, "lower": self.lower, "split": self.split,
                "char_level": self.char_level, "oov_token": self.oov_token, "document_count": self.document_count,
                **{k: json.dumps(getattr(self, k)) for k in _COUNTED}}  # fmt: skip

    def to_json(self, **kwargs):
        """The tokenizer as JSON text.

        Args:
            kwargs: of json.dumps.
        """
        return json.dumps({"class_name": type(self).__name__, "config": self.get_config()}, **kwargs)


_COUNTED = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")


def tokenizer_from_json(json_string):
    """The Tokenizer that `to_json` wrote.

    Args:
        json_string: its text.

    Raises FileFormatError for any other text.

    >>> tokenizer_from_json(Tokenizer(5).to_json()).num_words
    5
    """
    try:
        config = json.loads(json_string)["config"]
        counted = {k: json.loads(config.pop(k)) for k in _COUNTED}
        if any(type(n) not in (int, str) for value in counted.values() for n in value.values()):
            raise ValueError("a table holds something else than words and numbers")
        made = Tokenizer(**config)
        for name, value in counted.items():
            getattr(made, name).update({int(k): v for k, v in value.items()} if name.startswith("index") else value)
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        # Text that is no JSON, or says anything but what to_json() writes.
        raise FileFormatError(
            "tokenizer_from_json: the text is not what Tokenizer.to_json() returns: "
            f"{type(error).__name__}: {error!s:.500}"
        ) from error
    return made


def __dir__():
    return __all__
