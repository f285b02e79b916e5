"""The launchers of other systems: mpiexec and a local Dask cluster leave the bits of one process (tox -e mpi)."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import mpi4py
import pytest
from dask.distributed import Client, LocalCluster

CHILD = Path(__file__).parents[1] / "system" / "processes_child.py"
NAMES = ["dense, a ragged last batch of fewer rows than shards", "convolution, batch normalization, dropout",
         "synchronized batch normalization", "callbacks that change the model"]  # fmt: skip


def clean(**more):
    names = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
    return {**{k: v for k, v in os.environ.items() if k not in names}, "OMP_NUM_THREADS": "1", **more}


def printed(command, **env):
    found = subprocess.run(command, env=clean(**env), capture_output=True, text=True, timeout=300)
    assert found.returncode == 0, found.stderr
    return [json.loads(line) for line in found.stdout.splitlines() if line.startswith("{")]


@pytest.fixture(scope="module")
def alone():
    return printed([sys.executable, str(CHILD), "4", *NAMES])[0]


@pytest.mark.parametrize("n", [2, 4])
def test_mpiexec(alone, n):
    assert mpi4py.__version__
    mpiexec = shutil.which("mpiexec", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    found = printed([mpiexec, "-n", str(n), sys.executable, str(CHILD), "4", *NAMES], FASTNN_TRANSPORT="mpi")
    assert found == [alone] * n


def test_dask(alone):
    folder, names = str(CHILD.parent), NAMES

    def work(rank, size, address):  # inside of the test: sent as it is, workers need not be able to import this file
        os.environ["OMP_NUM_THREADS"] = "1"
        sys.path.insert(0, folder)
        import processes_child

        from fastnn import distribution

        distribution.initialize(address, size, rank)
        return json.loads(json.dumps(processes_child.found_by(4, names)))

    options = dict(n_workers=2, threads_per_worker=1, dashboard_address=":0")
    with LocalCluster(**options) as cluster, Client(cluster) as client:
        tasks = [client.submit(work, rank, 2, "127.0.0.1:29532", pure=False) for rank in range(2)]
        assert [task.result(timeout=120) for task in tasks] == [alone] * 2


def test_a_search_by_dasks_workers(tmp_path):
    child = Path(__file__).with_name("search_child.py")
    command = [sys.executable, "-m", "fastnn", "run", str(child), "dask"]
    done = subprocess.run(command, env=clean(), capture_output=True, text=True, cwd=tmp_path, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
