"""Several random transformations in a row: RandAugment and AugMix."""

from typing import Any

from fastnn import ops, random
from fastnn.layers.images.base import ImageLayer, factor_range, value_pair
from fastnn.layers.images.colours import RandomBrightness, RandomColorDegeneration, RandomContrast
from fastnn.layers.images.geometry import RandomRotation, RandomShear, RandomTranslation
from fastnn.layers.images.mixing import symmetric_beta
from fastnn.layers.images.tones import AutoContrast, Equalization, RandomPosterization, Solarization
from fastnn.layers.images.warps import RandomSharpness

# name -> how the layer is made from a factor (low, high), the value range, and the interpolation
LAYERS = {
    "random_shear": lambda f, v, i: (RandomShear, {"x_factor": f, "y_factor": f, "interpolation": i}),
    "random_translation": lambda f, v, i: (
        RandomTranslation,
        {"height_factor": f, "width_factor": f, "interpolation": i},
    ),
    "random_rotation": lambda f, v, i: (RandomRotation, {"factor": f, "interpolation": i}),
    "random_brightness": lambda f, v, i: (RandomBrightness, {"factor": f, "value_range": v}),
    "random_color_degeneration": lambda f, v, i: (RandomColorDegeneration, {"factor": f, "value_range": v}),
    "random_contrast": lambda f, v, i: (RandomContrast, {"factor": f, "value_range": v}),
    "random_sharpness": lambda f, v, i: (RandomSharpness, {"factor": f, "value_range": v}),
    "random_posterization": lambda f, v, i: (RandomPosterization, {"factor": max(1, int(8 * f[1])), "value_range": v}),
    "solarization": lambda f, v, i: (Solarization, {"addition_factor": f, "threshold_factor": f, "value_range": v}),
    "auto_contrast": lambda f, v, i: (AutoContrast, {"value_range": v}),
    "equalization": lambda f, v, i: (Equalization, {"value_range": v}),
}
SHAPES_AND_TONES = ("random_shear", "random_translation", "random_rotation", "random_posterization", "solarization",
                    "auto_contrast", "equalization")  # fmt: skip
ALL = (*SHAPES_AND_TONES, "random_brightness", "random_color_degeneration", "random_contrast", "random_sharpness")


class _Policy(ImageLayer):
    """Base: a choice among layers, each made with one factor."""

    FACTOR_BOUNDS = (0, 1)
    _planned = False  # another choice each time
    _names: tuple[str, ...] = tuple(LAYERS)

    def _make(self, value_range, factor, interpolation, kwargs):
        self.value_range, self.interpolation = tuple(value_pair(value_range)), interpolation
        self.factor = factor_range(factor, self.FACTOR_BOUNDS)
        own = {k: v for k, v in kwargs.items() if k != "name"}
        for name in self._names:
            kind, arguments = LAYERS[name](self.factor, value_range, interpolation)
            seed = {} if kind in (AutoContrast, Equalization) else {"seed": self.seed}
            setattr(self, name, kind(**arguments, **seed, data_format=self.data_format, **own))

    def _members(self):
        return [getattr(self, name) for name in self._names]

    def _drawn(self, images, seed):
        """A transformation for each layer, by its name."""
        return {
            name: layer.get_random_transformation(images, seed=seed)
            for name, layer in zip(self._names, self._members())
        }

    def _branches(self, drawn, method):
        """For each layer a function of what its method changes."""
        methods = [getattr(layer, method) for layer in self._members()]
        return [lambda x, change=change, t=t: change(x, t) for change, t in zip(methods, drawn.values())]


class RandAugment(_Policy):
    """Images changed by layers that are chosen at random, one after the other, while training.

    Args:
        num_ops: int: how many are chosen.
        factor: a number or (low, high) in [0, 1]: how strong they are.

    Images have three channels.  Source: Cubuk et al., "RandAugment" (2020).

    >>> import numpy as np
    >>> RandAugment()(np.ones((2, 4, 4, 3), "float32")).shape
    (2, 4, 4, 3)
    """

    def __init__(
        self,
        value_range: Any = (0, 255),
        num_ops: int = 2,
        factor: Any = 0.5,
        interpolation: str = "bilinear",
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, seed=seed, **kwargs)
        self.num_ops = num_ops
        self._make(value_range, factor, interpolation, kwargs)

    def _draw(self, images, seed):
        chosen = random.randint((self.num_ops,), 0, len(self._names), seed=seed) if self.num_ops else []
        return {"transforms": self._drawn(images, seed), "layer_idxes": chosen}

    def _in_turn(self, value, transformation, method):
        """`value` after the chosen layers' method; only those are calculated."""
        drawn = transformation["transforms"]
        for k in range(self.num_ops):
            branches = self._branches(drawn, method)
            value = ops.switch(transformation["layer_idxes"][k], branches, value)
        return value

    def _vary(self, images, transformation):
        return self._in_turn(images, transformation, "transform_images")

    def _vary_masks(self, masks, transformation):
        return self._in_turn(ops.convert_to_tensor(masks), transformation, "transform_segmentation_masks")

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any = None, training: bool = True) -> Any:
        if not training or transformation is None:
            return bounding_boxes
        given = {**bounding_boxes, "boxes": ops.cast(bounding_boxes["boxes"], "float32")}
        given["labels"] = ops.convert_to_tensor(given["labels"])
        return self._in_turn(given, transformation, "transform_bounding_boxes")

    def get_config(self):
        return self._seeded(
            value_range=self.value_range, num_ops=self.num_ops, factor=self.factor, interpolation=self.interpolation
        )


