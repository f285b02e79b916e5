"""Makes `import keras` and `from tensorflow.keras import ...` find fastnn, for `fastnn run` and on request."""

import functools
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
import types

from fastnn.compat import names, year_parts
from fastnn.compat.arguments import adapt, begin, print_as_tensorflow, restore
from fastnn.compat.keras1 import crossentropies
from fastnn.compat.keras2 import builds
from fastnn.compat.keras2 import utils as keras2_utils
from fastnn.compat.keras3 import src as keras_src
from fastnn.compat.tensorflow import Tensor
from fastnn.compat.tf import devices as tf_devices
from fastnn.compat.tf import names as tf_names
from fastnn.compat.tf import strategies as tf_strategies
from fastnn.compat.tf.graphs.graph import graph, waiting
from fastnn.compat.tf.places import OF_GRAPHS
from fastnn.core import results
from fastnn.core.errors import GoneNameError, NotSupportedError
from fastnn.core.registry import suggest
from fastnn.graph.array import Array
from fastnn.layers import context
from fastnn.saving.registration import get_custom_objects

VERSION = "3.15.1"
# On sys.path while the aliases are installed.  A child process gets the path from its parent (multiprocessing's spawn
# and forkserver, joblib's loky), but not the finder: it finds modules here, which install it.
CHILDREN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "children")


class _Alias(types.ModuleType):
    """A module under a foreign name that takes every attribute from one of fastnn's."""

    def __init__(self, name, target):
        super().__init__(name, (target.__doc__ or ""))
        self.__dict__["_target"] = target
        self.__path__ = []

    def __getattr__(self, name):
        return builds.in_a_build(self._found(name))

    def _found(self, name):
        target = self.__dict__["_target"]
        if graph().active and name in OF_GRAPHS.get(self.__name__, ((), ""))[0]:
            return getattr(importlib.import_module(OF_GRAPHS[self.__name__][1]), name)
        if name == "__version__":
            return VERSION
        if name == "version" and target.__name__ == "fastnn":
            return lambda: VERSION
        if name == "__all__":
            return _starred(self.__name__, target)
        below = target.__name__.removeprefix("fastnn").lstrip(".")
        key = f"{below}.{name}".lstrip(".")
        old = names.CLASSES.get(below, {}).get(name) or keras_src.private(self.__name__, name)
        # Not an AttributeError: `from x import y` would drop the words.
        if key in names.GONE and old is None and name not in getattr(target, "__all__", ()):
            raise GoneNameError(f"{self.__name__}.{name} is not supported by fastnn: {names.GONE[key]}.")
        if old is not None:
            module, _, original = old.rpartition(":")
            if module.startswith("compat.keras1."):
                crossentropies.note((name,))
            return adapt(getattr(importlib.import_module(f"fastnn.{module}") if module else target, original))
        try:
            value = getattr(target, name)
            if isinstance(value, (_Alias, _TensorFlow)):
                return value
            if isinstance(value, types.ModuleType) and _exists(target_of(f"{self.__name__}.{name}")):
                return importlib.import_module(f"{self.__name__}.{name}")  # old names are found there too
            if self.__name__.startswith("keras_applications"):
                return keras2_utils.without_submodules(value)
            found = adapt(value)
            later = graph().active and name != "Input" and isinstance(found, types.FunctionType)
            return waiting(found) if later else found
        except AttributeError:
            if name.startswith("__"):
                raise
            if of_the_years(self.__name__) or of_other_names(self.__name__):
                value = year_parts.held(self.__name__, below, name)
                if value is not None:
                    return value
            try:
                return importlib.import_module(f"{self.__name__}.{name}")
            except ModuleNotFoundError:
                near = suggest(name, getattr(target, "__all__", ()), " Nearest: {}.")
                real = (
                    names.ADDONS in self.__name__
                    and f" Install {names.ADDONS} itself: what it has in Python runs here."
                )
                raise AttributeError(f"{self.__name__}.{name} is not supported by fastnn.{near}{real or ''}") from None

    def __setattr__(self, name, value):
        """Keep it; a function is found under its name from then on, as Keras 2 looked for names in its modules."""
        super().__setattr__(name, value)
        if callable(value) and self.__dict__["_target"].__name__.removeprefix("fastnn.") in _SEARCHED:
            get_custom_objects()[name] = _given[name] = value

    def __dir__(self):
        return dir(self.__dict__["_target"])

    def __reduce__(self):
        return importlib.import_module, (self.__name__,)


_SEARCHED = ("activations", "constraints", "initializers", "layers", "losses", "metrics", "optimizers", "regularizers")
_given = {}  # what a script has put there: {name: function}


