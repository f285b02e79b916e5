"""Layers around what other frameworks compute: each an error that says what to do instead."""

from typing import Any

from fastnn.core.errors import NotSupportedError
from fastnn.layers.layer import Layer


class _Foreign(Layer):
    """Base: what the wrapped thing is, and what to do with it here."""

    what = advice = ""

    def _refuse(self) -> None:
        raise NotSupportedError(
            f"{type(self).__name__}: {self.what} cannot run inside a step of fastnn's engine. {self.advice}"
        )


class TFSMLayer(_Foreign):
    """Keras's layer around a TensorFlow SavedModel.  Raises NotSupportedError when it is made.

    Args:
        filepath: path of the SavedModel.
        call_endpoint: name of its function for inference.
        call_training_endpoint: name of its function for training, or None.

    >>> TFSMLayer("folder")
    Traceback (most recent call last):
        ...
    fastnn.core.errors.NotSupportedError: TFSMLayer: ... cannot run inside a step of fastnn's engine. ...
    """

    what = "a TensorFlow SavedModel"
    advice = "Save the model as a .keras or .h5 file where TensorFlow is installed, and load that with load_model()."

    def __init__(
        self,
        filepath: Any,
        call_endpoint: str = "serve",
        call_training_endpoint: str | None = None,
        trainable: bool = True,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        self._refuse()


class JaxLayer(_Foreign):
    """Keras's layer around a function of JAX arrays.  Raises NotSupportedError when it is made.

    Args:
        call_fn: the function of parameters, state, random key, inputs and training.
        init_fn: the function that makes parameters and state, or None.
        params, state: first values in place of init_fn's, or None.
        seed: int or None.
        native_serialization_platforms: platforms for which Keras would export it.

    >>> JaxLayer(len)
    Traceback (most recent call last):
        ...
    fastnn.core.errors.NotSupportedError: JaxLayer: ... cannot run inside a step of fastnn's engine. ...
    """

    what = "a JAX function"
    advice = "Write it with fastnn.ops, which has the names of jax.numpy and jax.nn, in a Layer's call()."

    def __init__(
        self,
        call_fn: Any,
        init_fn: Any = None,
        params: Any = None,
        state: Any = None,
        seed: Any = None,
        native_serialization_platforms: Any = None,
        **kwargs: Any,
    ) -> None:
        self._refuse()


class FlaxLayer(_Foreign):
    """Keras's layer around a Flax module.  Raises NotSupportedError when it is made.

    Args:
        module: the flax.linen.Module.
        method: name of its method that is called; None: __call__.
        variables: its variables as a dict, or None.

    >>> FlaxLayer(None)
    Traceback (most recent call last):
        ...
    fastnn.core.errors.NotSupportedError: FlaxLayer: ... cannot run inside a step of fastnn's engine. ...
    """

    what = "a Flax module"
    advice = "Write it with layers or fastnn.ops, and give its weights to set_weights()."

    def __init__(self, module: Any, method: Any = None, variables: Any = None, **kwargs: Any) -> None:
        self._refuse()


class TorchModuleWrapper(_Foreign):
    """Keras's layer around a PyTorch module.  Raises NotSupportedError when it is made.

    Args:
        module: the torch.nn.Module.
        output_shape: shape of its output, or None.

    >>> TorchModuleWrapper(None)
    Traceback (most recent call last):
        ...
    fastnn.core.errors.NotSupportedError: TorchModuleWrapper: ... cannot run inside a step of fastnn's engine. ...
    """

    what = "a PyTorch module"
    advice = "Write it with layers or fastnn.ops, and give its weights, as NumPy arrays, to set_weights()."

    def __init__(self, module: Any, name: str | None = None, output_shape: Any = None, **kwargs: Any) -> None:
        self._refuse()
