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
from fastnn.layers.events import PublicCall
from fastnn.ops import public

sys.path.insert(0, str(pathlib.Path(__file__).parent / "operations"))
import calls as written

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


def unnamed(value):
    """The config of an operation without its name, which its entry has, too, and ExtractPatches leaves out."""
    return {k: v for k, v in value.items() if k != "name"} if isinstance(value, dict) else value


def plain(config):
    """A model's config without what may differ: versions and the names of modules of layers."""
    return {
        "layers": [
            {
                k: unnamed(v) if k == "config" and entry["module"].startswith("keras.src.ops") else v
                for k, v in entry.items()
                if k not in ("module", "registered_name", "build_config") or entry["module"].startswith("keras.src.ops")
            }
            for entry in config["config"]["layers"]
            if entry["class_name"] != "InputLayer"
        ],
        "ends": config["config"]["output_layers"],
    }


@pytest.mark.parametrize("name", list(CALLS))
def test_the_config_is_the_one_that_keras_writes(name):
    model, arrays = written.model_of(fastnn, CALLS[name])
    assert plain(json.loads(model.to_json())) == plain(STORED[name]["config"])
    if "values" in STORED[name]:
        agree(written.flat(model(arrays)), STORED[name]["values"])


def test_rows_speak_of_parameters_that_are_there():
    for name, row in public.rows().items():
        function = ops.public_function(name)
        if function is not None and name not in public.TAKE_FUNCTIONS | public.NOT_RECORDED:
            taken = set(inspect.signature(function).parameters)
            said = {n.lstrip("*") for n in (*row.config, *row.arguments, *row.keywords)}
            assert said - set(row.defaults) <= taken, (name, said - taken)


# Their results depend on values, or they are calculated on arrays alone: on symbols they are errors, never numbers.
ARRAYS_ONLY = {
    "argwhere", "array_equal", "cov", "eig", "histogram", "indices", "interp", "nanmedian", "nanpercentile",
    "nanquantile", "nonzero", "polar", "unique", "view", "view_as_complex", "view_as_real",
}  # fmt: skip
# Numbers and symbols of which none need be a tensor.
MAKERS = {"arange", "full", "geomspace", "scatter", "size"}
OWN = {"squared_difference": "o.squared_difference(x, z)", "copysign": "o.copysign(x, z)",
       "affine": "o.affine(x, 2.0, 1.0)",
       "float_power": "o.float_power(x, y)", "l2_normalize": "o.l2_normalize(z)", "digitize": "o.digitize(x, A)",
       "group_normalization": "o.group_normalization(x, groups=2)", "mish": "o.mish(z)", "soft_sign": "o.soft_sign(z)",
       "exponential": "o.exponential(z)",
       "conv_transpose": "o.conv_transpose(w, o.reshape(x[0], (3, 2, 4)), strides=2)",
       "activations.mish": "a.mish(z)", "clip by a symbol": "o.clip(z, s, x)",
       "rearrange": "o.rearrange(x, 'b t f -> b f t')",
       "rearrange with a size": "o.rearrange(x, 'b (t k) f -> b t (f k)', k=2)",
       "ctc_decode by beams": "o.ctc_decode(z, i[:, 0, 0] * 0 + 3, 'beam_search', beam_width=4, top_paths=2)",
       "norm of matrices": "o.norm(x, ord=2, axis=(1, 2))",
       "max of two": "o.max(z, axis=1, initial=0.5)",
       "quantile by a symbol": "o.take(z, i[0, 0], axis=2)", "getitem": "o.getitem(z, (slice(None), 1))"}  # fmt: skip


def test_every_public_operation_is_tried():
    text = " ".join([*CALLS.values(), *OWN.values()])
    missing = [n for n in ops.__all__ if f"o.{n}(" not in text]
    assert set(missing) <= ARRAYS_ONLY | MAKERS | public.NOT_RECORDED | public.TAKE_FUNCTIONS, missing


@pytest.mark.parametrize("name", list(OWN))
def test_operations_of_fastnn_alone_come_back(name):
    model, arrays = written.model_of(fastnn, OWN[name])
    again = fastnn.models.model_from_json(model.to_json())
    assert [op.name for op in again.operations] == [op.name for op in model.operations]
    assert json.loads(again.to_json()) == json.loads(model.to_json())
    for a, b in zip(written.flat(model(arrays)), written.flat(again(arrays)), strict=True):
        np.testing.assert_array_equal(a, b)


