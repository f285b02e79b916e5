"""Process-wide settings: number types, threads, seeds, strictness.

Settings are read when a plan is made; changing one later affects plans made after that.
"""

import importlib.util
import os
from collections.abc import Collection
from typing import Any

from fastnn.core import changes, device_names
from fastnn.core.errors import ArgumentError, DTypeError, NotSupportedError, SettingError
from fastnn.core.locks import lock


def _environment_device() -> str:
    name = os.environ.get("FASTNN_DEVICE", "").strip() or "cpu"
    try:
        return device_names.own(name, "FASTNN_DEVICE")
    except ArgumentError as error:
        raise SettingError(f"{error}. It is a variable of the environment.") from None


_settings: dict[str, Any] = {
    "floatx": "float32", "epsilon": 1e-7, "image_data_format": "channels_last", "num_threads": None,
    "dtype_policy": None, "strict": False, "matmul_precision": "high", "executor": "cython", "seed": 0,
    "device": _environment_device(),
}  # fmt: skip
_streams = 0
_version = _seedings = 0
_lock = lock()


def _set(name: str, value: Any) -> None:
    global _version
    with _lock:
        if _settings[name] != value:
            _settings[name] = value
            _version += 1
            changes.note()


def version() -> int:
    """A number that changes whenever a setting does (plans are cached under it)."""
    return _version


def renew() -> None:
    """Say that plans must be made again, as after a setting has changed."""
    global _version
    with _lock:
        _version += 1
        changes.note()


def floatx() -> str:
    """The default float dtype, "float32" unless set otherwise."""
    return _settings["floatx"]


def set_floatx(value: str) -> None:
    """Set the default float dtype: "float16", "bfloat16", "float32" or "float64".

    In half precision weights, slots and activations are stored in it and rounded to it; what an operation calculates
    with is float32.

    Args:
        value: the name of a dtype.

    Raises DTypeError for another one.

    >>> set_floatx("float32")
    """
    if value not in ("float16", "bfloat16", "float32", "float64"):
        raise DTypeError(
            f"Unknown `floatx` value: {value}. Expected one of ('bfloat16', 'float16', 'float32', 'float64')"
        )
    _set("floatx", value)


def dtype_policy() -> Any:
    """The default dtype policy that was set, or None: that of the default float dtype."""
    return _settings["dtype_policy"]


def set_dtype_policy(policy: Any) -> None:
    """Set the default dtype policy (an object of fastnn.dtype_policies), or None.

    Args:
        policy: a DTypePolicy, or None: that of the default float dtype.
    """
    _set("dtype_policy", policy)


def epsilon() -> float:
    """The fuzz factor of losses and normalisers, 1e-7 unless set otherwise."""
    return _settings["epsilon"]


def set_epsilon(value: float) -> None:
    """Set the fuzz factor of losses and normalisers.

    Args:
        value: a small positive float.
    """
    _set("epsilon", float(value))


def image_data_format() -> str:
    """ "channels_last" unless set otherwise."""
    return _settings["image_data_format"]


def set_image_data_format(data_format: str) -> None:
    """Set the default layout of images.

    Args:
        data_format: "channels_last" or "channels_first".

    Raises ArgumentError for another one.
    """
    _choose("image_data_format", data_format, ("channels_last", "channels_first"))


def standard_data_format(value: Any) -> str:
    """`value` in lower case, or the default layout of images for None.

    Raises ArgumentError for another one.

    >>> standard_data_format("Channels_First"), standard_data_format(None)
    ('channels_first', 'channels_last')
    """
    if value is None:
        return image_data_format()
    name = str(value).lower()
    if name not in ("channels_last", "channels_first"):
        raise ArgumentError(
            "The `data_format` argument must be one of ('channels_first', 'channels_last'). "
            f"Received: data_format={value}"
        )
    return name


def num_threads() -> int | None:
    """The number of threads asked for by set_num_threads, or None (environment and cores decide)."""
    return _settings["num_threads"]


