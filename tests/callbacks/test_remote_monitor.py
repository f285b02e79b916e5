"""RemoteMonitor: what it hands to the package requests, which stands here as a few lines."""

import json
import sys
import types

import numpy as np
import pytest

import fastnn
from fastnn import callbacks, layers
from fastnn.core.errors import NotSupportedError


@pytest.fixture
def sent(monkeypatch):
    calls = []

    class RequestException(Exception):
        pass

    def post(url, **content):
        calls.append((url, content))
        if "nowhere" in url:
            raise RequestException

    exceptions = types.SimpleNamespace(RequestException=RequestException)
    monkeypatch.setitem(sys.modules, "requests", types.SimpleNamespace(post=post, exceptions=exceptions))
    return calls


def test_json_and_forms(sent):
    logs = {"loss": 0.5, "a": np.float32(1.0), "b": np.arange(1)}
    callbacks.RemoteMonitor(send_as_json=True, headers={"X": "1"}).on_epoch_end(3, logs)
    callbacks.RemoteMonitor("http://h", "/p/", "field").on_epoch_end(3, logs)
    expected = {"epoch": 3, "loss": 0.5, "a": 1.0, "b": 0}
    assert sent[0] == ("http://localhost:9000/publish/epoch/end/", {"json": expected, "headers": {"X": "1"}})
    url, content = sent[1]
    assert url == "http://h/p/" and content["headers"] is None
    assert json.loads(content["data"]["field"]) == expected


def test_every_epoch_of_a_fit(sent):
    model = fastnn.Sequential([fastnn.Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    x, y = np.ones((4, 2)), np.ones((4, 1))
    monitor = callbacks.RemoteMonitor(send_as_json=True)
    history = model.fit(x, y, epochs=2, validation_data=(x, y), callbacks=[monitor], verbose=0).history
    assert [c["json"] for _, c in sent] == [{"epoch": i, **{k: v[i] for k, v in history.items()}} for i in range(2)]


def test_a_server_that_cannot_be_reached(sent):
    with pytest.warns(UserWarning, match="Could not reach RemoteMonitor root server at http://nowhere"):
        callbacks.RemoteMonitor("http://nowhere").on_epoch_end(0, {})
    assert len(sent) == 1


def test_without_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "requests", None)
    with pytest.raises(NotSupportedError, match="pip install requests"):
        callbacks.RemoteMonitor().on_train_begin()
