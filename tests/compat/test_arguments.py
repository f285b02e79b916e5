"""Arguments of Keras 1 and 2 that meant more than another name of one of today."""

import pytest

from fastnn.compat.arguments import OLD, translate
from fastnn.core.errors import ArgumentError
from fastnn.layers import ZeroPadding2D

PADDINGS = {
    "all edges by name": ({"top_pad": 1, "bottom_pad": 2, "left_pad": 3, "right_pad": 4}, ((1, 2), (3, 4))),
    "one edge by name": ({"right_pad": 4}, ((0, 0), (0, 4))),
    "no edge by name": ({}, ((0, 0), (0, 0))),
    "four numbers": ((1, 2, 3, 4), ((1, 2), (3, 4))),
    "today's pairs": (((1, 2), (3, 4)), ((1, 2), (3, 4))),
    "two numbers": ((1, 2), ((1, 1), (2, 2))),
    "one number": (3, ((3, 3), (3, 3))),
}


@pytest.mark.parametrize(("old", "pairs"), PADDINGS.values(), ids=PADDINGS)
def test_padding_of_images(old, pairs):
    assert ZeroPadding2D(**translate(OLD["ZeroPadding2D"], {"padding": old})).padding == pairs


def test_padding_with_unknown_edges():
    with pytest.raises(ArgumentError, match=r"Unexpected key found in `padding` dictionary.*'top'"):
        translate(OLD["ZeroPadding2D"], {"padding": {"top": 1}})
