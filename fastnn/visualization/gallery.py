"""Many images in one figure, by matplotlib."""

import math
from typing import Any

import numpy as np

from fastnn.core.errors import ArgumentError
from fastnn.core.extras import missing
from fastnn.visualization.drawing import batch_of_images, draw_bounding_boxes, draw_segmentation_masks


def _matplotlib(name):
    try:
        from matplotlib import patches, pyplot
    except ImportError:
        raise missing(name, "plots") from None
    return pyplot, patches


def _bytes(images, value_range):
    """Images of a range of values as uint8."""
    low, high = value_range
    return np.clip((images.astype("float32") - low) / (high - low) * 255, 0, 255).astype("uint8")


def plot_image_gallery(
    images: Any,
    y_true: Any = None,
    y_pred: Any = None,
    label_map: Any = None,
    rows: int | None = None,
    cols: int | None = None,
    value_range: Any = (0, 255),
    scale: float = 2,
    path: Any = None,
    show: bool | None = None,
    transparent: bool = True,
    dpi: int = 60,
    legend_handles: Any = None,
    data_format: str | None = None,
) -> None:
    """Show images in rows and columns, or write them to a file.

    Args:
        images: (n, h, w, c), or channels first.
        y_true, y_pred: (n,) labels and predictions for titles.
        label_map: {label: name}.
        rows, cols: as square as possible if None.
        value_range: (least, largest) value of a pixel.
        scale: inches of an image's side.
        path: a file to write instead.
        show: whether to show; without a path if None.
        transparent, dpi: of the file.
        legend_handles: of matplotlib, for a legend.
        data_format: "channels_last" or "channels_first"; the configured one by default.

    Raises:
        MissingPackageError: matplotlib is not installed.  ArgumentError: `path` and `show`, or labels without names.
        ShapeError: images of another rank.
    """
    pyplot, _ = _matplotlib("plot_image_gallery")
    if path is not None and show:
        raise ArgumentError("plot_gallery() expects either `path` to be set, or `show` to be true.")
    if (y_true is not None or y_pred is not None) and label_map is None:
        raise ArgumentError("If `y_true` or `y_pred` are provided, a `label_map` must also be provided.")
    images = _bytes(batch_of_images(images, data_format), value_range)
    rows = rows or math.ceil(math.sqrt(len(images)))
    cols = cols or math.ceil(len(images) / rows)
    figure, axes = pyplot.subplots(
        nrows=rows, ncols=cols, figsize=(cols * scale, rows * scale), frameon=False, layout="tight", squeeze=False
    )
    if legend_handles is not None:
        figure.legend(handles=legend_handles, loc="lower center")
    for k, axis in enumerate(axes.flat):
        axis.axis("off")
        if k < len(images):
            axis.imshow(images[k] if images.shape[-1] > 1 else images[k, ..., 0])
            axis.margins(x=0, y=0)
            parts = [
                f"{word}: {label_map.get(np.asarray(labels)[k].item(), 'Unknown')}"
                for word, labels in (("Label", y_true), ("Pred", y_pred))
                if labels is not None and k < len(labels)
            ]
            axis.set_title("  ".join(parts), fontsize=8)
    if path is not None:
        figure.savefig(fname=path, pad_inches=0, bbox_inches="tight", transparent=transparent, dpi=dpi)
    elif show is None or show:
        pyplot.show()
    pyplot.close(figure)


def plot_bounding_box_gallery(
    images: Any,
    bounding_box_format: str,
    y_true: Any = None,
    y_pred: Any = None,
    value_range: Any = (0, 255),
    true_color: Any = (0, 188, 212),
    pred_color: Any = (255, 235, 59),
    line_thickness: int = 2,
    font_scale: float = 1.0,
    text_thickness: int | None = None,
    class_mapping: Any = None,
    ground_truth_mapping: Any = None,
    prediction_mapping: Any = None,
    legend: bool = False,
    legend_handles: Any = None,
    rows: int | None = None,
    cols: int | None = None,
    data_format: str | None = None,
    **kwargs: Any,
) -> None:
    """Show images with true and predicted boxes.

    Args:
        images, value_range, rows, cols, data_format, legend_handles: as in `plot_image_gallery`.
        kwargs: scale, path, show, transparent and dpi, as in `plot_image_gallery`.
        images, value_range, rows, cols, data_format, and others: as in `plot_image_gallery`.
        bounding_box_format, y_true, y_pred: format and boxes as in `draw_bounding_boxes`.
        true_color, pred_color: (r, g, b).
        line_thickness, text_thickness, font_scale: as in `draw_bounding_boxes`.
        class_mapping, ground_truth_mapping, prediction_mapping: {label: name} of both, of y_true, of y_pred.
        legend: whether the colors are explained.

    Raises:
        MissingPackageError: matplotlib is not installed.  ArgumentError: `legend` and `legend_handles`.
    """
    _, patches = _matplotlib("plot_bounding_box_gallery")
    images = _bytes(batch_of_images(images, data_format), value_range)
    for boxes, color, names in (
        (y_true, true_color, ground_truth_mapping or class_mapping),
        (y_pred, pred_color, prediction_mapping or class_mapping),
    ):
        if boxes is not None:
            images = draw_bounding_boxes(images, boxes, bounding_box_format, names, color, line_thickness,
                                         text_thickness or line_thickness, font_scale, "channels_last")  # fmt: skip
    if legend:
        if legend_handles:
            raise ArgumentError(
                "Only pass `legend` OR `legend_handles` to `keras.visualization.plot_bounding_box_gallery()`."
            )
        legend_handles = [
            patches.Patch(color=np.array(color) / 255.0, label=label)
            for color, label in ((true_color, "Ground Truth"), (pred_color, "Prediction"))
        ]
    plot_image_gallery(images, legend_handles=legend_handles, rows=rows, cols=cols,
                       data_format="channels_last", **kwargs)  # fmt: skip


def plot_segmentation_mask_gallery(
    images: Any,
    num_classes: int,
    value_range: Any = (0, 255),
    y_true: Any = None,
    y_pred: Any = None,
    color_mapping: Any = None,
    blend: bool = True,
    alpha: float = 0.8,
    ignore_index: int = -1,
    data_format: str | None = None,
    **kwargs: Any,
) -> None:
    """Show each image in a row with its true and predicted masks.

    Args:
        images, value_range, data_format, and others: as in `plot_image_gallery`.
        num_classes, y_true, y_pred, color_mapping, blend, alpha, ignore_index: as in `draw_segmentation_masks`.
        kwargs: scale, path, show, transparent and dpi, as in `plot_image_gallery`.

    Raises:
        MissingPackageError: matplotlib is not installed.
    """
    images = _bytes(batch_of_images(images, data_format), value_range)
    columns = [images]
    for masks in (y_true, y_pred):
        if masks is not None:
            masks = batch_of_images(masks, data_format).astype("int32")
            drawn = draw_segmentation_masks(
                images, masks, num_classes, color_mapping, alpha, blend, ignore_index, "channels_last"
            )
            columns.append(drawn.astype("uint8"))
    together = np.stack(columns, axis=1).reshape(-1, *images.shape[1:])
    plot_image_gallery(together, rows=len(images), cols=len(columns),
                       data_format="channels_last", **kwargs)  # fmt: skip
