"""`fastnn playground`: says where the page is, opens it, ends with Ctrl-C."""

import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from fastnn.cli import main
from fastnn.cli import playground as command
from fastnn.cli.main import parser


def test_it_serves_until_ctrl_c(tmp_path):
    child = subprocess.Popen([sys.executable, "-m", "fastnn", "playground", "--no-browser"], cwd=tmp_path,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip
    try:
        said = child.stdout.readline()
        assert said.startswith("The playground is at http://127.0.0.1:") and "this machine only" in said
        address = said.split()[4]
        with urllib.request.urlopen(address, timeout=20) as answer:
            assert b"<title>fastnn playground</title>" in answer.read()
        child.send_signal(signal.SIGINT)
        out, errors = child.communicate(timeout=20)
        assert (child.returncode, out, errors) == (0, "\n", "")
    finally:
        child.kill()
        child.communicate()


@pytest.mark.parametrize("found", [True, False])
def test_it_opens_the_page(monkeypatch, capsys, found):
    opened = []
    monkeypatch.setattr(command.webbrowser, "open", lambda address: opened.append(address) or found)
    monkeypatch.setattr(command.Server, "serve_forever", lambda server: None)
    assert main(["playground"]) == 0
    out = capsys.readouterr().out
    assert opened[0] in out and ("open the address" in out) != found


def test_a_port_that_is_taken(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["playground", "--port", str(port), "--no-browser"]) == 1
    assert f"port {port} cannot be had" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["-1", "65536"])
def test_a_port_that_is_none(capsys, port):
    assert main(["playground", f"--port={port}", "--no-browser"]) == 1
    assert f"received --port {port}; expected 0 (a free one) to 65535" in capsys.readouterr().err


def test_arguments():
    a = parser().parse_args(["playground"])
    assert (a.port, a.no_browser) == (0, False)
    with pytest.raises(SystemExit):
        parser().parse_args(["playground", "--port", "http"])
