"""tf.test: unittest's TestCase with TensorFlow's assertions on arrays."""

import contextlib
import shutil
import tempfile
import unittest

import numpy as np

from fastnn import gradients, utils
from fastnn.compat.tf.devices import Session
from fastnn.compat.tf.values import operand
from fastnn.core import dtypes, tree
from fastnn.graph import Symbol, Variable
from fastnn.graph.tensor import Tensor as Lazy


def _values(x):
    """Arrays in the places of tensors and variables of a structure."""
    leaf = lambda v: np.asarray(v.numpy()) if isinstance(v, (Variable, Lazy)) else v
    return tree.map_structure(leaf, x) if isinstance(x, (list, tuple, dict)) else leaf(x)


def _array(x):
    return x.to_tensor() if hasattr(x, "to_tensor") else np.asarray(_values(x))


class TestCase(unittest.TestCase):
    """unittest.TestCase with assertions on arrays; each test begins with the same random numbers."""

    def setUp(self):
        """Set the seeds."""
        super().setUp()
        utils.set_random_seed(87654321 % 2**31)

    def evaluate(self, tensors):
        """Tensors and variables of a structure as arrays.

        Args:
            tensors: the structure.
        """
        if isinstance(tensors, Symbol) and not isinstance(tensors, Lazy):
            return Session().run(tensors)
        return tree.map_structure(lambda v: np.asarray(v)[()] if hasattr(v, "__array__") else v, tensors)

    @contextlib.contextmanager
    def session(self, graph=None, config=None, use_gpu=True, force_gpu=False):
        """A block with a Session.

        Args:
            graph, config, use_gpu, force_gpu: of no effect.
        """
        yield Session()

    cached_session = session

    def test_session(self, *args, **kwargs):
        """As `session`; no test, though its name begins so.

        Args:
            args, kwargs: as of `session`.
        """
        if self.id().endswith(".test_session"):
            self.skipTest("Not a test.")
        return self.session(*args, **kwargs)

    def get_temp_dir(self):
        """A folder that is deleted after the test."""
        if not hasattr(self, "_folder"):
            self._folder = tempfile.mkdtemp()
            self.addCleanup(shutil.rmtree, self._folder, ignore_errors=True)
        return self._folder

    # ---- values --------------------------------------------------------------------------------------------------
    def assertAllClose(self, a, b, rtol=1e-6, atol=1e-6, msg=None):
        """That numbers are near: of arrays, or of structures of the same form.

        Args:
            a, b: the structures.
            rtol, atol: as of numpy.testing.assert_allclose.
            msg: said when they are not.
        """
        if isinstance(a, dict) or isinstance(b, dict):
            self.assertIsInstance(a, dict)
            self.assertCountEqual(a.keys(), b.keys(), msg)
            for key in a:
                self.assertAllClose(a[key], b[key], rtol, atol, f"{msg or ''} at {key!r}")
            return
        if isinstance(a, (list, tuple)):
            try:
                np.asarray(_values(a), float)
            except (TypeError, ValueError):
                self.assertEqual(len(a), len(b), msg)
                for k, pair in enumerate(zip(a, b)):
                    self.assertAllClose(*pair, rtol, atol, f"{msg or ''} at {k}")
                return
        x, y = _array(a), _array(b)
        self.assertEqual(x.shape, y.shape, msg)
        np.testing.assert_allclose(x, y, rtol, atol, err_msg=msg or "")

    def assertAllEqual(self, a, b, msg=None):
        """That arrays are equal; a NaN is equal to a NaN.

        Args:
            a, b: arrays.
            msg: said when they are not.
        """
        x, y = _array(a), _array(b)
        self.assertEqual(x.shape, y.shape, msg)
        text = [v.dtype.kind in "OSU" for v in (x, y)]
        if any(text):
            x, y = (np.vectorize(lambda s: s.decode() if isinstance(s, bytes) else s, [object])(v) for v in (x, y))
        np.testing.assert_array_equal(x, y, err_msg=msg or "")

    def _refuse(self, check, *args, msg=None, **kwargs):
        try:
            check(*args, **kwargs)
        except AssertionError:
            return
        self.fail(msg or "The two values are close at all elements.")

    def assertNotAllClose(self, a, b, rtol=1e-6, atol=1e-6, msg=None):
        """That numbers are not near.

        Args:
            a, b, rtol, atol, msg: as of assertAllClose.
        """
        self._refuse(self.assertAllClose, a, b, rtol, atol, msg=msg)

    def assertNotAllEqual(self, a, b, msg=None):
        """That arrays are not equal.

        Args:
            a, b, msg: as of assertAllEqual.
        """
        self._refuse(self.assertAllEqual, a, b, msg=msg)

    def assertAllCloseAccordingToType(self, a, b, rtol=1e-6, atol=1e-6, float_rtol=1e-6, float_atol=1e-6,
                                      half_rtol=1e-3, half_atol=1e-3, bfloat16_rtol=1e-2, bfloat16_atol=1e-2,
                                      msg=None):  # fmt: skip
        """That numbers are near, as near as their dtype can say.

        Args:
            a, b: arrays.
            rtol, atol, float_rtol, float_atol, half_rtol, half_atol, bfloat16_rtol, bfloat16_atol: by dtype.
            msg: said when they are not.
        """
        kinds = {dtypes.standardize(getattr(operand(v), "dtype", "float64")) for v in (a, b)}
        for kind, wide in (("float32", (float_rtol, float_atol)), ("float16", (half_rtol, half_atol)),
                           ("bfloat16", (bfloat16_rtol, bfloat16_atol))):  # fmt: skip
            if kind in kinds:
                rtol, atol = max(rtol, wide[0]), max(atol, wide[1])
        self.assertAllClose(a, b, rtol, atol, msg)

    def assertNear(self, f1, f2, err, msg=None):
        """That two numbers are at most err apart.

        Args:
            f1, f2, err: numbers.
            msg: said when they are not.
        """
        self.assertTrue(f1 == f2 or abs(f1 - f2) <= err, msg or f"{f1} and {f2} are more than {err} apart")

    def assertArrayNear(self, farray1, farray2, err, msg=None):
        """That the numbers of two lists are at most err apart.

        Args:
            farray1, farray2: lists.
            err: a number.
            msg: said when they are not.
        """
        self.assertEqual(len(farray1), len(farray2), msg)
        for f1, f2 in zip(farray1, farray2):
            self.assertNear(float(f1), float(f2), err, msg)

    def assertNDArrayNear(self, ndarray1, ndarray2, err, msg=None):
        """That two arrays are at most err apart, as the length of their difference.

        Args:
            ndarray1, ndarray2: arrays.
            err: a number.
            msg: said when they are not.
        """
        self.assertLessEqual(np.linalg.norm(np.asarray(ndarray1) - np.asarray(ndarray2)), err, msg)

    def _all(self, holds, target, words):
        found = _array(target)
        self.assertTrue(np.all(holds(found)), f"not all values are {words}: {found}")

    def assertAllGreater(self, a, comparison_target):
        """That all values are greater.

        Args:
            a: an array.
            comparison_target: a number.
        """
        self._all(lambda x: x > comparison_target, a, f"> {comparison_target}")

    def assertAllGreaterEqual(self, a, comparison_target):
        """That all values are greater or equal.

        Args:
            a: an array.
            comparison_target: a number.
        """
        self._all(lambda x: x >= comparison_target, a, f">= {comparison_target}")

    def assertAllLess(self, a, comparison_target):
        """That all values are less.

        Args:
            a: an array.
            comparison_target: a number.
        """
        self._all(lambda x: x < comparison_target, a, f"< {comparison_target}")

    def assertAllLessEqual(self, a, comparison_target):
        """That all values are less or equal.

        Args:
            a: an array.
            comparison_target: a number.
        """
        self._all(lambda x: x <= comparison_target, a, f"<= {comparison_target}")

    def assertAllInRange(self, target, lower_bound, upper_bound, open_lower_bound=False, open_upper_bound=False):
        """That all values lie in a range.

        Args:
            target: an array.
            lower_bound, upper_bound: numbers.
            open_lower_bound, open_upper_bound: whether a bound is outside.
        """
        low = (lambda x: x > lower_bound) if open_lower_bound else (lambda x: x >= lower_bound)
        high = (lambda x: x < upper_bound) if open_upper_bound else (lambda x: x <= upper_bound)
        self._all(lambda x: low(x) & high(x), target, f"between {lower_bound} and {upper_bound}")

    def assertAllInSet(self, target, expected_set):
        """That all values are among some.

        Args:
            target: an array.
            expected_set: the values.
        """
        self._all(lambda x: np.isin(x, list(expected_set)), target, f"among {expected_set}")

    def assertShapeEqual(self, input_a, input_b, msg=None):
        """That shapes are equal.

        Args:
            input_a, input_b: tensors.
            msg: said when they are not.
        """
        self.assertEqual(tuple(input_a.shape), tuple(input_b.shape), msg)

    def assertDTypeEqual(self, target, expected_dtype):
        """That a tensor has a dtype.

        Args:
            target: the tensor.
            expected_dtype: a dtype.
        """
        self.assertEqual(dtypes.standardize(operand(target).dtype), dtypes.standardize(expected_dtype))

    # ---- of lists and errors -------------------------------------------------------------------------------------
    def assertEmpty(self, container, msg=None):
        """That nothing is in a container.

        Args:
            container: what has a length.
            msg: said when there is.
        """
        self.assertEqual(len(container), 0, msg)

    def assertNotEmpty(self, container, msg=None):
        """That something is in a container.

        Args:
            container: what has a length.
            msg: said when there is nothing.
        """
        self.assertNotEqual(len(container), 0, msg)

    def assertLen(self, container, expected_len, msg=None):
        """That so many things are in a container.

        Args:
            container: what has a length.
            expected_len: an int.
            msg: said when there are not.
        """
        self.assertEqual(len(container), expected_len, msg)

    def assertBetween(self, value, minv, maxv, msg=None):
        """That a value lies in a range.

        Args:
            value, minv, maxv: numbers.
            msg: said when it does not.
        """
        self.assertTrue(minv <= value <= maxv, msg or f"{value} is not between {minv} and {maxv}")

    def assertStartsWith(self, actual, expected_start, msg=None):
        """That a text begins with another.

        Args:
            actual, expected_start: str.
            msg: said when it does not.
        """
        self.assertTrue(actual.startswith(expected_start), msg or f"{actual!r} does not begin with {expected_start!r}")

    def assertEndsWith(self, actual, expected_end, msg=None):
        """That a text ends with another.

        Args:
            actual, expected_end: str.
            msg: said when it does not.
        """
        self.assertTrue(actual.endswith(expected_end), msg or f"{actual!r} does not end with {expected_end!r}")

    def assertRaisesWithPredicateMatch(self, exception_type, expected_err_re_or_predicate):
        """A block that raises an error whose words match.

        Args:
            exception_type: its class.
            expected_err_re_or_predicate: a pattern.
        """
        return self.assertRaisesRegex(exception_type, expected_err_re_or_predicate)

    def assertRaisesOpError(self, expected_err_re_or_predicate):
        """A block that raises an error whose words match.

        Args:
            expected_err_re_or_predicate: a pattern.
        """
        return self.assertRaisesRegex(Exception, expected_err_re_or_predicate)