def _starred(name, target):
    """What `from name import *` gives: names of the module behind it, old ones, and modules as Keras's star does."""
    below = target.__name__.removeprefix("fastnn").lstrip(".")
    own = getattr(target, "__all__", None) or [
        n for n, v in vars(target).items() if getattr(v, "__module__", "") == target.__name__ and n[0] != "_"
    ]
    known = {*own, *names.CLASSES.get(below, ()), *names.STARRED.get(below, ()), *keras_src.privates(name)}
    # under an old name a module has not all the modules below it
    return sorted(n for n in known if _exists(target_of(f"{name}.{n}")) or not _exists(f"{target.__name__}.{n}"))


class _TensorFlow(types.ModuleType):
    """The little of `tensorflow` that scripts need around `tensorflow.keras`; the rest is a clear error."""

    def __init__(self, name):
        super().__init__(name, "An alias that holds keras and a few functions; see fastnn.compat.")
        self.__path__ = []
        self.__version__ = "2.20.0"

    def __getattr__(self, name):
        return builds.in_a_build(self._found(name))

    def _found(self, name):
        if name == "__all__":
            return dir(self)
        if name.startswith("__") and name != "__internal__":
            raise AttributeError(name)
        if installed():
            begin()
        whole = f"{self.__name__}.{name}".removeprefix(f"{names.TENSORFLOW}.")
        full = _of_any_version(whole)
        where = names.TENSORFLOW_FUNCTIONS.get(full)
        if where:
            module, _, function = where.partition(":")
            return getattr(importlib.import_module(f"fastnn.{module}"), function)
        if full in names.TENSORFLOW_MODULES or full == "keras" or full in names.TENSORFLOW_KERAS:
            return importlib.import_module(f"{self.__name__}.{name}")
        found = tf_devices.of_tpus(full) if full.startswith("tpu.") else _function(whole, full)
        if found is None:
            found = tf_strategies.advising(full)
        if found is None and full.startswith(names.PRIVATE):
            found = self._private(full.split("."))
        if found is not None:
            return found
        raise AttributeError(
            f"tensorflow.{full} is not part of fastnn, which stands in for tensorflow.keras only; "
            "write it with fastnn.ops or NumPy, or run the script with TensorFlow itself."
            f"{tf_names.near(full)}"
        )

    def __dir__(self):
        path = _of_any_version(self.__name__.removeprefix(names.TENSORFLOW).removeprefix(".") + ".")
        prefix = names.PRIVATE_STARS.get(path, path).removeprefix(".")
        known = (*tf_names.table(), *names.TENSORFLOW_FUNCTIONS, *names.TENSORFLOW_MODULES, "keras")
        below = {n[len(prefix) :].partition(".")[0] for n in known if n.startswith(prefix)}
        return sorted(n for n in below if n[:1] not in ("_", "") and n not in ("python", "compiler"))

    def _private(self, path):
        """What a name in TensorFlow's private modules is: a module, or the public function of that name, or None."""
        if len(path) < 4:
            return importlib.import_module(f"{self.__name__}.{path[-1]}")
        root = sys.modules[names.TENSORFLOW]
        for family in names.PUBLIC_FAMILIES:
            try:
                return getattr(functools.reduce(getattr, family.split("."), root) if family else root, path[-1])
            except (AttributeError, ModuleNotFoundError):
                continue
        return None

    def __reduce__(self):
        return importlib.import_module, (self.__name__,)


def _function(whole, full):
    """The function of a name; that of TensorFlow 1 where it differs, while a graph is built."""
    found = tf_names.find(f"compat.v1.{full}") if graph().active else tf_names.find(whole)
    return found or tf_names.find(full)


def _of_any_version(name):
    """A name below TensorFlow without compat.v1 or compat.v2 in front."""
    while name.startswith(("compat.v1.", "compat.v2.")):  # `tf` may be tensorflow.compat.v1 already
        name = name[len("compat.v1.") :]
    return name


def target_of(name):
    """The fastnn module (a str) that a foreign module name stands for, "" for the TensorFlow root, or None.

    >>> target_of("keras.layers"), target_of("tensorflow.keras.utils.np_utils"), target_of("numpy")
    ('fastnn.layers', 'fastnn.utils', None)
    """
    package, _, below = name.partition(".")
    if package in names.STAND_INS:
        return ".".join(filter(None, (names.STAND_INS[package], below)))
    if package in names.PARTS:
        return target_of(".".join(filter(None, (names.PARTS[package], below))))
    for root in sorted(names.KERAS_ROOTS, key=len, reverse=True):
        if name == root:
            return "fastnn"
        if name.startswith(root + "."):
            below = name[len(root) + 1 :]
            if below in names.MODULES:
                return f"fastnn.{names.MODULES[below]}"
            home = keras_src.home(below)  # Keras 2.4 to 2.12 had their private modules where the public ones are
            if root != "keras.src" and (home is None or _exists(f"fastnn.{below}")):
                return f"fastnn.{below}"
            return None if home is None else f"fastnn.{home}".rstrip(".")
    if name == names.TENSORFLOW or name.startswith(names.TENSORFLOW + "."):
        below = _of_any_version(name[len(names.TENSORFLOW) + 1 :])
        if below == "experimental.numpy":
            return "fastnn.compat.tf.numpy"
        if below in names.PRIVATE_OF_KERAS:
            return target_of(names.PRIVATE_OF_KERAS[below])
        if below in ("", "python") or below in names.TENSORFLOW_MODULES:
            return ""
        if any(below.startswith(p) and below.count(".") < p.count(".") + 2 for p in names.PRIVATE):
            return ""
        if below.split(".")[0] in names.TENSORFLOW_KERAS:
            return target_of(f"keras.{below}")
    return None


