"""Devices, sessions, graphs and strategies of TensorFlow, in so far as scripts begin with them: answers of one machine.

`TABLE` says which of TensorFlow's names each of them is found under.
"""

import importlib
import logging
import re
from typing import Any

from fastnn.core import device_names, tree
from fastnn.core.errors import NotSupportedError
from fastnn.core.switches import functions_run_eagerly, run_functions_eagerly
from fastnn.graph import Symbol
from fastnn.runtime import device


class Inert:
    """An object whose attributes are all inert, can be set, and called: settings that nobody reads.

    >>> config = Inert()
    >>> config.gpu_options.allow_growth = True
    >>> config.gpu_options.allow_growth, config.graph_options.anything() is None
    (True, True)
    """

    def __init__(self, *args, **kwargs):
        self.__dict__.update(kwargs)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        found = self.__dict__[name] = Inert()
        return found

    def __call__(self, *args, **kwargs):
        return None


SETTINGS = Inert()


class _OfTPUs(type):
    """Classes of TPUs can be named, and named things in them; there is no TPU to make one for."""

    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        found = of_tpus(f"{cls.__name__}.{name}")
        setattr(cls, name, found)
        return found

    def __call__(cls, *args, **kwargs):
        raise NotSupportedError(f"tensorflow.{cls.__name__} is not supported by fastnn: there are no TPUs.")


def of_tpus(name):
    """What stands for a name below `tensorflow.tpu`: a class of which there are no instances.

    Args:
        name: the name below `tensorflow`.

    >>> isinstance(3, of_tpus("tpu.experimental.embedding.TableConfig"))
    False
    """
    return _OfTPUs(name, (), {})


class Device:
    """A device as TensorFlow describes one."""

    def __init__(self, name, device_type):
        self.name, self.device_type = name, device_type
        self.memory_limit, self.locality, self.physical_device_desc = 0, "", ""

    def __repr__(self):
        return f"Device(name={self.name!r}, device_type={self.device_type!r})"


class Scope:
    """A `with` block that changes nothing; also a strategy, a session's graph, a device."""

    num_replicas_in_sync = 1

    def __init__(self, *args, **kwargs):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False

    def scope(self, *args, **kwargs):
        """Itself."""
        return self

    as_default = name_scope = device = scope

    def finalize(self):
        """Nothing."""

    def experimental_distribute_dataset(self, dataset):
        """The data set: there is one device."""
        return dataset


class DeviceScope(Scope):
    """`tf.device`: a block of a device, by TensorFlow's rule that what is not there is done on the CPU.

    Args:
        device_name: str, "/GPU:0", "/device:CPU:0", "/job:worker/task:1", ..., or None.

    Raises ArgumentError for what is no name of a device.

    >>> with DeviceScope("/GPU:0"):
    ...     pass
    """

    def __init__(self, device_name=None):
        if device_name is not None and not _TASK.fullmatch(device_names.words(device_name) or "no name"):
            device_names.read(device_name, "tf.device")


_TASK = re.compile(r"(/(job|replica|task):\w+)+")  # a place without a device


class Session(Scope):
    """A session: `run` gives the values of variables and arrays.

    >>> import fastnn
    >>> Session().run([fastnn.Variable([1.0]), None])
    [array([1.], dtype=float32), None]
    """

    graph = Scope()
    runner = None  # runs a graph of TensorFlow 1, see tf_graph

    def run(self, fetches, feed_dict=None, **kwargs):
        """The values of what is fetched, in its structure; symbols of Keras are computed of the symbols that are fed.

        Args:
            fetches: variables, arrays, Nodes of a graph, symbols of the functional API, or a structure of them.
            feed_dict: {placeholder or symbol: value}; a learning phase among the keys says whether it is training.
            kwargs: of no effect.

        Raises NotSupportedError for symbols that nothing is fed for.
        """
        flat = tree.flatten(fetches)
        symbols = [v for v in flat if isinstance(v, Symbol)]
        if symbols:
            feed = feed_dict or {}
            found, rest = iter(self._of_symbols(symbols, feed)), {k: v for k, v in feed.items() if not _of_keras(k)}
            return tree.pack(fetches, [next(found) if isinstance(v, Symbol) else self.run(v, rest) for v in flat])
        if type(self).runner is not None:
            return type(self).runner(fetches, feed_dict)
        if isinstance(fetches, (list, tuple)):
            return type(fetches)(self.run(fetch) for fetch in fetches)
        return fetches.numpy() if hasattr(fetches, "numpy") else fetches

    def _of_symbols(self, symbols, feed):
        given = [k for k in feed if _of_keras(k)]
        if not any(isinstance(k, Symbol) for k in given):
            raise NotSupportedError(
                "Session.run: received a symbol, and no value of a symbol that it is computed of. Give feed_dict="
                "{model.input: ...}, or build a Model from inputs to it and call predict()."
            )
        made = self.__dict__.setdefault("_functions", {})
        key = tuple(map(id, given)), tuple(map(id, symbols))
        if key not in made:  # with what it was made of, whose ids stay its own
            function = importlib.import_module("fastnn.compat.backend").function
            made[key] = function(given, symbols), given, symbols
        return made[key][0]([feed[k] for k in given])

    def close(self):
        """Nothing."""

    def list_devices(self):
        """The devices."""
        return devices()


