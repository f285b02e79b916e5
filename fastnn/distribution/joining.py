"""How processes find one another through the first one: only JSON goes over a connection.

Two connections join each pair: for the data of a run, and for signs of life.
"""

import contextlib
import json
import socket
import struct
import time
from collections.abc import Iterator
from typing import Any

from fastnn.core.errors import ArgumentError, ProcessesDifferError
from fastnn.distribution.pulse import SILENCE, Pulse
from fastnn.distribution.sockets import Sockets

MOST_HELLO = 1 << 16  # bytes of what a process says of itself
KINDS = ("data", "pulse")
_COUNT = struct.Struct("!Q")


def join(
    rank: int, size: int, address: str, port: int, job: str = "", timeout: float = 120.0, silence: float = SILENCE
) -> Sockets:
    """Find the other processes through the first one.

    Args:
        rank, size: of this process.
        address, port: where rank 0 listens.
        job: a word that all processes of a run have and no others.
        timeout: seconds for all of them to come.
        silence: seconds without a sign of life, after which a process is given up.

    Raises:
        ArgumentError: where rank 0 cannot listen there, or nobody does.
        ProcessesDifferError: for a rank that comes twice, or processes of runs of other sizes.
    """
    until = time.monotonic() + timeout
    found: dict[tuple[str, int], socket.socket] = {}
    with contextlib.ExitStack() as stack:  # what is open is closed again if somebody does not come
        if rank == 0:
            door = stack.enter_context(_listen(address, port))
        else:
            first = stack.enter_context(_reach(address, port, until))
            door = stack.enter_context(_listen(first.getsockname()[0], 0))
        own = {"rank": rank, "size": size, "job": job, "door": list(door.getsockname()[:2])}
        if rank:
            found["data", 0] = first
            _say(first, {**own, "kind": "data"})
            doors = _doors(_heard(first, until, "rank 0"), own)
            for kind, other in [("pulse", 0), *((k, r) for r in range(1, rank) for k in KINDS)]:
                host, number = doors[other] if other else (address, port)
                connection = found[kind, other] = stack.enter_context(_reach(host, number, until))
                _say(connection, {**own, "kind": kind})
        said = {0: own}
        for connection, hello in _come(door, range(rank + 1, size), own, until):
            kind, other = hello["kind"], hello["rank"]
            found[kind, other], said[other] = stack.enter_context(connection), hello
            if rank == 0 and len(said) == size and kind == "data":  # all of them wait to hear where the others are
                for r in range(1, size):
                    _say(found["data", r], [said[k]["door"] for k in range(size)])
        stack.pop_all()
    if rank:
        door.close()
    data, pulses = ({r: c for (kind, r), c in found.items() if kind == k} for k in KINDS)
    return Sockets(rank, size, data, Pulse(pulses, silence, None if rank else door, size).start())


def _doors(heard: Any, own: dict[str, Any]) -> list[list[Any]]:
    """What rank 0 says of where the others are."""
    if isinstance(heard, dict):
        raise ProcessesDifferError(
            f"distribution.initialize: rank {own['rank']} of {own['size']} came to a run whose {heard.get('complete')} "
            "processes are all there. Expected each rank once, and a port of its own for each run."
        )
    doors: list[list[Any]] = heard
    return doors


def _listen(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    door = socket.socket(family)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # the name of a machine may stand for another address there, often 127.0.1.1, than for the others
    plain = address == "localhost" or address.replace(".", "").isdigit() or ":" in address
    try:
        try:
            door.bind((address if plain else "", port))
        except OSError as error:
            if error.errno not in _NOT_MINE:
                raise
            door.bind(("", port))  # a name or address of this machine that it does not know itself
        door.listen(1024)
    except OSError as error:
        door.close()
        raise ArgumentError(
            f"distribution.initialize: rank 0 cannot listen at {address}:{port}: {error.strerror}. Expected an address "
            "of this machine and a free port: MASTER_ADDR and MASTER_PORT, or the first of job_addresses."
        ) from None
    return door


_NOT_MINE = (99, 49)  # EADDRNOTAVAIL on Linux and macOS


def _reach(address: str, port: int, until: float) -> socket.socket:
    wait = 0.02
    while True:
        try:
            return socket.create_connection((address, port), timeout=5)
        except OSError as error:
            if time.monotonic() + wait > until:
                raise ArgumentError(
                    f"distribution.initialize: nobody listens at {address}:{port} ({error}). Expected the address of "
                    "the machine of rank 0, and that its process has begun."
                ) from None
        time.sleep(wait)
        wait = min(2 * wait, 0.5)


def _come(
    door: socket.socket, ranks: range, own: dict[str, Any], until: float
) -> Iterator[tuple[socket.socket, dict[str, Any]]]:
    """The connections of these ranks with what they say; a stranger is sent away."""
    missing = {(kind, rank) for kind in KINDS for rank in ranks}
    while missing:
        door.settimeout(max(0.01, until - time.monotonic()))
        try:
            connection, _ = door.accept()
        except TimeoutError:
            late = sorted({r for _, r in missing})
            raise ProcessesDifferError(
                f"distribution.initialize: of {own['size']} processes those of rank {late} have not come. "
                "Expected all of them to be started, with the same address and number of processes."
            ) from None
        try:
            hello = _heard(connection, min(until, time.monotonic() + 5), "a process")
        except (OSError, ValueError):
            connection.close()
            continue
        if not isinstance(hello, dict) or hello.get("job") != own["job"]:
            connection.close()
            continue
        who = hello.get("kind", "data"), hello.get("rank")
        if hello.get("size") != own["size"] or who not in missing:
            connection.close()
            raise ProcessesDifferError(
                f"distribution.initialize: rank {who[1]} of {hello.get('size')} came to a run of {own['size']} "
                f"processes that waits for {sorted({r for _, r in missing})}. Expected each rank once, and one number "
                "of processes."
            )
        missing.discard(who)
        yield connection, hello


def _say(connection: socket.socket, value: Any) -> None:
    data = json.dumps(value).encode()
    connection.sendall(_COUNT.pack(len(data)) + data)


def _heard(connection: socket.socket, until: float, who: str) -> Any:
    (count,) = _COUNT.unpack(_exactly(connection, _COUNT.size, until, who))
    if count > MOST_HELLO:
        raise ValueError("no message of fastnn's")
    return json.loads(_exactly(connection, count, until, who))


def _exactly(connection: socket.socket, count: int, until: float, who: str) -> bytes:
    out = bytearray()
    while len(out) < count:
        connection.settimeout(max(0.01, until - time.monotonic()))
        try:
            data = connection.recv(count - len(out))
        except TimeoutError:
            data = b""
        if not data:
            raise ProcessesDifferError(
                f"distribution.initialize: {who} has ended, or said nothing, before all had come. Expected processes "
                "of one run: the same address, number of processes and version of fastnn."
            )
        out += data
    return bytes(out)
