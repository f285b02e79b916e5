"""Images of another size: Resizing, CenterCrop and RandomCrop."""

from typing import Any

import numpy as np

from fastnn import ops
from fastnn.core import dtypes
from fastnn.core.arguments import whole
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.layers.data_format import sized_shape
from fastnn.layers.images.base import ImageLayer
from fastnn.layers.images.boxes import crop
from fastnn.ops import image


class _Sized(ImageLayer):
    """Base: the output has a given height and width.

    Args:
        height, width: ints >= 1: the size of the output, in pixels.
    """

    _always, _random = True, False

    def __init__(self, height: Any, width: int, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(data_format=data_format, **kwargs)
        for name, value in (("height", height), ("width", width)):
            if (whole(value) or 0) < 1:
                raise ArgumentError(f"{type(self).__name__}: `{name}` must be an int >= 1. Received: {name}={value!r}")
        self.height, self.width = int(height), int(width)

    def _draw(self, images, seed):
        return {"input_shape": tuple(images.shape)}

    def _middle(self, height, width):
        """(top, left, height, width) of the largest part in the middle with the shape of the output."""
        h = max(min(height, int(width * self.height / self.width)), 1)
        w = max(min(width, int(height * self.width / self.height)), 1)
        return (height - h) // 2, (width - w) // 2, h, w

    def _cut(self, images, top, left, height, width):
        """A part of images, whose place may be numbers of a graph."""
        for axis, start, kept in ((self.height_axis, top, height), (self.width_axis, left, width)):
            if isinstance(start, int):
                at = [slice(None)] * len(images.shape)
                at[axis] = slice(start, start + kept)
                images = images[tuple(at)]
            else:
                images = ops.take(images, np.arange(kept, dtype="int32") + start, axis=axis)
        return images

    def _resized(self, images, interpolation="bilinear", **kwargs):
        size = (self.height, self.width)
        return image.resize(images, size, interpolation, data_format=self.data_format, **kwargs)

    def _cut_boxes(self, boxes, top, left, height, width):
        """Boxes in a part of the image, which then gets the size of the output."""
        boxes = crop(boxes, top, left, height, width)
        share = np.array([self.width / width, self.height / height] * 2, "float32")
        return boxes * share, self.height, self.width

    def _vary_masks(self, masks, transformation):
        return self._vary(ops.cast(masks, self.compute_dtype), transformation)

    def compute_output_shape(self, input_shape):
        if isinstance(input_shape, dict):
            images = sized_shape(input_shape["images"], self.height, self.width, self.data_format)
            return {**input_shape, "images": images}
        if len(input_shape) not in (3, 4) or isinstance(input_shape[0], (list, tuple)):
            raise ShapeError(
                "`input_shape` must be a non-nested tuple or list of rank-1 with size 3 (unbatched) or 4 (batched). "
                f"Received: input_shape={input_shape}"
            )
        return sized_shape(input_shape, self.height, self.width, self.data_format)


class Resizing(_Sized):
    """Images of a given size.

    Args:
        interpolation: "bilinear", "nearest", "bicubic", "lanczos3" or "lanczos5".
        crop_to_aspect_ratio: whether the middle is cut to the new shape first, so that nothing is distorted.
        pad_to_aspect_ratio: whether fill_value surrounds images to the new shape first, so that nothing is distorted.
        fill_mode: "constant", the only one.
        fill_value: a number: what surrounds padded images.
        antialias: whether the weights reach further where images shrink.

    Input: (batch, h, w, channels) or (h, w, channels); integers stay integers.

    >>> import numpy as np
    >>> Resizing(2, 3)(np.ones((1, 8, 8, 1), "float32")).shape
    (1, 2, 3, 1)
    """

    _keeps_dtype = True

    def __init__(
        self,
        height: Any,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_mode: str = "constant",
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(height, width, data_format, **kwargs)
        self.interpolation, self.antialias = interpolation, bool(antialias)
        self.crop_to_aspect_ratio, self.pad_to_aspect_ratio = crop_to_aspect_ratio, pad_to_aspect_ratio
        self.fill_mode, self.fill_value = fill_mode, fill_value
        if interpolation not in ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"):
            raise ArgumentError(
                "Resizing: interpolation must be 'bilinear', 'nearest', 'bicubic', 'lanczos3' or 'lanczos5'. "
                f"Received: {interpolation!r}"
            )

    def _with(self, images, interpolation):
        kind = dtypes.standardize(images.dtype)
        integer = not dtypes.is_float(kind)
        found = self._resized(
            ops.cast(images, self.compute_dtype) if integer else images,
            interpolation,
            antialias=self.antialias,
            crop_to_aspect_ratio=self.crop_to_aspect_ratio,
            pad_to_aspect_ratio=self.pad_to_aspect_ratio,
            fill_mode=self.fill_mode,
            fill_value=self.fill_value,
        )
        return ops.saturate_cast(ops.round(found), kind) if integer else found

    def transform_images(self, images: Any, transformation: Any = None, training: bool = True) -> Any:
        return self._with(ops.convert_to_tensor(images), self.interpolation)

    def _vary_masks(self, masks, transformation):
        return self._with(ops.convert_to_tensor(masks), "nearest")

    def _input_size(self, transformation):
        return super()._input_size(transformation) if isinstance(transformation, dict) else transformation

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any = None, training: bool = True) -> Any:
        """Boxes in the new size; what only fills up (0 or -1 throughout) becomes 0.

        Args:
            bounding_boxes, transformation, training: as of other layers.
        """
        boxes = ops.convert_to_tensor(bounding_boxes["boxes"])
        filling = ops.logical_or(*(ops.all(ops.equal(boxes, v), axis=-1, keepdims=True) for v in (-1, 0)))
        found = super().transform_bounding_boxes(bounding_boxes, transformation, training)
        return {**found, "boxes": ops.where(filling, ops.zeros_like(found["boxes"]), found["boxes"])}

    def _vary_boxes(self, boxes, transformation, height, width):
        tall, wide, left, top = self.height / height, self.width / width, 0.0, 0.0
        if self.pad_to_aspect_ratio:
            tall = wide = min(tall, wide)
            top, left = (self.height - height * tall) // 2, (self.width - width * wide) // 2
        elif self.crop_to_aspect_ratio:
            tall = wide = max(tall, wide)
            top, left = -((height * tall - self.height) // 2), -((width * wide - self.width) // 2)
        shares, moved = np.array([wide, tall] * 2, "float32"), np.array([left, top] * 2, "float32")
        return boxes * shares + moved, self.height, self.width

    def get_config(self):
        return self._config(
            height=self.height,
            width=self.width,
            interpolation=self.interpolation,
            crop_to_aspect_ratio=self.crop_to_aspect_ratio,
            pad_to_aspect_ratio=self.pad_to_aspect_ratio,
            fill_mode=self.fill_mode,
            fill_value=self.fill_value,
            antialias=self.antialias,
        )


class CenterCrop(_Sized):
    """The middle of images; images that are smaller are cut to the shape and resized.

    >>> import numpy as np
    >>> CenterCrop(2, 2)(np.ones((1, 8, 8, 1), "float32")).shape
    (1, 2, 2, 1)
    """

    def _vary(self, images, transformation):
        height, width = images.shape[self.height_axis], images.shape[self.width_axis]
        if height < self.height or width < self.width:
            return self._resized(self._cut(images, *self._middle(height, width)))
        return self._cut(images, (height - self.height) // 2, (width - self.width) // 2, self.height, self.width)

    def transform_images(self, images: Any, transformation: Any = None, training: bool = True) -> Any:
        return self._vary(ops.cast(images, self.compute_dtype), transformation)

    def _vary_boxes(self, boxes, transformation, height, width):
        if height < self.height or width < self.width:
            return self._cut_boxes(boxes, *self._middle(height, width))
        top, left = (height - self.height) // 2, (width - self.width) // 2
        return self._cut_boxes(boxes, top, left, self.height, self.width)

    def get_config(self):
        return self._config(height=self.height, width=self.width)


class RandomCrop(_Sized):
    """A random part of each batch of images while training, the middle otherwise; smaller images are resized.

    >>> import numpy as np
    >>> RandomCrop(2, 3)(np.ones((2, 4, 4, 1), "float32")).shape
    (2, 2, 3, 1)
    """

    _random = True
    _planned = False  # places are numbers of the graph, others each time

    def __init__(
        self,
        height: Any,
        width: int,
        seed: Any = None,
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(height, width, data_format, seed=seed, name=name, **kwargs)

    def _size_of(self, images):
        self.compute_output_shape(tuple(images.shape))  # which checks the rank
        return images.shape[self.height_axis], images.shape[self.width_axis]

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        """(top, left) of the part, and the images' height and width.

        Args:
            data: images (n, h, w, c) or (h, w, c), or the dict that holds them.
            training: whether the place is drawn; else it is the middle.
            seed: an int or a SeedGenerator; None: the layer's own.
        """
        images = data["images"] if isinstance(data, dict) else data
        height, width = self._size_of(images)
        if height is None or width is None:
            raise ShapeError(
                "RandomCrop requires the input to have a fully defined height and width. "
                f"Received: images.shape={tuple(images.shape)}"
            )
        place = []
        for size, kept in ((height, self.height), (width, self.width)):
            room = size - kept
            if training and room > 0:
                share = self._uniform((1,), 0.0, 1.0, self.generator if seed is None else seed)
                place.append(ops.cast(ops.floor(share * (room + 1)), "int32"))
            else:
                place.append(max(room // 2, 0))
        return (*place, height, width)

    def _vary(self, images, transformation):
        height, width = self._size_of(images)
        if height < self.height or width < self.width:
            return self._resized(images)
        return self._cut(images, *transformation[:2], self.height, self.width)

    def _input_size(self, transformation):
        return transformation[2:] if len(transformation) == 4 else (self.height, self.width)

    def _vary_boxes(self, boxes, transformation, height, width):
        if height < self.height or width < self.width:
            return self._cut_boxes(boxes, 0, 0, height, width)
        top, left = (v if isinstance(v, int) else ops.cast(v, boxes.dtype) for v in transformation[:2])
        return self._cut_boxes(boxes, top, left, self.height, self.width)

    def get_config(self):
        return self._seeded(height=self.height, width=self.width)


class MaxNumBoundingBoxes(ImageLayer):
    """As many boxes for each image as given: others are cut, missing ones filled up.

    Args:
        max_number: int: how many boxes each image has then.
        fill_value: int: the numbers of the boxes and labels that fill up.

    >>> import numpy as np
    >>> boxes = {"boxes": np.ones((1, 1, 4), "float32"), "labels": np.ones((1, 1), "int32")}
    >>> data = {"images": np.ones((1, 4, 4, 1), "float32"), "bounding_boxes": boxes}
    >>> MaxNumBoundingBoxes(3, bounding_box_format="xyxy")(data)["bounding_boxes"]["labels"].tolist()
    [[1, -1, -1]]
    """

    _always, _draws, _random = True, False, False

    def __init__(self, max_number: int, fill_value: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.max_number, self.fill_value = int(max_number), int(fill_value)

    def _vary(self, images, transformation):
        return images

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any = None, training: bool = True) -> Any:
        """The boxes and labels, cut or filled up.

        Args:
            bounding_boxes: {"boxes": (n, b, 4), "labels": (n, b)}.
            transformation, training: not used: it acts in inference too.
        """
        found = dict(bounding_boxes)
        for name in ("boxes", "labels"):
            x = ops.convert_to_tensor(bounding_boxes[name])[:, : self.max_number]
            room = self.max_number - x.shape[1]
            margins = [(0, 0), (0, room), *((0, 0) for _ in x.shape[2:])]
            found[name] = ops.pad(x, margins, constant_values=self.fill_value) if room else x
        return found

    def compute_output_shape(self, input_shape):
        if not isinstance(input_shape, dict) or "bounding_boxes" not in input_shape:
            return input_shape
        shapes = input_shape["bounding_boxes"]
        extra = sorted(set(shapes) - {"boxes", "labels"})
        if extra:
            raise ArgumentError(
                f"There are unsupported keys in `bounding_boxes`: {extra}. Only `boxes` and `labels` are supported."
            )
        sized = {name: (shape[0], self.max_number, *shape[2:]) for name, shape in shapes.items()}
        return {**input_shape, "bounding_boxes": sized}

    def get_config(self):
        return self._config(max_number=self.max_number, fill_value=self.fill_value)
