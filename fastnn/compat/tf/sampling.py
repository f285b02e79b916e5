"""TensorFlow's candidate samplers, and the losses over sampled classes that words are embedded with; see tf_math.

Log-uniform: class c has the probability log((c + 2) / (c + 1)) / log(range_max + 1), as words by their rank have.
"""

import collections

import numpy as np

from fastnn import ops, random
from fastnn.compat.tf.values import host, operand, values_of
from fastnn.core.errors import ArgumentError

Sampled = collections.namedtuple("Sampled", ["sampled_candidates", "true_expected_count", "sampled_expected_count"])


def _sampler(name, probability, draw):
    def sample(true_classes, num_true, num_sampled, unique, range_max, seed=None, name=None):
        true = values_of(operand(true_classes), f"random.{label}")
        count, most = int(num_sampled), int(range_max)
        if unique and count > most:
            raise ArgumentError(f"tf.random.{label}: received num_sampled={count} unique classes of {most}.")
        start = int(np.asarray(random.randint((), 0, 2**31 - 1, seed=seed)))
        rng, found, tries = np.random.default_rng(start), [], 0
        while len(found) < count:
            tries += 1
            candidate = draw(rng.random(), most)
            if not unique or candidate not in found:
                found.append(candidate)

        def expected(classes):
            p = probability(np.asarray(classes, "float64"), most)
            return host((-np.expm1(tries * np.log1p(-p)) if unique else p * count).astype("float32"))

        return Sampled(host(np.array(found, "int64")), expected(true), expected(found))

    label = name
    return sample


_log_uniform = _sampler(
    "log_uniform_candidate_sampler",
    lambda c, most: np.log((c + 2) / (c + 1)) / np.log(most + 1),
    lambda u, most: min(int(np.exp(u * np.log(most + 1))) - 1, most - 1),
)
_uniform = _sampler(
    "uniform_candidate_sampler", lambda c, most: np.full_like(c, 1 / most), lambda u, most: min(int(u * most), most - 1)
)


def _logits(weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values, remove_hits, seed):
    """(logits of true and sampled classes, their labels): (batch, num_true + num_sampled)."""
    weights, biases, inputs, labels = map(operand, (weights, biases, inputs, labels))
    labels = ops.reshape(ops.cast(labels, "int64"), (-1, int(num_true)))
    values = sampled_values or _log_uniform(labels, num_true, num_sampled, True, num_classes, seed)
    sampled, expected, sampled_expected = map(operand, values)
    own = ops.sum(ops.expand_dims(inputs, 1) * ops.take(weights, labels, axis=0), axis=-1)
    own = own + ops.take(biases, labels, axis=0) - ops.log(ops.cast(expected, inputs.dtype))
    others = ops.matmul(inputs, ops.transpose(ops.take(weights, sampled, axis=0))) + ops.take(biases, sampled, axis=0)
    if remove_hits:
        hits = ops.any(ops.equal(ops.expand_dims(labels, 2), ops.cast(sampled, "int64")), axis=1)
        others = ops.where(hits, np.float32(-3.4028235e38), others)
    others = others - ops.log(ops.cast(sampled_expected, inputs.dtype))
    true = ops.ones_like(own) / float(num_true)
    return ops.concatenate([own, others], axis=1), ops.concatenate([true, ops.zeros_like(others)], axis=1)


def _nce_loss(weights, biases, labels, inputs, num_sampled, num_classes, num_true=1, sampled_values=None,
              remove_accidental_hits=False, name="nce_loss"):  # fmt: skip
    logits, targets = _logits(weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values,
                              remove_accidental_hits, None)  # fmt: skip
    losses = ops.maximum(logits, 0.0) - logits * targets + ops.log1p(ops.exp(-ops.abs(logits)))
    return ops.sum(losses, axis=1)


def _sampled_softmax_loss(weights, biases, labels, inputs, num_sampled, num_classes, num_true=1, sampled_values=None,
                          remove_accidental_hits=True, seed=None, name="sampled_softmax_loss"):  # fmt: skip
    logits, targets = _logits(weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values,
                              remove_accidental_hits, seed)  # fmt: skip
    return -ops.sum(targets * ops.log_softmax(logits, axis=-1), axis=1)


TABLE = {
    "random.log_uniform_candidate_sampler": _log_uniform, "random.uniform_candidate_sampler": _uniform,
    "nn.nce_loss": _nce_loss, "nn.sampled_softmax_loss": _sampled_softmax_loss,
}  # fmt: skip
