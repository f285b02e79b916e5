"""What came before networks, beside one: colour histograms and HOG with a linear SVM, and a convolutional network.

python examples/hog_svm_vs_cnn.py --data DIR --out pictures    # DIR holds CIFAR-10's data_batch_1.bin ...
python examples/hog_svm_vs_cnn.py                              # without it: made-up coloured clothes, in seconds

Prints a table of accuracy and time.  With --out it writes report.html and its pictures as SVG files.
"""

import argparse
import os
import time

import numpy as np

import fastnn as keras
from fastnn import layers, vision, visualization

CIFAR = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def coloured_clothes(train=1500, test=500):
    """Clothes of 28x28 pixels; each class has a colour that it often, not always, comes in."""
    random, sets = np.random.default_rng(0), []
    for x, y in keras.datasets.synthetic.clothes(train, test):
        favourite = np.stack([np.cos(y), np.sin(2.0 * y), np.cos(3.0 * y + 1)], -1) * 0.35 + 0.6
        tint = np.where(random.random((len(y), 1)) < 0.6, favourite, random.uniform(0.2, 1, (len(y), 3)))
        sets.append(((x[..., None] * np.clip(tint, 0, 1)[:, None, None]).astype("uint8"), y.reshape(-1)))
    return sets, keras.datasets.synthetic.CLOTHES


def cifar(folder, train, test):
    """The first images of CIFAR-10."""
    (x, y), (x_test, y_test) = keras.datasets.cifar10.load_data(folder)
    return [(x[:train], y[:train, 0]), (x_test[:test], y_test[:test, 0])], CIFAR


def colours(images):
    """Hue, saturation and value in four cells."""
    return vision.color_histogram(images, bins=(12, 4, 4), space="hsv", cells=2) * 4


def gradients(images):
    """Histograms of oriented gradients in cells of 4x4 pixels."""
    return vision.hog(images, pixels_per_cell=4, cells_per_block=2)


def network(shape, steps, width):
    """Three stages of convolutions."""
    model = keras.Sequential([keras.Input(shape), layers.Rescaling(1 / 127.5, offset=-1)])
    for stage in range(3):
        for _ in range(2):
            model.add(layers.Conv2D(width * 2**stage, 3, padding="same", use_bias=False))
            model.add(layers.BatchNormalization(momentum=0.9))
            model.add(layers.Activation("relu"))
        model.add(layers.MaxPooling2D())
        model.add(layers.Dropout(0.2))
    model.add(layers.GlobalAveragePooling2D())
    model.add(layers.Dense(10, activation="softmax"))
    rate = keras.optimizers.schedules.CosineDecay(2e-3, steps)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def main(argv=None):
    """Train and compare; returns {name: test accuracy}."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="folder with CIFAR-10's binary files")
    parser.add_argument("--train", type=int, default=10000, help="how many images of CIFAR-10 are trained on")
    parser.add_argument("--test", type=int, default=2000)
    parser.add_argument("--epochs", type=int, default=None, help="12 on CIFAR-10, 4 on the clothes")
    parser.add_argument("--out", help="folder for the report and its pictures")
    options = parser.parse_args(argv)
    sets, names = cifar(options.data, options.train, options.test) if options.data else coloured_clothes()
    (x, y), (x_test, y_test) = sets
    epochs = options.epochs or (12 if options.data else 4)
    keras.utils.set_random_seed(0)

    rows, said = {}, {}
    both = lambda images: np.concatenate([colours(images), gradients(images)], axis=1)
    for name, describe in (("colour histogram + SVM", colours), ("HOG + SVM", gradients), ("both + SVM", both)):
        start = time.perf_counter()
        features, tests = describe(x), describe(x_test)
        described = time.perf_counter() - start
        machine = vision.LinearSVM(C=0.1, steps=2000).fit(features, y)
        said[name] = machine.predict(tests)
        rows[name] = (features.shape[1], described, time.perf_counter() - start, (said[name] == y_test).mean())
    start = time.perf_counter()
    model = network(x.shape[1:], epochs * -(-len(x) // 64), 32 if options.data else 8)
    history = model.fit(x, y, 64, epochs, verbose=0, validation_data=(x_test, y_test))
    said["CNN"] = model.predict(x_test, verbose=0).argmax(1)
    rows["CNN"] = (model.count_params(), 0.0, time.perf_counter() - start, (said["CNN"] == y_test).mean())

    print(f"{len(x)} training and {len(x_test)} test images of {x.shape[1]}x{x.shape[2]} pixels")
    print(f"{'':24}{'numbers':>9}{'describing':>12}{'all':>9}{'test accuracy':>15}")
    for name, (size, described, whole, accuracy) in rows.items():
        print(f"{name:24}{size:9}{described:10.2f} s{whole:7.1f} s{accuracy:15.1%}")
    if options.out:
        os.makedirs(options.out, exist_ok=True)
        at = lambda name: os.path.join(options.out, name)
        seen = x_test[:8]
        pictures = [
            visualization.plot_history(history, path=at("history.svg")),
            *(
                visualization.plot_confusion_matrix(y_test, said[name], names, name, path=at(f"confusion_{k}.svg"))
                for k, name in enumerate(said)
            ),
            visualization.plot_filters(model, path=at("filters.svg")),
            visualization.plot_heatmap(seen, visualization.grad_cam(model, seen), [names[k] for k in said["CNN"][:8]],
                                       path=at("grad_cam.svg")),
        ]  # fmt: skip
        facts = {name: f"{accuracy:.1%}" for name, (*_, accuracy) in rows.items()}
        print("written:", visualization.report(at("report.html"), "HOG, SVM and CNN", facts, *pictures))
    return {name: float(accuracy) for name, (*_, accuracy) in rows.items()}


if __name__ == "__main__":
    main()
