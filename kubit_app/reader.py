"""Time zone of the reader: of the account, else of the browser."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from cohorts.preferences import find_preferences, find_zone

# Written by static/js/first-paint.js.
ZONE_COOKIE = "timezone"


def reader_zone(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        preferences = find_preferences(request.user)
        zone = find_zone(preferences.timezone if preferences else "")
        zone = zone or find_zone(request.COOKIES.get(ZONE_COOKIE, ""))
        with timezone.override(zone):
            return get_response(request)

    return middleware
