"""Projections of images beside TensorFlow's: the stored answers are those of TensorFlow 2.21 to the calls below."""

import json
from pathlib import Path

import numpy as np
import pytest

from fastnn.compat.tf.transforms import projective_v2, projective_v3
from fastnn.core.errors import NotSupportedError, ShapeError

RNG = np.random.RandomState(0)
IMAGES = np.round(RNG.rand(2, 3, 4, 1), 2).astype("float32")
TRANSFORMS = np.array([[0.9, 0.2, -0.6, -0.1, 1.1, 0.4, 0, 0], [1, 0, 2, 0, 1, -1.25, 0.01, 0.02]], "float32")
# {"dtype mode interpolation": the numbers of tf.raw_ops.ImageProjectiveTransformV3(images=(IMAGES * k).astype(dtype),
# transforms=TRANSFORMS, output_shape=(2, 5), interpolation=..., fill_mode=..., fill_value=3.0), k = 255 for uint8}
ANSWERS = json.loads(Path(__file__).with_name("transforms.json").read_text())


@pytest.mark.parametrize("case", ANSWERS)
def test_projections(case):
    dtype, mode, interpolation = case.split()
    images = (IMAGES * (255 if dtype == "uint8" else 1)).astype(dtype)
    found = projective_v3(images, TRANSFORMS, np.array([2, 5]), interpolation, 3.0, mode)
    assert found.dtype == dtype and found.shape == (2, 2, 5, 1)
    np.testing.assert_allclose(np.ravel(found), ANSWERS[case], atol=2e-6)
    if mode == "CONSTANT":
        zeros = projective_v2(images, TRANSFORMS, (2, 5), interpolation)
        np.testing.assert_array_equal(zeros, projective_v3(images, TRANSFORMS, (2, 5), interpolation))


def test_errors():
    with pytest.raises(NotSupportedError, match="fill_mode"):
        projective_v3(IMAGES, TRANSFORMS, (2, 2), "BILINEAR", fill_mode="MIRROR")
    with pytest.raises(ShapeError, match="transforms of shape"):
        projective_v3(IMAGES, TRANSFORMS[:, :6], (2, 2), "BILINEAR")
