"""A convolutional network on MNIST: at least 99.0 % of the test images right after 3 epochs.

python examples/mnist_convnet.py --data DIR      # DIR holds the four original IDX .gz files
python examples/mnist_convnet.py                 # without them: the bundled digits, enlarged, in seconds
"""

import argparse

import numpy as np

import fastnn as keras
from fastnn import layers


def bundled():
    """The bundled 8x8 digits in MNIST's form: 28x28, 0..255."""
    parts = []
    for x, y in keras.datasets.digits.load_data():
        big = np.kron(x, np.ones((1, 3, 3))) * 255 / 16
        parts.append((np.pad(big, ((0, 0), (2, 2), (2, 2))).astype("uint8"), y))
    return parts


def build(steps):
    """The network, compiled; steps: number of training steps, over which the learning rate falls to zero."""
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(32, 3, use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.Activation("relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.Activation("relu"),
            layers.Conv2D(64, 3, use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.Activation("relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(128, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ],
        name="mnist_convnet",
    )
    schedule = keras.optimizers.schedules.CosineDecay(2e-3, steps)
    model.compile(keras.optimizers.Adam(schedule), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def main(argv=None):
    """Train and test; returns the test accuracy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="folder with MNIST's original files")
    parser.add_argument("--epochs", type=int, default=None, help="3 on MNIST, 10 on the bundled digits")
    parser.add_argument("--batch-size", type=int, default=None)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)
    (x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data(options.data) if options.data else bundled()
    epochs = options.epochs or (3 if options.data else 10)
    batch_size = options.batch_size or (128 if options.data else 32)
    keras.utils.set_random_seed(options.seed)
    model = build(epochs * -(-len(x_train) // batch_size))
    model.summary()
    model.fit(
        x_train[..., None], y_train, batch_size=batch_size, epochs=epochs, validation_data=(x_test[..., None], y_test)
    )
    loss, accuracy = model.evaluate(x_test[..., None], y_test, verbose=0)
    print(f"test loss {loss:.4f}, test accuracy {accuracy:.2%}")
    return accuracy


if __name__ == "__main__":
    main()
