"""Generated from NAMES by tests/typing/stubs.py."""
from fastnn.visualization.page import Page as Page
from fastnn.visualization.picture import Picture as Picture
from fastnn.visualization.page import confusion_matrix as confusion_matrix
from fastnn.visualization.drawing import draw_bounding_boxes as draw_bounding_boxes
from fastnn.visualization.drawing import draw_segmentation_masks as draw_segmentation_masks
from fastnn.visualization.png import encode as encode_png
from fastnn.visualization.insight import grad_cam as grad_cam
from fastnn.visualization.png import image_grid as image_grid
from fastnn.visualization.svg import line_chart as line_chart
from fastnn.visualization.svg import matrix_chart as matrix_chart
from fastnn.visualization.graph import model_svg as model_svg
from fastnn.visualization.png import normalise as normalise
from fastnn.visualization.insight import plot_activations as plot_activations
from fastnn.visualization.gallery import plot_bounding_box_gallery as plot_bounding_box_gallery
from fastnn.visualization.plots import plot_confusion_matrix as plot_confusion_matrix
from fastnn.visualization.plots import plot_embedding as plot_embedding
from fastnn.visualization.insight import plot_filters as plot_filters
from fastnn.visualization.insight import plot_heatmap as plot_heatmap
from fastnn.visualization.plots import plot_history as plot_history
from fastnn.visualization.gallery import plot_image_gallery as plot_image_gallery
from fastnn.visualization.plots import plot_images as plot_images
from fastnn.visualization.graph import plot_model as plot_model
from fastnn.visualization.gallery import plot_segmentation_mask_gallery as plot_segmentation_mask_gallery
from fastnn.visualization.picture import report as report
from fastnn.visualization.insight import saliency as saliency

__all__ = [
    'Page',
    'Picture',
    'confusion_matrix',
    'draw_bounding_boxes',
    'draw_segmentation_masks',
    'encode_png',
    'grad_cam',
    'image_grid',
    'line_chart',
    'matrix_chart',
    'model_svg',
    'normalise',
    'plot_activations',
    'plot_bounding_box_gallery',
    'plot_confusion_matrix',
    'plot_embedding',
    'plot_filters',
    'plot_heatmap',
    'plot_history',
    'plot_image_gallery',
    'plot_images',
    'plot_model',
    'plot_segmentation_mask_gallery',
    'report',
    'saliency',
]
