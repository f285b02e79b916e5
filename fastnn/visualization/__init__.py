"""Pictures without a plotting library: PNG images, SVG charts and self-contained report pages."""

from fastnn.core.registry import lazy

# fmt: off
NAMES = {"encode_png": "png:encode", "image_grid": "png", "normalise": "png", "line_chart": "svg",
         "matrix_chart": "svg", "Page": "page", "plot_model": "graph", "model_svg": "graph", "confusion_matrix": "page"}
# fmt: on
__getattr__, __dir__, __all__ = lazy(__name__, NAMES)
