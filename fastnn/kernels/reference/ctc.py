"""Connectionist temporal classification, cell by cell."""

import numpy as np

FAR = -1e5


def _loss(x, labels, n, steps, blank):
    """The loss of one row."""
    width = 2 * len(labels) + 1
    states = np.full((len(x) + 1, width), FAR)
    states[0, 0] = 0
    for t in range(steps):
        old, new = states[t], states[t + 1]
        for k in range(n + 1):
            wait = old[2 * k]
            if k:
                twice = k < n and labels[k] == labels[k - 1]
                wait = np.logaddexp(wait, old[2 * k - 1] + FAR * twice)
                new[2 * k] = np.logaddexp(wait, old[2 * k - 1] + FAR * (not twice)) + x[t, blank]
            else:
                new[0] = wait + x[t, blank]
            if k < n:
                new[2 * k + 1] = np.logaddexp(wait, old[2 * k + 1]) + x[t, labels[k]]
    end = states[steps]
    return -(np.logaddexp(end[2 * n], end[2 * n - 1]) if n else end[0])


def _lengths(x, labels, label_lengths, step_lengths):
    return np.clip(label_lengths, 0, labels.shape[1]), np.clip(step_lengths, 0, x.shape[1])


def ctc(x, labels, label_lengths, step_lengths, blank):
    """The loss of each row"""
    n, steps = _lengths(x, labels, label_lengths, step_lengths)
    return np.array([_loss(x[r], labels[r], n[r], steps[r], blank) for r in range(len(x))])


def _reading(path, blank):
    return tuple(c for k, c in enumerate(path) if c != blank and (not k or path[k - 1] != c))


def ctc_grad(x, labels, label_lengths, step_lengths, gy, blank):
    """-gy times the share of the class at the step, in all paths that read as the labels"""
    n, steps = _lengths(x, labels, label_lengths, step_lengths)
    gx = np.zeros_like(x)
    for r in range(len(x)):
        wanted, total = tuple(labels[r, : n[r]]), 0.0
        for path in np.ndindex(*(x.shape[2],) * steps[r]):
            if _reading(path, blank) == wanted:
                p = np.exp(sum(x[r, t, c] for t, c in enumerate(path)))
                total += p
                for t, c in enumerate(path):
                    gx[r, t, c] -= gy[r] * p
        gx[r] /= total
    return gx


def ctc_beam_search(x, lengths, beam_width, top_paths, blank):
    """(labels of the most probable readings, their log probabilities): all readings of all paths, added up"""
    rows, steps, classes = x.shape
    paths = np.full((top_paths, rows, steps), -1, np.int32)
    scores = np.full((rows, top_paths), -np.inf)
    for r in range(rows):
        found = {}
        for path in np.ndindex(*(classes,) * min(max(int(lengths[r]), 1), steps)):
            reading = _reading(path, blank)
            score = sum(x[r, t, c] for t, c in enumerate(path))
            found[reading] = np.logaddexp(found.get(reading, -np.inf), score)
        for k, (reading, score) in enumerate(sorted(found.items(), key=lambda item: -item[1])[:top_paths]):
            paths[k, r, : len(reading)], scores[r, k] = reading, score
    return paths, scores
