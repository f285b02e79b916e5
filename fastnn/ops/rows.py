"""Which axis of a result holds the rows of a batch, and whether a row of it depends on other rows.

`RULES` says for an operation where the row axis of an input is in the result; what it does not know mixes rows.
`apart` follows a traced graph from its inputs to its outputs, also through loops and branches.  Everything that does
not depend on the inputs must be the same for every row.
"""

import numpy as np

from fastnn.core.tree import flatten
from fastnn.graph import Symbol, Trace
from fastnn.graph.lifetime import passing
from fastnn.graph.node import BRANCH, CONSTANT, INPUT, LOOP

ROWS = 7  # of the batch that a graph is traced with
FULL = (None, None, None)

_POINTWISE = (
    "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "bitwise_and", "bitwise_or",
    "bitwise_xor", "cast_host", "celu", "erfinv", "fmod", "full_like", "gcd", "hard_sigmoid", "hard_silu", "hard_tanh",
    "identity", "lcm", "left_shift", "log_sigmoid", "mish", "relu6", "right_shift", "selu", "softsign",
    "stop_gradient", "tan")  # fmt: skip
_REDUCTIONS = ("all", "any", "argmax", "argmin", "logsumexp", "max", "mean", "min", "prod", "std", "sum", "var")


def _axes(axis, rank):
    """An attribute `axis` as a set of places."""
    if axis is None:
        return set(range(rank))
    return {a % rank for a in (axis if isinstance(axis, tuple) else (axis,))}


def _aligned(row, shape, out):
    """The row axis after broadcasting; None where the rows would be stretched."""
    at = row + len(out) - len(shape)
    return at if shape[row] == out[at] else None


def _pointwise(rows, shapes, out, attrs):
    """All that have rows have them at one place, counted from the end."""
    places = {_aligned(row, shape, out) for row, shape in zip(rows, shapes) if row is not None}
    return places.pop() if len(places) == 1 else None


def _first(rule):
    """A rule of the first input alone; others must not have rows."""

    def of(rows, shapes, out, attrs):
        if rows[0] is None or any(row is not None for row in rows[1:]):
            return None
        return rule(rows[0], shapes[0], out, attrs)

    return of


def _reduction(row, shape, out, attrs):
    gone = _axes(attrs["axis"], len(shape))
    if row in gone:
        return None
    return row if attrs["keepdims"] else row - sum(a < row for a in gone)


def _along(row, shape, out, attrs):
    """The same shape; only what lies along `axis` is put together."""
    return None if row in _axes(attrs["axis"], len(shape)) else row


def _not_last(row, shape, out, attrs):
    return row if row < len(shape) - 1 else None


def _batch(row, shape, out, attrs):
    return row if row == 0 else None


def _reshape(row, shape, out, attrs):
    before = int(np.prod(shape[:row]))
    found = [i for i, d in enumerate(out) if d == shape[row] and int(np.prod(out[:i])) == before]
    return found[0] if found else None


def _expand_dims(row, shape, out, attrs):
    new = _axes(attrs["axis"], len(out))
    return [i for i in range(len(out)) if i not in new][row]


def _squeeze(row, shape, out, attrs):
    gone = {i for i, d in enumerate(shape) if d == 1} if attrs["axis"] is None else _axes(attrs["axis"], len(shape))
    return None if row in gone else row - sum(a < row for a in gone)


def _strided_slice(row, shape, out, attrs):
    start, stop, step = attrs["key"][row]
    return row if range(shape[row])[slice(start, stop, step)] == range(shape[row]) else None


def _concatenate(rows, shapes, out, attrs):
    row = _pointwise(rows, shapes, out, attrs)
    return None if row is None or None in rows or row in _axes(attrs["axis"], len(out)) else row


def _matmul(rows, shapes, out, attrs):
    x, w, *more = rows
    if more and more[0] is not None:
        return None
    batched = [(row, shape) for row, shape in zip((x, w), shapes) if row is not None and row < len(shape) - 2]
    if len(batched) == (x is not None) + (w is not None):  # rows of matrices
        return _pointwise([row for row, _ in batched], [shape for _, shape in batched], out, attrs)
    flat = w is None and x == len(shapes[0]) - 2 and not attrs.get("transpose_a")
    return len(out) - 2 if flat else None


def _take(rows, shapes, out, attrs):
    (x, indices), axis = rows, next(iter(_axes(attrs["axis"], len(shapes[0]))))
    if x is None:
        return axis + indices
    if indices is not None or x == axis:
        return None
    return x if x < axis else x - 1 + len(shapes[1])


def _take_along_axis(rows, shapes, out, attrs):
    row = _pointwise(rows, shapes, out, attrs)
    return None if row is None or row in _axes(attrs["axis"], len(out)) else row


