"""Lambda: what its config holds."""

import numpy as np
import pytest

from fastnn import Input, Sequential, layers, models, saving


@saving.register_keras_serializable("lambdas")
def standardized(x, mean, by):
    return (x - mean) / by["deviation"]


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_arguments_that_are_arrays_come_back(tmp_path, ending):
    arguments = {"mean": np.array([1.0, 2.0], "float32"), "by": {"deviation": np.float32(2)}}
    model = Sequential([Input((2,)), layers.Lambda(standardized, arguments=arguments)])
    path = str(tmp_path / f"m{ending}")
    model.save(path)
    x = np.array([[3.0, 6.0]], "float32")
    np.testing.assert_array_equal(models.load_model(path).predict(x, verbose=0), [[1.0, 2.0]])
    np.testing.assert_array_equal(models.clone_model(model).predict(x, verbose=0), [[1.0, 2.0]])
