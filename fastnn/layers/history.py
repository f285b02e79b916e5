"""Where a layer was called in the functional API: its input and output symbols."""

from typing import Any

from fastnn.core.settable import settable
from fastnn.core.types import Structure
from fastnn.layers import nest, signature
from fastnn.layers.events import live_events


class HistoryMixin:
    """`input`, `output` and their kin of a Layer."""

    _first_made: Any = None  # the FirstCall

    def _events(self):
        """Its calls that still belong to some symbol, and the first one in any case, in call order."""
        first = self._first_made
        kept = None if first is None or self._inbound_nodes[0]() is not None else first.again(self)
        events = live_events(self)
        del kept
        return events

    def _only_event(self, attribute):
        events = self._events()
        if not events:
            raise AttributeError(f"The layer {self.name} has never been called and thus has no defined {attribute}.")
        if len(events) > 1 and attribute in ("input_shape", "output_shape"):
            shapes = {
                str(nest.map_structure(lambda s: s.shape, e.input if attribute[0] == "i" else e.output)) for e in events
            }
            if len(shapes) > 1:
                raise AttributeError(
                    f"The layer {self.name} has been called on several inputs with different shapes: "
                    f"it has no single {attribute}. Use get_{attribute[:-6]}_at(i).shape."
                )
        return events[0]

    @property
    def input(self) -> Structure:
        """The symbol(s) of the functional API that it was first called on."""
        return self._only_event("input").input

    @property
    def output(self) -> Structure:
        """The symbol(s) of the functional API that its first call returned."""
        return self._only_event("output").output

    @settable
    def input_shape(self) -> Any:
        """The shape(s) of its input in the functional API."""
        return signature.shapes_of(self._only_event("input_shape").input)

    @settable
    def output_shape(self) -> Any:
        """The shape(s) of its output in the functional API."""
        return signature.shapes_of(self._only_event("output_shape").output)

    def get_input_at(self, index):
        """The input symbol(s) of call number `index`.

        Args:
            index: int, from 0 on.
        """
        return self._events()[index].input

    def get_output_at(self, index):
        """The output symbol(s) of call number `index`."""
        return self._events()[index].output
