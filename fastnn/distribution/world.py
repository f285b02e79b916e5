"""The processes of this run: which there are, from arguments or from what a launcher has put into the environment."""

import os
import re
import sys
from collections.abc import Mapping
from typing import NamedTuple

from fastnn.core.errors import ArgumentError, CallOrderError, NotSupportedError
from fastnn.distribution.joining import join
from fastnn.distribution.mpi import Mpi
from fastnn.distribution.pulse import SILENCE
from fastnn.distribution.shared import open_shared
from fastnn.distribution.transport import Transport

TRANSPORTS = ("auto", "shared", "sockets", "mpi")
PORT = 29517  # where no port is said
ALONE = Transport()
_joined: list[Transport] = []


class Place(NamedTuple):
    """Which process this is.  address, port: where rank 0 listens; None where only MPI knows the others."""

    rank: int
    size: int
    address: str | None
    port: int
    source: str


def transport() -> Transport:
    """What moves bytes between the processes of this run; one of a process alone before `initialize`."""
    return _joined[0] if _joined else ALONE


def place_of(env: Mapping[str, str], addresses: str | None = None, count: int | None = None,
             number: int | None = None) -> Place:  # fmt: skip
    """Which process this is.

    Args:
        env: environment variables: of Keras, torchrun and Ray, Open MPI, MPICH and SLURM, the first that are there.
        addresses, count, number: job_addresses, num_processes and process_id of `initialize`.

    Raises:
        ArgumentError: where they are not whole, or do not fit each other.

    >>> place_of({"RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "node1", "MASTER_PORT": "1234"})
    Place(rank=1, size=2, address='node1', port=1234, source='RANK')
    >>> place_of({}, "10.0.0.1:1234,10.0.0.2:1234", 2, 0).address
    '10.0.0.1'
    """
    addresses = addresses or env.get("KERAS_DISTRIBUTION_JOB_ADDRESSES") or ""
    size = _int("num_processes", env.get("KERAS_DISTRIBUTION_NUM_PROCESSES") if count is None else count)
    rank = _int("process_id", env.get("KERAS_DISTRIBUTION_PROCESS_ID") if number is None else number)
    given = [a.strip() for a in addresses.split(",") if a.strip()]
    source = "arguments"
    if size is None and len(given) > 1:
        size = len(given)
    if size is None and rank is None:
        source = next((key for key, names in _LAUNCHERS.items() if all(env.get(name) for name in names)), "none")
        if source == "none":
            _expect_whole(env)
            return Place(0, 1, None, 0, source)
        rank, size = (_int(name, env[name]) for name in _LAUNCHERS[source])
    size, rank = 1 if size is None else size, 0 if rank is None and size in (None, 1) else rank
    if rank is None or not 0 <= rank < size:
        raise ArgumentError(
            f"distribution.initialize: received process_id={rank} of num_processes={size}, expected "
            + (f"an int from 0 to {size - 1}, other than that of every other process." if size > 0 else "1 or more.")
        )
    address, port = _address(env, given, source)
    return Place(rank, size, address, port, source)


_LAUNCHERS = {
    "RANK": ("RANK", "WORLD_SIZE"),
    "OMPI": ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
    "PMI": ("PMI_RANK", "PMI_SIZE"),
    "SLURM": ("SLURM_PROCID", "SLURM_NTASKS"),
}


