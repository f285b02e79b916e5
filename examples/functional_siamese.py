"""One tower shared by two images: do they show the same digit?  An auxiliary output names the first digit.

The tower is a model used as a layer, called twice: its weights are shared and the gradients of both calls add.

    python examples/functional_siamese.py
"""

import argparse

import numpy as np

import fastnn as keras
from fastnn import layers


def pairs(x, y, count, seed):
    """Pairs of images, half of them of the same digit: (left, right), same (count, 1), digit of the left one."""
    random = np.random.default_rng(seed)
    left = random.integers(0, len(x), count)
    same = random.integers(0, 2, count)
    by_digit = [np.flatnonzero(y == d) for d in range(10)]
    digit = np.where(same, y[left], (y[left] + random.integers(1, 10, count)) % 10)
    right = np.array([random.choice(by_digit[d]) for d in digit])
    images = (x[..., None] / 16).astype("float32")
    return (images[left], images[right]), same.astype("float32")[:, None], y[left]


def build():
    """The model with inputs `left` and `right` and outputs `same` and `digit`, compiled."""
    tower = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dense(32),
        ],
        name="tower",
    )
    left, right = keras.Input((8, 8, 1), name="left"), keras.Input((8, 8, 1), name="right")
    a, b = tower(left), tower(right)
    difference = layers.Subtract()([a, b])
    x = layers.Concatenate()([layers.Multiply()([difference, difference]), layers.Multiply()([a, b])])
    x = layers.Dense(32, activation="relu")(x)
    same = layers.Dense(1, activation="sigmoid", name="same")(x)
    digit = layers.Dense(10, activation="softmax", name="digit")(a)
    model = keras.Model([left, right], [same, digit], name="siamese")
    model.compile(
        keras.optimizers.Adam(2e-3),
        loss=["binary_crossentropy", "sparse_categorical_crossentropy"],
        loss_weights=[1.0, 0.5],
        metrics=[["accuracy"], ["accuracy"]],
    )
    return model


def main(argv=None):
    """Train and test; returns the share of test pairs judged right."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)
    keras.utils.set_random_seed(options.seed)
    train, test = keras.datasets.digits.load_data()
    model = build()
    model.summary()
    x, same, digit = pairs(*train, 6000, 1)
    model.fit(list(x), [same, digit], batch_size=64, epochs=options.epochs, verbose=2)
    x, same, digit = pairs(*test, 2000, 2)
    results = model.evaluate(list(x), [same, digit], verbose=0, return_dict=True)
    print("test: " + ", ".join(f"{name} {value:.4f}" for name, value in results.items()))
    return results["same_accuracy"]


if __name__ == "__main__":
    main()
