"""A convolutional network on CIFAR-10, with a learning-rate schedule and a checkpoint of the best epoch.

python examples/cifar10_cnn.py --data DIR        # DIR holds data_batch_1.bin ... and test_batch.bin
python examples/cifar10_cnn.py                   # without them: made-up coloured textures, in seconds
"""

import argparse
import os
import tempfile

import numpy as np

import fastnn as keras
from fastnn import layers


def textures(count, seed):
    """Images of ten made-up classes: stripes of a colour, angle and width of each class, in noise."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 10, (count, 1))
    rows, columns = np.mgrid[:32, :32]
    angle, width = labels * np.pi / 10, 3.0 + labels % 3
    phase = random.uniform(0, 2 * np.pi, (count, 1))
    waves = np.sin(
        (np.cos(angle)[..., None] * rows + np.sin(angle)[..., None] * columns) / width[..., None] + phase[..., None]
    )
    colours = np.stack([np.cos(labels[:, 0]), np.sin(labels[:, 0]), np.ones(count)], -1)[:, None, None, :]
    images = 128 + 50 * waves[..., None] * colours + random.normal(0, 40, (count, 32, 32, 3))
    return np.clip(images, 0, 255).astype("uint8"), labels.astype("uint8")


def build(steps, width=32):
    """Three stages of two convolutions each, compiled; width: channels of the first stage."""
    inputs = keras.Input((32, 32, 3))
    x = layers.Rescaling(1 / 127.5, offset=-1)(inputs)
    for stage in range(3):
        for _ in range(2):
            x = layers.Conv2D(width * 2**stage, 3, padding="same", use_bias=False)(x)
            x = layers.BatchNormalization(momentum=0.9)(x)
            x = layers.Activation("relu")(x)
        x = layers.MaxPooling2D()(x)
        x = layers.Dropout(0.1 * (stage + 1))(x)
    x = layers.GlobalAveragePooling2D()(x)
    outputs = layers.Dense(10, activation="softmax")(x)
    model = keras.Model(inputs, outputs, name="cifar10_cnn")
    schedule = keras.optimizers.schedules.CosineDecay(2e-3, steps)
    model.compile(
        keras.optimizers.AdamW(schedule, weight_decay=1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


def main(argv=None):
    """Train, keep the best epoch, test it; returns the test accuracy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="folder with CIFAR-10's binary files")
    parser.add_argument("--epochs", type=int, default=None, help="15 on CIFAR-10, 2 on the textures")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--width", type=int, default=None, help="channels of the first stage: 32, or 8 on the textures")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)
    if options.data:
        (x_train, y_train), (x_test, y_test) = keras.datasets.cifar10.load_data(options.data)
    else:
        (x_train, y_train), (x_test, y_test) = textures(1600, 0), textures(400, 1)
    print(f"{len(x_train)} training and {len(x_test)} test images")
    epochs = options.epochs or (15 if options.data else 2)
    keras.utils.set_random_seed(options.seed)
    model = build(epochs * -(-len(x_train) // options.batch_size), options.width or (32 if options.data else 8))
    with tempfile.TemporaryDirectory() as folder:
        best = os.path.join(folder, "best.keras")
        model.fit(
            x_train,
            y_train,
            batch_size=options.batch_size,
            epochs=epochs,
            validation_data=(x_test, y_test),
            callbacks=[keras.callbacks.ModelCheckpoint(best, monitor="val_accuracy", mode="max", save_best_only=True)],
        )
        model = keras.models.load_model(best)
    loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
    print(f"best epoch: test loss {loss:.4f}, test accuracy {accuracy:.2%}")
    return accuracy


if __name__ == "__main__":
    main()
