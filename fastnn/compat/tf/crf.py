"""Conditional random fields along sequences, linear chains (Lafferty et al. 2001): likelihoods and the best tags.

`tf.contrib.crf` of TensorFlow 1 and `tensorflow_addons.text`; in graphs they wait for a run.
"""

import numpy as np

from fastnn import initializers, ops
from fastnn.compat.tf.graphs.graph import graph, waiting
from fastnn.compat.tf.graphs.names import get_variable
from fastnn.compat.tf.values import host, operand, values_of
from fastnn.graph import Variable


def _counts(lengths, steps, dtype):
    """1 where a step counts: (batch, steps)."""
    lengths = ops.expand_dims(ops.cast(operand(lengths), "int32"), 1)
    return ops.cast(ops.less(np.arange(steps, dtype=np.int32)[None], lengths), dtype)


def _one_hot(tags, like):
    return ops.one_hot(ops.cast(operand(tags), "int32"), like.shape[-1], dtype=like.dtype)


@waiting
def crf_unary_score(tag_indices, sequence_lengths, inputs):
    """The sums of the scores of tags, (batch,).

    Args:
        tag_indices: ints (batch, steps).
        sequence_lengths: ints (batch,).
        inputs: scores (batch, steps, tags).
    """
    x = operand(inputs)
    return ops.sum(x * _one_hot(tag_indices, x) * ops.expand_dims(_counts(sequence_lengths, x.shape[1], x.dtype), -1),
                   axis=(1, 2))  # fmt: skip


@waiting
def crf_binary_score(tag_indices, sequence_lengths, transition_params):
    """The sums of the scores of transitions, (batch,).

    Args:
        tag_indices: ints (batch, steps).
        sequence_lengths: ints (batch,).
        transition_params: scores (tags, tags), from and to.
    """
    params = operand(transition_params)
    tags = _one_hot(tag_indices, params)
    each = ops.sum(ops.matmul(tags[:, :-1], params) * tags[:, 1:], axis=-1)
    return ops.sum(each * _counts(sequence_lengths, tags.shape[1], params.dtype)[:, 1:], axis=1)


@waiting
def crf_sequence_score(inputs, tag_indices, sequence_lengths, transition_params):
    """The scores of sequences of tags, (batch,).

    Args:
        inputs: scores (batch, steps, tags).
        tag_indices: ints (batch, steps).
        sequence_lengths: ints (batch,).
        transition_params: scores (tags, tags).
    """
    return crf_unary_score(tag_indices, sequence_lengths, inputs) + crf_binary_score(
        tag_indices, sequence_lengths, transition_params
    )


@waiting
def crf_log_norm(inputs, sequence_lengths, transition_params):
    """log Σ exp of the scores of all sequences of tags, (batch,).

    Args:
        inputs: scores (batch, steps, tags).
        sequence_lengths: ints (batch,).
        transition_params: scores (tags, tags).
    """
    x, params = operand(inputs), ops.expand_dims(operand(transition_params), 0)
    lengths, alpha = ops.cast(operand(sequence_lengths), "int32"), x[:, 0]
    for t in range(1, x.shape[1]):
        after = ops.logsumexp(ops.expand_dims(alpha, 2) + params, axis=1) + x[:, t]
        alpha = ops.where(ops.expand_dims(ops.less(np.int32(t), lengths), -1), after, alpha)
    return ops.logsumexp(alpha, axis=1)


@waiting
def _log_likelihood(inputs, tag_indices, sequence_lengths, transition_params):
    score = crf_sequence_score(inputs, tag_indices, sequence_lengths, transition_params)
    return score - crf_log_norm(inputs, sequence_lengths, transition_params)


def crf_log_likelihood(inputs, tag_indices, sequence_lengths, transition_params=None):
    """(log probabilities of sequences of tags (batch,), the scores of transitions).

    Args:
        inputs: scores (batch, steps, tags).
        tag_indices: ints (batch, steps).
        sequence_lengths: ints (batch,).
        transition_params: scores (tags, tags); None: a variable.

    >>> found, _ = crf_log_likelihood(np.zeros((1, 2, 2)), np.zeros((1, 2), int), [2], np.zeros((2, 2)))
    >>> round(float(found[0]), 6)  # - 2 log 2
    -1.386294
    """
    if transition_params is None:
        n = int(inputs.shape[-1])
        if graph().active:
            transition_params = get_variable("transitions", [n, n])
        else:
            transition_params = Variable(initializers.GlorotUniform()((n, n)), name="transitions")
    return _log_likelihood(inputs, tag_indices, sequence_lengths, transition_params), transition_params


def viterbi_decode(score, transition_params):
    """(the best tags as a list, their score) of one sequence.

    Args:
        score: scores (steps, tags).
        transition_params: scores (tags, tags).

    >>> viterbi_decode(np.array([[1.0, 0.0], [0.0, 2.0]]), np.zeros((2, 2)))
    ([0, 1], 3.0)
    """
    scores, params = np.asarray(score), np.asarray(transition_params)
    best, back = scores[0], []
    for row in scores[1:]:
        through = best[:, None] + params
        back.append(through.argmax(axis=0))
        best = row + through.max(axis=0)
    tags = [int(best.argmax())]
    for pointers in reversed(back):
        tags.append(int(pointers[tags[-1]]))
    return tags[::-1], best.max().item()


@waiting
def _decoded(potentials, transition_params, sequence_length):
    x = values_of(operand(potentials), "crf_decode")
    params, tags, scores = np.asarray(transition_params), np.zeros(x.shape[:2], np.int32), []
    for k, n in enumerate(np.asarray(sequence_length)):
        n = max(int(n), 1)
        tags[k, :n], score = viterbi_decode(x[k, :n], params)
        scores.append(score)
    return host(tags), host(np.array(scores, x.dtype))


def crf_decode(potentials, transition_params, sequence_length):
    """(the best tags (batch, steps), 0 behind sequences; their scores (batch,)).

    Args:
        potentials: scores (batch, steps, tags).
        transition_params: scores (tags, tags).
        sequence_length: ints (batch,).
    """
    found = _decoded(potentials, transition_params, sequence_length)
    return found[0], found[1]
