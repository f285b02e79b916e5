"""The page's server: a few files and the requests of api.py over HTTP, for this machine only."""

from __future__ import annotations

import json
import sys
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any

from fastnn.core.errors import FastnnError, UnknownNameError
from fastnn.playground.api import REQUESTS, Api

ADDRESS = "127.0.0.1"
MOST_BYTES = 4 << 20  # of a request's body
DRAINED = 64 << 20  # of a body that is refused: a browser hears why only when all of it is sent
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
                               "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}  # fmt: skip


class Refused(Exception):
    """A request that is not carried out: an HTTP status and what to say."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Server(ThreadingHTTPServer):
    """The server of the page, bound to 127.0.0.1.

    Args:
        port: an int; 0 takes a free one.

    Each connection has a thread; training runs in it, without Python's lock.

    >>> with Server(0) as server:
    ...     server.address.startswith("http://127.0.0.1:")
    True
    """

    daemon_threads, request_queue_size = True, 32

    def __init__(self, port: int = 0) -> None:
        self.api = Api()
        folder = files("fastnn.playground").joinpath("page")
        self.page = {f"/{f.name}": f.read_bytes() for f in folder.iterdir() if f.name[f.name.rfind(".") :] in TYPES}
        self.page["/"] = self.page["/index.html"]
        super().__init__((ADDRESS, port), Handler)
        named = self.server_address[1]
        self.hosts = {f"{host}:{named}" for host in (ADDRESS, "localhost")}
        if named == 80:
            self.hosts |= {ADDRESS, "localhost"}

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://{ADDRESS}:{self.server_address[1]}/"

    def server_bind(self) -> None:
        """Bind without asking a name server for this machine's name."""
        super(ThreadingHTTPServer, self).server_bind()
        self.server_name, self.server_port = ADDRESS, self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A page that goes away in the middle of an answer is none; anything else is told.

        Args:
            request: the socket.
            client_address: (host, port).
        """
        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            sys.stderr.write(f"fastnn playground: {traceback.format_exc()}")


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version, timeout, server_version, sys_version = "HTTP/1.1", 60, "fastnn", ""
    disable_nagle_algorithm, wbufsize = True, -1

    def log_message(self, format: str, *args: Any) -> None:
        """The terminal is the user's: nothing is said of each request."""

    def do_GET(self) -> None:
        """A file of the page."""
        self._guarded(self._get)

    def do_POST(self) -> None:
        """A request of api.py."""
        self._guarded(self._post)

    do_HEAD = do_GET

    def _guarded(self, answer: Any) -> None:
        try:
            self._check_headers()
            status, kind, body = 200, *answer()
        except Refused as error:
            status, kind, body = error.status, "application/json", _error(error)
            self.close_connection = True  # the body was not read
        except UnknownNameError as error:
            status, kind, body = 404, "application/json", _error(error)
        except FastnnError as error:
            status, kind, body = 400, "application/json", _error(error)
        except ConnectionError:
            raise
        except Exception as error:
            sys.stderr.write(f"fastnn playground: {traceback.format_exc()}")
            status, kind, body = 500, "application/json", _error(error)
        self.send_response(status)
        self.send_header("Content-Type", kind if kind.startswith("application/") else f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _check_headers(self) -> None:
        """Refuse what another site's page, or a name that was pointed to this machine, may have sent."""
        hosts = self.headers.get_all("Host", [])
        if len(hosts) != 1 or hosts[0].lower() not in self.server.hosts:
            raise Refused(403, f"Host: received {hosts!r:.200}, expected {' or '.join(sorted(self.server.hosts))}.")
        for origin in self.headers.get_all("Origin", []):
            if origin.lower().removeprefix("http://") not in self.server.hosts:
                raise Refused(403, f"Origin: received {origin!r:.200}, expected the page's own.")

    def _get(self) -> tuple[str, bytes]:
        path = self.path.partition("?")[0]
        if path not in self.server.page:
            raise Refused(404, f"There is no {path!r:.200} here; the page is {self.server.address}")
        return TYPES.get(path[path.rfind(".") :], "text/html"), self.server.page[path]

    def _post(self) -> tuple[str, bytes]:
        name = self.path.removeprefix("/api/")
        if not self.path.startswith("/api/") or name not in REQUESTS:
            raise Refused(404, f"There is no request {self.path!r:.200}; expected one of {', '.join(REQUESTS)}.")
        if self.headers.get_content_type() != "application/json":
            raise Refused(415, "Content-Type: expected application/json.")
        if self.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            raise Refused(403, "Sec-Fetch-Site: expected a request of the page itself.")
        plain = self._body()
        answer = REQUESTS[name](self.server.api, plain)
        if isinstance(answer, bytes):
            return "application/octet-stream", answer
        return "application/json", json.dumps(answer, allow_nan=False).encode()

    def _body(self) -> dict[str, Any]:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal()) or "Transfer-Encoding" in self.headers:
            raise Refused(411, "Content-Length: expected the number of bytes.")
        if len(length) > 12 or int(length) > MOST_BYTES:
            left = int(length) if len(length) <= 12 else 0
            while 0 < left <= DRAINED and (part := self.rfile.read(min(left, 1 << 16))):
                left -= len(part)
            raise Refused(413, f"A request of {length:.20} bytes is too large; expected at most {MOST_BYTES:,}.")
        raw = self.rfile.read(int(length))
        try:
            plain = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise Refused(400, f"The request is not JSON: {error}.") from error
        if not isinstance(plain, dict):
            raise Refused(400, f"received {plain!r:.100}, expected a JSON object.")
        return plain


def _error(error: Exception) -> bytes:
    return json.dumps({"error": str(error)}).encode()
