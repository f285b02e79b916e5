"""The sets of points and the inputs made of them."""

import numpy as np
import pytest

from fastnn.playground.points import COUNT, FEATURES, SETS, columns, shuffled


def made(name, seed=1, noise=0.0):
    return SETS[name][2](np.random.RandomState(seed), COUNT, noise)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("noise", [0.0, 0.2, 0.5])
def test_each_set_lies_on_the_plane(name, noise):
    x, y = made(name, noise=noise)
    assert x.shape == (COUNT, 2) and y.shape == (COUNT,) and np.isfinite(x).all()
    assert np.mean(np.abs(x) <= 6) > 0.95
    if SETS[name][1] == "classification":
        assert set(y) == {0.0, 1.0} and 0.25 < y.mean() < 0.75
    else:
        assert -1 <= y.min() < -0.5 and 0.5 < y.max() <= 1


@pytest.mark.parametrize("name", SETS)
def test_a_seed_is_a_set(name):
    for a, b in zip(made(name, noise=0.1), made(name, noise=0.1), strict=True):
        assert np.array_equal(a, b)
    assert not np.array_equal(made(name, noise=0.1)[0], made(name, seed=2, noise=0.1)[0])


# without noise a formula says the target of each position
RULES = {
    "circle": lambda x: np.hypot(*x.T) < 3,
    "exclusive_or": lambda x: x[:, 0] * x[:, 1] > 0,
    "two_groups": lambda x: x.sum(1) > 0,
    "plane": lambda x: np.clip(x.sum(1) / 10, -1, 1),
}


@pytest.mark.parametrize("name", RULES)
def test_without_noise_the_rule_holds(name):
    x, y = made(name)
    wrong = np.abs(RULES[name](x) - y) > 1e-9
    assert wrong.mean() < (0.01 if name == "two_groups" else 1e-9)


@pytest.mark.parametrize("name", ["circle", "exclusive_or"])
def test_noise_blurs_the_border(name):
    x, y = made(name, noise=0.5)
    assert 0.02 < np.mean(RULES[name](x) != y) < 0.4


def test_the_arms_of_the_spiral_turn():
    x, y = made("spiral")
    for arm in (0, 1):
        radius, angle = np.hypot(*x[y == arm].T), np.unwrap(np.arctan2(*x[y == arm].T))
        assert (np.diff(radius) > 0).all() and np.ptp(angle[1:]) > 3 * np.pi
    assert np.allclose(x[y == 1], -x[y == 0])


def test_peaks_have_both_signs():
    x, y = made("many_peaks")
    for centre, sign in (((-4, 2.5), 1), ((0, 2.5), -1), ((4, 2.5), 1), ((-4, -2.5), -1), ((0, -2.5), 1)):
        near = np.hypot(*(x - centre).T) < 0.7
        assert near.any() and (sign * y[near] > 0.5).all()


@pytest.mark.parametrize("name", FEATURES)
def test_a_feature_is_its_expression_in_a_script(name):
    x1, x2 = np.random.RandomState(0).uniform(-6, 6, (2, 50)).astype("float32")
    _, text, function = FEATURES[name]
    expected = eval(text, {"np": np, "x1": x1, "x2": x2})
    assert expected.dtype == np.float32 and np.array_equal(function(x1, x2), expected)


def test_columns_of_the_users_own():
    x = np.arange(8, dtype="float32").reshape(2, 4)
    assert columns(x, ["column_4", "x1", "column_3"]).tolist() == [[3, 0, 2], [7, 4, 6]]


def test_shuffled_keeps_rows_together():
    x = np.arange(20.0).reshape(10, 2)
    a, b = shuffled(np.random.RandomState(3), x, x[:, 0])
    assert a.dtype == b.dtype == np.float32 and np.array_equal(a[:, 0], b) and sorted(b) == sorted(x[:, 0])
    assert not np.array_equal(a, x)
