"""The server through real sockets: who may ask, what nonsense gets, and that pages do not disturb each other."""

import http.client
import json
import re
import socket
import struct
import threading
import time

import numpy as np
import pytest

from fastnn.playground.api import PAGES, REQUESTS, Api
from fastnn.playground.picture import SMALL
from fastnn.playground.server import DRAINED, Server
from fastnn.playground.session import Session
from fastnn.playground.settings import Block, Settings


@pytest.fixture(scope="module")
def server():
    with Server() as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def ask(server, method, path, body=None, **headers):
    """(status, headers, bytes)."""
    connection = http.client.HTTPConnection(*server.server_address, timeout=30)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): v for name, v in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def post(server, name, plain=None, **headers):
    """(status, what is answered)."""
    body = plain if isinstance(plain, (bytes, str)) else json.dumps(plain or {})
    status, told, raw = ask(server, "POST", f"/api/{name}", body, **{"Content_Type": "application/json", **headers})
    return status, json.loads(raw) if told["Content-Type"] == "application/json" else raw


def header(frame):
    (length,) = struct.unpack("<I", frame[:4])
    return json.loads(frame[4 : 4 + length])


# ---------------------------------------------------------------- the files of the page
def test_the_page_needs_nothing_from_elsewhere(server):
    status, headers, _ = ask(server, "GET", "/")
    assert status == 200 and headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in headers["Content-Security-Policy"] and headers["X-Content-Type-Options"] == "nosniff"
    todo, seen = ["/"], {}
    while todo:
        path = todo.pop()
        status, _, raw = ask(server, "GET", path)
        assert status == 200, path
        seen[path] = raw.decode()
        found = re.findall(r'(?:src|href)="([^"#][^"]*)"|from "([^"]+)"', seen[path])
        todo += [p for p in {"/" + (a or b).removeprefix("./") for a, b in found} if p not in seen and p not in todo]
    assert set(seen) == set(server.page) - {"/index.html"}
    for path, text in seen.items():
        outside = set(re.findall(r"https?://[\w./]+", text)) - {"http://www.w3.org/2000/svg"}
        assert not outside and len(text.splitlines()) <= 400, path


def test_every_control_of_the_script_is_on_the_page(server):
    page = server.page["/index.html"].decode()
    known = set(re.findall(r' id="([^"]+)"', page))
    code = "".join(raw.decode() for path, raw in server.page.items() if path.endswith(".js"))
    assert set(re.findall(r'(?:\bget|\bon|options)\("([\w-]+)"', code)) - {"Content-Type"} <= known
    for tag, attributes in re.findall(r"<(input|select|textarea|canvas)\b([^>]*)>", page):  # what a screen reader says
        at = page.index(f"<{tag}{attributes}")
        labelled = page.rfind("<label", 0, at) > page.rfind("</label>", 0, at)
        assert labelled or "aria-label=" in attributes, attributes


def test_requests_of_the_script_are_known(server):
    code = server.page["/app.js"].decode() + server.page["/network.js"].decode()
    assert set(re.findall(r'(?:ask|request)\("(\w+)"', code)) | {"end"} == set(REQUESTS)


# ---------------------------------------------------------------- who may ask
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
@pytest.mark.parametrize("host", ["example.com", "example.com:{port}", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.x:{port}",
                                  "[::1]:{port}", "0.0.0.0:{port}", ""])  # fmt: skip
def test_other_hosts_are_refused(server, method, host):
    name = host.format(port=server.server_address[1])
    status, headers, raw = ask(server, method, "/api/tables" if method == "POST" else "/", "{}" if method == "POST" else
                               None, Host=name, Content_Type="application/json")  # fmt: skip
    assert status == 403 and headers["Connection"] == "close"
    assert method == "HEAD" or "Host: received" in json.loads(raw)["error"]


@pytest.mark.parametrize("origin", ["http://example.com", "https://127.0.0.1:{port}", "null", "http://127.0.0.1:1", "",
                                    "http://localhost"])  # fmt: skip
def test_other_origins_are_refused(server, origin):
    before = server.api.pages
    status, told = post(server, "start", Origin=origin.format(port=server.server_address[1]))
    assert status == 403 and "Origin: received" in told["error"] and server.api.pages == before


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST"])
def test_the_page_itself_may_ask(server, name):
    host = f"{name}:{server.server_address[1]}"
    status, _ = post(server, "tables", Host=host, Origin=f"http://{host}", Sec_Fetch_Site="same-origin")
    assert status == 200


def test_it_listens_on_this_machine_only(server):
    assert server.server_address[0] == "127.0.0.1" and server.address == f"http://127.0.0.1:{server.server_address[1]}/"


def test_forms_and_other_sites_scripts_are_refused(server):
    assert post(server, "start", Content_Type="text/plain")[0] == 415
    assert post(server, "start", Content_Type="application/x-www-form-urlencoded")[0] == 415
    assert post(server, "start", Sec_Fetch_Site="cross-site")[0] == 403
    assert ask(server, "GET", "/api/start")[0] == 404


