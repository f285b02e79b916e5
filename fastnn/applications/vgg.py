"""VGG16 and VGG19."""

from fastnn import layers
from fastnn.applications.frame import STANDARD, Plan, builder

FILTERS = (64, 128, 256, 512, 512)


def _plan(repeats, name):
    def body(x, a):
        for k, (filters, times) in enumerate(zip(FILTERS, repeats), 1):
            for i in range(1, times + 1):
                x = layers.Conv2D(filters, (3, 3), activation="relu", padding="same", name=f"block{k}_conv{i}")(x)
            x = layers.MaxPooling2D((2, 2), strides=(2, 2), name=f"block{k}_pool")(x)
        return x

    def top(x, a):
        x = layers.Flatten(name="flatten")(x)
        for word in ("fc1", "fc2"):
            x = layers.Dense(4096, activation="relu", name=word)(x)
        return layers.Dense(a.classes, activation=a.classifier_activation, name="predictions")(x)

    return Plan(body, lambda a: f"{name}_weights_tf_dim_ordering_tf_kernels{{top}}.h5", f"{name}", top=top, pools=False)


PAPER = 'Simonyan and Zisserman, "Very Deep Convolutional Networks" (2015).'
VGG16 = builder("VGG16", _plan((2, 2, 3, 3, 3), "vgg16"), {**STANDARD, "name": "vgg16"}, PAPER,
                "VGG16(include_top=False, weights=None).name\n    'vgg16'")  # fmt: skip
VGG19 = builder("VGG19", _plan((2, 2, 4, 4, 4), "vgg19"), {**STANDARD, "name": "vgg19"}, PAPER)
