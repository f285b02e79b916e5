"""Layers under the names and arguments of Keras 1."""

import pytest

from fastnn import layers
from fastnn.compat import keras1
from fastnn.core.gone import GONE
from fastnn.core.gone import OLD as ONCE

MADE = [
    (lambda: keras1.Convolution1D(4, 3, subsample_length=2), layers.Conv1D, {"kernel_size": (3,), "strides": (2,)}),
    (lambda: keras1.Convolution2D(4, 3, 5, border_mode="same"), layers.Conv2D,
     {"kernel_size": (3, 5), "padding": "same"}),
    (lambda: keras1.Convolution2D(4, 3, 3, atrous_rate=(2, 2)), layers.Conv2D, {"dilation_rate": (2, 2)}),
    (lambda: keras1.Convolution2D(nb_filter=4, nb_row=2, nb_col=3), layers.Conv2D, {"kernel_size": (2, 3)}),
    (lambda: keras1.Convolution3D(4, 3, 2, 1, subsample=(2, 1, 1)), layers.Conv3D,
     {"kernel_size": (3, 2, 1), "strides": (2, 1, 1)}),
    (lambda: keras1.Convolution3D(4, kernel_dim1=3, kernel_dim2=2, kernel_dim3=1), layers.Conv3D,
     {"kernel_size": (3, 2, 1)}),
    (lambda: keras1.Deconvolution2D(4, 3, 3, (None, 8, 8, 4), subsample=(2, 2)), layers.Conv2DTranspose,
     {"kernel_size": (3, 3), "strides": (2, 2)}),
    (lambda: keras1.Deconvolution2D(4, 3, 3, output_shape=(None, 8, 8, 4), border_mode="same"), layers.Conv2DTranspose,
     {"padding": "same"}),
]  # fmt: skip


@pytest.mark.parametrize(("make", "kind", "expected"), MADE)
def test_arguments(make, kind, expected):
    layer = make()
    assert type(layer) is kind and layer.filters == 4
    assert {name: getattr(layer, name) for name in expected} == expected


def test_what_only_old_scripts_find_is_not_gone():
    assert not GONE.keys() & ONCE.keys()
