"""Pictures without a plotting library: PNG images, SVG charts and self-contained report pages."""

from fastnn.core.registry import lazy

# fmt: off
NAMES = {"encode_png": "png:encode", "image_grid": "png", "normalise": "png", "line_chart": "svg",
         "matrix_chart": "svg", "Page": "page", "plot_model": "graph", "model_svg": "graph", "confusion_matrix": "page",
         "draw_bounding_boxes": "drawing", "draw_segmentation_masks": "drawing", "plot_image_gallery": "gallery",
         "plot_bounding_box_gallery": "gallery", "plot_segmentation_mask_gallery": "gallery", "Picture": "picture",
         "report": "picture", **dict.fromkeys(("plot_history", "plot_confusion_matrix", "plot_images",
                                               "plot_embedding"), "plots"),
         **dict.fromkeys(("plot_filters", "plot_activations", "saliency", "grad_cam", "plot_heatmap"), "insight")}
# fmt: on
__getattr__, __dir__, __all__ = lazy(__name__, NAMES)
