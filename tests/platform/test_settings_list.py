"""`.env.example` and settings.py say the same."""

from __future__ import annotations

import ast
import re
from typing import Any

import pytest

from launcher.layout import ROOT

TYPES = {
    "str": "text",
    "email_url": "text",
    "bool": "true or false",
    "int": "whole number",
    "list": "list",
    "dict": "pairs",
}
# What the example leaves blank because the default follows from another setting.
DERIVED = {"SECURE_SSL_REDIRECT"}


def settings_read() -> dict[str, tuple[str, Any]]:
    """Name -> (type, default) of every `env.type("NAME", default=…)` in settings.py."""
    found = {}
    for node in ast.walk(ast.parse((ROOT / "kubit_app/settings.py").read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            holder = node.func.value
            if isinstance(holder, ast.Name) and holder.id == "env" and node.func.attr in TYPES:
                name = ast.literal_eval(node.args[0])
                found[name] = (TYPES[node.func.attr], _default(name, node))
    return found


def _default(name: str, call: ast.Call) -> Any:
    (value,) = (keyword.value for keyword in call.keywords if keyword.arg == "default")
    default = "" if name in DERIVED else ast.literal_eval(value)
    if isinstance(default, bool):
        return str(default).lower()
    return str(default) if isinstance(default, int) else (default or "")


def settings_listed() -> dict[str, tuple[str, str]]:
    text = (ROOT / ".env.example").read_text()
    entries = re.findall(r"^# ([a-z ]+)\. (?:.*\n(?:# .*\n)*)#([A-Z_]+)=(.*)$", text, re.MULTILINE)
    return {name: (kind, default) for kind, name, default in entries}


def test_every_setting_is_listed_with_its_type_and_default() -> None:
    assert settings_listed() == settings_read()
    assert len(settings_read()) > 15


ALLOWED = {
    "kubit_app/settings.py",
    # Called by the settings, before they read anything.
    "kubit_app/running.py",
    # A key is handed over in a variable of the caller's choice, so that no command line shows it.
    "integrations/management/commands/add_connection.py",
}


@pytest.mark.parametrize("room", ["kubit_app", "cohorts", "integrations"])
def test_nothing_but_the_settings_reads_the_environment(room: str) -> None:
    readers = [
        str(path.relative_to(ROOT))
        for path in (ROOT / room).rglob("*.py")
        if re.search(r"os\.(getenv|environ\b(?!\.setdefault\(\"DJANGO))", path.read_text())
    ]
    assert set(readers) <= ALLOWED
