"""What a model has learnt and where it looks: filters, activations, gradients at the image."""

from typing import Any

import numpy as np

from fastnn.core import dtypes, hooks
from fastnn.core.arguments import count, number
from fastnn.core.errors import ArgumentError, DataError, NotBuiltError, ShapeError
from fastnn.core.resampling import weights
from fastnn.core.types import Array
from fastnn.core.values import as_numbers
from fastnn.graph.autodiff import gradients
from fastnn.models.function import Function
from fastnn.models.model import Model
from fastnn.visualization import png
from fastnn.visualization.picture import Column, Images, finish
from fastnn.visualization.plots import pixels_of

MOST = 64  # filters, maps and channels of one picture
ENDS = ("softmax", "sigmoid")  # what a score is taken in front of
KINDS = ("gradient", "gradient*input")


def _layer(model: Any, layer: Any, name: str) -> Any:
    """A layer of a model, given itself, by its name or by its place."""
    if isinstance(layer, str):
        return model.get_layer(layer)
    if isinstance(layer, (int, np.integer)) and not isinstance(layer, bool):
        return model.get_layer(index=int(layer))
    if not hasattr(layer, "weights"):
        raise ArgumentError(f"{name}: received layer={layer!r}, expected a layer, its name or its place in the model.")
    return layer


def _calls(model: Any, name: str) -> list[tuple[Any, Any]]:
    """(layer, the symbol that it gave) of each call in a model's own graph, in order."""
    if not isinstance(model, Model):
        raise ArgumentError(f"{name}: received {type(model).__name__}, expected a model.")
    known = model.__dict__.get("_map") or getattr(model.__dict__.get("_functional"), "_map", None)
    if known is None:
        raise NotBuiltError(
            f"{name}: the layers of model '{model.name}' are not connected by symbols. Give a Sequential model an "
            "Input; look into the functional models inside a subclassed one."
        )
    return [(event.operation, event.output) for event in known.events]


def _maps(model: Any, layer: Any, name: str) -> list[tuple[Any, Any]]:
    """The calls that give maps (n, rows, columns, channels): all but inputs, or the last one of each named layer."""
    calls = _calls(model, name)
    if layer is not None:
        wanted = [_layer(model, one, name) for one in (layer if isinstance(layer, (list, tuple)) else [layer])]
        last = {id(operation): (operation, symbol) for operation, symbol in calls}
        strange = [one.name for one in wanted if id(one) not in last]
        if strange:
            raise ArgumentError(
                f"{name}: layers {strange} are not called in model '{model.name}' itself; it has "
                f"{[getattr(one, 'name', one) for one, _ in calls]}."
            )
        calls = [last[id(one)] for one in wanted]
    inputs = {id(s) for s in model.inputs}
    found = [(one, s) for one, s in calls if len(getattr(s, "shape", ())) == 4 and id(s) not in inputs]
    if not found:
        raise ArgumentError(
            f"{name}: received layers {[getattr(one, 'name', one) for one, _ in calls]}, none of which gives maps (n, "
            "rows, columns, channels)."
        )
    return found


