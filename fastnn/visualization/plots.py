"""Plots of a run and of its data: learning curves, confusion, images, embeddings."""

from typing import Any

import numpy as np

from fastnn.core.arguments import count
from fastnn.core.errors import ArgumentError, DataError, ShapeError
from fastnn.core.extras import missing
from fastnn.core.values import as_numbers
from fastnn.visualization.page import confusion_matrix
from fastnn.visualization.picture import Column, Images, Lines, Matrix, Points, finish


def plot_history(history: Any, metrics: Any = None, path: Any = None, ax: Any = None) -> Any:
    """The curves of training and validation over the epochs, with the point marked from which the model over-fits.

    That is the epoch of the least validation loss, if there are later ones: from there on the loss of training may fall
    on, but that of validation does not.

    Args:
        history: what `fit` returns, or its dict {"loss": [...], "val_loss": [...], ...}.
        metrics: names of the curves to draw, each with its "val_" curve; all of them if None.
        path: a file to write, .svg, .png, .html ...
        ax: axes of matplotlib to draw into, one for each of the curves.

    Returns:
        The picture, or `ax`.

    Raises:
        ArgumentError: for something else than a history, for a name that it lacks, or too few axes.

    >>> plot_history({"loss": [3.0, 1.0, 0.5], "val_loss": [3.0, 2.0, 2.5]}).mark
    (2, 'over-fits from epoch 2 on')
    """
    curves = getattr(history, "history", history)
    if not isinstance(curves, dict) or not curves:
        given = f"{type(history).__name__}{' without epochs' if curves == {} else ''}"
        raise ArgumentError(f"plot_history: received {given}, expected what `fit` returns.")
    names = [n for n in curves if not n.startswith("val_") or n[4:] not in curves]
    if metrics is not None:
        metrics = [metrics] if isinstance(metrics, str) else list(metrics)
        missing = [n for n in metrics if n not in curves]
        if missing:
            raise ArgumentError(f"plot_history: received metrics={metrics}, but the history has {list(curves)}.")
        names = metrics
    else:
        names = [n for n in names if n != "learning_rate"] or names
    mark = _over_fit(curves.get("val_loss"))
    pictures = []
    for name in names:
        pair = {"training": curves[name], "validation": curves[f"val_{name}"]} if f"val_{name}" in curves else None
        pictures.append(Lines(pair or {name: curves[name]}, name, y_label=name, mark=mark if pair else None))
    if len(pictures) == 1:
        return finish(pictures[0], path, ax)
    return finish(Column(pictures, "History"), path, ax)


def _over_fit(losses):
    """(epoch, text) of the least validation loss, if it is not the last one."""
    values = np.asarray(losses if losses is not None else [], np.float64)
    if not np.isfinite(values).any():
        return None
    best = int(np.nanargmin(np.where(np.isfinite(values), values, np.inf)))
    return None if best == len(values) - 1 else (best + 1, f"over-fits from epoch {best + 1} on")


def plot_confusion_matrix(
    y_true: Any, y_pred: Any, labels: Any = None, title: str = "Confusion", path: Any = None, ax: Any = None
) -> Any:
    """How often each class was taken for each, rows true classes.

    Args:
        y_true: (n,) or (n, 1) ints, or one-hot rows.
        y_pred: the same, or (n, classes) probabilities of which the largest counts; one column alone (n, 1) says
            class 1 beyond 0.5.
        labels: names of the classes.
        title, path, ax: as in `plot_history`.

    Raises:
        ShapeError: for different lengths.  DataError: for labels that are no classes, or beyond the names.

    >>> plot_confusion_matrix([0, 1, 1], [[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]]).matrix.tolist()
    [[1, 0], [1, 1]]
    """
    y_pred = as_numbers(y_pred, "plot_confusion_matrix: y_pred")
    if y_pred.ndim == 2 and y_pred.shape[1] == 1 and y_pred.dtype.kind == "f" and _are_shares(y_pred):
        y_pred = y_pred > 0.5
    true, predicted = (_classes(v, word) for v, word in ((y_true, "y_true"), (y_pred, "y_pred")))
    many = None if labels is None else len(labels)
    for v, word in ((true, "y_true"), (predicted, "y_pred")):
        if v.size and (v.min() < 0 or (many is not None and v.max() >= many)):
            raise DataError(f"plot_confusion_matrix: {word} has labels from {v.min()} to {v.max()} for {many} names.")
    matrix = confusion_matrix(true, predicted, many)
    return finish(Matrix(matrix, title, None if labels is None else [str(v) for v in labels]), path, ax)


def _are_shares(values):
    return values.size > 0 and values.min() >= 0 and values.max() <= 1


