"""The example cohorts of the demo app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

SIGN_UP_STEPS = ["SIGN_UP_START", "SIGN_UP_EMAIL", "SIGN_UP_PROFILE", "SIGN_UP_COMPLETE"]


@dataclass(frozen=True)
class DemoCohort:
    slug: str
    name: str
    description: str
    definition: dict[str, Any]
    owner: str = "governor"
    tags: tuple[str, ...] = ()
    # A star of everybody who logs in to the demo.
    is_favorite: bool = False


def _all_of(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {"version": 1, "match": "all", "conditions": list(conditions)}


def _has(name: str, op: str, value: object) -> dict[str, Any]:
    return {"type": "property", "property": name, "op": op, "value": value}


def _aged(low: int, high: int | None) -> dict[str, Any]:
    bounds = [_has("age", ">=", low)]
    if high is not None:
        bounds.append(_has("age", "<", high))
    return _all_of(*bounds)


DEMO_COHORTS = [
    DemoCohort(
        "new-users",
        "New Users",
        "First launched the app within the last 7 days",
        _all_of(
            {
                "type": "first_time",
                "event": "FIRST_LAUNCH",
                "window": {"last": 7, "unit": "day"},
            }
        ),
        tags=("lifecycle",),
        is_favorite=True,
    ),
    DemoCohort(
        "frequent-singers",
        "Frequent Singers",
        "Sang more than 5 times in the last 7 days",
        _all_of(
            {
                "type": "performed",
                "event": "SING",
                "times": {"op": ">", "value": 5},
                "window": {"last": 7, "unit": "day"},
            }
        ),
        tags=("engagement",),
        is_favorite=True,
    ),
    DemoCohort(
        "old-users",
        "Old Users",
        "Installed the app more than 7 days ago",
        _all_of(_has("install_days", ">", 7)),
        tags=("lifecycle",),
    ),
    DemoCohort(
        "paid-facebook-users",
        "Paid Facebook Users",
        "Came by way of a paid Facebook campaign",
        _all_of(_has("acquisition_type", "=", "Paid"), _has("campaign_source", "=", "Facebook")),
        owner="admin",
        tags=("acquisition",),
        is_favorite=True,
    ),
    DemoCohort(
        "whales",
        "Whales",
        "Have spent more than 100 in all",
        _all_of(_has("life_time_value", ">", 100)),
        owner="admin",
        tags=("revenue",),
    ),
    DemoCohort(
        "active-in-last-90-days",
        "Active in last 90 days",
        "Did anything at all in the last 90 days",
        _all_of({"type": "performed", "event": "*", "window": {"last": 90, "unit": "day"}}),
        tags=("engagement",),
    ),
    DemoCohort("age-bucket-25-35", "Age Bucket 25-35", "From 25 to under 35", _aged(25, 35)),
    DemoCohort("age-bucket-35-45", "Age Bucket 35-45", "From 35 to under 45", _aged(35, 45)),
    DemoCohort("age-bucket-45-55", "Age Bucket 45-55", "From 45 to under 55", _aged(45, 55)),
    DemoCohort("age-bucket-55", "Age Bucket 55+", "55 and older", _aged(55, None)),
    DemoCohort(
        "dormant-users",
        "Dormant Users",
        "Active in the 30 days before the last 30, and not since",
        _all_of({"type": "lifecycle", "state": "dormant", "period": {"n": 30, "unit": "day"}}),
        tags=("lifecycle",),
        is_favorite=True,
    ),
    DemoCohort(
        "dropped-out-of-sign-up-flow",
        "Dropped out of Sign Up Flow",
        "Began to sign up in the last 30 days and did not finish within a day",
        _all_of(
            {
                "type": "performed",
                "event": SIGN_UP_STEPS[0],
                "window": {"last": 30, "unit": "day"},
            },
            {
                "type": "funnel",
                "steps": [{"event": step} for step in SIGN_UP_STEPS],
                "within": {"n": 1, "unit": "day"},
                "outcome": "converted",
                "window": {"last": 30, "unit": "day"},
                "negate": True,
            },
        ),
        tags=("acquisition",),
    ),
]
