"""What would need the graph of another framework is a named error with advice, whatever its arguments."""

import pytest

import fastnn as keras
from fastnn.core.errors import ArgumentError, NotSupportedError


@pytest.mark.parametrize(("make", "advice"), [
    (lambda: keras.export.ExportArchive(), "save\\('model.keras'\\)"),
    (lambda: keras.export.ExportArchive(format="onnx"), "save\\('model.keras'\\)"),
    (lambda: keras.layers.TFSMLayer("folder", call_endpoint="serving_default"), "load_model"),
    (lambda: keras.layers.JaxLayer(lambda params, x: x, init_fn=None), "fastnn.ops"),
    (lambda: keras.layers.FlaxLayer(object(), variables={}), "set_weights"),
    (lambda: keras.layers.TorchModuleWrapper(object(), name="module"), "set_weights")])  # fmt: skip
def test_named_errors(make, advice):
    with pytest.raises(NotSupportedError, match=advice):
        make()


def test_a_format_that_nobody_knows():
    with pytest.raises(ArgumentError, match="onxx"):
        keras.export.ExportArchive("onxx")
