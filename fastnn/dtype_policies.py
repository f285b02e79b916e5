"""Dtype policies: which type a layer keeps its weights in and which it computes in.

fastnn computes in the type the weights have: "float32" or "float64".
"""

from fastnn.core import config, dtypes
from fastnn.core.errors import NotSupportedError


class DTypePolicy:
    """A named pair of dtypes.

    name: "float32" or "float64"; None is the default float type.

    >>> DTypePolicy("float64").compute_dtype
    'float64'
    """

    def __init__(self, name=None):
        name = config.floatx() if name is None else name
        if str(name).startswith("mixed_") or name == "bfloat16":
            raise NotSupportedError(
                f"DTypePolicy: received {name!r}; fastnn computes in the type of the weights: "
                "expected 'float32' or 'float64'."
            )
        self._name = dtypes.standardize(name)

    @property
    def name(self):
        """The policy's name."""
        return self._name

    @property
    def compute_dtype(self):
        """The dtype of computations."""
        return self._name

    @property
    def variable_dtype(self):
        """The dtype of weights."""
        return self._name

    def get_config(self):
        """The constructor's arguments as a dict."""
        return {"name": self._name}

    @classmethod
    def from_config(cls, config):
        """A policy with the arguments that get_config() gave."""
        return cls(**config)

    def __eq__(self, other):
        return isinstance(other, DTypePolicy) and other._name == self._name

    def __hash__(self):
        return hash(self._name)

    def __repr__(self):
        return f'<DTypePolicy "{self._name}">'


Policy = DTypePolicy
__all__ = ["DTypePolicy", "Policy", "deserialize", "dtype_policy", "get", "global_policy", "serialize",
           "set_dtype_policy", "set_global_policy"]  # fmt: skip


def dtype_policy():
    """The policy of layers that are given none."""
    return DTypePolicy()


def set_dtype_policy(policy):
    """Set the default policy ("float32", "float64" or a DTypePolicy)."""
    config.set_floatx(get(policy).name)


global_policy, set_global_policy = dtype_policy, set_dtype_policy  # as keras.mixed_precision has them


def get(identifier):
    """The policy that a dtype name, a config dict, a policy or None stands for.

    >>> get("float64").name
    'float64'
    """
    if isinstance(identifier, DTypePolicy):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    return DTypePolicy(identifier)


def serialize(policy):
    """The config dict of a policy, as Keras writes it.

    >>> serialize(DTypePolicy("float32"))["class_name"]
    'DTypePolicy'
    """
    return {"module": "keras", "class_name": "DTypePolicy", "config": policy.get_config(), "registered_name": None}


def deserialize(config, custom_objects=None):
    """The policy that a config dict describes."""
    return DTypePolicy(config["config"]["name"])
