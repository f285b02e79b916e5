"""Where the state of each part of a model lies in a file: Keras 3's paths.

Paths follow attributes, not names, since automatic names differ from run to run: `layers/dense_1/vars/0` is the
first weight of the second Dense of the model, `optimizer/vars/...` the optimizer's state.
"""

import dataclasses
import re
from collections.abc import Callable, Iterator

from fastnn.core.errors import FileFormatError
from fastnn.core.naming import snake_case
from fastnn.core.turns import turn

_OWN = re.compile(r"fastnn(\.|$)")


@dataclasses.dataclass
class Place:
    """One part of a model and its place in the file.

    path: group of the part, "" for the model itself; where: without the cell of a recurrent layer.
    part: the layer, optimizer or metric.
    variables: its own variables in order of their numbers (of built-in ways to save).
    """

    path: str
    part: object
    variables: list
    save: Callable | None = None
    load: Callable | None = None
    where: str = ""

    @property
    def group(self):
        """Path of the group that holds the arrays."""
        return f"{self.path}/vars".lstrip("/")

    @property
    def is_optimizer(self):
        """Whether it is the optimizer, whose state may be left out."""
        return self.path == "optimizer"


def is_part(value):
    """Whether a value has state of its own that is saved: a layer, an optimizer or a metric (not a class)."""
    if isinstance(value, type):
        return False
    return (
        getattr(value, "_fastnn_layer", False) is True
        or (hasattr(value, "apply_gradients") and hasattr(value, "variables"))
        or (hasattr(value, "update_state") and hasattr(value, "reset_state") and hasattr(value, "variables"))
    )


def still(model):
    """A turn with all that a model keeps: what is read inside is of one moment between two steps of its training.

    Another thread may train the model; it goes on when the turn ends.
    """
    steps = model._trainer().shared.steps.values() if hasattr(model, "_trainer") else ()
    return turn([*(v for place in places(model) for v in place.variables), *steps])


def places(model, as_written=False, has=None) -> Iterator[Place]:
    """Every part of a model with its place, in Keras's order; a part that is met twice has the first place.

    as_written: the order of older files of fastnn, which differs for models with dicts of inputs or outputs.
    has: whether a file has a group; a part that it knows by the name of a property of the user's class, and not by that
    of the attribute, has its place there.
    """
    yield from _walk(model, "", set(), (as_written, has))


def _walk(part, path, seen, how):
    if id(part) in seen:
        return
    seen.add(id(part))
    place = _place(part, path)
    yield place
    again = getattr(part, "also_in_files", None)
    if again is not None and place.load is not None:  # what Keras keeps in a layer inside is written twice
        yield dataclasses.replace(place, path=f"{path}/{again}")
    as_written, has = how
    for name, child in _children(part, as_written):
        below = f"{path}/{name}".lstrip("/")
        if has is not None and is_part(child) and not has(below):
            others = (f"{path}/{n}".lstrip("/") for n in _properties(part) if getattr(part, n, None) is child)
            below = next(filter(has, others), below)
        if is_part(child):
            yield from _walk(child, below, seen, how)
        elif isinstance(child, (list, tuple, dict)):
            yield from _walk_container(child, below, seen, set(), how)


def _walk_container(container, path, seen, containers, how):
    if id(container) in containers:
        return
    containers.add(id(container))
    used = {}
    for child in container.values() if isinstance(container, dict) else container:
        if is_part(child):
            yield from _walk(child, f"{path}/{_unique(_kind(child), used)}", seen, how)
        elif isinstance(child, (list, tuple, dict)):
            yield from _walk_container(child, f"{path}/{_unique('container', used)}", seen, containers, how)


def _kind(part):
    """What the groups of a part's class are called: Keras's name of the class, where it is another."""
    return snake_case(vars(type(part)).get("_class_in_files", type(part).__name__))


def _unique(name, used):
    if name in used:
        used[name] += 1
        return f"{name}_{used[name]}"
    used[name] = 0
    return name


def _children(part, as_written=False):
    """(attribute name, value) of what a part holds: layers of a model first, then attributes by name, private last."""
    attributes = {
        name: value
        for name, value in vars(part).items()
        if name not in _engine_attributes(part) and not name.startswith(("__", "_fastnn_"))
    }
    if is_model(part):
        if is_graph(part):
            yield "layers", getattr(part, "layers_as_written", part.layers) if as_written else part.layers
        else:
            attributes["layers"] = part.layers
        if getattr(part, "optimizer", None) is not None:
            attributes["optimizer"] = part.optimizer
    for name in sorted(attributes, key=lambda n: f"~{n}" if n.startswith("_") else n):
        yield name, attributes[name]


def _properties(part):
    """The names of the properties of a user's class, in order."""
    return sorted(
        name
        for base in type(part).__mro__
        if not _OWN.match(base.__module__)
        for name, value in vars(base).items()
        if isinstance(value, property) and not name.startswith("_")
    )


def is_model(part):
    """Whether a part is a model (it holds layers and can be compiled)."""
    return hasattr(part, "compile") and hasattr(part, "layers")


def is_graph(part):
    """Whether a model is Sequential or Functional, whose layers are known without its attributes."""
    return is_model(part) and any(
        base.__name__ in ("Sequential", "Functional") and _OWN.match(base.__module__) for base in type(part).__mro__
    )


def _engine_attributes(part):
    """Attributes that the engine itself sets; what they hold is found elsewhere or is no state."""
    names = {"_tracker", "_inbound_nodes", "_losses", "_loss_functions", "_functional", "_training_state", "history",
             "_init_arguments", "_build_shapes", "_initial_weights", "_first_made"}  # fmt: skip
    if is_model(part):
        # What compile() took is in the compile config; metrics start anew with every epoch.
        names |= {"loss", "_metrics", "inputs", "outputs", "_nodes", "_operations", "_layers", "_nested_inputs"}
    return names


def _place(part, path):
    where = path
    save, load = overridden(part, "save_own_variables"), overridden(part, "load_own_variables")
    if save is load is None and getattr(part, "writes_itself", False) is True:  # one weight in place of three, bytes
        save, load = part.save_own_variables, part.load_own_variables
    tracker = getattr(part, "_tracker", None)
    variables = list(part.variables if tracker is None else tracker.variables)
    # Keras keeps the weights of a recurrent layer in a cell of its own.
    if tracker is not None and getattr(part, "_weights_in_cell", _is_recurrent(part)):
        path = f"{path}/cell"
    return Place(path, part, variables, save, load, where)


def _is_recurrent(part):
    return (
        type(part).__name__ in ("LSTM", "GRU", "SimpleRNN")
        and _OWN.match(type(part).__module__) is not None
        and not is_part(vars(part).get("cell"))
    )


def overridden(part, method):
    """A user's own way to save or load, or None."""
    for base in type(part).__mro__:
        if method in base.__dict__:
            return None if _OWN.match(base.__module__) else getattr(part, method)
    return None


def groups_of(places, parts):
    """The groups of some parts of a model, and of all inside them."""
    chosen = {id(part) for part in parts or ()}
    above = [place.where for place in places if id(place.part) in chosen]
    return {p.group for p in places if any(p.where == a or not a or p.where.startswith(f"{a}/") for a in above)}


def check_unique(found):
    """The same list of places, no two of which share a group."""
    groups = {}
    for place in found:
        if place.group in groups:
            raise FileFormatError(f"{place.part!r} and {groups[place.group]!r} would share the group {place.group!r}.")
        groups[place.group] = place.part
    return found