def _of_keras(key):
    """Whether a key of a feed_dict is a symbol of the functional API or a learning phase."""
    return isinstance(key, (Symbol, int))


def devices(device_type=None):
    """The devices of a kind, "CPU" or "GPU" (None: both): the CPU, and GPUs that can be used.

    Args:
        device_type: "CPU", "GPU" or another kind; None for all.

    >>> devices("CPU")
    [Device(name='/device:CPU:0', device_type='CPU')]
    """
    found = [Device("/device:CPU:0", "CPU")] if device_type in (None, "CPU") else []
    if device_type in (None, "GPU"):
        found += [Device(f"/device:GPU:{k}", "GPU") for k in range(len(device.available()))]
    return found


def no_devices(*args, **kwargs):
    """[]: no GPUs.

    Args:
        args, kwargs: of no effect.
    """
    return []


def nothing(*args, **kwargs):
    """None: what this set or asked does not exist here.

    Args:
        args, kwargs: of no effect.
    """


def no(*args, **kwargs):
    """False.

    Args:
        args, kwargs: of no effect.
    """
    return False


def has_gpu():
    """Whether there is a GPU that can be used."""
    return bool(device.available())


def gpu_name():
    """The name of the first GPU that can be used; "" where there is none."""
    return "/device:GPU:0" if device.available() else ""


def get_logger():
    """The logger named "tensorflow"."""
    return logging.getLogger("tensorflow")


def do_not_convert(func=None, **kwargs):
    """A decorator that changes nothing."""
    return func if func is not None else lambda f: f


def get_session(*args, **kwargs):
    """A session.

    Args:
        args, kwargs: of no effect.
    """
    return Session()


TABLE: dict[Any, list[str]] = {
    get_logger: ["get_logger"],
    devices: ["config.list_logical_devices", "config.experimental.list_logical_devices", "config.get_visible_devices",
              "config.experimental.get_visible_devices", "python.client.device_lib.list_local_devices"],
    nothing: ["config.set_visible_devices", "config.experimental.set_visible_devices", "disable_eager_execution",
              "config.experimental.set_memory_growth", "config.set_logical_device_configuration",
              "config.experimental.set_virtual_device_configuration", "config.optimizer.set_jit",
              "config.optimizer.set_experimental_options",
              "config.set_soft_device_placement",
              "config.experimental.enable_tensor_float_32_execution", "config.experimental.set_synchronous_execution",
              "enable_eager_execution", "enable_v2_behavior",
              "disable_v2_tensorshape",
              "autograph.set_verbosity", "debugging.set_log_device_placement",
              "debugging.enable_check_numerics", "disable_control_flow_v2", "enable_resource_variables",
              "config.experimental_connect_to_cluster", "tpu.experimental.initialize_tpu_system"],
    no: ["test.is_built_with_rocm"],
    has_gpu: ["test.is_built_with_cuda", "test.is_built_with_gpu_support"],
    run_functions_eagerly: ["config.run_functions_eagerly", "config.experimental_run_functions_eagerly"],
    functions_run_eagerly: ["config.functions_run_eagerly"],
    gpu_name: ["test.gpu_device_name"],
    do_not_convert: ["autograph.experimental.do_not_convert"],
    Inert: ["ConfigProto", "GPUOptions", "config.experimental.VirtualDeviceConfiguration", "RunOptions", "RunMetadata",
            "config.LogicalDeviceConfiguration"],
    DeviceScope: ["device"],
    Session: ["Session", "InteractiveSession"],
    get_session: ["get_default_session"],
    Scope: ["Graph", "init_scope"],
}  # fmt: skip
NAMES = {name: f"compat.tf.devices:{function.__name__}" for function, found in TABLE.items() for name in found}
