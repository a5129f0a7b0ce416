"""The shared rows of all cases, and the files of each."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from cohorts.definitions.check import Reference
from cohorts.definitions.describe import describe
from cohorts.definitions.parse import parse_definition
from cohorts.sql.compile import compile_ordered_members, to_sql
from cohorts.sql.dialects import DIALECTS
from cohorts.sql.layout import DUCKDB_FILE
from cohorts.sql.portable import portable_layout
from tests.cohorts.sql.naive import Row, World
from tests.cohorts.sql.tables import Tables

HERE = Path(__file__).parent
AS_OF = datetime(2026, 5, 14, 9, 30, tzinfo=UTC)
EVENT_TYPES = {"country": "string", "amount": "number", "refunded": "number", "cart": "json"}
USER_TYPES = {"plan": "string", "age": "number", "joined": "time", "nickname": "string"}
READERS: dict[str, Callable[[str], Any]] = {
    "string": str,
    "number": float,
    "json": str,
    "time": lambda text: datetime.fromisoformat(text),
}


@dataclass(frozen=True)
class Case:
    name: str

    @property
    def definition(self) -> dict[str, Any]:
        data: dict[str, Any] = json.loads(self.read("definition.json"))
        return data

    @property
    def members(self) -> list[str]:
        return self.read("members.txt").split()

    def read(self, file: str) -> str:
        return (HERE / self.name / file).read_text(encoding="utf-8")

    def compile(self, dialect: str = "duckdb") -> str:
        """For the product's own file, in other dialects for tables as users have them."""
        catalog = open_tables().catalog
        expression = compile_ordered_members(
            parse_definition(self.definition),
            catalog=catalog,
            layout=DUCKDB_FILE
            if dialect == "duckdb"
            else portable_layout(DUCKDB_FILE, catalog, DIALECTS[dialect]),
            as_of=AS_OF,
            references=references(),
            dialect=dialect,
        )
        return to_sql(expression, dialect) + "\n"

    def tell(self, language: str = "en") -> str:
        names = {slug: reference.name for slug, reference in references().items()}
        definition = parse_definition(self.definition)
        return describe(definition, language=language, names=names) + "\n"


def list_cases() -> list[Case]:
    return [Case(path.parent.name) for path in sorted(HERE.glob("*/definition.json"))]


@cache
def open_tables() -> Tables:
    return Tables(read_world(), ["age"])


@cache
def read_world() -> World:
    rows = [
        Row(
            held["user"],
            held["event"] or None,
            datetime.fromisoformat(held["time"]),
            _read_properties(held, EVENT_TYPES),
        )
        for held in _read("events.csv")
    ]
    users = {held["user"]: _read_properties(held, USER_TYPES) for held in _read("users.csv")}
    singers = json.loads((HERE / "performed" / "definition.json").read_text(encoding="utf-8"))
    return World("Asia/Tokyo", users, rows, EVENT_TYPES, USER_TYPES, {"buyers": singers})


def references() -> dict[str, Reference]:
    return {
        slug: Reference(parse_definition(held), None, slug.capitalize())
        for slug, held in read_world().cohorts.items()
    }


def _read(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _read_properties(held: dict[str, str], types: dict[str, str]) -> dict[str, Any]:
    return {name: READERS[kind](held[name]) if held[name] else None for name, kind in types.items()}
