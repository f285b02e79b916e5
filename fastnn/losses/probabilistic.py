"""Loss functions of probabilities: cross-entropies and their focal and set variants, one value per sample."""

import warnings

from fastnn import ops
from fastnn.core import config
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.core.shapes import normalize_axis
from fastnn.losses.loss import align, dtype_of, float_tensor, same_shape, tensor
from fastnn.losses.regression import number


def _check_axis(axis):
    if isinstance(axis, bool):
        raise ArgumentError(f"`axis` must be of type `int`. Received: axis={axis} of type {type(axis)}.")


def binary_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """mean(-y log p - (1 - y) log(1 - p), axis); p = y_pred clipped to [epsilon, 1 - epsilon], or sigmoid(y_pred).

    Args:
        y_true: labels in [0, 1], (n, ..., d).
        y_pred: probabilities or logits, of its shape.
        from_logits: whether y_pred are logits instead of probabilities.
        label_smoothing: float s in [0, 1]: labels become y (1 - s) + s / 2.
        axis: int: the axis that is averaged.

    >>> round(float(binary_crossentropy([[1.0]], [[0.5]])[0]), 4)
    0.6931
    """
    y_pred = float_tensor(y_pred)
    y_true, y_pred = align(tensor(y_true, dtype_of(y_pred)), y_pred)
    same_shape("binary_crossentropy", y_true, y_pred)
    y_true = _smooth_binary(y_true, label_smoothing)
    return ops.mean(ops.binary_crossentropy(y_true, y_pred, from_logits=from_logits), axis=axis)


def _is_none(amount):
    """Whether nothing is to be smoothed; a variable may become something."""
    return not hasattr(amount, "_fastnn_variable") and not amount


def _smooth_binary(y_true, amount):
    if _is_none(amount):
        return y_true
    return ops.add(ops.multiply(y_true, number(1.0 - amount, y_true)), number(0.5 * amount, y_true))


def _smooth_classes(y_true, amount):
    if _is_none(amount):
        return y_true
    share = number(amount / y_true.shape[-1], y_true)
    return ops.add(ops.multiply(y_true, number(1.0 - amount, y_true)), share)


def _made_by(x):
    """The name of the operation that a symbol is the result of, "" for other tensors."""
    return getattr(getattr(getattr(x, "node", None), "op", None), "name", "")


def _one_hot_operands(name, y_true, y_pred):
    y_pred = float_tensor(y_pred)
    y_true = tensor(y_true, dtype_of(y_pred))
    if y_pred.shape[-1] == 1:
        warnings.warn(
            f"In loss {name}, expected y_pred.shape to be (batch_size, num_classes) with num_classes > 1. "
            f"Received: y_pred.shape={tuple(y_pred.shape)}. Consider using 'binary_crossentropy' if you only "
            "have 2 classes.",
            SyntaxWarning,
            stacklevel=3,
        )
    elif _made_by(y_pred) == "sigmoid":
        warnings.warn(
            f"In loss {name}, y_pred of shape {tuple(y_pred.shape)} comes from a sigmoid: its classes do not exclude "
            "one another, and the loss scales them to a sum of 1. Use activation='softmax' for one class of several, "
            "or 'binary_crossentropy' for labels of which several may hold.",
            stacklevel=3,
        )
    if tuple(y_true.shape) != tuple(y_pred.shape):
        hint = (
            f" For integer labels use sparse_{name}."
            if len(y_true.shape) < len(y_pred.shape) or y_true.shape[-1] == 1
            else ""
        )
        raise ShapeError(
            f"{name}: y_true (one-hot) and y_pred must have the same shape. Received: y_true.shape="
            f"{tuple(y_true.shape)}, y_pred.shape={tuple(y_pred.shape)}.{hint}"
        )
    return y_true, y_pred


def categorical_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """-sum(y_true * log p, axis); p = y_pred / sum(y_pred) clipped to [epsilon, 1 - epsilon], or softmax(y_pred).

    Args:
        y_true: one-hot or soft labels, (n, ..., classes).
        y_pred: probabilities or logits, of its shape.
        from_logits: whether y_pred are logits instead of probabilities.
        label_smoothing: float s in [0, 1]: labels become y (1 - s) + s / classes.
        axis: int: the axis of the classes.

    >>> round(float(categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]])[0]), 4)
    0.6931
    """
    _check_axis(axis)
    y_true, y_pred = _one_hot_operands("categorical_crossentropy", y_true, y_pred)
    y_true = _smooth_classes(y_true, label_smoothing)
    return ops.categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)


