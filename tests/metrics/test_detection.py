"""Mean average precision: cases worked out by hand, a slow form beside it, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import fastnn
from fastnn import metrics, vision
from fastnn.core.errors import ArgumentError, DataError, NotSupportedError, ShapeError

BOX, FAR = [0, 0, 10, 10], [20, 20, 30, 30]


def told(boxes, labels, sure=None):
    return {"boxes": [boxes], "labels": [labels]} | ({} if sure is None else {"confidences": [sure]})


@pytest.mark.parametrize(("found", "sure", "area"), [
    ([BOX, FAR], [0.9, 0.8], 1.0),  # both
    ([BOX], [0.9], 0.5),  # one of two
    ([BOX, BOX, FAR], [0.9, 0.8, 0.7], 0.5 + 0.5 * 2 / 3),  # the second of a box is wrong
    ([[40, 0, 50, 9], BOX], [0.9, 0.8], 0.25),  # wrong before right
    ([[0, 0, 10, 5]], [0.9], 0.5),  # an overlap of one half is enough
    ([[0, 0, 10, 4.9]], [0.9], 0.0)])  # fmt: skip
def test_by_hand(found, sure, area):
    metric = metrics.MeanAveragePrecision(recalls=None)
    metric.update_state(told([BOX, FAR], [0, 0]), told(found, [0] * len(found), sure))
    assert float(metric.result()) == pytest.approx(area)


def test_classes_thresholds_and_recalls():
    metric = metrics.MeanAveragePrecision("coco")
    metric.update_state(told([BOX, FAR], [0, 1]), told([[0, 0, 10, 7.2]], [0], [0.5]))
    assert metric.per_class()[0].tolist() == [1.0] * 5 + [0.0] * 5
    assert float(metric.result()) == pytest.approx(0.25)
    metric.reset_state()
    assert float(metric.result()) == 0.0
    metric.update_state(told([BOX, FAR], [0, 0]), told([BOX], [0], [0.5]))
    assert float(metric.result()) == pytest.approx(51 / 101)  # recalls 0, 0.01, ..., 0.5


def slow(true, found, least):
    """Average precision of one class over images: the best precision at each of 101 recalls."""
    taken, rows = set(), []
    everything = sorted(((s, i, j) for i, f in enumerate(found) for j, s in enumerate(f["s"])), reverse=True)
    for _, i, j in everything:
        free = [k for k in range(len(true[i])) if (i, k) not in taken]
        shares = [vision.iou(found[i]["b"][[j]], true[i][[k]])[0, 0] for k in free]
        hit = bool(shares) and max(shares) >= least
        if hit:
            taken.add((i, free[int(np.argmax(shares))]))
        rows.append(hit)
    hits = np.cumsum(rows)
    recall, precision = hits / sum(map(len, true)), hits / (np.arange(len(rows)) + 1)
    return np.mean([max([p for p, r in zip(precision, recall) if r >= w], default=0) for w in np.linspace(0, 1, 101)])


@pytest.mark.parametrize("seed", range(4))
def test_the_same_as_a_slow_form_in_any_batches(seed):
    random = np.random.default_rng(seed)

    def boxes(n):
        low = random.uniform(0, 12, (n, 2))
        return np.concatenate([low, low + random.uniform(3, 9, (n, 2))], 1)

    true = [boxes(random.integers(1, 5)) for _ in range(6)]
    found = [{"b": np.concatenate([t + random.normal(0, 0.7, t.shape), boxes(2)])} for t in true]
    for f in found:
        f["s"] = random.permutation(len(f["b"])) / 10 + random.random() / 100
    metric = metrics.MeanAveragePrecision([0.3, 0.6])
    for part in (slice(0, 1), slice(1, 6)):
        metric.update_state(
            {"boxes": true[part], "labels": [np.zeros(len(t), int) for t in true[part]]},
            {"boxes": [f["b"] for f in found[part]], "labels": [np.zeros(len(f["s"]), int) for f in found[part]],
             "confidences": [f["s"] for f in found[part]]})  # fmt: skip
    np.testing.assert_allclose(metric.per_class()[0], [slow(true, found, 0.3), slow(true, found, 0.6)])


def test_padding_does_not_count_and_the_config_makes_it_again():
    metric = metrics.MeanAveragePrecision([0.5, 0.75], "xywh", recalls=None, name="map")
    again = metrics.deserialize(metrics.serialize(metric))
    again.update_state(told([BOX, [0, 0, 0, 0]], [3, -1]), told([BOX, [0, 0, 0, 0]], [3, -1], [0.9, 0.0]))
    assert (again.name, float(again.result())) == ("map", 1.0)


GOOD = told([BOX], [0]), told([BOX], [0], [0.5])
CASES = [
    (told([[5, 5, 4, 6]], [0]), GOOD[1], DataError, "y_true, image 0: box.*negative size"),
    (GOOD[0], told([BOX], [0]), ArgumentError, "confidences"),
    (GOOD[0], told([BOX], [0, 1], [0.5, 0.5]), ShapeError, "image 0"),
    (GOOD[0], told([BOX], [0], [np.nan]), DataError, "not finite"),
    ([BOX], GOOD[1], ArgumentError, "list"),
    ({"boxes": [[BOX]] * 2, "labels": [[0]] * 2}, GOOD[1], ShapeError, "2 images"),
    ({"boxes": fastnn.Input((3, 4)), "labels": fastnn.Input((3,))}, GOOD[1], NotSupportedError, "predict"),
]


@pytest.mark.parametrize(("true", "found", "error", "words"), CASES)
def test_what_is_refused_counts_nothing(true, found, error, words):
    metric = metrics.MeanAveragePrecision()
    metric.update_state(*GOOD)
    with pytest.raises(error, match=words):
        metric.update_state(true, found)
    assert float(metric.result()) == 1.0


@pytest.mark.parametrize(("arguments", "words"), [
    ({"iou_thresholds": "voc"}, "coco"), ({"iou_thresholds": 1.5}, "iou_thresholds"), ({"recalls": 1}, "recalls"),
    ({"bounding_box_format": "ltrb"}, "center_xywh")])  # fmt: skip
def test_bad_arguments(arguments, words):
    with pytest.raises(ArgumentError, match=words):
        metrics.MeanAveragePrecision(**arguments)


def test_as_a_metric_of_compile_it_says_what_to_do():
    model = fastnn.Sequential([fastnn.Input((3,)), fastnn.layers.Dense(2)])
    model.compile("sgd", "mse", metrics=[metrics.MeanAveragePrecision()])
    with pytest.raises(NotSupportedError, match="predict"):
        model.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)


def test_no_weights_and_no_stateless_form():
    metric = metrics.MeanAveragePrecision()
    with pytest.raises(NotSupportedError, match="weights"):
        metric.update_state(*GOOD, sample_weight=[1.0])
    for call in (lambda: metric.stateless_update_state([], *GOOD), metric.stateless_reset_state):
        with pytest.raises(NotSupportedError, match="stateless"):
            call()