def _classes(values, word):
    """Classes as ints (n,)."""
    values = as_numbers(values, f"plot_confusion_matrix: {word}")
    if values.ndim == 2 and values.shape[1] > 1:
        return values.argmax(axis=1)
    values = values.reshape(-1) if values.ndim == 2 else values
    if values.ndim != 1 or (values.dtype.kind == "f" and not np.equal(values, np.rint(values)).all()):
        raise DataError(
            f"plot_confusion_matrix: received {word} of shape {values.shape} ({values.dtype}), expected classes "
            "(n,), or a column for each."
        )
    return values.astype(int)


def pixels_of(images: Any, name: str) -> Any:
    """Images as a list of uint8 pictures, (h, w) or (h, w, 3): floats that do not exceed 1 are shares of 255."""
    images = as_numbers(images, f"{name}: images")
    if images.ndim == 4 and images.shape[3] == 1:
        images = images[..., 0]
    if images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[3] != 3) or not images.size:
        raise ShapeError(
            f"{name}: received images of shape {images.shape}, expected (n, rows, columns), with 1 or 3 channels."
        )
    if images.dtype == bool or (images.dtype.kind == "f" and np.nanmax(images) <= 1):
        images = images * 255.0
    return list(np.clip(np.nan_to_num(images.astype(np.float64)), 0, 255).astype(np.uint8))


def plot_images(
    images: Any, titles: Any = None, columns: int = 8, title: str = "", scale: int = 2, path: Any = None, ax: Any = None
) -> Any:
    """Images in rows and columns.

    Args:
        images: (n, h, w), (n, h, w, 1) or (n, h, w, 3); floats that do not exceed 1 are shares of 255.
        titles: a text or label below each.
        columns: how many side by side.
        scale: pixels drawn per pixel.
        title, path, ax: as in `plot_history`.

    Raises:
        ShapeError: for other shapes, or as many titles as images are not there.

    >>> plot_images(np.zeros((3, 8, 8)), ["a", "b", "c"]).svg().count("<image")
    3
    """
    pictures = pixels_of(images, "plot_images")
    if titles is not None and len(titles) != len(pictures):
        raise ShapeError(f"plot_images: received {len(titles)} titles for {len(pictures)} images.")
    captions = None if titles is None else [str(t) for t in titles]
    picture = Images(pictures, captions, title, count("columns", columns), count("scale", scale))
    return finish(picture, path, ax)


def plot_embedding(
    x: Any,
    labels: Any = None,
    method: str = "pca",
    names: Any = None,
    title: str | None = None,
    seed: int = 0,
    path: Any = None,
    ax: Any = None,
) -> Any:
    """Rows of many numbers, such as the activations of a layer, as points of a plane.

    Args:
        x: (n, ...) numbers; each row is one point.
        labels: (n,) of any kind, for colours.
        method: "pca" (the two directions in which x varies most) or "tsne" (scikit-learn's t-SNE).
        names: of the sorted labels; the labels themselves if None.
        seed: of t-SNE.
        title, path, ax: as in `plot_history`.

    Raises:
        ArgumentError: for another method.  ShapeError: for labels of another length, or fewer than 3 rows.
        DataError: for NaN.  NotSupportedError: for t-SNE without scikit-learn.

    >>> plot_embedding(np.eye(4), ["a", "b", "a", "b"]).points.shape
    (4, 2)
    """
    x = as_numbers(x, "plot_embedding: x")
    if x.ndim < 2 or len(x) < 3:
        raise ShapeError(f"plot_embedding: received x of shape {x.shape}, expected at least 3 rows of numbers.")
    x = x.reshape(len(x), -1).astype(np.float64)
    if not np.isfinite(x).all():
        raise DataError("plot_embedding: received x with NaN or infinite numbers.")
    if method == "pca":
        centred = x - x.mean(0)
        _, _, directions = np.linalg.svd(centred, full_matrices=False)
        points = centred @ directions[:2].T
        points = np.pad(points, ((0, 0), (0, 2 - points.shape[1])))
    elif method == "tsne":
        points = _tsne(x, seed)
    else:
        raise ArgumentError(f"plot_embedding: received method={method!r}, expected 'pca' or 'tsne'.")
    groups, found = None, []
    if labels is not None:
        labels = np.asarray(labels).reshape(-1)
        if len(labels) != len(x):
            raise ShapeError(f"plot_embedding: received {len(labels)} labels for {len(x)} rows.")
        values, groups = np.unique(labels, return_inverse=True)
        found = [str(v) for v in values] if names is None else [str(n) for n in names]
        if len(found) < len(values):
            raise ShapeError(f"plot_embedding: received {len(found)} names for {len(values)} different labels.")
    heading = {"pca": "Principal components", "tsne": "t-SNE"}[method] if title is None else title
    return finish(Points(points, groups, found, heading), path, ax)


def _tsne(x, seed):
    try:
        from sklearn.manifold import TSNE
    except ImportError:
        raise missing('plot_embedding(method="tsne")', "sklearn") from None
    return TSNE(perplexity=min(30.0, (len(x) - 1) / 3), init="pca", random_state=seed).fit_transform(x)
