"""Which devices a mesh may have: those that steps run on."""

from types import SimpleNamespace

import numpy as np
import pytest

from fastnn import distribution as d
from fastnn.core import config
from fastnn.core.errors import ArgumentError, NotSupportedError
from fastnn.distribution import devices
from fastnn.runtime import device


def choose(monkeypatch, name, missing="", names=("cuda:0", "cuda:1")):
    monkeypatch.setitem(config._settings, "device", name)
    monkeypatch.setattr(device, "missing", lambda number=0: missing)
    monkeypatch.setattr(device, "available", lambda: list(names))


def meshes(names):
    """Every distribution with a mesh of these devices."""
    mesh = d.DeviceMesh((len(names),), ["batch"], names)
    return [lambda: d.DataParallel(devices=names), lambda: d.DataParallel(mesh),
            lambda: d.ModelParallel(layout_map=d.LayoutMap(mesh)), lambda: d.Distribution(mesh)]  # fmt: skip


@pytest.mark.parametrize("names", [["gpu:0"], ["GPU:0"], ["cuda:0"], ["/device:GPU:0"], ["gpu:0", "gpu:1"]])
def test_gpus_that_are_not_there_are_named(names):
    for make in meshes(names):
        with pytest.raises(NotSupportedError, match=r"received the devices gpu:0.*steps run on the CPU.*cuda-bindings"):
            make()


@pytest.mark.parametrize("chosen, names, words", [
    ("cpu", ["gpu:1"], r"run on the CPU. Choose with keras.config.set_device\('cuda:1'\)"),
    ("cuda:0", ["gpu:1"], r"run on cuda:0. Choose with keras.config.set_device\('cuda:1'\)"),
    ("cuda:0", ["cpu:0"], r"received the devices cpu:0, but steps run on cuda:0"),
    ("auto", ["cpu:0"], "run on cuda:0"), ("cuda:0", ["gpu:0", "cpu:0"], "expected GPUs alone"),
    ("cpu", ["tpu:0"], "devices tpu:0, expected GPUs alone, or CPUs alone"),
    ("cuda:0", ["gpu:0", "gpu:1"], "2 GPUs, expected at most 1.*fastnn launch -n 2"),
])  # fmt: skip
def test_devices_that_steps_do_not_run_on(monkeypatch, chosen, names, words):
    choose(monkeypatch, chosen)
    for make in meshes(names):
        with pytest.raises(NotSupportedError, match=words):
            make()


@pytest.mark.parametrize("chosen, names", [("cuda:1", ["gpu:1"]), ("auto", ["GPU:0"]), ("cpu", ["cpu:0", "cpu:1"]),
                                           ("simulated", ["cpu"])])  # fmt: skip
def test_devices_that_steps_run_on(monkeypatch, chosen, names):
    choose(monkeypatch, chosen)
    for make in meshes(names):
        assert make().device_mesh.devices.tolist() == names


@pytest.mark.parametrize("names", [["nonsense"], [0], "gpu0"])
def test_what_is_no_device_is_a_named_error(names):
    with pytest.raises(ArgumentError, match=r"DataParallel: received .*expected 'cpu'"):
        d.DataParallel(devices=names)


@pytest.mark.parametrize("chosen, found", [("cpu", ["cpu:0"]), ("cuda:1", ["gpu:1"]), ("auto", ["gpu:0"])])
def test_without_devices_they_are_the_chosen_one(monkeypatch, chosen, found):
    choose(monkeypatch, chosen)
    assert d.DataParallel().device_mesh.devices.tolist() == devices.steps_run_on() == found
    listed = ["gpu:0", "gpu:1"] if found[0].startswith("gpu") else ["cpu:0"]
    assert d.list_devices() == listed and d.list_devices("cuda") == d.list_devices("GPU") == ["gpu:0", "gpu:1"]
    assert d.get_device_count() == len(listed)


def test_two_processes_may_have_two_gpus(monkeypatch):
    choose(monkeypatch, "cuda:1")
    monkeypatch.setattr(devices, "transport", lambda: SimpleNamespace(size=2))
    assert [make().device_mesh.devices.tolist() for make in meshes(["gpu:0", "gpu:1"])[2:]] == [["gpu:0", "gpu:1"]] * 2
    assert devices.steps_run_on() == ["gpu:1", "gpu:1"]


def test_names_may_be_an_array():
    assert d.DataParallel(devices=np.array(["cpu:0", "cpu:1"])).num_model_replicas == 2
    assert d.DataParallel(devices=[]).num_model_replicas == 1