def plot_filters(
    model: Any, layer: Any = None, shape: Any = None, columns: int = 8, scale: int = 6, path: Any = None, ax: Any = None
) -> Any:
    """The weights of a layer as images; zero is the middle grey.

    Args:
        model: a model, or a layer.
        layer: which of the model's layers, itself, by name or by place; the first with a kernel if None.
        shape: (rows, columns) or (rows, columns, channels) of what a Dense layer looks at: its columns are templates.
        columns, scale, path, ax: as in `plot_images`.

    Filters of one or three channels are an image each.  Of others each channel is one, the channels of a filter side by
    side; at most 64 images are drawn, and the title says so.

    Raises:
        NotBuiltError: for a layer without weights yet.  ArgumentError: for one without a kernel.
        ShapeError: for a Dense layer and a shape of another size.

    >>> from fastnn import Input, Sequential, layers
    >>> plot_filters(Sequential([Input((8, 8, 3)), layers.Conv2D(5, 3)])).svg().count("<image")
    5
    """
    found: Any = model
    if isinstance(model, Model) and layer is None:
        found = next((x for x in model.layers if len(getattr(_kernel(x), "shape", ())) > 1), None)
    elif isinstance(model, Model):
        found = _layer(model, layer, "plot_filters")
    elif not hasattr(model, "weights"):
        raise ArgumentError(f"plot_filters: received {type(model).__name__}, expected a model or a layer.")
    kernel = _kernel(found)
    if kernel is None:
        if found is not None and not getattr(found, "built", True):
            raise NotBuiltError(f"plot_filters: layer '{found.name}' has no weights yet; call it on data first.")
        which = "the model has no layer" if found is None else f"layer '{found.name}' is none"
        raise ArgumentError(f"plot_filters: {which} with a kernel; convolutions and Dense layers have one.")
    values = np.asarray(kernel.numpy() if hasattr(kernel, "numpy") else kernel, np.float64)
    if values.ndim == 2 and shape is not None:
        if int(np.prod(shape)) != values.shape[0]:
            raise ShapeError(f"plot_filters: received shape={tuple(shape)} for {values.shape[0]} inputs.")
        values = values.reshape(*shape, values.shape[1])
        values = values[:, :, None] if values.ndim == 3 else values
    if values.ndim == 3:  # of one spatial dimension
        values = values[None]
    if values.ndim != 4:
        raise ShapeError(
            f"plot_filters: the kernel of layer '{found.name}' has shape {values.shape}, expected that of a "
            "convolution of one or two dimensions; of a Dense layer with the `shape` of what it looks at."
        )
    filters = np.moveaxis(values, 3, 0)
    title = found.name
    if filters.shape[3] not in (1, 3):
        columns = min(filters.shape[3], MOST)
        filters = np.moveaxis(filters, 3, 1)[: max(1, MOST // columns), :columns]
        title = (
            f"{found.name}: {filters.shape[0]} of {values.shape[3]} filters, {columns} of {values.shape[2]} channels"
        )
        filters = filters.reshape(-1, *filters.shape[2:])
    elif len(filters) > MOST:
        title, filters = f"{found.name}: {MOST} of {len(filters)} filters", filters[:MOST]
    images = [png.normalise(f[..., 0] if f.ndim == 3 and f.shape[2] == 1 else f, symmetric=True) for f in filters]
    return finish(Images(images, None, title, count("columns", columns), count("scale", scale)), path, ax)


def _kernel(layer):
    for name in ("kernel", "depthwise_kernel"):
        value = getattr(layer, name, None)
        if value is not None:
            return value
    return None


def _batch(model: Any, images: Any, name: str) -> Any:
    """Images (n, rows, columns, channels) as the model takes them, in floats; a single one becomes a batch."""
    inputs, outputs = getattr(model, "inputs", None), getattr(model, "outputs", None)
    for word, many in (("input, an image", inputs), ("output", outputs)):
        if many is not None and len(many) != 1:
            raise ArgumentError(f"{name}: model '{model.name}' has {len(many)} of them, expected one {word}.")
    shape = tuple(inputs[0].shape) if inputs else (None,) * 4
    kind = dtypes.standardize(inputs[0].dtype) if inputs else "float32"
    x = as_numbers(images, f"{name}: images")
    x = x[None] if x.ndim == len(shape) - 1 else x
    if x.ndim != len(shape) or any(n not in (None, m) for n, m in zip(shape[1:], x.shape[1:])) or not len(x):
        raise ShapeError(f"{name}: received images of shape {np.shape(images)}, expected {shape} or one of them.")
    return x.astype(dtypes.numpy_type(kind if dtypes.is_float(kind) else "float32"))


def plot_activations(
    model: Any, image: Any, layer: Any = None, columns: int = 8, scale: int = 2, path: Any = None, ax: Any = None
) -> Any:
    """What layers make of an image: a map for each channel, bright where it answers most.

    Args:
        model: a functional or sequential model of one input.
        image: one image, or a batch of which the first is shown.
        layer: a layer, its name or its place, or a list of them; all with maps (n, rows, columns, channels) if None.
        columns, scale, path, ax: as in `plot_images`; `ax` has one for each layer.

    Raises:
        NotBuiltError: for a model whose layers are not connected by symbols.  ShapeError: for an image that does not
        fit.  ArgumentError: for a model without such layers.

    >>> from fastnn import Input, Sequential, layers
    >>> model = Sequential([Input((8, 8, 1)), layers.Conv2D(4, 3, name="maps"), layers.Flatten()])
    >>> plot_activations(model, np.ones((8, 8, 1))).title
    'maps'
    """
    symbols = _maps(model, layer, "plot_activations")
    x = _batch(model, image, "plot_activations")[:1]
    values = Function(model.inputs, [s for _, s in symbols])([x])
    pictures = []
    for (one, _), maps in zip(symbols, values):
        shown = np.moveaxis(np.asarray(maps)[0], 2, 0)[:MOST]
        images = [png.normalise(m) for m in shown]
        pictures.append(Images(images, None, one.name, count("columns", columns), count("scale", scale)))
    picture = pictures[0] if len(pictures) == 1 else Column(pictures, f"Activations of {model.name}")
    return finish(picture, path, ax)


def _scores(out: Any, target: Any, name: str) -> Any:
    """(symbol of the scores (n, classes) in front of softmax or sigmoid, one-hot array of the targets or None)."""
    if len(out.shape) != 2:
        raise ShapeError(f"{name}: the model's output has shape {tuple(out.shape)}, expected scores (n, classes).")
    return out.node.inputs[0] if out.node is not None and out.node.op.name in ENDS else out


def _targets(model: Any, x: Any, target: Any, name: str) -> Any:
    """The class of each image as one-hot rows; the predicted one if None."""
    outputs = np.asarray(model.predict(x, verbose=0))
    if outputs.ndim != 2:
        raise ShapeError(f"{name}: the model's output has shape {outputs.shape}, expected scores (n, classes).")
    classes = outputs.shape[1]
    chosen = outputs.argmax(axis=1) if target is None else as_numbers(target, f"{name}: target")
    if chosen.dtype.kind not in "iu" or chosen.shape not in ((), (len(x),)):
        raise ArgumentError(
            f"{name}: received target={target!r}, expected a class, or one for each of {len(x)} images."
        )
    if chosen.size and (chosen.min() < 0 or chosen.max() >= classes):
        raise DataError(f"{name}: received target={target!r}, expected classes from 0 to {classes - 1}.")
    return np.eye(classes, dtype=x.dtype)[np.broadcast_to(chosen, (len(x),))]


def saliency(model: Any, images: Any, target: Any = None, kind: str = "gradient") -> Array:
    """How much each pixel would change the score of a class (Simonyan et al., 2014).

    Args:
        model: of one input, images (n, h, w, c), and one output, scores of classes (n, classes).
        images: a batch, or one image.
        target: a class, or one for each image; the predicted one if None.  Of a model with one output it is 0.
        kind: "gradient" or "gradient*input".

    Returns:
        (n, h, w) float32 in [0, 1]: the largest size over the channels of the score's gradient, each image by its own
        largest; the score is what is in front of a last softmax or sigmoid.  `plot_heatmap` draws it.

    Raises:
        ShapeError: for images that do not fit, or outputs of another rank.  DataError: for a class that there is not.
        ArgumentError: for a model of several inputs, or another kind.

    >>> from fastnn import Input, Sequential, layers
    >>> model = Sequential([Input((4, 4, 1)), layers.Flatten(), layers.Dense(3, activation="softmax")])
    >>> saliency(model, np.ones((2, 4, 4, 1))).shape
    (2, 4, 4)
    """
    if kind not in KINDS:
        raise ArgumentError(f"saliency: received kind={kind!r}, expected 'gradient' or 'gradient*input'.")
    if not isinstance(model, Model):
        raise ArgumentError(f"saliency: received {type(model).__name__}, expected a model.")
    x = _batch(model, images, "saliency")
    if x.ndim != 4:
        raise ShapeError(
            f"saliency: received images of shape {np.shape(images)}, expected (n, rows, columns, channels)."
        )
    chosen = _targets(model, x, target, "saliency")

    def slope(image, hot):
        out = model(image, training=False)
        if not hasattr(out, "shape"):
            raise ArgumentError("saliency: the model gives several outputs, expected one.")
        return gradients([_scores(out, target, "saliency")], [image], [hot])[0]

    found = np.asarray(hooks.call("traced", slope, [x, chosen]))
    if kind == "gradient*input":
        found = found * x
    return _unit(np.abs(found).max(axis=3))


def _unit(maps: Any) -> Array:
    """Each map (n, h, w) by its largest value, float32."""
    most = maps.max(axis=(1, 2), keepdims=True)
    return np.divide(maps, most, out=np.zeros(maps.shape, maps.dtype), where=most > 0).astype(np.float32)


def grad_cam(model: Any, images: Any, target: Any = None, layer: Any = None) -> Array:
    """Where a convolutional network looks for a class: Grad-CAM (Selvaraju et al., 2017).

    The maps of a layer are added up, each times the mean over its places of the score's gradient; what speaks against
    the class counts as 0.

    Args:
        model: a functional or sequential model of one input, images, and one output, scores of classes (n, classes).
        images: a batch (n, h, w, c), or one image.
        target: a class, or one for each image; the predicted one if None.
        layer: the layer whose maps are taken, itself, its name or its place; the last one with maps if None.

    Returns:
        (n, h, w) float32 in [0, 1], of the size of the images.  `plot_heatmap` draws it.

    Raises:
        NotBuiltError: for a model whose layers are not connected by symbols.  ShapeError, DataError: as `saliency`.
        ArgumentError: for a model or a layer without maps.

    >>> from fastnn import Input, Sequential, layers
    >>> model = Sequential([Input((8, 8, 1)), layers.Conv2D(4, 3), layers.GlobalMaxPooling2D(), layers.Dense(3)])
    >>> grad_cam(model, np.ones((2, 8, 8, 1))).shape
    (2, 8, 8)
    """
    symbol = _maps(model, layer, "grad_cam")[-1][1]
    x = _batch(model, images, "grad_cam")
    chosen = _targets(model, x, target, "grad_cam")
    both = Function(model.inputs, [symbol, model.outputs[0]])

    def parts(image, hot):
        maps, out = both([image])
        (slope,) = gradients([_scores(out, target, "grad_cam")], [maps], [hot])
        return (maps,) if slope is None else (maps, slope)

    found = [np.asarray(v) for v in hooks.call("traced", parts, [x, chosen])]
    if len(found) == 1:
        raise ArgumentError("grad_cam: the scores do not depend on the maps of this layer.")
    maps, slopes = found
    heat = np.maximum((maps * slopes.mean(axis=(1, 2), keepdims=True)).sum(axis=3), 0)
    rows, columns = (weights(n, m) for n, m in zip(heat.shape[1:], x.shape[1:3]))
    return _unit(np.einsum("ri,nij,sj->nrs", rows, heat, columns))


def plot_heatmap(
    images: Any,
    heat: Any,
    titles: Any = None,
    alpha: float = 0.6,
    columns: int = 8,
    scale: int = 3,
    path: Any = None,
    ax: Any = None,
) -> Any:
    """Heat over images, blue where there is none and red where there is most: what `grad_cam` and `saliency` return.

    Args:
        images: (n, h, w), (n, h, w, 1) or (n, h, w, 3), or one of them.
        heat: (n, h, w) numbers in [0, 1].
        alpha: how much of the colour there is in the result.
        titles, columns, scale, path, ax: as in `plot_images`.

    Raises:
        ShapeError: for heat of another shape than the images.

    >>> plot_heatmap(np.zeros((2, 4, 4)), np.ones((2, 4, 4))).images[0][0, 0].tolist()
    [76, 0, 0]
    """
    heat = as_numbers(heat, "plot_heatmap: heat").astype(np.float64)
    images = as_numbers(images, "plot_heatmap: images")
    images = images[None] if images.ndim == 2 or (images.ndim == 3 and len(heat) == 1 != len(images)) else images
    pictures = pixels_of(images, "plot_heatmap")
    if heat.shape != (len(pictures), *pictures[0].shape[:2]):
        raise ShapeError(
            f"plot_heatmap: received heat of shape {heat.shape}, expected {(len(pictures), *pictures[0].shape[:2])}."
        )
    share = float(number("alpha", alpha, 0, 1))
    t = np.clip(np.nan_to_num(heat), 0, 1)[..., None]
    # blue, cyan, yellow, red: piecewise linear in each channel (Matlab's "jet")
    colours = np.concatenate([np.clip(1.5 - np.abs(4 * t - c), 0, 1) for c in (3, 2, 1)], axis=-1) * 255
    grey = np.stack([p if p.ndim == 3 else np.repeat(p[..., None], 3, 2) for p in pictures])
    mixed = (grey * (1 - share) + colours * share).astype(np.uint8)
    if titles is not None and len(titles) != len(mixed):
        raise ShapeError(f"plot_heatmap: received {len(titles)} titles for {len(mixed)} images.")
    captions = None if titles is None else [str(v) for v in titles]
    return finish(Images(mixed, captions, "", count("columns", columns), count("scale", scale)), path, ax)
