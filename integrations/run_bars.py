"""The bars of a run: how its cohort becomes changes in Braze, on one linear scale."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.models import ImportRun

SCALE = 1000


@dataclass(frozen=True)
class Bar:
    label: str
    users: int
    note: str
    tone: str
    start: float
    width: float
    is_total: bool = False


def draw_bars(run: ImportRun, progress: dict[str, int]) -> list[Bar | None]:
    """`None` is the line between what was planned and what was done. Empty before the count."""
    if run.size is None:
        return []
    added, removed = run.added or 0, run.removed or 0
    unchanged = run.unchanged or 0
    left_out = (run.blank or 0) + (run.invalid or 0)
    pending = max(0, progress["changes"] - progress["done"])
    widest = max(run.size + left_out, unchanged + added, added + removed, 1)

    def bar(
        label: str, users: int, note: str, tone: str, start: int = 0, total: bool = False
    ) -> Bar:
        width = max(SCALE * users / widest, 2 if users else 0)
        return Bar(label, users, note, tone, SCALE * start / widest, width, total)

    planned: list[Bar | None] = [bar(_("In cohort"), run.size, "", "", total=True)]
    if left_out:
        planned.append(bar(_("Left out"), left_out, _("not sent"), "mut", run.size))
    planned += [
        bar(_("Unchanged"), unchanged, _("not sent"), "mut"),
        bar(_("Added"), added, f"+{added:,}", "add", unchanged),
        bar(_("Removed"), removed, f"\N{MINUS SIGN}{removed:,}", "rem"),
    ]
    if not progress["changes"]:
        return planned
    done = [
        bar(_("Acknowledged"), progress["done"], f"{progress['percent']}%", "", total=True),
        bar(_("Pending"), pending, _requests_left(progress), "pend", progress["done"]),
    ]
    return [*planned, None, *done]


def _requests_left(progress: dict[str, int]) -> str:
    left = progress["requests"] - progress["done_requests"]
    return ngettext("%s request", "%s requests", left) % f"{left:,}" if left else ""
