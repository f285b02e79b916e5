"""Mean average precision of detections."""

from typing import Any

import numpy as np

from fastnn.core import boxes as geometry
from fastnn.core.arguments import count, number
from fastnn.core.errors import ArgumentError, DataError, NotSupportedError, ShapeError
from fastnn.core.tree import flatten
from fastnn.core.types import Config, Tensor
from fastnn.core.values import as_numbers
from fastnn.graph.node import Symbol
from fastnn.metrics.metric import Metric

COCO = tuple(k / 100 for k in range(50, 100, 5))


class MeanAveragePrecision(Metric):
    """Mean over classes (and overlaps) of the area under the curve of precision over recall of detections.

    Detections of a class are taken best first; one is right if it overlaps a true box of its class, that no better one
    has taken, enough.  Precision at a recall is the best one at that recall or a larger one, read at 101 recalls as in
    COCO (Lin et al., 2014), or everywhere.

    Args:
        iou_thresholds: an overlap (intersection over union) that is enough, a list of them, or "coco" for 0.5, 0.55,
            ..., 0.95.
        bounding_box_format: of the boxes, as in `vision.box_convert`.
        recalls: number of recalls at which precision is read; None for the whole area.

    `update_state(y_true, y_pred)` takes what a batch of images has and what was found, as NumPy arrays or lists of an
    array per image: y_true {"boxes": (n, b, 4), "labels": (n, b)}, y_pred {"boxes", "labels", "confidences"}, as
    `vision.non_max_suppression` returns it.  Boxes with the label -1 do not count.  It counts boxes of any number, so
    it is no part of a step: call it after `predict`, from a callback for example.

    >>> metric = MeanAveragePrecision()
    >>> true = {"boxes": [[[0, 0, 4, 4], [5, 5, 9, 9]]], "labels": [[0, 1]]}
    >>> found = {"boxes": [[[0, 0, 4, 3], [0, 5, 4, 9]]], "labels": [[0, 1]], "confidences": [[0.9, 0.8]]}
    >>> float(metric(true, found))
    0.5
    """

    _direction = "up"

    def __init__(
        self,
        iou_thresholds: Any = 0.5,
        bounding_box_format: str = "xyxy",
        recalls: int | None = 101,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(dtype=dtype, name=name)
        if isinstance(iou_thresholds, str) and iou_thresholds != "coco":
            raise ArgumentError(f"Argument `iou_thresholds` should be 'coco' or numbers. Received: {iou_thresholds!r}.")
        given = COCO if isinstance(iou_thresholds, str) else np.atleast_1d(iou_thresholds).tolist()
        self.iou_thresholds = tuple(float(number("iou_thresholds", v, 0, 1)) for v in given)
        geometry.layout_of(bounding_box_format, type(self).__name__)
        self.bounding_box_format, self.recalls = bounding_box_format, count("recalls", recalls, 2, none=True)
        self._found: dict[int, list[Any]] = {}  # class -> [(confidences, whether right at each threshold)]
        self._true: dict[int, int] = {}  # class -> number of true boxes

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take the true and the found boxes of some images into account; nothing is counted if one is refused.

        Args:
            y_true: {"boxes": (n, b, 4), "labels": (n, b)}, arrays or lists of an array per image.
            y_pred: {"boxes", "labels", "confidences"}, likewise.
            sample_weight: None: images count alike.
        """
        if sample_weight is not None:
            raise NotSupportedError(f"{self.name}: received sample_weight, expected none: boxes have no weights.")
        true, found = self._images(y_true, "y_true", False), self._images(y_pred, "y_pred", True)
        if len(true) != len(found):
            raise ShapeError(f"{self.name}: received {len(true)} images in y_true, but {len(found)} in y_pred.")
        for (boxes, labels, _), (guesses, classes, sure) in zip(true, found):
            for c in np.union1d(labels, classes).tolist():
                here, mine = boxes[labels == c], classes == c
                self._true[c] = self._true.get(c, 0) + len(here)
                if mine.any():
                    self._found.setdefault(c, []).append(self._match(here, guesses[mine], sure[mine]))

    def _images(self, given, word, sure):
        """[(corners, labels, confidences)] of each image, without the boxes that do not count."""
        keys = ("boxes", "labels", "confidences") if sure else ("boxes", "labels")
        if any(isinstance(leaf, Symbol) for leaf in flatten(given)):
            raise NotSupportedError(
                f"{self.name} counts boxes of arrays: call update_state(y_true, y_pred) with what `predict` and "
                "`vision.non_max_suppression` return; it cannot be a metric of compile()."
            )
        if not isinstance(given, dict) or any(k not in given for k in keys):
            has = list(given) if isinstance(given, dict) else type(given).__name__
            raise ArgumentError(f"{self.name}: received {word} with {has}, expected a dict with {', '.join(keys)}.")
        images = []
        for k, parts in enumerate(zip(*(given[key] for key in keys), strict=True)):
            where = f"{self.name}: {word}, image {k}"
            boxes = geometry.corners(parts[0], self.bounding_box_format, where)
            labels = as_numbers(parts[1], f"{where}: labels")
            scores = as_numbers(parts[2], f"{where}: confidences") if sure else np.ones(labels.shape)
            if boxes.ndim != 2 or labels.shape != (len(boxes),) or scores.shape != labels.shape:
                shapes = ", ".join(str(np.shape(p)) for p in parts)
                raise ShapeError(f"{where}: received {', '.join(keys)} of shapes {shapes}, expected (b, 4) and (b,).")
            if not np.isfinite(scores).all():
                raise DataError(f"{where}: received confidences that are not finite.")
            counts = labels >= 0
            images.append((boxes[counts], labels[counts].astype(int), scores[counts].astype(float)))
        return images

    def _match(self, boxes, guesses, sure):
        """(confidences, whether right at each threshold) of the detections of a class in an image."""
        order = np.argsort(-sure, kind="stable")
        shared = geometry.overlaps(guesses[order], boxes)
        right = np.zeros((len(order), len(self.iou_thresholds)), bool)
        for t, least in enumerate(self.iou_thresholds):
            free = np.ones(len(boxes), bool)
            for k in range(len(order)):
                share = np.where(free, shared[k], -1.0)
                if len(boxes) and share.max() >= least:
                    best = int(share.argmax())
                    free[best], right[k, t] = False, True
        return sure[order], right

    def per_class(self) -> dict[int, Any]:
        """The average precision of each class that has true boxes, one number for each threshold (float64)."""
        return {c: self._precision(c) for c in sorted(self._true) if self._true[c]}

    def _precision(self, c):
        parts = self._found.get(c)
        if not parts:
            return np.zeros(len(self.iou_thresholds))
        sure, right = (np.concatenate([p[k] for p in parts]) for k in (0, 1))
        right = right[np.argsort(-sure, kind="stable")]
        hits = np.cumsum(right, axis=0)
        recall = hits / self._true[c]
        precision = hits / np.arange(1, len(hits) + 1)[:, None]
        best = np.maximum.accumulate(precision[::-1], axis=0)[::-1]
        if self.recalls is None:
            return (np.diff(recall, axis=0, prepend=0) * best).sum(axis=0)
        wanted = np.linspace(0, 1, self.recalls)
        places = [np.searchsorted(recall[:, t], wanted) for t in range(right.shape[1])]
        wide = np.concatenate([best, np.zeros((1, right.shape[1]))])
        return np.array([wide[p, t].mean() for t, p in enumerate(places)])

    def result(self) -> Tensor:
        """The mean over classes with true boxes and over thresholds; 0 without any."""
        values = list(self.per_class().values())
        return self.to_output(np.mean(values) if values else 0.0)

    def reset_state(self) -> None:
        """Forget all boxes."""
        self._found, self._true = {}, {}

    def _values(self, values):
        raise NotSupportedError(f"{self.name} keeps boxes, no variables: it has no stateless form.")

    def stateless_reset_state(self) -> Any:
        """Not there: raises NotSupportedError."""
        return self._values([])

    def get_config(self) -> Config:
        return {**super().get_config(), "iou_thresholds": list(self.iou_thresholds),
                "bounding_box_format": self.bounding_box_format, "recalls": self.recalls}  # fmt: skip