class AugMix(_Policy):
    """Images mixed with variants of themselves, each made by a chain of layers chosen at random, while training.

    Args:
        num_chains: int: how many variants are mixed.
        chain_depth: int: how many layers a chain has at most.
        factor: a number or (low, high) in [0, 1]: how strong they are.
        alpha: float > 0: of the Dirichlet and Beta distributions that the weights are drawn from; the larger, the more
            even.
        all_ops: whether layers that change colours take part.

    Source: Hendrycks et al., "AugMix" (2020).

    >>> import numpy as np
    >>> AugMix()(np.ones((2, 4, 4, 3), "float32")).shape
    (2, 4, 4, 3)
    """

    def __init__(
        self,
        value_range: Any = (0, 255),
        num_chains: int = 3,
        chain_depth: int = 3,
        factor: Any = 0.3,
        alpha: float = 1.0,
        all_ops: bool = True,
        interpolation: str = "bilinear",
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, seed=seed, **kwargs)
        self.num_chains, self.chain_depth, self.alpha, self.all_ops = num_chains, chain_depth, alpha, all_ops
        self._names = ALL if all_ops else SHAPES_AND_TONES
        self._make(value_range, factor, interpolation, kwargs)

    def _weights(self, seed):
        """`num_chains` numbers that add up to 1, of the Dirichlet distribution: a stick broken again and again."""
        rest, weights = 1.0, []
        for left in range(self.num_chains - 1, 0, -1):
            share = self._beta(self.alpha, left * self.alpha, seed)
            weights.append(rest * share)
            rest = rest * (1.0 - share)
        return [*weights, rest]

    def _beta(self, a, b, seed):
        if a == b:
            return symmetric_beta((), a, self.compute_dtype, seed)
        first, second = (self._gamma(v, seed) for v in (a, b))
        return first / (first + second + 1e-30)

    def _gamma(self, a, seed):
        """A number of the gamma distribution, by eight trials (Marsaglia and Tsang, 2000): one of 2e9 draws fails."""
        d = a + (1.0 if a < 1 else 0.0) - 1.0 / 3.0
        x = random.normal((8,), dtype=self.compute_dtype, seed=seed)
        u = self._uniform((8,), 0.0, 1.0, seed)
        v = ops.power(ops.maximum(1.0 + x / (9.0 * d) ** 0.5, 0.0), 3)
        good = ops.log(u + 1e-30) < 0.5 * ops.square(x) + d - d * v + d * ops.log(v + 1e-30)
        good = ops.logical_and(good, v > 0)
        first = ops.take(v, ops.argmax(ops.cast(good, "int32"), axis=0))
        boost = ops.power(self._uniform((), 0.0, 1.0, seed), 1.0 / a) if a < 1 else 1.0
        return d * first * boost

    def _draw(self, images, seed):
        slots = self.num_chains * self.chain_depth
        chosen = random.randint((max(slots, 1),), 0, len(self._names) + 1, seed=seed)
        return {
            "chain_mixing_weights": self._weights(seed),
            "weight_sample": symmetric_beta((), self.alpha, self.compute_dtype, seed),
            "layer_idxes": chosen,
            "chain_transforms": [self._drawn(images, seed) for _ in range(slots)],
        }

    def _mixed(self, value, transformation, method):
        total = 0.0
        for chain, weight in enumerate(transformation["chain_mixing_weights"]):
            variant = value
            for slot in range(chain * self.chain_depth, (chain + 1) * self.chain_depth):
                drawn = transformation["chain_transforms"][slot]
                branches = self._branches(drawn, method)
                variant = ops.switch(transformation["layer_idxes"][slot], [*branches, lambda x: x * 1], variant)
            total = total + variant * weight
        share = transformation["weight_sample"]
        return share * value + (1.0 - share) * total

    def _vary(self, images, transformation):
        return ops.clip(self._mixed(images, transformation, "transform_images"), *self.value_range)

    def _vary_masks(self, masks, transformation):
        return self._mixed(ops.cast(masks, self.compute_dtype), transformation, "transform_segmentation_masks")

    def get_config(self):
        return self._seeded(
            value_range=self.value_range,
            num_chains=self.num_chains,
            chain_depth=self.chain_depth,
            factor=self.factor,
            alpha=self.alpha,
            all_ops=self.all_ops,
            interpolation=self.interpolation,
        )
