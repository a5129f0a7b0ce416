"""Where every screen of a used product stands: by the name of its URL, an address or more."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

# Why the URL of that name is nothing that a person looks at.
NOT_PAGES = {
    **dict.fromkeys(
        [
            *("language", "logout", "schema", "settings_braze_test", "settings_braze_steer"),
            "settings_braze_limits",
            *("settings_person_active", "settings_person_link", "cohorts:star", "cohorts:tags"),
            *("cohorts:duplicate", "cohorts:save", "cohorts:check_draft", "cohorts:preview"),
            *(
                "cohorts:sample",
                "cohorts:sql",
                "integrations:schedule_resume",
            ),
            *("integrations:run_cancel", "integrations:run_approve", "integrations:import_now"),
            "integrations:notices_read",
        ],
        "takes a form and shows another page",
    ),
    **dict.fromkeys(["healthz", "readyz", "metrics", "status_json"], "is read by machines"),
    **dict.fromkeys(
        [
            *("cohorts:export_members", "integrations:cohorts_csv", "integrations:run_requests"),
            *("integrations:run_left_out", "integrations:run_ids"),
        ],
        "is a file",
    ),
    **dict.fromkeys(["cohorts:values", "cohorts:catalog"], "is read by the builder"),
    **dict.fromkeys(
        [
            *("integrations:import_preview", "integrations:next_times"),
            *("integrations:history", "integrations:inbox_html", "integrations:inbox_style"),
        ],
        "is a part of another page",
    ),
}


def find_places(made: dict[str, Any]) -> dict[str, list[str]]:
    """By the name of the URL, what is opened of it. `made` is what `used_product` printed."""
    return {**_of_the_roof(made), **_of_cohorts(made["cohorts"]), **_of_imports(made)}


def name_missing(made: dict[str, Any], places: Iterable[str]) -> list[str]:
    """Names of the table of rights that are neither walked nor said to be no page."""
    return sorted({*made["access"]} - {*places} - {*NOT_PAGES})


def _of_the_roof(made: dict[str, Any]) -> dict[str, list[str]]:
    connections = made["connections"].values()
    return {
        "home": ["/"],
        "password_change": ["/password/"],
        "settings": ["/settings/"],
        "settings_profile": ["/settings/profile/"],
        "settings_braze": ["/settings/braze/"],
        "settings_braze_new": ["/settings/braze/new/"],
        "settings_braze_one": [f"/settings/braze/{pk}/" for pk in connections],
        "settings_people": ["/settings/users/"],
        "settings_person_new": ["/settings/users/new/"],
        "settings_person": [f"/settings/users/{made['person']}/"],
        "search": ["/search/?q=sing", "/search/?q=nothing+of+the+kind", "/search/?q=planted"],
        "data": [
            *("/data/", "/data/?show=event_property", "/data/?show=user_property"),
            *made["schemas"],
        ],
        "data_upload": ["/data/upload/"],
        "data_load": [f"/data/upload/{pk}/" for pk in made["uploads"].values()],
        "data_entry": made["entries"],
        "admin:": ["/admin/"],
    }


def _of_cohorts(slugs: dict[str, str]) -> dict[str, list[str]]:
    def of(page: str, *names: str) -> list[str]:
        return [f"/cohorts/{slugs[name]}/{page}" for name in names]

    return {
        "cohorts:list": ["/cohorts/", "/cohorts/?q=nothing+of+the+kind"],
        "cohorts:new": ["/cohorts/new/"],
        "cohorts:upload": ["/cohorts/new/list/"],
        "cohorts:detail": of("", "plain", "markup", "long", "unbroken", "rtl", "list", "disabled"),
        "cohorts:edit": of("edit/", "plain", "markup"),
        "cohorts:change_list": of("list/", "list"),
        "cohorts:counts": of("counts/", "plain"),
        "cohorts:sizes": of("sizes/", "long"),
        "cohorts:overlap": of("overlap/", "plain"),
        "cohorts:breakdown": of("breakdown/", "plain"),
        "cohorts:changes": of("changes/", "new"),
        "cohorts:compare": of("changes/compare/?before=1&after=2", "new"),
        "cohorts:activity": of("activity/", "new"),
        "cohorts:members": of("members/", "plain"),
        "cohorts:show_sql": of("sql/", "markup"),
        "cohorts:restore": of("changes/1/", "new"),
        "cohorts:info": of("info/", "markup"),
        "cohorts:check": of("check/", "plain"),
        "cohorts:disable": of("disable/", "plain", "emoji"),
    }


def _of_imports(made: dict[str, Any]) -> dict[str, list[str]]:
    slugs, runs, schedules = made["cohorts"], made["runs"], made["schedules"]
    messages = made["messages"][:3]
    return {
        "integrations:schedule": ["/schedule/"],
        "integrations:calendar": ["/schedule/calendar/"],
        "integrations:schedule_delete": [f"/schedule/{schedules['markup']}/delete/"],
        "integrations:schedule_pause": [f"/schedule/{schedules['markup']}/pause/"],
        "integrations:runs": ["/imports/", "/imports/?state=failed"],
        "integrations:run": [f"/imports/{pk}/" for pk in runs.values()],
        "integrations:run_review": [f"/imports/{runs['held']}/review/"],
        "integrations:import": [
            f"/cohorts/{slugs[name]}/import/" for name in ("markup", "emoji", "long")
        ],
        "integrations:import_remove": [f"/cohorts/{slugs['emoji']}/import/remove/"],
        "integrations:status": ["/status/"],
        "integrations:notices": ["/notices/"],
        "integrations:inbox": ["/inbox/"],
        "integrations:inbox_message": [f"/inbox/{id}/" for id in messages],
    }


# Before somebody signs in; the first account ends with the walk.
VISITOR = ("login", "set_password", "setup")
# There with DEBUG alone.
DEBUGGING = ("style_guide",)


def visitor_places(made: dict[str, Any]) -> dict[str, list[str]]:
    return {
        "login": ["/login/"],
        "set_password": [made["set_password"]],
        "setup": [made["setup"]],
    }


SANDBOX = [
    "/",
    "/cohorts",
    "/cohorts/1",
    "/requests",
    "/requests/1",
    "/faults",
    "/profiles",
    "/partner",
]
