"""Which process this is, from arguments and from what launchers leave in the environment."""

import sys
from types import SimpleNamespace

import pytest

from fastnn.core.errors import ArgumentError, NotSupportedError
from fastnn.distribution import DataParallel, world

TORCH = {"RANK": "1", "WORLD_SIZE": "4", "MASTER_ADDR": "10.0.0.1", "MASTER_PORT": "999"}
SLURM = {"SLURM_PROCID": "3", "SLURM_NTASKS": "4", "SLURM_JOB_ID": "41", "SLURM_JOB_NODELIST": "node[007-009,12]"}


@pytest.mark.parametrize(("env", "given", "place"), [
    ({}, (), (0, 1, None)),
    (TORCH, (), (1, 4, "10.0.0.1", 999)),
    ({**TORCH, "TORCHELASTIC_USE_AGENT_STORE": "True"}, (), (1, 4, "10.0.0.1", 1000)),
    (SLURM, (), (3, 4, "node007", 20041)),
    ({**SLURM, "MASTER_ADDR": "head", "MASTER_PORT": "5"}, (), (3, 4, "head", 5)),
    ({"OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "2"}, (), (1, 2, None)),
    ({"PMI_RANK": "1", "PMI_SIZE": "2"}, (), (1, 2, None)),
    ({}, ("10.0.0.7:1234", 3, 2), (2, 3, "10.0.0.7", 1234)),
    ({}, ("a:1, b:2", None, 1), (1, 2, "a", 1)),
    ({}, ("[fe80::1]:77", 2, 0), (0, 2, "fe80::1", 77)),
    ({"KERAS_DISTRIBUTION_JOB_ADDRESSES": "h:5", "KERAS_DISTRIBUTION_NUM_PROCESSES": "2",
      "KERAS_DISTRIBUTION_PROCESS_ID": "1"}, (), (1, 2, "h", 5)),
    (TORCH, ("h:5", 2, 0), (0, 2, "h", 5)),
    ({}, (None, 1, None), (0, 1, None)), ({"WORLD_SIZE": "1"}, (), (0, 1, None)), ({"RANK": "3"}, (), (0, 1, None)),
    ({**SLURM, "SLURM_STEP_NODELIST": "node[012]", "SLURM_STEP_ID": "2"}, (), (3, 4, "node012", 20243)),
    ({"SLURM_PROCID": "0", "SLURM_NTASKS": "2", "SLURM_LAUNCH_NODE_IPADDR": "10.1.2.3"}, (), (0, 2, "10.1.2.3", 20000)),
    ({"SLURM_PROCID": "1", "SLURM_NTASKS": "2", "SLURM_NODELIST": "a,b", "SLURM_JOB_ID": "19999"}, (),
     (1, 2, "a", 39999)),
    ({**SLURM, **TORCH}, (), (1, 4, "10.0.0.1", 999)),
    ({**SLURM, "OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "2"}, (), (1, 2, None)),
])  # fmt: skip
def test_places(env, given, place):
    assert world.place_of(env, *given)[: len(place)] == place


@pytest.mark.parametrize(("env", "given", "text"), [
    ({}, (None, 2, None), "process_id=None"), ({}, (None, 2, 2), "from 0 to 1"), ({}, (None, 2, -1), "process_id=-1"),
    ({"RANK": "x", "WORLD_SIZE": "2"}, (), "RANK='x'"), ({}, ("a:b", 2, 0), "host:port"),
    ({"RANK": "0", "WORLD_SIZE": "0"}, (), "num_processes=0, expected 1 or more"),
    ({"WORLD_SIZE": "2", "MASTER_ADDR": "h"}, (), "WORLD_SIZE='2' without RANK"),
    ({"RANK": "1", "MASTER_ADDR": "h"}, (), "RANK='1' without WORLD_SIZE"),
    ({**TORCH, "MASTER_PORT": "65536"}, (), "port 65536"), ({**TORCH, "MASTER_PORT": "0"}, (), "port 0"),
    ({**TORCH, "MASTER_PORT": "65535", "TORCHELASTIC_USE_AGENT_STORE": "True"}, (), "port 65536"),
    ({}, ("h:70000", 2, 0), "port 70000"), ({**SLURM, "SLURM_JOB_ID": "x"}, (), "SLURM_JOB_ID='x'"),
])  # fmt: skip
def test_what_does_not_fit(env, given, text):
    with pytest.raises(ArgumentError, match=text):
        world.place_of(env, *given)


@pytest.mark.parametrize(("nodes", "first"), [("a", "a"), ("a,b", "a"), ("n[1-3]", "n1"), ("n[03,05-09]x", "n03x"),
                                              ("n[2],m[4]", "n2"), ("rack[1-2]node[3,5],b", "rack1node3"),
                                              ("gpu-a1-[007-010].cluster,x", "gpu-a1-007.cluster"),
                                              ("", "")])  # fmt: skip
def test_hosts_of_slurm(nodes, first):
    assert world.first_host(nodes) == first


@pytest.fixture
def clean(monkeypatch):
    for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT", "SLURM_PROCID", "SLURM_NTASKS", "PMI_RANK"):
        monkeypatch.delenv(name, raising=False)
    yield monkeypatch
    world.leave()


def test_one_process_needs_nothing(clean):
    world.initialize()
    world.initialize("10.0.0.1:1", 1, 0)
    assert world.transport() is world.ALONE


def test_several_need_an_address(clean):
    with pytest.raises(ArgumentError, match="no address of the first one"):
        world.initialize(num_processes=2, process_id=0)
    clean.setenv("FASTNN_TRANSPORT", "pigeons")
    with pytest.raises(ArgumentError, match="pigeons"):
        world.initialize("h:1", 2, 0)


def test_mpi_without_mpi4py_says_what_to_install(clean):
    clean.setitem(sys.modules, "mpi4py", None)
    clean.setenv("PMI_RANK", "0")
    clean.setenv("PMI_SIZE", "2")
    with pytest.raises(NotSupportedError, match=r"fastnn-engine\[mpi\]"):
        world.initialize()


def test_a_port_where_pytorch_listens_is_not_taken(monkeypatch):
    """Ray's TorchTrainer lets PyTorch's processes meet at MASTER_PORT before it calls the script."""
    met = SimpleNamespace(is_available=lambda: True, is_initialized=lambda: True)
    monkeypatch.setitem(sys.modules, "torch.distributed", met)
    assert world.place_of(TORCH)[:4] == (1, 4, "10.0.0.1", 1000)
    met.is_initialized = lambda: False
    assert world.place_of(TORCH).port == 999


@pytest.mark.parametrize("name", ["FASTNN_JOIN_SECONDS", "FASTNN_SILENCE_SECONDS"])
@pytest.mark.parametrize("value", ["soon", "-1", "0", "inf", "nan"])
def test_seconds_that_are_none_are_a_named_error(clean, name, value):
    clean.setenv(name, value)
    with pytest.raises(ArgumentError, match=f"{name}='{value}' in the environment: expected seconds"):
        world.initialize("127.0.0.1:1", 2, 1)


def test_half_of_what_a_launcher_sets_is_an_error_where_training_begins(clean):
    clean.setenv("WORLD_SIZE", "2")
    with pytest.raises(ArgumentError, match="without RANK"):
        DataParallel()
    clean.setenv("WORLD_SIZE", "1")
    assert DataParallel().shards == 1
