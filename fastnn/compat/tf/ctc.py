"""What reads sequences off CTC's outputs, and how far sequences are apart: on arrays, by NumPy.

Graves et al. 2006, Connectionist Temporal Classification; beams as in TensorFlow's decoder.
"""

import heapq

import numpy as np

from fastnn.compat.tf.sparse import SparseTensor
from fastnn.compat.tf.values import host, operand, values_of
from fastnn.core.errors import ArgumentError


def _sparse(rows, dtype=np.int64):
    """Rows of different lengths as a sparse tensor."""
    most = max(map(len, rows), default=0)
    places = np.array([(i, k) for i, row in enumerate(rows) for k in range(len(row))], np.int64).reshape(-1, 2)
    return SparseTensor(places, np.array([v for row in rows for v in row], dtype), (len(rows), most))


def _once(row):
    return [v for k, v in enumerate(row) if k == 0 or v != row[k - 1]]


def greedy(inputs, sequence_length, merge_repeated=True, blank_index=None):
    """The most probable class of each step, without repetitions and blanks.

    Args:
        inputs: logits (steps, batch, classes).
        sequence_length: ints (batch,).
        merge_repeated: whether a class that is there several times in turn counts once.
        blank_index: the class that stands for none; None: the last one; negative: from the end.

    Returns ([a sparse tensor of int64], minus the sums of the largest logits (batch, 1)).
    """
    x = values_of(operand(inputs), "nn.ctc_greedy_decoder")
    blank = (x.shape[2] - 1) if blank_index is None else int(blank_index) % x.shape[2]
    rows, scores = [], []
    for k, n in enumerate(np.asarray(sequence_length)):
        best = x[:n, k].argmax(axis=1).tolist()
        rows.append([v for v in (_once(best) if merge_repeated else best) if v != blank])
        scores.append([-x[:n, k].max(axis=1).sum()])
    return [_sparse(rows)], host(np.array(scores, x.dtype))


def _beams(logits, width):
    """[(labels, log probability)], the best ones first, of logits (steps, classes) whose last class is the blank."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    none = -np.inf
    beams = {(): (0.0, none, 0.0)}  # labels: log probability with a blank last, with a label last, of both
    for step in logs:
        after = {}
        for labels, (_, last, total) in beams.items():
            if labels:
                parent = beams.get(labels[:-1])
                if parent is not None:
                    again = len(labels) > 1 and labels[-2] == labels[-1]
                    last = np.logaddexp(last, parent[0] if again else parent[2])
                last = last + step[labels[-1]]
            blank = total + step[-1]
            after[labels] = blank, last, np.logaddexp(blank, last)
        for labels, (blank, _, total) in beams.items():
            for label, score in enumerate(step[:-1]):
                more = (*labels, label)
                if more not in beams:
                    found = score + (blank if labels and labels[-1] == label else total)
                    after[more] = none, found, found
        beams = dict(heapq.nlargest(width, after.items(), key=lambda pair: pair[1][2]))
    return sorted(((labels, found[2]) for labels, found in beams.items()), key=lambda pair: -pair[1])


def beam_search(inputs, sequence_length, beam_width=100, top_paths=1):
    """The most probable sequences, by a search that goes on with the best beginnings.

    Args:
        inputs: logits (steps, batch, classes), of which the last class is the blank.
        sequence_length: ints (batch,).
        beam_width: how many beginnings stay.
        top_paths: how many sequences.

    Returns (a list of sparse tensors of int64, log probabilities (batch, top_paths)).
    """
    return _searched(inputs, sequence_length, beam_width, top_paths, list)


def _searched(inputs, sequence_length, beam_width, top_paths, reading):
    if top_paths > beam_width:
        raise ArgumentError(f"Requested number of paths {top_paths} is larger than the number of beams {beam_width}.")
    x = values_of(operand(inputs), "nn.ctc_beam_search_decoder")
    found = [_beams(x[:n, k], beam_width)[:top_paths] for k, n in enumerate(np.asarray(sequence_length))]
    if any(len(paths) < top_paths for paths in found):
        raise ArgumentError(f"Less paths than the {top_paths} that are asked for: the sequences are too short.")
    decoded = [_sparse([reading(paths[p][0]) for paths in found]) for p in range(top_paths)]
    return decoded, host(np.array([[score for _, score in paths] for paths in found], x.dtype))


def beam_search_v1(inputs, sequence_length, beam_width=100, top_paths=1, merge_repeated=True):
    """`beam_search` of TensorFlow 1.

    Args:
        inputs, sequence_length, beam_width, top_paths: as of beam_search.
        merge_repeated: whether a class that follows itself counts once.
    """
    reading = (lambda labels: _once(list(labels))) if merge_repeated else list
    return _searched(inputs, sequence_length, beam_width, top_paths, reading)


# ---- distances -----------------------------------------------------------------------------------------------------
def _distance(a, b):
    """Levenshtein 1966: the least number of insertions, deletions and substitutions."""
    before = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (x != y)))
        before = row
    return before[-1]


def _groups(x):
    """{place: the values of a sequence} of a sparse tensor, whose last axis is that of sequences."""
    found = {}
    for place, value in zip(np.asarray(x.indices).tolist(), np.asarray(x.values).tolist()):
        found.setdefault(tuple(place[:-1]), []).append(value)
    return found


def edit_distance(hypothesis, truth, normalize=True, name="edit_distance"):
    """How many insertions, deletions and substitutions make the truth of the hypothesis.

    Args:
        hypothesis, truth: sparse tensors (..., steps).
        normalize: whether it is a share of the truth's length; of an empty truth then infinity.
        name: of no effect.

    Returns float32 (...).
    """
    one, other = _groups(hypothesis), _groups(truth)
    sizes = [np.asarray(x.dense_shape)[:-1] for x in (hypothesis, truth)]
    out = np.zeros([int(n) for n in np.maximum(*sizes)], np.float32)
    for place in np.ndindex(out.shape):
        a, b = one.get(place, []), other.get(place, [])
        found = float(_distance(a, b))
        if normalize:
            found = found / len(b) if b else (np.inf if a else 0.0)
        out[place] = found
    return host(out)


TABLE = {
    "nn.ctc_greedy_decoder": greedy, "nn.ctc_beam_search_decoder": beam_search,
    "compat.v1.nn.ctc_beam_search_decoder": beam_search_v1, "edit_distance": edit_distance,
}  # fmt: skip