RULES = {
    **dict.fromkeys(_POINTWISE, _pointwise), **dict.fromkeys(_REDUCTIONS, _first(_reduction)),
    **dict.fromkeys(("argsort", "cumprod", "cumsum"), _first(_along)),
    **dict.fromkeys(("batch_norm_inference", "layer_norm", "log_softmax", "softmax", "top_k_indices"),
                    _first(_not_last)),
    **dict.fromkeys(("avg_pool2d", "color_histogram", "conv2d", "hog", "lbp", "max_pool2d", "resample", "to_gray"),
                    _first(_batch)),
    **dict.fromkeys(("crop", "nms"), lambda rows, shapes, out, attrs: 0 if set(rows) == {0} else None),
    "broadcast_to": _first(lambda row, shape, out, attrs: _aligned(row, shape, out)),
    "concatenate": _concatenate, "expand_dims": _first(_expand_dims), "matmul": _matmul, "matmul_whole": _matmul,
    "one_hot": _first(lambda row, shape, out, attrs: row),
    "pad": _first(lambda row, shape, out, attrs: row if attrs["pad_width"][row] == (0, 0) else None),
    "reshape": _first(_reshape), "split": _first(_along), "squeeze": _first(_squeeze),
    "strided_slice": _first(_strided_slice), "table_rows": _take, "take": _take, "take_along_axis": _take_along_axis,
    "transpose": _first(lambda row, shape, out, attrs: attrs["axes"].index(row)),
}  # fmt: skip


def row_axis(op, rows, shapes, out, attrs):
    """Where the rows are in a result of a call; None where its rows depend on one another, or nobody knows.

    rows: for each input the axis of its rows, None if it has none; one has.  shapes, out: of inputs and result.

    >>> from fastnn import ops
    >>> from fastnn.ops.op import REGISTRY
    >>> total = ops.sum([1.0])                  # its record is there from then on
    >>> row_axis(REGISTRY["sum"], [0], [(7, 3)], (7,), {"axis": (1,), "keepdims": False})
    0
    """
    rule = RULES.get(op.name, _pointwise if op.elementwise else None)
    return None if rule is None else rule(rows, shapes, out, attrs)


def _beside(node, row, out):
    """The inputs of a call whose own axes lie along those of the result."""
    if row is None or node.op.name in ("matmul", "matmul_whole"):
        return node.inputs[:2] if row is not None and row < len(out) - 2 else ()
    return node.inputs if RULES.get(node.op.name, _pointwise) in (_pointwise, _take_along_axis) else ()


