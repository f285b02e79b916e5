"""ImageLayer: one random transformation per call, applied to images and to what belongs to them."""

from typing import Any

from fastnn import ops, random
from fastnn.core.errors import ArgumentError, NotSupportedError, ShapeError
from fastnn.layers import nest
from fastnn.layers.data_format import standardize_data_format
from fastnn.layers.images import boxes as box
from fastnn.layers.images.planned import varied
from fastnn.layers.inference import infer
from fastnn.layers.layer import Layer
from fastnn.random import SeedGenerator

# what a dict may hold beside images, and what one of each is called
PARTS = {"bounding_boxes": "bounding_box", "labels": "label", "segmentation_masks": "segmentation_mask"}


def _number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def factor_range(factor, bounds, name="factor"):
    """(low, high) of a factor: a number f means (-f, f), cut at the lower bound.

    >>> factor_range(0.2, (-1, 1)), factor_range(0.2, (0, 1)), factor_range([0.3, 0.1], (0, 1))
    ((-0.2, 0.2), (0, 0.2), (0.1, 0.3))
    """
    low, high = bounds
    pair = isinstance(factor, (tuple, list)) and len(factor) == 2 and all(map(_number, factor))
    if pair and factor[0] <= high and factor[1] >= low:
        return tuple(sorted(factor))
    if not pair and _number(factor) and low <= factor <= high:
        return max(-abs(factor), low), abs(factor)
    raise ArgumentError(
        f"The `{name}` argument should be a number (or a list of two numbers) in the range [{low}, {high}]. "
        f"Received: factor={factor}"
    )


def strict_range(factor, name, text, allowed, least=None):
    """(low, high) of a factor of which each number must be allowed: a number f means (-f, f), or (least, f).

    text: what an error says of the range; allowed: a function of a number.
    """
    pair = isinstance(factor, (tuple, list)) and len(factor) == 2
    if not pair and not _number(factor):
        raise ArgumentError(f"{text}Received: {name}={factor}")
    for number in factor if pair else (factor,):
        if not _number(number) or not allowed(number):
            raise ArgumentError(f"{text}Received: input_number={number}")
    if pair:
        return tuple(sorted(factor))
    return (-abs(factor) if least is None else least), abs(factor)


def value_pair(value_range):
    """[least, largest] value of a pixel, checked."""
    if not isinstance(value_range, (tuple, list)) or len(value_range) != 2:
        raise ArgumentError(
            f"The `value_range` argument should be a list of two numbers. Received: value_range={value_range}"
        )
    return sorted(value_range)


def rescaled(x, source, target):
    """Values of the range `source` as those of `target`."""
    if tuple(source) == tuple(target):
        return x
    return (x - source[0]) / (source[1] - source[0]) * (target[1] - target[0]) + target[0]


def one_of(kind, name, value, allowed):
    """`value`, or an error that names what is allowed."""
    if value not in allowed:
        raise NotSupportedError(f"Unknown `{name}` {value}. Expected of one {allowed}. ({kind})")
    return value


def beside(x, boxes):
    """(n, k) numbers of images in a shape that broadcasts over their boxes, (n, b, 4) or (b, 4)."""
    x = ops.cast(x, boxes.dtype)
    return ops.expand_dims(x, 1) if len(boxes.shape) == 3 else x


def per_image(x):
    """(n,) numbers in the shape (n, 1, 1, 1), which broadcasts over images."""
    return ops.reshape(x, (-1, 1, 1, 1))


