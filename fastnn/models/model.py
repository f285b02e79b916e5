"""Model: a layer that can be trained."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Sequence
from os import PathLike
from typing import Any, Self, cast

from fastnn import saving
from fastnn.core import hooks
from fastnn.core.arguments import near
from fastnn.core.errors import ArgumentError, NoCallError, ShapeError
from fastnn.core.types import Config, Structure, Tensor, open_signature
from fastnn.layers import inference, nest, signature
from fastnn.layers.events import is_functional
from fastnn.layers.layer import Layer
from fastnn.layers.leaf import symbol_like
from fastnn.layers.quantized import quantize_layers
from fastnn.models import first_call
from fastnn.models.functional_config import functional_from_config, takes_inputs_and_outputs
from fastnn.models.recalibration import recalibrate_batchnorm
from fastnn.models.state_tree import StateTree
from fastnn.models.summary import print_summary
from fastnn.models.trainer import Trainer
from fastnn.saving import identifiers as serial


class Model(Trainer, StateTree, Layer):
    """A layer with compile, fit, evaluate, predict and summary.

    Two ways to make one: ``Model(inputs, outputs)`` from symbols of the functional API, or a subclass that makes its
    layers in `__init__` and calls them in `call(inputs, training=None)`.

    Args:
        inputs: a symbol made by Input(), or a list or dict of them.
        outputs: a symbol computed from them, or a list or dict of them.
        name: str, made if None.
        args, kwargs: of a subclass: what its own `__init__` takes. name, trainable and dtype go on to Layer.

    >>> from fastnn import Input, layers
    >>> x = Input((4,))
    >>> Model(x, layers.Dense(2)(x)).count_params()
    10
    """

    _marks_itself = False
    _first_call = 0  # the number of its first call in the config of a graph

    _weights_file_suffix = ".weights.h5"

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        if cls is Model and _is_functional_call(args, kwargs):
            return cast(Self, Layer.__new__(hooks.call("functional"), *args, **kwargs))
        return Layer.__new__(cls, *args, **kwargs)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if _is_functional_call(args, kwargs) and not isinstance(self, functional := hooks.call("functional")):
            graft(type(self), functional)
            args, kwargs = _functional_names(args, kwargs)
            functional.__init__(self, *args, **kwargs)
            return
        Layer.__init__(self, *args, **kwargs)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)

    # ---- structure ------------------------------------------------------------------------------------

    @property
    def layers(self) -> list[Layer]:
        """The layers directly inside, in the order in which they were set."""
        return self._flatten_layers(include_self=False, recursive=False)

    @layers.setter
    def layers(self, _: Any) -> None:
        raise AttributeError("`Model.layers` attribute is reserved and should not be used. Please use another name.")

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """A layer of the model, by its name or its position.

        Args:
            name: str.
            index: int, counted as in `layers`; negative ones from the end.

        Raises ArgumentError (a ValueError) if there is none, or both or neither are given.
        """
        if index is not None and name is not None:
            raise ArgumentError(f"Provide only a layer name or a layer index. Received: index={index}, name={name}.")
        layers = self.layers
        if index is not None:
            if not -len(layers) <= index < len(layers):
                raise ArgumentError(
                    f"Was asked to retrieve layer at index {index} but model only has {len(layers)} layers."
                )
            return layers[index]
        if name is None:
            raise ArgumentError("Provide either a layer name or layer index at `get_layer`.")
        for layer in layers:
            if layer.name == name:
                return layer
        raise ArgumentError(f"No such layer: {name}. Existing layers are: {[layer.name for layer in layers]}.")

    @open_signature
    def call(self, *args: Any, **kwargs: Any) -> Tensor:
        """What the model computes; subclasses say.

        Args:
            args, kwargs: the inputs and whatever the subclass takes, usually (inputs, training=None, mask=None).

        Returns the outputs: symbols, inside a step. Raises NotImplementedError in Model itself.
        """
        raise NotImplementedError(f"Model {type(self).__name__} does not have a `call()` method implemented.")

    def summary(
        self,
        line_length: int | None = None,
        positions: Sequence[float] | None = None,
        print_fn: Callable[[str], Any] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Sequence[str] | None = None,
    ) -> None:
        """Print a table of the layers: name, class, output shape, parameters.

        Args:
            line_length: characters in a line.
            positions: where the columns end, as fractions of the line.
            print_fn: called with the whole text; standard output if None.
            expand_nested: also list the layers of nested models.
            show_trainable: add a column that says whether a layer is trained.
            layer_range: (first, last) layer names, or patterns of them, to list.
        """
        print_summary(
            self,
            print_fn,
            line_length=line_length,
            positions=positions,
            expand_nested=expand_nested,
            show_trainable=show_trainable,
            layer_range=layer_range,
        )

    # ---- building -------------------------------------------------------------------------------------

    @open_signature
    def build(self, input_shape: Any = None) -> None:
        """Make the weights for an input shape.

        Args:
            input_shape: a tuple with the batch dimension, None where a size is not known; a list or dict of them for
                several inputs.

        Raises ArgumentError without one.
        """
        if input_shape is None:
            raise ArgumentError(f"Model '{self.name}': build() needs an input shape, e.g. build((None, 28, 28, 1)).")
        symbols = nest.map_shapes(lambda s: symbol_like(s, self.compute_dtype), input_shape)
        if not self._build_by_call(symbols):
            raise NotImplementedError(f"Model {type(self).__name__} does not have a `call()` method implemented.")

    def _build_once(self, args, kwargs):
        if type(self).build is not Model.build or first_call.prepared(self, args, kwargs):
            super()._build_once(args, kwargs)

    def _build_by_call(self, *symbols):
        """Build sub-layers by running `call` without data."""
        if type(self).call is Model.call:
            return False
        args, kwargs = self.__dict__.pop("_first_call", None) or (symbols, {})
        kwargs = signature.of(type(self).call).completed(args, kwargs)
        spec = inference.infer(self._call_inner, args, kwargs)
        object.__setattr__(self, "_output_spec", spec)
        if self._build_shapes is None and symbols:  # so that a file can build the model again
            self._build_shapes = {"input_shape": nest.map_structure(lambda s: tuple(s.shape), symbols[0])}
        self.built = True
        return True

    def _build_from_data(self, x):
        """Make the weights, given the first data (arrays)."""
        if self.built:
            return
        symbols = nest.map_structure(
            lambda a: symbol_like((None, *a.shape[1:]), first_call.wanted(a, self.compute_dtype)), x
        )
        if type(self).build is not Model.build:
            self._maybe_build((symbols,), {})
        self._build_by_call(symbols)

    @property
    def output_names(self):
        """Names of the outputs; None until known."""
        spec = self.__dict__.get("_output_spec")
        if isinstance(spec, dict):
            return nest.ordered_keys(spec)
        return self.__dict__.get("_output_names")

    @output_names.setter
    def output_names(self, value):
        object.__setattr__(self, "_output_names", value)

    @open_signature
    def compute_output_shape(self, input_shape: Any) -> Any:
        """The output shape(s) for an input shape.

        Args:
            input_shape: a tuple with the batch dimension, None where a size is not known; a list or dict of them for
                several inputs.
        """
        return Layer.compute_output_shape(self, input_shape)

    # ---- configuration and files ----------------------------------------------------------------------

    def get_config(self) -> Config:
        """The constructor's arguments as a dict."""
        return Layer.get_config(self)

    @classmethod
    def from_config(cls, config: Config, custom_objects: dict[str, Any] | None = None) -> Self:
        """A model with new weights from what get_config() gave.

        Args:
            config: that dict.
            custom_objects: {name: class or function} for names that are neither fastnn's nor registered.

        Raises UnknownNameError for a class that is not known.
        """
        if {"input_layers", "output_layers"} & set(config):
            if cls is Model or not takes_inputs_and_outputs(cls):
                return functional_from_config(hooks.call("functional"), config, custom_objects)
            return functional_from_config(cls, config, custom_objects)
        return super().from_config(config)

    def to_json(self, **kwargs: Any) -> str:
        """The model without its weights, as JSON text.

        Args:
            kwargs: go to json.dumps.
        """
        return json.dumps(serial.serialize(self), **kwargs)

    def save(
        self, filepath: str | PathLike[str], overwrite: bool = True, zipped: bool | None = None, **kwargs: Any
    ) -> None:
        """Write the model, with its weights, its compile arguments and its optimizer's state, to one file.

        Args:
            filepath: a name ending in ".keras", or in ".h5" for Keras's older format; or an open binary file.
            overwrite: False makes an existing file an error.
            zipped: False writes the members of the archive as files of a folder.
            kwargs: include_optimizer=False leaves the optimizer's state out.

        Raises what `fastnn.saving.save_model` raises, which it calls.
        """
        return saving.save_model(self, filepath, overwrite, zipped, **kwargs)

    def save_weights(
        self, filepath: str | PathLike[str], overwrite: bool = True, max_shard_size: Any = None, **kwargs: Any
    ) -> None:
        """Write the weights, and the optimizer's state, to a file.

        Args:
            filepath: a name ending in ".weights.h5", or in ".weights.json" with max_shard_size.
            overwrite: False makes an existing file an error.
            max_shard_size: gigabytes of one file, a number: larger models are split; None never splits.
            kwargs: see `fastnn.saving.save_weights`, which is called.
        """
        return saving.save_weights(self, filepath, overwrite, max_shard_size, **kwargs)

    def load_weights(self, filepath: str | PathLike[str], skip_mismatch: bool = False, **kwargs: Any) -> None:
        """Read weights that save_weights or save wrote, into a model of the same structure.

        Args:
            filepath: the file.
            skip_mismatch: whether layers whose weights have other shapes keep theirs, with a warning, in place of an
                error.
            kwargs: see `fastnn.saving.load_weights`, which is called.
        """
        return saving.load_weights(self, filepath, skip_mismatch, **kwargs)

    def get_quantization_layer_structure(self, mode: str | None = None) -> Any:
        """{"pre_block_layers": [...], "sequential_blocks": [...]}: which layers "gptq" and "awq" calibrate in turn.

        Args:
            mode: "gptq" or "awq".

        None here: override it, or say it in the config.
        """
        return None

    def quantize(self, mode: Any = None, config: Any = None, filters: Any = None, **kwargs: Any) -> None:
        """Keep the large weights of Dense, EinsumDense and Embedding layers in fewer bits. compile() again before
        training.

        Args:
            mode: "int8", "int4" (in blocks of 128), "float8" (rounded while training), or "gptq" and "awq", which look
                at data and need a config.
            config: an object of fastnn.quantizers in its place.
            filters: a regular expression, or a list of them, that names of layers must contain; or a function from a
                layer to bool.
            kwargs: type_check=False also quantizes layers of classes derived from those.

        Raises ArgumentError for arguments that do not fit.

        >>> import fastnn
        >>> model = fastnn.Sequential([fastnn.Input((4,)), fastnn.layers.Dense(2)])
        >>> model.quantize("int8")
        >>> model.layers[0].kernel.dtype
        'int8'
        """
        type_check = kwargs.pop("type_check", True)
        if kwargs:
            meant = near(kwargs, Model.quantize)
            raise ArgumentError(f"Unrecognized keyword arguments passed to {type(self).__name__}: {kwargs}{meant}")
        quantize_layers(self, mode, config, filters, type_check)

    def recalibrate_batchnorm(
        self, x: Structure, batch_size: int | None = None, steps: int | None = None, layers: Any = None
    ) -> Self:
        """Count the statistics of the BatchNormalization layers anew, over data; no other weight changes.

        For data that are distributed otherwise than those that the model was trained on (Li et al., 2018), or after
        weights were averaged. The data go through once; these layers normalise by the statistics of their batch, as
        while training, all others do what they do in inference. Then the layers have the mean and the variance of all
        that came in, in place of the moving ones; a domain without rows keeps its own.

        Args:
            x, batch_size, steps: as of `predict`.
            layers: the layers, or their names; all of them, frozen ones too, if None.

        Returns itself. Raises ArgumentError for a model without such layers, DataError where the statistics are not
        finite; then nothing is changed.

        >>> import numpy as np
        >>> from fastnn import Input, Sequential, layers
        >>> model = Sequential([Input((1,)), layers.BatchNormalization()])
        >>> model.recalibrate_batchnorm(np.array([[1.0], [3.0]])).layers[0].moving_mean.numpy()
        array([2.], dtype=float32)
        """
        return recalibrate_batchnorm(self, x, batch_size, steps, layers)

    def get_compile_config(self) -> Config | None:
        """What compile() was given, as plain data, with the optimizer as it is now; None if not compiled."""
        config = self._trainer().compile_config
        if config is None:
            return None
        return {k: serial.serialize(v) for k, v in {**config, "optimizer": self.optimizer}.items()}

    def compile_from_config(self, config: Config) -> None:
        """Compile as get_compile_config() said.

        Args:
            config: that dict.
        """
        tables = {"optimizer": "optimizers", "loss": "losses"}
        parts = {k: serial.deserialize(v, tables.get(k) if isinstance(v, dict) else None) for k, v in config.items()}
        self.compile(**parts)

    def __deepcopy__(self, memo):
        return hooks.call("copied", self)

    def __reduce__(self):
        return hooks.call("pickled", self)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not self.built and args and type(self).call is Model.call:
            raise NoCallError(f"Model '{self.name}' has no layers and no `call()` method: define one.")
        return super().__call__(*args, **kwargs)


def _is_functional_call(args, kwargs):
    return (
        (len(args) == 2 and not isinstance(args[0], str))
        or (len(args) == 1 and "outputs" in kwargs)
        or ("inputs" in kwargs and "outputs" in kwargs)
        or ("input" in kwargs and "output" in kwargs)
        or (len(args) > 2 and all(any(map(is_functional, nest.flatten(a))) for a in args[:2]))
    )


def _functional_names(args, kwargs):
    """Keras 1 called them `input` and `output`."""
    kwargs = {{"input": "inputs", "output": "outputs"}.get(k, k): v for k, v in kwargs.items()}
    return args, kwargs


def graft(cls, functional):
    """Make a subclass of Model whose __init__ passes inputs and outputs to super() a Functional.

    Raises ArgumentError if the class cannot be changed.
    """
    if issubclass(cls, functional):
        return
    for base in inspect.getmro(cls):
        if Model in base.__bases__:
            base.__bases__ = tuple(functional if b is Model else b for b in base.__bases__)
            return
    raise ShapeError(f"{cls.__name__}: inputs and outputs went to Model.__init__; it is no direct subclass of Model.")
