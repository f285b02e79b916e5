"""ONNX files beside predict, in onnxruntime (tox -e onnx)."""

import numpy as np
import onnx
import onnxruntime
import pytest
from exported import MODELS


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("rows", [1, 5])
def test_onnxruntime_gives_what_predict_gives(tmp_path, name, rows):
    model = MODELS[name]()
    model.export(tmp_path / "m.onnx", verbose=False)
    draw, values = np.random.default_rng(1), []
    for x in model.inputs:
        size = [rows, *(d or 7 for d in x.shape[1:])]
        values.append((draw.integers(0, 20, size) if x.dtype == "int32" else draw.normal(size=size)).astype(x.dtype))
    expected = model.predict(values if len(values) > 1 else values[0], verbose=0)
    session = onnxruntime.InferenceSession(str(tmp_path / "m.onnx"), providers=["CPUExecutionProvider"])
    assert [o.name for o in session.get_outputs()] == model.output_names
    found = session.run(None, {i.name: v for i, v in zip(session.get_inputs(), values)})
    for a, b in zip(found, expected if isinstance(expected, list) else [expected], strict=True):
        np.testing.assert_allclose(a, b, rtol=3e-5, atol=3e-6)


def test_the_file_states_its_opset_and_an_open_batch(tmp_path):
    MODELS["dense"]().export(tmp_path / "m.onnx", verbose=False)
    model = onnx.load(tmp_path / "m.onnx")
    assert [o.version for o in model.opset_import] == [17]
    assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"
