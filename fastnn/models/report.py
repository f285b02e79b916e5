"""model.plan(): what a step will do, how much memory it takes and about how long, before anything runs."""

import numpy as np

from fastnn.core import config, dtypes
from fastnn.core.errors import NotBuiltError, NotSupportedError
from fastnn.distribution.strategies import uncut
from fastnn.models.checks import takes_labels
from fastnn.models.eager_step import EagerProgram


class PlanReport:
    """The plan of one step.

    instructions: one dict per kernel call (kernel, layer, items, chunk, tile, bytes, flops, predicted us).
    buffers: one dict per block of the arena (label, bytes, offset, first and last unit).  peak_bytes: what the step
    takes besides the data, the sum of arena_bytes (activations, gradients), state_bytes (weights, other variables,
    optimizer slots) and workspace_bytes (packed operands and tiles of the threads).  predicted_us: the sum over
    instructions.

    Args:
        model: a Model, built.
        batch_size: rows of the step, an int.
        training: whether of a step of training; None: if the model is compiled.

    >>> import fastnn
    >>> model = fastnn.Sequential([fastnn.Input((4,)), fastnn.layers.Dense(1)])
    >>> model.plan(8).peak_bytes > 0
    True
    """

    def __init__(self, model, batch_size, training=None):
        compiled = getattr(model, "compiled", False) and model.loss is not None
        training = compiled if training is None else training
        if training and not compiled:
            raise NotBuiltError("plan(training=True): the model is not compiled; call compile(optimizer, loss) first.")
        step = model._trainer().steps["train" if training else "predict"]
        with uncut():  # the whole step as one plan, also where a distribution cuts batches
            program = step.compiled(self._feed(model, step, batch_size), batch_size).program
        if isinstance(program, EagerProgram):
            why = step.asks or "compile(run_eagerly=True) was said."
            raise NotSupportedError(f"plan: the step runs as Python, batch by batch, and has no plan. Why: {why}")
        self.batch_size, self.training, self.program = batch_size, training, program
        self.threads, self.instructions = program.threads, program.rows()
        self.buffers = [
            dict(label=b.label, bytes=b.nbytes, offset=b.offset, first=b.first, last=b.last)
            for b in program.plan.blocks
        ]
        self.arena_bytes = program.arena_bytes
        self.state_bytes = self._state(program)
        self.workspace_bytes = program.thread_bytes * self.threads
        self.peak_bytes = self.arena_bytes + self.state_bytes + self.workspace_bytes
        self.barriers = program.plan.barriers
        self.predicted_us = sum(r["us"] for r in self.instructions)

    @staticmethod
    def _feed(model, step, batch_size):
        """The feed of the data that the model was last trained on, else of what its loss expects; bound to zeros."""
        known = list(step.feeds.values())
        if known:
            feed = known[-1]
            arrays = feed.parts(
                np.zeros((batch_size, *shape), slot.dtype) for shape, slot in zip(feed.shapes, feed.slots)
            )
            step.bind(feed, *arrays)
        else:
            feed = step.feed(*_guess(model, batch_size, step.kind == "train"))
        step.begin()
        return feed

    @staticmethod
    def _state(program):
        """Bytes that the step touches outside the arena, each once: a weight lies in the flat buffer of its update."""
        blocks = {
            (a.ctypes.data, a.nbytes)
            for space, a in zip(program.plan.spaces, program.tape.arrays)
            if space.kind in ("variable", "array", "constants", "state")
        }
        total = end = 0
        for start, size in sorted(blocks):
            total += max(0, start + size - max(start, end))
            end = max(end, start + size)
        return total

    def __str__(self):
        head = (
            f"plan for batch size {self.batch_size} ({'training' if self.training else 'inference'}): "
            f"{len(self.instructions)} instructions, {self.program.plan.groups} fusion groups, "
            f"{self.barriers} barriers, {self.threads} thread(s)\n"
            f"memory: {self.peak_bytes:,} bytes (arena {self.arena_bytes:,}, state {self.state_bytes:,}, workspace "
            f"{self.workspace_bytes:,}); predicted {self.predicted_us:,.1f} us\n"
        )
        lines = [
            f"{'kernel':32} {'layer':28} {'items':>10} {'chunk':>9} {'tile':>5} {'KiB':>10} {'MFLOP':>9} {'us':>9}"
        ]
        for r in self.instructions:
            lines.append(
                f"{('| ' if r['sync'] else '') + r['kernel']:32.32} {r['layer']:28.28} {r['items']:10} {r['chunk']:9} "
                f"{r['tile']:5} {r['bytes'] / 1024:10.1f} {r['flops'] / 1e6:9.2f} {r['us']:9.2f}"
            )
        return head + "\n".join(lines)

    __repr__ = __str__


def _guess(model, batch_size, training):
    """(x, y, weight) zeros of the shapes that the model and its loss expect."""
    if not getattr(model, "built", False) or not getattr(model, "inputs", None):
        raise NotBuiltError(
            "plan(): the model's input shape is not known yet; give the first layer an input_shape, or "
            "fit or predict once."
        )
    x = [np.zeros((batch_size, *(d or 1 for d in s.shape[1:])), s.dtype) for s in model.inputs]
    x = x[0] if len(x) == 1 else x
    if not training:
        return [x]
    y = [
        np.zeros((batch_size, *o.shape[1:-1]), np.int64)
        if any(map(takes_labels, losses))
        else np.zeros((batch_size, *o.shape[1:]), dtypes.numpy_type(config.floatx()))
        for o, losses in zip(model.outputs, model._compile_loss.given(model.output))
    ]
    return [x, y[0] if len(y) == 1 else y, None]
