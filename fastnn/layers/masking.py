"""Masks of a layer's arguments and results."""

from typing import Any

from fastnn.core.types import Structure, defined_in, open_signature
from fastnn.layers import context, nest


class MaskingMixin:
    """Which masks `call` gets, and which its results have."""

    supports_masking = False
    _says_masks = False  # whether `compute_mask` is a user's, which may make a mask where the inputs have none

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._says_masks = not defined_in(cls, "compute_mask").startswith("fastnn.")

    def _resolve_mask(self, call, args, kwargs, first):
        """The mask of the first argument; masks are handed to `call` where it takes them and none was given."""
        kwargs.update(call.masks(args, kwargs, context.get_mask))
        given = call.named(args, kwargs).get("mask")
        if given is not None:
            return given
        mask = nest.map_structure(context.get_mask, first)
        if any(m is not None for m in nest.flatten(mask)):
            if call.takes("mask") and "mask" not in call.named(args, {}):
                kwargs["mask"] = mask
            return mask
        return None

    def _mask_outputs(self, first, mask, outputs):
        if not self.supports_masking or (mask is None and not self._says_masks):
            return
        flat = nest.flatten(outputs)
        if self._says_masks and all(context.get_mask(x) is not None for x in flat):
            return  # the layers inside have said it
        if mask is None:
            mask = nest.map_structure(lambda x: None, first)
        said = self.compute_mask(first, mask)
        if said is None and self._says_masks:
            return
        found = nest.flatten(said)
        for x, m in zip(flat, found * len(flat) if len(found) == 1 else found):
            context.set_mask(x, m)

    @open_signature
    def compute_mask(self, inputs: Structure, previous_mask: Structure = None) -> Structure:
        """The mask of the output, given those of the inputs: the same.

        Args:
            inputs: what the layer was called with.
            previous_mask: booleans (batch, steps), None, or a structure of them as that of the inputs.
        """
        return previous_mask