@pytest.mark.parametrize("path", ["/../server.py", "/etc/passwd", "/page/app.js", "/app.js/", "/%2e%2e/x",
                                  "/api/_page", "/api/", "/api/../app.js", "/" + "a" * 9000])  # fmt: skip
def test_there_is_nothing_else(server, path):
    assert ask(server, "GET", path)[0] == 404
    assert ask(server, "POST", path, "{}", Content_Type="application/json")[0] == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE"])
def test_other_methods(server, method):
    status, headers, _ = ask(server, method, "/")
    assert status == 501 and "Access-Control-Allow-Origin" not in headers


# ---------------------------------------------------------------- nonsense
HUGE = {"settings": {"layers": [{"units": 10**6}] * 6}}
NONSENSE = {
    "no JSON": ("start", b"\xff\xfe", 400, "not JSON"), "cut": ("start", '{"settings": ', 400, "not JSON"),
    "empty": ("start", " ", 400, "not JSON"), "deep": ("start", "[" * 200_000, 400, "not JSON"),
    "a list": ("start", "[]", 400, "expected a JSON object"), "digits": ("start", "1" * 5000, 400, "expected|JSON"),
    "huge": ("start", HUGE, 400, "units: received 1000000, expected an int from 1 to 8"),
    "deep network": ("start", {"settings": {"layers": [{"units": 1}] * 100_000}}, 400, "received 100000 of them"),
    "settings": ("start", {"settings": [1]}, 400, "settings: received"),
    "link": ("start", {"link": "x" * 100}, 400, "no state of a page"), "id": ("frame", {"id": 5}, 404, "no page's"),
    "other page": ("frame", {"id": "nobody"}, 404, "load the page again"), "no id": ("state", {}, 404, "id: received"),
    "csv": ("csv", {"text": 3}, 400, "expected text"), "csv task": ("csv", {"text": "", "task": "x"}, 400, "task"),
    "csv without numbers": ("csv", {"text": "a,b,c\n" * 20}, 400, "expected a finite number"),
    "csv of a million rows": ("csv", {"text": "1,2,a\n" * 500_000}, 400, "received 500,000 rows"),
}  # fmt: skip


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_is_told_and_changes_nothing(server, name, capsys):
    request, body, status, words = NONSENSE[name]
    before = server.api.pages
    got, told = post(server, request, body)
    assert got == status and re.search(words, told["error"]) and len(told["error"]) < 1000
    assert server.api.pages == before and capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "body", [{"steps": -1}, {"steps": 10**9}, {"steps": "10"}, {"steps": 1.5}, {"steps": float("nan")}, {"steps": None}]
)
def test_steps_that_are_none_leave_the_page_as_it_was(server, body):
    _, page = post(server, "start")
    status, told = post(server, "frame", {"id": page["id"], **body})
    assert status == 400 and "steps: received" in told["error"]
    assert header(post(server, "frame", {"id": page["id"], "steps": 3})[1])["step"] == 3


def test_a_refused_start_keeps_the_pages_session(server):
    _, page = post(server, "start", {"settings": {"data": "spiral"}})
    post(server, "frame", {"id": page["id"], "steps": 20})
    assert post(server, "start", {**HUGE, "id": page["id"]})[0] == 400
    assert header(post(server, "frame", {"id": page["id"]})[1])["step"] == 20


@pytest.mark.parametrize(
    "edit", [None, [], ["rate"], ["rate", 100], ["weight", 1.0, 9, 9, 9], "rate", ["weight", 1e99, 0, 0, 0]]
)
def test_edits_that_are_none(server, edit):
    _, page = post(server, "start")
    status, told = post(server, "edit", {"id": page["id"], "edit": edit})
    assert status == 400 and told["error"]


def raw(server, data, wait=True):
    """What the server answers to bytes."""
    with socket.create_connection(server.server_address, timeout=10) as connection:
        connection.sendall(data)
        if not wait:
            return b""
        out = b""
        while part := connection.recv(65536):
            out += part
            if b"\r\n\r\n" in out:
                break
        return out


def head(server, *lines):
    port = server.server_address[1]
    return "\r\n".join(["POST /api/start HTTP/1.1", f"Host: 127.0.0.1:{port}", "Content-Type: application/json", *lines,
                        "", ""]).encode()  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ((), 411),
        (("Content-Length: -1",), 411),
        (("Content-Length: ten",), 411),
        (("Content-Length: 1_0",), 411),
        ((f"Content-Length: {DRAINED + 1}",), 413),
        (("Content-Length: " + "9" * 30,), 413),
        (("Transfer-Encoding: chunked", "Content-Length: 2"), 411),
        (("Host: example.com", "Content-Length: 2"), 403),
    ],
)
def test_lengths_are_believed_only_so_far(server, lines, status):
    assert raw(server, head(server, *lines)).startswith(f"HTTP/1.1 {status} ".encode())


