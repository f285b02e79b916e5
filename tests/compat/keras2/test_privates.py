"""What old code imports from inside the modules of Keras 1 and 2: every name of the tables leads somewhere."""

import importlib

import numpy as np
import pytest

from fastnn.compat import names
from fastnn.compat.keras2 import privates
from fastnn.core.errors import ArgumentError

EVERY = [(module, name, path) for module, table in privates.NAMES.items() for name, path in table.items()]


@pytest.mark.parametrize(("module", "name", "path"), EVERY, ids=[f"{m}.{n}" for m, n, _ in EVERY])
def test_names_lead_to_something(module, name, path):
    home, _, original = path.rpartition(":")
    assert getattr(importlib.import_module(f"fastnn.{home or module}"), original) is not None
    assert names.CLASSES[module][name]


def test_addresses_of_files():
    found = [url for table in privates.FILES.values() for url in table.values()]
    assert all(url.startswith("https://") for url in found)
    assert privates.FILES["applications.vgg16"]["TH_WEIGHTS_PATH_NO_TOP"].endswith(
        "v0.1/vgg16_weights_th_dim_ordering_th_kernels_notop.h5"
    )


def test_masks_of_dropout():
    ones = np.ones((64, 32), "float32")
    assert (np.asarray(privates.generate_dropout_mask(ones, 0.5, training=False)) == 1).all()
    first, second = privates.generate_dropout_mask(ones, 0.5, training=True, count=2)
    assert set(np.unique(first)) == {0.0, 2.0} and (np.asarray(first) != np.asarray(second)).any()


@pytest.mark.parametrize("call", [
    lambda: privates.standardize_args(["x", "h"], ["h"], None, None),
    lambda: privates.preprocess_padding("full"),
    lambda: privates.get_from_module("no", {}, "loss"),
])  # fmt: skip
def test_refusals(call):
    with pytest.raises(ArgumentError):
        call()


def test_things_of_a_module():
    table = {"twice": lambda x: lambda k=2: k * x}
    assert privates.get_from_module({"name": "twice", "x": 3}, table, "number")() == 6
    assert privates.get_from_module(len, table, "number") is len
    with pytest.raises(AttributeError):
        _ = privates.no_such_name
