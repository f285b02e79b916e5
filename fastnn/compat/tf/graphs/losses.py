"""`tf.losses` of TensorFlow 1: one number each, which a graph keeps in its collection "losses"."""

from fastnn import ops
from fastnn.compat.tf import names as tf_names
from fastnn.compat.tf.graphs.graph import defer, graph
from fastnn.compat.tf.graphs.names import add_to_collection, get_collection
from fastnn.compat.tf.values import operand
from fastnn.core.errors import ArgumentError


class Reduction:
    """How losses become one number, by name.

    >>> Reduction.SUM in Reduction.all()
    True
    """

    NONE, SUM, SUM_OVER_BATCH_SIZE, MEAN = "none", "weighted_sum", "weighted_sum_over_batch_size", "weighted_mean"
    SUM_BY_NONZERO_WEIGHTS = SUM_OVER_NONZERO_WEIGHTS = "weighted_sum_by_nonzero_weights"

    @classmethod
    def all(cls):
        """The names."""
        return cls.NONE, cls.SUM, cls.MEAN, cls.SUM_OVER_BATCH_SIZE, cls.SUM_BY_NONZERO_WEIGHTS

    @classmethod
    def validate(cls, key):
        """ArgumentError for what is none of them.

        Args:
            key: a name.
        """
        if key not in cls.all():
            raise ArgumentError(f"Invalid Reduction Key {key}. Expected one of {cls.all()}.")


def _reduced(each, weights, reduction):
    """Weighted losses as one number."""
    w = ops.cast(operand(weights), each.dtype)
    if len(w.shape) == len(each.shape) + 1 and w.shape[-1] == 1:
        w = ops.squeeze(w, -1)
    w = ops.broadcast_to(w, ops.shape(each))
    if reduction == Reduction.NONE:
        return each * w
    total = ops.sum(each * w)
    if reduction == Reduction.SUM:
        return total
    if reduction == Reduction.MEAN:
        return ops.divide_no_nan(total, ops.sum(w))
    counted = ops.ones_like(w) if reduction == Reduction.SUM_OVER_BATCH_SIZE else ops.not_equal(w, 0.0)
    return ops.divide_no_nan(total, ops.sum(ops.cast(counted, each.dtype)))


def _kept(compute, arguments, name, collection):
    """A loss, which a graph keeps."""
    if not graph().active:
        return compute(*arguments)
    node = defer(compute, arguments, {}, name=name)
    if collection is not None:
        add_to_collection(collection, node)
    return node


def _loss(name, each, before=None, behind=None):
    words = (("labels", "onehot_labels", "multi_class_labels"), ("predictions", "logits"))
    order = [word for word in (before, "weights", behind) if word]

    def loss(*args, **kwargs):
        Reduction.validate(reduction := kwargs.pop("reduction", Reduction.SUM_BY_NONZERO_WEIGHTS))
        collection = kwargs.pop("loss_collection", "losses")
        kwargs.pop("scope", None)
        for place, group in enumerate(words):
            for word in group:
                if word in kwargs:
                    args = (*args[:place], kwargs.pop(word), *args[place:])
        given = {**dict(zip(order, args[2:])), **kwargs}
        weights = given.pop("weights", 1.0)
        compute = lambda a, b, w: _reduced(each(operand(a), operand(b), **given), w, reduction)
        return _kept(compute, (*args[:2], weights), name, collection)

    loss.__name__, loss.__doc__ = name, f"tf.losses.{name} of TensorFlow 1: one number."
    return loss


def _smoothed(labels, logits, label_smoothing=0):
    n = labels.shape[-1]
    labels = ops.cast(labels, logits.dtype)
    labels = labels * (1 - label_smoothing) + label_smoothing / n if label_smoothing else labels
    return tf_names.find("nn.softmax_cross_entropy_with_logits")(labels, logits)


def _logged(labels, predictions, epsilon=1e-7):
    labels = ops.cast(labels, predictions.dtype)
    return -labels * ops.log(predictions + epsilon) - (1 - labels) * ops.log(1 - predictions + epsilon)


def _huber(labels, predictions, delta=1.0):
    error = ops.abs(predictions - ops.cast(labels, predictions.dtype))
    inside = ops.minimum(error, delta)
    return 0.5 * ops.square(inside) + delta * (error - inside)


def _sigmoid(labels, logits, label_smoothing=0):
    labels = ops.cast(labels, logits.dtype)
    labels = labels * (1 - label_smoothing) + 0.5 * label_smoothing if label_smoothing else labels
    return tf_names.find("nn.sigmoid_cross_entropy_with_logits")(labels, logits)


