"""Small models that Keras and fastnn build alike: each entry is name -> (input shape or shapes, function of the module).

The function takes the module (`keras` or `fastnn`) and the inputs, and returns the outputs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Build = Callable[[Any, Any], Any]


def _layer(shape: tuple[int | None, ...], name: str, *args: Any, **kwargs: Any) -> tuple[Any, Build]:
    return shape, lambda k, x: getattr(k.layers, name)(*args, **kwargs)(x)


VECTOR, STEPS, IMAGE, VOLUME = (6,), (5, 4), (6, 7, 3), (4, 5, 4, 2)
MODELS: dict[str, tuple[Any, Build]] = {
    "dense": _layer(VECTOR, "Dense", 4, activation="relu"),
    "dense_no_bias": _layer(VECTOR, "Dense", 4, use_bias=False),
    "dense_steps": _layer(STEPS, "Dense", 3, activation="tanh"),
    "einsum_dense": _layer(STEPS, "EinsumDense", "abc,cd->abd", (None, 6), bias_axes="d"),
    "activity_regularizer": _layer(VECTOR, "ActivityRegularization", 0.01, 0.01),
    "conv1d": _layer(STEPS, "Conv1D", 3, 3, padding="causal", dilation_rate=2),
    "conv1d_strided": _layer(STEPS, "Conv1D", 3, 2, strides=2, padding="same"),
    "conv2d": _layer(IMAGE, "Conv2D", 4, 3, activation="relu"),
    "conv2d_same": _layer(IMAGE, "Conv2D", 4, (3, 2), strides=2, padding="same"),
    "conv2d_dilated": _layer(IMAGE, "Conv2D", 2, 2, dilation_rate=2),
    "conv2d_groups": _layer((6, 6, 4), "Conv2D", 4, 3, groups=2),
    "conv3d": _layer(VOLUME, "Conv3D", 2, 2),
    "conv1d_transpose": _layer(STEPS, "Conv1DTranspose", 3, 3, strides=2),
    "conv2d_transpose": _layer(IMAGE, "Conv2DTranspose", 3, 3, strides=2, padding="same"),
    "conv3d_transpose": _layer(VOLUME, "Conv3DTranspose", 2, 2),
    "depthwise1d": _layer(STEPS, "DepthwiseConv1D", 2, depth_multiplier=2),
    "depthwise2d": _layer(IMAGE, "DepthwiseConv2D", 3, padding="same"),
    "separable1d": _layer(STEPS, "SeparableConv1D", 3, 2),
    "separable2d": _layer(IMAGE, "SeparableConv2D", 3, 3, depth_multiplier=2),
    "max_pool1d": _layer(STEPS, "MaxPooling1D", 2, padding="same"),
    "max_pool2d": _layer(IMAGE, "MaxPooling2D", (2, 3), strides=1),
    "max_pool3d": _layer(VOLUME, "MaxPooling3D", 2),
    "average_pool1d": _layer(STEPS, "AveragePooling1D", 2),
    "average_pool2d": _layer(IMAGE, "AveragePooling2D", 2),
    "average_pool3d": _layer(VOLUME, "AveragePooling3D", 2),
    "global_max2d": _layer(IMAGE, "GlobalMaxPooling2D"),
    "global_average1d": _layer(STEPS, "GlobalAveragePooling1D"),
    "global_average2d": _layer(IMAGE, "GlobalAveragePooling2D", keepdims=True),
    "global_average3d": _layer(VOLUME, "GlobalAveragePooling3D"),
    "upsampling1d": _layer(STEPS, "UpSampling1D", 2),
    "upsampling2d": _layer(IMAGE, "UpSampling2D", 2, interpolation="bilinear"),
    "upsampling3d": _layer(VOLUME, "UpSampling3D", 2),
    "zero_padding1d": _layer(STEPS, "ZeroPadding1D", 2),
    "zero_padding2d": _layer(IMAGE, "ZeroPadding2D", ((1, 0), (2, 1))),
    "cropping1d": _layer(STEPS, "Cropping1D", 1),
    "cropping2d": _layer(IMAGE, "Cropping2D", ((1, 1), (2, 0))),
    "reshape": _layer(IMAGE, "Reshape", (-1, 3)),
    "permute": _layer(IMAGE, "Permute", (3, 1, 2)),
    "repeat_vector": _layer(VECTOR, "RepeatVector", 3),
    "flatten": _layer(IMAGE, "Flatten"),
    "batch_norm": _layer(IMAGE, "BatchNormalization", momentum=0.8),
    "batch_norm_axis": _layer(IMAGE, "BatchNormalization", axis=1, scale=False),
    "layer_norm": _layer(STEPS, "LayerNormalization"),
    "layer_norm_axes": _layer(IMAGE, "LayerNormalization", axis=(1, 2), center=False),
    "rms_norm": _layer(STEPS, "RMSNormalization"),
    "group_norm": _layer((4, 5, 6), "GroupNormalization", groups=3),
    "unit_norm": _layer(VECTOR, "UnitNormalization"),
    "rescaling": _layer(VECTOR, "Rescaling", 2.0, 1.0),
    "lstm": _layer(STEPS, "LSTM", 4),
    "lstm_sequences": _layer(STEPS, "LSTM", 4, return_sequences=True, go_backwards=True),
    "lstm_hard": _layer(STEPS, "LSTM", 3, recurrent_activation="hard_sigmoid", unit_forget_bias=False),
    "gru": _layer(STEPS, "GRU", 4),
    "gru_before": _layer(STEPS, "GRU", 4, reset_after=False, return_sequences=True),
    "simple_rnn": _layer(STEPS, "SimpleRNN", 4, activation="relu"),
    "conv_lstm1d": _layer((3, 5, 2), "ConvLSTM1D", 2, 2),
    "conv_lstm2d": _layer((3, 5, 4, 2), "ConvLSTM2D", 2, 2, padding="same", return_sequences=True),
    "leaky_relu": _layer(VECTOR, "LeakyReLU", 0.2),
    "elu": _layer(VECTOR, "ELU", 0.7),
    "prelu": _layer(IMAGE, "PReLU", shared_axes=[1, 2]),
    "relu_capped": _layer(VECTOR, "ReLU", max_value=0.8, negative_slope=0.1, threshold=0.1),
    "softmax_axis": _layer(STEPS, "Softmax", axis=1),
    **{
        f"activation_{name}": _layer(VECTOR, "Activation", name)
        for name in (
            "celu",
            "elu",
            "exponential",
            "gelu",
            "glu",
            "hard_shrink",
            "hard_sigmoid",
            "hard_silu",
            "hard_tanh",
            "leaky_relu",
            "linear",
            "log_sigmoid",
            "log_softmax",
            "mish",
            "relu",
            "relu6",
            "selu",
            "sigmoid",
            "silu",
            "soft_shrink",
            "softmax",
            "softplus",
            "softsign",
            "sparse_plus",
            "sparse_sigmoid",
            "squareplus",
            "tanh",
            "tanh_shrink",
            "threshold",
        )
    },  # fmt: skip
    "add": (VECTOR, lambda k, x: k.layers.add([x, k.layers.Dense(6)(x)])),
    "subtract": (VECTOR, lambda k, x: k.layers.subtract([x, k.layers.Dense(6)(x)])),
    "multiply": (VECTOR, lambda k, x: k.layers.multiply([x, k.layers.Dense(6)(x)])),
    "average": (VECTOR, lambda k, x: k.layers.average([x, k.layers.Dense(6)(x)])),
    "maximum": (VECTOR, lambda k, x: k.layers.maximum([x, k.layers.Dense(6)(x)])),
    "minimum": (VECTOR, lambda k, x: k.layers.minimum([x, k.layers.Dense(6)(x)])),
    "concatenate": (STEPS, lambda k, x: k.layers.concatenate([x, k.layers.Dense(2)(x)])),
    "dot": (STEPS, lambda k, x: k.layers.dot([x, k.layers.Dense(4)(x)], axes=(2, 2), normalize=True)),
    "attention": (STEPS, lambda k, x: k.layers.Attention(use_scale=True)([x, k.layers.Dense(4)(x)])),
    "additive_attention": (STEPS, lambda k, x: k.layers.AdditiveAttention()([x, k.layers.Dense(4)(x)])),
    "multi_head": (STEPS, lambda k, x: k.layers.MultiHeadAttention(2, 3)(x, x)),
    "multi_head_causal": (STEPS, lambda k, x: k.layers.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True)),
    "grouped_query": (STEPS, lambda k, x: k.layers.GroupQueryAttention(3, 4, 2)(x, x)),
    "bidirectional": (STEPS, lambda k, x: k.layers.Bidirectional(k.layers.LSTM(3))(x)),
    "bidirectional_sum": (
        STEPS,
        lambda k, x: k.layers.Bidirectional(k.layers.GRU(3, return_sequences=True), merge_mode="sum")(x),
    ),
    "time_distributed": (STEPS, lambda k, x: k.layers.TimeDistributed(k.layers.Dense(3))(x)),
    "stacked_cells": (STEPS, lambda k, x: k.layers.RNN([k.layers.LSTMCell(3), k.layers.GRUCell(4)])(x)),
    "masking": (STEPS, lambda k, x: k.layers.LSTM(3)(k.layers.Masking()(x))),
    "residual": (IMAGE, lambda k, x: k.layers.add([x, k.layers.Conv2D(3, 3, padding="same")(x)])),
    "nested": (VECTOR, lambda k, x: k.Sequential([k.layers.Dense(4, "relu"), k.layers.Dense(3)])(x)),
    "operators": (VECTOR, lambda k, x: (1 - x) * 2 / (x**2 + 1)),
    "operations": (STEPS, lambda k, x: k.ops.sqrt(k.ops.sum(k.ops.square(x), axis=-1, keepdims=True) + 1)),
}
LOSSES = {
    "mean_squared_error": "real", "mean_absolute_error": "real", "mean_absolute_percentage_error": "real",
    "mean_squared_logarithmic_error": "positive", "huber": "real", "log_cosh": "real", "cosine_similarity": "real",
    "binary_crossentropy": "probability", "binary_focal_crossentropy": "probability", "poisson": "positive",
    "categorical_crossentropy": "distribution", "kl_divergence": "distribution",
    "sparse_categorical_crossentropy": "class", "categorical_focal_crossentropy": "distribution",
    "hinge": "real", "squared_hinge": "real", "categorical_hinge": "distribution", "dice": "probability",
    "tversky": "probability",
}  # fmt: skip
OPTIMIZERS: dict[str, dict[str, Any]] = {
    "SGD": {}, "SGD momentum": {"momentum": 0.9, "nesterov": True}, "RMSprop": {},
    "RMSprop centered": {"centered": True, "momentum": 0.5}, "Adam": {}, "Adam amsgrad": {"amsgrad": True},
    "AdamW": {"weight_decay": 0.01}, "Adamax": {}, "Nadam": {}, "Adagrad": {}, "Adadelta": {"rho": 0.9}, "Ftrl": {},
    "Lion": {}, "Lamb": {}, "Adam clipnorm": {"clipnorm": 0.1}, "SGD clipvalue": {"clipvalue": 0.05},
    "SGD global_clipnorm": {"global_clipnorm": 0.1}, "Adam ema": {"use_ema": True, "ema_momentum": 0.9},
}  # fmt: skip
METRICS = [
    "BinaryAccuracy", "MeanSquaredError", "RootMeanSquaredError", "MeanAbsoluteError", "AUC", "Precision", "Recall",
    "CosineSimilarity", "LogCoshError", "KLDivergence", "Poisson", "BinaryCrossentropy", "Hinge", "TruePositives",
    "FalseNegatives", "R2Score",
]  # fmt: skip
