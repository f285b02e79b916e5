"""What a page may ask for: each request is one function of plain data, each page has a session of its own."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from fastnn.core.arguments import count
from fastnn.core.errors import ArgumentError, UnknownNameError
from fastnn.playground import settings as table
from fastnn.playground.exercises import EXERCISES
from fastnn.playground.link import pack, unpack
from fastnn.playground.own import read_csv
from fastnn.playground.picture import HALF, LARGE, SMALL, Picture, shown_of, view_of
from fastnn.playground.points import FEATURES, SETS
from fastnn.playground.script import script_of
from fastnn.playground.session import MOST_STEPS, Session, session_of
from fastnn.playground.settings import Settings

PAGES = 16  # that keep a session; the one that was quiet for longest goes first
FRAME_STEPS = 20_000


class Page:
    """A page's session and its pictures; one request at a time."""

    def __init__(self, session: Session) -> None:
        self.session, self.picture, self.lock = session, Picture(session), threading.Lock()


class Api:
    """The requests of pages.

    >>> api = Api()
    >>> page = api.start({"settings": {"data": "spiral"}})
    >>> len(api.frame({"id": page["id"], "steps": 10})) > 10_000
    True
    """

    def __init__(self) -> None:
        self._pages: OrderedDict[str, Page] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def pages(self) -> int:
        """How many pages have a session."""
        return len(self._pages)

    def _page(self, plain: dict[str, Any]) -> Page:
        name = plain.get("id")
        with self._lock:
            if not isinstance(name, str) or name not in self._pages:
                raise UnknownNameError(f"id: received {name!r:.100}, which is no page's; load the page again.")
            self._pages.move_to_end(name)
            return self._pages[name]

    def tables(self, plain: dict[str, Any]) -> dict[str, Any]:
        """What can be chosen, and the exercises."""
        return {
            "sets": {name: {"title": title, "task": task} for name, (title, task, _) in SETS.items()},
            "features": {name: title for name, (title, _, _) in FEATURES.items()},
            "activations": list(table.ACTIVATIONS),
            "optimizers": list(table.OPTIMIZERS),
            "rates": list(table.RATES),
            "penalties": list(table.PENALTIES),
            "penalty_rates": list(table.PENALTY_RATES),
            "most": {"layers": table.MAX_LAYERS, "units": table.MAX_UNITS, "steps": MOST_STEPS},
            "pixels": {"small": SMALL, "large": LARGE, "half": HALF},
            "exercises": [e.to_plain() for e in EXERCISES],
        }

    def start(self, plain: dict[str, Any]) -> dict[str, Any]:
        """A new session, in place of the page's old one: of {"settings"} or {"link"}.

        The answer's `until` is the step to which a link wants the page to train.
        """
        if "link" in plain:
            session, until = session_of(unpack(plain["link"]))
        else:
            session, until = Session(Settings.from_plain(plain.get("settings", {}))), 0
        page, name = Page(session), secrets.token_urlsafe(12)
        points = session.points
        with self._lock:
            old = plain.get("id")
            if isinstance(old, str):
                self._pages.pop(old, None)
            self._pages[name] = page
            while len(self._pages) > PAGES:
                self._pages.popitem(last=False)
        own = session.settings.own
        return {
            "id": name,
            "until": until,
            "settings": session.settings.to_plain(),
            "task": session.settings.task,
            "classes": session.settings.classes,
            "class_names": list(own.classes) if own else [],
            "columns": list(own.names) if own else ["x₁", "x₂"],
            "points": points.x.round(3).tolist(),
            "targets": points.y.round(3).tolist(),
            "cut": points.cut,
            "shapes": [list(layer.kernel.shape) for layer in session.dense],
            "parameters": session.model.count_params(),
            "output": list(session.settings.output),
            **self._told(session),
        }

    def frame(self, plain: dict[str, Any]) -> bytes:
        """Train `steps` steps, then the picture: see Picture.frame."""
        page = self._page(plain)
        steps = count("steps", plain.get("steps", 0), 0, most=FRAME_STEPS)
        with page.lock:
            page.session.advance(steps)
            return page.picture.frame(view_of(page.session, plain.get("view")),
                                      shown_of(page.session, plain.get("shown")))  # fmt: skip

    def features(self, plain: dict[str, Any]) -> bytes:
        """The pictures of the inputs, one after another, in the order of the page's list of them."""
        page = self._page(plain)
        return b"".join(page.picture.features(shown_of(page.session, plain.get("shown"))).values())

    def edit(self, plain: dict[str, Any]) -> dict[str, Any]:
        """Change a weight, a bias or the learning rate: {"edit": [kind, value, ...place]}."""
        page, asked = self._page(plain), plain.get("edit")
        if not isinstance(asked, list) or len(asked) < 2:
            raise ArgumentError(f"edit: received {asked!r:.200}, expected [kind, value, ...place].")
        with page.lock:
            page.session.edit(*asked)
            return self._told(page.session)

    def state(self, plain: dict[str, Any]) -> dict[str, Any]:
        """The link and the script of the page as it is."""
        page = self._page(plain)
        with page.lock:
            return {**self._told(page.session), "script": script_of(page.session)}

    def csv(self, plain: dict[str, Any]) -> dict[str, Any]:
        """Own points of {"text", "task"}, to be put into settings."""
        text, task = plain.get("text"), plain.get("task", "classification")
        if not isinstance(text, str) or task not in ("classification", "regression"):
            raise ArgumentError("csv: expected text, and a task, 'classification' or 'regression'.")
        return {"own": read_csv(text, task).to_plain()}

    def end(self, plain: dict[str, Any]) -> dict[str, Any]:
        """The page goes away."""
        with self._lock:
            self._pages.pop(str(plain.get("id")), None)
        return {}

    @staticmethod
    def _told(session: Session) -> dict[str, Any]:
        return {"link": pack(session.state()), "step": session.step}


REQUESTS: dict[str, Callable[[Api, dict[str, Any]], Any]] = {
    name: getattr(Api, name) for name in ("tables", "start", "frame", "features", "edit", "state", "csv", "end")
}
