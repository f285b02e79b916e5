"""Writes keras_models.json: what Keras 3.15.1's models are made of.  Run with KERAS_BACKEND=jax, in this folder.

One row for each model: parameters, layers, and CRCs of what `described` says of layers and weights.
Inside a stateless scope Keras allocates no weights.
"""

import json
import sys
import zlib


def described(model):
    """(layers as lines of class, name and output shape; shapes of weights as lines)."""
    found = [f"{type(layer).__name__} {layer.name} {shape_of(layer)}" for layer in model.layers]
    return found, [str(tuple(w.shape)) for w in model.weights]


def shape_of(layer):
    """The output shape of a layer of a functional model."""
    shape = layer.batch_shape if type(layer).__name__ == "InputLayer" else layer.output.shape
    return tuple(shape)


def row(model):
    """[parameters, layers, CRC of the layers, CRC of the weights]."""
    layers, weights = described(model)
    crcs = (zlib.crc32("\n".join(lines).encode()) for lines in (layers, weights))
    return [model.count_params(), len(layers), *crcs]


VARIANTS = {
    "MobileNet 0.5": ("MobileNet", {"alpha": 0.5, "input_shape": (128, 128, 3), "classes": 7}),
    "MobileNetV2 1.4": ("MobileNetV2", {"alpha": 1.4, "input_shape": (96, 96, 3)}),
    "MobileNetV3Small minimalistic": ("MobileNetV3Small", {"minimalistic": True, "include_preprocessing": False}),
    "MobileNetV3Large 0.75": ("MobileNetV3Large", {"alpha": 0.75, "include_top": False, "pooling": "avg"}),
    "ResNet50 max": ("ResNet50", {"include_top": False, "pooling": "max", "input_shape": (64, 48, 3)}),
    "EfficientNetB0 grey": ("EfficientNetB0", {"input_shape": (32, 32, 1), "include_top": False}),
    "EfficientNetV2S no scaling": ("EfficientNetV2S", {"include_preprocessing": False, "include_top": False}),
    "ConvNeXtTiny avg": ("ConvNeXtTiny", {"include_top": False, "pooling": "avg"}),
    "NASNetMobile features": ("NASNetMobile", {"include_top": False}),
    "VGG16 features": ("VGG16", {"include_top": False, "input_shape": (32, 32, 3)}),
    "DenseNet121 named": ("DenseNet121", {"name": "dense", "include_top": False, "pooling": "avg"}),
}


def main():
    """Write the table, or print what one model is made of."""
    import keras
    from keras.src.backend.common import global_state

    names = [n for n in dir(keras.applications) if n[0].isupper()]
    models = {**{name: (name, {}) for name in names}, **VARIANTS}
    wanted, table = sys.argv[1:] or list(models), {}
    for name in wanted:
        keras.utils.clear_session()
        kind, arguments = models[name]
        with keras.StatelessScope():
            model = getattr(keras.applications, kind)(weights=None, **arguments)
            table[name] = row(model)
            if sys.argv[1:]:
                sys.stdout.write("\n".join([*described(model)[0], *described(model)[1], ""]))
            global_state.set_global_attribute("uninitialized_variables", [])
    if not sys.argv[1:]:
        lines = [f"{json.dumps(name)}: {json.dumps(values)}" for name, values in sorted(table.items())]
        with open("keras_models.json", "w") as file:
            file.write("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
