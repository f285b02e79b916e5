"""Lookups, TextVectorization, Discretization and CategoryEncoding: modes, unknown words, masks, ranks, adapt()."""

import numpy as np

WORDS = np.array([["a", "b", "q"], ["c", "", "a"], ["zebra", "[UNK]", "yy"]])
NUMBERS = np.array([[12, 36, 7], [0, -1, 12], [100, -5, 1000]])
TEXTS = ["The cat sat", "the DOG, sat!", "a b c d e", ""]
REALS = np.array([[-1.5, 1.0, 3.4, 0.5], [0.0, 3.0, 1.3, 0.0]])
RNG = np.random.RandomState(0)
LENGTHS = "".join(RNG.choice(list("abcdefghij é"), 400))
# fmt: off
DATA = {"nan": np.array([1., np.nan, 3., 2., 5.]), "int": np.arange(1000) % 37, "normal": RNG.randn(777),
        "small": np.array([3., 1., 2.]), "one": np.array([2.]), "same": np.ones(300), "grid": RNG.randn(20, 30)}
# fmt: on


def ranks(x):
    return {"2d": x, "1d": x[0], "0d": x[0, 0], "column": x[:, :1]}


def cases(K):
    L = K.layers

    def call(name, x, **options):
        return lambda: np.asarray(getattr(L, name)(**options)(x))

    def adapted(name, data, x, **options):
        def result():
            layer = getattr(L, name)(**options)
            layer.adapt(data() if callable(data) else data)
            return [np.array(layer.get_vocabulary()), np.asarray(layer(x))]

        return result

    for mode in ("int", "one_hot", "multi_hot", "count", "tf_idf"):
        weights = {"idf_weights": [0.5, 1.0, 2.0]} if mode == "tf_idf" else {}
        for oov in (0, 1, 3):
            for masked in (False, True):
                options = {"num_oov_indices": oov, "output_mode": mode, **weights}
                x = WORDS if oov else np.where(np.isin(WORDS, ["a", "b", "c"]), WORDS, "a")
                n = NUMBERS if oov else np.where(np.isin(NUMBERS, [12, 36, 100]), NUMBERS, 12)
                for rank, value in ranks(x).items():
                    yield (
                        f"strings {mode} {oov} {masked} {rank}",
                        call(
                            "StringLookup",
                            value,
                            vocabulary=["a", "b", "c"],
                            mask_token="" if masked else None,
                            **options,
                        ),
                    )
                for rank, value in ranks(n).items():
                    yield (
                        f"integers {mode} {oov} {masked} {rank}",
                        call(
                            "IntegerLookup",
                            value,
                            vocabulary=[12, 36, 100],
                            mask_token=0 if masked else None,
                            **options,
                        ),
                    )
        for most in (None, 4):
            options = {"output_mode": mode, "max_tokens": most}
            flat = np.array(["a", "b", "b", "c", "a", "d", "e", "e"])
            yield f"adapt flat {mode} {most}", adapted("StringLookup", flat, WORDS, **options)
            yield (
                f"adapt rows {mode} {most}",
                adapted("StringLookup", np.array([["a", "b"], ["b", ""], ["e", "e"]]), WORDS, mask_token="", **options),
            )
            yield (
                f"adapt ids {mode} {most}",
                adapted("IntegerLookup", np.array([[1, 2], [2, 0], [-1, 12]]), NUMBERS, **options),
            )
            yield (
                f"adapt batches {mode} {most}",
                adapted("StringLookup", lambda: iter([np.array(["a", "b"]), np.array(["b", "c"])]), WORDS, **options),
            )
    texts = np.array([LENGTHS[:n] for n in (*range(1, 70), 127, 128, 129, 191, 192, 193, 256, 300)])
    for i, options in enumerate(
        (
            {},
            {"salt": 7},
            {"salt": [1, 2]},
            {"oov_method": "farmhash"},
            {"oov_method": "farmhash", "salt": 3},
            {"oov_method": "other"},
            {"salt": "x"},
        )
    ):
        yield f"buckets {i}", call("StringLookup", texts, vocabulary=["-"], num_oov_indices=1000003, **options)
        yield f"buckets of ids {i}", call("IntegerLookup", NUMBERS, vocabulary=[12], num_oov_indices=97, **options)
    for name, options in {
        "padded": {"vocabulary": ["a", "b"], "max_tokens": 6, "pad_to_max_tokens": True, "output_mode": "count"},
        "mask inside": {"vocabulary": ["a", "", "b"], "mask_token": ""},
        "empty": {"vocabulary": []},
        "oov inside": {"vocabulary": ["a", "[UNK]", "b"]},
        "nothing to pad to": {"vocabulary": ["a"], "pad_to_max_tokens": True},
        "binary": {"vocabulary": ["a"], "output_mode": "binary"},
        "negative": {"num_oov_indices": -1},
        "tf-idf": {"vocabulary": ["a"], "output_mode": "tf-idf", "idf_weights": [1.0]},
        "weights in vain": {"vocabulary": ["a"], "idf_weights": [1.0]},
        "twice": {"vocabulary": ["a", "a"]},
    }.items():
        yield f"strings {name}", call("StringLookup", WORDS, **options)
    yield "back", call("StringLookup", np.array([[0, 1], [2, 9]]), vocabulary=["a", "b"], invert=True)
    yield (
        "back with mask",
        call("StringLookup", np.array([0, 1, 2, 3]), vocabulary=["a", "b"], invert=True, mask_token=""),
    )
    yield "back to ids", call("IntegerLookup", np.array([0, 1, 2, 9]), vocabulary=[5, 6], invert=True)
    for mode in ("int", "multi_hot", "count", "tf_idf"):
        for split in ("whitespace", "character", None):
            for standard in ("lower_and_strip_punctuation", "lower", None):
                options = {"output_mode": mode, "split": split, "standardize": standard}
                yield (
                    f"texts {mode} {split} {standard}",
                    adapted("TextVectorization", TEXTS, np.array(TEXTS), **options),
                )
                yield (
                    f"texts column {mode} {split} {standard}",
                    adapted("TextVectorization", TEXTS, np.array(TEXTS)[:, None], **options),
                )
    grid = np.array([["a b", "c"], ["c", "d"]])
    yield "texts unsplit", adapted("TextVectorization", grid, grid, split=None)
    yield "texts unsplit longer", adapted("TextVectorization", grid, grid, split=None, output_sequence_length=3)
    yield "texts wide", adapted("TextVectorization", TEXTS, grid)
    for grams in (2, (1, 3)):
        yield (
            f"texts grams {grams}",
            adapted("TextVectorization", TEXTS, np.array(TEXTS), ngrams=grams, output_sequence_length=6),
        )
    yield "text", call("TextVectorization", "the cat dog sat", vocabulary=["cat", "dog"], output_sequence_length=2)
    yield (
        "texts padded",
        call(
            "TextVectorization",
            np.array(["the cat sat"]),
            vocabulary=["cat", "dog"],
            output_mode="count",
            max_tokens=8,
            pad_to_max_tokens=True,
        ),
    )
    for mode in ("int", "one_hot", "multi_hot", "count"):
        for rank, x in {**ranks(REALS), "3d": REALS[:, :, None], "deep": np.stack([REALS, REALS + 1], -1)}.items():
            yield f"bins {mode} {rank}", call("Discretization", x, bin_boundaries=[0.0, 1.0, 2.0], output_mode=mode)
            ids = np.clip(np.round(x + 1.5), 0, 5).astype("int32")
            yield f"categories {mode} {rank}", call("CategoryEncoding", ids, num_tokens=6, output_mode=mode)
    for name, data in DATA.items():
        for bins in (1, 4, 50):
            for epsilon in (0.01, 0.1, 0.3):
                for how, batches in {"array": data, "batches": [data, data * 2, data[:1]]}.items():

                    def boundaries(bins=bins, epsilon=epsilon, batches=batches):
                        layer = L.Discretization(num_bins=bins, epsilon=epsilon)
                        layer.adapt(batches)
                        return np.array(layer.bin_boundaries, "float32")

                    yield f"adapted bins {name} {bins} {epsilon} {how}", boundaries
