"""How processes find one another, and what becomes of those that belong to no run or to another one."""

import json
import socket
import struct
import threading

import pytest
from distribution.ranks import free_port, in_ranks

from fastnn.core.errors import ArgumentError, ProcessesDifferError
from fastnn.distribution.joining import join
from fastnn.distribution.transport import gather_objects


def said(port, data):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as stranger:
        stranger.sendall(data)


def hello(**what):
    data = json.dumps(what).encode()
    return struct.pack("!Q", len(data)) + data


def test_strangers_are_sent_away():
    port, ready = free_port(), threading.Event()

    def one(rank):
        if rank:
            ready.wait()
        transport = join(rank, 2, "127.0.0.1", port, "a word", timeout=20)
        try:
            return gather_objects(transport, rank)
        finally:
            transport.close()

    out = []
    first = threading.Thread(target=lambda: out.append(one(0)))
    first.start()
    while True:
        try:
            said(port, b"GET / HTTP/1.0\r\n\r\n")
            break
        except ConnectionRefusedError:
            continue
    said(port, hello(rank=1, size=2, job="another word"))
    said(port, b"\xff" * 200)
    ready.set()
    assert one(1) == [0, 1]
    first.join()
    assert out == [[0, 1]]


@pytest.mark.parametrize(
    ("words", "text"),
    [({"rank": 1, "size": 3, "job": ""}, "rank 1 of 3 came"), ({"rank": 5, "size": 2, "job": ""}, "rank 5 of 2 came")],
)
def test_processes_of_another_size_are_an_error(words, text):
    port, errors = free_port(), []

    def first():
        try:
            join(0, 2, "127.0.0.1", port, timeout=20)
        except ProcessesDifferError as error:
            errors.append(str(error))

    thread = threading.Thread(target=first)
    thread.start()
    with socket.socket() as other:
        while other.connect_ex(("127.0.0.1", port)):
            pass
        other.sendall(hello(**words))
        thread.join()
    assert len(errors) == 1 and text in errors[0]


def test_who_does_not_come_is_named():
    with pytest.raises(ProcessesDifferError, match=r"those of rank \[1, 2\] have not come"):
        join(0, 3, "127.0.0.1", free_port(), timeout=0.05)
    with pytest.raises(ArgumentError, match="nobody listens"):
        join(1, 3, "127.0.0.1", free_port(), timeout=0.05)


def test_a_port_that_is_taken_is_an_error():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ArgumentError, match="cannot listen at"):
            join(0, 2, "127.0.0.1", taken.getsockname()[1], timeout=0.05)


def test_many_find_one_another():
    assert in_ranks(5, lambda t: gather_objects(t, t.rank)) == [list(range(5))] * 5
