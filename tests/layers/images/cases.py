"""What is compared with Keras: layers of images, their arguments, and a transformation that is given, not drawn."""

import numpy as np

IMAGES = (np.random.default_rng(0).random((2, 4, 5, 3)) * 255).astype("float32")
BOXES = np.array([[[0, 1, 3, 3], [2, 0, 5, 4]], [[1, 1, 2, 2], [0, 0, 4, 3]]], "float32")
LABELS = np.array([[1, 2], [3, 4]], "int32")
SHAPE = IMAGES.shape

_one = np.array([0.4, 0.9], "float32")
_wide = _one.reshape(2, 1, 1, 1)
_chosen = np.array([True, False])
_mask = np.zeros((2, 4, 5, 1), bool)
_mask[:, 1:3, 2:] = True
_corners = np.array([[[0, 0], [4, 0], [0, 3], [4, 3]]] * 2, "float32")
_moved = _corners + np.array([[0, 0], [-1, 0.5], [0.5, -1], [-0.5, 0.3]], "float32")
_turn = np.deg2rad(np.array([30.0, -75.0]))
_cos, _sin, _x, _y = np.cos(_turn), np.sin(_turn), 2.0, 1.5
_none = np.zeros(2)
_rotation = np.stack(
    [_cos, -_sin, _x - _x * _cos + _y * _sin, _sin, _cos, _y - _x * _sin - _y * _cos, _none, _none], 1
).astype("float32")
_mixing = {"permutation_order": np.array([1, 0], "int32"), "mix_weight": _one}

# (layer, arguments, transformation); those of BOXED also move boxes
COLOURS = [
    ("RandomBrightness", {"factor": 0.2}, {"rgb_delta": _wide * 50 - 30}),
    ("RandomContrast", {"factor": 0.2}, {"contrast_factor": _wide + 0.3}),
    ("RandomHue", {"factor": 0.2}, {"factor": _one - 0.7}),
    ("RandomSaturation", {"factor": 0.2}, {"factor": _one + 0.3}),
    ("RandomSharpness", {"factor": 0.2}, {"factor": _one}),
    ("RandomColorDegeneration", {"factor": 0.2}, {"factor": _wide}),
    ("RandomInvert", {"value_range": (0, 250)}, {"apply_inversion": _chosen}),
    ("RandomGrayscale", {}, _chosen.reshape(2, 1, 1, 1)),
    ("Solarization", {"value_range": (0, 300)}, {"additions": _wide * 40, "thresholds": _wide * 200}),
    ("RandomPosterization", {"factor": 3}, {"shift_factor": np.array([3, 5], "uint8")}),
    ("AutoContrast", {"value_range": (0, 260)}, None),
    ("Equalization", {"bins": 16}, {}),
    ("ContrastLimitedAdaptiveHistogramEqualization", {"tile_grid_size": (2, 2), "clip_limit": 2.0}, None),
    ("MixUp", {}, _mixing),
    ("CutMix", {}, {**_mixing, "batch_masks": _mask}),
    ("RandomErasing", {}, {"apply_erasing": _chosen, "batch_masks": _mask, "fill_value": np.float32(7)}),
    ("RandomGaussianBlur", {"kernel_size": (3, 5)}, {"should_apply_blur": _chosen, "blur_factor": _one}),
]
BOXED = [
    ("RandomFlip", {}, {"flips": _chosen.reshape(2, 1, 1, 1), "input_shape": SHAPE}),
    ("RandomFlip", {"mode": "vertical"}, {"flips": ~_chosen.reshape(2, 1, 1, 1), "input_shape": SHAPE}),
    ("RandomRotation", {"factor": 0.2}, {"rotation_matrix": _rotation, "angle": np.array([30.0, -75.0], "float32"),
                                         "image_height": 4, "image_width": 5, "batch_size": 2}),
    ("RandomTranslation", {"height_factor": 0.2, "width_factor": 0.1, "fill_mode": "wrap"},
     {"translations": np.array([[1.0, -0.5], [0.3, 2.0]], "float32"), "input_shape": SHAPE}),
    ("RandomZoom", {"height_factor": 0.2, "fill_mode": "nearest"},
     {"height_zoom": _one[:, None] + 0.5, "width_zoom": _one[:, None] + 0.4, "input_shape": SHAPE}),
    ("RandomShear", {"x_factor": 0.3, "y_factor": 0.2},
     {"shear_factor": np.array([[0.3, -0.1], [-0.2, 0.2]], "float32"), "input_shape": SHAPE}),
    ("RandomPerspective", {}, {"apply_perspective": ~_chosen, "start_points": _corners, "end_points": _moved,
                               "input_shape": SHAPE}),
    ("CenterCrop", {"height": 2, "width": 3}, {"input_shape": SHAPE}),
    ("CenterCrop", {"height": 6, "width": 3}, {"input_shape": SHAPE}),
    ("Resizing", {"height": 3, "width": 7}, (4, 5)),
    ("Resizing", {"height": 3, "width": 7, "interpolation": "nearest"}, (4, 5)),
    ("Resizing", {"height": 3, "width": 7, "interpolation": "bicubic"}, (4, 5)),
    ("Resizing", {"height": 3, "width": 3, "interpolation": "lanczos3", "antialias": True}, (4, 5)),
    ("Resizing", {"height": 3, "width": 7, "crop_to_aspect_ratio": True}, (4, 5)),
    ("Resizing", {"height": 3, "width": 7, "pad_to_aspect_ratio": True, "fill_value": 3.0}, (4, 5)),
]  # fmt: skip
# arguments with which the others are made
OTHERS = {
    "RandAugment": {}, "AugMix": {}, "RandomColorJitter": {}, "RandomElasticTransform": {},
    "MaxNumBoundingBoxes": {"max_number": 3}, "RandomCrop": {"height": 2, "width": 3},
}  # fmt: skip
