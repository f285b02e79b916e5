"""ONNX files beside predict, in onnxruntime, and models that are read from ONNX files (tox -e onnx)."""

from pathlib import Path

import exported
import numpy as np
import onnx
import onnxruntime
import pytest
from exported import MASKED, MODELS
from onnx import TensorProto, helper, numpy_helper

import fastnn
from fastnn.core.errors import FileFormatError, MissingFileError, NotSupportedError


def drawn(model, rows):
    draw = np.random.default_rng(1)
    return [exported.drawn(x.shape, x.dtype, rows, draw) for x in model.inputs]


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("rows", [1, 5])
def test_onnxruntime_gives_what_predict_gives(tmp_path, name, rows):
    model = MODELS[name]()
    model.export(tmp_path / "m.onnx", verbose=False)
    values = drawn(model, rows)
    expected = model.predict(values if len(values) > 1 else values[0], verbose=0)
    session = onnxruntime.InferenceSession(str(tmp_path / "m.onnx"), providers=["CPUExecutionProvider"])
    labels, names = [o.name for o in session.get_outputs()], model.output_names
    assert len(set(labels)) == len(names) and all(map(str.startswith, labels, names))
    assert len(set(names)) < len(names) or labels == names  # a layer that gives two has one name for both
    found = session.run(None, {i.name: v for i, v in zip(session.get_inputs(), values)})
    for a, b in zip(found, expected if isinstance(expected, list) else [expected], strict=True):
        np.testing.assert_allclose(a, b, rtol=3e-5, atol=3e-6)


def test_the_file_states_its_opset_and_an_open_batch(tmp_path):
    MODELS["dense"]().export(tmp_path / "m.onnx", verbose=False)
    model = onnx.load(tmp_path / "m.onnx")
    assert [o.version for o in model.opset_import] == [17]
    assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"


SCANNED = [name for name in MASKED if "heads" not in name and name != "masked mean"]  # recurrent layers with masks


@pytest.mark.parametrize("name", SCANNED)
def test_a_loop_over_steps_is_not_read_but_named(tmp_path, name):
    MODELS[name]().export(tmp_path / "m.onnx", verbose=False)
    with pytest.raises(NotSupportedError, match="of type Scan"):
        fastnn.utils.load_onnx(tmp_path / "m.onnx")


@pytest.mark.parametrize("name", [name for name in MODELS if name not in SCANNED])
def test_a_file_that_is_read_again_gives_what_it_gave(tmp_path, name):
    model = MODELS[name]()
    model.export(tmp_path / "m.onnx", verbose=False)
    read = fastnn.utils.load_onnx(tmp_path / "m.onnx")
    values = drawn(model, 3)
    expected, found = (m.predict(values if len(values) > 1 else values[0], verbose=0) for m in (model, read))
    for a, b in zip(*(v if isinstance(v, list) else [v] for v in (found, expected)), strict=True):
        np.testing.assert_allclose(a, b, rtol=3e-5, atol=3e-6)


def test_a_model_that_was_read_is_exported_again_and_trained(tmp_path):
    model = MODELS["separable"]()
    model.export(tmp_path / "a.onnx", verbose=False)
    read = fastnn.utils.load_onnx(tmp_path / "a.onnx")
    assert [w.shape for w in read.get_weights()] == [(3, 3, 4, 2), (1, 1, 8, 5), (5,)]
    x = drawn(model, 4)[0]
    read.compile("sgd", "mse")
    before = read.get_weights()[0]
    read.fit(x, read.predict(x, verbose=0) + 1, verbose=0)
    assert (read.get_weights()[0] != before).any()


def made(nodes, weights=(), inputs=(("x", (None, 4)),), rank=2, opset=17):
    info = [
        helper.make_tensor_value_info(n, TensorProto.FLOAT, ["n" if d is None else d for d in s]) for n, s in inputs
    ]
    ends = [helper.make_tensor_value_info("y", TensorProto.FLOAT, [f"d{k}" for k in range(rank)])]
    tensors = [numpy_helper.from_array(np.asarray(a), n) for n, a in weights]
    return helper.make_model(helper.make_graph(nodes, "g", info, ends, tensors),
                             opset_imports=[helper.make_opsetid("", opset)])  # fmt: skip


def loaded(model, tmp_path):
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    return fastnn.utils.load_onnx(tmp_path / "m.onnx")


