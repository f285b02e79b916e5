"""ConvNeXtTiny, Small, Base, Large and XLarge."""

from fastnn import layers
from fastnn.applications.convnext_layers import LayerScale
from fastnn.applications.frame import STANDARD, Plan, builder
from fastnn.applications.modes import decode_predictions, preprocessing
from fastnn.models import Sequential

# kind -> (depths, filters) of the four stages
SIZES = {
    "Tiny": ((3, 3, 9, 3), (96, 192, 384, 768)),
    "Small": ((3, 3, 27, 3), (96, 192, 384, 768)),
    "Base": ((3, 3, 27, 3), (128, 256, 512, 1024)),
    "Large": ((3, 3, 27, 3), (192, 384, 768, 1536)),
    "XLarge": ((3, 3, 27, 3), (256, 512, 1024, 2048)),
}
__all__ = [*(f"ConvNeXt{kind}" for kind in SIZES), "decode_predictions", "preprocess_input"]
__dir__ = __all__.copy
MEAN = [0.485 * 255, 0.456 * 255, 0.406 * 255]
VARIANCE = [(0.229 * 255) ** 2, (0.224 * 255) ** 2, (0.225 * 255) ** 2]


def _norm(name):
    return layers.LayerNormalization(epsilon=1e-6, name=name)


def _block(x, filters, name):
    start = x
    x = layers.Conv2D(filters=filters, kernel_size=7, padding="same", groups=filters, name=f"{name}_depthwise_conv")(x)
    x = _norm(f"{name}_layernorm")(x)
    x = layers.Dense(4 * filters, name=f"{name}_pointwise_conv_1")(x)
    x = layers.Activation("gelu", name=f"{name}_gelu")(x)
    x = layers.Dense(filters, name=f"{name}_pointwise_conv_2")(x)
    x = LayerScale(1e-6, filters, name=f"{name}_layer_scale")(x)
    return start + layers.Activation("linear", name=f"{name}_identity")(x)


def _plan(kind):
    depths, widths = SIZES[kind]

    def body(x, a):
        name = a.name
        if a.include_preprocessing and a.input_shape[-1] == 3:
            x = layers.Normalization(mean=MEAN, variance=VARIANCE, name=f"{name}_prestem_normalization")(x)
        stem = layers.Conv2D(widths[0], kernel_size=4, strides=4, name=f"{name}_stem_conv")
        between = [Sequential([stem, _norm(f"{name}_stem_layernorm")], name=f"{name}_stem")]
        for i, filters in enumerate(widths[1:]):
            conv = layers.Conv2D(filters, kernel_size=2, strides=2, name=f"{name}_downsampling_conv_{i}")
            parts = [_norm(f"{name}_downsampling_layernorm_{i}"), conv]
            between.append(Sequential(parts, name=f"{name}_downsampling_block_{i}"))
        for i, (depth, filters) in enumerate(zip(depths, widths)):
            x = between[i](x)
            for j in range(depth):
                x = _block(x, filters, f"{name}_stage_{i}_block_{j}")
        return x

    def top(x, a):
        x = layers.GlobalAveragePooling2D(name=f"{a.name}_head_gap")(x)
        x = _norm(f"{a.name}_head_layernorm")(x)
        return layers.Dense(a.classes, activation=a.classifier_activation, name=f"{a.name}_head_dense")(x)

    return Plan(
        body,
        lambda a: f"{a.name}{{top}}.h5",
        "convnext",
        top=top,
        pools=False,
        last_only=True,
        finish=lambda x, a: _norm(None)(x),
    )


def _made(kind):
    first = {"include_top": True, "include_preprocessing": True}
    parameters = {**first, **{k: v for k, v in STANDARD.items() if k not in first}, "name": f"convnext_{kind.lower()}"}
    example = "ConvNeXtTiny(include_top=False, weights=None).output_shape\n    (None, None, None, 768)"
    return builder(f"ConvNeXt{kind}", _plan(kind), parameters, 'Liu et al., "A ConvNet for the 2020s" (2022).',
                   example if kind == "Tiny" else "")  # fmt: skip


ConvNeXtTiny, ConvNeXtSmall, ConvNeXtBase, ConvNeXtLarge, ConvNeXtXLarge = map(_made, SIZES)
preprocess_input = preprocessing(None)