def set_num_threads(n: int | None) -> None:
    """Use n threads in plans made from now on.

    Args:
        n: an int from 1 to 256; None goes back to the default: the environment and the cores decide.

    Raises ArgumentError for anything else.

    >>> set_num_threads(None)
    """
    if n is not None and (isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= 256):
        raise ArgumentError(f"set_num_threads: received {n!r}, expected an int from 1 to 256, or None.")
    _set("num_threads", n)


def strict() -> bool:
    """Whether doubtful data (NaN in x or y) is an error instead of a warning."""
    return _settings["strict"]


def set_strict(value: bool) -> None:
    """Say what doubtful data (NaN in x or y) are.

    Args:
        value: True: an error; False, the default: a warning.
    """
    _set("strict", bool(value))


def matmul_precision() -> str:
    """ "high" (Winograd convolutions allowed) or "highest" (direct sums only)."""
    return _settings["matmul_precision"]


def set_matmul_precision(value: str) -> None:
    """Set the precision of products and convolutions.

    Args:
        value: "high" (Winograd convolutions allowed), "highest" (direct sums only), or "tf32": as "high", and on a CUDA
            device float32 operands are rounded to TF32 (10 bits of mantissa: relative errors of 5e-4) and multiplied by
            tensor cores; or "cublas": as "tf32", and products are those of NVIDIA's cuBLASLt.

    Raises:
        ArgumentError: for anything else.
        NotSupportedError: for "cublas" without the package nvmath-python.
    """
    if value == "cublas" and importlib.util.find_spec("nvmath") is None:
        raise NotSupportedError(
            "set_matmul_precision: received 'cublas', and the package nvmath-python is not installed. Run `pip install "
            "\"fastnn-engine[cuda-blas]\"`, or choose 'tf32', which needs none."
        )
    _choose("matmul_precision", value, ("high", "highest", "tf32", "cublas"))


def executor() -> str:
    """Which executor walks the tapes: "cython", or "python" (the slow oracle, for tests)."""
    return _settings["executor"]


def set_executor(value: str) -> None:
    """Choose the executor, which walks the tapes.

    Args:
        value: "cython", or "python" (the slow oracle, for tests).

    Raises ArgumentError for anything else.
    """
    _choose("executor", value, ("cython", "python"))


def device() -> str:
    """The name of the device that plans are made for: "cpu", "cuda:0", or "auto"; first read from FASTNN_DEVICE."""
    return _settings["device"]


def choose_device(name: str) -> None:
    """Note the name of the device; `fastnn.config.set_device` looks first whether it is there."""
    _set("device", name)


def _choose(name: str, value: Any, allowed: Collection[Any]) -> None:
    if value not in allowed:
        raise ArgumentError(f"{name}: received {value!r}, expected one of {allowed}.")
    _set(name, value)


def seed() -> int:
    """The seed from which every default random stream is derived; 0 unless set otherwise."""
    return _settings["seed"]


def set_seed(value: Any) -> None:
    """Set the seed and start the default streams again at 1.

    Args:
        value: an int from 0 to 2**63 - 1.

    Raises ArgumentError for anything else.
    """
    global _seedings, _streams
    if isinstance(value, bool) or not hasattr(value, "__index__") or not 0 <= int(value) < 2**63:
        raise ArgumentError(
            f"Expected `seed` argument to be an integer, from 0 to 2**63 - 1. Received: seed={value!r} (of type "
            f"{type(value)})"
        )
    _set("seed", int(value))
    _streams, _seedings = 0, _seedings + 1
    changes.note()


def seedings() -> int:
    """How often a seed has been set: what follows the process-wide seed sees that it has to start anew."""
    return _seedings


def next_stream() -> int:
    """A new default random stream: layers and initializers without a seed take one when they are made."""
    global _streams
    with _lock:
        _streams += 1
        return _streams


def streams() -> int:
    """How many default random streams have been given out since the seed was set."""
    return _streams


def go_on_at_stream(count: int) -> None:
    """Give out streams as if `count` of them were gone."""
    global _streams
    _streams = count