def _sparse(labels, logits):
    labels = ops.squeeze(labels, -1) if len(labels.shape) == len(logits.shape) else labels
    return tf_names.find("nn.sparse_softmax_cross_entropy_with_logits")(labels, logits)


def _cosine(labels, predictions, axis=None, dim=None):
    axis = dim if axis is None else axis
    if axis is None:
        raise ArgumentError("You must specify argument 'axis'.")
    return 1.0 - ops.sum(labels * predictions, axis=axis, keepdims=True)


# name: (the loss of each place, an argument before `weights`, one behind it)
_FORMULAS = {
    "mean_squared_error": (lambda y, p: ops.square(p - ops.cast(y, p.dtype)),),
    "absolute_difference": (lambda y, p: ops.abs(p - ops.cast(y, p.dtype)),),
    "softmax_cross_entropy": (_smoothed, None, "label_smoothing"),
    "sigmoid_cross_entropy": (_sigmoid, None, "label_smoothing"), "sparse_softmax_cross_entropy": (_sparse,),
    "log_loss": (_logged, None, "epsilon"), "huber_loss": (_huber, None, "delta"),
    "hinge_loss": (lambda y, logits: ops.relu(1.0 - (2.0 * ops.cast(y, logits.dtype) - 1.0) * logits),),
    "cosine_distance": (_cosine, "axis"),
}  # fmt: skip
LOSSES = {name: _loss(name, *row) for name, row in _FORMULAS.items()}
"""{name: function}."""


def compute_weighted_loss(losses, weights=1.0, scope=None, loss_collection="losses",
                          reduction=Reduction.SUM_BY_NONZERO_WEIGHTS):  # fmt: skip
    """Losses as one number.

    Args:
        losses: of any shape.
        weights: a number, or of a shape that is broadcast to that.
        scope: of no effect.
        loss_collection: where a graph keeps it, or None.
        reduction: one of Reduction.
    """
    Reduction.validate(reduction)
    return _kept(lambda x, w: _reduced(operand(x), w, reduction), (losses, weights), "weighted_loss", loss_collection)


def mean_pairwise_squared_error(labels, predictions, weights=1.0, scope=None, loss_collection="losses"):
    """Of each row, the mean of (d_i - d_j)² over pairs of places, d what predictions differ by; their sum.

    Args:
        labels, predictions: (batch, ...) of one shape.
        weights: a number, or (batch,).
        scope: of no effect.
        loss_collection: where a graph keeps it, or None.
    """

    def compute(y, p, w):
        p = operand(p)
        away = ops.reshape(p - ops.cast(operand(y), p.dtype), (p.shape[0], -1))
        n = away.shape[1]
        squares, sums = ops.sum(ops.square(away), axis=1), ops.sum(away, axis=1)
        each = 2.0 * ops.divide_no_nan(squares - ops.square(sums) / float(n), float(n - 1))
        w = ops.cast(operand(w), each.dtype)
        return ops.sum(each * (ops.reshape(w, (-1,)) if len(w.shape) else w))

    return _kept(compute, (labels, predictions, weights), "mean_pairwise_squared_error", loss_collection)


# ---- what a graph keeps ------------------------------------------------------------------------------------------
def add_loss(loss, loss_collection="losses"):
    """Keep a loss.

    Args:
        loss: a Node.
        loss_collection: where, or None.
    """
    if loss_collection is not None:
        add_to_collection(loss_collection, loss)


def get_losses(scope=None, loss_collection="losses"):
    """The losses that the graph keeps.

    Args:
        scope: what names begin with, or None.
        loss_collection: where.
    """
    return get_collection(loss_collection, scope)


def get_regularization_losses(scope=None):
    """The losses of variables that the graph keeps.

    Args:
        scope: what names begin with, or None.
    """
    return get_collection("regularization_losses", scope)


def _sum(nodes, name):
    return defer(lambda *parts: sum(parts[1:], parts[0]) if parts else operand(0.0), tuple(nodes), {}, name=name)


def get_regularization_loss(scope=None, name="total_regularization_loss"):
    """Their sum.

    Args:
        scope: what names begin with, or None.
        name: str.
    """
    return _sum(get_regularization_losses(scope), name)


def get_total_loss(add_regularization_losses=True, name="total_loss", scope=None):
    """The sum of the losses of the graph.

    Args:
        add_regularization_losses: whether those of variables are added.
        name: str.
        scope: what names begin with, or None.
    """
    return _sum([*get_losses(scope), *(get_regularization_losses(scope) if add_regularization_losses else ())], name)


globals().update(LOSSES)
