"""Two sets of images of the same things, distributed differently: what must a network share, and what not?

python examples/covariate_shift.py --data DIR --out pictures    # DIR holds MNIST's original files
python examples/covariate_shift.py                              # without it: the bundled digits, in seconds

The photographs are digits as they are.  The drawings are the same kind of digits in weak contrast on bright paper.
Compared are two networks, one network without batch normalization, one whose normalization is shared, and one
with BatchNormalization(domains=2), which keeps statistics of its own for each set.  At last a network that has seen
only photographs is recalibrated on drawings without labels: `model.recalibrate_batchnorm`.
"""

import argparse
import os

import numpy as np

import fastnn as keras
from fastnn import layers, visualization


def two_sets(x, y, seed):
    """Half of the images as photographs (domain 0), the other half as drawings (domain 1)."""
    random = np.random.default_rng(seed)
    x = x.astype("float32")[..., None] / x.max()
    domain = np.arange(len(x)) % 2
    drawn = 0.7 + 0.15 * x + random.normal(0, 0.015, x.shape).astype("float32")
    return np.where(domain[:, None, None, None] == 0, x, drawn), domain, y.astype("int32")


def network(kind, shape):
    """A small convolutional network; kind: "no", "shared" or "by domain" normalization.  Inputs: images, domains."""
    images, domain = keras.Input(shape), keras.Input((), dtype="int32", name="domain")
    x = images
    for width in (8, 16):
        if kind == "by domain":
            x = layers.BatchNormalization(domains=2, momentum=0.9)(x, domain=domain)
        elif kind == "shared":
            x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D()(x)
    model = keras.Model([images, domain], layers.Dense(10, activation="softmax")(layers.Flatten()(x)))
    model.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def main(argv=None):
    """Train and compare; returns {name: (accuracy on photographs, accuracy on drawings)}."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="folder with MNIST's original files")
    parser.add_argument("--train", type=int, default=4000, help="how many images of MNIST are trained on")
    parser.add_argument("--epochs", type=int, default=None, help="3 on MNIST, 10 on the bundled digits")
    parser.add_argument("--out", help="folder for the report and its pictures")
    options = parser.parse_args(argv)
    load = keras.datasets.mnist.load_data if options.data else keras.datasets.digits.load_data
    (x, y), (x_test, y_test) = load(options.data) if options.data else load()
    x, domain, y = two_sets(x[: options.train], y[: options.train], 0)
    x_test, domain_test, y_test = two_sets(x_test, y_test, 1)
    shape, epochs = x.shape[1:], options.epochs or (3 if options.data else 10)
    found, histories = {}, {}

    def accuracies(models):
        """Of a model for each domain."""
        parts = []
        for k, model in enumerate(models):
            here = domain_test == k
            said = model.predict([x_test[here], domain_test[here]], verbose=0).argmax(1)
            parts.append(float((said == y_test[here]).mean()))
        return tuple(parts)

    def trained(kind, rows):
        keras.utils.set_random_seed(0)
        model = network(kind, shape)
        history = model.fit([x[rows], domain[rows]], y[rows], 32, epochs, verbose=0)
        return model, history

    halves = [trained("shared", domain == k)[0] for k in (0, 1)]
    found["a network for each set"] = accuracies(halves)
    for kind in ("no", "shared", "by domain"):
        model, histories[kind] = trained(kind, slice(None))
        found[f"one network, {kind} normalization"] = accuracies([model, model])
    photographs = halves[0]
    found["trained on photographs alone"] = accuracies([photographs] * 2)
    photographs.recalibrate_batchnorm([x[domain == 1], domain[domain == 1]])
    found["... recalibrated on drawings"] = accuracies([photographs] * 2)

    print(f"{len(x)} training and {len(x_test)} test images; test accuracy on:")
    print(f"{'':36}{'photographs':>12}{'drawings':>10}")
    for name, (one, two) in found.items():
        print(f"{name:36}{one:12.1%}{two:10.1%}")
    if options.out:
        os.makedirs(options.out, exist_ok=True)
        at = lambda name: os.path.join(options.out, name)
        curves = {f"loss, {kind} normalization": h.history["loss"] for kind, h in histories.items()}
        pictures = [
            visualization.plot_images(x_test[:16], [f"{'drawing' if d else 'photo'} {k}" for d, k in
                                                    zip(domain_test[:16], y_test[:16])], path=at("images.svg")),
            visualization.plot_history(curves, path=at("losses.svg")),
            visualization.plot_embedding(x_test[:400].reshape(len(x_test[:400]), -1), domain_test[:400],
                                         names=["photographs", "drawings"], path=at("pixels.svg")),
        ]  # fmt: skip
        facts = {name: f"{one:.1%}, {two:.1%}" for name, (one, two) in found.items()}
        print("written:", visualization.report(at("report.html"), "Covariate shift", facts, *pictures))
    return found


if __name__ == "__main__":
    main()
