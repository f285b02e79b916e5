"""Functional models of single operations, as Keras writes them: every public operation, both ways."""
import gzip
import inspect
import json
import pathlib
import sys

import numpy as np
import pytest

import fastnn
from fastnn import ops
from fastnn.core.errors import FileFormatError, GraphError, UnknownNameError
from fastnn.layers.events import OpCall, PublicCall
from fastnn.ops import public

sys.path.insert(0, str(pathlib.Path(__file__).parent / "operations"))
import calls as written  # noqa: E402

STORED = json.loads(gzip.decompress(pathlib.Path(written.FILE).read_bytes()))
CALLS = written.calls()


def agree(got, stored):
    assert len(got) == len(stored)
    for a, (shape, dtype, values) in zip(got, stored, strict=True):
        assert list(a.shape) == shape and str(a.dtype) == dtype
        ours = written.brief(a)[2]
        np.testing.assert_allclose(ours, values, rtol=3e-5, atol=3e-6)


@pytest.mark.parametrize("name", [n for n in CALLS if "values" in STORED[n]])
def test_what_keras_writes_predicts_what_keras_predicts(name):
    model = fastnn.models.model_from_json(json.dumps(STORED[name]["config"]))
    _, arrays = written.model_of(fastnn, CALLS[name])
    agree(written.flat(model(arrays)), STORED[name]["values"])


def plain(config):
    """A model's config without what may differ: versions and the names of modules of layers."""
    return {"layers": [{k: v for k, v in entry.items() if k not in ("module", "registered_name", "build_config")
                        or entry["module"].startswith("keras.src.ops")} for entry in config["config"]["layers"]
                       if entry["class_name"] != "InputLayer"],
            "ends": config["config"]["output_layers"]}


@pytest.mark.parametrize("name", list(CALLS))
def test_the_config_is_the_one_that_keras_writes(name):
    model, arrays = written.model_of(fastnn, CALLS[name])
    assert plain(json.loads(model.to_json())) == plain(STORED[name]["config"])
    if "values" in STORED[name]:
        agree(written.flat(model(arrays)), STORED[name]["values"])
