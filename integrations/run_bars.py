"""The bars of a run: how its cohort becomes changes in Braze, on one linear scale."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.models import ImportRun
from integrations.run_phases import Progress

SCALE = 1000


@dataclass(frozen=True)
class Bar:
    label: str
    # None is not known yet.
    users: int | None
    note: str = ""
    tone: str = ""
    start: float = 0
    width: float = 0
    is_total: bool = False


def draw_bars(run: ImportRun, progress: Progress) -> list[Bar | None]:
    """`None` is the line between what was planned and what was done.

    The rows are there before there is anything to count, so that nothing moves when there is.
    """
    if run.size is None:
        return _unknown(run)
    blank, invalid, duplicate = run.blank or 0, run.invalid or 0, run.duplicate or 0
    unchanged = run.unchanged or 0
    # A run that has ended tells what was done; its requests tell what was planned.
    added = progress.to_add if progress.requests else run.added or 0
    removed = progress.to_remove if progress.requests else run.removed or 0
    widest = max(run.size, unchanged + added, added + removed, 1)

    def bar(
        label: str, users: int, note: str, tone: str, start: int = 0, total: bool = False
    ) -> Bar:
        width = max(SCALE * users / widest, 2 if users else 0)
        begin = min(SCALE * start / widest, SCALE - width)
        return Bar(label, users, note, tone, begin, width, total)

    left_out = _("left out")
    planned: list[Bar | None] = [bar(_("In cohort"), run.size, "", "", total=True)]
    if run.trigger != ImportRun.Trigger.REMOVAL:
        planned += [
            bar(_("Blank id"), blank, left_out if blank else "", "mut", run.size - blank),
            bar(
                _("Invalid id"),
                invalid,
                left_out if invalid else "",
                "mut",
                run.size - blank - invalid,
            ),
        ]
    if run.identifier or duplicate:
        start = run.size - blank - invalid - duplicate
        planned.append(bar(_("Same id"), duplicate, left_out if duplicate else "", "mut", start))
    planned += [
        bar(_("Unchanged"), unchanged, _("not sent"), "mut"),
        bar(_("Added"), added, f"+{added:,}", "add", unchanged),
        bar(_("Removed"), removed, f"\N{MINUS SIGN}{removed:,}", "rem"),
    ]
    done = [bar(_("Acknowledged"), progress.done, _share(progress), "", total=True)]
    at = progress.done
    for label, users, note, tone in (
        (_("In doubt"), progress.in_doubt, _("no answer"), "doubt"),
        (_("Refused"), progress.refused, _("by Braze"), "rem"),
    ):
        if users:
            done.append(bar(label, users, note, tone, at))
            at += users
    done.append(bar(_("Pending"), progress.pending, _requests_left(progress), "pend", at))
    return [*planned, None, *done]


def _unknown(run: ImportRun) -> list[Bar | None]:
    labels = [_("In cohort"), _("Blank id"), _("Invalid id")]
    if run.trigger == ImportRun.Trigger.REMOVAL:
        labels = labels[:1]
    if run.identifier:
        labels.append(_("Same id"))
    labels += [_("Unchanged"), _("Added"), _("Removed")]
    planned: list[Bar | None] = [
        Bar(label, None, is_total=number == 0) for number, label in enumerate(labels)
    ]
    return [*planned, None, Bar(_("Acknowledged"), None, is_total=True), Bar(_("Pending"), None)]


def _share(progress: Progress) -> str:
    return f"{progress.percent}%" if progress.changes else ""


def _requests_left(progress: Progress) -> str:
    left = progress.requests - progress.done_requests if progress.pending else 0
    return ngettext("%s request", "%s requests", left) % f"{left:,}" if left else ""
