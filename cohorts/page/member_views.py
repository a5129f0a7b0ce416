"""The members of a cohort: a list, page by page, and a file.

Ids stand in the body of requests, never in an address: the next page is a form too.
"""

from __future__ import annotations

import logging
from typing import Any

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from cohorts.answers import SignedInRequest
from cohorts.definitions.problems import DefinitionError
from cohorts.models import Cohort
from cohorts.page.members import csv_lines, read_page
from cohorts.page.parts import answer_part
from cohorts.page.reading import get_cohort, prepare_current
from cohorts.retelling import retell
from cohorts.warehouse.errors import WarehouseError

logger = logging.getLogger(__name__)
# Longer than any id that a dataset holds.
_LONGEST_ID = 1000


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("q", "after")
@sensitive_variables("prefix", "after")
def show_members(request: HttpRequest, slug: str) -> HttpResponse:
    cohort = get_cohort(request, slug)
    prefix = request.POST.get("q", "").strip()[:_LONGEST_ID]
    after = request.POST.get("after", "")[:_LONGEST_ID]
    context = {"tab": "members", "prefix": prefix, "after": after, "part_title": _("Members")}

    def read() -> dict[str, Any]:
        prepared, now = prepare_current(cohort), timezone.now()
        return {"members": read_page(cohort, prepared, now=now, prefix=prefix, after=after)}

    return answer_part(request, cohort, "cohorts/page/_members.html", context, read)


@require_safe
def export_members(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Who took the ids is written down."""
    cohort = get_cohort(request, slug)
    now, is_raw = timezone.now(), "raw" in request.GET
    try:
        lines = csv_lines(prepare_current(cohort), as_of=now, raw=is_raw)
    except (DefinitionError, WarehouseError) as error:
        messages.error(request, _("The members could not be exported. %s") % retell(str(error)))
        return redirect(cohort)
    _write_down(request, cohort)
    name = f"{cohort.slug}-members-{timezone.localdate(now).isoformat()}.csv"
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": content_disposition_header(True, name) or ""},
    )


def _write_down(request: SignedInRequest, cohort: Cohort) -> None:
    LogEntry.objects.create(
        user=request.user,
        content_type=ContentType.objects.get_for_model(Cohort),
        object_id=str(cohort.pk),
        object_repr=str(cohort)[:200],
        action_flag=CHANGE,
        change_message="Exported the members.",
    )
    logger.info("user %s exported the members of cohort %s", request.user.pk, cohort.pk)
