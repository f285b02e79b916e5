"""What layers make of images as one plan has the bits of what they make operation by operation."""

import numpy as np
import pytest

from fastnn import GradientTape, layers, ops, utils
from fastnn.compiler import eager
from fastnn.ops.functions import image_places

IMAGES = np.random.default_rng(0).uniform(0, 255, (3, 12, 10, 3)).astype("float32")
MAKE = {
    "flip": lambda: layers.RandomFlip(),
    "rotation": lambda: layers.RandomRotation(0.2, fill_mode="constant"),
    "zoom": lambda: layers.RandomZoom(0.3, interpolation="nearest"),
    "shear": lambda: layers.RandomShear(0.2, 0.2),
    "perspective": lambda: layers.RandomPerspective(1.0),
    "contrast": lambda: layers.RandomContrast(0.5, value_range=(0, 255)),
    "hue": lambda: layers.RandomHue(0.5, (0, 255)),
    "jitter": lambda: layers.RandomColorJitter((0, 255), 0.2, 0.2, 0.2, 0.2),
    "grey": lambda: layers.RandomGrayscale(0.5),
    "blur": lambda: layers.RandomGaussianBlur(1.0, 3, 1.0),
    "equal": lambda: layers.Equalization((0, 255)),
    "policy": lambda: layers.RandAugment((0, 255)),
    "mixed": lambda: layers.AugMix((0, 255)),
    "rubber": lambda: layers.RandomElasticTransform(1.0),
    "crop": lambda: layers.RandomCrop(5, 4),
    "erased": lambda: layers.RandomErasing(1.0),
}


def three(name):
    utils.set_random_seed(1)
    layer = MAKE[name]()
    return [np.asarray(layer(IMAGES, training=True)) for _ in range(3)]


@pytest.mark.parametrize("name", MAKE)
def test_bits_are_the_same(name, monkeypatch):
    planned = three(name)
    monkeypatch.setattr(eager, "kept", lambda *_: None)
    monkeypatch.setitem(eager.hooks._hooks, "kept", lambda *_: None)
    for a, b in zip(planned, three(name), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_plan_is_kept_and_follows_attributes(monkeypatch):
    monkeypatch.setattr(eager, "KEPT", eager.Kept(99, 1 << 24, 1 << 20))
    layer = layers.RandomRotation(0.2, fill_mode="constant", fill_value=1.0, seed=3)
    drawn = layer.get_random_transformation(IMAGES)
    first = np.asarray(layer.transform_images(IMAGES, drawn))
    count = len(eager.KEPT)
    np.testing.assert_array_equal(np.asarray(layer.transform_images(IMAGES, drawn)), first)
    assert len(eager.KEPT) == count
    layer.fill_value = 2.0
    second = np.asarray(layer.transform_images(IMAGES, drawn))
    assert (second != first).any() and second[first == 1.0].min() == 2.0


class Own(layers.RandomFlip):
    calls = 0

    def _vary(self, images, transformation):
        Own.calls += 1
        return super()._vary(images, transformation)


def test_code_of_users_runs_every_time():
    layer = Own()
    for _ in range(3):
        layer(IMAGES, training=True)
    assert Own.calls == 3


def test_what_asks_for_values_is_no_plan():
    ran = []

    def asks(x):
        ran.append(1)
        return x + float(ops.sum(x))

    assert eager.kept(("asks",), asks, [IMAGES]) is None
    assert eager.kept(("asks",), asks, [IMAGES]) is None and len(ran) == 1


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("mode", ["constant", "nearest", "wrap", "mirror", "reflect"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_places_are_read_by_one_kernel_with_the_bits_of_many(order, mode, dtype):
    rng = np.random.default_rng(1)
    for size in ((7, 5), (1, 4)):
        x = rng.standard_normal((2, *size, 3)).astype(dtype)
        at = [(rng.standard_normal((2, 40)) * 9).astype("float32") for _ in range(2)]
        at[0][0, :9] = [np.nan, np.inf, -np.inf, 3e9, -3e9, 0.5, -0.5, 2.0, -1.0]

        def read(x, rows, columns):
            return image_places.sampled(x, [rows, columns], order, mode, 1.5)

        specs = [(a.shape, a.dtype.name) for a in (x, *at)]
        with np.errstate(invalid="ignore"):
            one, many = read(x, *at), eager.EagerPlan(read, specs)(x, *at)
        np.testing.assert_array_equal(np.asarray(one), np.asarray(many))


def test_gradients_of_places_are_there():
    x = np.random.default_rng(2).standard_normal((1, 4, 4, 1)).astype("float32")
    turn = np.array([[1, 0, 0.3, 0, 1, 0.2, 0, 0]], "float32")
    with GradientTape() as tape:
        tape.watch([x, turn])
        y = ops.sum(ops.image.affine_transform(x, turn))
    found = tape.gradient(y, [x, turn])
    assert all(np.abs(np.asarray(g)).sum() > 0 for g in found)
