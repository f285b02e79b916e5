"""LoRA: a frozen weight beside the product of two thin matrices that are trained in its place."""

from typing import Any

from fastnn import initializers, ops
from fastnn.core.errors import ArgumentError, NoWeightYetError
from fastnn.layers.layer import Layer
from fastnn.layers.tracking import structure_changed


def adapted(name):
    """The property of a layer's weight: with LoRA, the weight and its change; what is set is the weight itself."""
    own = f"_{name}"

    def get(self):
        if self.__dict__.get(own) is None and self._packing is None:
            if not self.__dict__.get("built"):
                raise NoWeightYetError(f"You must build the layer before accessing `{name}`.")
            return None
        if not self.lora_enabled:
            return self._plain_weight()
        weight = self._weight_in_floats()
        return ops.add(weight, self._lora_change(weight.dtype))

    return property(get, doc="The weight; with LoRA, the frozen weight plus its trained change.")


class LowRank(Layer):
    """Base of layers one weight of which can be trained through LoRA.

    Args:
        lora_rank: int: train the weight through LoRA of this rank from the start (see enable_lora); None: train it
            itself.
        lora_alpha: float: the change of the weight counts lora_alpha / lora_rank times; lora_rank if None.

    Source: Hu et al., LoRA: Low-Rank Adaptation of Large Language Models, 2021.
    """

    #: The name of that weight, and the words of Keras's message for its constraint.
    lora_weight, _lora_words = "kernel", "kernel"
    lora_enabled = False
    lora_rank = lora_alpha = _weight_shape = _packing = None

    def _plain_weight(self):
        return getattr(self, f"_{self.lora_weight}")

    _weight_in_floats = _plain_weight

    def __setattr__(self, name, value):
        if name == self.lora_weight and isinstance(getattr(type(self), name, None), property):
            if self.__dict__.get("built"):
                structure_changed()
            name = f"_{name}"
        super().__setattr__(name, value)

    def _take_lora(self, rank, alpha):
        """Keep the arguments `lora_rank` and `lora_alpha`; build() ends with `_lora_if_asked`."""
        self.lora_rank, self.lora_alpha = rank, rank if alpha is None else alpha

    def _lora_if_asked(self):
        if self.lora_rank:
            self.built = True
            self.enable_lora(self.lora_rank, lora_alpha=self.lora_alpha)

    def enable_lora(
        self,
        rank: int,
        lora_alpha: float | None = None,
        a_initializer: Any = "he_uniform",
        b_initializer: Any = "zeros",
    ) -> None:
        """Freeze the weight and train a change of it: lora_alpha / rank times a (.., rank) @ b (rank, columns).

        Args:
            rank: int >= 1: columns of a and rows of b; few make few numbers to train.
            lora_alpha: float; rank if None.
            a_initializer: first values of a: an Initializer or its name.
            b_initializer: first values of b; zeros let the change begin as none.

        Raises ArgumentError for a layer that is not built, has a constraint on the weight, or has LoRA already.
        """
        name = self.lora_weight
        if getattr(self, f"{name}_constraint"):
            raise ArgumentError(
                f"Lora is incompatible with {self._lora_words} constraints. In order to enable lora on this layer, "
                f"remove the `{name}_constraint` argument."
            )
        if not self.built:
            raise ArgumentError("Cannot enable lora on a layer that isn't yet built.")
        if self.lora_enabled:
            raise ArgumentError("lora is already enabled. This can only be done once per layer.")
        weight, regularizer = getattr(self, f"_{name}"), getattr(self, f"{name}_regularizer")
        shape = self._weight_shape or weight.shape
        parts = ("a", (*shape[:-1], rank), a_initializer), ("b", (rank, shape[-1]), b_initializer)
        for part, shape, initializer in parts:
            full = f"lora_{name}_{part}"
            made = self.add_weight(shape, initializers.get(initializer), "float32", name=full, regularizer=regularizer)
            made.path = f"{weight.path.rpartition('/')[0]}/{full}"
            setattr(self, full, made)
        weight.trainable = False
        self.lora_rank, self.lora_alpha = rank, rank if lora_alpha is None else lora_alpha
        self.lora_enabled = True

    @property
    def _lora_parts(self):
        return getattr(self, f"lora_{self.lora_weight}_a"), getattr(self, f"lora_{self.lora_weight}_b")

    def _lora_times(self, product, dtype):
        """lora_alpha / rank times a product, in a dtype."""
        return ops.multiply(ops.cast(product, dtype), self.lora_alpha / self.lora_rank)

    def _lora_change(self, dtype):
        return self._lora_times(ops.matmul(*self._lora_parts), dtype)

    def _lora_config(self):
        """The entries of a config, where LoRA is used."""
        return {"lora_rank": self.lora_rank, "lora_alpha": self.lora_alpha} if self.lora_rank else {}

    @property
    def writes_itself(self):
        """Whether files hold other arrays than its variables in their order."""
        return self.lora_enabled

    def _plain_variables(self):
        if not self.lora_enabled:
            return self._tracker.variables
        return [v for v in self._tracker.variables if not any(v is part for part in self._lora_parts)]

    def _stored(self):
        """{id of a variable: value} of those that files hold otherwise: the changed weight, without its parts."""
        if not self.lora_enabled:
            return {}
        own = getattr(self, f"_{self.lora_weight}")
        return {id(own): ops.add(own, self._lora_change(own.dtype))}

    def save_own_variables(self, store):
        """Write its weights; with LoRA the changed weight in place of its parts, so that plain layers can read it.

        Args:
            store: a dict-like: {name: array}.
        """
        changed = self._stored()
        for i, variable in enumerate(self._plain_variables()):
            store[str(i)] = changed[id(variable)] if id(variable) in changed else variable.numpy()

    def load_own_variables(self, store):
        """Set its weights; with LoRA the change begins at zero again (b does, a stays).

        Args:
            store: a dict-like: {"0": array, ...}.
        """
        if not self.writes_itself:
            super().load_own_variables(store)
            return
        own = self._plain_variables()
        if len(store.keys()) != len(own):
            raise ArgumentError(
                f"Layer '{self.name}' expected {len(own)} variables, but received {len(store.keys())} variables during "
                "loading."
            )
        for i, variable in enumerate(own):
            variable.assign(store[str(i)])
        if self.lora_enabled:
            self._lora_parts[1].assign(ops.zeros(self._lora_parts[1].shape))
