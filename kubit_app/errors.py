"""The page for whatever no view has dealt with."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import get_template
from django.views.defaults import server_error

RETRY_AFTER_SECONDS = 5


def something_failed(request: HttpRequest) -> HttpResponse:
    """A database that is away comes back: that is a 503, and no fault of the program."""
    if _is_database_away(sys.exc_info()[1]):
        page = get_template("503.html").render()
        return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
    return server_error(request)


def _is_database_away(error: BaseException | None) -> bool:
    """Also where something else failed in the wake of it: the end of a transaction, say."""
    while error is not None:
        if isinstance(error, OperationalError | InterfaceError):
            return True
        error = error.__cause__ or error.__context__
    return False
