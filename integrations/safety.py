"""When a plan looks like a mistake, a person decides before anything is sent."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from django.utils.translation import gettext as _

# A plan that removes more than this share of the people in Braze, and at least this many …
MOST_REMOVED = 0.30
FEWEST_REMOVED = 1000
# … or a cohort this many times larger or smaller than it usually is.
SIZE_FACTOR = 3
# A median of fewer imports says nothing about what is usual.
RUNS_FOR_USUAL_SIZE = 3


def find_hold_reason(
    *, size: int, removed: int, held_in_braze: int, recent_sizes: Sequence[int]
) -> str:
    """Why the plan must wait for a person, in words; empty when it may go out."""
    if held_in_braze and size == 0:
        return _("The cohort became empty: all %(held)s users would be removed from Braze.") % {
            "held": f"{held_in_braze:,}"
        }
    if removed >= FEWEST_REMOVED and removed > MOST_REMOVED * held_in_braze:
        return _(
            "%(removed)s of %(held)s users would be removed (%(share)s%%). The limit is %(most)s%%."
        ) % {
            "removed": f"{removed:,}",
            "held": f"{held_in_braze:,}",
            "share": round(100 * removed / held_in_braze),
            "most": round(100 * MOST_REMOVED),
        }
    if len(recent_sizes) >= RUNS_FOR_USUAL_SIZE:
        usual = median(recent_sizes)
        # Below the floor a factor is noise: 2 users after 8 are no sign of a fault.
        far = abs(size - usual) >= FEWEST_REMOVED
        if far and (size > SIZE_FACTOR * usual or size * SIZE_FACTOR < usual):
            return _(
                "The cohort has %(size)s users; in the last imports it had about %(usual)s."
            ) % {"size": f"{size:,}", "usual": f"{round(usual):,}"}
    return ""