F32, I64 = np.float32, np.int64
AS_OTHERS_WRITE = {
    "gemm": (made([helper.make_node("Gemm", ["x", "w", "b"], ["y"], transB=1, alpha=0.5)],
                  [("w", np.arange(12, dtype=F32).reshape(3, 4)), ("b", np.ones(3, F32))]), (None, 4)),
    "conv": (made([helper.make_node("Conv", ["x", "w"], ["h"], pads=[1, 0, 2, 1], strides=[2, 1]),
                   helper.make_node("BatchNormalization", ["h", "s", "s", "s", "s"], ["n"]),
                   helper.make_node("MaxPool", ["n"], ["p"], kernel_shape=[2, 2], pads=[1, 1, 1, 1]),
                   helper.make_node("GlobalAveragePool", ["p"], ["g"]), helper.make_node("Flatten", ["g"], ["y"])],
                  [("w", np.linspace(-1, 1, 3 * 2 * 3 * 2, dtype=F32).reshape(3, 2, 3, 2)),
                   ("s", np.arange(1, 4, dtype=F32))],
                  [("x", (None, 2, 7, 6))]), (None, 2, 7, 6)),
    "padded mean": (made([helper.make_node("AveragePool", ["x"], ["y"], kernel_shape=[3], pads=[1, 1],
                                           count_include_pad=1)], inputs=[("x", (None, 2, 7))], rank=3), (None, 2, 7)),
    "both ways": (made([helper.make_node("Transpose", ["x"], ["t"], perm=[1, 0, 2]),
                        helper.make_node("LSTM", ["t", "w", "r", "b"], ["s", "h"], hidden_size=2,
                                         direction="bidirectional"),
                        helper.make_node("Transpose", ["s"], ["u"], perm=[0, 2, 1, 3]),
                        helper.make_node("Reshape", ["u", "shape"], ["v"]),
                        helper.make_node("Transpose", ["v"], ["y"], perm=[1, 0, 2])],
                       [("w", np.linspace(-1, 1, 48, dtype=F32).reshape(2, 8, 3)),
                        ("r", np.linspace(1, -1, 32, dtype=F32).reshape(2, 8, 2)),
                        ("b", np.linspace(0, 1, 32, dtype=F32).reshape(2, 16)), ("shape", np.array([0, 0, -1], I64))],
                       [("x", (None, 5, 3))], 3), (None, 5, 3)),
    "last": (made([helper.make_node("Transpose", ["x"], ["t"], perm=[1, 0, 2]),
                   helper.make_node("GRU", ["t", "w", "r"], ["s", "h"], hidden_size=2, direction="reverse",
                                    linear_before_reset=1),
                   helper.make_node("Squeeze", ["h", "zero"], ["last"]),
                   helper.make_node("Squeeze", ["s", "one"], ["q"]),
                   helper.make_node("ReduceMean", ["q"], ["m"], axes=[0], keepdims=0),
                   helper.make_node("Add", ["m", "last"], ["y"])],
                  [("w", np.linspace(-1, 1, 18, dtype=F32).reshape(1, 6, 3)),
                   ("r", np.linspace(1, -1, 12, dtype=F32).reshape(1, 6, 2)), ("zero", np.array([0], I64)),
                   ("one", np.array([1], I64))], [("x", (None, 5, 3))]), (None, 5, 3)),
    "shapes": (made([helper.make_node("Unsqueeze", ["x", "one"], ["a"]),
                     helper.make_node("Concat", ["a", "a"], ["b"], axis=1),
                     helper.make_node("Slice", ["b", "one", "far", "two"], ["c"]),
                     helper.make_node("Clip", ["c", "low"], ["d"]), helper.make_node("Softmax", ["d"], ["e"], axis=1),
                     helper.make_node("Pow", ["e", "low"], ["f"]), helper.make_node("Reshape", ["f", "shape"], ["y"])],
                    [("one", np.array([1], I64)), ("two", np.array([2], I64)), ("far", np.array([2**63 - 1], I64)),
                     ("low", np.array(0.5, F32)), ("shape", np.array([-1, 6], I64))]), (None, 4)),
}  # fmt: skip


