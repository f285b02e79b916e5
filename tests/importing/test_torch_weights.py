"""State dicts of PyTorch in models: outputs are those that PyTorch gave (see make_torch_modules.py)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import fastnn
from fastnn import layers
from fastnn.core.errors import ArgumentError, ArgumentTypeError, FileFormatError, MissingFileError
from fastnn.importing.torch_weights import RULES
from fastnn.utils import load_torch


def unpacked():
    """{key: array} of the stored file."""
    with np.load(Path(__file__).with_name("torch_modules.npz")) as file:
        values, index = file["values"], json.loads(str(file["index"]))
    found, at = {}, 0
    for key, shape, dtype in index:
        size = int(np.prod(shape))
        found[key], at = values[at : at + size].reshape(shape).astype(dtype), at + size
    return found


STORED = unpacked()
BN, GROUPS = dict(epsilon=1e-5), dict(epsilon=1e-5)


def sequences(kind, **options):
    return kind(2, return_sequences=True, **options)


def attention():
    x = fastnn.Input((3, 4))
    return fastnn.Model(x, layers.MultiHeadAttention(2, 2)(x, x))


MODELS = {
    "dense": lambda: [layers.Dense(4, "relu"), layers.Dense(2, use_bias=False)],
    "convnet": lambda: [layers.Conv2D(4, 3), layers.BatchNormalization(**BN), layers.PReLU(shared_axes=[1, 2]),
                        layers.Flatten(), layers.Dropout(0.5), layers.Dense(2)],
    "transposed": lambda: [layers.Conv2DTranspose(3, 3, 2), layers.Conv2D(6, 2, groups=3),
                           layers.GroupNormalization(2, **GROUPS)],
    "series": lambda: [layers.Conv1D(3, 2), layers.Conv1DTranspose(2, 2)],
    "norm": lambda: [layers.LayerNormalization(epsilon=1e-5), layers.Dense(2)],
    "words": lambda: [layers.Embedding(5, 3), layers.Dense(2)],
    "rnn": lambda: [sequences(layers.SimpleRNN)],
    "lstm": lambda: [sequences(layers.LSTM), sequences(layers.LSTM)],
    "gru": lambda: [sequences(layers.GRU)],
    "both": lambda: [layers.Bidirectional(sequences(layers.LSTM))],
    "gru both": lambda: [layers.Bidirectional(sequences(layers.GRU)), layers.Bidirectional(sequences(layers.GRU))],
}  # fmt: skip


def stored(name):
    """(input, output, state dict) of a case."""
    found = {key.partition("|")[2]: STORED[key] for key in STORED if key.startswith(f"{name}|")}
    return found.pop("x"), found.pop("y"), found


def made(name):
    x = stored(name)[0]
    if name == "attention":
        return attention()
    return fastnn.Sequential([fastnn.Input(x.shape[1:], dtype=x.dtype.name), *MODELS[name]()])


@pytest.mark.parametrize("name", [*MODELS, "attention"])
def test_a_model_gives_what_pytorch_gave(name):
    x, y, state = stored(name)
    model = made(name)
    load_torch(model, state)
    np.testing.assert_allclose(model.predict(x, verbose=0), y, rtol=2e-5, atol=2e-6)


def test_every_case_is_here():
    assert {key.partition("|")[0] for key in STORED} == {*MODELS, "attention"}


def test_a_depthwise_convolution():
    draw = np.random.default_rng(0)
    weight = draw.normal(size=(4, 1, 3, 2)).astype("float32")  # 2 channels, 2 filters each
    grouped, depthwise = (fastnn.Sequential([fastnn.Input((5, 5, 2)), layer]) for layer in (
        layers.Conv2D(4, (3, 2), groups=2), layers.DepthwiseConv2D((3, 2), depth_multiplier=2)))  # fmt: skip
    for model in (grouped, depthwise):
        load_torch(model, {"0.weight": weight, "0.bias": np.arange(4.0)})
    x = draw.normal(size=(2, 5, 5, 2)).astype("float32")
    np.testing.assert_allclose(grouped(x), depthwise(x), rtol=1e-5, atol=1e-6)


def test_names_say_which_module_is_which_layer():
    x, y, state = stored("dense")
    first, second = layers.Dense(4, "relu", name="first"), layers.Dense(2, use_bias=False, name="second")
    inner = fastnn.Sequential([second], name="inner")
    model = fastnn.Sequential([fastnn.Input((3,)), first, inner])
    load_torch(model, dict(reversed(state.items())), {"0": "first", "2": "second"})
    np.testing.assert_allclose(model.predict(x, verbose=0), y, rtol=2e-5)
    before = second.get_weights()[0]
    load_torch(model, {"0.weight": np.zeros((4, 3)), "0.bias": np.ones(4)}, {"0": "first"})
    assert first.get_weights()[0].sum() == 0 and (second.get_weights()[0] == before).all()


class Tensor:
    """What load_torch takes of a tensor of PyTorch."""

    dtype = "torch.bfloat16"

    def __init__(self, array):
        self.array = array

    detach = cpu = lambda self: self
    float = lambda self: self
    numpy = lambda self: self.array


def test_tensors_files_and_checkpoints(tmp_path):
    x, y, state = stored("dense")
    np.savez(tmp_path / "state.npz", **state)
    for given in ({k: Tensor(v) for k, v in state.items()}, {"epoch": 3, "state_dict": state}, tmp_path / "state.npz"):
        model = made("dense")
        load_torch(model, given)
        np.testing.assert_allclose(model.predict(x, verbose=0), y, rtol=2e-5)


@pytest.mark.parametrize("state, words", [
    ({"a.weight": np.ones((4, 3)), "a.bias": np.ones(4)}, "1 modules with weights for 2 layers"),
    ({"a.weight": np.ones((5, 3)), "a.bias": np.ones(4), "b.weight": np.ones((2, 4))}, r"the shape \(3, 5\); expected"),
    ({"a.weight": np.ones((4, 3)), "b.weight": np.ones((2, 4))}, "no 'bias' for Dense"),
    ({"a.weight": np.ones((4, 3)), "a.bias": np.ones(4), "b.weight": np.ones((2, 4)), "b.bias": np.ones(2)},
     r"\['bias'\], which Dense"),
])  # fmt: skip
def test_what_does_not_fit_is_listed_and_nothing_changes(state, words):
    model = made("dense")
    before = model.get_weights()
    with pytest.raises(FileFormatError, match=words):
        load_torch(model, state)
    for a, b in zip(model.get_weights(), before):
        np.testing.assert_array_equal(a, b)


def test_bad_arguments(tmp_path):
    model = made("dense")
    state = stored("dense")[2]
    with pytest.raises(ArgumentError, match="the module 'x'; expected one of '0', '2'"):
        load_torch(model, state, {"x": "dense"})
    with pytest.raises(ArgumentError, match="the layer 'x'"):
        load_torch(model, state, {"0": "x"})
    with pytest.raises(ArgumentTypeError, match="expected a state dict"):
        load_torch(model, [1, 2])
    with pytest.raises(ArgumentTypeError, match="'a' is a str"):
        load_torch(model, {"a": "text"})
    with pytest.raises(MissingFileError, match=r"no\.pt"):
        load_torch(model, tmp_path / "no.pt")
    for name, words in (("bad.npz", "no whole .npz"), ("bad.txt", "expected an ending")):
        (tmp_path / name).write_bytes(b"PK\x03\x04 nothing")
        with pytest.raises(ValueError, match=words):
            load_torch(model, tmp_path / name)
    own = fastnn.Sequential([fastnn.Input((3, 3)), layers.EinsumDense("abc,cd->abd", (None, 2))])
    with pytest.raises(ArgumentError, match="no rule for the weights of EinsumDense"):
        load_torch(own, state)
    with pytest.raises(FileFormatError, match="reset_after=True"):
        load_torch(
            fastnn.Sequential([fastnn.Input((4, 3)), sequences(layers.GRU, reset_after=False)]), stored("gru")[2]
        )


def test_every_rule_is_tried():
    tried = {type(layer).__name__ for name in [*MODELS, "attention"] for layer in made(name).layers}
    assert set(RULES) - tried <= {"DepthwiseConv1D", "DepthwiseConv2D", "Conv3D", "Conv3DTranspose", "RMSNormalization"}
