"""Parts of the models of keras.applications."""

import numpy as np
import pytest

from fastnn import Input, Model
from fastnn.compat.keras2 import blocks as old

X = np.random.default_rng(0).random((2, 8, 8, 8)).astype("float32")
BLOCKS = [
    (lambda x: old.identity_block(x, 3, [2, 3, 8], 2, "b"), (8, 8, 8), "res2b_branch2a"),
    (lambda x: old.conv_block(x, 3, [2, 3, 6], 3, "a"), (4, 4, 6), "bn3a_branch1"),
    (lambda x: old.conv2d_bn(x, 5, 3, 1, name="c"), (8, 8, 5), "c_bn"),
    (lambda x: old.conv2d_bn_resnet(x, 5, 3, strides=2, name="c"), (4, 4, 5), "c_ac"),
    (lambda x: old.conv2d_bn_resnet(x, 5, 1, activation=None, use_bias=True, name="c"), (8, 8, 5), "c"),
    (lambda x: old._conv_block(x, 8, 0.5, strides=(2, 2)), (4, 4, 4), "conv1_relu"),
    (lambda x: old._depthwise_conv_block(x, 8, 0.5, block_id=3), (8, 8, 4), "conv_pw_3_bn"),
    (lambda x: old._depthwise_conv_block(x, 8, 1, strides=(2, 2)), (4, 4, 8), "conv_pad_1"),
    (lambda x: old.dense_block(x, 2, "d"), (8, 8, 72), "d_block2_concat"),
    (lambda x: old.transition_block(x, 0.5, "t"), (4, 4, 4), "t_pool"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "shape", "name"), BLOCKS)
def test_blocks(make, shape, name):
    i = Input((8, 8, 8))
    model = Model(i, make(i))
    assert model.output_shape == (None, *shape) and name in [layer.name for layer in model.layers]
    assert np.isfinite(model.predict(X, verbose=0)).all()


def test_multiples():
    assert [old._make_divisible(v, 8) for v in (1, 12, 20, 100)] == [8, 16, 24, 104]
