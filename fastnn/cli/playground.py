"""`fastnn playground`: the page's server, until Ctrl-C."""

import webbrowser

from fastnn.cli.terminal import say
from fastnn.config import set_num_threads
from fastnn.core.errors import ArgumentError
from fastnn.playground.server import Server


def run(port=0, browser=True):
    """Serve the page and open it in a browser; returns when the user presses Ctrl-C.

    port: 0 takes a free one.  browser: whether to open the page.
    """
    if not 0 <= port <= 65535:
        raise ArgumentError(f"playground: received --port {port}; expected 0 (a free one) to 65535.")
    set_num_threads(1)  # networks of this size run on one core; pages run beside each other
    try:
        server = Server(port)
    except OSError as error:
        raise ArgumentError(
            f"playground: port {port} cannot be had ({error.strerror}); try another one, or 0."
        ) from error
    with server:
        say(f"The playground is at {server.address} (this machine only); Ctrl-C ends it.")
        if browser and not webbrowser.open(server.address):
            say("No browser was found: open the address in one.")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            say()
    return 0
