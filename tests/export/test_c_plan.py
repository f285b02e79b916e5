"""Plans for C: what core layers compute in inference has rules, and values of two types share no memory."""

from __future__ import annotations

import numpy as np
import pytest

import fastnn
from fastnn import layers as L
from fastnn.export.c_plan import planned
from fastnn.graph import Trace
from fastnn.graph.lifetime import passing

IMAGE, SERIES, ROW, VOLUME = (9, 8, 4), (10, 4), (6,), (5, 6, 4, 2)
FUNCTIONS = [name for name in dir(fastnn.activations) if name[0].islower() and name not in (
    "get", "serialize", "deserialize", "threshold")]  # fmt: skip
LAYERS = {
    **{f"activation {name}": (ROW, lambda name=name: L.Activation(name)) for name in FUNCTIONS},
    **{kind.__name__: (SERIES, lambda kind=kind: kind(3)) for kind in (
        L.Dense, L.LSTM, L.GRU, L.SimpleRNN, L.Cropping1D, L.ZeroPadding1D, L.UpSampling1D)},
    **{f"{kind.__name__} both ways": (SERIES, lambda kind=kind: L.Bidirectional(kind(3, return_sequences=True)))
       for kind in (L.LSTM, L.GRU, L.SimpleRNN)},
    **{kind.__name__: (shape, lambda kind=kind: kind(3, 3, padding="same", data_format="channels_last"))
       for shape, kinds in ((SERIES, (L.Conv1D, L.Conv1DTranspose, L.SeparableConv1D)),
                            (IMAGE, (L.Conv2D, L.Conv2DTranspose, L.SeparableConv2D)),
                            (VOLUME, (L.Conv3D, L.Conv3DTranspose))) for kind in kinds},
    **{kind.__name__: (shape, lambda kind=kind: kind(2, padding="same")) for shape, kinds in (
        (SERIES, (L.MaxPooling1D, L.AveragePooling1D, L.DepthwiseConv1D)),
        (IMAGE, (L.MaxPooling2D, L.AveragePooling2D, L.DepthwiseConv2D)),
        (VOLUME, (L.MaxPooling3D, L.AveragePooling3D))) for kind in kinds},
    **{kind.__name__: (shape, kind) for shape, kinds in (
        (SERIES, (L.GlobalMaxPooling1D, L.GlobalAveragePooling1D)), (VOLUME, (L.GlobalMaxPooling3D,)),
        (IMAGE, (L.GlobalMaxPooling2D, L.GlobalAveragePooling2D, L.BatchNormalization, L.LayerNormalization,
                 L.UnitNormalization, L.RMSNormalization, L.Softmax, L.PReLU, L.LeakyReLU, L.ELU, L.ReLU, L.Flatten)))
       for kind in kinds},
    "groups": (IMAGE, lambda: L.GroupNormalization(2)), "relu": (ROW, lambda: L.ReLU(3.0, 0.1, 0.5)),
    "moving": (ROW, lambda: L.Normalization(mean=1.0, variance=2.0)),
    "spectral": (ROW, lambda: L.SpectralNormalization(L.Dense(3))),
    "repeated": (ROW, lambda: L.RepeatVector(3)), "distributed": (SERIES, lambda: L.TimeDistributed(L.Dense(3))),
    "einsum": (SERIES, lambda: L.EinsumDense("abc,cd->abd", (None, 5))),
    "boxes": (ROW, lambda: L.Discretization([0.0, 1.0])),
    "smooth": (IMAGE, lambda: L.UpSampling2D(2, interpolation="bilinear")), "cut": (IMAGE, lambda: L.CenterCrop(5, 5)),
    "images in time": ((3, 6, 6, 2), lambda: L.ConvLSTM2D(2, 3)), "resized": (IMAGE, lambda: L.Resizing(5, 5)),
    "adaptive": (IMAGE, lambda: L.AdaptiveAveragePooling2D(3)),
}  # fmt: skip


def plan_of(model, sizes):
    with passing():
        with Trace(training=False) as trace:
            symbols = [trace.input(s, "float32") for s in sizes]
            out = model(symbols if len(symbols) > 1 else symbols[0], training=False)
        return planned(trace, [out], [(s, np.zeros(s.shape, "float32")) for s in symbols])


@pytest.mark.parametrize("name", LAYERS)
def test_what_a_core_layer_computes_has_rules(name):
    shape, make = LAYERS[name]
    found = plan_of(fastnn.Sequential([fastnn.Input(shape), make()]), [(2, *shape)])
    assert found.plan.instructions or not found.calls


def test_parts_of_the_arena_lie_behind_one_another():
    model = fastnn.Sequential([fastnn.Input((5, 3)), L.Masking(), L.LSTM(2)])
    found = plan_of(model, [(2, 5, 3)])
    assert {p.kind for p in found.parts} == {"f32", "u8"}
    at = 0
    for part in found.parts:
        assert part.start == at
        at += part.nbytes
    assert at == found.plan.arena_bytes
    for block in found.plan.blocks:  # each inside of one part
        assert any(p.start <= block.offset and block.offset + block.nbytes <= p.start + p.nbytes for p in found.parts)


def test_equal_calls_share_a_function():
    model = fastnn.Sequential([fastnn.Input((4,)), *(L.Dense(4, "tanh", use_bias=False) for _ in range(5))])
    found = plan_of(model, [(2, 4)])
    assert found.plan.instructions == 5 and len(found.calls) == 1


def test_a_result_that_nobody_reads_needs_no_memory():
    found = plan_of(fastnn.Sequential([fastnn.Input(IMAGE), L.MaxPooling2D(2)]), [(2, *IMAGE)])
    (call,) = found.calls.values()
    assert call.outs[1] is None and [p.kind for p in found.parts] == ["f32"]
