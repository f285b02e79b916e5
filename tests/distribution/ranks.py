"""Several ranks in one process, in threads: for what needs no model."""

import socket
import threading

from fastnn.distribution.sockets import join


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
