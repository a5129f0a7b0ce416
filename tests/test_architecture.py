"""ARCHITECTURE.md names every room that exists, and none that does not."""

from __future__ import annotations

import re

from launcher.layout import ROOT

# Of Django's making, or of no importance to the plan of the house.
FURNITURE = {"migrations", "management", "commands", "templatetags", "__pycache__"}


def rooms() -> set[str]:
    """Top-level folders and the packages in the floors."""
    top = {path for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    floors = [ROOT / "cohorts", ROOT / "integrations"]
    inner = {file.parent for floor in floors for file in floor.rglob("__init__.py")}
    found = {path.relative_to(ROOT) for path in top | inner}
    return {str(path) for path in found if not FURNITURE & set(path.parts)}


def test_every_room_is_named():
    plan = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    assert sorted(room for room in rooms() if f"`{room}/`" not in plan) == []


def test_no_room_is_named_that_does_not_exist():
    plan = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    named = set(re.findall(r"`([a-z_/]+)/`", plan))
    assert sorted(room for room in named if not (ROOT / room).is_dir()) == []
