"""Functions that change one image, as keras.preprocessing.image had them."""

import numpy as np
import pytest

from fastnn.compat.keras2 import images as old
from fastnn.core.errors import ArgumentError

X = np.random.default_rng(0).random((6, 5, 3)).astype("float32")
LAST = {"row_axis": 0, "col_axis": 1, "channel_axis": 2}


def _draws(*ranges):
    np.random.seed(3)  # noqa: NPY002
    found = [np.random.uniform(a, b) for a, b in ranges]  # noqa: NPY002
    np.random.seed(3)  # noqa: NPY002
    return found


def test_random_changes_are_those_of_numpys_draws():
    (theta,) = _draws((-20, 20))
    np.testing.assert_array_equal(old.random_rotation(X, 20, **LAST), old.apply_affine_transform(X, theta=theta))
    down, right = _draws((-0.4, 0.4), (-0.2, 0.2))
    wanted = old.apply_affine_transform(X, tx=down * 6, ty=right * 5)
    np.testing.assert_array_equal(old.random_shift(X, 0.2, 0.4, **LAST), wanted)
    (shear,) = _draws((-9, 9))
    np.testing.assert_array_equal(old.random_shear(X, 9, 0, 1, 2), old.apply_affine_transform(X, shear=shear))
    zx, zy = _draws((0.5, 2), (0.5, 2))
    np.testing.assert_array_equal(old.random_zoom(X, (0.5, 2), **LAST), old.apply_affine_transform(X, zx=zx, zy=zy))
    np.testing.assert_array_equal(old.random_zoom(X, (1, 1), **LAST), X)
    (by,) = _draws((-0.3, 0.3))
    np.testing.assert_array_equal(old.random_channel_shift(X, 0.3), np.clip(X + np.float32(by), X.min(), X.max()))
    (factor,) = _draws((0.5, 1.5))
    np.testing.assert_array_equal(old.random_brightness(X, (0.5, 1.5)), old.apply_brightness_shift(X, factor))
    for wrong in (lambda: old.random_zoom(X, (1, 2, 3)), lambda: old.random_brightness(X, (1,))):
        with pytest.raises(ArgumentError, match="two floats"):
            wrong()


def test_maps_of_places():
    quarter = old.apply_affine_transform(X[:5], theta=90)
    np.testing.assert_allclose(quarter, np.rot90(X[:5], 1), atol=1e-5)
    first = np.moveaxis(X, -1, 0)
    moved = old.apply_affine_transform(
        first, ty=2, row_axis=1, col_axis=2, channel_axis=0, fill_mode="constant", cval=7.0
    )
    np.testing.assert_allclose(moved[:, :4], first[:, 2:], atol=1e-6)
    assert (moved[:, 4:] == 7).all()
    matrix = old.transform_matrix_offset_center(np.diag([-1.0, -1.0, 1.0]), 6, 5)
    np.testing.assert_allclose(old.apply_transform(X, matrix, 2), X[::-1, ::-1], atol=1e-6)
    np.testing.assert_array_equal(old.flip_axis(X, 1), X[:, ::-1])


def test_pictures_of_a_folder(tmp_path):
    (tmp_path / "below").mkdir()
    for name in ("a.png", "b.txt", "below/c.jpeg"):
        (tmp_path / name).write_bytes(b"")
    found = sorted(old.list_pictures(tmp_path))
    assert found == [str(tmp_path / "a.png"), str(tmp_path / "below" / "c.jpeg")]
    assert old.list_pictures(tmp_path, "txt") == [str(tmp_path / "b.txt")]
