"""Transfer learning: a network that knows some digits learns the others from a few examples of each.

python examples/transfer_learning.py --data DIR    # DIR holds MNIST's original files
python examples/transfer_learning.py               # without it: the bundled digits, in seconds

The network is trained on the digits 0-4 and its weights are saved.  For 5-9 there are three examples of each.  Compared
are a network from scratch, the loaded one with a new head on frozen layers, and the same one fine-tuned as a whole with
a small learning rate.
"""

import argparse
import os
import tempfile

import numpy as np

import fastnn as keras
from fastnn import layers


def base(shape):
    """The layers that see: two stages of convolutions."""
    model = keras.Sequential([keras.Input(shape)], name="base")
    for width in (16, 32):
        model.add(layers.Conv2D(width, 3, padding="same", activation="relu"))
        model.add(layers.BatchNormalization(momentum=0.9))
        model.add(layers.MaxPooling2D())
    model.add(layers.Flatten())
    return model


def with_head(seen, rate):
    """A classifier of five classes on top of them, compiled."""
    model = keras.Sequential([seen, layers.Dropout(0.3), layers.Dense(5, activation="softmax")])
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def main(argv=None):
    """Train and compare; returns {name: test accuracy on the digits 5-9}."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="folder with MNIST's original files")
    parser.add_argument("--epochs", type=int, default=4, help="on the digits 0-4")
    parser.add_argument("--examples", type=int, default=3, help="of each of the digits 5-9")
    options = parser.parse_args(argv)
    load = keras.datasets.mnist.load_data if options.data else keras.datasets.digits.load_data
    (x, y), (x_test, y_test) = load(options.data) if options.data else load()
    x, x_test = (v.astype("float32")[..., None] / x.max() for v in (x, x_test))
    few = np.concatenate([np.flatnonzero(y == k)[: options.examples] for k in range(5, 10)])
    known, asked = (y < 5), (y_test >= 5)
    data = x[few], y[few].astype(int) - 5
    tests = x_test[asked], y_test[asked].astype(int) - 5
    found = {}

    def learn(name, model, epochs):
        model.fit(*data, batch_size=8, epochs=epochs, verbose=0)
        found[name] = float(model.evaluate(*tests, verbose=0)[1])

    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "base.weights.h5")
        keras.utils.set_random_seed(0)
        seen = base(x.shape[1:])
        teacher = with_head(seen, 2e-3)
        teacher.fit(x[known], y[known].astype(int), 32, options.epochs, verbose=0)
        seen.save_weights(file)
        keras.utils.set_random_seed(1)
        learn("from scratch", with_head(base(x.shape[1:]), 2e-3), 40)
        seen = base(x.shape[1:])
        seen.load_weights(file)
        seen.trainable = False  # its statistics stay, too
        model = with_head(seen, 1e-2)
        learn("new head on frozen layers", model, 40)
        seen.trainable = True
        model.compile(keras.optimizers.Adam(2e-4), "sparse_categorical_crossentropy", metrics=["accuracy"])
        learn("... fine-tuned as a whole", model, 20)

    print(f"{known.sum()} images of 0-4, {len(few)} of 5-9; test accuracy on {asked.sum()} images of 5-9:")
    for name, accuracy in found.items():
        print(f"{name:28}{accuracy:8.1%}")
    return found


if __name__ == "__main__":
    main()
