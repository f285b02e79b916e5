"""Two inputs and two outputs: words through an Embedding and an LSTM, numbers beside them, an auxiliary output.

The auxiliary output sees the words alone; its loss keeps the LSTM learning however much the numbers explain.  The
data is made up: messages whose words and whose five numbers both say something about the label.

    python examples/text_and_features.py
"""

import argparse

import numpy as np

import fastnn as keras
from fastnn import layers

WORDS, LENGTH, FEATURES = 200, 12, 5


def messages(count, seed):
    """Made-up data: word numbers (count, LENGTH), features (count, FEATURES), labels (count, 1) of 0 and 1."""
    random = np.random.default_rng(seed)
    words = random.integers(1, WORDS, (count, LENGTH))
    features = random.normal(size=(count, FEATURES))
    # Words below 40 speak for the label, and more so towards the end, which takes a memory to see.
    signal = ((words < 40) * np.linspace(0.5, 1.5, LENGTH)).sum(1) - 0.2 * LENGTH
    score = signal + features @ np.array([1.0, -1.0, 0.5, 0.0, 0.0])
    return words.astype("int32"), features.astype("float32"), (score > 0).astype("float32")[:, None]


def build():
    """The model with inputs `words` and `features` and outputs `label` and `words_only`, compiled."""
    words = keras.Input((LENGTH,), dtype="int32", name="words")
    features = keras.Input((FEATURES,), name="features")
    x = layers.Embedding(WORDS, 16)(words)
    x = layers.LSTM(32)(x)
    words_only = layers.Dense(1, activation="sigmoid", name="words_only")(x)
    x = layers.Concatenate()([x, features])
    x = layers.Dense(32, activation="relu")(x)
    x = layers.Dense(32, activation="relu")(x)
    label = layers.Dense(1, activation="sigmoid", name="label")(x)
    model = keras.Model(
        {"words": words, "features": features}, {"label": label, "words_only": words_only}, name="text_and_features"
    )
    model.compile(
        keras.optimizers.Adam(3e-3),
        loss={"label": "binary_crossentropy", "words_only": "binary_crossentropy"},
        loss_weights={"label": 1.0, "words_only": 0.2},
        metrics={"label": ["accuracy"]},
    )
    return model


def main(argv=None):
    """Train and test; returns the accuracy of the main output."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)
    keras.utils.set_random_seed(options.seed)
    model = build()
    model.summary()
    words, features, label = messages(4000, 1)
    model.fit(
        {"words": words, "features": features},
        {"label": label, "words_only": label},
        batch_size=64,
        epochs=options.epochs,
        validation_split=0.1,
        verbose=2,
    )
    words, features, label = messages(1000, 2)
    results = model.evaluate(
        {"words": words, "features": features}, {"label": label, "words_only": label}, verbose=0, return_dict=True
    )
    print("test: " + ", ".join(f"{name} {value:.4f}" for name, value in results.items()))
    return results["label_accuracy"]


if __name__ == "__main__":
    main()
