"""Run a test on either database: point Django's default connection to one of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlencode

import environ
from django.conf import settings
from django.db import connections

_WHO = ("USER", "PASSWORD", "HOST")


def current_settings() -> dict[str, Any]:
    return connections.settings["default"]


def settings_for(url: str, *, name: str) -> dict[str, Any]:
    config = {**environ.Env.db_url_config(url), "TEST": {"NAME": name}}
    return connections.configure_settings({"default": config})["default"]


@contextmanager
def using(database: dict[str, Any]) -> Iterator[None]:
    """Every connection opened in the block, in any thread, is to this database."""
    before = current_settings()
    _point_to(database)
    try:
        yield
    finally:
        _point_to(before)


def _point_to(database: dict[str, Any]) -> None:
    connections["default"].close()
    del connections["default"]
    connections.settings["default"] = database
    settings.DATABASES["default"] = database


def url_of(database: dict[str, Any]) -> str:
    """The DATABASE_URL with which another process reaches this database."""
    if database["ENGINE"].endswith("sqlite3"):
        return f"sqlite:///{database['NAME']}"
    user, password, host = (quote(str(database[part] or ""), safe="") for part in _WHO)
    place = f"{user}{password and ':'}{password}@{host}{database['PORT'] and ':'}{database['PORT']}"
    options = urlencode(database["OPTIONS"])
    return f"postgresql://{place}/{database['NAME']}{options and '?'}{options}"
