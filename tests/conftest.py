"""Shared set-up: Hypothesis profiles, a clean configuration for each test, where real data are found."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

_COMMON = dict(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], print_blob=True)
settings.register_profile("fast", max_examples=8, derandomize=True, **_COMMON)
settings.register_profile("thorough", max_examples=100, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell's background job; children would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def verified_passes():
    """Every graph that a test compiles is checked after every pass."""
    from fastnn.compiler import target

    target.VERIFY = target.DEFAULT.verify = True


@pytest.fixture(autouse=True)
def clean_configuration():
    """Each test starts from the default seed, float type, threads, executor and distribution, and leaves them so."""
    from fastnn.core import config
    from fastnn.distribution import set_distribution

    def reset():
        config.set_floatx("float32")
        config.set_epsilon(1e-7)
        config.set_num_threads(None)
        config.set_strict(False)
        config.set_matmul_precision("high")
        config.set_image_data_format("channels_last")
        config.set_executor("cython")
        config.set_seed(0)
        set_distribution(None)

    reset()
    yield
    reset()


@pytest.fixture
def data_dir() -> Path:
    """The folder with MNIST and CIFAR-10, from the environment variable FASTNN_DATA."""
    where = os.environ.get("FASTNN_DATA")
    if not where or not Path(where).is_dir():
        pytest.skip("set FASTNN_DATA to a folder with mnist/ and cifar-10-batches-bin/ to run this test")
    return Path(where)
