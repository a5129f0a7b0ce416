"""Who may open what: one table for every URL, enforced before any view runs.

A URL name that is not in the table is refused, so a new page cannot be forgotten here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

OPEN = "open"
SIGNED_IN = "signed in"
STAFF = "staff"

VIEW_COHORT = "cohorts.view_cohort"
BUILD_COHORT = "cohorts.build_cohort"
ADD_COHORT = "cohorts.add_cohort"
CHANGE_COHORT = "cohorts.change_cohort"
DISABLE_COHORT = "cohorts.delete_cohort"
ADD_DATASET = "cohorts.add_dataset"
VIEW_RUN = "integrations.view_importrun"
IMPORT_COHORT = "integrations.add_importrun"
VIEW_STATUS = "integrations.view_incident"
DOWNLOAD_MEMBERS = "integrations.download_members"
VIEW_SCHEDULE = "integrations.view_importschedule"
CHANGE_SCHEDULE = "integrations.change_importschedule"
VIEW_CONNECTION = "integrations.view_connection"
ADD_CONNECTION = "integrations.add_connection"
CHANGE_CONNECTION = "integrations.change_connection"
VIEW_USER = "auth.view_user"
ADD_USER = "auth.add_user"
CHANGE_USER = "auth.change_user"

# URL name → what the visitor needs. `admin:` stands for every page of the admin site,
# which applies its own permission to each model on top.
ACCESS: dict[str, str] = {
    "login": OPEN,
    # The link is the right: it holds a token, for the first account or for one person.
    "setup": OPEN,
    "set_password": OPEN,
    # Before signing in a cookie remembers it.
    "language": OPEN,
    "healthz": OPEN,
    "readyz": OPEN,
    # Both ask for METRICS_TOKEN themselves.
    "metrics": OPEN,
    "status_json": OPEN,
    "home": SIGNED_IN,
    "logout": SIGNED_IN,
    "password_change": SIGNED_IN,
    # Only with DEBUG.
    "style_guide": SIGNED_IN,
    "settings": SIGNED_IN,
    "settings_profile": SIGNED_IN,
    "settings_braze": VIEW_CONNECTION,
    "settings_braze_new": ADD_CONNECTION,
    # Saving asks for the right to change.
    "settings_braze_one": VIEW_CONNECTION,
    "settings_braze_test": CHANGE_CONNECTION,
    "settings_braze_steer": CHANGE_CONNECTION,
    "settings_braze_limits": CHANGE_CONNECTION,
    "settings_people": VIEW_USER,
    "settings_person_new": ADD_USER,
    "settings_person": CHANGE_USER,
    "settings_person_active": CHANGE_USER,
    "settings_person_link": CHANGE_USER,
    "schema": VIEW_COHORT,
    "search": VIEW_COHORT,
    "data": VIEW_COHORT,
    # Replacing asks for the right to change, too.
    "data_upload": ADD_DATASET,
    "data_load": ADD_DATASET,
    # Changing what is said asks for one right more.
    "data_entry": VIEW_COHORT,
    "cohorts:list": VIEW_COHORT,
    "cohorts:detail": VIEW_COHORT,
    "cohorts:counts": VIEW_COHORT,
    "cohorts:sizes": VIEW_COHORT,
    "cohorts:overlap": VIEW_COHORT,
    "cohorts:breakdown": VIEW_COHORT,
    "cohorts:changes": VIEW_COHORT,
    "cohorts:compare": VIEW_COHORT,
    "cohorts:activity": VIEW_COHORT,
    # These show ids, and lists of ids in SQL: as the sample and the SQL of the builder do.
    "cohorts:members": BUILD_COHORT,
    "cohorts:show_sql": BUILD_COHORT,
    # Everyone at once leaves the product, as with the ids that an import changed.
    "cohorts:export_members": DOWNLOAD_MEMBERS,
    "cohorts:restore": CHANGE_COHORT,
    "cohorts:duplicate": ADD_COHORT,
    "cohorts:info": VIEW_COHORT,
    "cohorts:star": VIEW_COHORT,
    "cohorts:tags": CHANGE_COHORT,
    "cohorts:check": VIEW_COHORT,
    "cohorts:disable": DISABLE_COHORT,
    "cohorts:new": BUILD_COHORT,
    "cohorts:edit": BUILD_COHORT,
    "cohorts:preview": BUILD_COHORT,
    "cohorts:sample": BUILD_COHORT,
    # The view asks for the right to add or to change, whichever it is.
    "cohorts:save": BUILD_COHORT,
    "cohorts:upload": ADD_COHORT,
    "cohorts:change_list": CHANGE_COHORT,
    "cohorts:values": BUILD_COHORT,
    "cohorts:sql": BUILD_COHORT,
    "cohorts:catalog": BUILD_COHORT,
    "cohorts:check_draft": BUILD_COHORT,
    "integrations:schedule": VIEW_SCHEDULE,
    "integrations:calendar": VIEW_SCHEDULE,
    "integrations:schedule_pause": CHANGE_SCHEDULE,
    "integrations:schedule_resume": CHANGE_SCHEDULE,
    "integrations:schedule_delete": CHANGE_SCHEDULE,
    "integrations:runs": VIEW_RUN,
    "integrations:run": VIEW_RUN,
    # The view leaves out the ids for who may not download them.
    "integrations:run_review": VIEW_RUN,
    "integrations:run_requests": VIEW_RUN,
    "integrations:run_left_out": DOWNLOAD_MEMBERS,
    "integrations:run_cancel": IMPORT_COHORT,
    "integrations:run_approve": IMPORT_COHORT,
    "integrations:history": VIEW_RUN,
    # Columns about imports are left out for who may not see runs.
    "integrations:cohorts_csv": VIEW_COHORT,
    "integrations:import": IMPORT_COHORT,
    "integrations:import_now": IMPORT_COHORT,
    "integrations:import_remove": IMPORT_COHORT,
    "integrations:import_preview": IMPORT_COHORT,
    "integrations:next_times": IMPORT_COHORT,
    "integrations:status": VIEW_STATUS,
    "integrations:run_ids": DOWNLOAD_MEMBERS,
    "integrations:notices": VIEW_RUN,
    "integrations:notices_read": VIEW_RUN,
    "integrations:inbox": SIGNED_IN,
    "integrations:inbox_message": SIGNED_IN,
    "integrations:inbox_html": SIGNED_IN,
    "integrations:inbox_style": SIGNED_IN,
    "admin:": STAFF,
}


class AccessMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        match = request.resolver_match
        name = match.view_name if match else ""
        needed = ACCESS.get("admin:" if name.startswith("admin:") else name)
        if needed == OPEN:
            return None
        if not request.user.is_authenticated:
            return _ask_to_sign_in(request)
        if needed is None or not is_allowed(request.user, needed):
            raise PermissionDenied
        return None


def _ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request"):
        # htmx would put the log-in page into the part it asked for.
        page = urlsplit(request.headers.get("HX-Current-URL", ""))
        target = redirect_to_login(page.path or reverse("home"))
        return HttpResponse(status=204, headers={"HX-Redirect": target.url})
    return redirect_to_login(request.get_full_path())


def is_allowed(user: Any, needed: str) -> bool:
    if needed == SIGNED_IN:
        return True
    if needed == STAFF:
        return bool(user.is_staff)
    return bool(user.has_perm(needed))
