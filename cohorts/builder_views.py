"""The doors of the cohort builder: its page, and what its script asks while a person edits."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cohorts.builder_estimate import estimate_members
from cohorts.builder_page import ADD, CHANGE, dataset_data, describe_saved, page_data
from cohorts.builder_preview import Draft, count_draft, read_draft
from cohorts.builder_requests import (
    RequestRefused,
    answers_json,
    get_dataset,
    read_body,
    read_text,
    read_texts,
    read_whole,
)
from cohorts.builder_sample import sample_context
from cohorts.definitions.catalog import Scope
from cohorts.definitions.problems import DefinitionError, Problem
from cohorts.evaluation import compiled_sql
from cohorts.models import Cohort, Dataset
from cohorts.preferences import chosen_dataset
from cohorts.retelling import retell
from cohorts.running_previews import Superseded, running_preview
from cohorts.saving import NameTaken, SaveConflict, save_cohort, slug_for
from cohorts.snapshots import record_count
from cohorts.sql.dialects import DIALECTS
from cohorts.stored_lists import stored_list_of
from cohorts.value_search import search_values
from cohorts.warehouse.errors import WarehouseError
from cohorts.wording import word_version


@require_safe
def new(request: HttpRequest) -> HttpResponse:
    dataset = Dataset.objects.filter(name=request.GET.get("schema", "")).first()
    dataset = dataset or chosen_dataset(request.user) or Dataset.objects.first()
    data = dataset and page_data(dataset=dataset, cohort=None, user=request.user)
    return render(request, "cohorts/builder.html", {"data": data, "dataset": dataset})


@require_safe
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    cohorts = Cohort.objects.live().select_related("dataset", "current_version")
    cohort = get_object_or_404(cohorts, slug=slug)
    if cohort.current_version and stored_list_of(cohort.current_version.definition):
        may_change = request.user.has_perm(CHANGE)
        return redirect("cohorts:change_list", slug) if may_change else redirect(cohort)
    context = {
        "cohort": cohort,
        "dataset": cohort.dataset,
        "data": page_data(dataset=cohort.dataset, cohort=cohort, user=request.user),
        "sentence": cohort.current_version and word_version(cohort.current_version).sentence,
    }
    return render(request, "cohorts/builder.html", context)


@require_POST
@answers_json
def preview(request: HttpRequest) -> HttpResponse:
    data = read_body(request)
    token = read_text(data, "preview_id", limit=100) or ""
    sequence = read_whole(data, "sequence") or 0
    dataset = get_dataset(data.get("dataset"))
    draft = read_draft(dataset, data.get("definition"), slug=read_text(data, "slug", limit=100))
    if data.get("estimate") is True:
        return _estimate(request, draft, token, sequence)
    try:
        with running_preview(request.user.pk, token, sequence) as running:
            answer = count_draft(draft, as_of=timezone.now(), on_connection=running.watch)
    except Superseded:
        raise RequestRefused(_("A newer count of this page is running."), 409) from None
    return JsonResponse(answer)


def _estimate(request: HttpRequest, draft: Draft, token: str, sequence: int) -> HttpResponse:
    """Asked for while the exact count runs, which must not be stopped by it."""
    estimate = None
    with (
        suppress(Superseded),
        running_preview((request.user.pk, "estimate"), token, sequence) as running,
    ):
        if draft.prepared is not None:
            estimate = estimate_members(
                draft.prepared, as_of=timezone.now(), on_connection=running.watch
            )
    return JsonResponse({"estimate": estimate and asdict(estimate)})


@require_POST
@answers_json
def sample(request: HttpRequest) -> HttpResponse:
    draft = _read_definition(request)
    if draft.prepared is None:
        raise _refuse(draft.problems)
    context = sample_context(
        draft.prepared,
        as_of=timezone.now(),
        left_out=len(draft.left_out),
        chosen=read_texts(read_body(request), "columns"),
    )
    return render(request, "cohorts/_builder_sample.html", context)


@require_POST
@answers_json
def sql(request: HttpRequest) -> HttpResponse:
    dialect = read_text(read_body(request), "dialect", limit=20) or None
    if dialect is not None and dialect not in DIALECTS:
        raise RequestRefused(_("There is no such SQL dialect."), 422, field="dialect")
    draft = _read_definition(request)
    if draft.prepared is None or draft.part is not None:
        raise _refuse(draft.problems)
    try:
        text = compiled_sql(draft.prepared, as_of=timezone.now(), dialect=dialect)
    except DefinitionError as error:
        raise _refuse(error.problems) from None
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@require_safe
@answers_json
def catalog(request: HttpRequest) -> HttpResponse:
    return JsonResponse(dataset_data(get_dataset(request.GET.get("dataset"))))


@require_safe
@answers_json
def values(request: HttpRequest) -> HttpResponse:
    dataset = get_dataset(request.GET.get("dataset"))
    found = search_values(
        dataset,
        _read_scope(request.GET.get("scope")),
        request.GET.get("property", ""),
        request.GET.get("q", "")[:200],
        request.GET.getlist("event"),
    )
    return JsonResponse({"values": [{"value": v.value, "count": v.count} for v in found]})


@require_POST
@answers_json
def save(request: HttpRequest) -> HttpResponse:
    data = read_body(request)
    slug = read_text(data, "slug", limit=100)
    if not request.user.has_perm(CHANGE if slug else ADD):
        raise RequestRefused(_("Saving needs the Governor or Admin role."), 403)
    name = read_text(data, "name", limit=255)
    if not slug and not name:
        raise RequestRefused(_("Give the cohort a name."), 422, field="name")
    if slug and not Cohort.objects.live().filter(slug=slug).exists():
        message = _("This cohort was deleted meanwhile. Save your work as a new one.")
        raise RequestRefused(message, 404)
    try:
        cohort = save_cohort(
            slug=slug or slug_for(name or ""),
            dataset=get_dataset(data.get("dataset")),
            data=data.get("definition"),
            name=name or None,
            description=read_text(data, "description", limit=5000),
            by=request.user,
            expected_version=read_whole(data, "expected_version") if slug else 0,
        )
    except DefinitionError as error:
        raise _refuse(error.problems) from None
    except NameTaken:
        message = _("Another cohort has this name already. Choose another one.")
        raise RequestRefused(message, 422, field="name") from None
    except SaveConflict as error:
        raise _conflict(slug, str(error)) from None
    _count_once(cohort)
    return JsonResponse(describe_saved(cohort))


def _count_once(cohort: Cohort) -> None:
    """So that the list shows a size at once. Without one it is saved all the same."""
    version = cohort.current_version
    if version is None or version.snapshots.exists():
        return
    # A dataset that does not answer now has nothing to say against what was saved.
    with suppress(WarehouseError, DefinitionError):
        record_count(version, as_of=timezone.now(), time_limit=settings.PREVIEW_TIME_LIMIT)


def _read_scope(scope: str | None) -> Scope:
    if scope == "event":
        return "event"
    if scope == "user":
        return "user"
    raise RequestRefused(_("“scope” must be event or user."))


def _read_definition(request: HttpRequest) -> Draft:
    data = read_body(request)
    dataset = get_dataset(data.get("dataset"))
    return read_draft(dataset, data.get("definition"), slug=read_text(data, "slug", limit=100))


def _refuse(problems: tuple[Problem, ...]) -> RequestRefused:
    """A mistake in the name belongs to its field, all others to the rows they are in."""
    for problem in problems:
        if problem.path in ("name", "slug"):
            return RequestRefused(retell(problem.message), 422, field="name")
    listed = [
        {"path": p.path, "message": retell(p.message), "suggestion": p.suggestion} for p in problems
    ]
    return RequestRefused(_("The definition has mistakes."), 422, problems=listed)


def _conflict(slug: str | None, reason: str) -> RequestRefused:
    """Whose version came between, so that a person can decide what becomes of theirs."""
    cohort = Cohort.objects.select_related("current_version__saved_by").filter(slug=slug).first()
    version = cohort.current_version if cohort and not cohort.is_disabled else None
    if cohort is None or version is None:
        return RequestRefused(reason, 422)
    by = version.saved_by
    who = (by.get_full_name() or by.get_username()) if by else _("Someone")
    message = _("%(who)s saved version %(number)d. Your changes are kept on this page.") % {
        "who": who,
        "number": version.number,
    }
    conflict = {"message": message, "version": version.number, "url": cohort.get_absolute_url()}
    return RequestRefused(message, 409, conflict=conflict)
