"""Checking one user: why they are in a saved cohort, or in the draft of the builder, or not.

The id arrives in the body of a POST, never in an address: addresses stand in logs, in the
history of browsers and in the Referer of links.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from cohorts.answers import vary_by_part, wants_part
from cohorts.builder_preview import read_draft
from cohorts.builder_requests import (
    RequestRefused,
    answers_json,
    get_dataset,
    read_body,
    read_text,
)
from cohorts.definitions.problems import DefinitionError
from cohorts.evaluation import Prepared, prepare
from cohorts.explaining import explain_member
from cohorts.explanation_words import Answer, word_explanation
from cohorts.models import Cohort
from cohorts.retelling import retell, retell_problem
from cohorts.warehouse.errors import WarehouseError

# Longer than any id that a dataset holds.
_LONGEST_ID = 1000


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("user")
@sensitive_variables("user")
def check_member(request: HttpRequest, slug: str) -> HttpResponse:
    """The box of the cohort page; without a script a page of its own."""
    cohorts = Cohort.objects.select_related("dataset", "current_version")
    cohort = get_object_or_404(cohorts, slug=slug)
    context: dict[str, Any] = {"cohort": cohort, "zone": cohort.dataset.timezone}
    status = 200
    if request.method == "POST":
        user = request.POST.get("user", "")[:_LONGEST_ID]
        context["user_id"] = user
        try:
            context["answer"] = _check(_prepare(cohort), user) if user.strip() else None
        except DefinitionError as error:
            context["failures"] = [retell_problem(problem) for problem in error.problems]
            status = 422
        except WarehouseError as error:
            context["failures"] = [retell(str(error))]
            # A part is put into its page only with this status.
            status = 422 if wants_part(request) else 503
    template = "cohorts/_member_check.html" if wants_part(request) else "cohorts/member_check.html"
    return vary_by_part(render(request, template, context, status=status))


@require_POST
@answers_json
@sensitive_variables("user", "data")
def check_draft(request: HttpRequest) -> HttpResponse:
    """The same for what stands in the builder; the answer is a part of its page."""
    data = read_body(request)
    dataset = get_dataset(data.get("dataset"))
    user = data.get("user")
    if not isinstance(user, str) or not user.strip():
        raise RequestRefused(_("Enter a user id."))
    draft = read_draft(dataset, data.get("definition"), slug=read_text(data, "slug", limit=100))
    if draft.prepared is None:
        raise RequestRefused(_("The definition has mistakes. Correct them first."), 422)
    context = {
        "answer": _check(draft.prepared, user[:_LONGEST_ID]),
        "zone": dataset.timezone,
        "left_out": len(draft.left_out),
    }
    return render(request, "cohorts/_member_answer.html", context)


def _prepare(cohort: Cohort) -> Prepared:
    version = cohort.current_version
    return prepare(
        cohort.dataset, version.definition if version else None, exclude_slug=cohort.slug
    )


@sensitive_variables("user")
def _check(prepared: Prepared, user: str) -> Answer:
    """A space around an id comes from copying it, unless the dataset has it so."""
    now, language = timezone.now(), get_language() or "en"
    for candidate in dict.fromkeys((user, user.strip())):
        explanation = explain_member(
            prepared,
            candidate,
            as_of=now,
            language=language,
            time_limit=settings.PREVIEW_TIME_LIMIT,
        )
        if explanation.known:
            break
    return word_explanation(explanation, prepared.dataset.timezone)
