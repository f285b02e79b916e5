"""Images sampled at other places, beside scipy.ndimage."""

import numpy as np
import pytest

from fastnn.utils.resampling import affine


# What scipy.ndimage.affine_transform (1.17) makes of a row [0, 1, 2, 3] moved by 0.25 and by 2.5, order 1, cval 9.
@pytest.mark.parametrize(
    ("fill_mode", "by_a_quarter", "by_two_and_a_half"),
    [
        ("constant", [0.25, 1.25, 2.25, 9.0], [2.5, 9.0, 9.0, 9.0]),
        ("nearest", [0.25, 1.25, 2.25, 3.0], [2.5, 3.0, 3.0, 3.0]),
        ("reflect", [0.25, 1.25, 2.25, 3.0], [2.5, 3.0, 2.5, 1.5]),
        ("wrap", [0.25, 1.25, 2.25, 0.25], [2.5, 0.5, 1.5, 2.5]),
    ],
)
def test_what_lies_outside_is_scipys(fill_mode, by_a_quarter, by_two_and_a_half):
    row = np.arange(4.0).reshape(1, 4, 1)
    for by, expected in ((0.25, by_a_quarter), (2.5, by_two_and_a_half)):
        matrix = np.array([[1, 0, 0], [0, 1, by], [0, 0, 1]])
        assert affine(row, matrix, fill_mode, 9.0).ravel().tolist() == expected
