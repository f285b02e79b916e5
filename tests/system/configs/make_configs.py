"""Writes configs.json.gz: what get_config() of Keras's public classes gives, with defaults and with drawn arguments.

`KERAS_BACKEND=jax python tests/system/configs/make_configs.py`, with Keras 3.15.1 installed.  The file holds a list of
[expression that makes an object, its config]; tuples are lists there, and the order of the entries is kept.
"""

import ast
import gzip
import inspect
import json
import pathlib
import random
import sys

PARTS = "layers", "losses", "metrics", "optimizers", "initializers", "regularizers", "constraints", "schedules"
# values by the name of an argument, or by its last word if that is in WORDS: kernel_initializer is an initializer
POOL = {
    "activation": ["'relu'", "None", "activations.gelu", "layers.ReLU(max_value=6.0)", "'hard_silu'"],
    "initializer": ["'zeros'", "initializers.HeNormal(seed=3)", "initializers.Constant(2.0)", "'orthogonal'"],
    "regularizer": ["'l2'", "regularizers.L1L2(0.1, 0.2)", "regularizers.L2(0.5)"],
    "constraint": ["'non_neg'", "constraints.MaxNorm(3, axis=0)", "constraints.MinMaxNorm(0.1, 0.9)"],
    "dtype": ["'float16'", "'mixed_float16'", "keras.DTypePolicy('mixed_bfloat16')"],
    "learning_rate": ["0.5", "schedules.ExponentialDecay(0.1, 10, 0.5)", "schedules.CosineDecay(0.1, 20)"],
    "reduction": ["'sum'", "None", "'mean_with_sample_weight'"],
    "padding": ["'same'"], "data_format": ["'channels_first'"], "name": ["'abc'"], "trainable": ["False"],
    "seed": ["7"], "strides": ["2"], "kernel_size": ["3"], "pool_size": ["3"], "axis": ["1"], "momentum": ["0.5"],
    "use_bias": ["False"], "from_logits": ["True"], "label_smoothing": ["0.1"], "weight_decay": ["0.01"],
    "clipnorm": ["1.0"], "use_ema": ["True"], "nesterov": ["True"], "epsilon": ["1e-3"],
    "rho": ["0.8"], "return_sequences": ["True"], "return_state": ["True"], "go_backwards": ["True"], "size": ["2"],
    "unroll": ["True"], "dropout": ["0.2"], "recurrent_dropout": ["0.3"], "reset_after": ["False"], "rate": ["0.25"],
    "threshold": ["0.3"], "fill_mode": ["'nearest'"], "interpolation": ["'nearest'"], "center": ["False"],
    "value_range": ["(0, 1)"], "staircase": ["True"], "alpha": ["0.4"], "gamma": ["1.5"], "beta_1": ["0.8"],
    "class_id": ["1"], "top_k": ["2"], "average": ["'macro'"], "curve": ["'PR'"], "merge_mode": ["'sum'"],
    "keepdims": ["True"], "mask_zero": ["True"], "depth_multiplier": ["2"], "renorm": ["True"], "ignore_class": ["0"],
    "use_gate": ["True"], "score_mode": ["'concat'"], "negative_slope": ["0.2"],
    "gain": ["1.2"], "stddev": ["0.4"], "minval": ["-0.3"], "factor": ["0.2"], "output_mode": ["'one_hot'"],
}  # fmt: skip
WORDS = "activation", "initializer", "regularizer", "constraint"
# what a constructor must be given; None: classes left out, for what they need or because they are bases
REQUIRED = {
    **dict.fromkeys(["Layer", "Loss", "Metric", "Initializer", "Regularizer", "Constraint", "Optimizer", "InputSpec",
                     "LearningRateSchedule", "TFSMLayer", "JaxLayer", "FlaxLayer", "TorchModuleWrapper", "Identity",
                     "FeatureSpace", "MultiOptimizer", "OptimizerMap", "MeanMetricWrapper", "Pipeline"]),
    **dict.fromkeys(["Conv1D", "Conv2D", "Conv3D", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose",
                     "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "SeparableConv1D", "SeparableConv2D"], "4, 3"),
    **dict.fromkeys(["Dense", "LSTM", "GRU", "SimpleRNN", "LSTMCell", "GRUCell", "SimpleRNNCell", "MeanIoU",
                     "OneHotMeanIoU", "CategoryEncoding", "HashedCrossing", "Hashing", "MaxNumBoundingBoxes",
                     "DepthwiseConv1D", "DepthwiseConv2D"], "3"),
    **dict.fromkeys(["Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "GaussianDropout",
                     "GaussianNoise", "AlphaDropout", "RandomGrayscale", "RandomInvert", "SensitivityAtSpecificity",
                     "SpecificityAtSensitivity", "PrecisionAtRecall", "RecallAtPrecision"], "0.5"),
    **dict.fromkeys(["RandomBrightness", "RandomContrast", "RandomRotation", "RandomZoom", "RandomColorDegeneration",
                     "RandomHue", "RandomSaturation", "RandomSharpness"], "0.2"),
    **dict.fromkeys([f"Adaptive{k}Pooling{d}D" for k in ("Average", "Max") for d in (1, 2, 3)]
                    + [f"AveragePooling{d}D" for d in (1, 2, 3)] + ["RepeatVector"], "2"),
    **dict.fromkeys(["CenterCrop", "RandomCrop", "Resizing", "Embedding", "ReversibleEmbedding"], "5, 4"),
    **dict.fromkeys(["SpectralNormalization", "TimeDistributed", "Wrapper"], "layers.Dense(2)"),
    **dict.fromkeys(["CosineDecay", "CosineDecayRestarts", "PolynomialDecay"], "0.1, 10"),
    **dict.fromkeys(["ExponentialDecay", "InverseTimeDecay"], "0.1, 10, 0.5"), "IoU": "3, [0]", "OneHotIoU": "3, [0]",
    "EinsumDense": "'abc,cd->abd', output_shape=(None, 4)", "Lambda": "activations.relu", "RNN": "layers.LSTMCell(3)",
    "StackedRNNCells": "[layers.LSTMCell(3), layers.GRUCell(2)]", "Bidirectional": "layers.LSTM(3)", "Dot": "1",
    "MultiHeadAttention": "2, 3", "GroupQueryAttention": "4, 4, 2", "Reshape": "(2, 3)", "Permute": "(2, 1)",
    "InputLayer": "(3,)", "Activation": "'relu'", "Rescaling": "2.0", "Discretization": "[0.0, 1.0]",
    "RandomTranslation": "0.2, 0.3", "RandomPosterization": "4", "RandomShear": "0.2, 0.3",
    "MeanRelativeError": "[1.0, 2.0]",
    "LossScaleOptimizer": "optimizers.SGD()", "PiecewiseConstantDecay": "[1, 2], [0.1, 0.2, 0.3]",
}  # fmt: skip


def plain(value):
    """A config as JSON has it; a value that is an object as its config."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, (str, bool, int, float, type(None))):
        return value
    if hasattr(value, "get_config"):
        return [type(value).__name__, plain(value.get_config())]
    return value.__name__ if callable(value) else plain(value.tolist())


def names_of(keras):
    """What the expressions name."""
    parts = {part: getattr(keras, part) for part in (*PARTS[:-1], "activations")}
    return {"keras": keras, **parts, "schedules": keras.optimizers.schedules}


def arguments_of(cls, given):
    """The names of a constructor's arguments behind the `given` first ones, and those that every layer takes."""
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1 + given :]
    more = any(p.kind is p.VAR_KEYWORD for p in parameters) and "layers" in cls.__module__.split(".")
    found = [p.name for p in parameters if p.default is not p.empty]
    return found + [name for name in ("name", "trainable", "dtype") if more and name not in found]


def expressions(keras):
    """Each class with its defaults, and with drawn arguments."""
    draw, seen = random.Random(1), set()
    for part in PARTS:
        for name, cls in sorted(vars(names_of(keras)[part]).items()):
            required = REQUIRED.get(name, "")
            if not inspect.isclass(cls) or required is None or cls in seen:
                continue
            seen.add(cls)
            yield f"{part}.{name}({required})"
            given = [required] if required else []
            for argument in arguments_of(cls, len(ast.parse(f"f({required})").body[0].value.args)):
                word = argument.rpartition("_")[2]
                values = POOL.get(word if word in WORDS else argument)
                if values and draw.random() < 0.5:
                    given.append(f"{argument}={draw.choice(values)}")
            yield f"{part}.{name}({', '.join(given)})"


def main():
    import keras

    rows = []
    for expression in expressions(keras):
        keras.backend.clear_session(free_memory=False)
        try:
            rows.append([expression, plain(eval(expression, names_of(keras)).get_config())])
        except (ImportError, NotImplementedError, TypeError, ValueError) as error:
            sys.stderr.write(f"left out: {expression}: {type(error).__name__}\n")
    data = json.dumps(rows, separators=(",", ":")).encode()
    pathlib.Path(__file__).with_name("configs.json.gz").write_bytes(gzip.compress(data, 9, mtime=0))


if __name__ == "__main__":
    main()
