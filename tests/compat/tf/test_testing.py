"""tf.test.TestCase under the aliases: assertions that hold, and those that do not."""

import numpy as np
import pytest

import fastnn
from fastnn.compat.tf import testing as tf_testing

case = tf_testing.TestCase("test_session")
HOLDS = [
    ("assertAllClose", [1.0, 2.0], np.array([1.0, 2.0 + 1e-7])),
    ("assertAllClose", {"a": [1.0], "b": (2.0, [3.0, 4.0])}, {"a": np.ones(1), "b": (2.0, np.array([3.0, 4.0]))}),
    ("assertAllEqual", np.array(["a"]), np.array([b"a"], object)), ("assertAllEqual", [1, 2], np.array([1, 2])),
    ("assertNotAllClose", [1.0], [1.1]), ("assertNotAllEqual", [1], [2]), ("assertNear", 1.0, 1.01, 0.1),
    ("assertArrayNear", [1.0], [1.01], 0.1), ("assertNDArrayNear", np.ones(2), np.ones(2), 1e-9),
    ("assertAllGreater", [1, 2], 0), ("assertAllGreaterEqual", [1, 2], 1), ("assertAllLess", [1, 2], 3),
    ("assertAllLessEqual", [1, 2], 2), ("assertAllInRange", [0.0, 1.0], 0.0, 1.0), ("assertAllInSet", [1, 1], {1, 2}),
    ("assertShapeEqual", np.ones((2, 3)), np.zeros((2, 3))), ("assertDTypeEqual", np.ones(2, "float32"), "float32"),
    ("assertEmpty", []), ("assertNotEmpty", [1]), ("assertLen", [1], 1), ("assertBetween", 2, 1, 3),
    ("assertStartsWith", "abc", "ab"), ("assertEndsWith", "abc", "bc"),
    ("assertAllCloseAccordingToType", np.ones(1, "float16"), np.float16([1.0005])),
]  # fmt: skip
FAILS = [
    ("assertAllClose", [1.0, 2.0], np.array([1.0, 2.1])), ("assertAllClose", [1.0, 2.0], np.ones((2, 1))),
    ("assertAllClose", {"a": [1.0]}, {"a": [2.0]}), ("assertAllEqual", [1], [2]), ("assertNotAllClose", [1.0], [1.0]),
    ("assertNear", 1.0, 2.0, 0.1), ("assertAllGreater", [1, 2], 1), ("assertAllLess", [1, 2], 2),
    ("assertAllInRange", [0.0, 1.0], 0.0, 1.0, True), ("assertAllInSet", [1, 3], {1, 2}),
    ("assertShapeEqual", np.ones((2, 3)), np.zeros((3, 2))), ("assertDTypeEqual", np.ones(2, "float32"), "int32"),
    ("assertEmpty", [1]), ("assertNotEmpty", []), ("assertLen", [1], 2), ("assertBetween", 4, 1, 3),
    ("assertStartsWith", "abc", "b"), ("assertAllCloseAccordingToType", np.ones(1), np.array([1.0005])),
]  # fmt: skip


@pytest.mark.parametrize("row", HOLDS, ids=lambda row: row[0])
def test_holds(row):
    getattr(case, row[0])(*row[1:])


@pytest.mark.parametrize("row", FAILS, ids=lambda row: row[0])
def test_fails(row):
    with pytest.raises(AssertionError):
        getattr(case, row[0])(*row[1:])


def test_values_folders_and_sessions(tmp_path):
    assert case.evaluate({"a": fastnn.Variable(3.0), "b": [1]}) == {"a": 3.0, "b": [1]}
    with case.session() as session:
        assert session.run(fastnn.Variable([1.0])).tolist() == [1.0]
    with case.assertRaisesOpError("too large"):
        raise ValueError("it is too large")


def test_gradients_and_differences():
    exact, near = tf_testing.compute_gradient(lambda x, y: x**2 * y, [np.array([1.0, 2.0]), np.array([3.0, 4.0])])
    for a, b, slope in zip(exact, near, ([6.0, 16.0], [1.0, 4.0])):
        np.testing.assert_allclose(a, np.diag(slope), rtol=1e-6)
        np.testing.assert_allclose(a, b, atol=1e-6)
