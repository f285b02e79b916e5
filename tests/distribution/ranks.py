"""Several ranks in one process, in threads."""

import socket
import threading

import fastnn as keras
from fastnn.distribution import DataParallel, world
from fastnn.distribution.joining import join


def free_port():
    """A port that nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def in_ranks(size, work, make=lambda sockets: sockets):
    """[what work(transport) returns in each rank]; an error of any is raised, the first one that came."""
    port, out, errors = free_port(), [None] * size, []

    def one(rank):
        transport = None
        try:
            transport = make(join(rank, size, "127.0.0.1", port, timeout=20))
            out[rank] = work(transport)
        except BaseException as error:
            errors.append(error)
        finally:
            if transport is not None:
                transport.close()

    threads = [threading.Thread(target=one, args=(rank,)) for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return out


def training(monkeypatch, size, build, work):
    """[what work(model, rank) returns in each rank], in threads that train models of the same first weights.

    build: makes a model, compiled; one after the other, for seeds and names are the process's.
    """
    here, turn = threading.local(), threading.Lock()
    monkeypatch.setattr(world, "transport", lambda: getattr(here, "transport", world.ALONE))

    def one(transport):
        here.transport = transport
        with turn:
            keras.utils.clear_session()
            keras.utils.set_random_seed(1)
            model = build()
        with DataParallel().scope():
            return work(model, transport.rank)

    return in_ranks(size, one)