def test_a_body_that_is_too_large_is_told_all_the_same(server):
    status, told = post(server, "csv", json.dumps({"text": "1,2,a\n" * 900_000}))
    assert status == 413 and "expected at most 4,194,304" in told["error"]


def test_what_is_no_http(server):
    assert b"Error code: 400" in raw(server, b"\x16\x03\x01\x02\r\n\r\n")
    raw(server, head(server, "Content-Length: 100") + b"{", wait=False)  # goes away in the middle
    assert post(server, "tables")[0] == 200


# ---------------------------------------------------------------- pages
def test_two_pages_do_not_disturb_each_other(server):
    """Trained at once, each comes to the bits of a session that is alone."""
    wanted = [Settings(data="spiral", seed=k, layers=(Block(5, True, 0.3),), optimizer="Adam") for k in (1, 2)]
    last = [None, None]

    def train(k):
        _, page = post(server, "start", {"settings": wanted[k].to_plain()})
        for _ in range(15):
            last[k] = post(server, "frame", {"id": page["id"], "steps": 40})[1]

    threads = [threading.Thread(target=train, args=(k,)) for k in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for page, frame in zip(wanted, last):
        alone = Session(page)
        alone.advance(600)
        assert header(frame)["test"] == alone.measure()["test"] and alone.weights().tobytes() in frame


def test_a_page_that_goes_away_trains_no_more(server):
    _, page = post(server, "start")
    post(server, "frame", {"id": page["id"], "steps": 10})
    session = server.api._page({"id": page["id"]}).session
    assert post(server, "end", {"id": page["id"]}) == (200, {})
    assert post(server, "frame", {"id": page["id"], "steps": 10})[0] == 404 and session.step == 10
    assert post(server, "end", {"id": page["id"]}) == (200, {})


def test_pages_that_were_quiet_for_longest_are_forgotten():
    api = Api()
    first, second = (api.start({})["id"] for _ in range(2))
    for _ in range(PAGES - 2):
        api.start({})
    api.frame({"id": first})
    api.start({})
    assert api.pages == PAGES and api.frame({"id": first})
    with pytest.raises(ValueError, match="load the page again"):
        api.frame({"id": second})


def test_a_new_start_takes_the_place_of_the_old_one(server):
    before = server.api.pages
    _, page = post(server, "start")
    _, other = post(server, "start", {"id": page["id"]})
    assert server.api.pages == before + 1 and other["id"] != page["id"]
    post(server, "end", {"id": other["id"]})


def test_a_page_from_its_link(server):
    _, page = post(server, "start", {"settings": {"data": "spiral", "seed": 7}})
    post(server, "frame", {"id": page["id"], "steps": 25})
    post(server, "edit", {"id": page["id"], "edit": ["weight", 0.5, 0, 1, 0]})
    frame = post(server, "frame", {"id": page["id"], "steps": 25})[1]
    _, state = post(server, "state", {"id": page["id"]})
    _, again = post(server, "start", {"link": state["link"]})
    assert again["until"] == 50 and again["step"] == 0 and again["settings"] == page["settings"]
    assert post(server, "frame", {"id": again["id"], "steps": 50})[1] == frame
    assert post(server, "state", {"id": again["id"]})[1] == state and "weights[0][1, 0] = 0.5" in state["script"]


def test_a_csv_becomes_a_page(server):
    text = "".join(f"{k},{k % 5},{k % 2},{'ab'[k % 2]}\n" for k in range(40))
    status, told = post(server, "csv", {"text": text})
    assert status == 200
    settings = {"data": "own", "own": told["own"], "features": ["x1", "column_3"]}
    status, page = post(server, "start", {"settings": settings})
    assert page["columns"] == ["x1", "x2", "x3"] and page["class_names"] == ["a", "b"] and len(page["points"]) == 40
    assert header(post(server, "frame", {"id": page["id"], "steps": 2000, "shown": [2, 0]})[1])["test"]["accuracy"] == 1
    assert len(post(server, "features", {"id": page["id"]})[1]) == 8 * SMALL**2


def test_what_the_page_is_told_of_itself(server):
    _, page = post(server, "start", {"settings": {"layers": [{"units": 3}], "features": ["x1"]}})
    assert page["shapes"] == [[1, 3], [3, 1]] and page["parameters"] == 10 and page["output"] == [1, "tanh", "mse"]
    assert page["cut"] == 250 and set(page["targets"]) == {0, 1} and np.abs(page["points"]).max() <= 6


def test_an_error_of_its_own_is_told_on_the_terminal(server, monkeypatch, capsys):
    def broken(api, plain):
        raise ZeroDivisionError("by nought")

    monkeypatch.setitem(REQUESTS, "tables", broken)
    status, told = post(server, "tables")
    assert status == 500 and "by nought" in told["error"] and "ZeroDivisionError" in capsys.readouterr().err


def test_ends_at_once():
    with Server() as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        post(made, "tables")
        begun = time.monotonic()
        made.shutdown()
        thread.join(10)
        assert not thread.is_alive() and time.monotonic() - begun < 5
