"""Times in JSON texts, spelled alike for engines whose casts read one spelling only."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from cohorts.sql.expressions import Expr, call, text, whole

_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?"
_OFFSET = "(Z|[+-][0-9]{2}(:?[0-9]{2})?)"
# Engines read 24:00 as the next day and a second 60 as the next minute. Classes in place of
# back-slashes: not every engine reads those in a text as they stand.
INSTANT = f"^{_DAY}([T ]{_CLOCK}{_OFFSET}?)?$"


def spell_instant(spelled: Expr, extract: Callable[[Expr, str], Expr]) -> Expr:
    """`2026-05-01 10:00:00.123456+09:00` for every text that `INSTANT` fits, without an offset
    in UTC. `extract` gives what the one group of a pattern holds, NULL where nothing fits."""

    def part(pattern: str, otherwise: str) -> Expr:
        found = extract(spelled.copy(), pattern)
        return exp.Coalesce(this=found, expressions=[text(otherwise)])

    after_minutes = "^.{16}[^+-]*"
    return call(
        "concat",
        call("substr", spelled.copy(), whole(1), whole(10)),
        text(" "),
        part("^.{11}([0-9]{2}:[0-9]{2})", "00:00"),
        part("^.{16}(:[0-9]{2})", ":00"),
        call("rpad", part("^.{19}([.][0-9]{1,6})", "."), whole(7), text("0")),
        part(f"{after_minutes}([+-][0-9]{{2}})", "+00"),
        text(":"),
        part(f"{after_minutes}[+-][0-9]{{2}}:?([0-9]{{2}})", "00"),
    )
