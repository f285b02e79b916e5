"""torchrun, Open MPI, and Ray with and without its TorchTrainer leave the bits of one process (tox -e launchers)."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import ray
from ray.train import ScalingConfig
from ray.train.torch import TorchTrainer

import fastnn

CHILD = Path(__file__).parents[1] / "system" / "processes_child.py"
NAMES = ["dense, a ragged last batch of fewer rows than shards", "convolution, batch normalization, dropout"]
PATH = os.pathsep.join([str(Path(fastnn.__path__[0]).parent), str(CHILD.parent), os.environ.get("PYTHONPATH", "")])


def printed(*command, **env):
    """What the processes of a command print, JSON."""
    around = {k: v for k, v in os.environ.items() if k not in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")}
    found = subprocess.run(
        command, env={**around, "PYTHONPATH": PATH, "OMP_NUM_THREADS": "1", **env}, capture_output=True, text=True,
        timeout=300,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    return [json.loads(line) for line in found.stdout.splitlines() if line.startswith("{")]


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture(scope="module")
def alone():
    return printed(sys.executable, str(CHILD), "4", *NAMES)[0]


@pytest.mark.parametrize("way", [["--standalone"], ["--master-addr", "127.0.0.1", "--master-port", str(free_port())]],
                         ids=["standalone", "address"])  # fmt: skip
def test_torchrun(alone, way):
    run = [sys.executable, "-m", "torch.distributed.run", *way, "--nproc-per-node", "2"]
    assert printed(*run, str(CHILD), "4", *NAMES) == [alone] * 2


def test_a_search_by_rays_workers(tmp_path):
    child = Path(__file__).with_name("search_child.py")
    command = [sys.executable, "-m", "fastnn", "run", str(child), "ray"]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": PATH}, capture_output=True, text=True,
                          cwd=tmp_path, timeout=300)  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]


def test_open_mpi(alone):
    mpiexec = shutil.which("mpiexec", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    more = ["--allow-run-as-root"] if os.geteuid() == 0 else []
    command = [mpiexec, *more, "--oversubscribe", "-n", "2", sys.executable, str(CHILD), "4", *NAMES]
    assert printed(*command) == [alone] * 2


@pytest.fixture(scope="module")
def cluster():
    ray.init(num_cpus=3, include_dashboard=False,
             runtime_env={"env_vars": {"PYTHONPATH": PATH, "OMP_NUM_THREADS": "1"}})  # fmt: skip
    yield
    ray.shutdown()


def test_tasks_of_ray(alone, cluster):
    def work(rank, size, address):
        import processes_child

        from fastnn import distribution

        distribution.initialize(address, size, rank)
        return json.loads(json.dumps(processes_child.found_by(4, NAMES)))

    address = f"{ray.util.get_node_ip_address()}:{free_port()}"
    remote = ray.remote(num_cpus=1)(work)
    assert ray.get([remote.remote(rank, 2, address) for rank in range(2)]) == [alone] * 2


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Ray sets what it has deprecated
def test_torch_trainer_of_ray(alone, cluster, tmp_path):
    def loop(config):
        import processes_child

        found, rank = processes_child.found_by(4, config["names"]), os.environ["RANK"]
        Path(config["folder"], rank).write_text(json.dumps(found), encoding="utf-8")

    given = {"names": NAMES, "folder": str(tmp_path)}
    TorchTrainer(loop, train_loop_config=given, scaling_config=ScalingConfig(num_workers=2)).fit()
    assert [json.loads((tmp_path / str(rank)).read_text(encoding="utf-8")) for rank in range(2)] == [alone] * 2
