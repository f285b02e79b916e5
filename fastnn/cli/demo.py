"""`fastnn demo`: a small CNN on handwritten digits, from data to a saved, reloaded and reported model."""

import os
import time

import numpy as np

import fastnn
from fastnn import layers
from fastnn.cli.terminal import say, seconds
from fastnn.core.errors import ArgumentError
from fastnn.datasets import digits
from fastnn.models import load_model
from fastnn.saving.files import write_file
from fastnn.visualization import Page, confusion_matrix, image_grid, line_chart, matrix_chart, normalise

EPOCHS, BATCH_SIZE = 25, 32


def build(seed, steps):
    """The demo's model, compiled: 8x8x1 images with values 0..16 to ten probabilities.

    seed: int, of the weights, the order of the images and the dropped units.  steps: number of training steps, over
    which the learning rate falls to zero.
    """

    fastnn.utils.set_random_seed(seed)

    def convolution(filters):
        # A momentum of 0.9 warms the statistics up within an epoch; there are only some forty steps in one.
        return [
            layers.Conv2D(filters, 3, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.Activation("relu"),
        ]

    model = fastnn.Sequential(
        [
            fastnn.Input((8, 8, 1)),
            layers.Rescaling(1 / 16),
            *convolution(32),
            *convolution(32),
            layers.MaxPooling2D(),
            layers.Dropout(0.2),
            *convolution(64),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dropout(0.4),
            layers.Dense(10, activation="softmax"),
        ],
        name="digits",
    )
    schedule = fastnn.optimizers.schedules.CosineDecay(2e-3, steps)
    model.compile(fastnn.optimizers.Adam(schedule), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def run(output=".", seed=0, epochs=EPOCHS, batch_size=BATCH_SIZE):
    """Train, test, save, reload and report; returns the exit status (1 if the reloaded model differs).

    output: folder for digits.keras and report.html.
    """
    if epochs < 1 or batch_size < 1:
        raise ArgumentError(f"demo: received epochs={epochs}, batch_size={batch_size}; expected both to be at least 1.")
    os.makedirs(output, exist_ok=True)
    start = time.perf_counter()
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    x_train, x_test = x_train[..., None].astype("float32"), x_test[..., None].astype("float32")
    # A tenth of the training images watches the others; the test images are used once, at the end.
    held = len(x_train) // 10
    model = build(seed, epochs * -(-(len(x_train) - held) // batch_size))
    say(f"Training on {len(x_train)} handwritten digits of 8x8 pixels, testing on {len(x_test)} others.")
    begun = time.perf_counter()
    history = model.fit(
        x_train[:-held],
        y_train[:-held],
        batch_size=batch_size,
        epochs=epochs,
        validation_data=(x_train[-held:], y_train[-held:]),
    )
    spent = time.perf_counter() - begun
    rate = epochs * (len(x_train) - held) / spent
    say()
    lines = []
    model.summary(print_fn=lambda text, **_: lines.append(text))
    summary = "\n".join(lines)
    say(summary)
    probabilities = model.predict(x_test, verbose=0)
    predicted = probabilities.argmax(1)
    accuracy = float((predicted == y_test).mean())
    say(
        f"\nTest accuracy: {accuracy:.2%} ({int((predicted != y_test).sum())} of {len(y_test)} digits wrong), "
        f"{rate:,.0f} images/s, trained in {seconds(spent)}"
    )
    path = os.path.normpath(os.path.join(output, "digits.keras"))
    same = save_and_reload(model, path, x_test, probabilities)
    say(
        f"Saved {path} and loaded it again: " + ("the same predictions, bit for bit." if same else "OTHER PREDICTIONS.")
    )
    page = report(model, history.history, x_test, y_test, probabilities, summary, {
        "test accuracy": f"{accuracy:.2%}", "training": seconds(spent), "images/s": f"{rate:,.0f}",
        "parameters": f"{model.count_params():,}", "epochs": epochs, "seed": seed})  # fmt: skip
    report_path = os.path.normpath(os.path.join(output, "report.html"))
    write_file(report_path, page.encode())
    say(f"Wrote {report_path}; all done in {seconds(time.perf_counter() - start)}.")
    return 0 if same else 1


def save_and_reload(model, path, x, expected):
    """Save a model, load it, and say whether it predicts the same bits for x."""

    model.save(path)
    again = load_model(path).predict(x, verbose=0)
    return again.dtype == expected.dtype and again.tobytes() == expected.tobytes()


def report(model, history, x, y, probabilities, summary, facts):
    """The report page as HTML text: curves, confusion matrix, mistakes and the first filters."""

    predicted = probabilities.argmax(1)
    page = Page(
        "Handwritten digits",
        "A small convolutional network, trained on the UCI optical digits "
        "(E. Alpaydin, C. Kaynak; CC BY 4.0) by fastnn demo.",
    )
    page.facts(facts).heading("Learning curves")
    page.charts(
        *(
            line_chart({"training": history[key], "validation": history[f"val_{key}"]}, title, y_label=key)
            for key, title in (("loss", "Loss"), ("accuracy", "Accuracy"))
        )
    )
    page.heading("Confusion matrix").text("Rows are the true digits, columns the predicted ones, of the test images.")
    page.charts(matrix_chart(confusion_matrix(y, predicted, 10), "Test images"))
    wrong = np.flatnonzero(predicted != y)
    page.heading(f"Misclassified digits ({len(wrong)})")
    if len(wrong):
        page.images(
            [255 - normalise(x[i, ..., 0]) for i in wrong],
            [f"{y[i]} read as {predicted[i]} ({probabilities[i].max():.0%})" for i in wrong],
            10,
        )
    else:
        page.text("None.")
    page.heading("Learned filters")
    page.text("The 3x3 filters of the first convolution (grey is zero), and for one digit what each of them answers.")
    kernels = next(layer for layer in model.layers if layer.weights).get_weights()[0][:, :, 0, :]
    filters = np.stack([normalise(kernels[:, :, i], symmetric=True) for i in range(kernels.shape[2])])
    digit = x[0, ..., 0] / 16
    answers = np.stack([normalise(_correlate(digit, kernels[:, :, i]), symmetric=True) for i in range(len(filters))])
    page.images(
        [image_grid(filters), 255 - normalise(digit), image_grid(answers)],
        ["filters", "a digit", "the filters' answers"],
        10,
    )
    page.heading("Model").preformatted(summary)
    return page.html()


def _correlate(image, kernel):
    """A 3x3 filter over an image, zero-padded: what the first layer computes, in plain NumPy."""
    padded = np.pad(image, 1)
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape)
    return np.einsum("hwij,ij->hw", windows, kernel)
