"""What happened to a cohort, latest first. Upper floors add what they know by a template tag."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cohorts.models import Cohort
from cohorts.page.versions import Entry
from cohorts.stored_lists import ListChange

SHOWN = 100


@dataclass(frozen=True)
class Happening:
    """`by` is an account or None; `tone` and `icon` as badges have them."""

    at: datetime
    what: str
    icon: str
    tone: str = ""
    by: Any = None
    note: str = ""
    url: str = ""


def tell_happenings(
    cohort: Cohort, changes: Iterable[Entry], lists: Iterable[ListChange]
) -> list[Happening]:
    """Saves, restores, changes of a list, and the end."""
    of_lists = {change.version.pk: change for change in lists}
    told = [
        _tell_list(of_lists[entry.version.pk])
        if entry.version.pk in of_lists
        else _tell_version(entry)
        for entry in changes
    ]
    if cohort.disabled_at is not None:
        what = _("Deleted")
        told.append(Happening(cohort.disabled_at, what, "i-trash", "bad", cohort.disabled_by))
    return sort_happenings(told)


def sort_happenings(told: Iterable[Happening]) -> list[Happening]:
    return sorted(told, key=lambda each: each.at, reverse=True)[:SHOWN]


def _tell_version(entry: Entry) -> Happening:
    version = entry.version
    at, by = version.saved_at, version.saved_by
    if entry.is_first:
        return Happening(at, _("Created"), "i-plus", "ok", by)
    if entry.restores is not None:
        what = _("Version %(old)d restored as version %(new)d")
        numbers = {"old": entry.restores, "new": version.number}
        return Happening(at, what % numbers, "i-arrow-back-up", "run", by)
    note = "; ".join(_sign(each.kind) + each.text for each in entry.differences)
    return Happening(at, _("Version %d saved") % version.number, "i-edit", "run", by, note)


def _tell_list(change: ListChange) -> Happening:
    made, version = change.made, change.version
    size = ngettext("%s id", "%s ids", made.size) % f"{made.size:,}"
    note = f"+{made.added:,} \N{MINUS SIGN}{made.removed:,}, {size}"
    what = _("List: %s") % made.get_action_display()
    return Happening(version.saved_at, what, "i-list-details", "run", version.saved_by, note)


def _sign(kind: str) -> str:
    return {"added": "+ ", "removed": "\N{MINUS SIGN} "}.get(kind, "")
