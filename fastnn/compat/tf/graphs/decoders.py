"""Losses and decoders of sequences of TensorFlow 1: `tf.contrib.seq2seq.sequence_loss` and `legacy_seq2seq`."""

from fastnn import ops
from fastnn.compat.tf import names as tf_names
from fastnn.compat.tf.graphs.graph import waiting
from fastnn.compat.tf.graphs.names import get_variable_scope, variable_scope
from fastnn.compat.tf.values import operand


def _cross_entropies(logits, targets, softmax_loss_function):
    if softmax_loss_function is not None:
        return softmax_loss_function(labels=targets, logits=logits)
    return tf_names.find("nn.sparse_softmax_cross_entropy_with_logits")(targets, logits)


@waiting
def sequence_loss(logits, targets, weights, average_across_timesteps=True, average_across_batch=True,
                  softmax_loss_function=None, name=None, sum_over_timesteps=False, sum_over_batch=False):  # fmt: skip
    """Weighted cross-entropies of sequences.

    Args:
        logits: (batch, steps, classes).
        targets: ints (batch, steps).
        weights: (batch, steps).
        average_across_timesteps, average_across_batch: over which axes they are averaged.
        softmax_loss_function: a function of labels and logits, or None.
        sum_over_timesteps, sum_over_batch: over which axes they are summed instead.
        name: of no effect.
    """
    logits, targets, weights = operand(logits), operand(targets), operand(weights)
    n = logits.shape[-1]
    each = _cross_entropies(ops.reshape(logits, (-1, n)), ops.reshape(targets, (-1,)), softmax_loss_function)
    each = ops.reshape(each, tuple(targets.shape)) * weights
    if average_across_timesteps and average_across_batch:
        return ops.sum(each) / (ops.sum(weights) + 1e-12)
    for axis, summed in ((1, sum_over_timesteps), (0, sum_over_batch)):
        if summed:
            each, weights = ops.sum(each, axis=axis, keepdims=True), ops.sum(weights, axis=axis, keepdims=True)
    for axis, mean in ((1, average_across_timesteps), (0, average_across_batch)):
        if mean:
            each = ops.sum(each, axis=axis, keepdims=True) / (ops.sum(weights, axis=axis, keepdims=True) + 1e-12)
            weights = ops.ones_like(each)
    kept = [k for k, gone in enumerate((average_across_batch or sum_over_batch,
                                        average_across_timesteps or sum_over_timesteps)) if gone]  # fmt: skip
    return ops.squeeze(each, tuple(kept)) if kept else each


@waiting
def sequence_loss_by_example(logits, targets, weights, average_across_timesteps=True, softmax_loss_function=None,
                             name=None):  # fmt: skip
    """Weighted cross-entropies of lists of steps, (batch,).

    Args:
        logits: a list of (batch, classes).
        targets: a list of ints (batch,).
        weights: a list of (batch,).
        average_across_timesteps: whether it is the mean over steps, else the sum.
        softmax_loss_function: a function of labels and logits, or None.
        name: of no effect.
    """
    parts = [_cross_entropies(operand(x), operand(y), softmax_loss_function) * operand(w)
             for x, y, w in zip(logits, targets, weights)]  # fmt: skip
    total = sum(parts[1:], parts[0])
    return total / (sum(map(operand, weights[1:]), operand(weights[0])) + 1e-12) if average_across_timesteps else total


def rnn_decoder(decoder_inputs, initial_state, cell, loop_function=None, scope=None):
    """(a list of outputs, the last state) of a cell along a list of inputs.

    Args:
        decoder_inputs: a list of (batch, features).
        initial_state: a state.
        cell: a cell.
        loop_function: what makes the next input of (output, step), or None: the inputs.
        scope: of the variables; None: "rnn_decoder".
    """
    with variable_scope(scope, "rnn_decoder"):
        state, outputs, before = initial_state, [], None
        for k, given in enumerate(decoder_inputs):
            if loop_function is not None and before is not None:
                with variable_scope("loop_function", reuse=True):
                    given = loop_function(before, k)
            if k > 0:
                get_variable_scope().reuse_variables()
            output, state = cell(given, state)
            outputs.append(output)
            before = output if loop_function is not None else None
    return outputs, state
