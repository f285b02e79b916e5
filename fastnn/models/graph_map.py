"""The order of a functional graph: which call events lie between inputs and outputs, and how deep."""

from fastnn.core.errors import GraphError
from fastnn.layers import nest
from fastnn.layers.events import CallEvent, is_functional


def key(symbol):
    """What identifies a value of the functional API: its event and the number of the result."""
    return symbol.origin, symbol.index


def events_between(inputs, outputs):
    """(events in post-order, {operation: when it was first met}) found by walking back from `outputs` to `inputs`."""
    known = {key(x) for x in inputs}
    done, finished, first_met = [], set(), {}
    for output in outputs:
        stack = [(output.origin, None)]
        while stack:
            event, parents = stack[-1]
            if parents is None:
                if event in finished:
                    stack.pop()
                    continue
                finished.add(event)  # events refer to older ones only, so there are no cycles to find
                first_met.setdefault(event.operation, len(first_met))
                parents = iter([x.origin for x in event.inputs if key(x) not in known or x.origin.is_input])
                stack[-1] = event, parents
            parent = next(parents, None)
            if parent is None:
                stack.pop()
                done.append(event)
            elif parent not in finished:
                stack.append((parent, None))
    return done, first_met


class GraphMap:
    """The graph between `inputs` and `outputs` (lists of functional symbols).

    events: in the order in which they run, that of the calls.  calls: those that are no inputs; needs: each of them
    with the keys of what it is called with.  operations: each once, in Keras's order (deepest first).
    """

    def __init__(self, inputs, outputs):
        known = {key(x) for x in inputs}
        passed = {key(x) for x in outputs} & {k for k in known if not k[0].is_input}
        order, met = events_between(inputs, [x for x in outputs if key(x) not in passed])
        inside = set(order)
        depth_of, operation_depth = {}, {}
        for event in reversed(order):
            depth = max(depth_of.setdefault(event, 0), operation_depth.get(event.operation, 0))
            operation_depth[event.operation] = depth_of[event] = depth
            for x in event.inputs:
                parent = x.origin
                if parent in inside:
                    depth_of[parent] = max(depth + 1, depth_of.get(parent, 0))
        for x in inputs:  # an input that no output needs still is an input
            if x.origin.operation not in operation_depth and x.origin.is_input:
                operation_depth[x.origin.operation], met[x.origin.operation], depth_of[x.origin] = 0, -1, 0
        self.by_depth = {}
        for event, depth in depth_of.items():
            self.by_depth.setdefault(depth, []).append(event)
        # the order of the user's calls, in which every event stands after those it depends on
        self.events = sorted(depth_of, key=lambda event: event.serial)
        self.operations = sorted(operation_depth, key=lambda op: (-operation_depth[op], met[op]))
        self.calls = [event for event in self.events if not event.is_input]
        self.needs = [(event, [key(x) for x in event.inputs]) for event in self.calls]
        self._check_connected(known)
        for x in outputs:
            if x.origin.is_input and key(x) not in known:
                raise GraphError(f"The output {x} is an input of its own, which is not among `inputs`.")
        self._check_names()

    def _check_connected(self, known):
        available, fine = set(known), []
        for event in self.events:
            for x in event.inputs:
                if key(x) not in available:
                    raise GraphError(
                        f"Output of operation '{event.operation.name}' is not connected to `inputs`. "
                        f"Graph disconnected: cannot find parent for tensor {x} at operation "
                        f"'{event.operation.name}'. The following previous operations were accessed "
                        f"without issue: {fine}. Pass every Input that the outputs depend on as an input "
                        "of the model."
                    )
            if event.is_input and not any((event, i) in known for i in range(len(event.specs))):
                continue  # another model's input: whoever needs it is reported above
            fine.append(event.operation.name)
            available.update((event, i) for i in range(len(event.specs)))

    def _check_names(self):
        names = [operation.name for operation in self.operations]
        for name in names:
            if names.count(name) > 1:
                raise GraphError(
                    f'The name "{name}" is used {names.count(name)} times in the model. '
                    "All operation names should be unique. Give one of the layers another name."
                )


def rewire(inputs, outputs, replace):
    """The same calls on other inputs: `replace` maps keys of `inputs` to new symbols; returns the new outputs."""
    order, _ = events_between(inputs, outputs)
    made = dict(replace)

    def swap(value):
        return made.get(key(value), value) if is_functional(value) else value

    kept = []
    for event in order:
        if event.is_input or all(key(x) not in made for x in event.inputs):
            continue
        specs = nest.pack(event.structure, event.outputs)
        args, kwargs = nest.map_structure(swap, event.args), nest.map_structure(swap, event.kwargs)
        unpassed = tuple((old, swap(now)) for old, now in event.outside)
        new = CallEvent(event.operation, args, kwargs, specs, outside=unpassed, held=event.held)
        kept.append(new)
        for i in range(len(event.specs)):
            made.setdefault((event, i), new.result(i))
    return [made.get(key(x), x) for x in outputs]