def test_one_call_is_one_event_of_the_public_operation():
    i = fastnn.Input((4,), name="i")
    model = fastnn.Model(i, ops.relu6(ops.logsumexp(i, axis=1, keepdims=True)) + 1)
    assert [type(op) for op in model.operations[1:]] == [PublicCall] * 3
    assert [op.row.class_name for op in model.operations[1:]] == ["Logsumexp", "Relu6", "Add"]


def older():
    return json.loads(gzip.decompress((pathlib.Path(written.FILE).parent / "older.json.gz").read_bytes()))


@pytest.mark.parametrize("name", [n for n in older() if "values" in STORED.get(n, ())])
def test_files_from_before_public_calls_were_recorded_still_load(name):
    model = fastnn.models.model_from_json(json.dumps(older()[name]))
    agree(written.flat(model(written.model_of(fastnn, CALLS[name])[1])), STORED[name]["values"])


def config_of(module, kind, config, args=1):
    """A model of one operation."""
    x = {
        "class_name": "__keras_tensor__",
        "config": {"shape": [None, 3], "dtype": "float32", "keras_history": ["i", 0, 0]},
    }
    layers = [
        {
            "module": "keras.layers",
            "class_name": "InputLayer",
            "registered_name": None,
            "name": "i",
            "config": {"batch_shape": [None, 3], "dtype": "float32", "name": "i"},
            "inbound_nodes": [],
        },
        {
            "module": module,
            "class_name": kind,
            "config": {"name": "op", **config},
            "registered_name": kind,
            "name": "op",
            "inbound_nodes": [{"args": [x] * args, "kwargs": {}}],
        },
    ]
    return json.dumps({"module": "keras.src.models.functional", "class_name": "Functional",
                       "registered_name": "Functional", "config": {"name": "m", "trainable": True, "layers": layers,
                                  "input_layers": [["i", 0, 0]], "output_layers": [["op", 0, 0]]}})  # fmt: skip


@pytest.mark.parametrize(
    "module, kind, config, args, error",
    [
        ("keras.src.ops.nn", "Relu7", {}, 1, UnknownNameError),
        ("keras.src.ops.numpy", "Clip", {"low": 1}, 1, FileFormatError),
        ("keras.src.ops.math", "ViewAsComplex", {}, 1, FileFormatError),
        ("keras.src.ops.numpy", "Add", {}, 3, FileFormatError),
        ("fastnn.ops", "Nothing", {}, 1, UnknownNameError),
    ],
)
def test_what_is_no_operation_is_an_error(module, kind, config, args, error):
    with pytest.raises(error, match=r"(?s)eceived|Unknown|not there|no complex"):
        fastnn.models.model_from_json(config_of(module, kind, config, args))


def test_an_operation_without_a_kernel_is_an_error_and_not_zeros():
    from fastnn.compiler.eager import EagerPlan
    from fastnn.graph import Spec, current
    from fastnn.ops.op import REGISTRY

    def direct(x):  # past `apply`, which takes a composite apart
        return current().add(REGISTRY["relu6"], (x,), {}, [Spec(x.shape, x.dtype)]).outputs[0]

    with pytest.raises(GraphError, match="has no kernel"):
        EagerPlan(direct, [((2, 3), "float32")])


@fastnn.saving.register_keras_serializable("tests")
def twice(x):
    return {"a": x + x, "b": ops.sum(x)}


def test_a_map_of_a_registered_function_is_saved_by_its_name(tmp_path):
    i = fastnn.Input((10,))
    model = fastnn.Model(i, ops.vectorized_map(twice, i))
    x = np.random.default_rng(0).random((5, 10), "float32")
    model.save(tmp_path / "m.keras")
    for again in (fastnn.Model.from_config(model.get_config()), fastnn.saving.load_model(tmp_path / "m.keras")):
        for name, want in model(x).items():
            np.testing.assert_array_equal(again(x)[name], want)


@pytest.mark.parametrize("function", ["relu", None, 3])
def test_a_map_of_anything_else_is_refused(function):
    with pytest.raises(FileFormatError, match="runs functions"):
        fastnn.models.model_from_json(config_of("keras.src.ops.core", "VectorizedMap", {"function": function}, 1))
