"""Connections of processes: who is slow is no dead process, however much is on its way to it."""

import socket

from distribution.ranks import in_ranks


def test_no_time_limit_of_tcp_ends_a_connection_with_one_that_is_slow():
    """Such a limit counts the seconds in which the other side reads nothing, too: it may be in a long callback."""

    def work(transport):
        option = getattr(socket, "TCP_USER_TIMEOUT", None)
        ends = [peer.socket for peer in transport._peers.values()]
        assert all(end.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) for end in ends)
        return [] if option is None else [end.getsockopt(socket.IPPROTO_TCP, option) for end in ends]

    assert not any(map(sum, in_ranks(3, work)))