@pytest.mark.parametrize("name", AS_OTHERS_WRITE)
def test_files_as_others_write_them(tmp_path, name):
    model, shape = AS_OTHERS_WRITE[name]
    model.ir_version = 8
    read = loaded(model, tmp_path)
    x = np.random.default_rng(0).normal(size=(3, *shape[1:])).astype(F32)
    session = onnxruntime.InferenceSession(str(tmp_path / "m.onnx"), providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(read.predict(x, verbose=0), session.run(None, {"x": x})[0], rtol=2e-5, atol=2e-6)


OF_TORCH = np.load(Path(__file__).with_name("torch_onnx.npz"))  # see make_torch_onnx.py


@pytest.mark.parametrize("name, layers", [
    ("images", ["Conv2D", "MaxPooling2D", "DepthwiseConv2D", "Flatten", "Dense"]),
    ("larger", ["Conv2DTranspose", "Conv2D"]), ("rows", ["Dense", "LayerNormalization", "LeakyReLU", "Dense"]),
    ("lstm", ["Embedding", "LSTM", "Dense"]), ("gru", ["Embedding", "Bidirectional", "Bidirectional", "Dense"]),
])  # fmt: skip
def test_files_that_pytorch_writes(tmp_path, name, layers):
    (tmp_path / "m.onnx").write_bytes(OF_TORCH[f"{name}|onnx"].tobytes())
    read = fastnn.utils.load_onnx(tmp_path / "m.onnx")
    np.testing.assert_allclose(
        read.predict(OF_TORCH[f"{name}|x"], verbose=0), OF_TORCH[f"{name}|y"], rtol=2e-5, atol=2e-6
    )
    kinds = [type(layer).__name__ for layer in read.layers]
    wanted = iter(kinds)
    assert all(kind in wanted for kind in layers), kinds


def test_a_size_that_is_not_known_is_not_calculated_with(tmp_path):
    nodes = [helper.make_node("Shape", ["x"], ["s"]), helper.make_node("Mul", ["s", "s"], ["t"], "square"),
             helper.make_node("Reshape", ["x", "t"], ["y"])]  # fmt: skip
    with pytest.raises(NotSupportedError, match=r"'square' of type Mul.*a size that is not known"):
        loaded(made(nodes), tmp_path)
    nodes = [helper.make_node("ConstantOfShape", ["w"], ["s"], "much"), helper.make_node("Add", ["x", "s"], ["y"])]
    with pytest.raises(NotSupportedError, match=r"'much' of type ConstantOfShape.*at most"):
        loaded(made(nodes, [("w", np.array([1 << 40, 4], I64))]), tmp_path)


def test_an_unknown_node_is_named(tmp_path):
    for node in (helper.make_node("Det", ["x"], ["y"], "strange"),
                 helper.make_node("Relu", ["x"], ["y"], "strange", domain="com.other")):  # fmt: skip
        with pytest.raises(NotSupportedError, match=r"node 'strange' of type (Det|Relu in domain com\.other)"):
            loaded(made([node]), tmp_path)


def huge():
    model = made([helper.make_node("MatMul", ["x", "w"], ["y"])], [("w", np.ones((4, 2), F32))])
    model.graph.initializer[0].dims[:] = [1 << 40, 1 << 20]
    return model


def elsewhere():
    model = made([helper.make_node("MatMul", ["x", "w"], ["y"])], [("w", np.ones((4, 2), F32))])
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")
    return model


BAD = {
    "huge": (huge, "numbers; the file holds 32 bytes"), "elsewhere": (elsewhere, "lies in another file"),
    "no maker": (lambda: made([helper.make_node("Relu", ["z"], ["y"])]), "no valid ONNX model|nothing before it"),
    "not computed": (lambda: made([helper.make_node("Relu", ["x"], ["z"])]), "no valid ONNX model|no node computes"),
    "shapes": (lambda: made([helper.make_node("MatMul", ["x", "w"], ["y"], "m")], [("w", np.ones((5, 2), F32))]),
               "node 'm'"),
    "no inputs": (lambda: made([helper.make_node("Relu", ["x"], ["y"])], [("x", np.ones(3, F32))], []), "no inputs"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused(tmp_path, name):
    make, words = BAD[name]
    with pytest.raises(FileFormatError, match=words):
        loaded(make(), tmp_path)


def test_a_file_cut_anywhere_is_refused_or_read(tmp_path):
    MODELS["dense"]().export(tmp_path / "m.onnx", verbose=False)
    data = (tmp_path / "m.onnx").read_bytes()
    for n in range(0, len(data) - 1, 7):
        (tmp_path / "cut.onnx").write_bytes(data[:n])
        with pytest.raises(FileFormatError):
            fastnn.utils.load_onnx(tmp_path / "cut.onnx")


@pytest.mark.parametrize("name", ["separable", "LSTM {}", "operations"])
def test_a_file_with_bytes_changed_is_read_or_refused(tmp_path, name):
    MODELS[name]().export(tmp_path / "m.onnx", verbose=False)
    data, draw = np.fromfile(tmp_path / "m.onnx", np.uint8), np.random.default_rng(0)
    refused = 0
    for _ in range(80):
        changed = data.copy()
        where = draw.integers(0, len(data), 3)
        changed[where] = draw.integers(0, 256, 3)
        changed.tofile(tmp_path / "changed.onnx")
        try:
            fastnn.utils.load_onnx(tmp_path / "changed.onnx")
        except (FileFormatError, NotSupportedError):
            refused += 1
    assert refused > 20


def test_other_files(tmp_path):
    (tmp_path / "m.onnx").write_bytes(b"PK\x03\x04 something else")
    with pytest.raises(FileFormatError, match=r"no (whole )?ONNX file"):
        fastnn.utils.load_onnx(tmp_path / "m.onnx")
    with pytest.raises(MissingFileError, match=r"no\.onnx"):
        fastnn.utils.load_onnx(tmp_path / "no.onnx")
    with pytest.raises(NotSupportedError, match="opset 99"):
        loaded(made([helper.make_node("Relu", ["x"], ["y"])], opset=99), tmp_path)
