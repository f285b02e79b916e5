"""The paths of gradient descent on four functions of the plane: SGD, momentum, Nesterov, Adam; three learning rates.

python examples/gradient_descent.py --out pictures

Prints how far down each optimizer comes with a learning rate that is too small, right and too large.  With --out it
writes report.html with the paths over the functions (dark is low), and the pictures as PNG files.
"""

import argparse
import itertools
import os

import numpy as np

import fastnn as keras
from fastnn import visualization

# name -> (function, its gradient, where to start, (left, right, bottom, top), right rate of SGD, of Adam)
FUNCTIONS = {
    "bowl": (lambda x, y: x**2 + y**2, lambda x, y: (2 * x, 2 * y), (-1.5, 1.0), (-2, 2, -2, 2), 0.1, 0.1),
    "ravine": (lambda x, y: 0.05 * x**2 + 2 * y**2, lambda x, y: (0.1 * x, 4 * y), (-1.8, 1.0), (-2, 2, -2, 2), 0.4,
               0.1),
    "saddle": (lambda x, y: x**2 - y**2 + y**4 / 4, lambda x, y: (2 * x, -2 * y + y**3), (-1.6, 0.01), (-2, 2, -2, 2),
               0.1, 0.1),
    "banana": (lambda x, y: (1 - x) ** 2 + 10 * (y - x**2) ** 2,
               lambda x, y: (-2 * (1 - x) - 40 * x * (y - x**2), 20 * (y - x**2)), (-1.3, 0.5), (-2, 2, -1, 3), 0.01,
               0.1),
}  # fmt: skip
RATES = {"too small": 0.02, "right": 1.0, "too large": 12.0}  # times the right one


def optimizer(name, rate):
    """One of the four; the momentum's step is as long as SGD's in the end, so its rate is a fifth of it."""
    if name == "Adam":
        return keras.optimizers.Adam(rate)
    momentum = 0.0 if name == "SGD" else 0.8
    return keras.optimizers.SGD(rate * (1 - momentum), momentum=momentum, nesterov=name == "Nesterov")


def path(function, slope, start, name, rate, steps):
    """(steps + 1, 2) places; a path that leaves the plane for good stays where it was."""
    place = keras.Variable(np.array(start, "float32"))
    descent = optimizer(name, rate)
    places = [place.numpy().copy()]
    for _ in range(steps):
        descent.apply([np.array(slope(*places[-1]), "float32")], [place])
        now = place.numpy().copy()
        places.append(now if np.abs(now).max() < 1e3 else places[-1])
    return np.array(places)


def picture(function, box, places, size=120):
    """The function as a grey image, with the path from yellow to red."""
    left, right, bottom, top = box
    x, y = np.meshgrid(np.linspace(left, right, size), np.linspace(top, bottom, size))
    height = function(x, y)
    grey = visualization.normalise(np.sqrt(height - height.min()))
    image = np.repeat(grey[..., None], 3, 2)
    for k, (a, b) in enumerate(itertools.pairwise(places)):
        along = np.linspace(0, 1, 2 * size)[:, None]
        columns, rows = ((a + (b - a) * along - (left, top)) / (right - left, bottom - top) * (size - 1)).T
        inside = (columns >= 0) & (columns <= size - 1) & (rows >= 0) & (rows <= size - 1)
        image[np.rint(rows[inside]).astype(int), np.rint(columns[inside]).astype(int)] = (
            255, int(220 * (1 - k / len(places))), 0)  # fmt: skip
    return image


def main(argv=None):
    """Descend everywhere; returns {(function, optimizer, rate): value at the end}."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--out", help="folder for the report and its pictures")
    options = parser.parse_args(argv)
    names, ends, images, curves = ("SGD", "momentum", "Nesterov", "Adam"), {}, {}, {}
    for title, (function, slope, start, box, rate, adams) in FUNCTIONS.items():
        for name in names:
            for word, factor in RATES.items():
                own = (adams if name == "Adam" else rate) * factor
                places = path(function, slope, start, name, own, options.steps)
                heights = function(*places.T.astype(float))
                ends[title, name, word] = float(heights[-1])
                images.setdefault(title, []).append((f"{name}, {word}", picture(function, box, places)))
                if word == "right":
                    curves.setdefault(title, {})[name] = np.minimum(heights, heights[0])
    print(f"value of the function after {options.steps} steps, from the same start:")
    print(f"{'':22}{'at the start':>14}" + "".join(f"{word:>14}" for word in RATES))
    for title, (function, _, start, *_) in FUNCTIONS.items():
        for name in names:
            values = "".join(f"{ends[title, name, word]:14.3g}" for word in RATES)
            print(f"{title + ', ' + name:22}{function(*start):14.3g}{values}")
    if options.out:
        os.makedirs(options.out, exist_ok=True)
        parts = []
        for title, shown in images.items():
            words, pixels = zip(*shown)
            file = os.path.join(options.out, f"{title}.svg")
            parts.append(visualization.plot_images(np.stack(pixels), words, 3, title, path=file))
            parts.append(visualization.plot_history(curves[title]))
        print("written:", visualization.report(os.path.join(options.out, "report.html"), "Gradient descent", *parts))
    return ends


if __name__ == "__main__":
    main()