class ImageLayer(Layer):
    """Base: draws a transformation, then applies it to images, labels, boxes and masks.

    Args:
        bounding_box_format: format of the boxes in a dict, such as "xyxy" (see utils.bounding_boxes.convert_format);
            None: there are none.
        data_format: "channels_last" or "channels_first"; None: keras.config.image_data_format().
        seed: int: the draws are the same in each run; None: a random stream of the layer's own.
        value_range: (least, largest) value of a pixel.
        interpolation: how pixels between pixels are found: "bilinear" or "nearest".
        fill_value: a number: what lies outside with fill_mode "constant".
        fill_mode: what lies outside of the image: "constant" (fill_value), "nearest", "reflect" or "wrap".

    Inputs: images (n, h, w, c) or (h, w, c), or channels first; or a dict {"images", "labels", "bounding_boxes",
    "segmentation_masks"}, of which `bounding_boxes` holds {"boxes", "labels"}.

    Subclasses say what is drawn (`_draw`), what becomes of images (`_vary`), and where something becomes of them, of
    labels (`_vary_labels`), masks (`_vary_masks`) and boxes (`_vary_boxes`, in pixels as xyxy).
    """

    _allow_non_tensor_positional_args = True  # layers on data take numbers and texts as they are

    FACTOR_BOUNDS: tuple[float, float] = (-1, 1)
    _always = False  # acts in inference, too
    _draws = True  # needs what `_draw` gives
    _random = True  # takes `seed`
    _planned = True  # `_vary` draws nothing and changes nothing

    def __init__(
        self, bounding_box_format: str | None = None, data_format: str | None = None, seed: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.bounding_box_format = bounding_box_format
        self.data_format = standardize_data_format(data_format)
        first = self.data_format == "channels_first"
        self.height_axis, self.width_axis, self.channel_axis = (-2, -1, -3) if first else (-3, -2, -1)
        if self._random:
            self.seed = seed
            self.generator = seed if isinstance(seed, SeedGenerator) else SeedGenerator(seed)

    # ---- what subclasses say --------------------------------------------------------------------------

    def _draw(self, images, seed):
        """The transformation of these images, as a dict."""

    def _vary(self, images, transformation):
        """Images in the compute dtype, transformed."""
        raise NotImplementedError(f"Layer {type(self).__name__} does not transform images.")

    def _vary_labels(self, labels, transformation):
        return labels

    def _vary_masks(self, masks, transformation):
        return masks

    def _vary_boxes(self, boxes, transformation, height, width):
        """(boxes, height, width) after the transformation; boxes are xyxy in pixels.  Not overridden: boxes stay."""

    def _input_size(self, transformation):
        """(height, width) of the images that a transformation was drawn for."""
        shape = transformation["input_shape"]
        return shape[self.height_axis], shape[self.width_axis]

    # ---- the public methods of Keras ------------------------------------------------------------------

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        """What is to be done with these images (or this dict): numbers drawn for each, or None in inference.

        Args:
            data: images (n, h, w, c) or (h, w, c), or the dict that holds them.
            training: whether anything is drawn.
            seed: an int or a SeedGenerator; None: the layer's own.
        """
        images = data["images"] if isinstance(data, dict) else data
        rank = len(images.shape)
        if rank not in (3, 4):
            raise ShapeError(
                f"Expected the input image to be rank 3 or 4. Received: inputs.shape={tuple(images.shape)}"
            )
        if not training and not self._always:
            return None
        return self._draw(images, self.generator if seed is None and self._random else seed)

    def _acts(self, transformation, training):
        return self._always or (training and (transformation is not None or not self._draws))

    def transform_images(self, images: Any, transformation: Any = None, training: bool = True) -> Any:
        """Images after a transformation, in the compute dtype.

        Args:
            images: (n, h, w, c), or channels first.
            transformation: what get_random_transformation() gave for these images; None: nothing is done, but by layers
                that always act.
            training: whether the layer acts; those that act in inference too do so anyhow.
        """
        x = ops.cast(images, self.compute_dtype)
        return varied(self, x, transformation) if self._acts(transformation, training) else x

    def transform_labels(self, labels: Any, transformation: Any = None, training: bool = True) -> Any:
        """Labels of images after a transformation.

        Args:
            labels: (n, ...).
            transformation: what get_random_transformation() gave for these images; None: nothing is done, but by layers
                that always act.
            training: whether the layer acts; those that act in inference too do so anyhow.
        """
        return self._vary_labels(labels, transformation) if self._acts(transformation, training) else labels

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        """Masks of images after a transformation: their values stay whole.

        Args:
            segmentation_masks: (n, h, w, 1), or channels first.
            transformation: what get_random_transformation() gave for these images; None: nothing is done, but by layers
                that always act.
            training: whether the layer acts; those that act in inference too do so anyhow.
        """
        if not self._acts(transformation, training):
            return segmentation_masks
        return self._vary_masks(segmentation_masks, transformation)

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any = None, training: bool = True) -> Any:
        """{"boxes", "labels"} of images after a transformation; a box that is empty then has the label -1.

        Args:
            bounding_boxes: {"boxes": (n, b, 4), "labels": (n, b)}.
            transformation: what get_random_transformation() gave for these images; None: nothing is done, but by layers
                that always act.
            training: whether the layer acts; those that act in inference too do so anyhow.
        """
        if not self._acts(transformation, training) or type(self)._vary_boxes is ImageLayer._vary_boxes:
            return bounding_boxes
        height, width = self._input_size(transformation)
        own = self._box_format()
        boxes = box.convert_format(bounding_boxes["boxes"], own, "xyxy", height, width)
        boxes, height, width = self._vary_boxes(boxes, transformation, height, width)
        found = box.clip_to_image_size({**bounding_boxes, "boxes": boxes}, height, width)
        return box.convert_format(found, "xyxy", own, height, width)

    def _box_format(self) -> str:
        """The format of boxes, or an error where none was given."""
        if not self.bounding_box_format:
            raise ArgumentError(
                "You passed an input with a 'bounding_boxes' key, but you didn't specify a bounding box format. "
                f"Pass a `bounding_box_format` argument to your {type(self).__name__} layer, e.g. "
                "`bounding_box_format='xyxy'`."
            )
        return self.bounding_box_format

    def transform_single_image(self, image: Any, transformation: Any = None, training: bool = True) -> Any:
        """One image (h, w, c) after a transformation.

        Args:
            image: (h, w, c), or channels first.
            transformation: what get_random_transformation() gave for these images; None: nothing is done, but by layers
                that always act.
            training: whether the layer acts; those that act in inference too do so anyhow.
        """
        return self._single(self.transform_images, image, transformation, training)

    def transform_single_label(self, label: Any, transformation: Any = None, training: bool = True) -> Any:
        """The label of one image.

        Args:
            label: the label, of any shape.
            transformation: what get_random_transformation() gave for these images; None: nothing is done, but by layers
                that always act.
            training: whether the layer acts; those that act in inference too do so anyhow.
        """
        return self._single(self.transform_labels, label, transformation, training)

    def transform_single_bounding_box(
        self, bounding_box: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        """The boxes of one image.

        Args:
            bounding_box: {"boxes": (b, 4), "labels": (b,)}.
            transformation: what get_random_transformation() gave for these images; None: nothing is done, but by layers
                that always act.
            training: whether the layer acts; those that act in inference too do so anyhow.
        """
        return self._single(self.transform_bounding_boxes, bounding_box, transformation, training)

    def transform_single_segmentation_mask(
        self, segmentation_mask: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        """The mask of one image.

        Args:
            segmentation_mask: (h, w, 1), or channels first.
            transformation: what get_random_transformation() gave for these images; None: nothing is done, but by layers
                that always act.
            training: whether the layer acts; those that act in inference too do so anyhow.
        """
        return self._single(self.transform_segmentation_masks, segmentation_mask, transformation, training)

    def _single(self, transform, value, transformation, training):
        batch = nest.map_structure(lambda x: ops.expand_dims(x, 0), value)
        out = transform(batch, transformation=transformation, training=training)
        return nest.map_structure(lambda x: ops.squeeze(x, 0), out)

    # ---- the call -------------------------------------------------------------------------------------

    def call(self, data: Any, training: bool = True) -> Any:
        """Images, or the dict, with its images and what belongs to them transformed.

        Args:
            data: images (n, h, w, c) or (h, w, c), or channels first; or a dict of images and what belongs to them.
            training: whether something is drawn and done.
        """
        images = data["images"] if isinstance(data, dict) else data
        given = {"transformation": self.get_random_transformation(data, training=training), "training": training}
        single = len(images.shape) == 3
        found = (self.transform_single_image if single else self.transform_images)(images, **given)
        if not isinstance(data, dict):
            return found
        out = {**data, "images": found}
        if "bounding_boxes" in data:
            out["bounding_boxes"] = box.dense(data["bounding_boxes"])
            self._box_format()
        for part, one in PARTS.items():
            if part in data:
                name = f"transform_single_{one}" if single else f"transform_{part}"
                out[part] = getattr(self, name)(out[part], **given)
        return out

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The same shape.

        Args:
            input_shape: shape of the images, or a dict of shapes.
        """
        return input_shape

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Shape and dtype of the output; of a dict by a trial.

        Args:
            *args, **kwargs: what `call` takes, symbols or KerasTensors for arrays.
        """
        data = args[0] if args else kwargs.get("data")
        if isinstance(data, dict):
            return infer(self._call_inner, args, {**kwargs, "training": bool(kwargs.get("training", False))})
        return super().compute_output_spec(*args, **kwargs)

    # ---- numbers and configs --------------------------------------------------------------------------

    def _count(self, images):
        """How many images there are: None where that is not known yet."""
        return images.shape[0] if len(images.shape) == 4 else 1

    def _uniform(self, shape, low, high, seed):
        return random.uniform(shape, low, high, self.compute_dtype, seed)

    def _chosen(self, images, seed):
        """(n,) whether each image is meant: with a probability that is drawn from `factor`."""
        n = self._count(images)
        chance = self._uniform((n,), *self.factor, seed)
        return self._uniform((n,), 0.0, 1.0, seed) < chance

    def _config(self, **own):
        config = {**super().get_config(), "data_format": self.data_format, **own}
        if self.bounding_box_format is not None:
            config["bounding_box_format"] = self.bounding_box_format
        return config

    def _seeded(self, **own):
        return self._config(**own, seed=self.seed if hasattr(self.seed, "__index__") else None)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return self._config()
