"""Generated from NAMES by tests/typing/stubs.py."""
from fastnn.visualization.page import Page as Page
from fastnn.visualization.page import confusion_matrix as confusion_matrix
from fastnn.visualization.png import encode as encode_png
from fastnn.visualization.png import image_grid as image_grid
from fastnn.visualization.svg import line_chart as line_chart
from fastnn.visualization.svg import matrix_chart as matrix_chart
from fastnn.visualization.graph import model_svg as model_svg
from fastnn.visualization.png import normalise as normalise
from fastnn.visualization.graph import plot_model as plot_model

__all__ = [
    'Page',
    'confusion_matrix',
    'encode_png',
    'image_grid',
    'line_chart',
    'matrix_chart',
    'model_svg',
    'normalise',
    'plot_model',
]