def _expect_whole(env: Mapping[str, str]) -> None:
    """Raise where somebody has set half of what says which process this is: it would train alone."""
    rank, size, address = (env.get(name) for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR"))
    if (not rank and (size or "1").strip() != "1") or (rank and not size and address):
        there, missing = ("WORLD_SIZE", "RANK") if size else ("RANK", "WORLD_SIZE")
        raise ArgumentError(
            f"distribution.initialize: received {there}={env[there]!r} without {missing}. Set RANK, WORLD_SIZE, "
            "MASTER_ADDR and MASTER_PORT in every process, as `fastnn launch` does, or none of them."
        )


def _int(name: str, value: object) -> int | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        return int(value)  # type: ignore[call-overload]
    except (TypeError, ValueError):
        raise ArgumentError(f"distribution.initialize: received {name}={value!r}, expected an int.") from None


def _address(env: Mapping[str, str], given: list[str], source: str) -> tuple[str | None, int]:
    """(address, port) of rank 0."""
    if given:
        address, port = _split(given[0], PORT)
        return address, _checked(port)
    address, port = env.get("MASTER_ADDR"), _int("MASTER_PORT", env.get("MASTER_PORT"))
    if port is not None and (env.get("TORCHELASTIC_USE_AGENT_STORE") == "True" or _torch_has_met()):
        port += 1  # torchrun, or PyTorch in rank 0, listens at the port itself
    if source == "SLURM":
        nodes = next((env[name] for name in _NODES if env.get(name)), "")
        address = address or (first_host(nodes) if nodes else env.get("SLURM_LAUNCH_NODE_IPADDR"))
        job, step = (_int(name, env.get(name)) or 0 for name in ("SLURM_JOB_ID", "SLURM_STEP_ID"))
        port = port or 20000 + (job + 101 * step) % 20000
    return address, _checked(PORT if port is None else port)


def _checked(port: int) -> int:
    if not 0 < port < 1 << 16:
        raise ArgumentError(f"distribution.initialize: received the port {port}, expected one from 1 to 65535.")
    return port


_NODES = ("SLURM_STEP_NODELIST", "SLURM_JOB_NODELIST", "SLURM_NODELIST")  # of the step first: rank 0 is in it


def _torch_has_met() -> bool:
    """Whether PyTorch's processes have met, as Ray's TorchTrainer lets them, before they run anything else."""
    found = sys.modules.get("torch.distributed")
    return found is not None and bool(found.is_available() and found.is_initialized())


def _split(address: str, port: int) -> tuple[str, int]:
    """("10.0.0.1", 1234) of "10.0.0.1:1234"; an IPv6 address with a port stands in brackets."""
    found = re.fullmatch(r"\[(.+)\](?::(\d+))?|([^:]+)(?::(\d+))?|(.+:.+:.*)", address)
    if found is None:
        raise ArgumentError(
            f"distribution.initialize: received the address {address!r}, expected host:port, as '10.0.0.1:1234'."
        )
    host = found[1] or found[3] or found[5]
    return host, int(found[2] or found[4] or port)


def first_host(nodes: str) -> str:
    """The first host of a list as SLURM writes it.

    >>> first_host("node[03-05,9],other"), first_host("a1,a2"), first_host("rack[2-4]node[1,7]")
    ('node03', 'a1', 'rack2node1')
    """
    first = re.match(r"(?:[^\[,]|\[[^\]]*\])*", nodes.strip())
    return re.sub(r"\[([^\],-]*)[^\]]*\]", r"\1", first[0] if first else "")


def initialize(
    job_addresses: str | None = None, num_processes: int | None = None, process_id: int | None = None
) -> None:
    """Join the other processes of this run; every process calls it, before it makes a `DataParallel`.

    Processes of one machine then share memory; others are joined by TCP, or by MPI where MPI has started them and
    mpi4py is there (`pip install "fastnn-engine[mpi]"`).  FASTNN_TRANSPORT=shared, sockets or mpi chooses.

    Args:
        job_addresses: str, host:port of the first process; more, with commas between, are read as how many there are.
        num_processes: int, how many processes there are.
        process_id: int, which one this is, from 0.  What is None is taken from KERAS_DISTRIBUTION_JOB_ADDRESSES,
            ..._NUM_PROCESSES, ..._PROCESS_ID, else from RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT (`fastnn launch`,
            torchrun), or from the variables of Open MPI, MPICH and SLURM.

    Raises:
        ArgumentError: for what does not fit, and where the others cannot be reached within 2 minutes
            (FASTNN_JOIN_SECONDS).  Later a process that shows no sign of life for 25 seconds is given up
            (FASTNN_SILENCE_SECONDS).
        ProcessesDifferError: where processes of other runs come.
        CallOrderError: when it is called again for other processes.

    >>> initialize(num_processes=1, process_id=0)
    """
    env = os.environ
    place = place_of(env, job_addresses, num_processes, process_id)
    if _joined:
        now = transport()
        if (now.rank, now.size) != place[:2] and place.source != "none":
            raise CallOrderError(
                f"distribution.initialize: this process is {now.rank} of {now.size} already; received "
                f"{place.rank} of {place.size}. Call it once."
            )
        return
    if place.size > 1:
        _joined.append(_join(place, env))


def join_if_launched() -> None:
    """Join where the environment says that `fastnn launch` or torchrun has started several processes."""
    if not _joined and any(os.environ.get(name) for name in ("RANK", "WORLD_SIZE")):
        initialize()


def leave() -> None:
    """Close what `initialize` has opened."""
    while _joined:
        _joined.pop().close()


def _seconds(env: Mapping[str, str], name: str, default: float) -> float:
    try:
        found = float(env.get(name) or default)
    except ValueError:
        found = -1.0
    if not 0 < found < float("inf"):
        raise ArgumentError(f"{name}={env[name]!r} in the environment: expected seconds, more than 0.")
    return found


def _job(env: Mapping[str, str], place: Place) -> str:
    """A word that all processes of a run have: several steps of one job of SLURM may run at a time."""
    step = f"slurm {env.get('SLURM_JOB_ID')}.{env.get('SLURM_STEP_ID')}" if place.source == "SLURM" else ""
    return env.get("FASTNN_JOB") or step


def _join(place: Place, env: Mapping[str, str]) -> Transport:
    wanted = env.get("FASTNN_TRANSPORT", "auto").lower()
    if wanted not in TRANSPORTS:
        raise ArgumentError(f"FASTNN_TRANSPORT={wanted!r}: expected one of {', '.join(TRANSPORTS)}.")
    if wanted == "mpi" or (wanted == "auto" and place.address is None):
        if wanted == "mpi" or place.source in ("OMPI", "PMI"):
            return Mpi()
        raise ArgumentError(
            f"distribution.initialize: {place.size} processes, but no address of the first one. Set MASTER_ADDR and "
            "MASTER_PORT, or pass job_addresses='host:port'."
        )
    if place.address is None:
        raise ArgumentError("distribution.initialize: expected MASTER_ADDR and MASTER_PORT, or job_addresses.")
    wait, silence = _seconds(env, "FASTNN_JOIN_SECONDS", 120.0), _seconds(env, "FASTNN_SILENCE_SECONDS", SILENCE)
    joined = join(place.rank, place.size, place.address, place.port, _job(env, place), wait, silence)
    if wanted == "sockets":
        return joined
    found = open_shared(joined)
    if wanted == "shared" and found is joined:
        raise NotSupportedError("FASTNN_TRANSPORT=shared: the processes are on machines that share no memory.")
    return found