def sparse_categorical_crossentropy(y_true, y_pred, from_logits=False, ignore_class=None, axis=-1):
    """-log p[label]; p = y_pred / sum(y_pred) clipped to [epsilon, 1 - epsilon], or softmax(y_pred).

    Args:
        y_true: class indices (n, ...) or (n, ..., 1).
        y_pred: probabilities or logits, (n, ..., classes).
        from_logits: whether y_pred are logits instead of probabilities.
        ignore_class: int: samples of this label count zero (and, in the class form, not at all); None: all count.
        axis: int: the axis of the classes.

    >>> round(float(sparse_categorical_crossentropy([1], [[0.5, 0.5]])[0]), 4)
    0.6931
    """
    return sparse_categorical_crossentropy_and_mask(y_true, y_pred, from_logits, ignore_class, axis)[0]


def sparse_categorical_crossentropy_and_mask(y_true, y_pred, from_logits=False, ignore_class=None, axis=-1):
    """(values, mask of the samples that are not ignored, or None without ignore_class)."""
    y_pred, y_true = float_tensor(y_pred), tensor(y_true)
    rank = len(y_pred.shape)
    if len(y_true.shape) == rank and y_true.shape[axis] == 1:
        y_true = ops.squeeze(y_true, axis)
    class_axis = normalize_axis(axis, rank)
    expected = tuple(d for i, d in enumerate(y_pred.shape) if i != class_axis)
    if tuple(y_true.shape) != expected:
        one_hot = " For one-hot labels use categorical_crossentropy." if y_true.shape == y_pred.shape else ""
        raise ShapeError(
            "sparse_categorical_crossentropy: y_true must hold one class index per prediction. Received: "
            f"y_true.shape={tuple(y_true.shape)}, y_pred.shape={tuple(y_pred.shape)}; expected "
            f"y_true.shape={expected}.{one_hot}"
        )
    if ignore_class is None:
        return ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis), None
    valid = ops.not_equal(y_true, number(ignore_class, y_true))
    y_true = ops.where(valid, y_true, number(0, y_true))
    y_pred = ops.where(ops.expand_dims(valid, axis), y_pred, number(0.0, y_pred))
    values = ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)
    return ops.where(valid, values, number(0.0, values)), valid


def binary_focal_crossentropy(
    y_true, y_pred, apply_class_balancing=False, alpha=0.25, gamma=2.0, from_logits=False, label_smoothing=0.0, axis=-1
):
    """Binary cross-entropy times (1 - p_t)^gamma, which turns attention to hard samples.

    Args:
        y_true: labels in [0, 1], (n, ..., d).
        y_pred: probabilities or logits, of its shape.
        apply_class_balancing: whether classes are weighed by alpha.
        alpha: float: the weight of class 1, 1 - alpha that of class 0, with apply_class_balancing.
        gamma: float >= 0: the larger, the less easy samples count.
        from_logits: whether y_pred are logits instead of probabilities.
        label_smoothing: float s in [0, 1]: labels become y (1 - s) + s / 2.
        axis: int: the axis that is averaged.

    Source: Lin et al., Focal Loss for Dense Object Detection, 2018.

    >>> round(float(binary_focal_crossentropy([[1.0]], [[0.5]])[0]), 4)
    0.1733
    """
    y_pred = float_tensor(y_pred)
    y_true, y_pred = align(tensor(y_true, dtype_of(y_pred)), y_pred)
    same_shape("binary_focal_crossentropy", y_true, y_pred)
    y_true = _smooth_binary(y_true, label_smoothing)
    if from_logits:
        y_pred = ops.sigmoid(y_pred)
    one = number(1.0, y_pred)
    bce = ops.binary_crossentropy(y_true, y_pred, from_logits=False)
    not_true, not_pred = ops.subtract(one, y_true), ops.subtract(one, y_pred)
    p_t = ops.add(ops.multiply(y_true, y_pred), ops.multiply(not_true, not_pred))
    focal = ops.multiply(ops.power(ops.subtract(one, p_t), number(gamma, y_pred)), bce)
    if apply_class_balancing:
        ones, zeros = ops.multiply(y_true, number(alpha, y_pred)), ops.multiply(not_true, number(1.0 - alpha, y_pred))
        weight = ops.add(ones, zeros)
        focal = ops.multiply(weight, focal)
    return ops.mean(focal, axis=axis)


