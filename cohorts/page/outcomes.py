"""What a funnel, a retention or a lifecycle asks for, in the reader's language."""

from __future__ import annotations

from typing import assert_never

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cohorts.definitions.nodes import FunnelOutcome, RetentionOutcome, Span


def tell_funnel(outcome: FunnelOutcome, steps: int) -> str:
    match outcome.kind:
        case "converted_on" if outcome.step >= steps:
            return _("converted")
        case "converted_on":
            return _("reached step %d") % outcome.step
        case "dropped_at":
            return _("dropped at step %d") % outcome.step
        case "dropped_before":
            return _("dropped before step %d") % outcome.step
        case _:
            assert_never(outcome.kind)


def tell_retention(outcome: RetentionOutcome, unit: str) -> str:
    values = {"first": outcome.first, "last": outcome.last, "unit": _unit(unit)}
    match outcome.kind:
        case "returned":
            return _("came back")
        case "retained_on":
            return _("came back on %(unit)s %(first)s") % values
        case "retained_between":
            return _("came back between %(unit)s %(first)s and %(last)s") % values
        case "retained_since":
            return _("came back on %(unit)s %(first)s or later") % values
        case "not_retained":
            return _("never came back")
        case "not_retained_on":
            return _("did not come back on %(unit)s %(first)s") % values
        case _:
            assert_never(outcome.kind)


def tell_lifecycle(state: str) -> str:
    return {
        "new": _("New"),
        "returning": _("Returning"),
        "resurrected": _("Resurrected"),
        "dormant": _("Dormant"),
    }[state]


def tell_span(span: Span) -> str:
    known = {
        "second": ngettext("%s second", "%s seconds", span.n),
        "minute": ngettext("%s minute", "%s minutes", span.n),
        "hour": ngettext("%s hour", "%s hours", span.n),
        "day": ngettext("%s day", "%s days", span.n),
        "week": ngettext("%s week", "%s weeks", span.n),
        "month": ngettext("%s month", "%s months", span.n),
        "quarter": ngettext("%s quarter", "%s quarters", span.n),
        "year": ngettext("%s year", "%s years", span.n),
    }
    return known[span.unit] % f"{span.n:,}"


def _unit(unit: str) -> str:
    return {"day": _("day"), "week": _("week"), "month": _("month")}.get(unit, unit)
