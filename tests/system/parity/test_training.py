"""Whole training runs give the numbers of Keras 3: histories, their names, weights, evaluations (see cases.py)."""

import importlib.util
import os

import numpy as np
import pytest

import fastnn

_spec = importlib.util.spec_from_file_location("parity_cases", os.path.join(os.path.dirname(__file__), "cases.py"))
cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(cases)
EXPECTED = dict(np.load(cases.FILE))


@pytest.fixture(scope="module")
def found():
    return cases.run(fastnn)


@pytest.mark.parametrize("name", sorted({k.split("/")[0] for k in EXPECTED if "/" in k}))
def test_the_numbers_of_keras(found, name):
    for what in ("names", "keys"):
        assert list(found[f"{name}/{what}"]) == list(EXPECTED[f"{name}/{what}"])
    for what in ("history", "weights", "evaluate"):
        np.testing.assert_allclose(
            found[f"{name}/{what}"], EXPECTED[f"{name}/{what}"], rtol=2e-4, atol=2e-5, err_msg=what
        )