def of_the_years(name):
    """Whether a module is one that Keras 1 and 2 had, and Keras 3 has not.

    >>> of_the_years("keras.layers.core"), of_the_years("keras.layers"), of_the_years("keras.src.layers.core")
    (True, False, False)
    """
    if name.startswith(names.OLD_ROOTS):
        return True
    root, _, below = name.partition(".")
    if root != "keras" or not below.startswith(names.OLD_MODULES):
        return False
    return below in names.MODULES or (below.count(".") > 1 and keras_src.home(below) is not None)


def of_other_names(name):
    """Whether a module of today's had names in other years that it had imported; they may be asked for."""
    root, _, below = name.partition(".")
    first = below.partition(".")[0]
    return root in names.PARTS or (root == "keras" and first in ("applications", "preprocessing", *_WITH_BACKEND))


_WITH_BACKEND = ("activations", "callbacks", "constraints", "initializers", "layers", "losses", "metrics", "models",
                 "optimizers", "regularizers")  # fmt: skip


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds aliases before the path is searched, so that an installed Keras does not come in between."""

    def find_spec(self, name, path=None, target=None):
        where = target_of(name)
        package = name.partition(".")[0]
        if where is None or (package in names.STAND_INS and _is_installed(package)):
            return None
        if where and not _exists(where):
            gone = names.GONE.get(where.removeprefix("fastnn."))
            if gone is not None:
                raise ModuleNotFoundError(f"{name} is not supported by fastnn: {gone}.", name=name)
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        where = target_of(spec.name)
        if not where or of_the_years(spec.name):
            context.prefer_nodes(True)  # `training=` at a node means what it meant in Keras 2
        if not where and installed():
            print_as_tensorflow()
        return _Alias(spec.name, importlib.import_module(where)) if where else _TensorFlow(spec.name)

    def exec_module(self, module):
        """Nothing to run: attributes are looked up when they are asked for."""


def _is_installed(package):
    return importlib.machinery.PathFinder.find_spec(package) is not None


def _exists(name):
    if not name or name in sys.modules:
        return bool(name)
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


_finder = _Finder()


def installed():
    """Whether `import keras` finds fastnn in this process.

    >>> installed()
    False
    """
    return _finder in sys.meta_path


def install():
    """From now on, in this process, `import keras` and `tensorflow.keras` find fastnn.

    Raises NotSupportedError if the real Keras or TensorFlow has already been imported.
    """
    for root in ("keras", names.TENSORFLOW):
        module = sys.modules.get(root)
        if module is not None and not isinstance(module, (_Alias, _TensorFlow)):
            raise NotSupportedError(
                f"{root!r} has already been imported from {getattr(module, '__file__', '?')}; "
                "install the aliases before that import."
            )
    if not installed():
        sys.meta_path.insert(0, _finder)
        sys.path.insert(1, CHILDREN)  # behind the folder of the script, before an installed Keras
        _give(tensors=True)


def _give(tensors):
    """Results of operations are tensors, whose values stay as they are, and NumPy takes them as arrays; or arrays."""
    results.give_as(Tensor if tensors else Array, joins=not tensors)


def uninstall():
    """Undo `install`: forget the aliases."""
    if installed():
        sys.meta_path.remove(_finder)
        sys.path[:] = [p for p in sys.path if p != CHILDREN]
        _give(tensors=False)
    context.prefer_nodes(False)
    for name, value in _given.items():
        if get_custom_objects().get(name) is value:
            del get_custom_objects()[name]
    _given.clear()
    restore()
    for name, module in list(sys.modules.items()):
        if isinstance(module, (_Alias, _TensorFlow)):
            del sys.modules[name]


def take_place_of(name):
    """Install the aliases, and put that of this name where a module of CHILDREN is being imported.

    Nothing where it is imported as a part of this package.
    """
    if target_of(name) is None:
        return
    del sys.modules[name]
    install()
    importlib.import_module(name)
