"""Pipeline: layers that prepare data, one after the other."""

from __future__ import annotations

from typing import Any

from fastnn.core.errors import ArgumentError
from fastnn.layers import context, nest, signature
from fastnn.layers.layer import Layer
from fastnn.saving import identifiers as serial


class Pipeline(Layer):
    """Layers one after the other, as one layer; unlike a model it is not built and has no shapes.

    Args:
        layers: list of layers, called in this order.

    >>> import numpy as np
    >>> from fastnn import layers
    >>> Pipeline([layers.Rescaling(2.0), layers.Rescaling(1.0, offset=1.0)])(np.array([[1.0]], "float32"))
    array([[3.]], dtype=float32)
    """

    def __init__(self, layers: list[Layer], name: str | None = None) -> None:
        super().__init__(name=name)
        self._pipeline_layers = list(layers)

    @property
    def layers(self) -> list[Layer]:
        """The layers."""
        return self._pipeline_layers

    def call(self, inputs: Any, training: bool = True, mask: Any = None) -> Any:
        """The layers applied; training reaches those that take it.

        Args:
            inputs: what the first layer takes.
            training: handed to the layers that take it.
            mask: booleans (batch, steps) for the first layer, or None; each layer's goes on to the next.
        """
        for layer in self._pipeline_layers:
            takes = signature.of(type(layer).call).takes
            kwargs = {name: value for name, value in (("training", training), ("mask", mask)) if takes(name)}
            inputs = layer(inputs, **kwargs)
            mask = nest.map_structure(context.get_mask, inputs)
        return inputs

    def get_config(self) -> dict[str, Any]:
        """What makes it again."""
        return {"layers": [serial.serialize(layer) for layer in self._pipeline_layers], "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Pipeline:
        """A pipeline from what get_config() gave.

        Args:
            config: {"layers": list of configs of layers or layers, "name": str}.

        Raises ArgumentError where there is no list of layers.
        """
        layers = config.get("layers")
        if not isinstance(layers, (list, tuple)):
            raise ArgumentError(
                "`Pipeline` config must contain a `layers` key mapping to a list of serialized layers. Received config "
                f"with layers={layers}."
            )
        made = [serial.deserialize(x, "layers") if isinstance(x, dict) else x for x in layers]
        return cls(made, name=config.get("name"))
