"""Models and weights from files of other frameworks: `fastnn.utils.load_onnx`, `fastnn.utils.load_torch`."""
