"""When a plan looks like a mistake, a person decides before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from django.utils.translation import gettext as _

from integrations.models import Connection, ImportSchedule

# A median of fewer imports says nothing about what is usual.
RUNS_FOR_USUAL_SIZE = 3
MOST_LEAST = 100_000_000


class BadLimits(ValueError):
    """The limits make no sense. `field` names the one to correct."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


@dataclass(frozen=True, kw_only=True)
class Limits:
    """A plan waits that removes more than `percent` of the people in Braze and at least `least`,
    and one of a cohort that is more than `factor` times larger or smaller than usual.
    """

    percent: int = 30
    least: int = 1000
    factor: int = 3

    def __post_init__(self) -> None:
        if not 1 <= self.percent <= 100:
            raise BadLimits("percent", _("Choose a share from 1 to 100 percent."))
        if not 1 <= self.least <= MOST_LEAST:
            raise BadLimits("least", _("Choose a number of users from 1 on."))
        if not 2 <= self.factor <= 1000:
            raise BadLimits("factor", _("Choose a factor from 2 to 1,000."))


def limits_of(schedule: ImportSchedule | None, connection: Connection | None) -> Limits:
    """Those of the cohort's schedule, whoever starts the import; else of the connection."""
    of = schedule or connection
    if of is None:
        return Limits()
    return Limits(percent=of.hold_percent, least=of.hold_least, factor=of.hold_factor)


def describe_limits(limits: Limits) -> str:
    return _(
        "Held when more than %(percent)s%% and at least %(least)s users would be removed, or the "
        "size is over %(factor)s times off the usual"
    ) % {"percent": limits.percent, "least": f"{limits.least:,}", "factor": limits.factor}


def find_hold(
    *,
    size: int,
    removed: int,
    held_in_braze: int,
    recent_sizes: Sequence[int],
    limits: Limits,
) -> dict[str, Any]:
    """Which rule makes the plan wait for a person, with its numbers; empty when it may go out."""
    if held_in_braze and size == 0:
        return {"rule": "empty", "held": held_in_braze}
    if removed >= limits.least and 100 * removed > limits.percent * held_in_braze:
        return {
            "rule": "removes",
            "removed": removed,
            "held": held_in_braze,
            "most": limits.percent,
        }
    if len(recent_sizes) >= RUNS_FOR_USUAL_SIZE:
        usual = median(recent_sizes)
        # Below the floor a factor is noise: 2 users after 8 are no sign of a fault.
        far = abs(size - usual) >= limits.least
        if far and (size > limits.factor * usual or size * limits.factor < usual):
            return {"rule": "size", "size": size, "usual": round(usual)}
    return {}


def hold_words(facts: Mapping[str, Any]) -> str:
    """A hold in words; empty where there is none."""
    match facts.get("rule"):
        case "empty":
            return _("The cohort became empty: all %(held)s users would be removed from Braze.") % {
                "held": f"{facts['held']:,}"
            }
        case "removes":
            held = facts["held"]
            return _(
                "%(removed)s of %(held)s users would be removed (%(share)s%%). The limit is "
                "%(most)s%%."
            ) % {
                "removed": f"{facts['removed']:,}",
                "held": f"{held:,}",
                "share": round(100 * facts["removed"] / held) if held else 100,
                "most": facts["most"],
            }
        case "size":
            return _(
                "The cohort has %(size)s users; in the last imports it had about %(usual)s."
            ) % {"size": f"{facts['size']:,}", "usual": f"{facts['usual']:,}"}
    return ""