class _Follower:
    """Rows on their way through a graph and the bodies in it.

    rows: {symbol: axis of its rows} of all that depends on the inputs.  origin: {input of a body without rows: the
    symbol outside whose value, or whose steps, it has}.  unsure: symbols without rows that may turn out to have some.
    """

    def __init__(self, start):
        self.rows, self.origin, self.unsure = dict(start), {}, set()

    def graph(self, nodes):
        """Follow the nodes; False where rows meet."""
        return all(self._node(node) for node in nodes)

    def _node(self, node):
        rows = self.rows
        found = [rows.get(s) for s in node.inputs]
        if getattr(node.op, "draws", False):  # numbers of their own for each row, or the same for all
            if not node.inputs and node.output.shape[:1] == (ROWS,):
                rows[node.output] = 0
                return True
            if found == [None] * len(found):
                return False
        if node.op is LOOP:
            return self._loop(node)
        if node.op is BRANCH:
            return self._branch(node, found)
        if node.op is not INPUT:
            self._doubt(node.outputs, any(s in self.unsure for s in node.inputs))
        if all(row is None for row in found):
            return True
        shapes = [None if s is None else s.shape for s in node.inputs]
        for out in node.outputs:
            row = row_axis(node.op, found, shapes, out.shape, node.attrs)
            beside = _beside(node, row, out.shape)
            if row is not None and all(s is None or s in rows or self.same(s, row, out.shape) for s in beside):
                rows[out] = row
            elif out not in self.unsure:
                return False
        return True

    def same(self, symbol, row, out):
        """Whether a value without rows is the same for all rows of a result that has them at `row`."""
        axis = row - len(out) + len(symbol.shape)
        if axis < 0 or symbol.shape[axis] == 1 or symbol in self.unsure:
            return True
        outer, node = self.origin.get(symbol), symbol.node
        if outer is not None:
            axis += len(outer.shape) - len(symbol.shape)
            return self.same(outer, axis, outer.shape)
        if node.op is CONSTANT:
            return bool((node.payload == np.take(node.payload, [0], axis)).all())
        if node.op.name == "broadcast_to":
            return self.same(node.inputs[0], axis, symbol.shape)
        return bool(node.inputs) and node.op.elementwise and all(self.same(s, axis, symbol.shape) for s in node.inputs)

    def _enter(self, inner, outer, step=0):
        """Give an input of a body the rows of what it stands for; step: 1 if it has one step of it."""
        row = self.rows.get(outer)
        self._doubt([inner], outer in self.unsure)
        if row is None:
            self.origin[inner] = outer
        elif row >= step:
            self.rows[inner] = row - step
        return row is None or row >= step

    def _doubt(self, symbols, unsure):
        """Note whether these symbols may turn out to have rows."""
        (self.unsure.update if unsure else self.unsure.difference_update)(symbols)

    def _branch(self, node, found):
        """Both sides have their rows at one place; the choice has none."""
        if found[0] is not None:
            return False
        for body in node.payload:
            if not all(self._enter(s, outer) for s, outer in zip(body.inputs, node.inputs[1:])):
                return False
            if not self.graph(body.nodes):
                return False
        return all(self._met(out, [b.outputs[k] for b in node.payload]) for k, out in enumerate(node.outputs))

    def _met(self, out, symbols):
        """Whether a result may be either of these values; notes where its rows are."""
        places = {self.rows[s] for s in symbols if s in self.rows}
        self._doubt([out], any(s in self.unsure for s in symbols))
        if not places:
            return True
        self.rows[out] = row = min(places)
        return len(places) == 1 and all(s in self.rows or self.same(s, row, s.shape) for s in symbols)

    def _loop(self, node):
        """Carried values have their rows at one place in all steps; steps, their number and a test have none.

        Where that is shows when the steps are followed: again, until it stays.
        """
        a, body, test = node.attrs, node.payload.body, node.payload.test
        first, last = a["constants"], a["constants"] + a["carried"]
        initial, sides = node.inputs[first:last], [body, *([test] if test else [])]
        places = {k: self.rows[x] for k, x in enumerate(initial) if x in self.rows}
        for k, x in enumerate(initial):
            if k not in places and x.shape[:1] == (ROWS,) and self.same(x, 0, x.shape):
                places[k] = 0  # zeros, most of all
        if a.get("counted") and node.inputs[-1] in self.rows:
            return False
        sure = False
        while True:
            entered = [self._enter(s, x) for side in sides for s, x in zip(side.inputs[:first], node.inputs)]
            entered += [self._enter(s, x, 1) for s, x in zip(body.inputs[last:], node.inputs[last:])]
            for side in sides:
                self._carry(side.inputs[first:last], initial, places, sure)
            if not all(entered) or not all(self.graph(side.nodes) for side in sides):
                return False
            new = {k: self.rows[y] for k, y in enumerate(body.outputs[: last - first]) if y in self.rows}
            if any(places.get(k, row) != row for k, row in new.items()):
                return False  # the rows move from step to step
            if sure:
                break
            sure, places = new.keys() <= places.keys(), {**places, **new}
        for k, row in places.items():
            values = initial[k], body.outputs[k]
            if not all(v in self.rows or self.same(v, row, v.shape) for v in values):
                return False
            self.rows[node.outputs[k]] = row
        for y, whole in zip(body.outputs, node.outputs):
            self._doubt([whole], y in self.unsure)
        for y, whole in zip(body.outputs[last - first :], node.outputs[last - first :]):
            if y in self.rows:
                self.rows[whole] = self.rows[y] + 1
        return not test or test.outputs[0] not in self.rows

    def _carry(self, heads, initial, places, sure):
        """Give the carried inputs of a body their rows; sure: whether the others have none."""
        for k, (s, x) in enumerate(zip(heads, initial)):
            self._doubt([s], k not in places and (not sure or x in self.unsure))
            if k in places:
                self.rows[s] = places[k]


@passing()
def apart(function, specs):
    """Whether function(*symbols) treats each row of a batch by itself, so that a larger batch gives the same rows.

    specs: (shape, dtype) of its inputs; the first dimension is that of the rows, whatever it says.

    >>> from fastnn import ops
    >>> apart(lambda x: x - ops.mean(x, axis=-1, keepdims=True), [((None, 3), "float32")])
    True
    >>> apart(lambda x: x - ops.mean(x, axis=-2, keepdims=True), [((None, 3), "float32")])
    False
    """
    if any(not shape or None in shape[1:] for shape, _ in specs):
        return False
    with Trace() as trace:
        symbols = [trace.input((ROWS, *shape[1:]), dtype) for shape, dtype in specs]
        results = flatten(function(*symbols))
    if trace.assigns or trace.losses or not all(isinstance(r, Symbol) for r in results):
        return False
    follower = _Follower(dict.fromkeys(symbols, 0))
    return follower.graph(trace.nodes) and all(follower.rows.get(r) == 0 for r in results)
