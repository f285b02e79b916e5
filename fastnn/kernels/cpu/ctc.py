"""Connectionist temporal classification: the sum over all ways to spread labels and blanks over the steps.

A row has 2n + 1 states: blank, label 1, blank, label 2, ..., blank.  Everything is in float64 and in logarithms; what
cannot be has FAR in place of minus infinity, as in Keras, so that labels that do not fit give a large loss and no NaN.
"""

import numpy as np

from fastnn.core.jit import at, device, kernel, sizeof, words
from fastnn.kernels.cpu.vecmath import exp, log1p

FAR = -1e5
NOTHING = -750.0  # float64's exp of less is 0


@device
def either(F, a, b):
    """log(exp(a) + exp(b))."""
    high, low = max(a, b), min(a, b)
    return high if low - high < NOTHING else high + log1p(F, exp(F, low - high))


@device
def share(x):
    """exp(x), of which most are 0."""
    return 0.0 if x < NOTHING else exp(np.float64, x)


@device(inline=False)
def forward(F, x, label, n, last, states, width, classes, blank):
    """Fill the alphas of all steps, (last + 1, width); returns the loss.

    x: address of the row's log probabilities (steps, classes).  label: its labels, of which n count.
    """
    first = at(np.float64, states)
    for s in range((last + 1) * width):
        first[s] = FAR
    first[0] = 0.0
    for t in range(last):
        p = at(F, x + t * classes * sizeof(F))
        old, new = at(np.float64, states + t * width * 8), at(np.float64, states + (t + 1) * width * 8)
        silent = np.float64(p[blank])
        for k in range(n + 1):
            wait = old[2 * k]
            if k > 0:
                twice = k < n and label[k] == label[k - 1]
                wait = either(np.float64, wait, old[2 * k - 1] + (FAR if twice else 0.0))
                new[2 * k] = either(np.float64, wait, old[2 * k - 1] + (0.0 if twice else FAR)) + silent
            else:
                new[0] = wait + silent
            if k < n:
                new[2 * k + 1] = either(np.float64, wait, old[2 * k + 1]) + np.float64(p[np.int64(label[k])])
    end = at(np.float64, states + last * width * 8)
    return -either(np.float64, end[2 * n], end[2 * n - 1]) if n > 0 else -end[0]


@kernel("f32", "f64")
def ctc(a, lo, hi, F):
    """loss = -log of the probability of the labels; status 1 for a label outside [0, classes).

    args: log probabilities (rows, steps, classes), labels (rows, most), their numbers, numbers of steps, loss, steps,
    classes, most, blank, workspace ((steps + 1) (2 most + 1) of float64).  items: rows.
    """
    xs, labels, label_lengths, step_lengths, losses, steps, classes, most, blank, states = words(a, 10)
    S, width = sizeof(F), 2 * most + 1
    ns, ts, loss = at(np.int32, label_lengths), at(np.int32, step_lengths), at(F, losses)
    for r in range(lo, hi):
        label = at(np.int32, labels + r * most * 4)
        n, last = min(max(np.int64(ns[r]), 0), most), min(max(np.int64(ts[r]), 0), steps)
        for k in range(n):
            if label[k] < 0 or label[k] >= classes:
                return 1
        loss[r] = forward(F, xs + r * steps * classes * S, label, n, last, states, width, classes, blank)
    return 0


@kernel("f32", "f64")
def ctc_grad(a, lo, hi, F):
    """gx = gy times the derivative of the loss: the steps of ctc taken back.

    args: log probabilities, labels, their numbers, numbers of steps, gy (rows,), gx (rows, steps, classes), steps,
    classes, most, blank, workspace ((steps + 3) (2 most + 1) of float64).  items: rows.
    """
    xs, labels, label_lengths, step_lengths, gys, gxs, steps, classes, most, blank, work = words(a, 11)
    S, width = sizeof(F), 2 * most + 1
    ns, ts, gy = at(np.int32, label_lengths), at(np.int32, step_lengths), at(F, gys)
    for r in range(lo, hi):
        label = at(np.int32, labels + r * most * 4)
        n, last = min(max(np.int64(ns[r]), 0), most), min(max(np.int64(ts[r]), 0), steps)
        for k in range(n):
            if label[k] < 0 or label[k] >= classes:
                return 1
        base = work + 2 * width * 8
        forward(F, xs + r * steps * classes * S, label, n, last, base, width, classes, blank)
        gx = at(F, gxs + r * steps * classes * S)
        for j in range(steps * classes):
            gx[j] = 0.0
        later, earlier = at(np.float64, work), at(np.float64, work + width * 8)
        for s in range(2 * n + 1):
            later[s] = 0.0
        end = at(np.float64, base + last * width * 8)
        if n > 0:
            total = either(np.float64, end[2 * n], end[2 * n - 1])
            later[2 * n] = -np.float64(gy[r]) * share(end[2 * n] - total)
            later[2 * n - 1] = -np.float64(gy[r]) * share(end[2 * n - 1] - total)
        else:
            later[0] = -np.float64(gy[r])
        for back in range(last):
            t = last - 1 - back
            g = at(F, gxs + (r * steps + t) * classes * S)
            old = at(np.float64, base + t * width * 8)
            for s in range(2 * n + 1):
                earlier[s] = 0.0
            for k in range(n + 1):
                twice = k > 0 and k < n and label[k] == label[k - 1]
                wait, moved, skipped = old[2 * k], 0.0, 0.0
                if k > 0:
                    moved = old[2 * k - 1] + (FAR if twice else 0.0)
                    skipped = old[2 * k - 1] + (0.0 if twice else FAR)
                    wait = either(np.float64, wait, moved)
                gw = 0.0
                if k < n:
                    here = later[2 * k + 1]
                    g[np.int64(label[k])] += F(here)
                    total = either(np.float64, wait, old[2 * k + 1])
                    gw = here * share(wait - total)
                    earlier[2 * k + 1] += here * share(old[2 * k + 1] - total)
                here = later[2 * k]
                g[blank] += F(here)
                if k > 0:
                    total = either(np.float64, wait, skipped)
                    earlier[2 * k - 1] += here * share(skipped - total)
                    gw += here * share(wait - total)
                    earlier[2 * k] += gw * share(old[2 * k] - wait)
                    earlier[2 * k - 1] += gw * share(moved - wait)
                else:
                    earlier[0] += gw + here
            later, earlier = earlier, later
    return 0
