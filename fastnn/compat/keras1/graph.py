"""`keras.models.Graph`: Keras 0.3's and 1's model of named nodes."""

from fastnn import layers
from fastnn.compat.arguments import METHODS, translate
from fastnn.compat.keras1.calls import merge
from fastnn.core.errors import ArgumentError, CallOrderError
from fastnn.models import Model

_BY_NAME = "fit", "evaluate", "train_on_batch", "test_on_batch"


class Graph:
    """A model that is made of named inputs, nodes and outputs; its data are dicts by these names.

    >>> graph = Graph()
    >>> graph.add_input("x", input_shape=(4,))
    >>> graph.add_node(layers.Dense(3), name="hidden", input="x")
    >>> graph.add_output("y", input="hidden")
    >>> graph.model.output_shape
    {'y': (None, 3)}
    """

    def __init__(self, name=None):
        self.name = name
        self.inputs, self.outputs, self.nodes = {}, {}, {}
        self._symbols, self._model = {}, None

    # ---- building --------------------------------------------------------------------------------------
    def add_input(self, name, input_shape=None, batch_input_shape=None, dtype="float32"):
        """Add an input.

        Args:
            name: str.
            input_shape: without the batch; or batch_input_shape, with it.
            dtype: a name; "int" for integers.
        """
        dtype = "int32" if dtype == "int" else dtype
        how = {"batch_shape": batch_input_shape} if batch_input_shape else {"shape": input_shape}
        self._enter(name, layers.Input(**how, dtype=dtype, name=name))
        self.inputs[name] = self._symbols[name]

    def add_node(
        self, layer, name, input=None, inputs=(), merge_mode="concat", concat_axis=-1, dot_axes=-1, create_output=False
    ):
        """Add a layer, applied to a node, or to several that are merged.

        Args:
            layer: a layer or a model.
            name: str.
            input: the name of a node; or inputs, several names.
            merge_mode, concat_axis, dot_axes: how several are merged, as of `merge`.
            create_output: whether the node is an output, too.
        """
        self._enter(name, layer(self._taken(input, inputs, merge_mode, concat_axis, dot_axes)))
        self.nodes[name] = layer
        if create_output:
            self.add_output(name, input=name)

    def add_shared_node(
        self, layer, name, inputs=(), merge_mode=None, concat_axis=-1, dot_axes=-1, outputs=(), create_output=False
    ):
        """Add a layer that is applied to each of several nodes.

        Args:
            layer: a layer or a model.
            name: str.
            inputs: names of nodes.
            merge_mode, concat_axis, dot_axes: how what comes out is merged, as of `merge`; without a mode each result
                is a node under a name of outputs.
            create_output: whether the node is an output, too.
        """
        found = [layer(self._symbol(n)) for n in inputs]
        self.nodes[name] = layer
        if merge_mode:
            self._enter(name, merge(found, merge_mode, concat_axis, dot_axes))
        for own, symbol in zip(outputs, found):
            self._enter(own, symbol)
        if create_output:
            self.add_output(name, input=name)

    def add_output(self, name, input=None, inputs=(), merge_mode="concat", concat_axis=-1, dot_axes=-1):
        """Make a node, or several that are merged, an output.

        Args:
            name: str.
            input: the name of a node; or inputs, several names.
            merge_mode, concat_axis, dot_axes: how several are merged, as of `merge`.
        """
        found = self._taken(input, inputs, merge_mode, concat_axis, dot_axes)
        self.outputs[name] = layers.Activation("linear", name=f"{name}")(found)
        self._model = None

    def _enter(self, name, symbol):
        if name in self._symbols:
            raise ArgumentError(f"Duplicate node identifier: {name}. Each node has a name of its own.")
        self._symbols[name], self._model = symbol, None

    def _symbol(self, name):
        if name not in self._symbols:
            raise ArgumentError(f"Unknown node/input identifier: {name}. Known: {', '.join(self._symbols)}.")
        return self._symbols[name]

    def _taken(self, input, inputs, mode, concat_axis, dot_axes):
        if input:
            return self._symbol(input)
        return merge([self._symbol(n) for n in inputs], mode, concat_axis, dot_axes)

    @property
    def model(self):
        """The functional model."""
        if self._model is None:
            if not self.inputs or not self.outputs:
                raise CallOrderError("Graph: there has to be an input and an output; call add_input and add_output.")
            self._model = Model(dict(self.inputs), dict(self.outputs), name=self.name)
        return self._model

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.model, name)

    # ---- data by names ---------------------------------------------------------------------------------
    def compile(self, optimizer, loss, metrics=None, sample_weight_modes=None, loss_weights=None, **kwargs):
        """Say how it is trained.

        Args:
            optimizer: as of Model.compile.
            loss: a dict, the loss of each output by its name.
            metrics, loss_weights: as of Model.compile.
            sample_weight_modes, kwargs: of no effect.
        """
        self.model.compile(optimizer=optimizer, loss=loss, metrics=metrics, loss_weights=loss_weights)

    def _parts(self, data):
        missing = [n for n in self.inputs if n not in data]
        if missing:
            raise ArgumentError(f"Graph: the data have no {', '.join(missing)}; received {', '.join(data)}.")
        return {n: data[n] for n in self.inputs}, {n: data[n] for n in self.outputs if n in data}

    def predict(self, data, batch_size=128, verbose=0):
        """The outputs, as a dict by their names.

        Args:
            data: a dict of arrays by the names of the inputs.
            batch_size: an int.
            verbose: 0 or 1.
        """
        return self.model.predict(self._parts(data)[0], batch_size=batch_size, verbose=verbose)

    def predict_on_batch(self, data):
        """The outputs of a batch, as a dict by their names.

        Args:
            data: a dict of arrays by the names of the inputs.
        """
        return self.model.predict_on_batch(self._parts(data)[0])

    def fit_generator(self, generator, *args, **kwargs):
        """`Model.fit_generator`, of dicts by the names of inputs and outputs.

        Args:
            generator: of dicts, or of (dict, weights).
            args, kwargs: those of Model.fit_generator.
        """
        data = kwargs.pop("validation_data", None)
        if isinstance(data, dict):
            kwargs["validation_data"] = self._parts(data)
        batches = (self._parts(b if isinstance(b, dict) else b[0]) for b in generator)
        return self.model.fit_generator(batches, *args, **translate(METHODS["fit_generator"], kwargs))


def _method(name):
    def call(self, data, *args, **kwargs):
        """The method of Model, of one dict by the names of inputs and outputs.

        Args:
            data: a dict of arrays.
            args, kwargs: those of the method behind the data.
        """
        if isinstance(kwargs.get("validation_data"), dict):
            kwargs["validation_data"] = self._parts(kwargs["validation_data"])
        weights = kwargs.pop("sample_weight", None)
        if weights:
            kwargs["sample_weight"] = weights
        names = ("batch_size", "nb_epoch", "verbose") if name == "fit" else ("batch_size", "verbose")
        x, y = self._parts(data)
        given = translate(METHODS.get(name, {}), {**dict(zip(names, args)), **kwargs})
        return getattr(self.model, name)(x, y, **given)

    call.__name__ = name
    return call


for _name in _BY_NAME:
    setattr(Graph, _name, _method(_name))
