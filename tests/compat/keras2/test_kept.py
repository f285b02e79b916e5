"""Classes of Keras 2: metrics, a constraint, layers, models and a schedule; numbers by its formulas in NumPy."""

import numpy as np
import pytest

import fastnn
from fastnn import layers
from fastnn.compat import names
from fastnn.compat.keras2 import kept
from fastnn.core.errors import ArgumentError, ShapeError

X = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")


def test_means_of_elements_and_relative_errors():
    mean = kept.MeanTensor(shape=(2,))
    mean.update_state(np.array([1.0, 4.0], "float32"), sample_weight=[1.0, 3.0])
    mean.update_state(np.array([3.0, 0.0], "float32"))
    np.testing.assert_allclose(mean.result(), [2.0, 3.0])
    with pytest.raises(ShapeError, match="same shape"):
        mean.update_state(np.ones(3, "float32"))
    with pytest.raises(ArgumentError, match="does not have any value"):
        kept.MeanTensor().result()
    error = kept.MeanRelativeError(normalizer=[1, 3, 2, 3])
    error.update_state([1, 3, 2, 3], [2, 4, 6, 8])
    assert float(error.result()) == pytest.approx(1.25)
    assert float(kept.SumOverBatchSize()([1.0, 3.0])) == 2.0


def test_kernels_that_are_alike_in_all_directions():
    w = np.arange(25.0).reshape(5, 5, 1, 1)
    found = np.asarray(kept.RadialConstraint()(w))[..., 0, 0]
    assert (found == found[::-1]).all() and (found == found[:, ::-1]).all() and (found == found.T).all()
    assert found[2, 2] == 12 and found[1, 2] == 7 and found[0, 0] == 2


def test_random_features_are_about_a_kernel():
    fastnn.utils.set_random_seed(1)
    features = kept.RandomFourierFeatures(4000, scale=2.0)
    z = np.asarray(features(X))
    distances = ((X[:, None] - X[None]) ** 2).sum(-1)
    np.testing.assert_allclose(2 * z @ z.T / 4000, np.exp(-distances / (2 * 2.0**2)), atol=0.08)
    assert not features.trainable_variables and len(features.variables) == 3
    with pytest.raises(ArgumentError, match="output_dim"):
        kept.RandomFourierFeatures(0)


def test_linear_and_deep_models_train():
    y = X @ np.array([[1.0], [2.0], [-1.0]], "float32")
    model = kept.WideDeepModel(kept.LinearModel(), fastnn.Sequential([layers.Dense(4, "relu"), layers.Dense(1)]))
    model.compile("adam", "mse")
    losses = model.fit(X, y, epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0] and model.predict(X, verbose=0).shape == (8, 1)
    several = kept.LinearModel(units=2, kernel_initializer="ones")
    np.testing.assert_allclose(several([X, X[:, :1]]), np.repeat((X.sum(1) + X[:, 0])[:, None], 2, 1), rtol=1e-5)


def test_every_name_is_found_under_the_aliases():
    found = {target for table in names.CLASSES.values() for target in table.values() if "keras2.kept" in target}
    assert {target.partition(":")[2] for target in found} == {
        "MeanTensor", "MeanRelativeError", "SumOverBatchSize", "RadialConstraint",
        "RandomFourierFeatures", "LinearModel", "WideDeepModel", "LinearCosineDecay"}  # fmt: skip
