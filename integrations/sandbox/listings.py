"""What the pages show of cohorts, members and requests, as plain values for templates."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from integrations.sandbox.profiles import ALIAS, DEVICE
from integrations.sandbox.rendering import write_time
from integrations.sandbox.store import Store

PAGE = 25
PARTNER_FILTER = "Kubit Cohorts"


def list_cohorts(db: sqlite3.Connection, search: str = "") -> list[dict[str, Any]]:
    """Every cohort received, empty ones too, by name."""
    needle = search.casefold()
    rows = db.execute("SELECT * FROM cohorts ORDER BY name IS NULL, name COLLATE NOCASE, id")
    found = (describe_cohort(row) for row in rows)
    return [
        each
        for each in found
        if needle in each["label"].casefold() or needle in each["id"].casefold()
    ]


def by_filter(cohorts: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Under the partner's filter first, then under each array attribute."""
    groups: dict[tuple[bool, str], list[dict[str, Any]]] = {}
    for each in cohorts:
        groups.setdefault((each["attribute"] is not None, each["filter"]), []).append(each)
    labels = {True: _("Custom attribute: %s"), False: _("Cohort membership: %s")}
    return [(labels[key[0]] % key[1], groups[key]) for key in sorted(groups)]


def find_cohort(db: sqlite3.Connection, written: str) -> dict[str, Any] | None:
    if not written.isascii() or not written.isdigit() or len(written) > 15:
        return None
    row = db.execute("SELECT * FROM cohorts WHERE pk = ?", (int(written),)).fetchone()
    return None if row is None else describe_cohort(row)


def describe_cohort(row: sqlite3.Row) -> dict[str, Any]:
    unnamed = _("%(id)s (not named yet)") % {"id": row["id"]}
    return {
        "pk": row["pk"],
        "id": row["id"],
        "label": unnamed if row["name"] is None else row["name"],
        "named": row["name"] is not None,
        "size": row["size"],
        "created_at": row["created_at"] or "",
        "changed_at": write_time(row["changed_at"]),
        "workspace": row["workspace"],
        # The filter of the segment builder that knows it.
        "filter": row["attribute"] or PARTNER_FILTER,
        "attribute": row["attribute"],
    }


def list_arrays(rows: list[sqlite3.Row]) -> list[tuple[str, list[str]]]:
    """The array attributes of one profile, from what it is in."""
    found: dict[str, list[str]] = {}
    for row in rows:
        if row["attribute"] is not None:
            found.setdefault(row["attribute"], []).append(row["name"])
    return sorted(found.items())


def page_of(
    rows: list[sqlite3.Row], address: str, query: dict[str, list[str]], limit: int = PAGE
) -> dict[str, Any]:
    """Members with a link to the next page; `rows` holds one more than fits."""
    kept = {key: values for key, values in query.items() if key not in ("after", "more", "drop")}
    page: dict[str, Any] = {"members": [describe_member(row) for row in rows[:limit]]}
    if len(rows) > limit:
        later = {**kept, "after": [rows[limit - 1]["profile"]]}
        page["next"] = f"{address}?{urlencode(later, doseq=True)}#members"
    if "after" in query:
        page["first"] = f"{address}?{urlencode(kept, doseq=True)}#members"
    return page


def describe_member(row: sqlite3.Row) -> dict[str, Any]:
    profile = row["profile"]
    anonymous = profile.startswith((DEVICE, ALIAS))
    return {
        "profile": profile,
        "kind": _("Anonymous") if anonymous else _("Identified"),
        "request": row["request"],
        "added": write_time(row["time"]),
        "link": "/?" + urlencode({"lookup": profile}) + "#lookup",
    }


def describe_request(row: sqlite3.Row) -> dict[str, Any]:
    """A line of the log. Keys were never kept, so there is nothing to hide here."""
    status = row["status"]
    return {
        **dict(row),
        "warnings": json.loads(row["warnings"]),
        "time": write_time(row["time"]),
        "answer": _("no answer") if status is None else str(status),
        "tone": "bad" if status is None or status >= 500 else "warn" if status >= 400 else "ok",
        "naming": row["path"].endswith("/cohorts"),
        "endpoint": re.sub(r"^/partners/[^/]+(?=/cohorts)", "", row["path"]),
    }


def write_csv(store: Store, cohort: int) -> Iterator[bytes]:
    """All members, one per line, in the order of the state."""
    with store.reading() as db:
        yield b"member\r\n"
        cursor = db.cursor()
        cursor.row_factory = None  # plain tuples: this may be ten million of them
        cursor.execute("SELECT profile FROM members WHERE cohort = ? ORDER BY profile", (cohort,))
        while rows := cursor.fetchmany(5_000):
            yield "".join(f"{_quote(member)}\r\n" for (member,) in rows).encode()


_SPECIAL = re.compile('[,"\r\n]')


def _quote(text: str) -> str:
    if _SPECIAL.search(text):
        return '"' + text.replace('"', '""') + '"'
    return text
