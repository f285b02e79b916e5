"""The steps of RNN for cells whose inputs, states or outputs are structures, or states of several axes.

Such a cell says its sizes as `state_size=[TensorShape([4]), TensorShape([2, 3])]`, or as a dict or a named tuple of
sizes; its inputs are one structure of sequences.
"""

from typing import Any

from fastnn import ops
from fastnn.core.errors import ShapeError
from fastnn.layers import nest
from fastnn.layers.steps import over_steps, steps_first


def is_size(value: Any) -> bool:
    """Whether a tuple is the size of one value, as TensorFlow's TensorShape is, not a structure of sizes."""
    return isinstance(value, tuple) and hasattr(value, "as_list")


def is_nested(size: Any) -> bool:
    """Whether sizes are more than an int, or a list of such."""
    several = isinstance(size, (list, tuple)) and not is_size(size) and not hasattr(size, "_fields")
    return not all(hasattr(s, "__index__") for s in (size if several else [size]))


def shapes(size: Any, lead: tuple[Any, ...]) -> Any:
    """The structure of sizes as one of shapes that begin with `lead`."""
    return _mapped(lambda s: (*lead, *(s if is_size(s) else (s,))), size)


def zeros(size: Any, batch: Any, dtype: str) -> Any:
    """A state of zeros for each size, in their structure; a single one in a list."""
    made = _mapped(lambda s: ops.zeros((batch, *(s if is_size(s) else (s,))), dtype=dtype), size)
    return made if isinstance(made, (list, tuple, dict)) else [made]


def _mapped(function: Any, size: Any) -> Any:
    return nest.map_structure(function, size, is_leaf=is_size)


def rows_of(sequences_shape: Any) -> Any:
    """The shapes that the cell is built with: those of the sequences without the steps."""
    return nest.map_shapes(lambda s: (s[0], *s[2:]), sequences_shape)


def run(layer: Any, sequences: Any, states: Any, mask: Any, training: Any) -> tuple[Any, Any, Any]:
    """(outputs of all steps or None, those of the last, the last states) of an RNN layer, each in its structure.

    Args:
        layer: the RNN.
        sequences: a structure of arrays (batch, steps, ...).
        states: the structure of the first states.
        mask: booleans (batch, steps), or None.
        training: whether the cell's dropout drops.
    """
    given = nest.flatten(sequences)
    batch, steps = given[0].shape[:2]
    if any(x.shape[:2] != (batch, steps) for x in given):
        raise ShapeError(
            f"Layer '{layer.name}': the sequences of one call have the same rows and steps. Received shapes: "
            f"{[tuple(x.shape) for x in given]}."
        )
    step, _ = layer._stepper(batch, training)
    every, found = layer.return_sequences, {}

    def body(flat: Any, slices: Any, memory: Any) -> Any:
        output, new = step(nest.pack(sequences, slices[: len(given)]), nest.pack(states, flat))
        found["like"] = nest.map_structure(lambda _: None, output)
        new = nest.flatten(new)
        if len(new) != len(flat):
            raise ShapeError(f"Layer '{layer.name}': the cell has {len(flat)} states, but its call gave {len(new)}.")
        outputs = nest.flatten(output)
        if mask is not None:
            use = slices[-1]
            new = [where(use, a, b) for a, b in zip(new, flat)]
            blank = layer.zero_output_for_mask
            outputs = [
                where(use, y, ops.zeros_like(y) if blank else memory.before(_key(k), y)) for k, y in enumerate(outputs)
            ]
        if mask is not None or not every:
            for k, y in enumerate(outputs):
                memory.remember(_key(k), y)
        return new, outputs if every else []

    flat, stacked, after = over_steps(
        body,
        nest.flatten(states),
        [steps_first(x) for x in (*given, mask) if x is not None],
        steps,
        layer.go_backwards,
        name=f"Layer '{layer.name}'",
    )
    kept = nest.pack(states, flat)
    if not every:
        return None, nest.pack(found["like"], [after[_key(k)] for k in range(len(after))]), kept
    outputs = [ops.swapaxes(y, 0, 1) for y in stacked]
    outputs = [ops.flip(y, axis=1) for y in outputs] if layer.go_backwards else outputs
    return nest.pack(found["like"], outputs), None, kept


def _key(number: int) -> str:
    return f"output {number:03d}"  # Memory sorts them


def where(rows: Any, a: Any, b: Any) -> Any:
    """a in the rows that are so marked, else b."""
    return ops.where(ops.reshape(rows, (rows.shape[0], *(1,) * (len(a.shape) - 1))), a, b)