def categorical_focal_crossentropy(
    y_true, y_pred, alpha=0.25, gamma=2.0, from_logits=False, label_smoothing=0.0, axis=-1
):
    """sum(alpha (1 - p)^gamma * (-y_true log p), axis): the focal form of categorical cross-entropy.

    Args:
        y_true: one-hot or soft labels, (n, ..., classes).
        y_pred: probabilities or logits, of its shape.
        alpha: float, or one per class: weights.
        gamma: float >= 0: the larger, the less easy samples count.
        from_logits: whether y_pred are logits instead of probabilities.
        label_smoothing: float s in [0, 1]: labels become y (1 - s) + s / classes.
        axis: int: the axis of the classes.

    Source: Lin et al., Focal Loss for Dense Object Detection, 2018.

    >>> round(float(categorical_focal_crossentropy([[0.0, 1.0]], [[0.5, 0.5]])[0]), 4)
    0.0433
    """
    _check_axis(axis)
    y_true, y_pred = _one_hot_operands("categorical_focal_crossentropy", y_true, y_pred)
    y_true = _smooth_classes(y_true, label_smoothing)
    if from_logits:
        y_pred = ops.softmax(y_pred, axis=axis)
    p = ops.divide(y_pred, ops.sum(y_pred, axis=axis, keepdims=True))
    p = ops.clip(p, config.epsilon(), 1.0 - config.epsilon())
    cce = ops.negative(ops.multiply(y_true, ops.log(p)))
    factor = ops.power(ops.subtract(number(1.0, p), p), number(gamma, p))
    if not isinstance(alpha, (int, float)):
        alpha = tensor(alpha, dtype_of(p))
    else:
        alpha = number(alpha, p)
    return ops.sum(ops.multiply(ops.multiply(factor, alpha), cce), axis=axis)


def categorical_generalized_cross_entropy(y_true, y_pred, q):
    """(1 - p[label]^q) / q: between cross-entropy (q -> 0) and absolute error (q -> 1), robust to wrong labels.

    Args:
        y_true: class indices (n,).
        y_pred: probabilities (n, classes).
        q: float in (0, 1).

    Source: Zhang and Sabuncu, Generalized Cross Entropy Loss, 2018.

    >>> round(float(categorical_generalized_cross_entropy([1], [[0.75, 0.25]], 0.5)[0]), 4)
    1.0
    """
    y_pred = float_tensor(y_pred)
    y_true = tensor(y_true)
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == 1:
        y_true = ops.squeeze(y_true, -1)
    hot = ops.cast(ops.one_hot(ops.cast(y_true, "int32"), y_pred.shape[-1]), dtype_of(y_pred))
    p = ops.sum(ops.multiply(y_pred, hot), axis=-1)
    return ops.divide(ops.subtract(number(1.0, p), ops.power(p, number(q, p))), number(q, p))


def _overlap(name, y_true, y_pred):
    y_pred = float_tensor(y_pred)
    y_true = tensor(y_true, dtype_of(y_pred))
    same_shape(name, y_true, y_pred)
    return y_true, y_pred


def dice(y_true, y_pred, axis=None):
    """1 - 2 |A and B| / (|A| + |B| + epsilon), summed over `axis` (None = everything, one number).

    Args:
        y_true, y_pred: labels and probabilities, of one shape.
        axis: int or ints: the axes that are summed over; None: all.

    Source: Milletari et al., V-Net, 2016.

    >>> round(float(dice([[1.0, 0.0]], [[1.0, 0.0]])), 4)
    0.0
    """
    y_true, y_pred = _overlap("dice", y_true, y_pred)
    both = ops.sum(ops.multiply(y_true, y_pred), axis=axis)
    total = ops.add(ops.sum(y_true, axis=axis), ops.sum(y_pred, axis=axis))
    share = ops.divide(ops.multiply(number(2.0, both), both), ops.add(total, number(config.epsilon(), both)))
    return ops.subtract(number(1.0, both), share)


def tversky(y_true, y_pred, alpha=0.5, beta=0.5, axis=None):
    """1 - TP / (TP + alpha (1 - p) y + beta p (1 - y) + epsilon), summed over `axis`.

    Args:
        y_true, y_pred: labels y and probabilities p, of one shape.
        alpha: float: weight of what is labelled and not found.
        beta: float: weight of what is found and not labelled.
        axis: int or ints: the axes that are summed over; None: all.

    Source: Salehi et al., Tversky Loss Function for Image Segmentation, 2017.

    >>> round(float(tversky([[1.0, 0.0]], [[1.0, 0.0]])), 4)
    0.0
    """
    y_true, y_pred = _overlap("tversky", y_true, y_pred)
    one = number(1.0, y_pred)
    both = ops.sum(ops.multiply(y_true, y_pred), axis=axis)
    missed = ops.sum(ops.multiply(ops.subtract(one, y_pred), y_true), axis=axis)
    wrong = ops.sum(ops.multiply(y_pred, ops.subtract(one, y_true)), axis=axis)
    weighted = ops.add(ops.multiply(missed, number(alpha, both)), ops.multiply(wrong, number(beta, both)))
    total = ops.add(ops.add(both, weighted), number(config.epsilon(), both))
    return ops.subtract(number(1.0, both), ops.divide(both, total))
