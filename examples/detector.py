"""A small one-stage detector: scenes of digits, a network with two heads, non-maximum suppression, mAP.

python examples/detector.py --out pictures    # two minutes: mAP of 0.9 and more

Scenes of 48x48 pixels show one to three of the bundled digits in several sizes on a noisy ground.  For each cell of a
6x6 grid one head gives a score for each class, the other the box of the digit whose middle lies in the cell.
"""

import argparse
import os

import numpy as np

import fastnn as keras
from fastnn import layers, ops, vision, visualization

SIZE, GRID = 48, 6
CELL = SIZE // GRID


def scenes(count, digits, labels, seed):
    """(images (n, 48, 48, 1) in [0, 1], boxes (n, 3, 4) in pixels, labels (n, 3), -1 where there is none)."""
    random = np.random.default_rng(seed)
    images = random.normal(0.1, 0.05, (count, SIZE, SIZE)).astype("float32")
    boxes, classes = np.zeros((count, 3, 4), "float32"), np.full((count, 3), -1)
    sizes = range(12, 21, 2)
    enlarged = {size: vision.resize(digits.astype("float32") / 16, size) for size in sizes}
    for image, box, kinds in zip(images, boxes, classes):
        taken = np.zeros((0, 4))
        for slot in range(random.integers(1, 4)):
            for _ in range(20):  # until it lies beside the others
                size = random.choice(sizes)
                left, top = random.integers(0, SIZE - size, 2)
                place = np.array([[left, top, left + size, top + size]])
                if not len(taken) or vision.iou(place, taken).max() < 0.02:
                    k = random.integers(len(digits))
                    part = image[top : top + size, left : left + size]
                    np.maximum(part, enlarged[size][k] * random.uniform(0.6, 1.0), out=part)
                    taken = np.concatenate([taken, place])
                    box[slot], kinds[slot] = place[0], labels[k]
                    break
    return np.clip(images, 0, 1)[..., None], boxes, classes


def targets(boxes, classes):
    """What the heads should give: scores (n, 6, 6, 10); whether there is a digit, and its box, (n, 6, 6, 5).

    A box is told by its middle within the cell, and the logarithm of its size in cells.
    """
    scores = np.zeros((len(boxes), GRID, GRID, 10), "float32")
    places = np.zeros((len(boxes), GRID, GRID, 5), "float32")
    middles = vision.box_convert(boxes, "xyxy", "center_xywh") / CELL
    for n, slot in zip(*np.nonzero(classes >= 0)):
        x, y, w, h = middles[n, slot]
        row, column = int(y), int(x)
        scores[n, row, column] = np.eye(10)[classes[n, slot]]
        places[n, row, column] = 1, x - column, y - row, np.log(w), np.log(h)
    return scores, places


def box_loss(true, found):
    """The squared error of the boxes, in cells with a digit."""
    there = true[..., :1]
    return ops.sum(there * ops.square(true[..., 1:] - found)) / ops.maximum(ops.sum(there), 1.0)


def network(width):
    """Scores and boxes for each cell of the grid."""
    x = inputs = keras.Input((SIZE, SIZE, 1))
    for stage in range(3):
        for _ in range(2):
            x = layers.Conv2D(width * 2**stage, 3, padding="same", use_bias=False)(x)
            x = layers.BatchNormalization(momentum=0.9)(x)
            x = layers.Activation("relu")(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(4 * width, 3, padding="same", activation="relu")(x)
    rare = keras.initializers.Constant(-4.0)  # most cells are empty
    scores = layers.Conv2D(10, 1, activation="sigmoid", bias_initializer=rare, name="scores")(x)
    boxes = layers.Conv2D(4, 1, name="boxes")(x)
    return keras.Model(inputs, {"scores": scores, "boxes": boxes})


def detector(model):
    """The model whose outputs are detections: boxes of cells as corners in pixels, the best of those that overlap."""
    found = model.outputs[0], model.outputs[1]
    scores, boxes = found if found[0].shape[-1] == 10 else found[::-1]
    columns, rows = np.meshgrid(np.arange(GRID, dtype="float32"), np.arange(GRID, dtype="float32"))
    middle = boxes[..., :2] + np.stack([columns, rows], -1)[None]
    half = ops.exp(ops.clip(boxes[..., 2:], -2.0, 2.0)) / 2
    corners = ops.concatenate([middle - half, middle + half], axis=-1) * float(CELL)
    flat = lambda v: ops.reshape(v, (-1, GRID * GRID, v.shape[-1]))
    return keras.Model(model.inputs, vision.non_max_suppression(flat(corners), flat(scores), 0.3, 0.05, max_boxes=10))


def main(argv=None):
    """Train and test; returns the mean average precision at an overlap of one half."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=6000, help="to train on")
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--width", type=int, default=16, help="channels of the first stage")
    parser.add_argument("--out", help="folder for the report and its pictures")
    options = parser.parse_args(argv)
    (digits, labels), (test_digits, test_labels) = keras.datasets.digits.load_data()
    x, boxes, classes = scenes(options.scenes, digits, labels, 0)
    x_test, true_boxes, true_classes = scenes(500, test_digits, test_labels, 1)
    scores, places = targets(boxes, classes)
    keras.utils.set_random_seed(0)
    model = network(options.width)
    steps = options.epochs * -(-len(x) // 32)
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(3e-3, steps)),
        {"scores": keras.losses.BinaryFocalCrossentropy(gamma=1.0), "boxes": box_loss},
        loss_weights={"scores": 100.0, "boxes": 1.0},
    )
    history = model.fit(x, {"scores": scores, "boxes": places}, 32, options.epochs, verbose=0)
    print(f"{len(x)} training scenes, loss {history.history['loss'][0]:.3f} -> {history.history['loss'][-1]:.3f}")
    found = detector(model).predict(x_test, verbose=0)
    half, coco = vision.MeanAveragePrecision(0.5), vision.MeanAveragePrecision("coco")
    for metric in (half, coco):
        metric.update_state({"boxes": true_boxes, "labels": true_classes}, found)
    print(f"{len(x_test)} test scenes: mAP {half.result():.3f} at an overlap of 0.5, {coco.result():.3f} from 0.5 on")
    if options.out:
        os.makedirs(options.out, exist_ok=True)
        sure = {**found, "labels": np.where(found["confidences"] > 0.4, found["labels"], -1)}
        drawn = vision.draw_boxes(np.repeat(x_test[:12], 3, axis=-1), {k: v[:12] for k, v in sure.items()})
        words = [" ".join(str(k) for k in row if k >= 0) for row in sure["labels"][:12]]
        parts = [visualization.plot_images(drawn, words, 4, scale=3, path=os.path.join(options.out, "scenes.svg")),
                 visualization.plot_history(history)]  # fmt: skip
        facts = {"mAP at 0.5": f"{half.result():.3f}", "mAP of COCO": f"{coco.result():.3f}"}
        print("written:", visualization.report(os.path.join(options.out, "report.html"), "Detector", facts, *parts))
    return float(half.result())


if __name__ == "__main__":
    main()
