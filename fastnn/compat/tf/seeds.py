"""tf.random.set_seed, and what TensorFlow's private modules tell of it."""

import secrets

from fastnn.core import config

_PYTHON = "compat.tf.seeds"
_unset = [0]  # how many seeds had been set when the last one was taken back


def set_seed(seed=None, name=None):
    """Seed what fastnn draws; Python's and NumPy's generators are left alone, unlike `keras.utils.set_random_seed`.

    Args:
        seed: an int; None takes the seed back: what is drawn then is new in every run.

    >>> set_seed(3)
    >>> global_seed()
    3
    >>> set_seed(None)
    >>> global_seed() is None
    True
    """
    config.set_seed(secrets.randbits(62) if seed is None else int(seed) % 2**63)
    if seed is None:
        _unset[0] = config.seedings()


def global_seed():
    """The seed that was set, or None."""
    return None if config.seedings() == _unset[0] else config.seed()


def is_op_determinism_enabled():
    """True: a seed gives the same numbers in every run here."""
    return True


NAMES = {
    **dict.fromkeys(("random.set_seed", "set_random_seed", "random.set_random_seed", "compat.v1.set_random_seed"),
                    f"{_PYTHON}:set_seed"),
    "python.eager.context.global_seed": f"{_PYTHON}:global_seed",
    "python.framework.config.is_op_determinism_enabled": f"{_PYTHON}:is_op_determinism_enabled",
    **{f"python.framework.config.{n}_op_determinism": "compat.tensorflow:accept" for n in ("enable", "disable")},
}  # fmt: skip
