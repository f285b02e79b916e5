"""What graphs of the Keras 2 years listed: updates and losses by the inputs that they follow from, and who drops."""

from fastnn.compat.tf.devices import nothing
from fastnn.layers import AlphaDropout, Dropout, GaussianDropout, GaussianNoise, nest
from fastnn.layers.batch_normalization import BatchNormalization
from fastnn.layers.events import is_functional
from fastnn.layers.rnn import RNN


class StateUpdate:
    """A variable that a call in training changes by itself: among the `updates` of K.function nothing more to do."""

    gradients = ()

    def __init__(self, variable):
        self.variable = variable

    def apply(self, grads):
        """Nothing: the call has done it."""


def _parts(layer):
    """A layer and all layers in it."""
    return [part for part in layer._flatten_layers() if part.trainable]


def _always_trains(layer):
    """Whether the calls of a layer on symbols, if there are any, say anything but training=False."""
    events = layer._events()
    return not events or any(e.kwargs.get("training") is not False for e in events)


def updates(self):
    """What a step changes besides weights that are trained: statistics of batches, unless they are frozen."""
    found = [u for part in _parts(self) for u, _ in part.__dict__.get("_given_updates", ())]
    for part in _parts(self):
        if isinstance(part, BatchNormalization) and part.built and _always_trains(part):
            found += [StateUpdate(v) for v in part.non_trainable_variables if "moving" in v.name]
    return found


def note_updates(layer, given, inputs):
    """Remember updates that a layer was given, with the inputs that they follow from."""
    listed = given if isinstance(given, list) else [given]
    needs = [] if inputs is None else nest.flatten(inputs)
    layer.__dict__.setdefault("_given_updates", []).extend((u, needs) for u in listed)


def get_updates_for(self, inputs):
    """The updates that follow from some inputs, or with None those that follow from none.

    Args:
        inputs: a symbol or a list of them, or None.
    """
    given = self.__dict__.get("_given_updates", ())
    if inputs is None:
        return [u for u, needs in given if not _symbols(needs)]
    wanted = {id(x.origin) for x in _symbols(nest.flatten(inputs))}
    own = [u for u, needs in given if wanted & {id(x.origin) for x in _symbols(needs)}]
    return own + [u for u in updates(self) if isinstance(u, StateUpdate)]


def note_loss(layer, loss, inputs):
    """Remember a loss that a layer was given, with the inputs that it follows from."""
    needs = [] if inputs is None else nest.flatten(inputs)
    layer.__dict__.setdefault("_given_losses", []).append((loss, needs))


def get_losses_for(self, inputs):
    """The losses that follow from some inputs, or with None those that follow from none, as penalties of weights.

    Args:
        inputs: a symbol or a list of them, or None.
    """
    given = [entry for part in _all(self) for entry in part.__dict__.get("_given_losses", ())]
    if inputs is None:
        free = [loss for loss, needs in given if not _symbols(needs)]
        penalties = [v for part in _all(self) for v in part._tracker.variables if v.regularizer is not None]
        return free + [v.regularizer(v) for v in penalties]
    wanted = {id(x.origin) for x in _symbols(nest.flatten(inputs))}
    own = [loss for loss, needs in given if wanted & {id(x.origin) for x in _symbols(needs)}]
    called = [e for part in _all(self) for e in _events_on(part, wanted) if getattr(part, "activity_regularizer", None)]
    return own + [e.operation.activity_regularizer(e.output) for e in called]


def _all(layer):
    return list(layer._flatten_layers())


def _events_on(layer, wanted):
    return [e for e in layer._events() if wanted & {id(x.origin) for x in _symbols(nest.flatten(e.input))}]


def _symbols(values):
    return [x for x in values if is_functional(x)]


def _drops(layer):
    rates = (getattr(layer, name, 0.0) for name in ("dropout", "recurrent_dropout"))
    own = isinstance(layer, (Dropout, AlphaDropout, GaussianNoise, GaussianDropout, BatchNormalization))
    return own or (isinstance(layer, RNN) and any(rates))


def uses_learning_phase(self):
    """Whether it does something else in training: whether some layer drops, or takes statistics of batches."""
    return any(_drops(part) for part in _all(self))


def symbol_uses_learning_phase(self):
    """Whether a symbol of the functional API follows from a layer that does something else in training."""
    if not is_functional(self):
        return False
    pending, seen = [self], set()
    while pending:
        event = pending.pop().origin
        if id(event) in seen:
            continue
        seen.add(id(event))
        layer = event.operation
        if hasattr(layer, "_flatten_layers") and event.kwargs.get("training") is None and uses_learning_phase(layer):
            return True
        pending += _symbols(nest.flatten([event.args, list(event.kwargs.values())]))
    return False


PROPERTIES = {
    "updates": property(updates, doc="What a step changes besides weights that are trained."),
    "uses_learning_phase": property(uses_learning_phase, doc="Whether it does something else in training."),
}
METHODS = {"get_updates_for": get_updates_for, "get_losses_for": get_losses_for}
SYMBOL = {  # which custom layers set
    "_uses_learning_phase": property(symbol_uses_learning_phase, nothing, doc="Whether training makes a difference.")
}