def main(argv=None):
    """Run the tests of the script.

    Args:
        argv: as of unittest.main.
    """
    unittest.main(argv=argv)


def compute_gradient(f, x, delta=None):
    """The derivatives of f by its gradients and by differences, each a list of matrices (inputs, outputs).

    Args:
        f: a function of the arrays x.
        x: a list of arrays.
        delta: the difference; 1/1024 if None.
    """
    delta = 1 / 1024 if delta is None else delta
    variables = [Variable(np.asarray(v)) for v in x]
    with gradients.GradientTape(persistent=True) as tape:
        y = f(*variables)
    exact = [np.asarray(tape.jacobian(y, v)).reshape(-1, v.size).T for v in variables]
    near = []
    for k, v in enumerate(x):
        rows = []
        for place in range(np.size(v)):
            pair = []
            for sign in (1, -1):
                moved = [np.array(w, copy=True) for w in x]
                moved[k].reshape(-1)[place] += sign * delta
                pair.append(np.asarray(f(*(operand(w) for w in moved))).reshape(-1))
            rows.append((pair[0] - pair[1]) / (2 * delta))
        near.append(np.stack(rows))
    return exact, near


NAMES = {f"test.{n}": f"compat.tf.testing:{n}" for n in ("TestCase", "main", "compute_gradient")}
