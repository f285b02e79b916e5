"""Which process this is, from arguments and from what launchers leave in the environment."""

import pytest

from fastnn.core.errors import ArgumentError, NotSupportedError
from fastnn.distribution import world

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
    ({}, (None, 1, None), (0, 1, None)),
])  # fmt: skip
def test_places(env, given, place):
    assert world.place_of(env, *given)[: len(place)] == place


@pytest.mark.parametrize(("env", "given", "text"), [
    ({}, (None, 2, None), "process_id=None"), ({}, (None, 2, 2), "from 0 to 1"), ({}, (None, 2, -1), "process_id=-1"),
    ({"RANK": "x", "WORLD_SIZE": "2"}, (), "RANK='x'"), ({}, ("a:b", 2, 0), "host:port"),
])  # fmt: skip
def test_what_does_not_fit(env, given, text):
    with pytest.raises(ArgumentError, match=text):
        world.place_of(env, *given)


@pytest.mark.parametrize(("nodes", "first"), [("a", "a"), ("a,b", "a"), ("n[1-3]", "n1"), ("n[03,05-09]x", "n03x"),
                                              ("n[2],m[4]", "n2")])  # fmt: skip
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
    clean.setitem(__import__("sys").modules, "mpi4py", None)
    clean.setenv("PMI_RANK", "0")
    clean.setenv("PMI_SIZE", "2")
    with pytest.raises(NotSupportedError, match=r"fastnn-engine\[mpi\]"):
        world.initialize()
