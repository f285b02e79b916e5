"""RemoteMonitor: the logs of every epoch, sent to a server."""

import importlib
import json
import warnings
from typing import Any

import numpy as np

from fastnn.callbacks.callback import Callback
from fastnn.core.extras import missing


class RemoteMonitor(Callback):
    """Sends the logs of every epoch to a server by HTTP POST, with the package requests. A server that cannot be
    reached warns.

    Args:
        root: the address of the server.
        path: where on it the events go.
        field: the name of the form's field that holds the logs as JSON.
        headers: a dict of HTTP headers, or None.
        send_as_json: whether to send JSON itself instead of a form.

    Raises NotSupportedError at the start of training where requests is not installed.

    >>> RemoteMonitor(send_as_json=True).path
    '/publish/epoch/end/'
    """

    def __init__(
        self,
        root: str = "http://localhost:9000",
        path: str = "/publish/epoch/end/",
        field: str = "data",
        headers: dict[str, str] | None = None,
        send_as_json: bool = False,
    ) -> None:
        super().__init__()
        self.root, self.path, self.field = root, path, field
        self.headers, self.send_as_json = headers, send_as_json

    def on_train_begin(self, logs: Any = None) -> None:
        """Ask for the package before the first epoch has run.

        Args:
            logs: not used.
        """
        _requests()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Send {"epoch": epoch, **logs}.

        Args:
            epoch: its number, from 0.
            logs: {name: float}.
        """
        requests = _requests()
        send = {"epoch": epoch, **{k: _plain(v) for k, v in (logs or {}).items()}}
        content = {"json": send} if self.send_as_json else {"data": {self.field: json.dumps(send)}}
        try:
            requests.post(self.root + self.path, headers=self.headers, **content)
        except requests.exceptions.RequestException:
            warnings.warn(f"Could not reach RemoteMonitor root server at {self.root}", stacklevel=2)


def _requests():
    try:
        return importlib.import_module("requests")
    except ImportError:
        raise missing("RemoteMonitor", "requests", "Or use CSVLogger.") from None


def _plain(value):
    """A number as JSON takes it."""
    return value.item() if isinstance(value, (np.ndarray, np.generic)) else value
