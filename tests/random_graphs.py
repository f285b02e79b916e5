"""Random functional graphs: several inputs, weights that several nodes share, several outputs."""

from __future__ import annotations

from typing import Any

import numpy as np

SMOOTH = ["tanh", "sigmoid", "softplus", "softmax", "silu"]
KINKED = ["relu", "leaky_relu", "abs"]
LOSSES = ["categorical", "sparse", "binary"]


def _activated(name: str, x: Any) -> Any:
    """An activation of x; of one column no softmax, of which there is a warning: it is 1."""
    from fastnn import ops

    return getattr(ops, "sigmoid" if name == "softmax" and x.shape[-1] == 1 else name)(x)


class RandomGraph:
    """A drawn graph, called with symbols of its inputs (data first, then weights); returns its outputs.

    Rows are data, columns are features, as in a model; one of the inputs may be images that pass a convolution first.
    With `smooth` no operation has a kink, so that differences quotients mean something.
    """

    def __init__(self, draw: Any, smooth: bool = True, images: bool = True, rows: int | None = None):
        self.draw, self.rows = draw, rows or draw.integer(1, 5)
        self.shapes: list[tuple[int, ...]] = []
        self.steps: list[tuple[str, Any]] = []
        self._columns: list[int] = []  # columns of each value of the pool
        self._weights: dict[tuple[int, ...], list[int]] = {}
        names = SMOOTH if smooth else SMOOTH + KINKED
        for _ in range(draw.integer(1, 3)):
            self._add("input", self._input((self.rows, draw.integer(1, 6))), self.shapes[-1][1])
        if images and draw.boolean():
            self._image()
        for _ in range(draw.integer(2, 9)):
            kind = draw.choice(["dense", "activation", "binary", "dense", "concatenate", "center", "slice", "product",
                                "norm", "loss", "loop", "branch"])  # fmt: skip
            a = draw.integer(0, len(self._columns) - 1)
            if kind == "dense":
                out = draw.integer(1, 7)
                self._add(
                    kind,
                    (a, self._weight((self._columns[a], out)), self._weight((out,)), draw.choice([None, *names])),
                    out,
                )
            elif kind == "activation":
                self._add(kind, (a, draw.choice(names)), self._columns[a])
            elif kind == "binary":
                same = [i for i, c in enumerate(self._columns) if c == self._columns[a]]
                name = draw.choice(["add", "subtract", "multiply"])
                self._add(kind, (a, draw.choice(same), name), self._columns[a])
            elif kind == "concatenate":
                b = draw.integer(0, len(self._columns) - 1)
                self._add(kind, (a, b), self._columns[a] + self._columns[b])
            elif kind == "slice":
                start = draw.integer(0, self._columns[a] - 1)
                self._add(kind, (a, start), self._columns[a] - start)
            elif kind == "norm":
                columns = self._columns[a]
                after = draw.choice([None, "tanh", "sigmoid"] if smooth else [None, "relu", "tanh"])
                self._add(kind, (a, self._weight((columns,)), self._weight((columns,)), after), columns)
            elif kind == "loss":
                self._add(kind, (a, draw.choice(LOSSES)), 1)
            elif kind == "loop":  # steps, backwards, a branch inside, a test, all steps wanted
                columns = self._columns[a]
                flags = [draw.boolean() for _ in range(4)]
                self._add(kind, (a, self._weight((columns, columns)), draw.integer(1, 5), *flags), columns)
            elif kind == "branch":
                self._add(kind, (a, draw.choice(names), draw.choice([-9.0, 0.1, 9.0])), self._columns[a])
            elif kind == "product":  # rows against rows: x (x^T x)
                self._add(kind, a, self._columns[a])
            else:
                self._add(kind, a, self._columns[a])
        count = draw.integer(1, 3)
        self.outputs = [len(self._columns) - 1] + [draw.integer(0, len(self._columns) - 1) for _ in range(count - 1)]

    def _input(self, shape: tuple[int, ...]) -> int:
        self.shapes.append(shape)
        return len(self.shapes) - 1

    def _weight(self, shape: tuple[int, ...]) -> int:
        """An input of this shape; sometimes one that is already in use, so that gradients must add."""
        known = self._weights.setdefault(shape, [])
        if known and self.draw.boolean():
            return self.draw.choice(known)
        known.append(self._input(shape))
        return known[-1]

    def _add(self, kind: str, what: Any, columns: int) -> None:
        self.steps.append((kind, what))
        self._columns.append(columns)

    def _image(self) -> None:
        size, channels, filters = self.draw.integer(4, 6), self.draw.integer(1, 3), self.draw.integer(1, 4)
        x = self._input((self.rows, size, size, channels))
        w, b = self._weight((3, 3, channels, filters)), self._weight((filters,))
        padding = self.draw.choice(["same", "valid"])
        out = (size if padding == "same" else size - 2) // 2
        self._add("image", (x, w, b, padding), out * out * filters)

    def __call__(self, *symbols: Any) -> list[Any]:
        """The outputs as symbols."""
        from fastnn import ops

        pool: list[Any] = []
        for kind, what in self.steps:
            if kind == "input":
                value = symbols[what]
            elif kind == "image":
                x, w, b, padding = (*(symbols[i] for i in what[:3]), what[3])
                y = ops.tanh(ops.conv(x, w, strides=1, padding=padding) + b)
                y = ops.average_pool(y, 2, strides=2)
                value = ops.reshape(y, (self.rows, -1))
            elif kind == "dense":
                a, w, b, activation = what
                value = ops.matmul(pool[a], symbols[w]) + symbols[b]
                value = _activated(activation, value) if activation else value
            elif kind == "activation":
                value = _activated(what[1], pool[what[0]])
            elif kind == "binary":
                value = getattr(ops, what[2])(pool[what[0]], pool[what[1]])
            elif kind == "concatenate":
                value = ops.concatenate([pool[what[0]], pool[what[1]]], axis=1)
            elif kind == "slice":
                value = pool[what[0]][:, what[1] :]
            elif kind == "norm":
                value = self._norm(pool[what[0]], symbols[what[1]], symbols[what[2]], what[3])
            elif kind == "loss":
                value = self._loss(pool[what[0]], what[1])
            elif kind == "loop":
                value = self._recurrence(pool[what[0]], symbols[what[1]], *what[2:])
            elif kind == "branch":
                value = self._branch(pool[what[0]], *what[1:])
            elif kind == "product":
                x = pool[what]
                value = ops.tanh(ops.matmul(x, ops.matmul(ops.transpose(x), x)) * 0.1)
            else:
                x = pool[what]
                value = x - ops.mean(x, axis=1, keepdims=True)
            pool.append(value)
        return [pool[i] for i in self.outputs]

    def _recurrence(self, x: Any, w: Any, steps: int, reverse: bool, branch: bool, test: bool, rows: bool) -> Any:
        """A recurrence with two states over slices made from x; with a test it ends before its last step."""
        from fastnn import ops
        from fastnn.graph import loop

        slices = ops.stack([x * (0.5 + 0.1 * t) for t in range(steps)])

        def step(carried: list[Any], given: list[Any]) -> tuple[list[Any], list[Any]]:
            h, c, done = carried
            z = ops.matmul(h, w) + ops.matmul(given[0], w) if given else ops.matmul(h, w) + x
            if branch:
                z = self._branch(z, "sigmoid", 0.1)
            c = ops.sigmoid(z) * c + ops.tanh(z)
            h = ops.tanh(c) * 0.5
            return [h, c, done + 1.0], [h * z] if rows else []

        start = [x, x * 0.5, ops.zeros((), dtype=x.dtype)]
        if test:
            (h, c, _), stacked, _ = loop(step, start, [], steps, test=lambda carried: carried[2] < steps - 1.5)
        else:
            (h, c, _), stacked, _ = loop(step, start, [slices], steps, reverse)
        return h + c + ops.sum(stacked[0], axis=0) if rows else h + c

    def _branch(self, x: Any, name: str, threshold: float) -> Any:
        """One of two functions, by the sum of x; a threshold of 9 or -9 is far from what the sum may be."""
        from fastnn import ops
        from fastnn.graph import branch

        (y,) = branch(ops.tanh(ops.sum(x)) < threshold, lambda: [_activated(name, x)], lambda: [x * x * 0.5])
        return y

    def _norm(self, x: Any, scale: Any, offset: Any, activation: str | None) -> Any:
        """Batch statistics; a large epsilon, so that few rows do not make it steep."""
        from fastnn import ops
        from fastnn.ops.op import REGISTRY

        y = REGISTRY["batch_norm"](x, scale, offset, epsilon=0.1)[0]
        return getattr(ops, activation)(y) if activation else y

    def _loss(self, x: Any, kind: str) -> Any:
        """A cross-entropy of probabilities made right before it, as models with an activation at their end have it."""
        from fastnn import ops

        rows, columns = x.shape
        labels = np.arange(rows) % columns
        if kind == "binary":
            truth = (np.arange(rows * columns).reshape(rows, columns) % 2).astype(x.dtype)
            return ops.mean(ops.binary_crossentropy(truth, ops.sigmoid(x)), axis=1, keepdims=True)
        if kind == "sparse":
            value = ops.sparse_categorical_crossentropy(labels, _activated("softmax", x))
        else:
            value = ops.categorical_crossentropy(np.eye(columns, dtype=x.dtype)[labels], _activated("softmax", x))
        return ops.reshape(value, (rows, 1))

    def arrays(self, rng: np.random.Generator, dtype: str) -> list[np.ndarray]:
        """Numbers for every input, small enough that nothing saturates."""
        return [rng.uniform(-0.9, 0.9, shape).astype(np.float32).astype(dtype) for shape in self.shapes]
